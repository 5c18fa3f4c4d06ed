/**
 * Gradient-boosted decision trees for two classes, on features that are cut into bins.
 *
 * J. H. Friedman, "Greedy function approximation", Annals of Statistics 29 (2001) 1189–1232; the second-order
 * gain and leaf values are equations 5 to 7 of T. Chen, C. Guestrin, "XGBoost", KDD 2016. A feature without order
 * is split after its bins are sorted by their gradient over their curvature, which finds the best of all 2ᵏ⁻¹
 * splits (W. D. Fisher, "On grouping for maximum homogeneity", JASA 53 (1958) 789–798).
 */
import type { Stream } from '../random/stream.ts';

export interface BinnedFeature {
  /** A row's bin, 0 … bins−1. */
  readonly codes: Uint8Array;
  /** At most 64. */
  readonly bins: number;
  /** Whether bins have an order that splits keep. */
  readonly ordered: boolean;
}

export interface BoostOptions {
  readonly rounds: number;
  /** The share of a tree that is taken. */
  readonly rate: number;
  /** Splits from the root to a leaf. */
  readonly depth: number;
  /** Weight of squared leaf values in the objective. */
  readonly ridge: number;
  /** Least curvature Σ w p (1 − p) of a leaf; four rows of weight 1 at p = ½ have 1. */
  readonly least: number;
  /** Groups of features; each tree is offered `offer` of each group. */
  readonly groups: readonly (readonly number[])[];
  readonly offer: number;
}

interface Tree {
  /** Of the nodes in heap order: the feature that splits, −1 at a leaf. */
  readonly feature: Int32Array;
  /** Which bins go left. */
  readonly left: readonly (Uint8Array | null)[];
  readonly value: Float64Array;
}

export interface BoostedTrees {
  readonly features: readonly BinnedFeature[];
  readonly start: number;
  readonly trees: readonly Tree[];
  /** Sum of the gains of the splits on each feature. */
  readonly gain: Float64Array;
}

const MAX_BINS = 64;

/**
 * Fits ln p/(1 − p) of the label as a sum of trees to minimise the weighted logistic loss.
 * @param rows the rows to learn from
 * @param labels of all rows, 0 or 1
 * @param weights of all rows
 */
export function boost(
  features: readonly BinnedFeature[],
  rows: Int32Array,
  labels: Uint8Array,
  weights: Float64Array,
  options: BoostOptions,
  stream: Stream,
): BoostedTrees {
  let [ones, all] = [0, 0];
  for (const r of rows) {
    ones += labels[r] * weights[r];
    all += weights[r];
  }
  const start = Math.log(Math.max(ones, 1e-9) / Math.max(all - ones, 1e-9));
  const margin = new Float64Array(labels.length).fill(start);
  const slope = new Float64Array(rows.length);
  const curve = new Float64Array(rows.length);
  const gain = new Float64Array(features.length);
  const trees: Tree[] = [];
  for (let round = 0; round < options.rounds; round++) {
    rows.forEach((r, i) => {
      const p = 1 / (1 + Math.exp(-margin[r]));
      slope[i] = weights[r] * (p - labels[r]);
      curve[i] = weights[r] * p * (1 - p);
    });
    const offered = options.groups.flatMap((g) => some(g, options.offer, stream));
    const tree = grow(features, offered, rows, slope, curve, options, gain);
    if (tree.feature[0] < 0) continue;
    trees.push(tree);
    for (const r of rows) margin[r] += valueAt(tree, features, r);
  }
  return { features, start, trees, gain };
}

/** ln p/(1 − p) of the label 1 at a row. */
export function marginAt({ features, start, trees }: BoostedTrees, row: number): number {
  let sum = start;
  for (const t of trees) sum += valueAt(t, features, row);
  return sum;
}

function valueAt({ feature, left, value }: Tree, features: readonly BinnedFeature[], row: number): number {
  let node = 0;
  while (feature[node] >= 0) node = 2 * node + (left[node]![features[feature[node]].codes[row]] ? 1 : 2);
  return value[node];
}

/** Up to `most` of the items, in order. */
function some(items: readonly number[], most: number, stream: Stream): readonly number[] {
  if (items.length <= most) return items;
  const all = Int32Array.from(items);
  for (let i = 0; i < most; i++) {
    const j = i + stream.int(all.length - i);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return Array.from(all.subarray(0, most)).sort((a, b) => a - b);
}

/** The best split of a node so far. */
interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly left: Uint8Array;
}

