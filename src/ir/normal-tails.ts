/**
 * The tails of the normal distribution in float64: erfc, ln Φ and φ/Φ. For x ≥ 2 the
 * scaled function e^{x²} erfc(x) is the continued fraction of Abramowitz and Stegun
 * 7.1.14, so nothing underflows before its logarithm is taken.
 */
import { erf as mathErf } from 'mathjs/number';

const ROOT_PI = Math.sqrt(Math.PI);
const ROOT_HALF = Math.SQRT1_2;

/** √π e^{x²} erfc(x) for x ≥ 2. */
function fraction(x: number): number {
  const depth = Math.ceil(12 + 320 / (x * x));
  let t = x;
  for (let k = depth; k >= 1; k--) t = x + k / (2 * t);
  return 1 / t;
}

/** 1 − erf(x), in relative terms to 10⁻¹³. */
export function erfc(x: number): number {
  if (x < 2) return 1 - (mathErf(x) as number);
  return (Math.exp(-x * x) * fraction(x)) / ROOT_PI;
}

/** e^{x²} erfc(x), x ≥ 0. */
const scaledErfc = (x: number): number => (x < 2 ? Math.exp(x * x) * erfc(x) : fraction(x) / ROOT_PI);

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
