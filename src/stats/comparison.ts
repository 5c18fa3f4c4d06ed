/** Two tables beside each other in every way at once: columns, pairs, a kernel's and a classifier's judgement. */
import type { Stream } from '../random/stream.ts';
import { type ClassifierTest, classifierTest } from './classifier-test.ts';
import { featuresOf, type MixedColumn } from './features.ts';
import { mmdBetween, type Relabelled, type RowKernel, relabelled, rowKernel } from './kernel-test.ts';
import { type ComparedColumn, type MarginalDistance, marginalDistances } from './marginal-distances.ts';
import { type PairAssociations, pairAssociations } from './pair-associations.ts';
import { type Column, type TableSimilarity, tableSimilarity } from './two-sample.ts';

export interface KernelTest extends Relabelled {
  readonly bandwidth: number | null;
  readonly rate: number | null;
  /** MMD² of two random halves of the data: what nobody can do better than. */
  readonly halves: number;
  /** Rows that were relabelled. */
  readonly rows: { readonly data: number; readonly draws: number };
}

export interface Comparison {
  readonly similarity: TableSimilarity;
  /** Unbiased squared maximum mean discrepancy; NaN of fewer than two rows. */
  readonly mmd: number;
  readonly kernel: RowKernel['name'];
  /** Null where a sample has fewer than four whole rows. */
  readonly kernelTest: KernelTest | null;
  /** Null where a sample has fewer than 20 whole rows. */
  readonly classifier: ClassifierTest | null;
  /** Worst first. */
  readonly marginals: readonly MarginalDistance[];
  readonly associations: PairAssociations;
  readonly rows: { readonly draws: number; readonly data: number };
  /** How many independent draws the draws are worth, as far as tests of this kind can tell. */
  readonly worth: number;
  readonly columns: number;
  /** Cells that the data lack, and rows that lack some: these are out of the kernel's and the classifier's sight. */
  readonly missing: { readonly cells: number; readonly rows: number };
}

/** Columns whose similarities are scored, at most; of more, evenly spaced ones. */
const MOST_SCORED = 24;
/** Columns whose distances are measured, at most. */
const MOST_MEASURED = 256;
/** Rows of a sample that the kernel compares (its cost is quadratic) and that are relabelled, at most. */
const [MOST_ROWS, MOST_RELABELLED] = [2000, 1000];
/** Elementary operations that kernels may take. */
const MOST_WORK = 1e9;

/**
 * @param columns all of as many rows; draws in the order in which they were drawn
 * @param worth how many independent draws the draws are worth
 */
export function compareTables(columns: readonly ComparedColumn[], worth: number, stream: Stream): Comparison {
  const parts = comparedInParts(columns, worth, stream);
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

/** Pieces that a comparison is made in. */
export const COMPARISON_PARTS = 3;

/**
 * `compareTables` in pieces: yields how many are done before each one after the first, the longest last. Answered
 * with true it leaves the others out: tests are null then, and MMD² is not a number.
 */
export function* comparedInParts(
  columns: readonly ComparedColumn[],
  worth: number,
  stream: Stream,
): Generator<number, Comparison, boolean | undefined> {
  const [n, m] = [columns[0].data.length, columns[0].draws.length];
  const lacks = (i: number): boolean => columns.some((c) => Number.isNaN(c.data[i]));
  const whole = Int32Array.from({ length: n }, (_, i) => i).filter((i) => !lacks(i));
  const mixed = columns.map(
    ({ name, form, data, draws }): MixedColumn => ({
      name,
      form,
      values: joined(
        Float64Array.from(whole, (i) => data[i]),
        draws,
      ),
    }),
  );
  const independent = Math.max(1, Math.min(m, worth));
  const similarity = similarityOf(columns);
  const marginals = marginalDistances(some(columns, MOST_MEASURED), independent, stream.fork('marginals'));
  const associations = pairAssociations(columns, independent, stream.fork('pairs'));
  let stopped = (yield 1) === true;
  const discrete = columns.every((c) => c.kind === 'discrete');
  const kernel = rowKernel(mixed, whole.length, discrete);
  const judged = stopped
    ? { mmd: Number.NaN, kernel: kernel.name, kernelTest: null }
    : kernelPart(kernel, mixed.length, whole.length, m, independent, stream.fork('kernel'));
  stopped ||= (yield 2) === true;
  const classifier = (): ClassifierTest | null => {
    const features = featuresOf(mixed, stream.fork('features'));
    return classifierTest(features, whole.length, m, independent, stream.fork('classifier'));
  };
  return {
    similarity,
    ...judged,
    classifier: stopped ? null : classifier(),
    marginals,
    associations,
    rows: { draws: m, data: n },
    worth: Math.round(independent),
    columns: columns.length,
    missing: {
      cells: columns.reduce((s, c) => s + c.data.filter((v) => Number.isNaN(v)).length, 0),
      rows: n - whole.length,
    },
  };
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Evenly spaced ones of more than `most`. */
function some<T>(all: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.ceil(all.length / most));
  return all.filter((_, i) => i % step === 0);
}

function similarityOf(columns: readonly ComparedColumn[]): TableSimilarity {
  const scored = some(columns, MOST_SCORED);
  const side = (of: 'data' | 'draws'): Column[] =>
    scored.map((c) => ({ name: c.name, kind: c.kind, values: c[of] }));
  return tableSimilarity(side('data'), side('draws'));
}

function kernelPart(
  kernel: RowKernel,
  width: number,
  n: number,
  m: number,
  worth: number,
  stream: Stream,
): Pick<Comparison, 'mmd' | 'kernel' | 'kernelTest'> {
  if (n < 2 || m < 2) return { mmd: Number.NaN, kernel: kernel.name, kernelTest: null };
  // Bits are compared 32 at a time.
  const cost = width / (kernel.name === 'hamming' ? 8 : 1);
  const most = Math.min(MOST_ROWS, Math.max(200, Math.floor(Math.sqrt(MOST_WORK / Math.max(1, 2 * cost)))));
  const all = (from: number, to: number): Int32Array =>
    Int32Array.from({ length: to - from }, (_, i) => from + i);
  const pick = (rows: Int32Array, count: number, name: string): Int32Array => {
    if (rows.length <= count) return rows;
    const out = rows.slice();
    stream.fork(name).shuffle(out);
    return out.subarray(0, count);
  };
  const [data, draws] = [pick(all(0, n), most, 'data'), pick(all(n, n + m), most, 'draws')];
  const mmd = mmdBetween(kernel, data, draws);
  if (n < 4 || m < 4) return { mmd, kernel: kernel.name, kernelTest: null };
  const few = Math.min(most, MOST_RELABELLED);
  const a = pick(data, few, 'few data');
  const b = pick(draws, Math.max(4, Math.min(few, Math.round(worth))), 'few draws');
  const mixedUp = data.slice();
  stream.fork('halves').shuffle(mixedUp);
  const half = mixedUp.length >> 1;
  return {
    mmd,
    kernel: kernel.name,
    kernelTest: {
      ...relabelled(kernel, a, b, stream.fork('labels')),
      bandwidth: kernel.bandwidth,
      rate: kernel.rate,
      halves: mmdBetween(kernel, mixedUp.subarray(0, half), mixedUp.subarray(half)),
      rows: { data: a.length, draws: b.length },
    },
  };
}
