/** Weights of values as whole numbers, so that their sums are exact and nothing of weight 0 is drawn. */
import type { Code, Local } from '../wasm/code.ts';

/** The weight of the least energy is 2²². */
const WEIGHT_BITS = 22;
/** 2ᶠ for |f| ≤ ½, in f, by interpolation at Chebyshev nodes: relative error 10⁻⁷. */
const POWER = [
  1.000000075454897, 0.6931471880262285, 0.2402210748530827, 0.05550357114219032, 0.00967603191832597,
  0.0013390863364764831,
];
/** Adding it rounds to a whole number n and leaves the exponent bits of 2ⁿ times the largest weight. */
const ROUND = 1.5 * 2 ** 23 + 127 + WEIGHT_BITS;
/** Weights of less than 2⁻⁶⁰ are 0. */
const LOWEST = -60;

/**
 * The rate of weights: units of energy times it are powers of 2.
 * @param scale units in an energy of 1
 */
export const rateOf = (beta: number, scale: number): number => Math.max((-beta * Math.LOG2E) / scale, -1e30);

/**
 * Pushes round(2²² · 2^(rate · d)) in lanes (i32x4) of differences d ≥ 0 (i32x4, a variable, not changed).
 * @param alone whether no other weights are made meanwhile: then the terms are summed in pairs (Estrin), which is
 *   more work and less waiting
 */
export function emitWeight(c: Code, d: Local, rate: Local, alone = false): void {
  const [f, n, power] = [c.local('v128'), c.local('v128'), c.local('v128')];
  c.get(d)
    .op('f32x4.convert_i32x4_s')
    .get(rate)
    .op('f32x4.mul')
    .splat('f32x4', LOWEST)
    .op('f32x4.pmax')
    .tee(f);
  c.splat('f32x4', ROUND).op('f32x4.add').tee(n).i32(23).op('i32x4.shl').set(power);
  c.get(f).get(n).splat('f32x4', ROUND).op('f32x4.sub', 'f32x4.sub').set(f);
  if (alone) {
    const pair = (i: number): Code =>
      c
        .get(f)
        .splat('f32x4', POWER[i + 1])
        .op('f32x4.mul')
        .splat('f32x4', POWER[i])
        .op('f32x4.add');
    pair(0);
    pair(2);
    c.get(f).get(f).op('f32x4.mul').tee(n).op('f32x4.mul', 'f32x4.add');
    pair(4);
    c.get(n).get(n).op('f32x4.mul', 'f32x4.mul', 'f32x4.add');
  } else {
    const [last, ...others] = [...POWER].reverse();
    c.splat('f32x4', last);
    for (const coefficient of others) c.get(f).op('f32x4.mul').splat('f32x4', coefficient).op('f32x4.add');
  }
  // Adding 2²³ rounds to a whole number, which then stands in the low bits.
  c.get(power)
    .op('f32x4.mul')
    .splat('f32x4', 2 ** 23)
    .op('f32x4.add')
    .splat('i32x4', 0x4b000000)
    .op('i32x4.sub');
  c.release(f, n, power);
}
