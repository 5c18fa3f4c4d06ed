/**
 * ln |Γ| and ln |B| in float64, accurate to a few units in the last place: the Taylor
 * series about 1 and 2 (Abramowitz and Stegun 6.1.33), the recurrence up to 10,
 * Stirling's series beyond (6.1.41). Near its zeros at 1 and 2 the relative error of
 * `lgamma` stays small, and `lbeta` does not lose what large arguments have in common.
 */

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
/** 1 − Euler's constant. */
const ONE_MINUS_EULER = 0.42278433509846713;

/** ζ(k) − 1 by Euler–Maclaurin summation from 24 on. */
function zetaMinusOne(k: number): number {
  const n = 24;
  let sum = 0;
  for (let j = n - 1; j >= 2; j--) sum += j ** -k;
  const tail = n ** (1 - k) / (k - 1) + 0.5 * n ** -k + (k / 12) * n ** (-k - 1);
  const rise = k * (k + 1) * (k + 2);
  return (
    sum +
    tail -
    (rise / 720) * n ** (-k - 3) +
    ((rise * (k + 3) * (k + 4)) / 30240) * n ** (-k - 5) -
    ((rise * (k + 3) * (k + 4) * (k + 5) * (k + 6)) / 1209600) * n ** (-k - 7)
  );
}

/** (−1)ᵏ (ζ(k) − 1) / k from k = 2. */
const aboutTwo: readonly number[] = Array.from(
  { length: 27 },
  (_, i) => ((i % 2 === 0 ? 1 : -1) * zetaMinusOne(i + 2)) / (i + 2),
);

/** ln Γ(2 + z) for |z| ≤ ½. */
function lgammaNearTwo(z: number): number {
  let series = 0;
  for (let i = aboutTwo.length - 1; i >= 0; i--) series = (series + aboutTwo[i]) * z;
  return z * (ONE_MINUS_EULER + series);
}

/** ln Γ(x) − (x − ½) ln x + x − ½ ln 2π for x ≥ 10. */
function stirlingTail(x: number): number {
  const r = 1 / (x * x);
  const head = 1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r / 156))));
  return (1 / 12 - r * head) / x;
}

/** ln |Γ(x)|; +∞ at 0, −1, −2, … */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    // Γ(x) Γ(1 − x) = π / sin πx
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x % 2)))) - lgamma(1 - x);
  }
  if (x < 0.5) return lgammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x >= 10)
    return x === Number.POSITIVE_INFINITY
      ? x
      : (x - 0.5) * (Math.log(x) - 1) - 0.5 + HALF_LOG_2PI + stirlingTail(x);
  let product = 1;
  while (x > 2.5) {
    x -= 1;
    product *= x;
  }
  return lgammaNearTwo(x - 2) + Math.log(product);
}

/** ln |B(a, b)| = ln |Γ(a) Γ(b) / Γ(a + b)|. */
export function lbeta(a: number, b: number): number {
  if (a > b) return lbeta(b, a);
  if (!(a > 0) || b < 10) return lgamma(a) + lgamma(b) - lgamma(a + b);
  const sum = a + b;
  const tails = stirlingTail(b) - stirlingTail(sum);
  const share = Math.log1p(-a / sum);
  if (a < 10) return lgamma(a) + tails + a - a * Math.log(sum) + (b - 0.5) * share;
  return (
    HALF_LOG_2PI - 0.5 * Math.log(b) + stirlingTail(a) + tails + (a - 0.5) * Math.log(a / sum) + b * share
  );
}
