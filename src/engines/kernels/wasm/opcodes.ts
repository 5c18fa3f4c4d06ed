/**
 * The instructions of WebAssembly that kernels use, by the names of the specification (core 2.0, appendix
 * "Index of Instructions"), with their codes. Those of SIMD128 have the prefix 0xfd, saturating truncations 0xfc.
 */

/** Consecutive codes from `first`; `_` leaves one out. */
function run<const N extends string>(first: number, prefix: number | null, names: N): Map<string, number[]> {
  const out = new Map<string, number[]>();
  names.split(/\s+/).forEach((name, i) => {
    if (name !== '_') out.set(name, prefix === null ? [first + i] : [prefix, ...leb(first + i)]);
  });
  return out;
}

/** Unsigned LEB128. */
export function leb(n: number): number[] {
  const out: number[] = [];
  let rest = n >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return out;
}

const comparisons = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'.split(' ');
const each = (type: string, names: readonly string[]): string => names.map((n) => `${type}.${n}`).join(' ');

export const opcodes: ReadonlyMap<string, readonly number[]> = new Map([
  ...run(0x00, null, 'unreachable nop'),
  ...run(0x0f, null, 'return'),
  ...run(0x1a, null, 'drop select'),
  ...run(0x45, null, `i32.eqz ${each('i32', comparisons)} i64.eqz ${each('i64', comparisons)}`),
  ...run(0x5b, null, 'f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge'),
  ...run(
    0x67,
    null,
    each(
      'i32',
      'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'.split(' '),
    ),
  ),
  ...run(
    0x79,
    null,
    each(
      'i64',
      'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'.split(' '),
    ),
  ),
  ...run(
    0x8b,
    null,
    each('f32', 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign'.split(' ')),
  ),
  ...run(
    0x99,
    null,
    each('f64', 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign'.split(' ')),
  ),
  ...run(
    0xa7,
    null,
    'i32.wrap_i64 _ _ _ _ i64.extend_i32_s i64.extend_i32_u _ _ _ _ f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64',
  ),
  ...run(
    0x00,
    0xfc,
    'i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u',
  ),
  ...run(0x0e, 0xfd, 'i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'),
  ...run(
    0x23,
    0xfd,
    `${each('i8x16', comparisons)} ${each('i16x8', comparisons)} ${each('i32x4', comparisons)} ${each('f32x4', 'eq ne lt gt le ge'.split(' '))} ${each('f64x2', 'eq ne lt gt le ge'.split(' '))}`,
  ),
  ...run(0x4d, 0xfd, 'v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true'),
  ...run(0x5e, 0xfd, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'),
  ...run(
    0x60,
    0xfd,
    'i8x16.abs i8x16.neg i8x16.popcnt i8x16.all_true i8x16.bitmask i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest i8x16.shl i8x16.shr_s i8x16.shr_u i8x16.add i8x16.add_sat_s i8x16.add_sat_u i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc i8x16.avgr_u i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u',
  ),
  ...run(
    0x80,
    0xfd,
    'i16x8.abs i16x8.neg i16x8.q15mulr_sat_s i16x8.all_true i16x8.bitmask i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u i16x8.shl i16x8.shr_s i16x8.shr_u i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u f64x2.nearest i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u _ i16x8.avgr_u',
  ),
  ...run(
    0xa0,
    0xfd,
    'i32x4.abs i32x4.neg _ i32x4.all_true i32x4.bitmask _ _ i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add _ _ i32x4.sub _ _ _ i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s',
  ),
  ...run(
    0xc0,
    0xfd,
    'i64x2.abs i64x2.neg _ i64x2.all_true i64x2.bitmask _ _ i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add _ _ i64x2.sub _ _ _ i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u',
  ),
  ...run(
    0xe0,
    0xfd,
    'f32x4.abs f32x4.neg _ f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax f64x2.abs f64x2.neg _ f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u',
  ),
]);

/** Instructions with a place in memory: code, and the largest alignment as a power of two. */
export const memoryOps: ReadonlyMap<string, { readonly code: readonly number[]; readonly align: number }> =
  new Map(
    (
      [
        ['i32.load', null, 0x28, 2],
        ['i64.load', null, 0x29, 3],
        ['f32.load', null, 0x2a, 2],
        ['f64.load', null, 0x2b, 3],
        ['i32.load8_s', null, 0x2c, 0],
        ['i32.load8_u', null, 0x2d, 0],
        ['i32.load16_s', null, 0x2e, 1],
        ['i32.load16_u', null, 0x2f, 1],
        ['i32.store', null, 0x36, 2],
        ['i64.store', null, 0x37, 3],
        ['f32.store', null, 0x38, 2],
        ['f64.store', null, 0x39, 3],
        ['i32.store8', null, 0x3a, 0],
        ['i32.store16', null, 0x3b, 1],
        ['v128.load', 0xfd, 0x00, 4],
        ['v128.load8x8_s', 0xfd, 0x01, 3],
        ['v128.load8x8_u', 0xfd, 0x02, 3],
        ['v128.load16x4_s', 0xfd, 0x03, 3],
        ['v128.load16x4_u', 0xfd, 0x04, 3],
        ['v128.load32x2_s', 0xfd, 0x05, 3],
        ['v128.load32x2_u', 0xfd, 0x06, 3],
        ['v128.load8_splat', 0xfd, 0x07, 0],
        ['v128.load16_splat', 0xfd, 0x08, 1],
        ['v128.load32_splat', 0xfd, 0x09, 2],
        ['v128.load64_splat', 0xfd, 0x0a, 3],
        ['v128.store', 0xfd, 0x0b, 4],
        ['v128.load32_zero', 0xfd, 0x5c, 2],
        ['v128.load64_zero', 0xfd, 0x5d, 3],
      ] as const
    ).map(([name, prefix, code, align]) => [
      name,
      { code: prefix === null ? [code] : [prefix, ...leb(code)], align },
    ]),
  );

/** Instructions with a place in memory and a lane. */
export const memoryLaneOps: ReadonlyMap<
  string,
  { readonly code: readonly number[]; readonly align: number }
> = new Map(
  [
    'v128.load8_lane',
    'v128.load16_lane',
    'v128.load32_lane',
    'v128.load64_lane',
    'v128.store8_lane',
    'v128.store16_lane',
    'v128.store32_lane',
    'v128.store64_lane',
  ].map((name, i) => [name, { code: [0xfd, ...leb(0x54 + i)], align: i % 4 }]),
);

/** Instructions with a lane. */
export const laneOps: ReadonlyMap<string, readonly number[]> = run(
  0x15,
  0xfd,
  'i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane i16x8.extract_lane_s i16x8.extract_lane_u i16x8.replace_lane i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane',
);
