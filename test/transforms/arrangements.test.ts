import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArrangedDomain } from '../../src/domain.ts';
import type { IndexSet } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import {
  arrangementFault,
  binomial,
  type Completions,
  completeAtRandom,
  completions,
  writeArrangement,
} from '../../src/transforms/arrangements.ts';

const range = (size: number): IndexSet => ({ id: 0, name: '', kind: { kind: 'range', size } });
const permutation = (n: number): ArrangedDomain => ({ kind: 'permutation', values: range(n) });
const subset = (n: number, count: number): ArrangedDomain => ({ kind: 'subset', of: range(n), count });

/** An arrangement at random with some of its elements given. */
const anyGiven = fc
  .record({
    n: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .chain(({ n, seed, share }) =>
    fc.integer({ min: 0, max: n }).chain((m) =>
      fc.constantFrom(permutation(n), subset(n, m)).map((d) => {
        const stream = new Stream(seed, 'given');
        const x = new Float64Array(n).fill(-1);
        completeAtRandom(free(d, n), stream, x);
        const fixed = Uint8Array.from({ length: n }, () => Number(stream.uniform() < share));
        return { d, x, fixed, stream };
      }),
    ),
  );

function free(d: ArrangedDomain, n: number): Completions {
  const all = completions(d, new Uint8Array(n), new Float64Array(n));
  if (typeof all === 'string') throw new Error(all);
  return all;
}

describe('arrangements', () => {
  it('are numbered, each once, in lexicographic order, with what is given kept', () => {
    fc.assert(
      fc.property(anyGiven, ({ d, x, fixed }) => {
        const all = completions(d, fixed, x);
        if (typeof all === 'string') throw new Error(all);
        const seen = Array.from({ length: all.count }, (_, code) => {
          const y = x.map((v, i) => (fixed[i] !== 0 ? v : -1));
          writeArrangement(all, code, y);
          expect(arrangementFault(d, y)).toBeUndefined();
          y.forEach((v, i) => {
            if (fixed[i] !== 0) expect(v).toBe(x[i]);
          });
          return y.join(' ');
        });
        expect([...new Set(seen)].sort()).toEqual(seen);
        expect(seen).toContain(x.join(' '));
      }),
      { numRuns: 80 },
    );
  });

  it('at random are uniform', () => {
    for (const [d, n, count] of [
      [permutation(4), 4, 24],
      [subset(5, 2), 5, 10],
    ] as const) {
      const stream = new Stream(4, d.kind);
      const runs = 12_000;
      const counts = new Map<string, number>();
      for (let r = 0; r < runs; r++) {
        const x = new Float64Array(n).fill(-1);
        completeAtRandom(free(d, n), stream, x);
        counts.set(x.join(''), (counts.get(x.join('')) ?? 0) + 1);
      }
      expect(counts.size).toBe(count);
      for (const c of counts.values())
        expect(Math.abs(c / runs - 1 / count)).toBeLessThan(4.5 * Math.sqrt(1 / count / runs));
    }
  });

  it('stay as they are when they agree with what is given, and are mended where not', () => {
    fc.assert(
      fc.property(anyGiven, fc.nat(), ({ d, x, fixed, stream }, seed) => {
        const all = completions(d, fixed, x);
        if (typeof all === 'string') throw new Error(all);
        const same = x.slice();
        completeAtRandom(all, stream, same);
        expect(same).toEqual(x);
        const other = new Float64Array(x.length).fill(-1);
        completeAtRandom(free(d, x.length), new Stream(seed, 'other'), other);
        fixed.forEach((f, i) => {
          if (f !== 0) other[i] = x[i];
        });
        completeAtRandom(all, stream, other);
        expect(arrangementFault(d, other)).toBeUndefined();
      }),
      { numRuns: 80 },
    );
  });

  it('are told from what is none', () => {
    expect(arrangementFault(permutation(3), [0, 2, 2])).toBe('holds 2 twice');
    expect(arrangementFault(subset(3, 1), [1, 0, 1])).toBe('holds 2 elements; the subset has 1');
    expect(arrangementFault(subset(3, 1), [0, 0, 0])).toBe('holds 0 elements; the subset has 1');
  });
});

describe('binomial', () => {
  it('is exact', () => {
    expect(binomial(52, 5)).toBe(2598960);
    expect(binomial(50, 25)).toBe(126410606437752);
    expect([binomial(4, 0), binomial(4, 4), binomial(4, 5), binomial(4, -1)]).toEqual([1, 1, 0, 0]);
  });
});
