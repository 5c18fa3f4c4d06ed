import { describe, expect, it } from 'vitest';
import { type Domain, isArranged, isDiscrete, stateCount, valueMap } from '../../src/domain.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import type { IndexSet, Slot } from '../../src/ir/types.ts';
import { type ElementDomain, scaledTime, transitionMatrix } from '../../src/learn/heat-kernels.ts';
import { columnScales, makePerturbation } from '../../src/learn/perturb.ts';
import { Stream } from '../../src/random/stream.ts';
import { realLine, sameTimes } from './toy.ts';

const b = new Builder();
const sizeOf = (s: IndexSet): number => staticSize(s)!;
const discrete: readonly ElementDomain[] = [
  { kind: 'bit' },
  { kind: 'spin' },
  { kind: 'category', values: b.range(4) },
  { kind: 'int', lo: -2, hi: 2 },
  { kind: 'ordinal', size: 6 },
  { kind: 'cyclic', size: 5 },
];

const perturb = (u: Slot, values: number[], rows: number, draws: number, seed = 3, t = 0.05) => {
  const column = { shape: [rows, ...u.sets.map(sizeOf)], data: Float64Array.from(values) };
  const p = makePerturbation({
    unknowns: [u],
    sizeOf,
    columns: new Map([[u, column]]),
    rows,
    draws,
    times: sameTimes(t),
  });
  p.draw(new Map([[u, column.data]]), new Stream(seed));
  return { y: p.corrupted.get(u)!, x: p.negatives.get(u)! };
};

describe.each(discrete)('a perturbed $kind', (domain) => {
  const states = stateCount(domain, sizeOf);
  const { offset, scale } = valueMap(domain);
  const u = b.slot('unknown', 'u', domain, [], undefined);
  const matrix = transitionMatrix(domain, scaledTime(domain, 0.05, states), states);

  /** Counts of moves against the matrix, as χ² of each row; its 99.99 % point by Wilson and Hilferty. */
  const check = (from: ArrayLike<number>, to: ArrayLike<number>): void => {
    const counts = new Float64Array(states * states);
    for (let i = 0; i < from.length; i++)
      counts[((from[i] - offset) / scale) * states + (to[i] - offset) / scale]++;
    for (let a = 0; a < states; a++) {
      const row = counts.subarray(a * states, (a + 1) * states);
      const total = row.reduce((x, y) => x + y, 0);
      let chi = 0;
      row.forEach((count, c) => {
        const expected = total * matrix[a * states + c];
        chi += (count - expected) ** 2 / expected;
      });
      const df = states - 1;
      const v = 2 / (9 * df);
      expect(chi).toBeLessThan(df * (1 - v + 3.72 * Math.sqrt(v)) ** 3);
    }
  };

  it('is corrupted and recovered by the transition matrix at the scaled time', () => {
    const rows = 6000;
    const draws = 3;
    const values = Array.from({ length: rows }, (_, n) => offset + scale * (n % states));
    const { x, y } = perturb(u, values, rows, draws);
    check(values, y);
    check(
      Array.from({ length: rows * draws }, (_, k) => y[Math.floor(k / draws)]),
      x,
    );
  });
});

describe('a perturbed real', () => {
  it('has variance t·var(column), from a corruption shared by its recoveries', () => {
    const u = b.slot('unknown', 'z', realLine, [b.range(2)], undefined);
    const rows = 4000;
    const draws = 2;
    const values = Array.from(
      { length: rows * 2 },
      (_, i) => (i % 2 === 0 ? 5 : 100) * (((i >> 1) % 2) * 2 - 1),
    );
    const { x, y } = perturb(u, values, rows, draws, 3, 0.04);
    for (const e of [0, 1]) {
      const variance = 0.04 * [25, 10000][e];
      const mean = (f: (n: number) => number): number =>
        Array.from({ length: rows }, (_, n) => f(n)).reduce((a, c) => a + c, 0) / rows;
      const at = (n: number): number => values[n * 2 + e];
      const back = (n: number, m: number): number => x[(n * draws + m) * 2 + e];
      // The mean of a squared normal over n draws has standard error variance·√(2/n).
      const error = 4 * Math.sqrt(2 / rows);
      expect(Math.abs(mean((n) => (y[n * 2 + e] - at(n)) ** 2) / variance - 1)).toBeLessThan(error);
      expect(Math.abs(mean((n) => (back(n, 0) - at(n)) ** 2) / (2 * variance) - 1)).toBeLessThan(error);
      // Two recoveries share y − x: covariance `variance`; the product has variance 5·variance² (2·2 + 1).
      const shared = mean((n) => (back(n, 0) - at(n)) * (back(n, 1) - at(n)));
      expect(Math.abs(shared / variance - 1)).toBeLessThan(4 * Math.sqrt(5 / rows));
    }
  });

  it('stays within its bounds', () => {
    const u = b.slot('unknown', 'z', { kind: 'real', lo: 0, hi: 1 }, [], undefined);
    const values = Array.from({ length: 500 }, (_, n) => (n + 0.5) / 500);
    const { x, y } = perturb(u, values, 500, 4, 3, 5);
    for (const v of [...x, ...y]) {
      expect(v).toBeGreaterThanOrEqual(0);
      expect(v).toBeLessThanOrEqual(1);
    }
  });

  it('takes 1 as the scale of a constant column', () => {
    expect(columnScales({ shape: [3, 2], data: Float64Array.of(0.1, 1, 0.1, 2, 0.1, 3) }, 2)).toEqual([
      1,
      Math.sqrt(2 / 3),
    ]);
  });
});

