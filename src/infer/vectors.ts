/** Arithmetic of vectors and of small symmetric matrices that samplers, paths and optimisers share. */
import { choleskyFactor } from '../engines/linear/cholesky.ts';

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

/** ln(eᵃ + eᵇ) */
export function logAdd(a: number, b: number): number {
  const top = Math.max(a, b);
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** The lower factor of a positive definite matrix, row-major; null if it is none. */
export function cholesky(a: Float64Array, n: number): Float64Array | null {
  const l = choleskyFactor(a, n);
  return Number.isNaN(l[0]) ? null : l;
}
