/**
 * Large angles modulo ½π, exactly (Payne and Hanek, Radian reduction for trigonometric functions, SIGNUM
 * Newsletter 18, 1983): of 2/π only the 192 bits are multiplied that matter for the quadrant and the fraction.
 */
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { formOf } from './form.ts';
import { fastSum, product } from './pairs.ts';

/** 64 zeros, then the bits of 2/π. */
const TWO_OVER_PI = [
  0x0000000000000000n,
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
];
/** ½π and what is left of it. */
const HALF_PI = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;

/** The word of the table with the number on the stack (i32 → i64), by halving. */
const word = (m: ModuleBuilder): Callable =>
  m.shared('math.two_over_pi', ['i32'], ['i64'], (c) => {
    const [index] = c.params;
    const among = (from: number, to: number): void => {
      if (to - from === 1) {
        c.i64(TWO_OVER_PI[from]);
        return;
      }
      const middle = (from + to) >> 1;
      c.get(index).i32(middle).op('i32.lt_s');
      c.if(
        () => among(from, middle),
        () => among(middle, to),
        'i64',
      );
    };
    among(0, TWO_OVER_PI.length);
  });

/** The upper 64 bits of m · w, m < 2⁵³. */
const upperProduct = (m: ModuleBuilder): Callable =>
  m.shared('math.upper_product', ['i64', 'i64'], ['i64'], (c) => {
    const [x, w] = c.params;
    const [first, second] = [c.local('i64'), c.local('i64')];
    const low = (v: Local): Code => c.get(v).i64(0xffffffffn).op('i64.and');
    const high = (v: Local): Code => c.get(v).i64(32n).op('i64.shr_u');
    high(x);
    low(w).op('i64.mul');
    low(x);
    low(w).op('i64.mul').i64(32n).op('i64.shr_u', 'i64.add').set(first);
    low(x);
    high(w).op('i64.mul');
    low(first).op('i64.add').set(second);
    high(x);
    high(w).op('i64.mul');
    high(first).op('i64.add');
    high(second).op('i64.add');
  });

/**
 * x = (n + 4j) ½π + high + low for a finite x ≥ 2²⁰, n one of 0 to 4, |high| ≤ ¼π: x → high, low, n.
 */
export const largeAngle = (m: ModuleBuilder): Callable => {
  const [at, mulHigh] = [word(m), upperProduct(m)];
  return m.shared('math.large_angle', ['f64'], ['f64', 'f64', 'f64'], (c) => {
    const [x] = c.params;
    const [bits, fraction, top, next, shifted] = Array.from({ length: 5 }, () => c.local('i64'));
    const [start, index, shift] = Array.from({ length: 3 }, () => c.local('i32'));
    c.get(x).op('i64.reinterpret_f64').set(bits);
    // x = fraction · 2^e; the first bit of 2/π that counts stands at e + 62 of the table.
    c.get(bits)
      .i64((1n << 52n) - 1n)
      .op('i64.and')
      .i64(1n << 52n)
      .op('i64.or')
      .set(fraction);
    c.get(bits)
      .i64(52n)
      .op('i64.shr_u', 'i32.wrap_i64')
      .i32(1075 - 62)
      .op('i32.sub')
      .tee(start);
    c.i32(63).op('i32.and').set(shift);
    c.get(start).i32(6).op('i32.shr_u').set(index);
    const window = (k: number): Local => {
      const out = c.local('i64');
      c.get(index).i32(k).op('i32.add').call(at);
      c.get(shift).op('i64.extend_i32_u', 'i64.shl');
      // By 64 − shift, in two steps: a shift by 64 is one by 0.
      c.get(index)
        .i32(k + 1)
        .op('i32.add')
        .call(at)
        .i64(1n)
        .op('i64.shr_u');
      c.i32(63).get(shift).op('i32.sub', 'i64.extend_i32_u', 'i64.shr_u', 'i64.or').set(out);
      return out;
    };
    const [w2, w1, w0] = [window(0), window(1), window(2)];
    // The product modulo 2¹⁹², its upper two words: two bits of quadrant, then the fraction.
    const part = c.local('i64');
    c.get(fraction).get(w1).op('i64.mul').tee(part);
    c.get(fraction).get(w0).call(mulHigh).op('i64.add').set(next);
    c.get(fraction).get(w2).op('i64.mul').get(fraction).get(w1).call(mulHigh).op('i64.add');
    c.get(next).get(part).op('i64.lt_u', 'i64.extend_i32_u', 'i64.add').set(top);
    const n = c.local('f64');
    c.get(top)
      .i64(1n << 61n)
      .op('i64.add')
      .i64(62n)
      .op('i64.shr_u', 'f64.convert_i64_u')
      .set(n);
    // The fraction as a signed number of 128 bits, then its size.
    const negative = c.local('i64');
    c.get(top).i64(2n).op('i64.shl').get(next).i64(62n).op('i64.shr_u', 'i64.or').set(top);
    c.get(next).i64(2n).op('i64.shl').set(next);
    c.get(top).i64(63n).op('i64.shr_s').tee(negative).get(top).op('i64.xor').set(top);
    c.get(negative).get(next).op('i64.xor').set(next);
    // (The one that a negation adds in the last place does not matter.)
    const zeros = c.local('i64');
    c.get(top).op('i64.clz').set(zeros);
    c.get(top).get(zeros).op('i64.shl').get(next).i64(1n).op('i64.shr_u');
    c.i64(63n).get(zeros).op('i64.sub', 'i64.shr_u', 'i64.or').set(shifted);
    const f = formOf(c, 'f64');
    const head = f.let(() => c.get(shifted).i64(-2048n).op('i64.and', 'f64.convert_i64_u'));
    const rest = f.let(() => c.get(shifted).i64(2047n).op('i64.and', 'f64.convert_i64_u'));
    const main = product(f, head, f.k(HALF_PI));
    const small = f.add(main.low, f.add(f.mul(head, f.k(HALF_PI_LOW)), f.mul(rest, f.k(HALF_PI))));
    const sum = fastSum(f, main.high, f.let(small));
    // ± 2^(−64 − zeros)
    const scale = f.let(() => {
      c.i64(1023n - 64n)
        .get(zeros)
        .op('i64.sub')
        .i64(52n)
        .op('i64.shl');
      c.get(negative).i64(63n).op('i64.shl', 'i64.or', 'f64.reinterpret_i64');
    });
    f.mul(sum.high, scale)();
    f.mul(sum.low, scale)();
    c.get(n);
  });
};
