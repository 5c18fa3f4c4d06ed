/**
 * ln x and what is made of it. x = 2ᵏ m with √½ ≤ m < √2 is read off the bits; with f = m − 1 and
 * s = f / (2 + f), ln(1 + f) = 2 artanh s = f − f²/2 + s (f²/2 + R(s²)) (Muller, Elementary Functions, §11.4, and
 * K. C. Ng's arrangement in FDLIBM, which keeps f exact). Coefficients: interpolation at Chebyshev points with
 * 60 digits.
 */
import { exp, LN2_HIGH, LN2_LOW } from './exponential.ts';
import { type Form, polynomial, type Value } from './form.ts';

/** The bits of √½, of 1, and of the fraction. */
const ROOT_HALF = 0x3fe6a09e667f3bcdn;
const ONE = 0x3ff0000000000000n;
const FRACTION = (1n << 52n) - 1n;
const SMALLEST = 2 ** -1022;
/** (2 artanh s − 2 s) / s³ in s² for √½ ≤ m < √2, to 3.1e-16. */
const ARTANH = [
  0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496, 0.1818289243253687,
  0.15331611722055008, 0.14617807153417325,
];

interface Parts {
  /** The exponent plus 1023, as a number. */
  readonly biased: Value;
  /** m − 1 */
  readonly f: Value;
}

/** The exponent and the fraction of a number ≥ 2⁻¹⁰²². */
export function parts(f: Form, x: Value): Parts {
  const t = f.letBits(f.addBits(f.bitsOf(x), f.integer(ONE - ROOT_HALF)));
  const whole = f.orBits(f.shiftRight(t, 52), f.integer(0x433n << 52n));
  const m = f.number(f.addBits(f.andBits(t, f.integer(FRACTION)), f.integer(ROOT_HALF)));
  return { biased: f.sub(f.number(whole), f.k(2 ** 52)), f: f.let(f.sub(m, f.k(1))) };
}

/** k ln 2 + ln(1 + y) + low for √½ ≤ 1 + y < √2. */
function sum(f: Form, k: Value, y: Value, low?: Value): Value {
  const s = f.let(f.div(y, f.add(y, f.k(2))));
  const z = f.let(f.mul(s, s));
  const series = polynomial(f, z, ARTANH);
  const square = f.let(f.mul(f.k(0.5), f.mul(y, y)));
  const tail = f.mul(k, f.k(LN2_LOW));
  const small = f.add(f.mul(s, f.add(square, f.mul(z, series))), low ? f.add(tail, low) : tail);
  return f.sub(f.mul(k, f.k(LN2_HIGH)), f.sub(f.sub(square, small), y));
}

/** ln x within 1 ulp; NaN below 0, −∞ at ±0. */
export function log(f: Form, x: Value): Value {
  const tiny = f.letMask(f.lt(x, f.k(SMALLEST)));
  const scaled = f.let(f.select(tiny, f.mul(x, f.k(2 ** 54)), x));
  const { biased, f: y } = parts(f, scaled);
  const k = f.let(f.sub(biased, f.select(tiny, f.k(1023 + 54), f.k(1023))));
  const value = sum(f, k, y);
  const inside = f.and(f.gt(x, f.k(0)), f.lt(x, f.k(Number.POSITIVE_INFINITY)));
  const zero = f.select(f.eq(x, f.k(0)), f.k(Number.NEGATIVE_INFINITY), x);
  const outside = f.select(f.lt(x, f.k(0)), f.k(Number.NaN), zero);
  return f.let(f.select(inside, value, outside));
}

/**
 * ln(1 + x) within 2 ulp: u = 1 + x rounded, and what was lost of it, divided by u, is added (as in FDLIBM).
 * NaN below −1, −∞ at −1.
 */
export function log1p(f: Form, x: Value): Value {
  const u = f.let(f.add(x, f.k(1)));
  const { biased, f: reduced } = parts(f, u);
  const direct = f.letMask(f.and(f.gt(x, f.k(Math.SQRT1_2 - 1)), f.lt(x, f.k(Math.SQRT2 - 1))));
  const k = f.let(f.select(direct, f.k(0), f.sub(biased, f.k(1023))));
  const y = f.let(f.select(direct, x, reduced));
  const lost = f.select(f.gt(x, f.k(1)), f.sub(f.k(1), f.sub(u, x)), f.sub(x, f.sub(u, f.k(1))));
  const low = f.let(f.select(direct, f.k(0), f.div(lost, u)));
  const value = sum(f, k, y, low);
  const inside = f.and(f.gt(x, f.k(-1)), f.lt(x, f.k(Number.POSITIVE_INFINITY)));
  const end = f.select(f.eq(x, f.k(-1)), f.k(Number.NEGATIVE_INFINITY), x);
  const outside = f.select(f.lt(x, f.k(-1)), f.k(Number.NaN), end);
  const any = f.let(f.select(inside, value, outside));
  return f.let(f.select(f.lt(f.abs(x), f.k(2 ** -54)), x, any));
}

/**
 * ln(1 + e) for 0 ≤ e ≤ 1, within 2 ulp: 1 + e is reduced to m = 1 or 2 times 1 + y without rounding, as
 * y = e or (e − 1) / 2.
 */
function log1pUnit(f: Form, e: Value): Value {
  const upper = f.letMask(f.gt(e, f.k(Math.SQRT2 - 1)));
  const y = f.let(f.select(upper, f.mul(f.sub(e, f.k(1)), f.k(0.5)), e));
  return f.let(sum(f, f.let(f.select(upper, f.k(1), f.k(0))), y));
}

/** ln(1 + eˣ) within 3 ulp, as max(x, 0) + ln(1 + e^−|x|). */
export function softplus(f: Form, x: Value): Value {
  const e = exp(f, f.neg(f.abs(x)));
  return f.let(f.add(f.pmax(f.k(0), x), log1pUnit(f, e)));
}

/** ln(eˣ + eʸ), as max + ln(1 + e^−|x − y|); within 3 ulp of |max| + 1. */
export function logaddexp(f: Form, x: Value, y: Value): Value {
  const e = exp(f, f.neg(f.abs(f.sub(x, y))));
  const top = f.let(f.pmax(x, y));
  const rest = f.let(f.add(top, log1pUnit(f, e)));
  return f.let(f.select(f.eq(top, f.k(Number.NEGATIVE_INFINITY)), f.add(x, y), rest));
}
