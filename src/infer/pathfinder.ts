/**
 * Where to start: Pathfinder (Zhang, Carpenter, Gelman & Vehtari, JMLR 23 (2022) 306). A quasi-Newton path from a
 * random start towards a mode gives, on its way, normal approximations of the target; the one of the largest
 * evidence bound is kept. Several such paths scout for all chains, which start from their approximations in
 * proportion to exp(bound): so no chain starts in a mode that has no mass as far as can be told. Paths that end in
 * different modes of comparable bounds say that chains would not meet by themselves.
 */
import type { Stream } from '../random/stream.ts';
import type { ContinuousTarget } from './real-sampler.ts';
import { cholesky, dot, norm } from './vectors.ts';

/** Energy at z; writes the gradient. Infinite or not a number outside the support. */
export type Evaluate = (z: Float64Array, gradient: Float64Array) => number;

const PATHS = 12;
const ITERATIONS = 80;
/** Draws that an evidence bound is estimated from. */
const DRAWS = 6;
/** A path has arrived when the energy falls by less, relative to its size. */
const SETTLED = 1e-9;
/** More coordinates than this have no covariance to begin with. */
const MAX_DIM = 64;
/** Tries for a start of finite energy. */
const TRIES = 20;
/** Modes whose bounds are this many nats below the best have no mass. */
const COMPARABLE = 8;
/** Ends of paths that are this many standard deviations apart, by both approximations, are different modes. */
const SEPARATE = 6;

/** Chains cross a wall that is fewer nats high; it is looked for at so many places between. */
const WALL = 6;
const LOOKS = 16;

/** Where a path ended, and what it found on its way. */
export interface Approximation {
  /** A lower bound of ln Z, as estimated. */
  readonly bound: number;
  readonly mean: Float64Array;
  /** The lower factor of the covariance. */
  readonly factor: Float64Array;
  /** The mode: where the path ended, if it arrived, and the inverse of the Hessian as estimated there. */
  readonly mode: { readonly z: Float64Array; readonly factor: Float64Array } | null;
}

/**
 * Paths from random starts, uniform on (−2, 2).
 * @param stream the same for whichever chains are drawn here
 * @returns what was found, empty where it cannot be looked for
 */
export function scout({ dim, evaluateOne }: ContinuousTarget, stream: Stream): readonly Approximation[] {
  if (!evaluateOne || dim > MAX_DIM) return [];
  const evaluate: Evaluate = (z, g) => evaluateOne(0, z, g);
  const unused = new Float64Array(dim);
  const start = (): Float64Array | null => {
    for (let i = 0; i < TRIES; i++) {
      const at = Float64Array.from({ length: dim }, () => 4 * stream.uniform() - 2);
      if (Number.isFinite(evaluate(at, unused))) return at;
    }
    return null;
  };
  return Array.from({ length: PATHS }, () => {
    const from = start();
    return from && pathFrom(dim, evaluate, from, stream);
  }).filter((a) => a !== null);
}

/** Whether paths ended in different modes that both have mass, with a wall between. */
export function severalModes(
  found: readonly Approximation[],
  { dim, evaluateOne }: Pick<ContinuousTarget, 'dim' | 'evaluateOne'>,
): boolean {
  if (!evaluateOne) return false;
  const top = Math.max(...found.map((a) => a.bound));
  const modes = found.flatMap((a) => (a.mode && a.bound > top - COMPARABLE ? [a.mode] : []));
  const unused = new Float64Array(dim);
  const at = (a: Float64Array, b: Float64Array, t: number): number => {
    const e = evaluateOne(
      0,
      a.map((x, i) => x + t * (b[i] - x)),
      unused,
    );
    return Number.isNaN(e) ? Number.POSITIVE_INFINITY : e;
  };
  const walled = (a: Float64Array, b: Float64Array): boolean => {
    const floor = Math.max(at(a, b, 0), at(a, b, 1));
    let wall = Number.NEGATIVE_INFINITY;
    for (let k = 1; k < LOOKS; k++) wall = Math.max(wall, at(a, b, k / LOOKS));
    return wall > floor + WALL;
  };
  return modes.some((a, i) => modes.some((b, j) => j < i && apart(a, b) && apart(b, a) && walled(a.z, b.z)));
}

/** Whether b is far from a by a's covariance. */
function apart(a: NonNullable<Approximation['mode']>, b: NonNullable<Approximation['mode']>): boolean {
  const d = a.z.length;
  // L⁻¹(b − a)
  const w = new Float64Array(d);
  let square = 0;
  for (let i = 0; i < d; i++) {
    let x = b.z[i] - a.z[i];
    for (let j = 0; j < i; j++) x -= a.factor[i * d + j] * w[j];
    w[i] = x / a.factor[i * d + i];
    square += w[i] * w[i];
  }
  return square > SEPARATE ** 2 + 2 * d;
}

/**
 * Moves each chain to a draw of one of the approximations, by its own stream alone.
 * @param z where chains are, chains × dim; moved
 * @returns a covariance for each chain; null where it stays where it is
 */
export function startsFrom(
  found: readonly Approximation[],
  { dim, evaluateOne }: ContinuousTarget,
  z: Float64Array,
  streams: readonly Stream[],
): (Float64Array | null)[] {
  const top = Math.max(...found.map((a) => a.bound));
  const weights = found.map((a) => Math.exp(a.bound - top));
  const whole = weights.reduce((a, b) => a + b, 0);
  const unused = new Float64Array(dim);
  return streams.map((stream, c) => {
    let u = stream.uniform() * whole;
    const index = weights.findIndex((w) => {
      u -= w;
      return u < 0;
    });
    const { mean, factor } = found[Math.max(0, index)];
    for (let i = 0; i < TRIES; i++) {
      const at = drawFrom(mean, factor, stream).at;
      if (!evaluateOne || !Number.isFinite(evaluateOne(c, at, unused)) || !unused.every(Number.isFinite))
        continue;
      z.set(at, c * dim);
      return covarianceOf(factor, dim);
    }
    return null;
  });
}

function covarianceOf(factor: Float64Array, dim: number): Float64Array {
  const covariance = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j <= i; j++) {
      let x = 0;
      for (let k = 0; k <= j; k++) x += factor[i * dim + k] * factor[j * dim + k];
      covariance[i * dim + j] = x;
      covariance[j * dim + i] = x;
    }
  return covariance;
}

/** mean + L·(standard normals), and ln of the density of these. */
function drawFrom(
  mean: Float64Array,
  factor: Float64Array,
  stream: Stream,
): { readonly at: Float64Array; readonly log: number } {
  const d = mean.length;
  const noise = new Float64Array(d);
  const at = mean.slice();
  let log = 0;
  for (let i = 0; i < d; i++) {
    noise[i] = stream.normal();
    log -= 0.5 * noise[i] * noise[i];
  }
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) at[i] += factor[i * d + j] * noise[j];
  return { at, log };
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
  let mode: Approximation['mode'] = null;
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
    if (!arrived) continue;
    const factor = cholesky(inverse, dim);
    if (factor) mode = { z, factor };
    break;
  }
  return best && { ...best, mode };
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

/** The normal around z + H·(−g), and its evidence bound. */
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
  const unused = new Float64Array(dim);
  for (let n = 0; n < DRAWS; n++) {
    const { at, log } = drawFrom(mean, factor, stream);
    const e = evaluate(at, unused);
    if (!Number.isFinite(e)) return null;
    bound += (logDet - log - e) / DRAWS;
  }
  return { bound, mean, factor, mode: null };
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
