/** Dividing chains, and putting together what became of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../src/bind/fingerprint.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { liveRun, scalarsBetween } from '../../src/scale/live.ts';
import { mergeDraws } from '../../src/scale/merge.ts';
import { split, spreadOf } from '../../src/scale/split.ts';
import type { Draws } from '../../src/stats/draws.ts';

const counts = fc.integer({ min: 1, max: 200 });

/** Draws whose every number is another. */
function numbered(chains: number, draws: number, shapes: readonly (readonly number[])[]): Draws {
  return {
    chains,
    draws,
    quantities: shapes.map((shape, q) => {
      const size = chains * draws * shape.reduce((a, b) => a * b, 1);
      return {
        name: `q${q}`,
        role: 'unknown',
        kind: 'real',
        shape,
        values: Float64Array.from({ length: size }, (_, i) => q + i / 1e6),
      };
    }),
  };
}

/** The first `draws` of chains `from` … `from + count − 1`. */
const cut = (d: Draws, from: number, count: number, draws: number): Draws => ({
  chains: count,
  draws,
  quantities: d.quantities.map((q) => {
    const size = q.values.length / (d.chains * d.draws);
    const rows = Array.from({ length: count }, (_, c) => {
      const at = (from + c) * d.draws * size;
      return [...q.values.subarray(at, at + draws * size)];
    });
    return { ...q, values: Float64Array.from(rows.flat()) };
  }),
});

describe('split', () => {
  it('gives every chain to one part, in order, evenly', () => {
    fc.assert(
      fc.property(counts, counts, (chains, workers) => {
        const parts = split(chains, workers);
        expect(parts).toHaveLength(Math.min(chains, workers));
        let next = 0;
        for (const p of parts) {
          expect(p.from).toBe(next);
          next += p.count;
        }
        expect(next).toBe(chains);
        const sizes = parts.map((p) => p.count);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('mergeDraws', () => {
  const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), {
    minLength: 1,
    maxLength: 3,
  });

  it('undoes split', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        shapes,
        (chains, draws, workers, shapes) => {
          const whole = numbered(chains, draws, shapes);
          const parts = split(chains, workers).map((p) => cut(whole, p.from, p.count, draws));
          expect(mergeDraws(parts)).toEqual(whole);
        },
      ),
    );
  });

  it('keeps as many draws as the shortest part has', () => {
    const whole = numbered(5, 4, [[], [2, 3]]);
    const parts = [cut(whole, 0, 2, 4), cut(whole, 2, 2, 1), cut(whole, 4, 1, 3)];
    expect(mergeDraws(parts)).toEqual(cut(whole, 0, 5, 1));
  });
});

describe('liveRun', () => {
  it('collects what scalars were recorded, and shows the present states of all', () => {
    const whole = numbered(3, 6, [[], [2]]);
    const parts = split(3, 2);
    const live = liveRun(parts);
    const tell = (i: number, from: number, to: number): void => {
      const { from: first, count } = parts[i];
      const own = cut(whole, first, count, 6);
      live.hear(i, {
        now: cut(whole, first, count, 1),
        draws: 6,
        recorded: to,
        fresh: scalarsBetween(own, from, to),
      });
    };
    tell(0, 0, 2);
    expect(live.show()).toBeNull();
    tell(1, 0, 4);
    tell(0, 2, 3);
    const shown = live.show();
    expect(shown?.recorded).toBe(3);
    expect(shown?.now).toEqual(cut(whole, 0, 3, 1));
    expect(shown?.record.draws).toBe(6);
    expect(shown?.record.quantities.map((q) => q.name)).toEqual(['q0']);
    for (let c = 0; c < 3; c++)
      expect(shown?.record.quantities[0].values.subarray(c * 6, c * 6 + 3)).toEqual(
        whole.quantities[0].values.subarray(c * 6, c * 6 + 3),
      );
  });
});

describe('spreadOf', () => {
  const engine = referenceEngine();
  it('takes what is asked for, or what there is', () => {
    expect(spreadOf(engine, 4, 8, undefined)).toEqual({ workers: 4, why: '4 chains' });
    expect(spreadOf(engine, 100, 8, undefined)).toEqual({ workers: 8, why: '8 cores' });
    expect(spreadOf(engine, 100, 8, 3)).toEqual({ workers: 3, why: 'as asked for' });
    expect(spreadOf(engine, 2, 8, 3)).toEqual({ workers: 2, why: '2 chains' });
  });
  it('stays with one and says why', () => {
    expect(spreadOf(engine, 1, 8, 4)).toEqual({ workers: 1, why: 'one chain' });
    expect(spreadOf(engine, 4, 8, 1)).toEqual({ workers: 1, why: 'as asked for' });
    expect(spreadOf(engine, 4, 1, undefined)).toEqual({ workers: 1, why: 'one core' });
    expect(spreadOf(engine, 4, 0, 2).why).toBe('there are no threads to be had here');
    expect(spreadOf({ ...engine, name: 'tfjs:wasm', separable: false }, 4, 8, 4)).toEqual({
      workers: 1,
      why: 'the last digits of tfjs:wasm depend on how many chains are computed together',
    });
  });
});

describe('fingerprint', () => {
  const of = (name: string, shape: readonly number[], data: Float64Array | Uint8Array) =>
    fingerprint([[{ name }, { shape, data }]]);
  it('sees names, shapes and every byte', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 20 }), fc.nat(), (numbers, at) => {
        const data = Float64Array.from(numbers);
        const same = of('x', [numbers.length], data);
        expect(of('x', [numbers.length], data.slice())).toBe(same);
        expect(of('y', [numbers.length], data)).not.toBe(same);
        expect(of('x', [1, numbers.length], data)).not.toBe(same);
        const other = new Uint8Array(data.slice().buffer);
        other[at % other.length] ^= 1;
        expect(of('x', [numbers.length], new Float64Array(other.buffer))).not.toBe(same);
      }),
    );
  });
  it('does not depend on where an array lies in its buffer', () => {
    const bytes = Uint8Array.from({ length: 41 }, (_, i) => i);
    const part = bytes.subarray(4, 13);
    expect(of('x', [9], part)).toBe(of('x', [9], part.slice()));
  });
});
