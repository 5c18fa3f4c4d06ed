import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { correlationRatio, cramersV, pearson } from '../../src/stats/association.ts';
import { compareTables } from '../../src/stats/comparison.ts';
import type { MixedColumn } from '../../src/stats/features.ts';
import { histogram } from '../../src/stats/histogram.ts';
import { mmdBetween, relabelled, rowKernel } from '../../src/stats/kernel-test.ts';
import { type ComparedColumn, marginalDistances, wasserstein } from '../../src/stats/marginal-distances.ts';
import { gaussianMmd, hammingMmd } from '../../src/stats/mmd.ts';
import { pairAssociations, worstPairs } from '../../src/stats/pair-associations.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const nan = Number.NaN;

const real = (name: string, data: Float64Array, draws: Float64Array): ComparedColumn => ({
  name,
  kind: 'continuous',
  form: 'real',
  data,
  draws,
});
const category = (name: string, data: Float64Array, draws: Float64Array): ComparedColumn => ({
  name,
  kind: 'discrete',
  form: 'category',
  labels: ['x', 'y', 'z'],
  data,
  draws,
});

describe('marginalDistances', () => {
  it('are those of the definitions, worst first, missing cells left out', () => {
    const found = marginalDistances(
      [
        real('u', of(0, 1, 2, 3), of(0, 1, 2, 5)),
        category('c', of(0, 0, 1, nan), of(0, 1, 1, 2)),
        { ...category('n', of(0, 1, 2, 3), of(0, 1, 2, 2)), form: 'integer', labels: undefined },
      ],
      4,
      new Stream(1),
    );
    expect(found.map((m) => [m.name, m.measure, m.missing])).toEqual([
      ['c', 'total_variation', 1],
      ['u', 'kolmogorov_smirnov', 0],
      ['n', 'total_variation', 0],
    ]);
    // Frequencies ⅔, ⅓, 0 against ¼, ½, ¼: half of 5/12 + 2/12 + 3/12.
    expect(found[0].distance).toBeCloseTo(5 / 12, 14);
    expect(found[0].wasserstein).toBeNull();
    expect(found[1].distance).toBe(0.25);
    // One value in four moves by 2; the data's standard deviation is √1.25.
    expect(found[1].wasserstein).toBeCloseTo(0.5 / Math.sqrt(1.25), 14);
    expect(found[2].distance).toBe(0.25);
  });

  it('say what chance makes: samples of one distribution stay below it nineteen times in twenty', () => {
    let above = 0;
    const tries = 200;
    for (let k = 0; k < tries; k++) {
      const s = new Stream(k, 'chance');
      const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => s.normal());
      const [m] = marginalDistances([real('u', normals(40), normals(60))], 60, s);
      if (m.distance > m.chance) above++;
    }
    // 59 relabellings: the 57th of 60 values is exceeded with probability 3/60 at most.
    expect(above / tries).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / tries));
  });

  it('expect more of chance where the draws are worth less', () => {
    const s = new Stream(2, 'worth');
    const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => s.normal());
    const column = real('u', normals(500), normals(500));
    const [all] = marginalDistances([column], 500, new Stream(1));
    const [few] = marginalDistances([column], 20, new Stream(1));
    // √(1/500 + 1/500) against √(1/500 + 1/20).
    expect(few.chance / all.chance).toBeGreaterThan(2);
  });

  it('moves values as far as they must go', () => {
    expect(wasserstein(of(0, 2), of(0, 2))).toBe(0);
    expect(wasserstein(of(0, 2), of(3, 5))).toBe(3);
    expect(wasserstein(of(0, 2), of(1))).toBe(1);
    expect(wasserstein(of(1, 1), of(1))).toBeNaN();
    expect(wasserstein(of(0, 1), of())).toBeNaN();
  });
});

