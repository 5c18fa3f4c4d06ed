/**
 * Judges an energy on words of a code: ln Z over all of them, the negative log-likelihood of fresh points, what that is
 * above the entropy of the set, independent draws, and the discrepancy of draws and data.
 */
import type { Stream } from '../../../src/random/stream.ts';
import { hammingMmd } from '../../../src/stats/mmd.ts';
import type { PlaneCode } from './codes.ts';
import type { PlaneSet } from './sets.ts';

/** Energies of `count` words, one after another in `rows`. */
export type Energies = (rows: Uint8Array, count: number) => Float64Array;

export interface Words {
  readonly rows: Uint8Array;
  readonly count: number;
}

/** `count` points of a set as words; `density` of the set at them if it is asked for. */
export function wordsOf(
  set: PlaneSet,
  code: PlaneCode,
  count: number,
  stream: Stream,
  densities?: Float64Array,
): Words {
  const rows = new Uint8Array(count * code.length);
  for (let i = 0; i < count; i++) {
    const p = set.draw(stream);
    code.encode(p, set.scale, rows, i * code.length);
    if (densities) densities[i] = set.density(p[0], p[1]);
  }
  return { rows, count };
}

export interface Partition {
  /** ln Σ exp(−U) over all words, and its standard error. */
  readonly logZ: number;
  readonly error: number;
  /** Words drawn from the proposal, and the logarithms of their weights. */
  readonly words: Words;
  readonly weights: Float64Array;
}

export interface PartitionOptions {
  /** Squares along each axis that the proposal is made of. */
  readonly side?: number;
  readonly draws?: number;
  /** Share of the proposal that is uniform. */
  readonly uniform?: number;
}

/**
 * ln Z by importance sampling. The proposal is a histogram over the decoded plane: the energy of one random word of each
 * of `side`² squares, smoothed twice over neighbours, and a uniform share; within squares it is uniform. It knows
 * the energy only, so what a model puts where no data are is found. Weights are unbiased for Z whatever the histogram.
 */
export function partition(
  energies: Energies,
  code: PlaneCode,
  scale: number,
  stream: Stream,
  { side = 512, draws = 200_000, uniform = 0.1 }: PartitionOptions = {},
): Partition {
  const { from, side: width } = code.square(scale);
  const step = width / side;
  const scout = new Uint8Array(side * side * code.length);
  for (let i = 0; i < side * side; i++)
    putWithin(code, scale, i, side, from, step, stream, scout, i * code.length);
  const found = energies(scout, side * side);
  const lowest = found.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let histogram: Float64Array = found.map((u) => Math.exp(lowest - u));
  for (let k = 0; k < 2; k++) histogram = smooth(histogram, side);
  const total = histogram.reduce((a, b) => a + b, 0);
  const shares = histogram.map((h) => (1 - uniform) * (h / total) + uniform / (side * side));
  const rows = new Uint8Array(draws * code.length);
  const logShare = new Float64Array(draws);
  systematic(shares, draws, stream, (i, square) => {
    putWithin(code, scale, square, side, from, step, stream, rows, i * code.length);
    logShare[i] = Math.log(shares[square]);
  });
  const u = energies(rows, draws);
  // A square holds step² · cells words, each as likely as another.
  const logWords = code.logCells(scale) + 2 * Math.log(step);
  const weights = u.map((v, i) => -v - logShare[i] + logWords);
  const top = weights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let [sum, squares] = [0, 0];
  for (const w of weights) {
    const x = Math.exp(w - top);
    sum += x;
    squares += x * x;
  }
  const mean = sum / draws;
  const variance = squares / draws - mean * mean;
  return {
    logZ: top + Math.log(mean),
    error: Math.sqrt(Math.max(0, variance) / draws) / mean,
    words: { rows, count: draws },
    weights,
  };
}

/** A uniformly drawn word of a square. */
function putWithin(
  code: PlaneCode,
  scale: number,
  square: number,
  side: number,
  from: number,
  step: number,
  stream: Stream,
  to: Uint8Array,
  at: number,
): void {
  const x = from + ((square % side) + stream.uniform()) * step;
  const y = from + (Math.floor(square / side) + stream.uniform()) * step;
  code.encode([x, y], scale, to, at);
}

