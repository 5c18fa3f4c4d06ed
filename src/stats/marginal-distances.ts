/** How far two samples of each column are apart, and how far chance alone would put them. */
import type { Stream } from '../random/stream.ts';
import { type Histogram, histogram } from './histogram.ts';

/** A column of two tables; a missing cell is NaN. */
export interface ComparedColumn {
  readonly name: string;
  /** Discrete values are possible states, continuous ones are not. */
  readonly kind: 'discrete' | 'continuous';
  /** Categories have no order. */
  readonly form: 'real' | 'integer' | 'category';
  /** Of a category, by code. */
  readonly labels?: readonly string[];
  readonly data: Float64Array;
  readonly draws: Float64Array;
}

export interface MarginalDistance {
  readonly name: string;
  /** ½ Σ |p − q| of frequencies, or sup |F − G| of distribution functions; 0 … 1 both. */
  readonly measure: 'total_variation' | 'kolmogorov_smirnov';
  readonly distance: number;
  /** The distance that samples of one distribution, of these sizes, exceed once in twenty times. */
  readonly chance: number;
  /** Of numbers: the mean distance by which values must move, in standard deviations of the data; else null. */
  readonly wasserstein: number | null;
  /** Cells that are missing in the data. */
  readonly missing: number;
  readonly histogram: Histogram;
}

/** Integers of more values than this are compared as numbers. */
const MOST_VALUES = 20;
const RELABELLINGS = 59;

/**
 * Distances of all columns, worst first. What chance would do is found by giving rows to the samples at random.
 * @param worth how many independent draws the draws are worth
 */
export function marginalDistances(
  columns: readonly ComparedColumn[],
  worth: number,
  stream: Stream,
): readonly MarginalDistance[] {
  const [n, m] = [columns[0]?.data.length ?? 0, columns[0]?.draws.length ?? 0];
  const truth = new Uint8Array(n + m).fill(DRAWS).fill(DATA, 0, n);
  const some = Math.max(1, Math.min(m, Math.round(worth)));
  const labels = Array.from({ length: RELABELLINGS }, () => {
    const order = Int32Array.from({ length: n + m }, (_, i) => i);
    stream.shuffle(order);
    const out = new Uint8Array(n + m);
    order.forEach((row, k) => {
      out[row] = k < n ? DATA : k < n + some ? DRAWS : 0;
    });
    return out;
  });
  return columns
    .map((c): MarginalDistance => {
      const data = c.data.filter((v) => !Number.isNaN(v));
      const draws = c.draws.filter((v) => !Number.isNaN(v));
      const pooled = Float64Array.from([...c.data, ...c.draws]);
      const values = new Set(pooled).size;
      const ordered =
        c.kind === 'continuous' || c.form === 'real' || (c.form === 'integer' && values > MOST_VALUES);
      const distance = ordered ? kolmogorovSmirnov(pooled) : totalVariation(pooled);
      const byChance = labels.map(distance).sort((a, b) => a - b);
      return {
        name: c.name,
        measure: ordered ? 'kolmogorov_smirnov' : 'total_variation',
        distance: distance(truth),
        chance: byChance[Math.ceil(0.95 * RELABELLINGS) - 1],
        wasserstein: c.form === 'category' || values < 3 ? null : wasserstein(data, draws),
        missing: c.data.length - data.length,
        histogram: histogram(data, draws, c.form, c.labels),
      };
    })
    .sort((a, b) => orLast(b.distance) - orLast(a.distance));
}

const orLast = (x: number): number => (Number.isNaN(x) ? -1 : x);

/** Labels of rows; 0 is left out. */
const [DATA, DRAWS] = [1, 2];

type Distance = (labels: Uint8Array) => number;

function totalVariation(values: Float64Array): Distance {
  const seen = new Map<number, number>();
  const codes = Int32Array.from(values, (v) => {
    if (Number.isNaN(v)) return -1;
    const known = seen.get(v) ?? seen.size;
    seen.set(v, known);
    return known;
  });
  const counts = new Float64Array(3 * seen.size);
  return (labels) => {
    counts.fill(0);
    const all = [0, 0, 0];
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] < 0) continue;
      counts[3 * codes[i] + labels[i]]++;
      all[labels[i]]++;
    }
    if (all[DATA] === 0 || all[DRAWS] === 0) return Number.NaN;
    let sum = 0;
    for (let k = 0; k < counts.length; k += 3)
      sum += Math.abs(counts[k + DATA] / all[DATA] - counts[k + DRAWS] / all[DRAWS]);
    return sum / 2;
  };
}

function kolmogorovSmirnov(values: Float64Array): Distance {
  const order = Int32Array.from(values, (_, i) => i)
    .filter((i) => !Number.isNaN(values[i]))
    .sort((a, b) => values[a] - values[b]);
  return (labels) => {
    const all = [0, 0, 0];
    for (const i of order) all[labels[i]]++;
    if (all[DATA] === 0 || all[DRAWS] === 0) return Number.NaN;
    const below = [0, 0, 0];
    let worst = 0;
    for (let k = 0; k < order.length; k++) {
      below[labels[order[k]]]++;
      if (k + 1 < order.length && values[order[k + 1]] === values[order[k]]) continue;
      worst = Math.max(worst, Math.abs(below[DATA] / all[DATA] - below[DRAWS] / all[DRAWS]));
    }
    return worst;
  };
}

/** ∫ |F − G| over the standard deviation of the data; NaN where that is 0 or a sample is empty. */
export function wasserstein(data: Float64Array, draws: Float64Array): number {
  const [x, y] = [data.slice().sort(), draws.slice().sort()];
  const n = x.length;
  let [mean, variance] = [0, 0];
  for (const v of x) mean += v / n;
  for (const v of x) variance += (v - mean) ** 2 / n;
  if (!(variance > 0) || y.length === 0) return Number.NaN;
  let [i, j, sum, last] = [0, 0, 0, Math.min(x[0], y[0])];
  while (i < n || j < y.length) {
    const at = Math.min(
      i < n ? x[i] : Number.POSITIVE_INFINITY,
      j < y.length ? y[j] : Number.POSITIVE_INFINITY,
    );
    sum += Math.abs(i / n - j / y.length) * (at - last);
    while (i < n && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    last = at;
  }
  return sum / Math.sqrt(variance);
}
