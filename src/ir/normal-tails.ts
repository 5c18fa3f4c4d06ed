/**
 * The tails of the normal distribution in float64: ln Φ and φ/Φ. For x ≥ 2 the scaled function e^{x²} erfc(x)
 * is a continued fraction, so nothing underflows before its logarithm is taken.
 */
import { erfc, erfcFraction } from './error-function.ts';

const ROOT_PI = Math.sqrt(Math.PI);
const ROOT_HALF = Math.SQRT1_2;

/** e^{x²} erfc(x), x ≥ 0. */
const scaledErfc = (x: number): number => (x < 2 ? Math.exp(x * x) * erfc(x) : erfcFraction(x) / ROOT_PI);

/** ln Φ(x), Φ the standard normal distribution function. */
export function logPhi(x: number): number {
  if (x > 0) return Math.log1p(-0.5 * erfc(x * ROOT_HALF));
  if (x > -1) return Math.log(0.5 * erfc(-x * ROOT_HALF));
  return Math.log(0.5 * scaledErfc(-x * ROOT_HALF)) - 0.5 * x * x;
}

/** φ(x) / Φ(x), the derivative of ln Φ. */
export function inverseMills(x: number): number {
  if (x <= 0) return Math.sqrt(2 / Math.PI) / scaledErfc(-x * ROOT_HALF);
  return Math.exp(-0.5 * x * x) / (Math.sqrt(2 * Math.PI) * (1 - 0.5 * erfc(x * ROOT_HALF)));
}
