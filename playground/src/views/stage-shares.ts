/** How often each value is taken, counted since the last change: one bar for each element, its values in colours. */
import { colourOf } from '../../../src/plot/colour-maps.ts';
import { h } from '../dom.ts';
import type { Shown } from '../staged.ts';
import { cssColour } from '../theme.ts';
import { stageCanvas } from './stage-canvas.ts';
import { type StagePart, valueIn } from './stage-part.ts';

const HEIGHT = 150;
const BOTTOM = 18;
const LEFT = 42;
const MOST_VALUES = 32;

export function sharesPart(shown: Shown): StagePart {
  const { name, size, chains, lo = 0, hi = 1, labels, ticks } = shown;
  const read = valueIn(shown);
  const spins = lo === -1 && hi === 1 && !labels;
  const values = spins
    ? [-1, 1]
    : Array.from({ length: Math.min(MOST_VALUES, hi - lo + 1) }, (_, i) => lo + i);
  const indexOf = (v: number): number => (spins ? (v > 0 ? 1 : 0) : v - lo);
  const colours = values.map((v, i) => {
    const [r, g, b] = spins ? colourOf('spin', v, -1, 1) : colourOf('category', i, 0, values.length - 1);
    return `rgb(${r} ${g} ${b})`;
  });
  const counts = new Float64Array(size * values.length);
  let latest: ArrayLike<number> = [];
  const view = stageCanvas(`${name}: how often each value is taken`, HEIGHT);
  const legend = h(
    'span',
    { class: 'stage-legend' },
    ...values.map((v, i) => {
      const text = labels?.[v] ?? String(v);
      return h('span', {}, h('i', { style: `background: ${colours[i]}` }), text);
    }),
  );
  const element = h(
    'figure',
    { class: 'stage-shares', 'data-stage': name },
    h('figcaption', {}, h('strong', {}, name), legend),
    view.canvas,
  );
  return {
    element,
    add(stored) {
      latest = stored;
      for (let c = 0; c < chains; c++)
        for (let i = 0; i < size; i++) {
          const k = indexOf(read(stored[c * size + i]));
          if (k >= 0 && k < values.length) counts[i * values.length + k]++;
        }
    },
    changed: () => counts.fill(0),
    draw() {
      const at = view.begin();
      if (!at) return;
      const { g, width, height } = at;
      const bottom = height - BOTTOM;
      const tall = bottom - 6;
      const each = Math.min(64, (width - LEFT) / size);
      const wide = Math.max(2, each * 0.72);
      g.fillStyle = cssColour('--muted');
      g.textAlign = 'right';
      g.textBaseline = 'middle';
      for (const p of [0, 0.5, 1]) g.fillText(`${100 * p}%`, LEFT - 6, bottom - p * tall);
      g.textAlign = 'center';
      g.textBaseline = 'alphabetic';
      const every = Math.ceil(22 / each);
      for (let i = 0; i < size; i++) {
        const own = counts.subarray(i * values.length, (i + 1) * values.length);
        const total = own.reduce((a, b) => a + b, 0);
        if (total === 0) continue;
        const left = LEFT + i * each + (each - wide) / 2;
        let y = bottom;
        for (let k = 0; k < values.length; k++) {
          const part = (own[k] / total) * tall;
          y -= part;
          g.fillStyle = colours[k];
          g.fillRect(left, y, wide, part);
        }
        // What the first chain has now.
        const now = indexOf(read(latest[i]));
        g.fillStyle = colours[now] ?? cssColour('--ink');
        g.fillRect(left, bottom + 2, wide, 3);
        g.fillStyle = cssColour('--muted');
        if (size > 1 && i % every === 0) g.fillText(ticks?.[i] ?? String(i), left + wide / 2, height - 1);
      }
    },
  };
}
