/**
 * The inverse metric of a Hamiltonian sampler: an estimate of the covariance of the target, of all coordinates
 * together where these are few, else of each by itself. Momenta are normal with its inverse as covariance.
 */
import type { Stream } from '../random/stream.ts';
import { cholesky } from './vectors.ts';

export class Metric {
  readonly dim: number;
  /** Σ, dim × dim row-major; null where coordinates are taken by themselves. */
  private readonly covariance: Float64Array | null;
  /** The lower factor of Σ = L·Lᵀ. */
  private readonly factor: Float64Array | null;
  private readonly variance: Float64Array;
  private n = 0;
  private readonly mean: Float64Array;
  private readonly m2: Float64Array;

  constructor(dim: number, dense: boolean) {
    this.dim = dim;
    this.variance = new Float64Array(dim).fill(1);
    this.covariance = dense ? identity(dim) : null;
    this.factor = dense ? identity(dim) : null;
    this.mean = new Float64Array(dim);
    this.m2 = new Float64Array(dense ? dim * dim : dim);
  }

  setVariances(variances: Float64Array): void {
    this.variance.set(variances);
    const { covariance, factor, dim } = this;
    if (!covariance || !factor) return;
    covariance.fill(0);
    factor.fill(0);
    for (let i = 0; i < dim; i++) {
      covariance[i * dim + i] = variances[i];
      factor[i * dim + i] = Math.sqrt(variances[i]);
    }
  }

  /** Takes a covariance, or its diagonal where that is what is kept or where it is not positive definite. */
  setCovariance(covariance: Float64Array): boolean {
    const { dim } = this;
    const variances = new Float64Array(dim);
    for (let i = 0; i < dim; i++) variances[i] = covariance[i * dim + i];
    const factor = this.covariance && cholesky(covariance, dim);
    if (!this.covariance || !this.factor || !factor) {
      this.setVariances(variances);
      return factor !== null;
    }
    this.variance.set(variances);
    this.covariance.set(covariance);
    this.factor.set(factor);
    return true;
  }

  /** A momentum, L⁻ᵀ times standard normals. */
  momentum(stream: Stream, p: Float64Array): void {
    const { dim, factor, variance } = this;
    for (let i = 0; i < dim; i++) p[i] = stream.normal();
    if (!factor) {
      for (let i = 0; i < dim; i++) p[i] /= Math.sqrt(variance[i]);
      return;
    }
    for (let i = dim - 1; i >= 0; i--) {
      let x = p[i];
      for (let j = i + 1; j < dim; j++) x -= factor[j * dim + i] * p[j];
      p[i] = x / factor[i * dim + i];
    }
  }

  /** v = Σ·p */
  velocity(p: Float64Array, v: Float64Array): void {
    const { dim, covariance, variance } = this;
    if (!covariance) {
      for (let i = 0; i < dim; i++) v[i] = variance[i] * p[i];
      return;
    }
    for (let i = 0, at = 0; i < dim; i++) {
      let x = 0;
      for (let j = 0; j < dim; j++) x += covariance[at++] * p[j];
      v[i] = x;
    }
  }

  /** A draw of the window. */
  add(z: Float64Array): void {
    const { dim, mean, m2 } = this;
    this.n++;
    const { n } = this;
    if (!this.covariance) {
      for (let i = 0; i < dim; i++) {
        const delta = z[i] - mean[i];
        mean[i] += delta / n;
        m2[i] += delta * (z[i] - mean[i]);
      }
      return;
    }
    const delta = new Float64Array(dim);
    for (let i = 0; i < dim; i++) {
      delta[i] = z[i] - mean[i];
      mean[i] += delta[i] / n;
    }
    for (let i = 0; i < dim; i++) for (let j = 0; j <= i; j++) m2[i * dim + j] += delta[i] * (z[j] - mean[j]);
  }

  /**
   * Takes what the window's draws say, and forgets them. Correlations are shrunk by (dim/n)², so that a window
   * shorter than the number of coordinates teaches variances only; variances are shrunk towards those before it
   * as Stan's are towards its unit, with the weight of five draws.
   * @returns false if there were too few draws
   */
  endWindow(): boolean {
    const { n, dim, m2, variance } = this;
    if (n < 3) {
      this.forget();
      return false;
    }
    const own = (i: number): number => {
      const s = m2[this.covariance ? i * dim + i : i] / (n - 1);
      return s > 0 ? (n * s + 5 * Math.min(s, variance[i])) / (n + 5) : variance[i];
    };
    const next = Float64Array.from({ length: dim }, (_, i) => own(i));
    if (this.covariance) {
      const keep = 1 - Math.min(1, (dim / n) ** 2 + 1e-6);
      const sigma = new Float64Array(dim * dim);
      for (let i = 0; i < dim; i++) {
        sigma[i * dim + i] = next[i];
        for (let j = 0; j < i; j++) {
          const scale = Math.sqrt(m2[i * dim + i] * m2[j * dim + j]);
          const r = scale > 0 ? m2[i * dim + j] / scale : 0;
          const c = keep * r * Math.sqrt(next[i] * next[j]);
          sigma[i * dim + j] = c;
          sigma[j * dim + i] = c;
        }
      }
      this.setCovariance(sigma);
    } else this.setVariances(next);
    this.forget();
    return true;
  }

  private forget(): void {
    this.n = 0;
    this.mean.fill(0);
    this.m2.fill(0);
  }
}

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}
