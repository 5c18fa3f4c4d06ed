/**
 * Heat kernels: what a domain's state graph implies for perturbing its values.
 *
 * A discrete value walks on its state graph for a time t, a real one diffuses; both forget where they came
 * from as t grows. Losses of the discrepancy family perturb data with these kernels.
 *
 * T. Schröder, Z. Ou, Y. Li, A. Duncan, "Energy-based modelling for discrete and mixed data via heat
 * equations on structured spaces", NeurIPS 2024 (arXiv 2412.01019).
 *
 * | domain | generator R, p′ = Rp | kernel at time t |
 * | --- | --- | --- |
 * | bit, spin | one edge: −1 on the diagonal, 1 beside it | flips with probability (1 − e^{−2t})/2 |
 * | category | complete graph: (1/S)11ᵀ − I | with probability 1 − e^{−t} anew, uniformly |
 * | category on a graph | A − D of its edges | see `graph-kernel.ts` |
 * | cyclic | ring: 1 to each side, −2 in place | circulant, Fourier basis |
 * | int, ordinal | path: the same, −1 at the two ends | reflecting, cosine basis |
 * | real | ½Δ on the line or, with Neumann bounds, an interval | Gaussian of variance t, reflected |
 * | angle | ½Δ on the circle | the same, wrapped (K. Mardia, P. Jupp, "Directional Statistics", 2000, §3.5.7) |
 * | permutation, subset | exchanges of two elements | see `exchange-kernels.ts` |
 *
 * All of them are symmetric, q(y|x) = q(x|y), so the uniform (Lebesgue) measure is invariant, and a
 * semigroup: time s followed by time t is time s + t.
 */
import { type ArrangedDomain, type DiscreteDomain, type Domain, valueMap } from '../domain.ts';
import type { Stream } from '../random/stream.ts';
import { wrapAngleValue } from '../transforms/scalars.ts';
import { graphTime, graphTransitions, type StateGraph } from './graph-kernel.ts';

/** Discrete domains whose elements walk each by itself. */
export type ElementDomain = Exclude<DiscreteDomain, ArrangedDomain>;

/** Largest number of states for which a full table is made: 4096² doubles are 134 MB. */
export const largestTable = 4096;

/**
 * The time that perturbs by a width independent of the number of states: t·S² on the ring and the path, where
 * a walk of time t spreads over √(2t) states, so that state/S has variance 2·t; t itself on a complete graph
 * and a single edge, where every other state is one step away. (Schröder et al. 2024, theorem 2: as S → ∞ the
 * scaled walk tends to the Gaussian kernel.) On a graph of the user's see `graphTime`.
 * @param graph of a category that has one
 */
export function scaledTime(domain: ElementDomain, t: number, states: number, graph?: StateGraph): number {
  switch (domain.kind) {
    case 'bit':
    case 'spin':
      return t;
    case 'category':
      return graph ? graphTime(graph, t) : t;
    case 'int':
    case 'ordinal':
    case 'cyclic':
      return t * states * states;
  }
}

/**
 * The transition matrix at time t, S×S, row-major: entry a·S + b is the probability of state number b after
 * time t from state number a. Rows sum to 1 and the matrix is symmetric, both to rounding.
 * @param t at least 0; not scaled (see {@link scaledTime})
 * @param states S, the number of states of the domain (`stateCount`), at most {@link largestTable}
 * @param graph of a category that has one
 * @throws RangeError for other t or S
 */
export function transitionMatrix(
  domain: ElementDomain,
  t: number,
  states: number,
  graph?: StateGraph,
): Float64Array {
  checkTime(t);
  checkStates(domain, states);
  if (states > largestTable) {
    throw new RangeError(
      `a table of ${states} × ${states} transitions is too large: at most ${largestTable} states`,
    );
  }
  const S = states;
  const matrix = new Float64Array(S * S);
  const fill = (entry: (a: number, b: number) => number): Float64Array => {
    for (let a = 0; a < S; a++) for (let b = 0; b < S; b++) matrix[a * S + b] = entry(a, b);
    return matrix;
  };
  switch (domain.kind) {
    case 'bit':
    case 'spin': {
      const flip = flipProbability(t);
      return fill((a, b) => (a === b ? 1 - flip : flip));
    }
    case 'category': {
      if (graph) return graphTransitions(graph, t);
      const anew = redrawProbability(t) / S;
      return fill((a, b) => (a === b ? Math.exp(-t) + anew : anew));
    }
    case 'cyclic': {
      const ring = ringKernel(S, t);
      return fill((a, b) => ring[(a - b + S) % S]);
    }
    case 'int':
    case 'ordinal': {
      // Images: the path is the ring of 2S states folded in half, so that b and 2S−1−b are one state.
      const ring = ringKernel(2 * S, t);
      return fill((a, b) => ring[Math.abs(a - b)] + ring[a + b + 1]);
    }
  }
}

