/**
 * Threefry2x32-20: a counter-based generator.
 *
 * One block of two 32-bit words is a bijection of the counter, chosen by the key, so any draw can be made
 * without making those before it.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11,
 * with the rotation constants of Threefry-2x32; 20 rounds, a key injection after every four.
 */

/** The Skein parity constant that makes the third key word. */
const parity = 0x1bd11bda;

/** A 64-bit key as two unsigned 32-bit words. */
export type Key = readonly [number, number];

/**
 * One block: the two output words for a counter of two words under a key of two words.
 * Words may be given signed or unsigned; the results are unsigned.
 */
export function threefry2x32(counter: Key, key: Key): [number, number] {
  fillThreefry(block, key[0], key[1], counter[0], counter[1]);
  return [block[0], block[1]];
}

const block = new Uint32Array(2);

/**
 * Fill `words` with consecutive blocks: words 2i and 2i+1 are the block whose counter is
 * (`low` + i, `high` + carry), the counter read as a 64-bit number with `low` its less significant word.
 * An odd last word is the first word of its block.
 */
export function fillThreefry(
  words: Uint32Array,
  key0: number,
  key1: number,
  low: number,
  high: number,
): void {
  const k0 = key0 | 0;
  const k1 = key1 | 0;
  const k2 = parity ^ k0 ^ k1;
  // The key injections, with their round number added once.
  const k2n1 = (k2 + 1) | 0;
  const k0n2 = (k0 + 2) | 0;
  const k1n3 = (k1 + 3) | 0;
  const k2n4 = (k2 + 4) | 0;
  const k0n5 = (k0 + 5) | 0;
  const n = words.length;
  let lo = low | 0;
  let hi = high | 0;
  for (let i = 0; i < n; i += 4) {
    // Two blocks side by side: their chains of dependent operations overlap in the processor.
    let a0 = (lo + k0) | 0;
    let a1 = (hi + k1) | 0;
    lo = (lo + 1) | 0;
    if (lo === 0) hi = (hi + 1) | 0;
    let b0 = (lo + k0) | 0;
    let b1 = (hi + k1) | 0;
    lo = (lo + 1) | 0;
    if (lo === 0) hi = (hi + 1) | 0;

    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 13) | (a1 >>> 19)) ^ a0;
    b1 = ((b1 << 13) | (b1 >>> 19)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 15) | (a1 >>> 17)) ^ a0;
    b1 = ((b1 << 15) | (b1 >>> 17)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 26) | (a1 >>> 6)) ^ a0;
    b1 = ((b1 << 26) | (b1 >>> 6)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 6) | (a1 >>> 26)) ^ a0;
    b1 = ((b1 << 6) | (b1 >>> 26)) ^ b0;
    a0 = (a0 + k1) | 0;
    a1 = (a1 + k2n1) | 0;
    b0 = (b0 + k1) | 0;
    b1 = (b1 + k2n1) | 0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 17) | (a1 >>> 15)) ^ a0;
    b1 = ((b1 << 17) | (b1 >>> 15)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 29) | (a1 >>> 3)) ^ a0;
    b1 = ((b1 << 29) | (b1 >>> 3)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 16) | (a1 >>> 16)) ^ a0;
    b1 = ((b1 << 16) | (b1 >>> 16)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 24) | (a1 >>> 8)) ^ a0;
    b1 = ((b1 << 24) | (b1 >>> 8)) ^ b0;
    a0 = (a0 + k2) | 0;
    a1 = (a1 + k0n2) | 0;
    b0 = (b0 + k2) | 0;
    b1 = (b1 + k0n2) | 0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 13) | (a1 >>> 19)) ^ a0;
    b1 = ((b1 << 13) | (b1 >>> 19)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 15) | (a1 >>> 17)) ^ a0;
    b1 = ((b1 << 15) | (b1 >>> 17)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 26) | (a1 >>> 6)) ^ a0;
    b1 = ((b1 << 26) | (b1 >>> 6)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 6) | (a1 >>> 26)) ^ a0;
    b1 = ((b1 << 6) | (b1 >>> 26)) ^ b0;
    a0 = (a0 + k0) | 0;
    a1 = (a1 + k1n3) | 0;
    b0 = (b0 + k0) | 0;
    b1 = (b1 + k1n3) | 0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 17) | (a1 >>> 15)) ^ a0;
    b1 = ((b1 << 17) | (b1 >>> 15)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 29) | (a1 >>> 3)) ^ a0;
    b1 = ((b1 << 29) | (b1 >>> 3)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 16) | (a1 >>> 16)) ^ a0;
    b1 = ((b1 << 16) | (b1 >>> 16)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 24) | (a1 >>> 8)) ^ a0;
    b1 = ((b1 << 24) | (b1 >>> 8)) ^ b0;
    a0 = (a0 + k1) | 0;
    a1 = (a1 + k2n4) | 0;
    b0 = (b0 + k1) | 0;
    b1 = (b1 + k2n4) | 0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 13) | (a1 >>> 19)) ^ a0;
    b1 = ((b1 << 13) | (b1 >>> 19)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 15) | (a1 >>> 17)) ^ a0;
    b1 = ((b1 << 15) | (b1 >>> 17)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 26) | (a1 >>> 6)) ^ a0;
    b1 = ((b1 << 26) | (b1 >>> 6)) ^ b0;
    a0 = (a0 + a1) | 0;
    b0 = (b0 + b1) | 0;
    a1 = ((a1 << 6) | (a1 >>> 26)) ^ a0;
    b1 = ((b1 << 6) | (b1 >>> 26)) ^ b0;
    a0 = (a0 + k2) | 0;
    a1 = (a1 + k0n5) | 0;
    b0 = (b0 + k2) | 0;
    b1 = (b1 + k0n5) | 0;

    words[i] = a0;
    if (i + 1 < n) words[i + 1] = a1;
    if (i + 2 < n) words[i + 2] = b0;
    if (i + 3 < n) words[i + 3] = b1;
  }
}
