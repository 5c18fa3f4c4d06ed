/**
 * erf and erfc in float64: W. J. Cody's rational approximations up to 4 ("Rational Chebyshev approximations for the
 * error function", Mathematics of Computation 23, 1969; coefficients as in his SPECFUN), the continued fraction of
 * Abramowitz and Stegun 7.1.14 beyond. Both to 10⁻¹⁵ in relative terms.
 */

const ROOT_PI = Math.sqrt(Math.PI);

/** Up to here erf is x · p(x²)/q(x²), from here to `FAR` erfc is e^(−x²) · p(x)/q(x). */
const NEAR = 0.46875;
const FAR = 4;
/** Beyond this erfc is less than any number. */
const END = 28;

/** Coefficients from the constant term on. */
const near = {
  p: [3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315],
  q: [2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1],
};
const middle = {
  p: [
    1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001,
    66.11919063714163, 8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
  ],
  q: [
    1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
    537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
  ],
};

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);

/** √π e^{x²} erfc(x) for x ≥ 2. */
export function erfcFraction(x: number): number {
  const depth = Math.ceil(12 + 320 / (x * x));
  let t = x;
  for (let k = depth; k >= 1; k--) t = x + k / (2 * t);
  return 1 / t;
}

/** e^(−x²): the square in two parts, of which the first is exact. */
function gaussian(x: number): number {
  const coarse = Math.trunc(16 * x) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
}

/** 2/√π ∫₀ˣ e^(−t²) dt, −1 … 1. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= NEAR) return x * (polynomial(near.p, x * x) / polynomial(near.q, x * x));
  return Math.sign(x) * (1 - erfc(size));
}

/** 1 − erf(x), 0 … 2. */
export function erfc(x: number): number {
  if (x < NEAR) return 1 - erf(x);
  if (x <= FAR) return gaussian(x) * (polynomial(middle.p, x) / polynomial(middle.q, x));
  return x > END ? 0 : (gaussian(x) * erfcFraction(x)) / ROOT_PI;
}
