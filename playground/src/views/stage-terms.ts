/** The energy by term over the last frames: a line for each term, means over the chains. */
import { formatNumber, niceTicks, padded, tickFormat } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import { cssColour } from '../theme.ts';
import { colourOfLine, makeWindow, stageCanvas } from './stage-canvas.ts';

const FRAMES = 480;
/** The lines begin at the left as soon as there are so many. */
const FEW = 90;
const HEIGHT = 120;
const LEFT = 52;
const MOST_TERMS = 8;

export interface TermsChart {
  readonly element: HTMLElement;
  add(terms: ArrayLike<number>): void;
  draw(): void;
}

export function termsChart(names: readonly string[]): TermsChart {
  const lines = Math.min(names.length, MOST_TERMS);
  const window = makeWindow(lines, FRAMES);
  const values = Array.from({ length: lines }, () => h('b', {}));
  const view = stageCanvas('Energy by term over the last frames', HEIGHT);
  const element = h(
    'figure',
    { class: 'stage-terms', 'data-stage': 'terms' },
    h(
      'figcaption',
      {},
      h('strong', {}, 'energy by term'),
      h(
        'span',
        { class: 'stage-legend' },
        ...values.map((value, i) =>
          h('span', {}, h('i', { style: `background: var(--c${i % 8})` }), names[i], ' ', value),
        ),
        names.length > lines && h('span', {}, `and ${names.length - lines} more`),
      ),
    ),
    view.canvas,
  );
  return {
    element,
    add: (terms) => window.push(terms),
    draw() {
      const at = view.begin();
      const seen = window.range();
      if (!at || !seen) return;
      const { g, width, height } = at;
      const range = padded(seen, 0.06);
      const py = (v: number): number => 6 + ((range.hi - v) / (range.hi - range.lo)) * (height - 12);
      const ticks = niceTicks(range, 3);
      const format = tickFormat(ticks);
      g.textAlign = 'right';
      g.textBaseline = 'middle';
      for (const t of ticks) {
        g.fillStyle = cssColour('--line');
        g.fillRect(LEFT, Math.round(py(t)), width - LEFT, 1);
        g.fillStyle = cssColour('--muted');
        g.fillText(format(t), LEFT - 8, py(t));
      }
      const step = (width - LEFT - 2) / (Math.max(FEW, window.count) - 1);
      g.lineWidth = 1.4;
      g.lineJoin = 'round';
      for (let l = 0; l < lines; l++) {
        g.strokeStyle = colourOfLine(l);
        g.beginPath();
        for (let i = 0; i < window.count; i++)
          g.lineTo(width - 2 - (window.count - 1 - i) * step, py(window.at(l, i)));
        g.stroke();
        values[l].textContent = formatNumber(window.at(l, window.count - 1), 4);
      }
    },
  };
}
