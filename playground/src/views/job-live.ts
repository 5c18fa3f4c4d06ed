/** What is seen of a job while it works: pictures and traces of chains, curves of training, searches. */
import type { RunEvent } from '../../../src/run/results.ts';
import { h } from '../dom.ts';
import type { LiveFrame } from '../protocol.ts';
import { type LineChart, lineChart } from './line-chart.ts';
import { type PicturesView, picturesView } from './pictures.ts';
import { type SearchLive, searchLive } from './search-live.ts';

export interface JobLive {
  readonly element: HTMLElement;
  live(frame: LiveFrame): void;
  progress(event: Extract<RunEvent, { event: 'progress' }>): void;
  /** The job is over; what its result shows better goes. @param film whether there is one */
  end(film: boolean): void;
  redraw(): void;
}

/** @param cyclic whether an unknown's values are on a circle */
export function jobLive(cyclic: (name: string) => boolean): JobLive {
  const element = h('div', { class: 'job-live' });
  const traces = new Map<string, LineChart>();
  let pictures: PicturesView | null = null;
  let curve: LineChart | null = null;
  let search: SearchLive | null = null;
  let training = false;

  const trace = (name: string, frame: LiveFrame, shown: number): LineChart => {
    let chart = traces.get(name);
    if (!chart) {
      const height = traces.size === 0 ? 130 : 96;
      chart = lineChart({ name, unit: 'draw', end: frame.draws, lines: shown, height });
      traces.set(name, chart);
      element.append(chart.element);
    }
    return chart;
  };
  const curveOf = (e: Extract<RunEvent, { event: 'progress' }>): LineChart => {
    if (!curve) {
      curve = lineChart({ ...curveFor(e), end: e.total, height: 150 });
      element.append(curve.element);
    }
    return curve;
  };
  return {
    element,
    live(frame) {
      if (frame.search) {
        search ??= searchLive();
        if (!search.element.isConnected) element.append(search.element);
        search.show(frame.search);
      }
      if (frame.pictures.length > 0) {
        if (!pictures) {
          pictures = picturesView(cyclic);
        }
        if (!pictures.element.isConnected) element.prepend(pictures.element);
        pictures.show(frame.pictures);
      }
      for (const s of frame.scalars) {
        const fresh = s.values.length / s.shown;
        if (fresh === 0 || frame.draws < 4) continue;
        const chart = trace(s.name, frame, s.shown);
        for (let c = 0; c < s.shown; c++)
          chart.append(c, s.from + 1, s.values.subarray(c * fresh, (c + 1) * fresh));
        chart.redraw();
      }
    },
    progress(e) {
      // Chains and searches tell more than one number.
      if (e.value === null || e.phase === 'warmup' || e.phase === 'sampling' || e.phase === 'searching')
        return;
      training = e.phase === 'training';
      const chart = curveOf(e);
      chart.add(0, e.done, e.value);
      const heldOut = e.training?.heldOut;
      if (heldOut != null) chart.add(1, e.done, heldOut);
      chart.redraw();
    },
    end(film) {
      if (film) pictures?.element.remove();
      if (training) curve?.element.remove();
      search?.element.remove();
    },
    redraw() {
      for (const t of traces.values()) t.redraw();
      curve?.redraw();
      search?.redraw();
    },
  };
}

function curveFor(e: Extract<RunEvent, { event: 'progress' }>) {
  switch (e.phase) {
    case 'training':
      return { name: 'loss', unit: 'step', lines: 2, labels: ['rows', 'held out'] };
    default:
      return { name: 'estimate so far', unit: 'step', lines: 1 };
  }
}
