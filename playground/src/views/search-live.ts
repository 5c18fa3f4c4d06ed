/** A search at work: how its lowest energy comes down, and the best state so far. */
import { pathPoints } from '../../../src/plot/path-points.ts';
import { h } from '../dom.ts';
import type { SearchFrame } from '../protocol.ts';
import { lineChart } from './line-chart.ts';
import { type StatePicture, shortText, statePicture } from './state.ts';

export interface SearchLive {
  readonly element: HTMLElement;
  show(frame: SearchFrame): void;
  redraw(): void;
}

export function searchLive(): SearchLive {
  const chart = lineChart({ name: 'lowest energy so far', unit: 'step', end: 1, lines: 1, height: 150 });
  const text = h('pre', { class: 'live-state' });
  const element = h('div', { class: 'job-live' }, chart.element, text);
  const pictures = new Map<string, StatePicture>();
  return {
    element,
    show({ path, state }) {
      const { x, y } = pathPoints(path);
      chart.set(0, x, y);
      chart.redraw();
      const lines: string[] = [];
      for (const q of state) {
        const known = pictures.get(q.name);
        if (known) {
          known.show(q);
          continue;
        }
        const picture = statePicture(q);
        if (picture) {
          pictures.set(q.name, picture);
          text.before(picture.element);
        } else lines.push(shortText(q));
      }
      text.textContent = lines.join('\n');
      text.hidden = lines.length === 0;
    },
    redraw: chart.redraw,
  };
}
