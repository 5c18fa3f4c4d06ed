/**
 * Ranks and rank normalisation.
 *
 * A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Bürkner, "Rank-normalization, folding, and
 * localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16 (2021) 667–718,
 * section 4.1.
 */
import { normalQuantile } from '../random/normal-quantile.ts';

/** Values in ascending order, and where each came from: `sorted[i] = values[order[i]]`; ties keep their order. */
export interface Sorted {
  readonly sorted: Float64Array;
  readonly order: Int32Array;
}

const digitBits = 11;
const buckets = 1 << digitBits;
const mask = buckets - 1;

/** Work space, kept between calls: sorting thousands of short arrays must not allocate more than it returns. */
const counts = [new Uint32Array(buckets), new Uint32Array(buckets), new Uint32Array(buckets)] as const;
let keys = new Uint32Array(0);
let spare = new Int32Array(0);

/**
 * Sort, and remember where the values came from. A radix sort on the upper 32 bits of the doubles, then a
 * comparison sort within the (few, short) runs that these bits leave open; −0 and 0 are equal.
 * @param values no NaN (a NaN would be put at an end, by its sign)
 */
export function sortWithOrder(values: Float64Array): Sorted {
  const n = values.length;
  if (keys.length < n) {
    keys = new Uint32Array(n);
    spare = new Int32Array(n);
  }
  for (const c of counts) c.fill(0);
  const [count0, count1, count2] = counts;
  for (let i = 0; i < n; i++) {
    double[0] = values[i] + 0;
    // Doubles order like their bits once a negative one has all bits flipped and a positive one its sign.
    const bits = words[upperWord];
    const key = (bits ^ (-(bits >>> 31) | 0x80000000)) >>> 0;
    keys[i] = key;
    count0[key & mask]++;
    count1[(key >>> digitBits) & mask]++;
    count2[key >>> (2 * digitBits)]++;
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let from = order;
  let to = spare;
  for (let pass = 0; pass < 3; pass++) {
    const next = counts[pass];
    const shift = pass * digitBits;
    // Every value has this digit: nothing to move.
    if (n > 0 && next[(keys[0] >>> shift) & mask] === n) continue;
    for (let b = 0, sum = 0; b < buckets; b++) {
      const c = next[b];
      next[b] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const at = from[i];
      to[next[(keys[at] >>> shift) & mask]++] = at;
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from.subarray(0, n));

  const sorted = new Float64Array(n);
  for (let i = 0; i < n; i++) sorted[i] = values[order[i]];
  for (let i = 1; i < n; i++) {
    if (sorted[i] >= sorted[i - 1]) continue;
    const key = keys[order[i]];
    let start = i - 1;
    let end = i + 1;
    while (start > 0 && keys[order[start - 1]] === key) start--;
    while (end < n && keys[order[end]] === key) end++;
    order.subarray(start, end).sort((p, q) => values[p] - values[q] || p - q);
    for (let j = start; j < end; j++) sorted[j] = values[order[j]];
    i = end - 1;
  }
  return { sorted, order };
}

const double = new Float64Array([1]);
const words = new Uint32Array(double.buffer);
const upperWord = words[1] === 0 ? 0 : 1;

/** The distances |x − centre| of sorted values, sorted: a merge of the two sides. */
export function foldSorted({ sorted, order }: Sorted, centre: number): Sorted {
  const n = sorted.length;
  let above = 0;
  while (above < n && sorted[above] <= centre) above++;
  let below = above - 1;
  const folded = { sorted: new Float64Array(n), order: new Int32Array(n) };
  for (let i = 0; i < n; i++) {
    const down = below >= 0 ? centre - sorted[below] : Number.POSITIVE_INFINITY;
    const up = above < n ? sorted[above] - centre : Number.POSITIVE_INFINITY;
    const at = above >= n || (below >= 0 && down <= up) ? below-- : above++;
    folded.sorted[i] = Math.min(down, up);
    folded.order[i] = order[at];
  }
  return folded;
}

/** Ranks 1 … n in the values' own order; equal values share the average of their ranks. */
export function averageRanks({ sorted, order }: Sorted): Float64Array {
  const n = sorted.length;
  const ranks = new Float64Array(n);
  for (let from = 0; from < n; ) {
    const to = endOfTie(sorted, from);
    for (let i = from; i < to; i++) ranks[order[i]] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

/**
 * Normal scores z = Φ⁻¹((r − 3/8) / (n + 1/4)) of the average ranks r, in the values' own order.
 * (Vehtari et al. 2021, section 4.1; the offset is Blom's.)
 */
export function rankNormalise({ sorted, order }: Sorted): Float64Array {
  const n = sorted.length;
  const scores = normalScores(n);
  const z = new Float64Array(n);
  for (let from = 0; from < n; ) {
    const to = endOfTie(sorted, from);
    const score = scores[from + to + 1];
    for (let i = from; i < to; i++) z[order[i]] = score;
    from = to;
  }
  return z;
}

/** The end of the run of values equal to `sorted[from]`. */
function endOfTie(sorted: Float64Array, from: number): number {
  const value = sorted[from];
  let to = from + 1;
  while (to < sorted.length && sorted[to] === value) to++;
  return to;
}

let scoresSize = -1;
let scoresTable = new Float64Array(0);

/** The score of rank r at index 2r, for r = 1, 1½, 2, … n: a table, since a run asks again for the same n. */
function normalScores(n: number): Float64Array {
  if (scoresSize !== n) {
    scoresTable = new Float64Array(2 * n + 1);
    for (let i = 2; i <= 2 * n; i++) scoresTable[i] = normalQuantile((i / 2 - 0.375) / (n + 0.25));
    scoresSize = n;
  }
  return scoresTable;
}

/**
 * The p-quantile of sorted values: linear interpolation of the order statistics, R's type 7.
 * NaN for no values.
 */
export function sortedQuantile(sorted: Float64Array, p: number): number {
  const h = (sorted.length - 1) * p;
  const k = Math.floor(h);
  const below = sorted[k];
  const above = sorted[Math.min(k + 1, sorted.length - 1)];
  // This form is exact when the two are equal, so that `x ≤ quantile` is right on ties.
  return above === below ? below : below + (h - k) * (above - below);
}
