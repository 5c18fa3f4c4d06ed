/** One number: a trace of each chain over the last frames, and at its right how often which value was taken. */
import { formatNumber, mean, padded } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { Shown } from '../staged.ts';
import { cssColour } from '../theme.ts';
import { colourOfLine, makeWindow, stageCanvas } from './stage-canvas.ts';
import { type StagePart, valueIn } from './stage-part.ts';

const FRAMES = 360;
/** The traces begin at the left as soon as there are so many. */
const FEW = 90;
/** Frames that the histogram is of, so that where chains came from is forgotten. */
const REMEMBERED = 800;
const HEIGHT = 64;
const BINS = 32;
const HISTOGRAM = 76;
const GAP = 8;
const AXIS = 46;

export function scalarPart(shown: Shown): StagePart {
  const { name, chains } = shown;
  const lines = Math.min(chains, 8);
  const window = makeWindow(lines, FRAMES);
  const read = valueIn(shown);
  /** Values since the last change, of all chains. */
  let counted: number[] = [];
  const now = h('span', { class: 'stage-now' });
  const view = stageCanvas(`${name}: traces and a histogram`, HEIGHT);
  const element = h(
    'figure',
    { class: 'stage-scalar', 'data-stage': name },
    h('figcaption', {}, h('strong', {}, name), now),
    view.canvas,
  );
  return {
    element,
    add(stored) {
      const values = Array.from(stored, read);
      window.push(values);
      for (const v of values) if (Number.isFinite(v)) counted.push(v);
      if (counted.length > 2 * REMEMBERED * chains) counted = counted.slice(-REMEMBERED * chains);
    },
    changed() {
      counted = [];
    },
    draw() {
      const at = view.begin();
      const seen = window.range();
      if (!at || !seen) return;
      const { g, width, height } = at;
      const range = padded(seen, 0.06);
      const right = width - HISTOGRAM - GAP;
      const py = (v: number): number => 2 + ((range.hi - v) / (range.hi - range.lo)) * (height - 4);
      g.fillStyle = cssColour('--muted');
      g.textAlign = 'right';
      g.textBaseline = 'top';
      g.fillText(formatNumber(seen.hi, 2), AXIS - 6, 1);
      g.textBaseline = 'bottom';
      g.fillText(formatNumber(seen.lo, 2), AXIS - 6, height - 1);
      const step = (right - AXIS) / (Math.max(FEW, window.count) - 1);
      g.lineWidth = 1;
      g.globalAlpha = lines > 4 ? 0.6 : 0.85;
      for (let l = 0; l < lines; l++) {
        g.strokeStyle = colourOfLine(l);
        g.beginPath();
        for (let i = 0; i < window.count; i++) {
          const x = right - (window.count - 1 - i) * step;
          g.lineTo(x, py(window.at(l, i)));
        }
        g.stroke();
      }
      g.globalAlpha = 1;
      const bins = new Float64Array(BINS);
      for (const v of counted) {
        const b = Math.floor(((v - range.lo) / (range.hi - range.lo)) * BINS);
        if (b >= 0 && b < BINS) bins[b]++;
      }
      const most = bins.reduce((a, b) => Math.max(a, b), 1);
      g.fillStyle = cssColour('--c0');
      g.globalAlpha = 0.55;
      const tall = (height - 4) / BINS;
      for (let b = 0; b < BINS; b++)
        g.fillRect(right + GAP, height - 2 - (b + 1) * tall, (bins[b] / most) * HISTOGRAM, tall - 0.6);
      g.globalAlpha = 1;
      now.textContent = counted.length > 0 ? `mean ${formatNumber(mean(counted), 3)}` : '';
    },
  };
}
