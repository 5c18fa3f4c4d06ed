/**
 * Where to start: Pathfinder (Zhang, Carpenter, Gelman & Vehtari, JMLR 23 (2022) 306). A quasi-Newton path from a
 * random start towards a mode gives, on its way, normal approximations of the target; the one of the largest
 * evidence bound is kept. Several such paths compete for each chain by their bounds, so that a chain starts in a mode
 * in proportion to its mass as far as that can be told, and not in one that has none.
 */
import type { Stream } from '../random/stream.ts';
import { cholesky } from './metric.ts';
import type { ContinuousTarget } from './real-sampler.ts';

export interface PathStart {
  /** A draw of the approximation. */
  readonly z: Float64Array;
  /** Its covariance, dim × dim. */
  readonly covariance: Float64Array;
}

/** Energy at z; writes the gradient. Infinite or not a number outside the support. */
export type Evaluate = (z: Float64Array, gradient: Float64Array) => number;

/** Paths of one chain. */
const PATHS = 4;
const ITERATIONS = 60;
/** Draws that an evidence bound is estimated from. */
const DRAWS = 6;
/** A path has arrived when the energy falls by less, relative to its size, for as many steps. */
const SETTLED = 1e-8;

/**
 * @param start a random start, anew at each call; finite energies are preferred but not needed
 * @returns null where no path found an approximation
 */
export function pathStart(
  dim: number,
  evaluate: Evaluate,
  start: () => Float64Array | null,
  stream: Stream,
): PathStart | null {
  const found: Approximation[] = [];
  for (let i = 0; i < PATHS; i++) {
    const from = start();
    const best = from && pathFrom(dim, evaluate, from, stream);
    if (best) found.push(best);
  }
  if (found.length === 0) return null;
  const top = Math.max(...found.map((a) => a.bound));
  const weights = found.map((a) => Math.exp(a.bound - top));
  let u = stream.uniform() * weights.reduce((a, b) => a + b, 0);
  const chosen = found.find((_, i) => {
    u -= weights[i];
    return u < 0;
  });
  const { draw: z, factor } = chosen ?? found[found.length - 1];
  const covariance = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j <= i; j++) {
      let x = 0;
      for (let k = 0; k <= j; k++) x += factor[i * dim + k] * factor[j * dim + k];
      covariance[i * dim + j] = x;
      covariance[j * dim + i] = x;
    }
  return { z, covariance };
}

/** More coordinates than this have no covariance to begin with. */
const MAX_DIM = 64;
/** Tries for a further start of finite energy. */
const TRIES = 10;

/**
 * Starts of all chains, each by its own stream alone.
 * @param z where they are, chains × dim; moved
 * @returns a covariance for each chain, or null where it stays where it is; null where none can be had
 */
export function pathStarts(
  { dim, evaluateOne }: ContinuousTarget,
  z: Float64Array,
  streams: readonly Stream[],
): (Float64Array | null)[] | null {
  if (!evaluateOne || dim > MAX_DIM) return null;
  return streams.map((stream, c) => {
    const own = z.subarray(c * dim, (c + 1) * dim);
    const unused = new Float64Array(dim);
    let first = true;
    const start = (): Float64Array | null => {
      if (first) {
        first = false;
        return own;
      }
      for (let i = 0; i < TRIES; i++) {
        const at = Float64Array.from({ length: dim }, () => 4 * stream.uniform() - 2);
        if (Number.isFinite(evaluateOne(c, at, unused))) return at;
      }
      return null;
    };
    const found = pathStart(dim, (at, g) => evaluateOne(c, at, g), start, stream);
    if (found) own.set(found.z);
    return found && found.covariance;
  });
}

interface Approximation {
  /** A lower bound of ln Z, as estimated. */
  readonly bound: number;
  /** The lower factor of the covariance. */
  readonly factor: Float64Array;
  readonly draw: Float64Array;
}

