/**
 * eˣ and what is made of it. The argument is split as x = n ln 2 + r, |r| ≤ ½ ln 2, n ln 2 in two pieces (Cody
 * and Waite, Software Manual for the Elementary Functions, 1980, ch. 6), eʳ is a polynomial, and 2ⁿ is put
 * together from bits. Coefficients: interpolation at Chebyshev points with 60 digits (Muller, Elementary
 * Functions, ch. 3).
 */
import { copySign, type Form, polynomial, type Value } from './form.ts';

/** The upper 32 bits of ln 2, so that its products with n are exact, and the rest. */
export const LN2_HIGH = 0.6931471803691238;
export const LN2_LOW = 1.9082149292705877e-10;
/** Adding it rounds to a whole number, which then stands in the low bits. */
const ROUND = 1.5 * 2 ** 52;
/** (eʳ − 1 − r − r²/2) / r³ for |r| ≤ ½ ln 2, to 6.1e-16. */
const CUBIC = [
  0.16666666666666666, 0.041666666666651246, 0.008333333333332147, 0.0013888888905973543,
  0.00019841269854409363, 2.480153620505534e-5, 2.755727992579576e-6, 2.761390867578486e-7,
  2.509563297507093e-8,
];

interface Split {
  readonly n: Value;
  /** eʳ − 1 */
  readonly rest: Value;
}

/** x = n ln 2 + r for −746 ≤ x ≤ 710; `low` is a small part of the argument left out of x. */
function split(f: Form, x: Value, low?: Value): Split {
  const n = f.let(f.sub(f.add(f.mul(x, f.k(Math.LOG2E)), f.k(ROUND)), f.k(ROUND)));
  const head = f.sub(x, f.mul(n, f.k(LN2_HIGH)));
  const tail = f.mul(n, f.k(LN2_LOW));
  const r = f.let(f.sub(head, low ? f.sub(tail, low) : tail));
  const inner = polynomial(f, r, CUBIC);
  const square = f.let(f.mul(r, r));
  return { n, rest: f.let(f.add(r, f.mul(square, f.add(f.k(0.5), f.mul(r, inner))))) };
}

/** 2ⁿ for whole −1022 ≤ n ≤ 1023. */
const power = (f: Form, n: Value): Value => f.number(f.shiftLeft(f.bitsOf(f.add(n, f.k(ROUND + 1023))), 52));

/** e^(x + low) · 2^shift. The scale is applied in two halves, so that results below 2⁻¹⁰²² are rounded once. */
export function scaledExp(f: Form, x: Value, shift = 0, low?: Value): Value {
  const within = f.let(f.pmax(f.pmin(x, f.k(shift < 0 ? 711 : 710)), f.k(-746)));
  const { n, rest } = split(f, within, low);
  const total = shift === 0 ? n : f.let(f.add(n, f.k(shift)));
  const half = f.let(f.add(f.mul(total, f.k(0.5)), f.k(ROUND + 1023)));
  const other = f.sub(total, f.sub(half, f.k(ROUND + 1023)));
  const first = f.number(f.shiftLeft(f.bitsOf(half), 52));
  return f.let(f.mul(f.mul(f.add(f.k(1), rest), first), power(f, other)));
}

/** eˣ within 1 ulp of the true value; 0 below −745.13, ∞ above 709.78. */
export const exp = (f: Form, x: Value): Value => scaledExp(f, x);

/**
 * eˣ − 1 within 2 ulp: 2ⁿ (eʳ − 1) + (2ⁿ − 1), everything halved until the end, for 2¹⁰²⁴ is no number.
 */
export function expm1(f: Form, x: Value): Value {
  const within = f.let(f.pmax(f.pmin(x, f.k(710)), f.k(-40)));
  const { n, rest } = split(f, within);
  const half = f.let(power(f, f.sub(n, f.k(1))));
  const sum = f.add(f.mul(rest, half), f.sub(half, f.k(0.5)));
  // −0 and the smallest numbers come back as they are.
  return f.let(f.select(f.lt(f.abs(x), f.k(2 ** -54)), x, f.add(sum, sum)));
}

/** 1 / (1 + e⁻ˣ) within 3 ulp, by e^−|x|. */
export function sigmoid(f: Form, x: Value): Value {
  const e = exp(f, f.neg(f.abs(x)));
  return f.let(f.div(f.select(f.lt(x, f.k(0)), e, f.k(1)), f.add(f.k(1), e)));
}

/** x / (1 + e⁻ˣ) within 3 ulp. */
export const silu = (f: Form, x: Value): Value => f.let(f.mul(x, sigmoid(f, x)));

/** Within 3 ulp, as −u / (u + 2) with u = e^(−2|x|) − 1. */
export function tanh(f: Form, x: Value): Value {
  const u = expm1(f, f.mul(f.abs(x), f.k(-2)));
  return f.let(copySign(f, f.div(u, f.add(u, f.k(2))), x));
}

/** Within 3 ulp: from eˣ − 1 for |x| < 1, else h − 1/4h with h = e^|x| / 2. */
export function sinh(f: Form, x: Value): Value {
  const size = f.let(f.abs(x));
  const t = expm1(f, f.pmin(size, f.k(1)));
  const small = f.mul(f.k(0.5), f.add(t, f.div(t, f.add(t, f.k(1)))));
  const h = scaledExp(f, size, -1);
  const large = f.sub(h, f.div(f.k(0.25), h));
  return f.let(copySign(f, f.select(f.lt(size, f.k(1)), small, large), x));
}

/** Within 2 ulp: h + 1/4h with h = e^|x| / 2. */
export function cosh(f: Form, x: Value): Value {
  const h = scaledExp(f, f.abs(x), -1);
  return f.let(f.add(h, f.div(f.k(0.25), h)));
}