describe('histogram', () => {
  it('counts bins and levels as shares', () => {
    const bins = histogram(of(0, 1, 2, 27.999), of(28), 'real');
    expect(bins).toMatchObject({ kind: 'bins', lo: 0, hi: 28 });
    expect(bins.data.filter((v) => v > 0)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(bins.draws[27]).toBe(1);
    expect(histogram(of(0, 0, 1), of(2), 'category', ['x', 'y', 'z', 'w'])).toEqual({
      kind: 'levels',
      labels: ['x', 'y', 'z', 'w'],
      data: [0.66667, 0.33333, 0, 0],
      draws: [0, 0, 1, 0],
      others: 0,
    });
    const spins = histogram(of(-1, 1), of(-1), 'integer');
    expect(spins).toMatchObject({ labels: ['−1', '1'], data: [0.5, 0.5], draws: [1, 0] });
    const many = histogram(
      Float64Array.from({ length: 40 }, (_, i) => i),
      of(3),
      'category',
    );
    expect(many).toMatchObject({ kind: 'levels', others: 16 });
    const named = Array.from({ length: 12 }, (_, i) => `v${i}`);
    expect(histogram(of(1, 1, 2), of(11), 'category', named)).toMatchObject({ others: 2 });
    expect(histogram(of(3, 3), of(3), 'real')).toMatchObject({ kind: 'bins' });
  });
});

describe('associations', () => {
  it('are r, η and V', () => {
    expect(pearson([1, 2, 3, 4], [2, 1, 4, 3])).toBeCloseTo(0.6, 14);
    // Group means 1 and 5 about 3, variance between 4 of 4 + 1/2·… : y = 0, 2, 4, 6 has variance 5.
    expect(correlationRatio([0, 0, 1, 1], [0, 2, 4, 6])).toBeCloseTo(Math.sqrt(4 / 5), 14);
    expect(cramersV([0, 0, 1, 1], [5, 5, 7, 7])).toBeCloseTo(1, 14);
    expect(cramersV([0, 0, 1, 1], [5, 7, 5, 7])).toBe(0);
    expect(correlationRatio([1, 1], [0, 2])).toBeNaN();
    expect(cramersV([1, 1], [0, 2])).toBeNaN();
    expect(pearson([1, 1], [0, 2])).toBeNaN();
  });

  it('of all pairs, with their differences, leave out a row that lacks a cell', () => {
    const found = pairAssociations(
      [
        real('u', of(1, 2, 3, 4), of(1, 2, 3, 4)),
        real('v', of(1, 2, 3, nan), of(4, 3, 2, 1)),
        category('c', of(0, 1, 2, 0), of(0, 1, 2, 0)),
      ],
      4,
      new Stream(1),
    );
    expect(found.names).toEqual(['u', 'v', 'c']);
    expect(found.measures).toEqual(['correlation', 'correlation_ratio', 'correlation_ratio']);
    expect([found.data[0], found.draws[0]]).toEqual([1, -1]);
    expect(found.data[2]).toBe(1);
    expect(worstPairs(found, 1)).toEqual([{ names: ['u', 'v'], measure: 'correlation', data: 1, draws: -1 }]);
  });
});

describe('the kernel test', () => {
  const rows = (n: number, from = 0): Int32Array => Int32Array.from({ length: n }, (_, i) => from + i);
  const flat = (columns: readonly MixedColumn[], from: number, to: number) => ({
    width: columns.length,
    values: Float64Array.from({ length: (to - from) * columns.length }, (_, k) => {
      return columns[k % columns.length].values[from + Math.floor(k / columns.length)];
    }),
  });

  it('is that of discrete rows and of standardised numbers where rows are of one kind', () => {
    const s = new Stream(1, 'kinds');
    const column = (form: MixedColumn['form'], one: () => number): MixedColumn => ({
      name: '',
      form,
      values: Float64Array.from({ length: 50 }, one),
    });
    const bits = Array.from({ length: 40 }, () => column('integer', () => s.int(2)));
    const discrete = rowKernel(bits, 20, true);
    expect([discrete.name, discrete.rate, discrete.bandwidth]).toEqual(['hamming', 0.1, null]);
    const mmd = mmdBetween(discrete, rows(20), rows(30, 20));
    expect(mmd).toBeCloseTo(hammingMmd(flat(bits, 0, 20), flat(bits, 20, 50)), 12);

    const numbers = Array.from({ length: 3 }, () => column('real', () => s.normal()));
    const scaled = numbers.map((c): MixedColumn => {
      const own = c.values.subarray(0, 20);
      const mean = own.reduce((a, v) => a + v / 20, 0);
      const sd = Math.sqrt(own.reduce((a, v) => a + (v - mean) ** 2 / 20, 0));
      return { ...c, values: c.values.map((v) => v / sd) };
    });
    const gaussian = rowKernel(numbers, 20, false);
    const known = gaussianMmd(flat(scaled, 0, 20), flat(scaled, 20, 50));
    expect(gaussian.name).toBe('gaussian');
    expect(gaussian.bandwidth).toBeCloseTo(known.bandwidth, 12);
    expect(mmdBetween(gaussian, rows(20), rows(30, 20))).toBeCloseTo(known.mmd2, 12);
  });

  it('does not look at the codes of categories beside numbers', () => {
    const s = new Stream(2, 'codes');
    const number: MixedColumn = { name: 'u', form: 'real', values: of(0, 1, 2, 3, 4, 5, 6, 7) };
    const codes: MixedColumn = { name: 'c', form: 'category', values: of(0, 1, 2, 0, 1, 2, 0, 1) };
    const swapped: MixedColumn = { ...codes, values: codes.values.map((v) => [7, 0, 3][v]) };
    const [one, two] = [rowKernel([number, codes], 4, false), rowKernel([number, swapped], 4, false)];
    expect(one.name).toBe('product');
    for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) expect(one.at(i, j)).toBe(two.at(i, j));
    // Two rows differ in c with probability 1 − 9/64 − 9/64 − 4/64 = 42/64 < 1: the rate is 1.
    expect(one.rate).toBe(1);
    expect(one.at(0, 3)).toBeCloseTo(Math.exp(-9 / 1.25 / (2 * one.bandwidth! ** 2)), 12);
    expect(one.at(0, 1)).toBeCloseTo(Math.exp(-1 - 1 / 1.25 / (2 * one.bandwidth! ** 2)), 12);
    expect(s.position).toBe(0);
  });

  it('has uniform p values for one distribution, and sees a shift of a mixed row', () => {
    const tries = 100;
    const p: number[] = [];
    const draw = (s: Stream, n: number, shift: number): MixedColumn[] => [
      {
        name: 'u',
        form: 'real',
        values: Float64Array.from({ length: 2 * n }, (_, i) => s.normal() + (i < n ? 0 : shift)),
      },
      { name: 'c', form: 'category', values: Float64Array.from({ length: 2 * n }, () => s.int(3)) },
    ];
    for (let k = 0; k < tries; k++) {
      const s = new Stream(k, 'kernel');
      const kernel = rowKernel(draw(s, 20, 0), 20, false);
      p.push(relabelled(kernel, rows(20), rows(20, 20), s).p);
    }
    p.sort((a, b) => a - b);
    const sup = Math.max(
      ...p.map((v, i) => Math.max(Math.abs(v - i / tries), Math.abs(v - (i + 1) / tries))),
    );
    // Kolmogorov's 0.001 quantile is 1.95/√k; p values are multiples of 1/200.
    expect(sup).toBeLessThan(1.95 / Math.sqrt(tries) + 0.005);
    const s = new Stream(5, 'shift');
    const kernel = rowKernel(draw(s, 100, 0.8), 100, false);
    const far = relabelled(kernel, rows(100), rows(100, 100), s);
    expect(far.p).toBe(1 / 200);
    expect(mmdBetween(kernel, rows(100), rows(100, 100))).toBeGreaterThan(far.chance);
  });

  it('counts the truth among the relabellings, by the definition', () => {
    const s = new Stream(6, 'definition');
    const column: MixedColumn = { name: 'u', form: 'real', values: of(0, 0.1, 0.2, 5, 5.1, 5.2) };
    const kernel = rowKernel([column], 3, false);
    const found = relabelled(kernel, rows(3), rows(3, 3), s);
    // Of the 20 ways to choose three rows, 2 are as far apart as the truth: p is about 1/10.
    expect(Math.abs(found.p - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / 199));
    expect(found.chance).toBeLessThanOrEqual(mmdBetween(kernel, rows(3), rows(3, 3)) + 1e-12);
  });
});

