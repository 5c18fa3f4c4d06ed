/**
 * A path of distributions from a reference to the target: E_β = β·E + (1 − β)·E₀ in unconstrained coordinates, with a
 * normal reference E₀ on the reals and the uniform one on what is discrete, which adds nothing. What the target
 * forbids is forbidden all along.
 */
import type { ContinuousPart } from './continuous.ts';

/** A normal distribution of independent coordinates. */
export interface Reference {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

export interface Path {
  /** Where on it, 0 … 1. */
  beta: number;
  readonly reference: Reference;
}

/** Σ (z − m)²/2v of the coordinates from `at` on; adds `weight` times its gradient there. */
export function referenceEnergy(
  { mean, variance }: Reference,
  z: Float64Array,
  at: number,
  gradient?: Float64Array,
  to = at,
  weight = 1,
): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) {
    const d = z[at + i] - mean[i];
    sum += (0.5 * d * d) / variance[i];
    if (gradient) gradient[to + i] += (weight * d) / variance[i];
  }
  return sum;
}

/** The real part of a model on the path: as `real`, with E_β for its energy. Disposes of nothing but `real`. */
export function onPath(real: ContinuousPart, chains: number, path: Path): ContinuousPart {
  const { dim, evaluateOne } = real;
  const temper = (e: number, z: Float64Array, at: number, g: Float64Array, to: number): number => {
    const { beta, reference } = path;
    if (beta === 1) return e;
    // Beyond the support there is nothing, however hot.
    if (!(e < Number.POSITIVE_INFINITY)) return e;
    for (let i = to; i < to + dim; i++) g[i] *= beta;
    return beta * e + (1 - beta) * referenceEnergy(reference, z, at, g, to, 1 - beta);
  };
  return {
    ...real,
    evaluate(z) {
      const { energy, gradient } = real.evaluate(z);
      for (let c = 0; c < chains; c++) energy[c] = temper(energy[c], z, c * dim, gradient, c * dim);
      return { energy, gradient };
    },
    ...(evaluateOne
      ? { evaluateOne: (c, z, gradient) => temper(evaluateOne(c, z, gradient), z, 0, gradient, 0) }
      : {}),
  };
}
