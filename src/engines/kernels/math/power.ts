/**
 * x^y as e^(y ln |x|), the logarithm and its product with y as sums of two numbers (about 64 bits), so that the
 * exponential of a large argument keeps its last places.
 */
import { scaledExp } from './exponential.ts';
import type { Form, Value } from './form.ts';
import { polynomial } from './form.ts';
import { parts } from './logarithm.ts';
import { fastSum, type Pair, product } from './pairs.ts';

/** The upper 40 bits of ln 2 and the rest; ⅔ and the rest. */
const LN2_HIGH = 0.6931471805592082;
const LN2_LOW = 7.371002565167799e-13;
const THIRDS_HIGH = 0.6666666666666666;
const THIRDS_LOW = 3.700743415417188e-17;
/** (2 artanh s − 2 s − ⅔ s³) / s⁵ in s² for √½ ≤ m < √2, to 2.8e-16. */
const ARTANH = [
  0.4000000000000003, 0.2857142857133801, 0.22222222271326808, 0.18181808210921882, 0.15385577463308145,
  0.13285868837545742, 0.1291471218393509,
];

/** ln x for a finite x > 0 to about 2⁻⁶³ in relative terms. */
function logPair(f: Form, x: Value): Pair {
  const tiny = f.letMask(f.lt(x, f.k(2 ** -1022)));
  const scaled = f.let(f.select(tiny, f.mul(x, f.k(2 ** 54)), x));
  const { biased, f: y } = parts(f, scaled);
  const k = f.let(f.sub(biased, f.select(tiny, f.k(1023 + 54), f.k(1023))));
  // s = y / (2 + y) = s.high + s.low; the sum below is exact as a pair.
  const below = fastSum(f, f.k(2), y);
  const high = f.let(f.div(y, below.high));
  const back = product(f, high, below.high);
  const rest = f.sub(f.sub(f.sub(y, back.high), back.low), f.mul(high, below.low));
  const low = f.let(f.div(rest, below.high));
  const square = product(f, high, high);
  const squareLow = f.let(f.add(square.low, f.mul(f.mul(f.k(2), high), low)));
  const cube = product(f, high, square.high);
  const cubeLow = f.add(cube.low, f.add(f.mul(high, squareLow), f.mul(low, square.high)));
  const third = product(f, cube.high, f.k(THIRDS_HIGH));
  const thirdLow = f.let(
    f.add(third.low, f.add(f.mul(cube.high, f.k(THIRDS_LOW)), f.mul(cubeLow, f.k(THIRDS_HIGH)))),
  );
  const series = polynomial(f, square.high, ARTANH);
  const tail = f.let(f.mul(f.mul(cube.high, square.high), series));
  const first = fastSum(f, f.let(f.mul(k, f.k(LN2_HIGH))), f.let(f.add(high, high)));
  const second = fastSum(f, first.high, third.high);
  const small = f.add(f.add(f.mul(k, f.k(LN2_LOW)), f.add(low, low)), f.add(thirdLow, tail));
  return fastSum(f, second.high, f.let(f.add(f.add(first.low, second.low), small)));
}

/**
 * x^y within 2 ulp, with the special values of `Math.pow`: x⁰ = 1 for all x, (±1)^±∞ is not a number, nor is
 * a power of a negative number with an exponent that is not whole.
 */
export function pow(f: Form, x: Value, y: Value): Value {
  const size = f.let(f.abs(x));
  const [ZERO, INFINITY, NOT] = [f.k(0), f.k(Number.POSITIVE_INFINITY), f.k(Number.NaN)];
  const ends = f.letMask(f.or(f.eq(size, ZERO), f.eq(size, INFINITY)));
  // Beyond 2⁷⁰ a power of anything but 1 is 0 or ∞.
  const exponent = f.let(f.pmax(f.pmin(y, f.k(2 ** 70)), f.k(-(2 ** 70))));
  const log = logPair(f, f.let(f.select(ends, f.k(1), size)));
  const main = product(f, exponent, log.high);
  const low = f.add(main.low, f.mul(exponent, log.low));
  const inRange = f.lt(f.abs(main.high), f.k(1024));
  const usual = scaledExp(f, main.high, 0, f.let(f.select(inRange, low, ZERO)));

  const grows = f.letMask(f.gt(f.select(f.eq(size, ZERO), f.neg(y), y), ZERO));
  const magnitude = f.let(f.select(ends, f.select(grows, INFINITY, ZERO), usual));
  const half = f.let(f.mul(y, f.k(0.5)));
  const odd = f.and(f.ne(f.nearest(half), half), f.eq(f.nearest(y), y));
  const minus = f.integer(1n << 63n);
  const sign = f.bitsOf(f.select(odd, f.number(f.andBits(f.bitsOf(x), minus)), ZERO));
  const value = f.let(f.number(f.xorBits(f.bitsOf(magnitude), sign)));

  const broken = f.and(f.and(f.lt(x, ZERO), f.gt(x, f.k(Number.NEGATIVE_INFINITY))), f.ne(f.nearest(y), y));
  const unclear = f.and(f.eq(size, f.k(1)), f.eq(f.abs(y), INFINITY));
  const notNumbers = f.or(f.ne(x, x), f.ne(y, y));
  const none = f.letMask(f.or(f.or(broken, unclear), notNumbers));
  return f.let(f.select(f.eq(y, ZERO), f.k(1), f.select(none, NOT, value)));
}
