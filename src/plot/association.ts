import { correlationRatio, cramersV, pearson } from '../stats/association.ts';
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

/** Pearson's r of two numbers, the correlation ratio η of a category and a number, Cramér's V of two categories. */
export function association(a: Series, b: Series): Association {
  const { x, y } = paired(a, b);
  const [ca, cb] = [a.kind === 'category', b.kind === 'category'];
  if (ca && cb) return { symbol: 'V', value: cramersV(x, y) };
  if (ca) return { symbol: 'η', value: correlationRatio(x, y) };
  if (cb) return { symbol: 'η', value: correlationRatio(y, x) };
  return { symbol: 'r', value: pearson(x, y) };
}