/** Probability that a bit differs after time t: (1 − e^{−2t})/2. */
export const flipProbability = (t: number): number => -Math.expm1(-2 * t) / 2;

/** Probability that a category is drawn anew (perhaps the same) within time t: 1 − e^{−t}. */
const redrawProbability = (t: number): number => -Math.expm1(-t);

/**
 * The heat kernel of a ring of S states, from state 0:
 * k(m) = (1/S) Σ_p e^{2t(cos(2πp/S) − 1)} cos(2πpm/S), m = 0 … S−1.
 * The generator is the circulant one: with S = 2 both steps lead to the same neighbour, at rate 2.
 * The sum is exact to rounding, about 1e−15.
 */
function ringKernel(S: number, t: number): Float64Array {
  if (t === 0) return new Float64Array(S).fill(1, 0, 1);
  // A walk of variance 2t gets farther than this with probability below 1e−20 (Bernstein's inequality), so
  // that on a longer ring it is the same walk as on a ring just long enough.
  const reach = Math.ceil(10 * Math.sqrt(2 * t) + 40);
  if (2 * reach + 1 < S) {
    const short = ringKernel(2 * reach + 1, t);
    const kernel = new Float64Array(S);
    kernel.set(short.subarray(0, reach + 1));
    kernel.set(short.subarray(reach + 1), S - reach);
    return kernel;
  }
  const cosine = Float64Array.from({ length: S }, (_, m) => Math.cos((2 * Math.PI * m) / S));
  const kernel = new Float64Array(S);
  // Frequencies p and S − p are alike; their weights fall with p, and are dropped when nothing is left of them.
  for (let p = 0; 2 * p <= S; p++) {
    const weight = (Math.exp(2 * t * (cosine[p] - 1)) * (p === 0 || 2 * p === S ? 1 : 2)) / S;
    if (weight < 1e-20 / S) break;
    for (let m = 0, at = 0; m < S; m++) {
      kernel[m] += weight * cosine[at];
      at += p;
      if (at >= S) at -= S;
    }
  }
  // A far state's tiny probability may come out as −1e−17.
  for (let m = 0; m < S; m++) kernel[m] = Math.max(kernel[m], 0);
  return kernel;
}

/** Running sums along each row of an S×S transition matrix, the last of each made exactly 1. */
export function cumulativeRows(matrix: Float64Array, states: number): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let a = 0; a < states; a++)
    out.set(cumulate(matrix.subarray(a * states, (a + 1) * states)), a * states);
  return out;
}

/**
 * The state that u ∈ [0, 1) picks from row `state` of a cumulative table: the first whose running sum is
 * above u.
 */
export function sampleRow(cumulative: Float64Array, states: number, state: number, u: number): number {
  return pick(cumulative, state * states, states, u);
}

function cumulate(probabilities: Float64Array): Float64Array {
  const out = new Float64Array(probabilities.length);
  let sum = 0;
  for (let b = 0; b < out.length; b++) {
    sum += probabilities[b];
    out[b] = sum;
  }
  out[out.length - 1] = 1;
  return out;
}

