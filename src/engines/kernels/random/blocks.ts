/**
 * Threefry2x32-20 in WebAssembly: the bits of `random/threefry.ts`, several blocks at a time.
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
 */
import type { Code, Local } from '../wasm/code.ts';
import { Lanes, type Width } from './lanes.ts';

/** Vectors of blocks side by side: their chains of dependent operations overlap in the processor. */
const CHAINS = 3;

/** Words that a round of the loop writes: lengths are rounded up to a multiple of it. */
export const wordsAtOnce = (width: Width): number => 2 * width * CHAINS;

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const parity = 0x1bd11bda;

/** (to, blocks, low, high, key 0, key 1): the blocks of consecutive counters, two words each, at `to`. */
export function writeBlocks(c: Code, width: Width): void {
  const v = new Lanes(c, width);
  const [to, blocks, low, high, key0, key1] = c.params;
  const i = c.local('i32');
  const [k0, k1, k2] = [v.words(), v.words(), v.words()];
  c.get(key0);
  v.spread('i32');
  c.set(k0).get(key1);
  v.spread('i32');
  c.set(k1).i32(parity).get(key0).op('i32.xor').get(key1).op('i32.xor');
  v.spread('i32');
  c.set(k2);
  // The second words of the injections, with the round number added once.
  const keys = [k0, k1, k2];
  const numbered = [1, 2, 3, 4, 5].map((n) => {
    const k = v.words();
    c.get(keys[(n + 1) % 3]).i32(n);
    v.spread('i32').word('add');
    c.set(k);
    return k;
  });
  const chains = Array.from({ length: CHAINS }, () => [v.words(), v.words()] as const);
  c.for(i, 0, blocks, width * CHAINS, () => {
    for (const [a, b] of chains) {
      writeCounters(c, v, low, high, a, b);
      c.get(a).get(k0);
      v.word('add');
      c.set(a).get(b).get(k1);
      v.word('add');
      c.set(b);
    }
    for (let n = 0; n < 5; n++) {
      for (const r of rotations[n % 2])
        for (const [a, b] of chains) {
          c.get(a).get(b);
          v.word('add');
          c.set(a);
          writeRotation(c, v, b, r);
          c.get(a);
          v.word('xor');
          c.set(b);
        }
      for (const [a, b] of chains) {
        c.get(a).get(keys[(n + 1) % 3]);
        v.word('add');
        c.set(a).get(b).get(numbered[n]);
        v.word('add');
        c.set(b);
      }
    }
    chains.forEach(([a, b], n) => {
      writeWords(c, v, to, a, b, n * 8 * width);
    });
    c.get(to)
      .i32(4 * wordsAtOnce(width))
      .op('i32.add')
      .set(to);
  });
}

/** The counters `low` + 0, 1, … with their carries; moves `low` and `high` behind them. */
function writeCounters(c: Code, v: Lanes, low: Local, high: Local, a: Local, b: Local): void {
  c.get(low);
  if (v.wide) {
    c.op('i32x4.splat').v128([0, 1, 2, 3].flatMap((n) => [n, 0, 0, 0]));
    c.op('i32x4.add').set(a);
    // A sum that wrapped is less than `low`; true is −1.
    c.get(high).op('i32x4.splat').get(a).get(low).op('i32x4.splat', 'i32x4.lt_u', 'i32x4.sub').set(b);
  } else c.set(a).get(high).set(b);
  c.get(low).i32(v.width).op('i32.add').set(low);
  c.get(high).get(low).i32(v.width).op('i32.lt_u', 'i32.add').set(high);
}

/** Leaves `x` rotated to the left on the stack. */
function writeRotation(c: Code, v: Lanes, x: Local, by: number): void {
  if (!v.wide) {
    c.get(x).i32(by).op('i32.rotl');
    return;
  }
  if (by % 8 === 0) {
    // Whole bytes change places.
    const bytes = Array.from({ length: 16 }, (_, k) => (k & ~3) | ((k - by / 8) & 3));
    c.get(x).get(x).shuffle(bytes);
    return;
  }
  c.get(x).i32(by).op('i32x4.shl');
  c.get(x)
    .i32(32 - by)
    .op('i32x4.shr_u', 'v128.or');
}

/** First and second words of the blocks in turns. */
function writeWords(c: Code, v: Lanes, to: Local, a: Local, b: Local, offset: number): void {
  if (!v.wide) {
    c.get(to).get(a).memory('i32.store', offset);
    c.get(to)
      .get(b)
      .memory('i32.store', offset + 4);
    return;
  }
  for (const half of [0, 1]) {
    const lanes = [0, 1].flatMap((n) => [half * 2 + n, 4 + half * 2 + n]);
    c.get(to)
      .get(a)
      .get(b)
      .shuffle(lanes.flatMap((l) => [0, 1, 2, 3].map((byte) => l * 4 + byte)))
      .memory('v128.store', offset + 16 * half);
  }
}