describe('perturbations', () => {
  const range = b.range(4);
  const pairs = [
    [0, 1, 2],
    [1, 2, 3],
  ].map((column, k) => ({
    slot: b.slot('data', `pairs ${k}`, { kind: 'int', lo: 0, hi: 3 }, [], undefined),
    values: { shape: [3], data: Float64Array.from(column) },
  }));
  const pairSet = b.set('pair', { kind: 'tuples', tables: pairs.map((p) => p.slot) } as never);
  const domains: readonly Domain[] = [
    ...discrete,
    { kind: 'category', values: range, graph: pairSet } as Domain,
    realLine,
    { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY },
    { kind: 'real', lo: -0.5, hi: 0.75 },
    { kind: 'angle' },
    { kind: 'permutation', values: range },
  ];

  it.each(
    domains.flatMap((domain) =>
      [{}, { scales: 3 }, { stratified: true }, { last: 0.1 }].map((more) => ({ domain, more })),
    ),
  )('are the same with and without WebAssembly: $domain.kind, $more', ({ domain, more }) => {
    for (const [rows, draws, size] of [
      [1, 1, null],
      [67, 5, null],
      [13, 7, 3],
      [40, 32, 8],
    ] as const) {
      const sets = domain.kind === 'permutation' ? [range] : size === null ? [] : [b.range(size)];
      const u = b.slot('unknown', 'u', domain, sets, undefined);
      const elements = sets.reduce((n, s) => n * sizeOf(s), 1);
      const states = isDiscrete(domain) && !isArranged(domain) ? stateCount(domain, sizeOf) : 4;
      const { offset, scale } =
        isDiscrete(domain) && !isArranged(domain) ? valueMap(domain) : { offset: 0, scale: 1 };
      const values = Float64Array.from({ length: rows * elements }, (_, k) =>
        isDiscrete(domain) ? offset + scale * (k % states) : Math.abs(Math.sin(k)) / 2,
      );
      const column = { shape: [rows, ...sets.map(sizeOf)], data: values };
      const spec = {
        unknowns: [u],
        sizeOf,
        columns: new Map([[u, column]]),
        constants: new Map(pairs.map((p) => [p.slot, p.values])),
        rows,
        draws,
        times: sameTimes(0.3),
        ...more,
      };
      const [one, other] = [makePerturbation(spec), makePerturbation(spec, null)];
      for (const progress of [0, 0.7]) {
        for (const p of [one, other]) p.draw(new Map([[u, values]]), new Stream(9), progress);
        expect(one.corrupted.get(u)).toEqual(other.corrupted.get(u));
        expect(one.negatives.get(u)).toEqual(other.negatives.get(u));
      }
    }
  });

  it('depend on the stream and the name alone, not on the other unknowns', () => {
    const one = b.slot('unknown', 'one', { kind: 'bit' }, [b.range(10)], undefined);
    const other = b.slot('unknown', 'other', realLine, [], undefined);
    const column = { shape: [20, 10], data: new Float64Array(200) };
    const reals = { shape: [20], data: Float64Array.from({ length: 20 }, (_, i) => i) };
    const both = new Map([
      [one, column],
      [other, reals],
    ]);
    const draw = (unknowns: readonly Slot[], seed: number): number[] => {
      const p = makePerturbation({
        unknowns,
        sizeOf,
        columns: both,
        rows: 20,
        draws: 3,
        times: sameTimes(0.3),
      });
      p.draw(new Map([...both].map(([s, a]) => [s, a.data])), new Stream(seed));
      return [...p.negatives.get(one)!];
    };
    expect(draw([other, one], 4)).toEqual(draw([one], 4));
    expect(draw([one], 5)).not.toEqual(draw([one], 4));
  });
});
