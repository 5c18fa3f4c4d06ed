/** The kernel two-sample test of Gretton et al. (2012) on rows of a table, whatever its columns are. */
import type { Stream } from '../random/stream.ts';
import type { MixedColumn } from './features.ts';
import { hammingDistance, medianDistance } from './mmd.ts';

/** A kernel between rows i and j of a table. */
export interface RowKernel {
  readonly name: 'hamming' | 'gaussian' | 'product';
  /** Of the Gaussian factor, in standard deviations of the columns; null without one. */
  readonly bandwidth: number | null;
  /** Of the factor exp(−rate · Hamming distance); null without one. */
  readonly rate: number | null;
  readonly at: (i: number, j: number) => number;
}

/** The rate for rows without numbers: that of the literature on discrete energies. */
const HAMMING_RATE = 0.1;

/**
 * Rows that are all discrete: exp(−0.1 · Hamming distance). Rows of numbers: a Gaussian of standardised columns
 * whose bandwidth is the median distance. Rows of both: the product of a Gaussian of the numbers and
 * exp(−distance / d) of the other columns, where d is their mean Hamming distance or 1. In such rows integers
 * count as numbers; categories and truth values, whose codes mean nothing, never do.
 * @param count rows of the data, which come first; columns are standardised by them
 * @param discrete whether every column is
 */
export function rowKernel(columns: readonly MixedColumn[], count: number, discrete: boolean): RowKernel {
  const total = columns[0].values.length;
  const number = (c: MixedColumn): boolean => c.form === 'real' || (c.form === 'integer' && !twoValued(c));
  const numbers = discrete ? [] : columns.filter(number);
  const others = discrete ? columns : columns.filter((c) => !number(c));
  const hamming = others.length > 0 ? hammingOf(others, total) : null;
  if (numbers.length === 0) {
    const kernel = Float64Array.from({ length: others.length + 1 }, (_, d) => Math.exp(-HAMMING_RATE * d));
    return { name: 'hamming', bandwidth: null, rate: HAMMING_RATE, at: (i, j) => kernel[hamming!(i, j)] };
  }
  const width = numbers.length;
  const values = new Float64Array(total * width);
  numbers.forEach((c, k) => {
    const scale = deviation(c.values.subarray(0, count)) || 1;
    for (let i = 0; i < total; i++) values[i * width + k] = c.values[i] / scale;
  });
  const side = (from: number, to: number) => ({ values: values.subarray(from * width, to * width), width });
  const enough = count >= 2 && total - count >= 2;
  const bandwidth = enough ? medianDistance(side(0, count), side(count, total)) : 0;
  const scale = bandwidth > 0 ? -0.5 / bandwidth ** 2 : Number.NEGATIVE_INFINITY;
  const gaussian = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (values[i * width + k] - values[j * width + k]) ** 2;
    return sum === 0 ? 1 : Math.exp(scale * sum);
  };
  if (hamming === null) return { name: 'gaussian', bandwidth, rate: null, at: gaussian };
  const rate = 1 / Math.max(1, meanDistance(others));
  const factor = Float64Array.from({ length: others.length + 1 }, (_, d) => Math.exp(-rate * d));
  return { name: 'product', bandwidth, rate, at: (i, j) => gaussian(i, j) * factor[hamming(i, j)] };
}

/** The unbiased MMD² between two lists of rows, at least two each. */
export function mmdBetween(kernel: RowKernel, a: Int32Array, b: Int32Array): number {
  const within = (rows: Int32Array): number => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) for (let j = 0; j < i; j++) sum += kernel.at(rows[i], rows[j]);
    return sum / ((rows.length * (rows.length - 1)) / 2);
  };
  let across = 0;
  for (const i of a) for (const j of b) across += kernel.at(i, j);
  return within(a) + within(b) - (2 * across) / (a.length * b.length);
}