/** One tree, level after level. */
function grow(
  features: readonly BinnedFeature[],
  offered: readonly number[],
  rows: Int32Array,
  slope: Float64Array,
  curve: Float64Array,
  { depth, ridge, rate, least }: BoostOptions,
  gain: Float64Array,
): Tree {
  const size = 2 ** (depth + 1) - 1;
  const feature = new Int32Array(size).fill(-1);
  const left: (Uint8Array | null)[] = new Array(size).fill(null);
  const slopes = new Float64Array(size);
  const curves = new Float64Array(size);
  /** The node in which a row is; −1 once that is a leaf. */
  const node = new Int32Array(rows.length);
  for (let level = 0; level < depth; level++) {
    const first = 2 ** level - 1;
    const count = 2 ** level;
    const best: (Split | null)[] = new Array(count).fill(null);
    const g = new Float64Array(count * MAX_BINS);
    const h = new Float64Array(count * MAX_BINS);
    for (const f of offered) {
      const { codes, bins, ordered } = features[f];
      g.fill(0);
      h.fill(0);
      for (let i = 0; i < rows.length; i++) {
        if (node[i] < 0) continue;
        const at = (node[i] - first) * MAX_BINS + codes[rows[i]];
        g[at] += slope[i];
        h[at] += curve[i];
      }
      for (let k = 0; k < count; k++) {
        const from = k * MAX_BINS;
        const found = bestSplit(
          g.subarray(from, from + bins),
          h.subarray(from, from + bins),
          ordered,
          ridge,
          least,
        );
        if (found && found.gain > (best[k]?.gain ?? 1e-9))
          best[k] = { gain: found.gain, feature: f, left: found.left };
      }
    }
    for (let k = 0; k < count; k++) {
      const split = best[k];
      if (!split) continue;
      feature[first + k] = split.feature;
      left[first + k] = split.left;
      gain[split.feature] += split.gain;
    }
    for (let i = 0; i < rows.length; i++) {
      const at = node[i];
      if (at < 0) continue;
      if (feature[at] < 0) node[i] = -1;
      else node[i] = 2 * at + (left[at]![features[feature[at]].codes[rows[i]]] ? 1 : 2);
      if (node[i] < 0) continue;
      slopes[node[i]] += slope[i];
      curves[node[i]] += curve[i];
    }
  }
  const value = slopes.map((s, i) => (-rate * s) / (curves[i] + ridge));
  return { feature, left, value };
}

/**
 * What the best of all splits gains on labels that are tosses of a coin, about: one degree of freedom is worth 1, the
 * best cut of an order 3; sorting bins by their slopes gains the mean of |z|² over half of them, 2/π a bin. A feature
 * of many bins would be chosen for its luck otherwise.
 */
const [LUCK, LUCK_OF_A_BIN] = [3, 2 / Math.PI];

/** The bins that go left where the objective falls most, or null where no split leaves enough on both sides. */
function bestSplit(
  g: Float64Array,
  h: Float64Array,
  ordered: boolean,
  ridge: number,
  least: number,
): { readonly gain: number; readonly left: Uint8Array } | null {
  const order: number[] = [];
  let [allG, allH] = [0, 0];
  for (let b = 0; b < g.length; b++) {
    allG += g[b];
    allH += h[b];
    if (h[b] > 0) order.push(b);
  }
  if (allH < 2 * least) return null;
  if (!ordered) order.sort((a, b) => g[a] / (h[a] + ridge) - g[b] / (h[b] + ridge) || a - b);
  const whole = allG ** 2 / (allH + ridge);
  let [sumG, sumH, gain, cut] = [0, 0, 0, 0];
  for (let k = 0; k + 1 < order.length; k++) {
    sumG += g[order[k]];
    sumH += h[order[k]];
    if (sumH < least || allH - sumH < least) continue;
    const now = sumG ** 2 / (sumH + ridge) + (allG - sumG) ** 2 / (allH - sumH + ridge) - whole;
    if (now > gain) [gain, cut] = [now, k + 1];
  }
  gain -= ordered ? LUCK : LUCK_OF_A_BIN * (order.length - 1);
  if (cut === 0 || gain <= 0) return null;
  const left = new Uint8Array(g.length);
  for (const b of order.slice(0, cut)) left[b] = 1;
  // A bin that no row of the node has goes where its order says; without an order it goes right.
  if (ordered) left.fill(1, 0, order[cut - 1] + 1);
  return { gain, left };
}