/** Weights ¼ ½ ¼ along both axes; what would leave the square stays at its edge. */
function smooth(x: Float64Array, side: number): Float64Array {
  const along = (from: Float64Array, stride: number): Float64Array =>
    from.map((v, i) => {
      const place = Math.floor(i / stride) % side;
      const before = place > 0 ? from[i - stride] : v;
      const after = place < side - 1 ? from[i + stride] : v;
      return 0.5 * v + 0.25 * (before + after);
    });
  return along(along(x, 1), side);
}

/** `count` positions with the given shares (which sum to 1), by one uniform number: systematic resampling. */
function systematic(
  shares: Float64Array,
  count: number,
  stream: Stream,
  use: (i: number, position: number) => void,
): void {
  let [position, upTo] = [0, shares[0]];
  const offset = stream.uniform();
  for (let i = 0; i < count; i++) {
    const u = (i + offset) / count;
    while (u >= upTo && position < shares.length - 1) upTo += shares[++position];
    use(i, position);
  }
}

/**
 * Draws of the model, independent but for repeats: words of the proposal by their weights, each draw by itself (draws
 * spread evenly over the plane would be further apart than independent ones, which the discrepancy sees).
 */
export function resample(p: Partition, code: PlaneCode, count: number, stream: Stream): Words {
  const top = p.weights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(p.weights.length);
  let sum = 0;
  for (let i = 0; i < sums.length; i++) {
    sum += Math.exp(p.weights[i] - top);
    sums[i] = sum;
  }
  const rows = new Uint8Array(count * code.length);
  for (let i = 0; i < count; i++) {
    const u = stream.uniform() * sum;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const mid = (low + high) >> 1;
      if (sums[mid] > u) high = mid;
      else low = mid + 1;
    }
    rows.set(p.words.rows.subarray(low * code.length, (low + 1) * code.length), i * code.length);
  }
  return { rows, count };
}

export interface Judgement {
  /** Mean of −ln p over fresh points, in nats, with the standard error of that mean. */
  readonly nll: number;
  readonly nllError: number;
  /** Mean of ln p_set − ln p over the same points, an estimate of the divergence from set to model, and its error. */
  readonly excess: number;
  readonly excessError: number;
  readonly logZ: number;
  readonly logZError: number;
}

/**
 * Negative log-likelihood of `points` fresh points of the set. The excess is taken point by point against the density
 * that they come from, so the scatter of the points themselves, about 0.01 nat for 4000, drops out.
 */
export function judge(
  energies: Energies,
  set: PlaneSet,
  code: PlaneCode,
  { logZ, error }: Partition,
  stream: Stream,
  points = 4000,
): Judgement {
  const density = new Float64Array(points);
  const { rows } = wordsOf(set, code, points, stream, density);
  const u = energies(rows, points);
  const own = u.map((v) => v + logZ);
  const over = own.map((v, i) => v + Math.log(density[i]) - code.logCells(set.scale));
  const [nll, excess] = [own, over].map(meanAndError);
  return {
    nll: nll.mean,
    nllError: Math.hypot(nll.error, error),
    excess: excess.mean,
    excessError: Math.hypot(excess.error, error),
    logZ,
    logZError: error,
  };
}

export function meanAndError(x: ArrayLike<number>): { readonly mean: number; readonly error: number } {
  let mean = 0;
  for (let i = 0; i < x.length; i++) mean += x[i] / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - mean) ** 2;
  return { mean, error: Math.sqrt(squares / Math.max(1, x.length - 1) / x.length) };
}

/** Unbiased MMD² under exp(−0.1 · Hamming distance), in units of 10⁻⁴. */
export const discrepancyOf = (a: Words, b: Words, code: PlaneCode): number =>
  1e4 * hammingMmd({ values: a.rows, width: code.length }, { values: b.rows, width: code.length }, 0.1);
