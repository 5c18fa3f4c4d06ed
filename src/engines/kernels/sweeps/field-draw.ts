/**
 * Sixteen sites drawn at once, each from its two energies: P(x = 1) = 1 / (1 + exp(β·f)), f the energy at 1 less
 * that at 0.
 */
import type { Code, Local } from '../wasm/code.ts';
import { emitNext, type RandomState } from './random.ts';

/** Bytes of one table of thresholds: four levels of 32. */
export const THRESHOLD_BYTES = 128;

/**
 * Thresholds for byte lanes: P(x = 1) in units of 2⁻³², the four bytes of each apart, the highest first.
 * @param energies up to 32
 * @param out 128 bytes; byte 32·k + j is byte k of threshold j
 */
export function fillThresholds(energies: Float64Array, beta: number, out: Uint8Array): void {
  for (let j = 0; j < energies.length; j++) {
    const p = 1 / (1 + Math.exp(beta * energies[j]));
    const t = Math.min(Math.round(p * 2 ** 32), 2 ** 32 - 1);
    for (let k = 0; k < 4; k++) out[32 * k + j] = (t >>> (24 - 8 * k)) & 255;
  }
}

/** Looks up bytes: index (0–31) on the stack as sixteen bytes → the bytes of level `level` of the table. */
function emitLookUp(c: Code, low: () => void, high: (() => void) | null, index: Local): void {
  low();
  c.get(index).op('i8x16.swizzle');
  if (!high) return;
  // An index out of 0–15 gives 0: of the two look-ups one does.
  high();
  c.get(index).splat('i8x16', 16).op('i8x16.sub', 'i8x16.swizzle', 'v128.or');
}

/** Where a byte draw finds its thresholds. */
export interface Thresholds {
  /** Level 0, in variables. */
  readonly low: Local;
  /** Levels 16–31; null if no table has so many. */
  readonly high: Local | null;
  /** Address of the table less `base`. */
  readonly address: Local;
  readonly base: number;
}

/**
 * Byte lanes with lazy comparison: x = 1 where a 32-bit number R < threshold. The highest byte of R settles it
 * unless it equals that of the threshold, as happens in one lane of 256; only then further bytes are made. So
 * P(x = 1) is exact to 2⁻³².
 * @param index sixteen bytes, the levels; leaves sixteen bytes 0 or 1 on the stack
 */
export function emitByteDraw(c: Code, random: RandomState, t: Thresholds, index: Local): void {
  const threshold = c.local('v128');
  const bits = c.local('v128');
  const x = c.local('v128');
  const open = c.local('v128');
  const { high } = t;
  emitLookUp(c, () => c.get(t.low), high ? () => c.get(high) : null, index);
  c.set(threshold);
  emitNext(c, random);
  c.set(bits);
  // 1 where bits < threshold
  c.get(threshold).get(bits).op('i8x16.sub_sat_u').splat('i8x16', 1).op('i8x16.min_u').set(x);
  c.get(threshold).get(bits).op('i8x16.eq').tee(open).op('v128.any_true');
  c.if(() => {
    const level = c.local('i32');
    c.block((done) => {
      c.for(level, 32, THRESHOLD_BYTES, 32, () => {
        const load = (more: number) => () =>
          c
            .get(t.address)
            .get(level)
            .op('i32.add')
            .memory('v128.load', t.base + more);
        emitLookUp(c, load(0), high ? load(16) : null, index);
        c.set(threshold);
        emitNext(c, random);
        c.set(bits);
        c.get(threshold).get(bits).op('i8x16.sub_sat_u').splat('i8x16', 1).op('i8x16.min_u');
        c.get(open).op('v128.and').get(x).op('v128.or').set(x);
        c.get(threshold).get(bits).op('i8x16.eq').get(open).op('v128.and').tee(open);
        c.op('v128.any_true', 'i32.eqz').branchIf(done);
      });
    });
    c.release(level);
  });
  c.get(x);
  c.release(threshold, bits, x, open);
}

