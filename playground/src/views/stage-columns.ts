/** Reals of a line, side by side: where the chains are, on bars of the mean and one and two standard deviations. */
import { formatNumber, niceTicks, padded, tickFormat } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { Shown } from '../staged.ts';
import { cssColour } from '../theme.ts';
import { colourOfLine, stageCanvas } from './stage-canvas.ts';
import type { StagePart } from './stage-part.ts';

const HEIGHT = 180;
const LEFT = 46;
const BOTTOM = 18;
/** How quickly the range of the axis follows. */
const FOLLOW = 0.08;

export function columnsPart({ name, size, chains, ticks }: Shown): StagePart {
  let count = 0;
  const sum = new Float64Array(size);
  const squares = new Float64Array(size);
  let latest: ArrayLike<number> = [];
  let axis: { lo: number; hi: number } | null = null;
  const view = stageCanvas(`${name}: ${size} numbers side by side`, HEIGHT);
  const element = h(
    'figure',
    { class: 'stage-columns', 'data-stage': name },
    h(
      'figcaption',
      {},
      h('strong', {}, name),
      ' chains as dots; bars: mean and standard deviation, lines: twice that',
    ),
    view.canvas,
  );
  return {
    element,
    add(values) {
      latest = values;
      for (let c = 0; c < chains; c++)
        for (let i = 0; i < size; i++) {
          const v = values[c * size + i];
          sum[i] += v;
          squares[i] += v * v;
        }
      count += chains;
    },
    changed() {
      count = 0;
      sum.fill(0);
      squares.fill(0);
    },
    draw() {
      const at = view.begin();
      if (!at || count === 0) return;
      const { g, width, height } = at;
      const mean = Array.from(sum, (s) => s / count);
      const sd = mean.map((m, i) => Math.sqrt(Math.max(0, squares[i] / count - m * m)));
      const wanted = {
        lo: Math.min(...mean.map((m, i) => m - 2.2 * sd[i])),
        hi: Math.max(...mean.map((m, i) => m + 2.2 * sd[i])),
      };
      if (!Number.isFinite(wanted.lo) || !Number.isFinite(wanted.hi)) return;
      axis = axis
        ? { lo: axis.lo + FOLLOW * (wanted.lo - axis.lo), hi: axis.hi + FOLLOW * (wanted.hi - axis.hi) }
        : wanted;
      const range = padded(axis, 0.05);
      const bottom = height - BOTTOM;
      const py = (v: number): number => 6 + ((range.hi - v) / (range.hi - range.lo)) * (bottom - 6);
      const each = (width - LEFT - 6) / size;
      const px = (i: number): number => LEFT + (i + 0.5) * each;
      const marks = niceTicks(range, 4);
      const format = tickFormat(marks);
      g.textBaseline = 'middle';
      g.textAlign = 'right';
      for (const t of marks) {
        g.fillStyle = cssColour('--muted');
        g.fillText(format(t), LEFT - 8, py(t));
        g.fillStyle = cssColour('--line');
        g.fillRect(LEFT, Math.round(py(t)), width - LEFT, 1);
      }
      g.textAlign = 'center';
      g.textBaseline = 'alphabetic';
      const every = Math.ceil(26 / each);
      const wide = Math.min(20, 0.5 * each);
      const dot = Math.max(1.4, Math.min(3, 0.16 * each));
      for (let i = 0; i < size; i++) {
        const x = px(i);
        g.fillStyle = cssColour('--c0');
        g.globalAlpha = 0.3;
        g.fillRect(x - wide / 2, py(mean[i] + sd[i]), wide, py(mean[i] - sd[i]) - py(mean[i] + sd[i]));
        g.globalAlpha = 0.8;
        g.fillRect(x - 0.6, py(mean[i] + 2 * sd[i]), 1.2, py(mean[i] - 2 * sd[i]) - py(mean[i] + 2 * sd[i]));
        g.fillRect(x - wide / 2, py(mean[i]) - 1, wide, 2);
        g.globalAlpha = 1;
        for (let c = 0; c < Math.min(chains, 8); c++) {
          const y = py(latest[c * size + i]);
          if (y < 0 || y > bottom) continue;
          g.fillStyle = colourOfLine(c);
          g.beginPath();
          g.arc(x + (chains > 1 ? (c / (Math.min(chains, 8) - 1) - 0.5) * wide : 0), y, dot, 0, 7);
          g.fill();
        }
        if (i % every === 0) {
          g.fillStyle = cssColour('--muted');
          g.fillText(short(ticks?.[i] ?? String(i), each * every), x, height - 4);
        }
      }
      view.canvas.setAttribute(
        'aria-label',
        `${name}: means ${mean
          .slice(0, 12)
          .map((m) => formatNumber(m, 2))
          .join(', ')}`,
      );
    },
  };
}

/** As much of a label as has room. */
const short = (text: string, room: number): string => {
  const most = Math.max(2, Math.floor(room / 6.5));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
};
