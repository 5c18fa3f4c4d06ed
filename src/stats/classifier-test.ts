/**
 * The classifier two-sample test: if a classifier can tell rows of one sample from rows of another, they do not
 * come from one distribution.
 *
 * D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017, with boosted trees as the
 * classifier. Rows are held out going forward (A. P. Dawid, "The prequential approach", JRSS A 147 (1984) 278–292):
 * both samples are cut into five blocks, and blocks 2 … 5 are classified by what was learned from those before
 * them. Every held-out row is then looked at once, by a classifier that knows nothing of it, so under equality the
 * hits are a martingale with the variance of coin tosses. Ordinary cross-validation has no such variance: pairs of
 * folds judge each other twice, in two roles.
 */
import type { Stream } from '../random/stream.ts';
import { type BoostOptions, boost, marginAt } from './boosted-trees.ts';
import type { Feature } from './features.ts';
import { normalTail } from './normal-tail.ts';

export interface ClassifierTest {
  /** Share of held-out rows told right, the mean of the shares in both samples: ½ is chance. */
  readonly accuracy: number;
  /** Its standard error. */
  readonly error: number;
  /** Probability of such an accuracy or a higher one if both samples have one distribution. */
  readonly p: number;
  /** Area under the ROC curve: how often a row of the data is rated higher than a draw. */
  readonly auc: number;
  /** Its standard error by J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29–36. */
  readonly auc_error: number;
  /** Held-out rows. */
  readonly rows: { readonly data: number; readonly draws: number };
  /** What tells them apart: columns and pairs of columns by their share of the gain of all splits, at most eight. */
  readonly by: readonly { readonly names: readonly string[]; readonly share: number }[];
}

/** Blocks that a sample is cut into. */
const BLOCKS = 5;
/** Fewer rows of a sample than this are not worth a classifier. */
export const LEAST_ROWS = 20;
const MOST_NAMED = 8;

const settings: Omit<BoostOptions, 'groups'> = {
  rounds: 50,
  rate: 0.1,
  depth: 2,
  ridge: 10,
  least: 5,
  offer: 64,
};

/**
 * @param features of all rows: first the data's, then the draws'; made without knowing which are which
 * @param data rows of the data, in any order: they are shuffled
 * @param draws rows of the draws, in the order in which they were drawn, so that neighbours share a block
 * @param worth how many independent draws the draws are worth
 * @returns null where a sample has fewer than 20 rows
 */
export function classifierTest(
  features: readonly Feature[],
  data: number,
  draws: number,
  worth: number,
  stream: Stream,
): ClassifierTest | null {
  if (data < LEAST_ROWS || draws < LEAST_ROWS || features.length === 0) return null;
  const total = data + draws;
  const order = Int32Array.from({ length: total }, (_, i) => i);
  stream.fork('order').shuffle(order.subarray(0, data));
  const labels = new Uint8Array(total).fill(1, 0, data);
  // Both samples weigh the same, so that ½ is chance whatever their sizes.
  const weights = new Float64Array(total).fill(total / (2 * draws));
  weights.fill(total / (2 * data), 0, data);
  const cut = (n: number, block: number): number => Math.floor((block * n) / BLOCKS);
  const groups = [1, 2].map((k) => features.flatMap((f, i) => (f.names.length === k ? [i] : [])));
  /** Rows of independent draws for one that was drawn. */
  const thin = Math.min(1, Math.max(worth, 1) / draws);
  const gain = new Float64Array(features.length);
  const sum = { accuracy: 0, variance: 0, chance: 0, auc: 0, aucVariance: 0 };
  for (let block = 1; block < BLOCKS; block++) {
    const upTo = Int32Array.from([
      ...order.subarray(0, cut(data, block)),
      ...order.subarray(data, data + cut(draws, block)),
    ]);
    const learner = boost(
      features,
      upTo,
      labels,
      weights,
      { ...settings, groups },
      stream.fork('trees', block),
    );
    learner.gain.forEach((g, f) => {
      gain[f] += g;
    });
    const rate = (from: number, to: number): Float64Array =>
      Float64Array.from(order.subarray(from, to), (r) => marginAt(learner, r));
    const a = rate(cut(data, block), cut(data, block + 1));
    const b = rate(data + cut(draws, block), data + cut(draws, block + 1));
    const w = a.length / (data - cut(data, 1));
    const [inA, inB] = [shareAbove(a), shareAbove(b)];
    const nB = Math.max(1, b.length * thin);
    sum.accuracy += (w * (inA + 1 - inB)) / 2;
    sum.variance += (w ** 2 * (spread(inA, a.length) + spread(inB, nB))) / 4;
    // If both have one distribution, a row of either is rated above with this probability.
    const above = (inA * a.length + inB * b.length) / (a.length + b.length);
    sum.chance += (w ** 2 * above * (1 - above) * (1 / a.length + 1 / nB)) / 4;
    const auc = areaUnder(a, b);
    sum.auc += w * auc;
    sum.aucVariance += w ** 2 * areaVariance(auc, a.length, nB);
  }
  const z = (sum.accuracy - 0.5) / Math.sqrt(sum.chance);
  return {
    accuracy: sum.accuracy,
    error: Math.sqrt(sum.variance),
    p: sum.chance > 0 ? normalTail(z) : 1,
    auc: sum.auc,
    auc_error: Math.sqrt(sum.aucVariance),
    rows: { data: data - cut(data, 1), draws: draws - cut(draws, 1) },
    by: named(features, gain),
  };
}

/** The features' shares of the gain, greatest first; what has none is not named. */
function named(features: readonly Feature[], gain: Float64Array): ClassifierTest['by'] {
  const all = gain.reduce((s, g) => s + g, 0);
  return features
    .map(({ names }, i) => ({ names, share: all > 0 ? gain[i] / all : 0 }))
    .filter((f) => f.share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_NAMED);
}

/** Share of margins above 0; ties count half. */
function shareAbove(margins: Float64Array): number {
  let sum = 0;
  for (const m of margins) sum += m > 0 ? 1 : m === 0 ? 0.5 : 0;
  return sum / margins.length;
}

/** Variance of a share, of (np + 1)/(n + 2) so that none is 0. */
function spread(p: number, n: number): number {
  const q = (p * n + 1) / (n + 2);
  return (q * (1 - q)) / n;
}

/** P(a > b) + ½ P(a = b), by ranks. */
function areaUnder(a: Float64Array, b: Float64Array): number {
  const [x, y] = [a.slice().sort(), b.slice().sort()];
  let [below, equal, sum] = [0, 0, 0];
  for (const v of x) {
    while (below < y.length && y[below] < v) below++;
    equal = Math.max(equal, below);
    while (equal < y.length && y[equal] === v) equal++;
    sum += below + (equal - below) / 2;
  }
  return sum / (x.length * y.length);
}

function areaVariance(auc: number, n: number, m: number): number {
  const [one, two] = [auc / (2 - auc), (2 * auc ** 2) / (1 + auc)];
  return (auc * (1 - auc) + (n - 1) * (one - auc ** 2) + Math.max(0, m - 1) * (two - auc ** 2)) / (n * m);
}
