/** Functions of a few operations. */
import { copySign, type Form, type Value } from './form.ts';

/** −1, 1, or x itself where it is 0 or not a number. */
export const sign = (f: Form, x: Value): Value =>
  f.let(f.select(f.or(f.eq(x, f.k(0)), f.ne(x, x)), x, copySign(f, f.k(1), x)));

/** The nearest whole number, halves upwards. */
export function round(f: Form, x: Value): Value {
  const floor = f.let(f.floor(x));
  const up = f.ge(f.sub(x, floor), f.k(0.5));
  return f.let(copySign(f, f.add(floor, f.select(up, f.k(1), f.k(0))), x));
}

/** The remainder with the sign of the divisor. */
export const mod = (f: Form, a: Value, b: Value): Value => f.let(f.sub(a, f.mul(b, f.floor(f.div(a, b)))));

export const square = (f: Form, x: Value): Value => f.let(f.mul(x, x));

export const relu = (f: Form, x: Value): Value => f.let(f.max(x, f.k(0)));
