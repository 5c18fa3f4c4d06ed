import { clampHuge } from './numbers.ts';
import { pooled, type Series } from './series.ts';

/** How strongly two scalars go together, and the symbol of the measure that fits their kinds. */
export interface Association {
  readonly symbol: 'r' | 'η' | 'V';
  /** r in −1 … 1, η and V in 0 … 1; NaN where undefined (a constant, no values). */
  readonly value: number;
}

/** The draws in which both are finite. */
export function paired(a: Series, b: Series): { readonly x: Float64Array; readonly y: Float64Array } {
  const [p, q] = [pooled(a), pooled(b)];
  const both: number[] = [];
  for (let i = 0; i < Math.min(p.length, q.length); i++) {
    if (Number.isFinite(p[i]) && Number.isFinite(q[i])) both.push(i);
  }
  return {
    x: Float64Array.from(both, (i) => clampHuge(p[i])),
    y: Float64Array.from(both, (i) => clampHuge(q[i])),
  };
}

function standardised(values: Float64Array): Float64Array {
  const scale = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0) || 1;
  const small = values.map((v) => v / scale);
  const centre = small.reduce((s, v) => s + v / small.length, 0);
  const away = small.map((v) => v - centre);
  const size = Math.sqrt(away.reduce((s, v) => s + v * v, 0));
  return size > 1e-12 ? away.map((v) => v / size) : away.fill(Number.NaN);
}

function pearson(x: Float64Array, y: Float64Array): number {
  const [p, q] = [standardised(x), standardised(y)];
  return x.length < 2 ? Number.NaN : p.reduce((sum, v, i) => sum + v * q[i], 0);
}

/** Correlation ratio: the root of the share of y's variance that lies between the groups of x. */
function correlationRatio(groups: Float64Array, values: Float64Array): number {
  if (values.length < 2) return Number.NaN;
  const y = standardised(values);
  const sums = new Map<number, { n: number; sum: number }>();
  y.forEach((v, i) => {
    const g = sums.get(groups[i]) ?? { n: 0, sum: 0 };
    sums.set(groups[i], { n: g.n + 1, sum: g.sum + v });
  });
  let between = 0;
  for (const g of sums.values()) between += g.sum ** 2 / g.n;
  return Math.sqrt(Math.min(1, between));
}

/** Cramér's V (1946) of two categories. */
function cramer(x: Float64Array, y: Float64Array): number {
  const tally = (of: (i: number) => string | number): Map<string | number, number> => {
    const m = new Map<string | number, number>();
    for (let i = 0; i < x.length; i++) m.set(of(i), (m.get(of(i)) ?? 0) + 1);
    return m;
  };
  const [rows, cols, cells] = [tally((i) => x[i]), tally((i) => y[i]), tally((i) => `${x[i]},${y[i]}`)];
  const least = Math.min(rows.size, cols.size) - 1;
  if (least < 1) return Number.NaN;
  let phi = -1;
  for (const [key, n] of cells) {
    const [a, b] = String(key).split(',').map(Number);
    phi += (n * n) / ((rows.get(a) ?? 1) * (cols.get(b) ?? 1));
  }
  return Math.sqrt(Math.max(0, phi) / least);
}

/** Pearson's r of two numbers, the correlation ratio η of a category and a number, Cramér's V of two categories. */
export function association(a: Series, b: Series): Association {
  const { x, y } = paired(a, b);
  const [ca, cb] = [a.kind === 'category', b.kind === 'category'];
  if (ca && cb) return { symbol: 'V', value: cramer(x, y) };
  if (ca) return { symbol: 'η', value: correlationRatio(x, y) };
  if (cb) return { symbol: 'η', value: correlationRatio(y, x) };
  return { symbol: 'r', value: pearson(x, y) };
}
