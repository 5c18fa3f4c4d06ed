import { extent, padded, quantile, type Range } from './numbers.ts';

/** Counts in equal bins. */
export interface Bins {
  readonly range: Range;
  readonly counts: readonly number[];
  /** Finite values that fall outside the range. */
  readonly outside: number;
  readonly total: number;
}

const sortedFinite = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values).filter(Number.isFinite).sort();

/**
 * Where to look at samples: their whole span, unless a few far values would flatten the rest; then the central
 * 90 % and its own width more on either side.
 */
export function displayRange(...samples: readonly ArrayLike<number>[]): Range {
  const whole = extent(...samples);
  if (whole === undefined || !(whole.hi > whole.lo)) return padded(whole);
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    const sorted = sortedFinite(sample);
    if (sorted.length === 0) continue;
    lo = Math.min(lo, quantile(sorted, 0.05));
    hi = Math.max(hi, quantile(sorted, 0.95));
  }
  const core = hi - lo;
  const span = whole.hi - whole.lo;
  if (!(core > 0) || span <= 4 * core) {
    return padded(whole, 0);
  }
  return { lo: Math.max(whole.lo, lo - core), hi: Math.min(whole.hi, hi + core) };
}

/** Number of bins by the rule of Freedman and Diaconis (1981), within 12 … 60. */
export function binCount(values: ArrayLike<number>, range: Range): number {
  const sorted = sortedFinite(values);
  const iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const width = (2 * iqr) / Math.cbrt(Math.max(1, sorted.length));
  const count = Math.ceil((range.hi - range.lo) / width);
  return Number.isFinite(count) ? Math.min(60, Math.max(12, count)) : 25;
}

export function binned(values: ArrayLike<number>, range: Range, count: number): Bins {
  const counts = new Array<number>(count).fill(0);
  let outside = 0;
  let total = 0;
  const scale = count / (range.hi - range.lo);
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (!Number.isFinite(v)) continue;
    total++;
    if (v < range.lo || v > range.hi) outside++;
    else counts[Math.min(count - 1, Math.floor((v - range.lo) * scale))]++;
  }
  return { range, counts, outside, total };
}

/** Bin edges lo, …, hi: one more than the bins. */
export const edges = (bins: Bins): readonly number[] =>
  Array.from(
    { length: bins.counts.length + 1 },
    (_, i) => bins.range.lo + ((bins.range.hi - bins.range.lo) * i) / bins.counts.length,
  );

/**
 * A smooth density on `count` points of the range: fine bins smoothed by a Gaussian kernel whose bandwidth is
 * Silverman's (1986, eq. 3.31), reflected at the ends of the range; integrates to the share inside it.
 */
export function density(
  values: ArrayLike<number>,
  range: Range,
  count = 96,
): readonly { x: number; y: number }[] {
  const bins = binned(values, range, count);
  const width = (range.hi - range.lo) / count;
  const sorted = sortedFinite(values);
  const iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const silverman = (0.9 * iqr) / 1.34 / sorted.length ** 0.2;
  const h = Math.min(count / 6, Math.max(1, silverman / width || 1));
  const reach = Math.ceil(3 * h);
  const smooth = new Float64Array(count);
  let mass = 0;
  for (let k = -reach; k <= reach; k++) mass += Math.exp(-0.5 * (k / h) ** 2);
  bins.counts.forEach((n, i) => {
    if (n === 0) return;
    for (let k = -reach; k <= reach; k++) {
      let j = i + k;
      while (j < 0 || j >= count) j = j < 0 ? -1 - j : 2 * count - 1 - j;
      smooth[j] += (n * Math.exp(-0.5 * (k / h) ** 2)) / mass;
    }
  });
  return Array.from(smooth, (n, i) => ({
    x: range.lo + (i + 0.5) * width,
    y: bins.total === 0 ? 0 : n / bins.total / width,
  }));
}
