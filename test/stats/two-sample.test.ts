import { describe, expect, it } from 'vitest';
import {
  type Column,
  columnSimilarity,
  contingencySimilarity,
  correlationSimilarity,
  kolmogorovSmirnov,
  tableSimilarity,
  totalVariation,
} from '../../src/stats/two-sample.ts';

const column = (kind: Column['kind'], ...values: number[]): Column => ({ name: 'c', kind, values });

describe('columns', () => {
  it('compares discrete columns by total variation', () => {
    // (½, ½, 0) against (¼, ¼, ½)
    expect(totalVariation([0, 1], [0, 1, 2, 2])).toBe(0.5);
    expect(columnSimilarity(column('discrete', 0, 1), column('discrete', 0, 1, 2, 2))).toBe(0.5);
    expect(columnSimilarity(column('discrete', 3, 3, 5), column('discrete', 5, 3, 3))).toBe(1);
    expect(columnSimilarity(column('discrete', 0), column('discrete', 1))).toBe(0);
  });

  it('compares continuous columns by Kolmogorov–Smirnov, ties included', () => {
    expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6])).toBe(0.5);
    expect(kolmogorovSmirnov([1, 1, 2], [1, 2, 2])).toBeCloseTo(1 / 3, 15);
    expect(kolmogorovSmirnov([1, 2], [1, 2])).toBe(0);
    expect(columnSimilarity(column('continuous', 0, 1), column('continuous', 5, 6))).toBe(0);
  });

  it('leaves missing cells out', () => {
    const nan = Number.NaN;
    expect(kolmogorovSmirnov([1, nan, 2], [2, 1, nan])).toBe(0);
    expect(totalVariation([nan, 0, 1], [1, 0])).toBe(0);
    expect(totalVariation([nan], [1])).toBeNaN();
    expect(kolmogorovSmirnov([], [1])).toBeNaN();
  });
});

describe('pairs', () => {
  it('compares correlations', () => {
    const up = [1, 2, 3, 4];
    const down = [8, 6, 4, 2];
    expect(correlationSimilarity([up, down], [up, up])).toBeCloseTo(0, 14);
    expect(correlationSimilarity([up, down], [down, up])).toBeCloseTo(1, 14);
    // Against an exact line: Σxy = 2.5, Σx² = 5, Σy² = 2.75 about the means.
    expect(correlationSimilarity([up, [1, 3, 2, 3]], [up, up])).toBeCloseTo(
      1 - (1 - 2.5 / Math.sqrt(13.75)) / 2,
      14,
    );
    expect(correlationSimilarity([up, [1, 1, 1, 1]], [up, up])).toBeNaN();
  });

  it('compares joint frequencies', () => {
    // Independent against identical bits: ½(4·¼) = ½.
    expect(
      contingencySimilarity(
        [
          [0, 0, 1, 1],
          [0, 1, 0, 1],
        ],
        [
          [0, 1],
          [0, 1],
        ],
      ),
    ).toBe(0.5);
    const nan = Number.NaN;
    expect(
      contingencySimilarity(
        [
          [0, 1, nan],
          [0, 1, 1],
        ],
        [
          [1, 0],
          [1, 0],
        ],
      ),
    ).toBe(1);
  });
});

describe('tables', () => {
  const age: Column = { name: 'age', kind: 'continuous', values: [20, 30, 40, 50] };
  const pay: Column = { name: 'pay', kind: 'continuous', values: [1, 2, 3, 4] };
  const job: Column = { name: 'job', kind: 'discrete', values: [0, 0, 1, 1] };

  it('scores a table against itself with 1 everywhere', () => {
    const t = tableSimilarity([age, pay, job], [age, pay, job]);
    expect(t.columns).toEqual(['age', 'pay', 'job'].map((name) => ({ name, score: 1 })));
    expect(t.pairs.map((p) => p.names)).toEqual([
      ['age', 'pay'],
      ['age', 'job'],
      ['pay', 'job'],
    ]);
    expect([t.column_mean, t.pair_mean]).toEqual([1, 1]);
  });

  it('sees a lost dependence that no single column shows', () => {
    const shuffled: Column = { ...job, values: [0, 1, 0, 1] };
    const t = tableSimilarity([age, job], [age, shuffled]);
    expect(t.column_mean).toBe(1);
    // Ages 20, 30, 40, 50 fall into four bins: two of the four cells move.
    expect(t.pairs[0].score).toBe(0.5);
  });

  it('averages what has a score, and refuses other columns', () => {
    const flat: Column = { ...pay, values: [1, 1, 1, 1] };
    const t = tableSimilarity([age, pay, job], [age, flat, job]);
    expect(t.pairs[0].score).toBeNaN();
    expect(t.pair_mean).toBeCloseTo((t.pairs[1].score + t.pairs[2].score) / 2, 15);
    expect(() => tableSimilarity([age], [job])).toThrow('column 0 is continuous age in one table');
    expect(() => tableSimilarity([age], [])).toThrow('1 and 0 columns');
  });
});
