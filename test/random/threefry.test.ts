import { describe, expect, it } from 'vitest';
import { fillThreefry, type Key, threefry2x32 } from '../../src/random/threefry.ts';

describe('Threefry2x32-20', () => {
  // The known-answer vectors that accompany Random123 (Salmon et al. 2011).
  const vectors: readonly { counter: Key; key: Key; out: Key }[] = [
    { counter: [0, 0], key: [0, 0], out: [0x6b200159, 0x99ba4efe] },
    {
      counter: [0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      out: [0x1cb996fc, 0xbb002be7],
    },
    {
      counter: [0x243f6a88, 0x85a308d3],
      key: [0x13198a2e, 0x03707344],
      out: [0xc4923a9c, 0x483df7a0],
    },
  ];

  for (const { counter, key, out } of vectors) {
    it(`gives the published block for counter ${counter.map((w) => w.toString(16))}`, () => {
      expect(threefry2x32(counter, key)).toEqual([...out]);
    });
  }

  it('fills with consecutive blocks, whatever the length', () => {
    const key: Key = [0x13198a2e, 0x03707344];
    for (const n of [1, 2, 3, 4, 5, 11]) {
      const words = new Uint32Array(n);
      fillThreefry(words, key[0], key[1], 5, 9);
      const expected = Array.from({ length: n }, (_, i) => threefry2x32([5 + (i >> 1), 9], key)[i & 1]);
      expect([...words]).toEqual(expected);
    }
  });

  it('carries into the upper counter word at 2^32', () => {
    for (const low of [0xfffffffe, 0xffffffff]) {
      const words = new Uint32Array(8);
      fillThreefry(words, 1, 2, low, 3);
      const expected = [0, 1, 2, 3].flatMap((i) =>
        low + i < 2 ** 32 ? threefry2x32([low + i, 3], [1, 2]) : threefry2x32([low + i - 2 ** 32, 4], [1, 2]),
      );
      expect([...words]).toEqual(expected);
    }
  });
});
