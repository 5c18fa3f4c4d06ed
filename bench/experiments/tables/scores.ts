/**
 * Normal scores: a monotone change of a column's scale after which it looks standard normal. Fitted to the rows
 * that are learned from, undone for what is drawn. This is how the literature prepares tables (Schröder et al. 2024,
 * section 6.2).
 */
import { normalQuantile } from '../../../src/random/normal-quantile.ts';
import { type ColumnSpec, locationOf, type Table } from './table.ts';

export interface Scores {
  forward(x: number): number;
  /** The inverse, rounded to the decimals that the column is written with. */
  back(z: number): number;
}

/** Knots at the different values, at the normal quantiles of their middle ranks; straight between, steady beyond. */
export function normalScores(column: Float64Array): Scores {
  const sorted = column.filter((x) => !Number.isNaN(x)).sort();
  const n = sorted.length;
  if (n === 0) throw new Error('a column without values has no scores');
  const xs: number[] = [];
  const zs: number[] = [];
  for (let i = 0; i < n; ) {
    let j = i;
    while (j < n && sorted[j] === sorted[i]) j++;
    xs.push(sorted[i]);
    zs.push(normalQuantile((i + j) / 2 / n));
    i = j;
  }
  const { sd } = locationOf(column);
  const round = rounding(sorted);
  return {
    forward: (x) => between(xs, zs, x, 1 / sd),
    back: (z) => round(Math.min(Math.max(between(zs, xs, z, sd), xs[0]), xs[xs.length - 1])),
  };
}

/** Nothing but rounding. */
export const plainScores = (column: Float64Array): Scores => ({
  forward: (x) => x,
  back: rounding(column),
});

function rounding(column: Float64Array): (x: number) => number {
  let decimals = 0;
  for (const x of column) {
    const text = String(x);
    const dot = text.indexOf('.');
    if (dot >= 0 && !text.includes('e')) decimals = Math.max(decimals, text.length - dot - 1);
  }
  const unit = 10 ** Math.min(decimals, 12);
  return (x) => Math.round(x * unit) / unit;
}

function between(from: readonly number[], to: readonly number[], x: number, slope: number): number {
  const last = from.length - 1;
  if (!(x > from[0])) return to[0] + slope * (x - from[0]);
  if (x >= from[last]) return to[last] + slope * (x - from[last]);
  let [lo, hi] = [0, last];
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (from[mid] <= x) lo = mid;
    else hi = mid;
  }
  return to[lo] + ((x - from[lo]) / (from[hi] - from[lo])) * (to[hi] - to[lo]);
}

/** What the program sees of tables, and back. */
export interface Coordinates {
  into(table: Table): Table;
  outOf(table: Table): Table;
  /** Of one column. */
  readonly columns: readonly (Scores | null)[];
}

export function coordinatesOf(train: Table): Coordinates {
  const columns = train.specs.map((s: ColumnSpec, j) =>
    s.kind !== 'real'
      ? null
      : s.scale === 'normal scores'
        ? normalScores(train.columns[j])
        : plainScores(train.columns[j]),
  );
  const map = (t: Table, way: 'forward' | 'back'): Table => ({
    ...t,
    columns: t.columns.map((c, j) => {
      const scores = columns[j];
      return scores ? c.map((x) => (Number.isNaN(x) ? x : scores[way](x))) : c;
    }),
  });
  return { into: (t) => map(t, 'forward'), outOf: (t) => map(t, 'back'), columns };
}
