/** What a classifier looks at: the columns of a table and pairs of them, cut into bins. */
import type { Stream } from '../random/stream.ts';
import type { BinnedFeature } from './boosted-trees.ts';

/** A column of a table; rows of both samples one after another, no cell missing. */
export interface MixedColumn {
  readonly name: string;
  /** Categories have no order. */
  readonly form: 'real' | 'integer' | 'category';
  readonly values: Float64Array;
}

export interface Feature extends BinnedFeature {
  /** One column, or the two of a pair. */
  readonly names: readonly string[];
}

/** Bins of a number. */
const NUMBER_BINS = 32;
/** Bins of a category; rarer values share the last. */
const CATEGORY_BINS = 32;
/** Bins of a category in a pair with another, and of a number in a pair with a category. */
const [JOINT_BINS, COARSE_BINS] = [8, 4];
/** Beyond this many standard deviations products do not grow. */
const REACH = 4;

const MOST_COLUMNS = 128;
const MOST_PAIRS = 300;

/**
 * A feature for each column and one for each pair of columns: of two numbers the product of their standardised
 * values, of a category and something else both values together. Nothing depends on which row is of which sample.
 * Of more than 128 columns a random choice is taken, of more than 300 pairs neighbours and a random choice.
 */
export function featuresOf(columns: readonly MixedColumn[], stream: Stream): readonly Feature[] {
  const chosen = subset(columns.length, MOST_COLUMNS, stream.fork('columns')).map((i) => columns[i]);
  const varied = chosen.filter((c) => c.values.some((v) => v !== c.values[0]));
  const single = varied.map(
    (c): Feature => ({
      names: [c.name],
      ...(c.form === 'category' ? byCategory(c.values, CATEGORY_BINS) : byNumber(c.values, NUMBER_BINS)),
    }),
  );
  const coarse = varied.map((c) =>
    c.form === 'category'
      ? { number: null, code: byCategory(c.values, JOINT_BINS) }
      : { number: standardised(c.values), code: byNumber(c.values, COARSE_BINS) },
  );
  const pairs = pairsOf(varied.length, stream.fork('pairs')).map(([i, j]): Feature => {
    const [a, b] = [coarse[i], coarse[j]];
    const names = [varied[i].name, varied[j].name];
    if (a.number && b.number) {
      const [x, y] = [a.number, b.number];
      return {
        names,
        ...byNumber(
          x.map((v, r) => v * y[r]),
          NUMBER_BINS,
        ),
      };
    }
    const codes = a.code.codes.map((v, r) => v * b.code.bins + b.code.codes[r]);
    return { names, codes, bins: a.code.bins * b.code.bins, ordered: false };
  });
  return [...single, ...pairs].filter((f) => f.bins > 1);
}

/** All pairs i < j of n, or neighbours and a random choice of the others. */
function pairsOf(n: number, stream: Stream): (readonly [number, number])[] {
  const all = Array.from({ length: n }, (_, j) =>
    Array.from({ length: j }, (_, i) => [i, j] as const),
  ).flat();
  if (all.length <= MOST_PAIRS) return all;
  const near = all.filter(([i, j]) => j === i + 1);
  const far = all.filter(([i, j]) => j > i + 1);
  return [...near, ...subset(far.length, MOST_PAIRS - near.length, stream).map((k) => far[k])];
}

/** Up to `most` of 0 … n−1, in order. */
export function subset(n: number, most: number, stream: Stream): readonly number[] {
  const all = Int32Array.from({ length: n }, (_, i) => i);
  if (n <= most) return Array.from(all);
  stream.shuffle(all);
  return Array.from(all.slice(0, most).sort());
}

/** Bins of about equally many rows; equal values share a bin. */
function byNumber(values: Float64Array, most: number): BinnedFeature {
  const sorted = values.slice().sort();
  const edges: number[] = [];
  for (let k = 1; k < most; k++) {
    const edge = sorted[Math.floor((k * sorted.length) / most)];
    if (edge > sorted[0] && edge !== edges.at(-1)) edges.push(edge);
  }
  const codes = Uint8Array.from(values, (v) => {
    let [lo, hi] = [0, edges.length];
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (edges[middle] <= v) lo = middle + 1;
      else hi = middle;
    }
    return lo;
  });
  return { codes, bins: edges.length + 1, ordered: true };
}

/** A bin for each value, the most frequent first. */
function byCategory(values: Float64Array, most: number): BinnedFeature {
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  const order = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([v]) => v);
  const code = new Map(order.map((v, i) => [v, Math.min(i, most - 1)]));
  return {
    codes: Uint8Array.from(values, (v) => code.get(v)!),
    bins: Math.min(order.length, most),
    ordered: false,
  };
}

function standardised(values: Float64Array): Float64Array {
  const n = values.length;
  let [mean, variance] = [0, 0];
  for (const v of values) mean += v / n;
  for (const v of values) variance += (v - mean) ** 2 / n;
  const sd = Math.sqrt(variance) || 1;
  return values.map((v) => Math.min(REACH, Math.max(-REACH, (v - mean) / sd)));
}
