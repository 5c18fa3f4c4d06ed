/**
 * A float32 exponential for weights of states, four at a time: x = n ln 2 + r as in `exponential.ts`, a polynomial
 * of degree 6 in r, and 2ⁿ from bits.
 */
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';

/** The upper 12 bits of ln 2, so that its products with n are exact, and the rest. */
const LN2_HIGH = 0.693115234375;
const LN2_LOW = 3.1946184945309415e-5;
/** Adding it rounds to a whole number n and leaves n + 127 in the low bits: the exponent of 2ⁿ. */
const ROUND = 1.5 * 2 ** 23 + 127;
/** Below this the result is 0: n is −127, whose exponent bits are those of 0. */
const LOWEST = -88.03;
/** Above this the result is that of this; n is at most 127. */
const HIGHEST = 88.37;
/** eʳ for |r| ≤ ½ ln 2 after 1 + r + r²/2, in r. */
const CUBIC = [0.1666663068148552, 0.04166662170022709, 0.008357247975823195, 0.0013918773446553218];

/**
 * Writes eˣ of four float32, the value on the stack: 0 from −87.68 down to −∞, 2.4e38 from 88.37 to ∞, NaN for NaN;
 * between, the relative error is at most 2⁻²².
 * @param x a v128 variable; it is not changed
 */
export function emitSingleExp(c: Code, x: Local): void {
  const [r, n, p] = [c.local('v128'), c.local('v128'), c.local('v128')];
  const k = (value: number): Code => c.splat('f32x4', value);
  c.get(x);
  k(LOWEST).op('f32x4.pmax');
  k(HIGHEST).op('f32x4.pmin').tee(r);
  k(Math.LOG2E).op('f32x4.mul');
  k(ROUND).op('f32x4.add').tee(p);
  k(ROUND).op('f32x4.sub').set(n);
  c.get(r).get(n);
  k(LN2_HIGH).op('f32x4.mul', 'f32x4.sub').get(n);
  k(LN2_LOW).op('f32x4.mul', 'f32x4.sub').set(r);
  // 2ⁿ
  c.get(p).i32(23).op('i32x4.shl');
  const [last, ...others] = [1, 1, 0.5, ...CUBIC].reverse();
  k(last);
  for (const coefficient of others) {
    c.get(r).op('f32x4.mul');
    k(coefficient).op('f32x4.add');
  }
  c.op('f32x4.mul');
  c.release(r, n, p);
}

/** As `emitSingleExp`, as a function of the module. */
export const singleExp = (m: ModuleBuilder): Callable =>
  m.shared('f32x4.exp', ['v128'], ['v128'], (c) => emitSingleExp(c, c.params[0]));
