import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { boost, marginAt } from '../../src/stats/boosted-trees.ts';
import { type ClassifierTest, classifierTest } from '../../src/stats/classifier-test.ts';
import { featuresOf, type MixedColumn } from '../../src/stats/features.ts';
import { normalTail } from '../../src/stats/normal-tail.ts';
import { verdict } from '../../src/stats/verdict.ts';

type Form = MixedColumn['form'];

/** Rows of data, then rows of draws: a real, a count, a category and a real again, independent. */
function table(n: number, m: number, s: Stream): MixedColumn[] {
  const fill = (form: Form, name: string, one: () => number): MixedColumn => ({
    name,
    form,
    values: Float64Array.from({ length: n + m }, one),
  });
  return [
    fill('real', 'a', () => s.normal()),
    fill('integer', 'n', () => s.int(6)),
    fill('category', 'c', () => s.int(4)),
    fill('real', 'b', () => s.normal()),
  ];
}

const test = (columns: readonly MixedColumn[], n: number, m: number, s: Stream, worth = m): ClassifierTest =>
  classifierTest(featuresOf(columns, s.fork('features')), n, m, worth, s.fork('test'))!;

describe('classifierTest', () => {
  it('finds nothing in two halves of one sample: p values are uniform', () => {
    const seeds = 80;
    const p: number[] = [];
    const z: number[] = [];
    for (let k = 0; k < seeds; k++) {
      const s = new Stream(k, 'halves');
      const [n, m] = [80, 140];
      const r = test(table(n, m, s), n, m, s);
      p.push(r.p);
      z.push((r.accuracy - 0.5) / r.error);
    }
    p.sort((x, y) => x - y);
    // Kolmogorov: P(√k · sup |F − p| > 1.95) < 0.001; the p values are discrete, so a little is added.
    const sup = Math.max(
      ...p.map((v, i) => Math.max(Math.abs(v - i / seeds), Math.abs(v - (i + 1) / seeds))),
    );
    expect(sup).toBeLessThan(1.95 / Math.sqrt(seeds) + 0.03);
    // The mean of z has standard error 1/√80, its mean square √(2/80).
    const mean = z.reduce((a, v) => a + v, 0) / seeds;
    const square = z.reduce((a, v) => a + v * v, 0) / seeds;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(seeds));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / seeds));
  });

  it('finds a shifted column, and names it', () => {
    const s = new Stream(1, 'shifted');
    const [n, m] = [400, 600];
    const columns = table(n, m, s);
    for (let i = n; i < n + m; i++) columns[3].values[i] += 1;
    const r = test(columns, n, m, s);
    // The best rule cuts at ½: Φ(½) = 0.691.
    expect(Math.abs(r.accuracy - 0.691)).toBeLessThan(0.02 + 4 * r.error);
    // And the best area is Φ(1/√2) = 0.760.
    expect(Math.abs(r.auc - 0.76)).toBeLessThan(0.02 + 4 * r.auc_error);
    expect(r.p).toBeLessThan(1e-6);
    expect(r.by[0].names).toEqual(['b']);
    expect(r.by[0].share).toBeGreaterThan(0.5);
  });

  it('finds a correlation that no column shows, and names the pair', () => {
    const s = new Stream(2, 'together');
    const [n, m] = [700, 700];
    const columns = table(n, m, s);
    const [a, b] = [columns[0].values, columns[3].values];
    for (let i = n; i < n + m; i++) b[i] = 0.8 * a[i] + 0.6 * b[i];
    const r = test(columns, n, m, s);
    expect(r.p).toBeLessThan(1e-4);
    expect([...r.by[0].names].sort()).toEqual(['a', 'b']);
  });

  it('finds categories that go together, and a category that goes with a number', () => {
    const s = new Stream(3, 'categories');
    const [n, m] = [500, 500];
    const columns = table(n, m, s);
    const c = columns[2].values;
    const second: MixedColumn = { name: 'd', form: 'category', values: c.map(() => s.int(4)) };
    for (let i = n; i < n + m; i++) if (s.uniform() < 0.6) second.values[i] = (c[i] + 1) % 4;
    const two = test([...columns, second], n, m, s);
    expect(two.p).toBeLessThan(1e-4);
    expect([...two.by[0].names].sort()).toEqual(['c', 'd']);
    const sign = [1, -1, 1, -1];
    for (let i = n; i < n + m; i++) columns[0].values[i] = sign[c[i]] * Math.abs(columns[0].values[i]);
    const mixed = test(columns, n, m, s);
    expect(mixed.p).toBeLessThan(1e-6);
    expect([...mixed.by[0].names].sort()).toEqual(['a', 'c']);
  });

  it('weighs both sides the same, whatever their sizes', () => {
    const s = new Stream(4, 'sizes');
    const [n, m] = [60, 1200];
    const r = test(table(n, m, s), n, m, s);
    expect(Math.abs(r.accuracy - 0.5)).toBeLessThan(4 * r.error);
    expect(r.rows).toEqual({ data: 48, draws: 960 });
  });

  it('is less sure of draws that are worth less', () => {
    const [n, m] = [200, 200];
    const at = (worth: number): ClassifierTest => {
      const s = new Stream(5, 'worth');
      return test(table(n, m, s), n, m, s, worth);
    };
    const [all, few] = [at(200), at(20)];
    expect(few.accuracy).toBe(all.accuracy);
    // ¼ (p(1 − p)/160 + p(1 − p)/16) against twice 1/160: √5.5 as much.
    expect(few.error / all.error).toBeGreaterThan(2.2);
    expect(few.error / all.error).toBeLessThan(2.5);
  });

  it('needs 20 rows of each and a column that varies; the same seed gives the same', () => {
    const s = new Stream(6, 'few');
    const features = featuresOf(table(19, 50, s), s);
    expect(classifierTest(features, 19, 50, 50, s)).toBeNull();
    const still: MixedColumn = { name: 'x', form: 'real', values: new Float64Array(100) };
    expect(featuresOf([still], s)).toEqual([]);
    const again = (): ClassifierTest => {
      const t = new Stream(7, 'again');
      return test(table(50, 50, t), 50, 50, t);
    };
    expect(again()).toEqual(again());
  });
});

