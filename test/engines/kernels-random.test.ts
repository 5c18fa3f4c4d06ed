import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulkDraws, type Jump, openDraws } from '../../src/engines/kernels/random/draws.ts';
import { cumulativeRows, heatKernel, perturbState, transitionMatrix } from '../../src/learn/heat-kernels.ts';
import { Stream } from '../../src/random/stream.ts';

/** A stream at some place, and the same again. */
const twice = (seed: number, position: number): readonly [Stream, Stream] => {
  const make = (): Stream => {
    const s = new Stream(seed, 'bulk');
    s.position = position;
    return s;
  };
  return [make(), make()];
};

/** The bits of an array, so that −0 is not 0 and NaN is itself. */
const bits = (x: Float64Array): number[] => [...new Uint32Array(x.buffer, x.byteOffset, 2 * x.length)];

const category = { kind: 'category', values: { size: 5 } } as unknown as Parameters<typeof heatKernel>[0];
const jumps: readonly (readonly [string, Jump])[] = [
  ['bits', jump({ kind: 'bit' }, 0.1, 2)],
  ['spins that nearly always stay', jump({ kind: 'spin' }, 1e-5, 2)],
  ['bits at time 0', jump({ kind: 'bit' }, 0, 2)],
  ['a category', jump(category, 0.7, 5)],
  ['whole numbers', jump({ kind: 'int', lo: -3, hi: 9 }, 4, 13)],
  ['an order at time 0', jump({ kind: 'ordinal', size: 4 }, 0, 4)],
  ['an order that forgets', jump({ kind: 'ordinal', size: 7 }, 1000, 7)],
  ['one state', jump({ kind: 'ordinal', size: 1 }, 2, 1)],
  ['a ring', jump({ kind: 'cyclic', size: 24 }, 3, 24)],
  ['a ring of two', jump({ kind: 'cyclic', size: 2 }, 0.3, 2)],
  ['a long ring', jump({ kind: 'cyclic', size: 30000 }, 1e6, 30000)],
  ['a table', tableJump(9, 0.4)],
  ['a table of one state', tableJump(1, 0.4)],
];

function jump(domain: Parameters<typeof heatKernel>[0], t: number, states: number): Jump {
  const kernel = heatKernel(domain, t, states);
  if (kernel.kind === 'gaussian' || kernel.kind === 'wrapped') throw new Error('not discrete');
  return kernel;
}

/** A walk whose rows differ. */
function tableJump(states: number, t: number): Jump {
  const matrix = transitionMatrix({ kind: 'ordinal', size: states }, t, states);
  return { kind: 'table', states, offset: 1, scale: 3, rows: cumulativeRows(matrix, states) };
}

describe.each([4, 1] as const)('random numbers for whole arrays, %d words at a time', (width) => {
  const bulk = openDraws(width)!;

  it('is what this machine has', () => {
    expect(bulk).not.toBeNull();
    expect(bulk.simd).toBe(width === 4);
  });

  it('draws the words of a stream, from anywhere and of any length', () => {
    const position = fc.oneof(
      fc.nat(50),
      // Around the carry into the upper half of the counter.
      fc.integer({ min: 2 ** 33 - 70, max: 2 ** 33 + 5 }),
      fc.integer({ min: 2 ** 34 - 70, max: 2 ** 34 }),
    );
    fc.assert(
      fc.property(fc.nat(), position, fc.nat(90), (seed, at, length) => {
        const [one, other] = twice(seed, at);
        const [a, b] = [new Uint32Array(length), new Uint32Array(length)];
        one.fillWords(a);
        bulk.fillWords(b, other);
        expect(b).toEqual(a);
        expect(other.position).toBe(one.position);
      }),
    );
  });

  it('draws more words than a piece holds', () => {
    const [one, other] = twice(3, 1);
    const [a, b] = [new Uint32Array(20001), new Uint32Array(20001)];
    one.fillWords(a);
    bulk.fillWords(b, other);
    expect(b).toEqual(a);
  });

  it('draws the normals of a stream to the last bit, tails included', () => {
    for (const [position, length] of [
      [0, 0],
      [0, 1],
      [3, 2],
      [7, 33],
      [4, 4096],
      [5, 20001],
    ]) {
      const [one, other] = twice(length, position);
      const [a, b] = [new Float64Array(length), new Float64Array(length)];
      one.fillNormal(a);
      bulk.fillNormal(b, other);
      expect(bits(b)).toEqual(bits(a));
      expect(other.position).toBe(one.position);
    }
  });

  it.each(jumps)('moves %s as one value after another is moved', (_, j) => {
    expect(bulk.knows(j, 17)).toBe(true);
    for (const [count, copies, elements] of [
      [1, 1, 1],
      [3, 1, 1],
      [5, 7, 1],
      [2, 3, 5],
      [700, 6, 1],
      [31, 32, 17],
      [2, 5, 4099],
      [3, 3, 1366],
    ]) {
      const [one, other] = twice(count, elements % 3);
      const from = Float64Array.from(
        { length: count * elements },
        (_, k) => j.offset + j.scale * ((7 * k + 3) % j.states),
      );
      const to = new Float64Array(count * copies * elements);
      bulk.jump(j, from, to, { count, copies, elements }, other);
      const expected = to.map((_, k) => {
        const n = Math.floor(k / (copies * elements));
        const state = (from[n * elements + (k % elements)] - j.offset) / j.scale;
        // `perturbState` reads a ring's running sums and a table's rows alike.
        const kernel = j.kind === 'redraw' ? { ...j, steps: new Float64Array(0) } : j;
        return (
          j.offset +
          j.scale *
            perturbState(kernel.kind === 'ring' ? { ...kernel, redraw: 0 } : kernel, state, one.uniform32())
        );
      });
      expect(to).toEqual(expected);
      expect(other.position).toBe(one.position);
    }
  });

  it('changes tables between calls', () => {
    const [a, b] = [jumps[4][1], jumps[11][1]];
    const draw = (j: Jump): Float64Array => {
      const to = new Float64Array(300);
      bulk.jump(
        j,
        new Float64Array(300).fill(j.offset),
        to,
        { count: 300, copies: 1, elements: 1 },
        new Stream(1),
      );
      return to;
    };
    const first = draw(a);
    const second = draw(b);
    expect(draw(a)).toEqual(first);
    expect(draw(b)).toEqual(second);
    expect(first).not.toEqual(second);
  });
});

describe('random numbers for whole arrays', () => {
  it('leave tables to others that are too large', () => {
    const j: Jump = { kind: 'table', states: 300, offset: 0, scale: 1, rows: new Float64Array(90000) };
    expect(bulkDraws()!.knows(j, 1)).toBe(false);
    expect(bulkDraws()!.knows(jumps[0][1], 2 ** 21)).toBe(false);
  });

  it('are one for all', () => {
    expect(bulkDraws()).toBe(bulkDraws());
  });
});
