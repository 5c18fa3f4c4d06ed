/**
 * Second derivatives at a stationary point, by central differences of gradients: whether it is a minimum, and Newton
 * steps that take it to the limit of rounding (Nocedal & Wright, *Numerical Optimization* (2006), ch. 3.3 and 8.1).
 */
import { dot } from '../vectors.ts';
import { type Descent, largest, type Objective } from './lbfgs.ts';

/** Coordinates for which second derivatives are looked at: each takes two gradients. */
export const MOST_CURVED = 64;

export interface Polished {
  readonly z: Float64Array;
  readonly energy: number;
  readonly norm: number;
  readonly evaluations: number;
  /** A direction in which the energy falls on both sides; null where there is none. */
  readonly falls: Float64Array | null;
}

const STEPS = 6;

/** At most six Newton steps, each kept only if it brings the gradient down and the energy not up. */
export function polish(f: Objective, from: Descent): Polished {
  let { z, energy, gradient } = from;
  let norm = largest(gradient);
  let evaluations = 0;
  for (let step = 0; step < STEPS; step++) {
    const h = hessian(f, z);
    evaluations += 2 * f.dim;
    if (!h) break;
    const { values, vectors } = eigen(h, f.dim);
    const top = largest(values);
    const least = values.indexOf(values.reduce((a, x) => Math.min(a, x)));
    if (top === 0) break;
    if (values[least] < -1e-5 * top) {
      const falls = new Float64Array(f.dim);
      for (let i = 0; i < f.dim; i++) falls[i] = vectors[i * f.dim + least];
      return { z, energy, norm, evaluations, falls };
    }
    // What hardly curves is flat up to the error of differences: no step along it.
    const next = z.slice();
    for (let k = 0; k < f.dim; k++) {
      if (values[k] <= 1e-9 * top) continue;
      let along = 0;
      for (let i = 0; i < f.dim; i++) along += vectors[i * f.dim + k] * gradient[i];
      for (let i = 0; i < f.dim; i++) next[i] -= (along / values[k]) * vectors[i * f.dim + k];
    }
    const g = new Float64Array(f.dim);
    const e = f.at(next, g);
    evaluations++;
    const m = largest(g);
    if (!(m < norm) || !(e <= energy + f.epsilon * Math.max(1, Math.abs(energy)))) break;
    const done = m > 0.5 * norm;
    z = next;
    energy = e;
    gradient = g;
    norm = m;
    if (done) break;
  }
  return { z, energy, norm, evaluations, falls: null };
}

/** dim × dim, symmetric; null where a gradient is no number. */
function hessian(f: Objective, z: Float64Array): Float64Array | null {
  const n = f.dim;
  const h = new Float64Array(n * n);
  const at = z.slice();
  const up = new Float64Array(n);
  const down = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const step = Math.cbrt(f.epsilon) * Math.max(1, Math.abs(z[i]));
    at[i] = z[i] + step;
    const above = f.at(at, up);
    at[i] = z[i] - step;
    const below = f.at(at, down);
    at[i] = z[i];
    if (!Number.isFinite(above) || !Number.isFinite(below)) return null;
    for (let j = 0; j < n; j++) h[i * n + j] = (up[j] - down[j]) / (2 * step);
  }
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * (h[i * n + j] + h[j * n + i]);
      h[i * n + j] = mean;
      h[j * n + i] = mean;
    }
  return h.every(Number.isFinite) ? h : null;
}

/**
 * Eigenvalues and eigenvectors (in columns) of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan,
 * *Matrix Computations* (2013), section 8.5).
 */
export function eigen(
  matrix: Float64Array,
  n: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const whole = Math.sqrt(dot(a, a));
  for (let sweep = 0; sweep < 40; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i * n + j] ** 2;
    if (Math.sqrt(2 * off) <= 1e-14 * whole) break;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        if (apq === 0) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(1, theta));
        const c = 1 / Math.hypot(1, t);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const x = a[k * n + p];
          const y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const x = a[p * n + k];
          const y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const u = v[k * n + p];
          const w = v[k * n + q];
          v[k * n + p] = c * u - s * w;
          v[k * n + q] = s * u + c * w;
        }
      }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors: v };
}
