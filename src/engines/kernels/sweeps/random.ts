/**
 * xoshiro128++ in vector lanes: four generators side by side, a step of all is one vector of 128 random bits.
 * D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM Trans. Math. Softw. 47
 * (2021) 36. Period 2¹²⁸ − 1 each. The state of a chain is 64 bytes, lane i of vector j being word j of
 * generator i; it is filled from the chain's own counter-based stream.
 */
import type { Stream } from '../../../random/stream.ts';
import type { Code, Local } from '../wasm/code.ts';
import type { Heap } from '../wasm/heap.ts';

/** Bytes of the four generators of a chain. */
export const RANDOM_BYTES = 64;

/** The words of the four generators, as vectors. */
export interface RandomState {
  readonly s0: Local;
  readonly s1: Local;
  readonly s2: Local;
  readonly s3: Local;
}

const words = (r: RandomState): readonly Local[] => [r.s0, r.s1, r.s2, r.s3];

/** Reads the state at `address` (an i32 variable) into new variables. */
export function loadRandom(c: Code, address: Local): RandomState {
  const state = { s0: c.local('v128'), s1: c.local('v128'), s2: c.local('v128'), s3: c.local('v128') };
  words(state).forEach((s, j) => {
    c.get(address)
      .memory('v128.load', 16 * j)
      .set(s);
  });
  return state;
}

/** Writes the state back, so that the next call goes on from it. */
export function storeRandom(c: Code, address: Local, state: RandomState): void {
  words(state).forEach((s, j) => {
    c.get(address)
      .get(s)
      .memory('v128.store', 16 * j);
  });
}

/** One step of all four generators: leaves a vector of four 32-bit words, all bits usable, on the stack. */
export function emitNext(c: Code, { s0, s1, s2, s3 }: RandomState): void {
  const sum = c.local('v128');
  c.get(s0).get(s3).op('i32x4.add').tee(sum).i32(7).op('i32x4.shl');
  c.get(sum).i32(25).op('i32x4.shr_u', 'v128.or').get(s0).op('i32x4.add');
  // The result stays on the stack; from here on `sum` holds s1 << 9.
  c.get(s1).i32(9).op('i32x4.shl').set(sum);
  c.get(s2).get(s0).op('v128.xor').set(s2);
  c.get(s3).get(s1).op('v128.xor').set(s3);
  c.get(s1).get(s2).op('v128.xor').set(s1);
  c.get(s0).get(s3).op('v128.xor').set(s0);
  c.get(s2).get(sum).op('v128.xor').set(s2);
  c.get(s3).i32(11).op('i32x4.shl').get(s3).i32(21).op('i32x4.shr_u', 'v128.or').set(s3);
  c.release(sum);
}

/**
 * Starts the four generators at `address` from the next 16 words of a stream. (Of each sixteen such words four
 * make a generator; one whose words are all 0, of probability 2⁻¹²⁸, would stand still and gets a 1.)
 */
export function seedGenerators(heap: Heap, address: number, stream: Stream): void {
  const seed = new Uint32Array(RANDOM_BYTES / 4);
  stream.fillWords(seed);
  for (let i = 0; i < 4; i++) {
    if ((seed[i] | seed[4 + i] | seed[8 + i] | seed[12 + i]) === 0) seed[i] = 1;
  }
  heap.u32(address, seed.length).set(seed);
}

/**
 * One generator in TypeScript, for comparison.
 * @param state four words, changed in place
 * @returns the next 32 bits, 0 … 2³² − 1
 */
export function nextWord(state: Uint32Array): number {
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const result = (rotate((state[0] + state[3]) | 0, 7) + state[0]) >>> 0;
  const t = state[1] << 9;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = rotate(state[3], 11);
  return result;
}
