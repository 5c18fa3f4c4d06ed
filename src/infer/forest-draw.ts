/** Exact draws of the elements of rooted trees from tables of energies, in the logarithm. */
import type { Forest } from '../analyse/forest.ts';
import type { Stream } from '../random/stream.ts';

/** Numbers of a batch of chains, `each` of them for one chain; 0 where they are the same for all. */
export interface Energies {
  readonly data: ArrayLike<number>;
  readonly each: number;
}

export interface ForestEnergies {
  /** [element, state]; elements in the order of the forest. */
  readonly one: Energies;
  readonly oneBroken: Energies | null;
  /** [edge, state of the parent, state of the child] */
  readonly two: Energies;
  readonly twoBroken: Energies | null;
}

/** A forest and room to work in. */
export interface Trees {
  readonly forest: Forest;
  /** For each element of the order its edge to the parent; −1 at a root. */
  readonly edge: Int32Array;
  /** −log of the sum over everything below an element, for each of its states. */
  readonly below: Float64Array;
  readonly codes: Int32Array;
  /** Of the states of one element. */
  readonly energy: Float64Array;
  readonly weight: Float64Array;
  /** What the pairs of all chains have in common; made when it is first needed, and when β changes. */
  shared?: PairWeights;
}

/** exp(least − βE) of pairs, and `least` for each state of the parent: the smallest βE, +∞ where there is none. */
interface PairWeights {
  readonly beta: number;
  readonly weight: Float64Array;
  readonly least: Float64Array;
}

export function makeTrees(forest: Forest): Trees {
  const edge = new Int32Array(forest.order.length).fill(-1);
  forest.children.forEach((i, e) => {
    edge[i] = e;
  });
  return {
    forest,
    edge,
    below: new Float64Array(forest.order.length * forest.states),
    codes: new Int32Array(forest.order.length),
    energy: new Float64Array(forest.states),
    weight: new Float64Array(forest.states),
  };
}

/**
 * A joint draw from exp(−βE) within the requirements; one uniform number for each element, in order.
 * @param chain number of the chain within the energies
 * @returns codes of the elements in the order of the forest, valid until the next call; null, and nothing drawn, if
 * no assignment keeps the requirements and has a finite energy, or some energy is NaN or −∞
 */
export function drawTrees(
  t: Trees,
  e: ForestEnergies,
  chain: number,
  beta: number,
  stream: Stream,
): Int32Array | null {
  const { forest, edge, below, codes, energy, weight } = t;
  const k = forest.states;
  const n = forest.order.length;
  const one = chain * e.one.each;
  const oneBroken = e.oneBroken ? chain * e.oneBroken.each : 0;
  for (let i = 0; i < n * k; i++) {
    const x = weighed(e.one.data[one + i], e.oneBroken?.data[oneBroken + i] ?? 0, beta);
    if (Number.isNaN(x)) return null;
    below[i] = x;
  }
  const two = chain * e.two.each;
  const twoBroken = e.twoBroken ? chain * e.twoBroken.each : 0;
  /** Energies of the states of element i, with all below it, next to state v of its parent. */
  const given = (i: number, v: number): boolean => {
    const at = (edge[i] * k + v) * k;
    for (let w = 0; w < k; w++) {
      const x = weighed(e.two.data[two + at + w], e.twoBroken?.data[twoBroken + at + w] ?? 0, beta);
      if (Number.isNaN(x)) return false;
      energy[w] = below[i * k + w] + x;
    }
    return true;
  };
  const pairs = e.two.each === 0 && (e.twoBroken?.each ?? 0) === 0 ? sharedWeights(t, e, beta) : null;
  for (let i = n - 1; i >= 0; i--) {
    const p = forest.parent[i];
    let least = Number.POSITIVE_INFINITY;
    for (let w = 0; w < k; w++) if (below[i * k + w] < least) least = below[i * k + w];
    if (p < 0 && least === Number.POSITIVE_INFINITY) return null;
    if (p < 0) continue;
    if (pairs && least < Number.POSITIVE_INFINITY)
      for (let w = 0; w < k; w++) weight[w] = Math.exp(least - below[i * k + w]);
    for (let v = 0; v < k; v++) {
      const row = edge[i] * k + v;
      let sum = 0;
      if (pairs && least < Number.POSITIVE_INFINITY)
        for (let w = 0; w < k; w++) sum += pairs.weight[row * k + w] * weight[w];
      if (pairs && sum > SMALL) below[p * k + v] += least + pairs.least[row] - Math.log(sum);
      else if (given(i, v)) below[p * k + v] += minusLogSum(energy);
      else return null;
    }
  }
  for (let i = 0; i < n; i++) {
    const p = forest.parent[i];
    if (p < 0) for (let v = 0; v < k; v++) energy[v] = below[i * k + v];
    else given(i, codes[p]);
    codes[i] = draw(energy, stream.uniform());
  }
  return codes;
}

/** Above this a sum of products of weights has lost nothing that counts to products that are too small for a number. */
const SMALL = 1e-200;

function sharedWeights(t: Trees, { two, twoBroken }: ForestEnergies, beta: number): PairWeights {
  if (t.shared?.beta === beta) return t.shared;
  const k = t.forest.states;
  const rows = t.forest.children.length * k;
  const weight = t.shared?.weight ?? new Float64Array(rows * k);
  const least = t.shared?.least ?? new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let lowest = Number.POSITIVE_INFINITY;
    for (let w = r * k; w < (r + 1) * k; w++) {
      weight[w] = weighed(two.data[w], twoBroken?.data[w] ?? 0, beta);
      if (weight[w] < lowest) lowest = weight[w];
    }
    least[r] = lowest;
    // A row without finite energies, or with NaN, weighs nothing: it is looked at anew in the logarithm.
    for (let w = r * k; w < (r + 1) * k; w++) weight[w] = Math.exp(lowest - weight[w]);
    for (let w = r * k; w < (r + 1) * k; w++) if (Number.isNaN(weight[w])) weight.fill(0, r * k, (r + 1) * k);
  }
  t.shared = { beta, weight, least };
  return t.shared;
}

/** β times the energy, +∞ where requirements are broken; NaN where the energy is NaN or −∞. */
function weighed(energy: number, broken: number, beta: number): number {
  if (broken > 0 || energy === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return energy === Number.NEGATIVE_INFINITY ? Number.NaN : beta * energy;
}

/** −log Σ exp(−x) */
function minusLogSum(x: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let v = 0; v < x.length; v++) if (x[v] < least) least = x[v];
  if (least === Number.POSITIVE_INFINITY) return least;
  let sum = 0;
  for (let v = 0; v < x.length; v++) sum += Math.exp(least - x[v]);
  return least - Math.log(sum);
}

/** A state with probability proportional to exp(−x); some x is finite. */
function draw(x: Float64Array, u: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let v = 0; v < x.length; v++) if (x[v] < least) least = x[v];
  let total = 0;
  for (let v = 0; v < x.length; v++) {
    total += Math.exp(least - x[v]);
    x[v] = total;
  }
  const target = u * total;
  for (let v = 0; v < x.length; v++) if (target < x[v]) return v;
  return x.length - 1;
}
