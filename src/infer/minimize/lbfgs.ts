/**
 * Descent by the limited-memory BFGS method (Nocedal & Wright, *Numerical Optimization* (2006), algorithms 7.4 and
 * 7.5). The line search brackets a step that satisfies the weak Wolfe conditions by bisection, which serves energies
 * with kinks as well (Lewis & Overton, Math. Program. 141 (2013) 135, algorithm 2.6); where energies differ by rounding
 * only, slopes decide (Hager & Zhang, SIAM J. Optim. 16 (2005) 170, section 4).
 */
import { dot } from '../vectors.ts';
import type { Work } from './types.ts';

export interface Objective {
  readonly dim: number;
  /** Energies this far apart relative to their size are taken to be the same. */
  readonly epsilon: number;
  /** The energy at z, +∞ where it is forbidden or not a number; writes its gradient. */
  at(z: Float64Array, gradient: Float64Array): number;
}

export interface Descent {
  readonly z: Float64Array;
  readonly energy: number;
  readonly gradient: Float64Array;
  /** The largest element of the gradient. */
  readonly norm: number;
  /** The last change of place; null where there was none. */
  readonly last: Float64Array | null;
  readonly evaluations: number;
  /**
   * `converged`: the gradient is small; `stalled`: no lower place was found along the slope, as at a kink, a wall or the
   * limit of rounding; `unbounded`: the energy is −∞ at `z`.
   */
  readonly end: 'converged' | 'stalled' | 'limit' | 'unbounded' | 'stopped';
}

export interface DescentOptions {
  /** Small gradients: at most this times |E|, or 1, or 10⁴; default 10⁻⁹. */
  readonly tolerance?: number;
  readonly iterations?: number;
  /** Told of the start and of each lower place; they are not written to again. */
  readonly each?: (z: Float64Array, energy: number) => void;
}

/** The largest size of an energy by which small gradients are measured. */
const SCALE = 1e4;
const MEMORY = 12;
const ARMIJO = 1e-4;
const CURVATURE = 0.9;
const MOST_STEPS = 80;

export async function descend(
  f: Objective,
  start: Float64Array,
  work: Work,
  { tolerance = 1e-9, iterations = 3000, each }: DescentOptions = {},
): Promise<Descent> {
  const n = f.dim;
  let z: Float64Array = start.slice();
  let g: Float64Array = new Float64Array(n);
  let energy = f.at(z, g);
  let evaluations = 1;
  work.steps++;
  each?.(z, energy);
  let last: Float64Array | null = null;
  const pairs: Pair[] = [];
  const ended = (end: Descent['end']): Descent => ({
    z,
    energy,
    gradient: g,
    norm: largest(g),
    last,
    evaluations,
    end,
  });
  for (let i = 0; i < iterations; i++) {
    if (energy === Number.NEGATIVE_INFINITY) return ended('unbounded');
    if (largest(g) <= tolerance * Math.min(SCALE, Math.max(1, Math.abs(energy)))) return ended('converged');
    if (work.due()) {
      await work.rest();
      if (work.stopped) return ended('stopped');
    }
    let d = direction(g, pairs);
    let slope = dot(g, d);
    if (!(slope < 0)) {
      pairs.length = 0;
      d = g.map((x) => -x);
      slope = -dot(g, g);
    }
    if (pairs.length === 0) {
      // The length of a first step is not known: one of a unit at most.
      const unit = Math.min(1, 1 / Math.sqrt(-slope));
      for (let k = 0; k < n; k++) d[k] *= unit;
      slope *= unit;
    }
    const step = search(f, z, energy, d, slope);
    evaluations += step.evaluations;
    work.steps += step.evaluations;
    if (!step.moved) {
      if (pairs.length === 0) return ended('stalled');
      pairs.length = 0;
      continue;
    }
    const { z: next, gradient } = step.moved;
    const s = new Float64Array(n);
    const y = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      s[k] = next[k] - z[k];
      y[k] = gradient[k] - g[k];
    }
    const sy = dot(s, y);
    if (sy > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) {
      pairs.push({ s, y, rho: 1 / sy });
      if (pairs.length > MEMORY) pairs.shift();
    }
    z = next;
    g = gradient;
    last = s;
    energy = step.moved.energy;
    each?.(z, energy);
  }
  return ended('limit');
}

/** A change of place, that of the gradient with it, and 1 over their product, which is positive. */
export interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/** −H·g by the two-loop recursion; the oldest pair first. */
export function direction(g: Float64Array, pairs: readonly Pair[]): Float64Array {
  const d = g.map((x) => -x);
  const alpha = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i];
    alpha[i] = rho * dot(s, d);
    for (let k = 0; k < d.length; k++) d[k] -= alpha[i] * y[k];
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.y, newest.y));
    for (let k = 0; k < d.length; k++) d[k] *= scale;
  }
  for (let i = 0; i < pairs.length; i++) {
    const { s, y, rho } = pairs[i];
    const beta = rho * dot(y, d);
    for (let k = 0; k < d.length; k++) d[k] += (alpha[i] - beta) * s[k];
  }
  return d;
}

export interface Step {
  /** Null where no lower place was found. */
  readonly moved: {
    readonly z: Float64Array;
    readonly gradient: Float64Array;
    readonly energy: number;
  } | null;
  readonly evaluations: number;
}

/**
 * A step of at least some length along `d`, at first d itself.
 * @param slope of the energy along `d`, negative
 */
export function search(f: Objective, z: Float64Array, energy: number, d: Float64Array, slope: number): Step {
  const n = z.length;
  const noise = f.epsilon * Math.max(1, Math.abs(energy));
  let low = 0;
  let lowEnergy = energy;
  let lowSlope = slope;
  let high = Number.POSITIVE_INFINITY;
  let t = 1;
  let best: Step['moved'] = null;
  for (let i = 1; i <= MOST_STEPS; i++) {
    const at = new Float64Array(n);
    for (let k = 0; k < n; k++) at[k] = z[k] + t * d[k];
    const gradient = new Float64Array(n);
    const e = f.at(at, gradient);
    if (e === Number.NEGATIVE_INFINITY) return { moved: { z: at, gradient, energy: e }, evaluations: i };
    const here = dot(gradient, d);
    const lower =
      e <= energy + ARMIJO * t * slope || (e <= energy + noise && here <= (2 * ARMIJO - 1) * slope);
    const known = Number.isFinite(e) && Number.isFinite(here);
    if (!known || !lower) {
      high = t;
      t = known ? between(low, lowEnergy, lowSlope, t, e) : 0.5 * (low + t);
    } else {
      best = { z: at, gradient, energy: e };
      if (here >= CURVATURE * slope) return { moved: best, evaluations: i };
      low = t;
      lowEnergy = e;
      lowSlope = here;
      t = high < Number.POSITIVE_INFINITY ? 0.5 * (low + high) : i < 6 ? 2 * t : 16 * t;
    }
    if (high - low <= 1e-16 * high) break;
  }
  return { moved: best && best.energy < energy ? best : null, evaluations: MOST_STEPS };
}

/** The minimum of the parabola through the lower end with its slope, kept away from both ends. */
function between(low: number, e: number, slope: number, high: number, eHigh: number): number {
  const w = high - low;
  const t = (-0.5 * slope * w * w) / (eHigh - e - slope * w);
  return low + Math.min(0.9 * w, Math.max(0.1 * w, t));
}

export function largest(a: Float64Array): number {
  let m = 0;
  for (const x of a) if (!(Math.abs(x) <= m)) m = Math.abs(x);
  return m;
}
