/** One state: what is a grid as cells or pixels, all else as text. */
import { colourOf } from '../../../src/plot/colour-maps.ts';
import { formatNumber } from '../../../src/plot/numbers.ts';
import type { Quantity } from '../../../src/stats/draws.ts';
import { h } from '../dom.ts';
import { pixelGrid } from './pixels.ts';

/** Numbers that are written out, for each unknown and report. */
const MOST_SHOWN = 1600;

/** Cells that are drawn one by one, with what they hold. */
const MOST_CELLS = 400;

/** A figure of one unknown or report. */
export interface StatePicture {
  readonly element: HTMLElement;
  /** Other values of the same quantity. */
  show(q: Quantity): void;
}

/** A table of small numbers or labels: each value in its colour. */
function cells(first: Quantity): StatePicture {
  const grid = h('div', {
    class: 'cells',
    style: `grid-template-columns: repeat(${first.shape[1]}, max-content)`,
    'aria-hidden': 'true',
  });
  const element = h(
    'figure',
    { class: 'stage-picture', 'data-state': first.name },
    h('figcaption', {}, h('strong', {}, first.name), ` ${first.shape.join(' × ')}`),
    grid,
  );
  const show = (q: Quantity): void => {
    const [lo, hi] = [q.lo ?? Math.min(...q.values), q.hi ?? Math.max(...q.values)];
    const shown = Array.from(q.values, (v) => {
      const [r, g, b] = colourOf(hi - lo === 1 ? 'ink' : 'category', v - lo, 0, hi - lo);
      const dark = 0.3 * r + 0.59 * g + 0.11 * b < 140;
      const text = q.labels?.[v] ?? String(v);
      return h(
        'i',
        { style: `background: rgb(${r} ${g} ${b})`, class: dark ? 'dark' : null, title: text },
        text.slice(0, 3),
      );
    });
    grid.replaceChildren(...shown);
  };
  show(first);
  return { element, show };
}

/** Sides of what is drawn as a picture. */
const LEAST_SIDE = 3;

/** A table or a picture of what has rows and columns; null of anything else. */
export function statePicture(q: Quantity): StatePicture | null {
  if (q.shape.length < 2 || Math.min(...q.shape.slice(-2)) < LEAST_SIDE) return null;
  if (q.kind !== 'real' && q.shape.length === 2 && q.values.length <= MOST_CELLS) return cells(q);
  const pixels = pixelGrid({ ...q, chains: 1, cyclic: false, of: 'state' });
  const show = ({ values }: Quantity): void => pixels.draw(values);
  show(q);
  const element = h(
    'figure',
    { class: 'stage-picture', 'data-state': q.name },
    h('figcaption', {}, q.name),
    pixels.element,
  );
  return { element, show };
}

const textOf = (q: Quantity, x: number): string => q.labels?.[x] ?? formatNumber(x, 4);

/** Values of a line that stands for all of them. */
const FEW = 16;

/** One line: the first values, and how many there are. */
export function shortText(q: Quantity): string {
  const first = Array.from(q.values.subarray(0, FEW), (x) => textOf(q, x)).join(' ');
  const more = q.values.length > FEW ? ` … ${q.values.length.toLocaleString('en')} values` : '';
  return `${q.name} = ${first}${more}`;
}

/** The values in rows, as they lie in the last dimension. */
export function stateText(q: Quantity): string {
  if (q.values.length > MOST_SHOWN) return `${q.values.length.toLocaleString('en')} values`;
  const cells = Array.from(q.values, (x) => textOf(q, x));
  const columns = q.shape.at(-1) ?? 1;
  const width = cells.reduce((w, c) => Math.max(w, c.length), 0);
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += columns)
    lines.push(
      cells
        .slice(i, i + columns)
        .map((c) => c.padStart(width))
        .join(' '),
    );
  return lines.join('\n');
}
