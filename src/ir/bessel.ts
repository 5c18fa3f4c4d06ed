/**
 * Modified Bessel functions of the first kind as the von Mises distribution needs
 * them, in float64: the ascending series (Abramowitz and Stegun 9.6.10), the
 * asymptotic one (9.7.1) and the recurrence of neighbouring orders (9.6.26).
 */

/** Σ over k of the asymptotic series of √(2πx) e⁻ˣ I_ν(x), up to its smallest term. */
function asymptotic(nu: number, x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 60; k++) {
    const odd = 2 * k - 1;
    const next = (term * -(4 * nu * nu - odd * odd)) / (8 * x * k);
    if (Math.abs(next) >= Math.abs(term) || sum + next === sum) break;
    term = next;
    sum += term;
  }
  return sum;
}

/** ln I₀(x), even in x. */
export function logI0(x: number): number {
  const a = Math.abs(x);
  if (a > 30) return a - 0.5 * Math.log(2 * Math.PI * a) + Math.log(asymptotic(0, a));
  const q = (a * a) / 4;
  let rest = 0;
  let term = 1;
  for (let k = 1; k < 100; k++) {
    term *= q / (k * k);
    rest += term;
    if (term < rest * 1e-17) break;
  }
  return Math.log1p(rest);
}

/**
 * I_{ν+1}(x) / I_ν(x), ν ≥ 0, odd in x. By the recurrence I_{ν}/I_{ν+1} = 2(ν+1)/x + I_{ν+2}/I_{ν+1}
 * from an order where D. E. Amos's bound (Math. Comp. 28, 1974, eq. 11) starts it closely enough.
 */
export function besselRatio(nu: number, x: number): number {
  const a = Math.abs(x);
  if (a === 0) return 0;
  if (a > 30 + 2 * nu * nu) return (Math.sign(x) * asymptotic(nu + 1, a)) / asymptotic(nu, a);
  const steps = Math.ceil(12 + Math.sqrt(40 * a));
  const top = nu + steps;
  let r = a / (top + 0.5 + Math.sqrt((top + 1.5) ** 2 + a * a));
  for (let k = top - 1; k >= nu; k--) r = a / (2 * (k + 1) + a * r);
  return Math.sign(x) * r;
}