export interface Relabelled {
  /** Share of relabellings, the true labels included, whose MMD² is at least that of the true labels. */
  readonly p: number;
  /** The 95 % quantile of MMD² over relabellings: what chance alone reaches once in twenty times. */
  readonly chance: number;
  readonly relabellings: number;
}

/** Relabellings that are tried. */
const RELABELLINGS = 199;

/** The permutation test that both lists of rows are of one distribution; at least two rows each. */
export function relabelled(kernel: RowKernel, a: Int32Array, b: Int32Array, stream: Stream): Relabelled {
  const rows = Int32Array.from([...a, ...b]);
  const [n, m, total] = [a.length, b.length, a.length + b.length];
  const count = RELABELLINGS + 1;
  /** inA[i·count + r]: whether relabelling r puts row i into the first list; number 0 is the truth. */
  const inA = new Float64Array(total * count);
  const order = Int32Array.from({ length: total }, (_, i) => i);
  for (let r = 0; r < count; r++) {
    if (r > 0) stream.shuffle(order);
    for (let k = 0; k < n; k++) inA[order[k] * count + r] = 1;
  }
  const sumA = new Float64Array(count);
  const ofRow = new Float64Array(total);
  let all = 0;
  const part = new Float64Array(count);
  for (let i = 0; i < total; i++) {
    part.fill(0);
    for (let j = 0; j < i; j++) {
      const k = kernel.at(rows[i], rows[j]);
      all += k;
      ofRow[i] += k;
      ofRow[j] += k;
      for (let r = 0, at = j * count; r < count; r++) part[r] += k * inA[at + r];
    }
    for (let r = 0, at = i * count; r < count; r++) sumA[r] += inA[at + r] * part[r];
  }
  const touching = new Float64Array(count);
  for (let i = 0; i < total; i++)
    for (let r = 0, at = i * count; r < count; r++) touching[r] += inA[at + r] * ofRow[i];
  // Pairs of rows of the first list are counted twice in `touching`, pairs of both lists once.
  const values = sumA.map((s, r) => {
    const across = touching[r] - 2 * s;
    const sumB = all - s - across;
    return s / ((n * (n - 1)) / 2) + sumB / ((m * (m - 1)) / 2) - (2 * across) / (n * m);
  });
  // Sums of the same numbers in another order differ by rounding.
  const tie = 1e-12 * Math.max(1e-300, Math.abs(all) / ((total * (total - 1)) / 2));
  const others = values.slice(1);
  const reached = others.filter((v) => v >= values[0] - tie).length;
  return {
    p: (1 + reached) / count,
    chance: others.sort()[Math.ceil(0.95 * RELABELLINGS) - 1],
    relabellings: RELABELLINGS,
  };
}

function hammingOf(columns: readonly MixedColumn[], total: number): (i: number, j: number) => number {
  const width = columns.length;
  const values = new Float64Array(total * width);
  columns.forEach((c, k) => {
    for (let i = 0; i < total; i++) values[i * width + k] = c.values[i];
  });
  return hammingDistance({ values, width }, { values: [], width });
}

/** The expected Hamming distance of two rows: over columns, the probability that two values differ. */
function meanDistance(columns: readonly MixedColumn[]): number {
  let sum = 0;
  for (const { values } of columns) {
    const counts = new Map<number, number>();
    for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
    let same = 0;
    for (const n of counts.values()) same += (n / values.length) ** 2;
    sum += 1 - same;
  }
  return sum;
}

function twoValued({ values }: MixedColumn): boolean {
  const seen = new Set<number>();
  for (const v of values) {
    seen.add(v);
    if (seen.size > 2) return false;
  }
  return true;
}

function deviation(values: Float64Array): number {
  const n = values.length;
  let [mean, variance] = [0, 0];
  for (const v of values) mean += v / n;
  for (const v of values) variance += (v - mean) ** 2 / n;
  return Math.sqrt(variance);
}
