/** One job: its button, how far it is, its live views, its result. */

import type { RunEvent } from '../../../src/run/results.ts';
import { h, icon } from '../dom.ts';
import type { JobInfo, LiveFrame, Problem, ShownResult } from '../protocol.ts';
import type { Theme } from '../theme.ts';
import { type ChartsView, chartsView } from './charts.ts';
import { type LineChart, lineChart } from './line-chart.ts';
import { type PicturesView, picturesView } from './pictures.ts';
import { problemList } from './problems.ts';
import { resultView } from './results.ts';

export interface JobActions {
  readonly run: (job: string) => void;
  readonly reveal: (line: number, column: number) => void;
  readonly theme: () => Theme;
}

export interface JobView {
  readonly element: HTMLElement;
  /** The job as it is now: a result of an older one is marked. */
  update(info: JobInfo): void;
  /** Whether its button can be pressed. */
  enable(on: boolean): void;
  event(event: RunEvent): void;
  live(frame: LiveFrame): void;
  result(result: ShownResult): void;
  faults(problems: readonly Problem[]): void;
  crashed(message: string): void;
  /** The run is over, whether this job came to an end or not. */
  settle(): void;
  setTheme(theme: Theme): void;
}

type State = 'idle' | 'running' | 'done' | 'stopped' | 'failed';

export function jobView(first: JobInfo, actions: JobActions): JobView {
  let info = first;
  let ranOn: string | null = null;
  let state: State = 'idle';
  let pictures: PicturesView | null = null;
  let charts: ChartsView | null = null;
  let traces = new Map<string, LineChart>();
  let loss: LineChart | null = null;
  let rate = '';

  const button = h(
    'button',
    { type: 'button', class: 'job-run', 'aria-label': `Run ${info.name}`, title: `Run ${info.name}` },
    icon('play'),
  );
  button.addEventListener('click', () => actions.run(info.name));
  const status = h('span', { class: 'job-status', 'aria-live': 'polite' });
  const bar = h('div', {
    class: 'job-bar',
    role: 'progressbar',
    'aria-label': `Progress of ${info.name}`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const what = h('span', { class: 'job-what' });
  const body = h('div', { class: 'job-body' });
  const element = h(
    'section',
    { class: 'job', 'data-job': info.name, 'aria-label': `Job ${info.name}` },
    h('header', { class: 'job-head' }, button, h('h2', {}, info.name), what, status),
    bar,
    body,
  );

  const become = (next: State, text: string): void => {
    state = next;
    element.dataset.state = next;
    // Counters are not read out, ends are.
    status.setAttribute('aria-live', next === 'running' ? 'off' : 'polite');
    status.textContent = text;
    if (next !== 'running') bar.style.removeProperty('--done');
  };
  const clear = (): void => {
    body.replaceChildren();
    pictures = charts = loss = null;
    traces = new Map();
  };
  const stale = (): void => {
    element.toggleAttribute('data-stale', ranOn !== null && ranOn !== info.basis && state !== 'running');
  };
  const update = (next: JobInfo): void => {
    info = next;
    what.replaceChildren(
      h('code', {}, `${info.verb}${info.energy ? `(${info.energy})` : ''}`),
      ` ${info.doc}`,
    );
    stale();
  };
  update(first);
  become('idle', '');

  const trace = (name: string, frame: LiveFrame, shown: number): LineChart => {
    let chart = traces.get(name);
    if (!chart) {
      const height = traces.size === 0 ? 130 : 96;
      chart = lineChart({ name, unit: 'draw', end: frame.draws, lines: shown, height });
      traces.set(name, chart);
      body.append(chart.element);
    }
    return chart;
  };

  return {
    element,
    update,
    enable(on) {
      button.disabled = !on;
    },
    event(e) {
      switch (e.event) {
        case 'start':
          clear();
          ranOn = info.basis;
          become('running', 'preparing');
          stale();
          return;
        case 'progress': {
          bar.style.setProperty('--done', String(e.done / Math.max(1, e.total)));
          bar.setAttribute('aria-valuenow', ((100 * e.done) / Math.max(1, e.total)).toFixed(0));
          rate = e.rate > 0 ? ` · ${Math.round(e.rate).toLocaleString('en')} a second` : '';
          if (e.phase !== 'sampling') {
            const word = e.phase === 'warmup' ? 'warming up' : e.phase;
            become(
              'running',
              `${word} ${e.done.toLocaleString('en')} of ${e.total.toLocaleString('en')}${rate}`,
            );
          }
          if (e.phase === 'training' && e.value !== null) {
            if (!loss) {
              loss = lineChart({ name: 'loss', unit: 'step', end: e.total, lines: 1, height: 150 });
              body.append(loss.element);
            }
            loss.add(0, e.done, e.value);
            loss.redraw();
          }
          return;
        }
        case 'plan':
          return;
      }
    },
    live(frame) {
      if (frame.pictures.length > 0) {
        if (!pictures) {
          pictures = picturesView();
          body.prepend(pictures.element);
        }
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
      if (frame.phase === 'sampling')
        become(
          'running',
          `draw ${frame.recorded.toLocaleString('en')} of ${frame.draws.toLocaleString('en')}${rate}`,
        );
    },
    result(result) {
      loss?.element.remove();
      const complete = !('complete' in result) || result.complete;
      become(complete ? 'done' : 'stopped', complete ? 'done' : 'stopped early');
      charts = chartsView(result, actions.theme());
      body.append(...resultView(result), charts.element);
    },
    faults(problems) {
      become('failed', 'failed');
      body.replaceChildren(problemList(problems, actions.reveal));
    },
    crashed(message) {
      become('failed', 'failed');
      body.replaceChildren(
        h(
          'p',
          { class: 'crash' },
          `This is a fault of ours, not of the program: ${message}. Please report it.`,
        ),
      );
    },
    settle() {
      if (state === 'running') become('stopped', 'stopped');
      stale();
    },
    setTheme(theme) {
      charts?.setTheme(theme);
      for (const t of traces.values()) t.redraw();
      loss?.redraw();
    },
  };
}