/** Quasi-Newton minimisation (BFGS; Nocedal & Wright 2006, §6.1) with a backtracking search, looking around as it goes. */
function pathFrom(dim: number, evaluate: Evaluate, from: Float64Array, stream: Stream): Approximation | null {
  let z = from.slice();
  let g = new Float64Array(dim);
  let energy = evaluate(z, g);
  if (!Number.isFinite(energy) || !g.every(Number.isFinite)) return null;
  const inverse = new Float64Array(dim * dim);
  let scaled = false;
  let best: Approximation | null = null;
  const direction = new Float64Array(dim);
  const y = new Float64Array(dim);
  for (let i = 0; i < dim; i++) inverse[i * dim + i] = 1 / Math.max(1, norm(g));
  for (let step = 1; step <= ITERATIONS; step++) {
    let slope = multiply(inverse, g, direction, -1);
    if (!(slope < 0)) {
      // Rounding has spoilt the estimate: steepest descent.
      inverse.fill(0);
      for (let i = 0; i < dim; i++) inverse[i * dim + i] = 1 / Math.max(1, norm(g));
      slope = multiply(inverse, g, direction, -1);
      if (!(slope < 0)) break;
    }
    const next = backtrack(evaluate, z, energy, direction, slope);
    if (!next) break;
    const s = Float64Array.from(z, (x, i) => next.z[i] - x);
    for (let i = 0; i < dim; i++) y[i] = next.g[i] - g[i];
    const fall = energy - next.energy;
    z = next.z;
    g = next.g;
    energy = next.energy;
    const sy = dot(s, y);
    if (sy > 1e-12 * norm(s) * norm(y)) {
      if (!scaled) {
        scaled = true;
        const size = sy / dot(y, y);
        inverse.fill(0);
        for (let i = 0; i < dim; i++) inverse[i * dim + i] = size;
      }
      update(inverse, s, y, sy);
    }
    const arrived = fall < SETTLED * (1 + Math.abs(energy));
    if (arrived || step % 4 === 0 || step === ITERATIONS) {
      const around = approximate(dim, evaluate, z, g, inverse, stream);
      if (around && (!best || around.bound > best.bound)) best = around;
    }
    if (arrived) break;
  }
  return best;
}

interface Point {
  readonly z: Float64Array<ArrayBuffer>;
  readonly g: Float64Array<ArrayBuffer>;
  readonly energy: number;
}

/** A step along the direction that lowers the energy as Armijo's rule wants it. */
function backtrack(
  evaluate: Evaluate,
  z: Float64Array,
  energy: number,
  direction: Float64Array,
  slope: number,
): Point | null {
  for (let t = 1, i = 0; i < 40; i++, t /= 2) {
    const at = Float64Array.from(z, (x, k) => x + t * direction[k]);
    const g = new Float64Array(z.length);
    const e = evaluate(at, g);
    if (e <= energy + 1e-4 * t * slope && g.every(Number.isFinite)) return { z: at, g, energy: e };
  }
  return null;
}

/** H ← (I − s·yᵀ/sᵀy)·H·(I − y·sᵀ/sᵀy) + s·sᵀ/sᵀy */
function update(inverse: Float64Array, s: Float64Array, y: Float64Array, sy: number): void {
  const d = s.length;
  const hy = new Float64Array(d);
  multiply(inverse, y, hy, 1);
  const yhy = dot(y, hy);
  const a = (1 + yhy / sy) / sy;
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) inverse[i * d + j] += a * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy;
}

/** The normal around z + H·(−g), its evidence bound, and one of the draws that this was estimated from. */
function approximate(
  dim: number,
  evaluate: Evaluate,
  z: Float64Array,
  g: Float64Array,
  inverse: Float64Array,
  stream: Stream,
): Approximation | null {
  const factor = cholesky(inverse, dim);
  if (!factor) return null;
  const mean = new Float64Array(dim);
  multiply(inverse, g, mean, -1);
  for (let i = 0; i < dim; i++) mean[i] += z[i];
  let logDet = 0;
  for (let i = 0; i < dim; i++) logDet += Math.log(factor[i * dim + i]);
  let bound = 0;
  let draw = mean;
  let lowest = Number.POSITIVE_INFINITY;
  const noise = new Float64Array(dim);
  const unused = new Float64Array(dim);
  for (let n = 0; n < DRAWS; n++) {
    const at = mean.slice();
    let logQ = -logDet;
    for (let i = 0; i < dim; i++) {
      noise[i] = stream.normal();
      logQ -= 0.5 * noise[i] * noise[i];
    }
    for (let i = 0; i < dim; i++) for (let j = 0; j <= i; j++) at[i] += factor[i * dim + j] * noise[j];
    const e = evaluate(at, unused);
    if (!Number.isFinite(e)) return null;
    bound += (-e - logQ) / DRAWS;
    if (e < lowest) {
      lowest = e;
      draw = at;
    }
  }
  return { bound, factor, draw };
}

/** out = scale·H·x; answers x·out. */
function multiply(h: Float64Array, x: Float64Array, out: Float64Array, scale: number): number {
  const d = x.length;
  let product = 0;
  for (let i = 0, at = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += h[at++] * x[j];
    out[i] = scale * sum;
    product += out[i] * x[i];
  }
  return product;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
