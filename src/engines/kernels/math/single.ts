/**
 * Float32 exponentials for weights of states, four at a time: x = n ln 2 + r as in `exponential.ts` (or n + r for
 * powers of 2), a polynomial of degree 6 in r, and 2ⁿ from bits. Interpolation at Chebyshev points.
 */
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';

/** The upper 12 bits of ln 2, so that its products with n are exact, and the rest. */
const LN2_HIGH = 0.693115234375;
const LN2_LOW = 3.1946184945309415e-5;
/** Adding it rounds to a whole number n and leaves n + 127 in the low bits: the exponent of 2ⁿ. */
const ROUND = 1.5 * 2 ** 23 + 127;
/** Where n becomes −127, whose exponent bits are those of 0, and where it would exceed 127; in powers of 2. */
const LOWEST = -127;
const HIGHEST = 127.49;
/** eʳ for |r| ≤ ½ ln 2, and 2ʳ for |r| ≤ ½, lowest power first. */
const EXP = [1, 1, 0.5, 0.1666663068148552, 0.04166662170022709, 0.008357247975823195, 0.0013918773446553218];
const EXP2 = [
  1, 0.693147188116349, 0.24022650761348438, 0.05550356682386405, 0.009618082183394121, 0.0013391093247266345,
  0.0001545336197353356,
];

function emit(c: Code, x: Local, base: 'e' | '2'): void {
  const [r, n, p] = [c.local('v128'), c.local('v128'), c.local('v128')];
  const k = (value: number): Code => c.splat('f32x4', value);
  const unit = base === 'e' ? Math.LN2 : 1;
  c.get(x);
  k(LOWEST * unit).op('f32x4.pmax');
  k(HIGHEST * unit)
    .op('f32x4.pmin')
    .tee(r);
  if (base === 'e') k(Math.LOG2E).op('f32x4.mul');
  k(ROUND).op('f32x4.add').tee(p);
  k(ROUND).op('f32x4.sub').set(n);
  c.get(r).get(n);
  if (base === 'e') {
    k(LN2_HIGH).op('f32x4.mul', 'f32x4.sub').get(n);
    k(LN2_LOW).op('f32x4.mul');
  }
  c.op('f32x4.sub').set(r);
  c.get(p).i32(23).op('i32x4.shl');
  const [last, ...others] = (base === 'e' ? EXP : EXP2).toReversed();
  k(last);
  for (const coefficient of others) {
    c.get(r).op('f32x4.mul');
    k(coefficient).op('f32x4.add');
  }
  c.op('f32x4.mul');
  c.release(r, n, p);
}

/**
 * Writes eˣ of four float32, the value on the stack: 0 from −87.68 down to −∞, 2.39e38 from 88.37 to ∞, NaN for NaN;
 * between, the relative error is at most 2⁻²².
 * @param x a v128 variable; it is not changed
 */
export const emitSingleExp = (c: Code, x: Local): void => emit(c, x, 'e');

/**
 * Writes 2ˣ in the same way, a few instructions shorter: for energies that are scaled by log₂ e beforehand. 0 from
 * −126.5 down, 2.39e38 from 127.49 up; the relative error is at most 2⁻²².
 */
export const emitSingleExp2 = (c: Code, x: Local): void => emit(c, x, '2');

/** As `emitSingleExp`, as a function of the module. */
export const singleExp = (m: ModuleBuilder): Callable =>
  m.shared('f32x4.exp', ['v128'], ['v128'], (c) => emitSingleExp(c, c.params[0]));
