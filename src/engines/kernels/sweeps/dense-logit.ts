/**
 * Draws of two-valued sites without an exponential: u < 1/(1 + exp(b)) exactly when b < log((1 − u)/u). The right
 * side depends on random numbers only, so it is made for many sites at once, before their fields are known.
 */
import type { Code, Local } from '../wasm/code.ts';

/**
 * Leaves log((1 − u)/u) in four lanes on the stack (f32x4): u = (k + ½)/2³¹ for the upper 31 bits k of each word,
 * so between −22.2 and 22.2, symmetric about 0, with an error below 3·10⁻⁷ relative to max(1, |result|).
 *
 * A quotient 2^e·m with m in [1/√2, √2) has the logarithm e·log 2 + 2 artanh((m − 1)/(m + 1)) (Abramowitz &
 * Stegun 4.1.27), the series cut after the ninth power: what is left out is below 10⁻⁹.
 */
export function emitLogit(c: Code, words: Local): void {
  const bits = c.local('v128');
  const exponent = c.local('v128');
  const s = c.local('v128');
  const z = c.local('v128');
  const positive = (): void => {
    c.i32(1).op('i32x4.shr_u', 'f32x4.convert_i32x4_s').splat('f32x4', 0.5).op('f32x4.add');
  };
  c.get(words).op('v128.not');
  positive();
  c.get(words);
  positive();
  c.op('f32x4.div').tee(bits);
  // Counted from the bits of 1/√2, so that the fraction lies around 1.
  c.splat('i32x4', 0x3f3504f3).op('i32x4.sub').i32(23).op('i32x4.shr_s').tee(exponent);
  c.i32(23).op('i32x4.shl').set(z);
  c.get(bits).get(z).op('i32x4.sub').tee(bits).splat('f32x4', 1).op('f32x4.sub');
  c.get(bits).splat('f32x4', 1).op('f32x4.add', 'f32x4.div').tee(s).get(s).op('f32x4.mul').set(z);
  c.get(z)
    .splat('f32x4', 2 / 9)
    .op('f32x4.mul')
    .splat('f32x4', 2 / 7)
    .op('f32x4.add');
  for (const term of [2 / 5, 2 / 3, 2]) c.get(z).op('f32x4.mul').splat('f32x4', term).op('f32x4.add');
  c.get(s).op('f32x4.mul');
  c.get(exponent).op('f32x4.convert_i32x4_s').splat('f32x4', Math.LN2).op('f32x4.mul', 'f32x4.add');
  c.release(bits, exponent, s, z);
}