function pick(cumulative: Float64Array, start: number, count: number, u: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[start + middle] > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A kernel made ready for sampling. State number c stands for the value `offset + scale·c` of the domain. */
export type HeatKernel = StateKernel | TableKernel | GaussianKernel | WrappedKernel;

export interface StateKernel {
  readonly kind: 'redraw' | 'ring';
  readonly states: number;
  readonly offset: number;
  readonly scale: number;
  /** `redraw`: the probability of drawing one of the states anew. */
  readonly redraw: number;
  /**
   * `ring`: the running sums of the probabilities of a step of 0, 1, … around a ring. A path of S states is a
   * ring of 2S folded in half: state numbers c and 2S − 1 − c are one.
   */
  readonly steps: Float64Array;
}

/** Any walk on states 0 … `states` − 1: the running sums of the rows of its transition matrix. */
export interface TableKernel {
  readonly kind: 'table';
  readonly states: number;
  readonly offset: number;
  readonly scale: number;
  readonly rows: Float64Array;
}

/** Gaussian of standard deviation `sigma` on the circle −π … π. */
export interface WrappedKernel {
  readonly kind: 'wrapped';
  readonly sigma: number;
}

/** Gaussian of standard deviation `sigma`, reflected at the bounds. */
export interface GaussianKernel {
  readonly kind: 'gaussian';
  readonly sigma: number;
  readonly lo: number;
  readonly hi: number;
}

/**
 * The heat kernel of a domain at time t, ready for sampling. Needs memory in proportion to the number of
 * states; only graphs of the user's need its square, and have at most {@link largestTable} states.
 * @param t at least 0. For a real, time runs under ∂p = ½Δp: t is the *variance* of the Gaussian, σ = √t.
 *   (Published code for the real part of a mixed state passes σ itself under the name of a time.)
 * @param states the number of states of a discrete domain (`stateCount`); not read for a real or an angle
 * @param graph of a category that has one
 * @throws RangeError for other t or states
 */
export function heatKernel(
  domain: ElementDomain | Extract<Domain, { kind: 'real' | 'angle' }>,
  t: number,
  states: number,
  graph?: StateGraph,
): HeatKernel {
  checkTime(t);
  if (domain.kind === 'real') return { kind: 'gaussian', sigma: Math.sqrt(t), lo: domain.lo, hi: domain.hi };
  if (domain.kind === 'angle') return { kind: 'wrapped', sigma: Math.sqrt(t) };
  checkStates(domain, states);
  const base = { ...valueMap(domain), states };
  const redraw = (probability: number): StateKernel => ({
    ...base,
    kind: 'redraw',
    redraw: probability,
    steps: new Float64Array(0),
  });
  const ring = (size: number): StateKernel => ({
    ...base,
    kind: 'ring',
    redraw: 0,
    steps: cumulate(ringKernel(size, t)),
  });
  switch (domain.kind) {
    // Flipping with probability ε is drawing anew with probability 2ε.
    case 'bit':
    case 'spin':
      return redraw(2 * flipProbability(t));
    case 'category':
      return graph
        ? {
            ...base,
            kind: 'table',
            rows: cumulativeRows(transitionMatrix(domain, t, states, graph), states),
          }
        : redraw(redrawProbability(t));
    case 'cyclic':
      return ring(states);
    case 'int':
    case 'ordinal':
      return ring(2 * states);
  }
}

/**
 * Perturb each value independently: out[i] ~ q_t(· | values[i]). Values are those of the domain (spins −1/+1,
 * ints lo … hi). Each entry uses one `uniform()` of the stream, or one `normal()` for reals: entry i of a call
 * depends on the stream's position and i alone.
 * @param out where the result goes; may be `values` itself
 */
export function perturb<T extends Float64Array | Float32Array | Int32Array>(
  kernel: HeatKernel,
  values: T,
  stream: Stream,
  out: T = values.slice() as T,
): T {
  const draws = new Float64Array(Math.min(values.length, 1024));
  for (let at = 0; at < values.length; at += draws.length) {
    const count = Math.min(draws.length, values.length - at);
    if (kernel.kind === 'gaussian' || kernel.kind === 'wrapped') {
      stream.fillNormal(draws, 0, count);
      for (let i = 0; i < count; i++) {
        const x = values[at + i] + kernel.sigma * draws[i];
        out[at + i] = kernel.kind === 'wrapped' ? wrapAngleValue(x) : reflect(x, kernel.lo, kernel.hi);
      }
    } else {
      stream.fillUniform(draws, 0, count);
      for (let i = 0; i < count; i++) {
        const state = (values[at + i] - kernel.offset) / kernel.scale;
        out[at + i] = kernel.offset + kernel.scale * perturbState(kernel, state, draws[i]);
      }
    }
  }
  return out;
}

/** A state number after perturbation, from its number before and one uniform u ∈ [0, 1). */
export function perturbState(kernel: StateKernel | TableKernel, state: number, u: number): number {
  if (kernel.kind === 'table') return sampleRow(kernel.rows, kernel.states, state, u);
  const { states, redraw, steps } = kernel;
  // Below `redraw`, u / redraw is uniform again.
  if (kernel.kind === 'redraw') {
    return u < redraw ? Math.min(Math.floor((u / redraw) * states), states - 1) : state;
  }
  const period = steps.length;
  const moved = (state + pick(steps, 0, period, u)) % period;
  return moved < states ? moved : period - 1 - moved;
}

/**
 * x brought back into lo … hi by mirrors at the finite bounds: the position of a path that bounces. A Gaussian
 * step followed by this is the heat kernel of the interval with reflecting (Neumann) ends.
 */
export function reflect(x: number, lo: number, hi: number): number {
  if (x >= lo && x <= hi) return x;
  const [low, high] = [Number.isFinite(lo), Number.isFinite(hi)];
  if (low && high) {
    const width = hi - lo;
    if (width === 0) return lo;
    const along = Math.abs(x - lo) % (2 * width);
    // The last steps are taken with care that rounding leaves neither bound.
    return Math.min(Math.max(along <= width ? lo + along : hi - (along - width), lo), hi);
  }
  if (low && x < lo) return lo + (lo - x);
  if (high && x > hi) return hi - (x - hi);
  return x;
}

function checkTime(t: number): void {
  if (!(t >= 0 && t < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`the time of a heat kernel is a number of at least 0, not ${t}`);
  }
}

function checkStates(domain: ElementDomain, states: number): void {
  const needed = domain.kind === 'bit' || domain.kind === 'spin' ? 2 : undefined;
  if (!Number.isInteger(states) || states < 1 || (needed !== undefined && states !== needed)) {
    throw new RangeError(`a ${domain.kind} has ${needed ?? 'one or more'} states, not ${states}`);
  }
}
