/**
 * A normalised distribution of unconstrained coordinates that the path to exp(−E) begins at: z = m + S·u with
 * independent u of Student's t with five degrees of freedom, which is wider in its tails than what coordinates on
 * unconstrained scales usually are; angles are of von Mises' distribution. m and S are fitted to draws.
 */
import { logI0 } from '../ir/bessel.ts';
import type { Stream } from '../random/stream.ts';
import { cholesky } from './vectors.ts';

/** Degrees of freedom: a tail too thin would give weights of infinite variance. */
const NU = 5;
/** ln of the normalising constant of Student's t: Γ(3)/(√(5π)·Γ(5/2)), Γ(5/2) = ¾·√π. */
const LOG_T = Math.log(2) - 0.5 * Math.log(NU * Math.PI) - Math.log(0.75 * Math.sqrt(Math.PI));
/** Coordinates up to which correlations are fitted. */
const MAX_DENSE = 64;

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

export interface Moments {
  readonly mean: Float64Array;
  /** dim × dim; diagonal where there are many coordinates. */
  readonly covariance: Float64Array;
}

/**
 * @param draws of z, count × dim
 * @param circular coordinates that are angles: their mean is a direction, their variance −2·ln of the resultant length
 */
export function momentsOf(
  draws: Float64Array,
  count: number,
  dim: number,
  circular: readonly boolean[],
): Moments {
  const mean = new Float64Array(dim);
  const covariance = new Float64Array(dim * dim);
  for (let i = 0; i < count; i++) for (let j = 0; j < dim; j++) mean[j] += draws[i * dim + j] / count;
  const keep = dim <= MAX_DENSE ? 1 - Math.min(1, (4 * dim) / count) : 0;
  for (let j = 0; j < dim; j++) {
    if (circular[j]) {
      const { direction, variance } = circularMoments(draws, count, dim, j);
      mean[j] = direction;
      covariance[j * dim + j] = variance;
      continue;
    }
    for (let k = 0; k <= j; k++) {
      if (circular[k] || (j !== k && keep === 0)) continue;
      let s = 0;
      for (let i = 0; i < count; i++) s += (draws[i * dim + j] - mean[j]) * (draws[i * dim + k] - mean[k]);
      s /= Math.max(1, count - 1);
      covariance[j * dim + k] = j === k ? s : keep * s;
      covariance[k * dim + j] = covariance[j * dim + k];
    }
  }
  for (let j = 0; j < dim; j++) if (!circular[j]) tame(draws, count, dim, j, mean, covariance);
  return { mean, covariance };
}

/** Spread of the middle half, in its own standard deviations of a normal density, that a scale is no larger than. */
const WIDE_TAILS = 3;

/** Where few draws lie very far out, as with Cauchy's tails, the middle half says more than moments. */
function tame(
  draws: Float64Array,
  count: number,
  dim: number,
  j: number,
  mean: Float64Array,
  covariance: Float64Array,
): void {
  const own = Float64Array.from({ length: count }, (_, i) => draws[i * dim + j]).sort();
  const at = (q: number): number => own[Math.min(count - 1, Math.floor(q * count))];
  const most = (WIDE_TAILS * (at(0.75) - at(0.25))) / 1.349;
  const shrink = most / Math.sqrt(covariance[j * dim + j]);
  if (!(most > 0 && shrink < 1)) return;
  mean[j] = at(0.5);
  for (let k = 0; k < dim; k++) {
    covariance[j * dim + k] *= shrink;
    covariance[k * dim + j] *= shrink;
  }
}

/** Of draws of both, in equal parts. */
export function joined(a: Moments, b: Moments, circular: readonly boolean[]): Moments {
  const dim = a.mean.length;
  const apart = a.mean.map((m, j) => {
    const x = b.mean[j] - m;
    return circular[j] ? x - 2 * Math.PI * Math.round(x / (2 * Math.PI)) : x;
  });
  const mean = a.mean.map((m, j) => m + 0.5 * apart[j]);
  const covariance = a.covariance.map((c, at) => {
    const [j, k] = [Math.floor(at / dim), at % dim];
    const between = (circular[j] || circular[k]) && j !== k ? 0 : 0.25 * apart[j] * apart[k];
    return 0.5 * (c + b.covariance[at]) + (dim <= MAX_DENSE || j === k ? between : 0);
  });
  return { mean, covariance };
}

/** z = m + S·u with S·Sᵀ the covariance. */
export function makeReference({ mean, covariance: given }: Moments, circular: readonly boolean[]): Reference {
  const dim = mean.length;
  const dense = dim <= MAX_DENSE;
  const covariance = given.slice();
  for (let j = 0; j < dim; j++) {
    const at = j * dim + j;
    covariance[at] = Math.max(covariance[at], 1e-16 * (1 + mean[j] ** 2));
    if (circular[j]) covariance[at] = Math.min(covariance[at], Math.PI ** 2 / 3);
  }
  const factor = (dense && cholesky(covariance, dim)) || null;
  const scale = Float64Array.from({ length: dim }, (_, j) =>
    Math.sqrt(factor ? factor[j * dim + j] ** 2 : covariance[j * dim + j]),
  );
  // Half as concentrated as the draws.
  const kappa = scale.map((s, j) => (circular[j] ? 0.5 / (s * s) : 0));
  const logI0s = kappa.map(logI0);
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
          u[j] = vonMises(kappa[j], stream) / scale[j];
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
          const angle = scale[j] * u[j];
          sum += Math.log(2 * Math.PI) + logI0s[j] - Math.log(scale[j]) - kappa[j] * Math.cos(angle);
          gradient[j] = kappa[j] * scale[j] * Math.sin(angle);
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

/** By rejection from a wrapped Cauchy distribution: Best & Fisher, Applied Statistics 28 (1979) 152. */
function vonMises(kappa: number, stream: Stream): number {
  if (kappa < 1e-8) return Math.PI * (2 * stream.uniform() - 1);
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * stream.uniform());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    if (Math.log(c / (1 - stream.uniform())) + 1 - c < 0) continue;
    return stream.uniform() < 0.5 ? Math.acos(f) : -Math.acos(f);
  }
}

/** Mardia & Jupp, *Directional Statistics* (2000), §2.3; the variance no more than that of all angles. */
function circularMoments(
  draws: Float64Array,
  count: number,
  dim: number,
  j: number,
): { readonly direction: number; readonly variance: number } {
  let c = 0;
  let s = 0;
  for (let i = 0; i < count; i++) {
    c += Math.cos(draws[i * dim + j]) / count;
    s += Math.sin(draws[i * dim + j]) / count;
  }
  return {
    direction: Math.atan2(s, c),
    variance: Math.min(Math.PI ** 2 / 3, -2 * Math.log(Math.min(1, Math.max(1e-300, Math.hypot(c, s))))),
  };
}
