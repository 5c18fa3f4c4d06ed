/**
 * A normalised distribution of unconstrained coordinates that the path to exp(−E) begins at: z = m + S·u with
 * independent u of Student's t with five degrees of freedom, which is wider in its tails than what coordinates on
 * unconstrained scales usually are; angles are uniform on their circle. m and S are fitted to draws.
 */
import type { Stream } from '../random/stream.ts';
import { cholesky } from './metric.ts';

/** Degrees of freedom: a tail too thin would give weights of infinite variance. */
const NU = 5;
/** ln of the normalising constant of Student's t: Γ(3)/(√(5π)·Γ(5/2)), Γ(5/2) = ¾·√π. */
const LOG_T = Math.log(2) - 0.5 * Math.log(NU * Math.PI) - Math.log(0.75 * Math.sqrt(Math.PI));
/** Coordinates up to which correlations are fitted. */
const MAX_DENSE = 64;
const MIN_SCALE = 1e-12;

export interface Reference {
  readonly dim: number;
  /** z = m + S·u for one chain. */
  toZ(u: Float64Array, z: Float64Array): void;
  /** u of z. */
  toU(z: Float64Array, u: Float64Array): void;
  /** Sᵀ·g: the gradient in u of what has gradient g in z. */
  pullBack(g: Float64Array, out: Float64Array): void;
  /** ln |det S| */
  readonly logDet: number;
  /** A draw of u. */
  draw(stream: Stream, u: Float64Array): void;
  /** −ln of the density of u; its gradient is written. */
  energy(u: Float64Array, gradient: Float64Array): number;
}

/**
 * @param draws of z, count × dim
 * @param circular coordinates that are angles
 */
export function fitReference(
  draws: Float64Array,
  count: number,
  dim: number,
  circular: readonly boolean[],
): Reference {
  const mean = new Float64Array(dim);
  for (let i = 0; i < count; i++) for (let j = 0; j < dim; j++) mean[j] += draws[i * dim + j] / count;
  for (let j = 0; j < dim; j++) if (circular[j]) mean[j] = 0;
  const covariance = new Float64Array(dim * dim);
  const dense = dim <= MAX_DENSE;
  const keep = dense ? 1 - Math.min(1, (4 * dim) / count) : 0;
  for (let j = 0; j < dim; j++)
    for (let k = 0; k <= j; k++) {
      if (j !== k && (!dense || circular[j] || circular[k])) continue;
      let s = 0;
      if (j === k && circular[j]) s = circularVariance(draws, count, dim, j);
      else
        for (let i = 0; i < count; i++)
          s += ((draws[i * dim + j] - mean[j]) * (draws[i * dim + k] - mean[k])) / Math.max(1, count - 1);
      covariance[j * dim + k] = j === k ? Math.max(s, MIN_SCALE * (1 + mean[j] ** 2) * 1e-4) : keep * s;
      covariance[k * dim + j] = covariance[j * dim + k];
    }
  const factor = (dense && cholesky(covariance, dim)) || null;
  const scale = Float64Array.from({ length: dim }, (_, j) =>
    Math.sqrt(factor ? factor[j * dim + j] ** 2 : covariance[j * dim + j]),
  );
  let logDet = 0;
  for (const s of scale) logDet += Math.log(s);
  return {
    dim,
    logDet,
    toZ(u, z) {
      for (let j = 0; j < dim; j++) {
        let x = mean[j];
        if (factor) for (let k = 0; k <= j; k++) x += factor[j * dim + k] * u[k];
        else x += scale[j] * u[j];
        z[j] = x;
      }
    },
    toU(z, u) {
      for (let j = 0; j < dim; j++) {
        let x = z[j] - mean[j];
        if (factor) for (let k = 0; k < j; k++) x -= factor[j * dim + k] * u[k];
        u[j] = x / scale[j];
      }
    },
    pullBack(g, out) {
      for (let k = 0; k < dim; k++) {
        let x = scale[k] * g[k];
        if (factor) for (let j = k + 1; j < dim; j++) x += factor[j * dim + k] * g[j];
        out[k] = x;
      }
    },
    draw(stream, u) {
      for (let j = 0; j < dim; j++) {
        if (circular[j]) {
          u[j] = ((2 * stream.uniform() - 1) * Math.PI) / scale[j];
          continue;
        }
        const x = stream.normal();
        let square = 0;
        for (let i = 0; i < NU; i++) square += stream.normal() ** 2;
        u[j] = x / Math.sqrt(square / NU);
      }
    },
    energy(u, gradient) {
      let sum = 0;
      for (let j = 0; j < dim; j++) {
        if (circular[j]) {
          sum += Math.log((2 * Math.PI) / scale[j]);
          gradient[j] = 0;
          continue;
        }
        const square = u[j] * u[j];
        sum += 0.5 * (NU + 1) * Math.log1p(square / NU) - LOG_T;
        gradient[j] = ((NU + 1) * u[j]) / (NU + square);
      }
      return sum;
    },
  };
}

/** −2·ln of the resultant length (Mardia & Jupp, *Directional Statistics* (2000), §2.3), no more than that of all angles. */
function circularVariance(draws: Float64Array, count: number, dim: number, j: number): number {
  let c = 0;
  let s = 0;
  for (let i = 0; i < count; i++) {
    c += Math.cos(draws[i * dim + j]) / count;
    s += Math.sin(draws[i * dim + j]) / count;
  }
  return Math.min(Math.PI ** 2 / 3, -2 * Math.log(Math.max(1e-300, Math.hypot(c, s))));
}
