/** Sums and products of two numbers without error, as a number and the rest (Muller, Elementary Functions, §2.2). */
import type { Form, Value } from './form.ts';

export interface Pair {
  readonly high: Value;
  readonly low: Value;
}

/** a + b for |a| ≥ |b| or a = 0 (Dekker). */
export function fastSum(f: Form, a: Value, b: Value): Pair {
  const high = f.let(f.add(a, b));
  return { high, low: f.let(f.sub(b, f.sub(high, a))) };
}

/** a + b (Knuth). */
export function twoSum(f: Form, a: Value, b: Value): Pair {
  const high = f.let(f.add(a, b));
  const back = f.let(f.sub(high, a));
  return { high, low: f.let(f.add(f.sub(a, f.sub(high, back)), f.sub(b, back))) };
}

/** Halves of at most 26 bits (Veltkamp); |a| < 2⁹⁹⁶. */
function halves(f: Form, a: Value): Pair {
  const c = f.let(f.mul(a, f.k(2 ** 27 + 1)));
  const high = f.let(f.sub(c, f.sub(c, a)));
  return { high, low: f.let(f.sub(a, high)) };
}

/** a · b (Dekker), |a|, |b| and the product < 2⁹⁹⁶. */
export function product(f: Form, a: Value, b: Value): Pair {
  const high = f.let(f.mul(a, b));
  const [x, y] = [halves(f, a), halves(f, b)];
  const cross = f.add(f.add(f.sub(f.mul(x.high, y.high), high), f.mul(x.high, y.low)), f.mul(x.low, y.high));
  return { high, low: f.let(f.add(cross, f.mul(x.low, y.low))) };
}