describe('compareTables', () => {
  const s = new Stream(9, 'tables');
  const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => s.normal());
  const codes = (n: number): Float64Array => Float64Array.from({ length: n }, () => s.int(3));

  it('leaves missing cells out, and says how many', () => {
    const data = normals(60);
    data[3] = nan;
    data[7] = nan;
    const other = codes(60);
    other[7] = nan;
    const c = compareTables(
      [real('u', data, normals(80)), category('c', other, codes(80))],
      80,
      new Stream(1),
    );
    expect(c.missing).toEqual({ cells: 3, rows: 2 });
    expect(c.classifier!.rows).toEqual({ data: 47, draws: 64 });
    expect(c.kernelTest!.rows).toEqual({ data: 58, draws: 80 });
    expect(c.marginals.find((m) => m.name === 'u')!.missing).toBe(2);
    expect(c.similarity.columns.every((x) => x.score > 0.5)).toBe(true);
    expect(Number.isFinite(c.mmd)).toBe(true);
  });

  it('has a baseline: halves of the data are as far apart as chance', () => {
    const c = compareTables(
      [
        real(
          'u',
          normals(400),
          normals(400).map((v) => v + 1),
        ),
      ],
      400,
      new Stream(1),
    );
    expect(c.mmd).toBeGreaterThan(20 * Math.abs(c.kernelTest!.halves));
  });

  it('takes draws for what they are worth', () => {
    const c = compareTables([real('u', normals(100), normals(400))], 30, new Stream(1));
    expect(c.worth).toBe(30);
    expect(c.kernelTest!.rows).toEqual({ data: 100, draws: 30 });
  });

  it('does with rows that are few or wide', () => {
    const one = compareTables([real('u', of(1), of(2))], 1, new Stream(1));
    expect(one.mmd).toBeNaN();
    expect([one.classifier, one.kernelTest]).toEqual([null, null]);
    const wide = Array.from({ length: 300 }, (_, i) => real(`u${i}`, normals(30), normals(30)));
    const c = compareTables(wide, 30, new Stream(1));
    expect([c.columns, c.marginals.length, c.associations.names.length]).toEqual([300, 150, 48]);
    expect(c.similarity.columns.length).toBeLessThanOrEqual(24);
  });
});