/** 2^r on [−½, ½] by a polynomial of degree 5, least squares with weights raised until the error is level. */
const EXP2 = [
  1.0000000716548822, 0.6931469670642997, 0.2402211972285905, 0.05550713273776976, 0.00967554138768537,
  0.0013276472052127473,
];

/** 1.5 · 2²³: added to a float below 2²² in size it leaves the nearest whole number in the last bits. */
const ROUNDER = 12582912;

/** What exponentials are made with. */
export interface Scale {
  /** β·log₂ e in all lanes. */
  readonly factor: Local;
  /** Whether |β·f| may be more than FAR. */
  readonly far: boolean;
}

/** As far as exp(β·f) is a float without being cut off. */
export const FAR = 126 * Math.LN2;

/**
 * exp(β·f) of the four floats f on the stack, cut off at 2⁻¹²⁶ and 2¹²⁶: 2^n·2^r with r in [−½, ½]. The
 * polynomial's relative error is 2⁻²³, rounding adds 2⁻²² and, in β·f·log₂ e, 2⁻²⁴·|β·f|.
 */
export function emitBoltzmann(c: Code, scale: Scale): void {
  const t = c.local('v128');
  const z = c.local('v128');
  c.get(scale.factor).op('f32x4.mul');
  if (scale.far) c.splat('f32x4', 126).op('f32x4.pmin').splat('f32x4', -126).op('f32x4.pmax');
  c.tee(t);
  c.splat('f32x4', ROUNDER).op('f32x4.add').set(z);
  c.get(t).get(z).splat('f32x4', ROUNDER).op('f32x4.sub', 'f32x4.sub').set(t);
  c.splat('f32x4', EXP2[5]);
  for (let i = 4; i >= 0; i--) c.get(t).op('f32x4.mul').splat('f32x4', EXP2[i]).op('f32x4.add');
  c.get(z).i32(23).op('i32x4.shl', 'i32x4.add');
  c.release(t, z);
}

/**
 * Four sites in 32-bit lanes, without a division: x = 1 where u·(1 + exp(β·f)) < 1, with u one of the 2²³ numbers
 * (2k + 1)·2⁻²⁴. P(x = 1) is off by less than 2⁻²² from the exponential and the product, 2⁻²⁴ from the grid of u:
 * below 2⁻²⁰ in all, besides what the sum f has lost in 24 bits.
 * Takes f on the stack; leaves −1 where x = 1, 0 elsewhere.
 */
export function emitLaneDraw(c: Code, random: RandomState, scale: Scale): void {
  emitBoltzmann(c, scale);
  c.splat('f32x4', 1).op('f32x4.add');
  emitNext(c, random);
  c.i32(8).op('i32x4.shr_u').splat('i32x4', 1).op('v128.or', 'f32x4.convert_i32x4_s', 'f32x4.mul');
  c.splat('f32x4', 2 ** 24).op('f32x4.lt');
}

/** As `emitLaneDraw` for sixteen sites, the lowest lanes in f[0]; leaves sixteen bytes 0 or 1 on the stack. */
export function emitLaneDraws(c: Code, random: RandomState, scale: Scale, f: readonly Local[]): void {
  for (let half = 0; half < 2; half++) {
    for (let i = 2 * half; i < 2 * half + 2; i++) {
      c.get(f[i]);
      emitLaneDraw(c, random, scale);
    }
    c.op('i16x8.narrow_i32x4_s');
  }
  c.op('i8x16.narrow_i16x8_s', 'i8x16.neg');
}

/**
 * Sixteen bytes as four times four 32-bit numbers, extended with or without sign.
 * @param use is called for each quarter, lowest first, with its numbers on the stack
 */
export function emitQuarters(c: Code, bytes: Local, sign: 's' | 'u', use: (q: number) => void): void {
  const half = c.local('v128');
  for (const side of ['low', 'high']) {
    c.get(bytes).op(`i16x8.extend_${side}_i8x16_${sign}`).set(half);
    for (const part of ['low', 'high']) {
      c.get(half).op(`i32x4.extend_${part}_i16x8_${sign}`);
      use((side === 'low' ? 0 : 2) + (part === 'low' ? 0 : 1));
    }
  }
  c.release(half);
}