describe('featuresOf', () => {
  it('has single columns and pairs, in at most 64 bins; many columns are chosen from', () => {
    const s = new Stream(8, 'features');
    const few = featuresOf(table(100, 100, s), s);
    expect(few.map((f) => f.names.join(' ')).sort()).toEqual(
      ['a', 'a b', 'a c', 'a n', 'b', 'c', 'c b', 'n', 'n b', 'n c'].sort(),
    );
    const wide = Array.from(
      { length: 200 },
      (_, i): MixedColumn => ({ ...table(30, 30, s)[i % 4], name: `${i}` }),
    );
    const many = featuresOf(wide, s);
    expect(many.filter((f) => f.names.length === 1).length).toBe(128);
    expect(many.filter((f) => f.names.length === 2).length).toBe(300);
    for (const f of [...few, ...many]) {
      expect(f.bins).toBeLessThanOrEqual(64);
      expect(f.codes.every((c) => c < f.bins)).toBe(true);
    }
  });
});

describe('boost', () => {
  it('learns the log-odds of each bin, ordered or not', () => {
    // Bins 0 … 3 with shares of ones 0.2, 0.8, 0.3, 0.7.
    const share = [0.2, 0.8, 0.3, 0.7];
    const per = 1000;
    const codes = Uint8Array.from({ length: 4 * per }, (_, i) => Math.floor(i / per));
    const labels = Uint8Array.from(codes, (c, i) => (i % per < share[c] * per ? 1 : 0));
    const rows = Int32Array.from(codes, (_, i) => i);
    for (const ordered of [true, false]) {
      const learner = boost(
        [{ codes, bins: 4, ordered }],
        rows,
        labels,
        new Float64Array(4 * per).fill(1),
        { rounds: 200, rate: 0.2, depth: 2, ridge: 1, least: 1, groups: [[0]], offer: 1 },
        new Stream(1),
      );
      share.forEach((p, c) => {
        // Splits that gain no more than luck are not made.
        expect(Math.abs(marginAt(learner, c * per) - Math.log(p / (1 - p)))).toBeLessThan(0.15);
      });
    }
  });
});

describe('normalTail', () => {
  it('is the tail of the normal distribution', () => {
    const known = [
      [0, 0.5],
      [1, 0.15865525393145705],
      [1.959963984540054, 0.025],
      [3, 0.0013498980316300946],
      [3.5, 0.00023262907903552504],
      [6, 9.865876450376946e-10],
      [-2, 0.9772498680518208],
    ] as const;
    for (const [z, p] of known) expect(Math.abs(normalTail(z) / p - 1)).toBeLessThan(1e-9);
    expect(normalTail(Number.NaN)).toBeNaN();
    expect(normalTail(50)).toBe(0);
  });
});

describe('verdict', () => {
  const at = (accuracy: number, error: number, p: number): string =>
    verdict({ accuracy, error, p, auc: 0.5, auc_error: 0.1, rows: { data: 1, draws: 1 }, by: [] });

  it('says it in words', () => {
    expect(at(0.53, 0.012, 0.004)).toBe(
      'a classifier tells them apart in 53 ± 1 % of cases (a coin: 50 %; p = 0.004): hardly',
    );
    expect(at(0.961, 0.004, 1e-9)).toBe(
      'a classifier tells them apart in 96.1 ± 0.4 % of cases (a coin: 50 %; p < 0.001): nearly always',
    );
    expect(at(0.497, 0.009, 0.62)).toBe(
      'a classifier tells them apart in 49.7 ± 0.9 % of cases, no better than a coin (p = 0.62)',
    );
    expect(at(0.52, 0.06, 0.3)).toBe(
      'a classifier tells them apart in 52 ± 6 % of cases, no better than a coin (p = 0.3), but rows are few: 64 % cannot be excluded',
    );
    expect(verdict(null)).toContain('too few rows');
  });
});
