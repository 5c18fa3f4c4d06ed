/**
 * The error function and the tails of the normal distribution. e^{x²} erfc(x) for x ≥ 0 is a polynomial in
 * (x − c) / (x + c) over 1 + 2x (Shepherd and Laframboise, Chebyshev approximation of (1 + 2x) exp(x²) erfc x,
 * Mathematics of Computation 36, 1981), so nothing underflows before its logarithm is taken. Coefficients:
 * interpolation at Chebyshev points with 50 digits. The formulas on top are those of `src/ir/normal-tails.ts`.
 */
import { exp } from './exponential.ts';
import { copySign, type Form, polynomial, type Value } from './form.ts';
import { log, log1p } from './logarithm.ts';

const CENTRE = 3.75;
/** (1 + 2x) e^{x²} erfc(x) in (x − c) / (x + c), to 5.6e-17. */
const SCALED = [
  1.2375126308378275, -0.14024059858554702, 0.003585415485479575, 0.08227673849014977, -0.10880393014246645,
  0.09230432116025894, -0.05869339857631061, 0.028362277420377335, -0.00974657968596217, 0.001755625843431864,
  0.000293714390578856, -0.00029015404203352704, 5.164649341002877e-5, 2.2384138525656757e-5,
  -1.1437980374495534e-5, -9.733875167494142e-7, 1.7419011945194367e-6, -5.741076073013916e-8,
  -2.4851108650210706e-7, 2.3398534313040898e-8, 3.195398612057818e-8, -3.798189797736207e-9,
  -2.618520156503145e-9, 3.2052623379289157e-10,
];
/** erf(x) / x in x² for |x| ≤ ½, to 4.3e-18. */
const ERF = [
  1.1283791670955126, -0.37612638903183476, 0.11283791670925353, -0.026866170632887928, 0.00522397737302147,
  -0.0008548297753674966, 0.00012053335124353741, -1.4845849259707869e-5, 1.4725865480556744e-6,
];

/** e^{x²} erfc(x) for x ≥ 0. */
function scaledErfc(f: Form, x: Value): Value {
  const ratio = f.div(f.sub(x, f.k(CENTRE)), f.add(x, f.k(CENTRE)));
  const t = f.let(f.select(f.gt(x, f.k(1e18)), f.k(1), ratio));
  return f.let(f.div(f.mul(f.k(0.5), polynomial(f, t, SCALED)), f.add(x, f.k(0.5))));
}

/** erfc(|x|) */
function upper(f: Form, size: Value): Value {
  return f.let(f.mul(exp(f, f.neg(f.mul(size, size))), scaledErfc(f, size)));
}

/** Within 3 ulp of the true value. */
export function erf(f: Form, x: Value): Value {
  const size = f.let(f.abs(x));
  const near = f.let(f.pmin(size, f.k(0.5)));
  const small = f.mul(near, polynomial(f, f.let(f.mul(near, near)), ERF));
  const value = f.select(f.lt(size, f.k(0.5)), small, f.sub(f.k(1), upper(f, size)));
  return f.let(copySign(f, value, x));
}

/** 1 − erf(x), in relative terms to 1e-13. */
export function erfc(f: Form, x: Value): Value {
  const tail = upper(f, f.let(f.abs(x)));
  return f.let(f.select(f.lt(x, f.k(0)), f.sub(f.k(2), tail), tail));
}

/** ln Φ(x), Φ the standard normal distribution function, in relative terms to 1e-13. */
export function logPhi(f: Form, x: Value): Value {
  const u = f.let(f.mul(f.abs(x), f.k(Math.SQRT1_2)));
  const scaled = scaledErfc(f, u);
  const tail = f.let(f.mul(exp(f, f.neg(f.mul(u, u))), scaled));
  const above = log1p(f, f.let(f.mul(f.k(-0.5), tail)));
  const below = f.sub(log(f, f.let(f.mul(f.k(0.5), scaled))), f.mul(f.k(0.5), f.mul(x, x)));
  return f.let(f.select(f.gt(x, f.k(0)), above, below));
}

/** φ(x) / Φ(x), in relative terms to 2e-13. */
export function inverseMills(f: Form, x: Value): Value {
  const scaled = scaledErfc(f, f.let(f.mul(f.abs(x), f.k(Math.SQRT1_2))));
  const e = exp(f, f.mul(f.k(-0.5), f.mul(x, x)));
  const all = f.sub(f.k(1), f.mul(f.k(0.5), f.mul(e, scaled)));
  const above = f.div(e, f.mul(f.k(Math.sqrt(2 * Math.PI)), all));
  const below = f.div(f.k(Math.sqrt(2 / Math.PI)), scaled);
  return f.let(f.select(f.gt(x, f.k(0)), above, below));
}
