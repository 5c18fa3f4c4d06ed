/**
 * Special functions in float64, for the reference engine and for constant folding.
 * Digamma and trigamma are Bernardo's recurrence with the asymptotic series (Algorithm
 * AS 103, Applied Statistics 25, 1976).
 */

/** d/dx ln Γ(x), x > 0 (reflection for x < 0). */
export function digamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  }
  let shift = 0;
  while (x < 12) {
    shift -= 1 / x;
    x += 1;
  }
  const r = 1 / (x * x);
  // ln x − 1/2x − Σ B₂ₙ/(2n x²ⁿ)
  const tail =
    r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760))))));
  return shift + Math.log(x) - 0.5 / x - tail;
}

/** d²/dx² ln Γ(x), x > 0. */
export function trigamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    const s = Math.sin(Math.PI * x);
    return (Math.PI * Math.PI) / (s * s) - trigamma(1 - x);
  }
  let shift = 0;
  while (x < 12) {
    shift += 1 / (x * x);
    x += 1;
  }
  const r = 1 / (x * x);
  const tail = r * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * (5 / 66 - r * (691 / 2730))))));
  return shift + 1 / x + r / 2 + tail / x;
}

/** ln(1 + eˣ) without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** 1 / (1 + e⁻ˣ) without overflow. */
export const sigmoid = (x: number): number => {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
};
