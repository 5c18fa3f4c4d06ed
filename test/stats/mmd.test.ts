import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { gaussianMmd, hammingMmd, medianDistance, type Rows } from '../../src/stats/mmd.ts';

/** The definition, in the order of the formula. */
function definition(x: Rows, y: Rows, kernel: (a: number[], b: number[]) => number): number {
  const rows = (r: Rows): number[][] =>
    Array.from({ length: r.values.length / r.width }, (_, i) =>
      Array.from(r.values).slice(i * r.width, (i + 1) * r.width),
    );
  const mean = (a: number[][], b: number[][], same: boolean): number => {
    let sum = 0;
    let pairs = 0;
    a.forEach((p, i) => {
      b.forEach((q, j) => {
        if (same && i === j) return;
        sum += kernel(p, q);
        pairs++;
      });
    });
    return sum / pairs;
  };
  const [a, b] = [rows(x), rows(y)];
  return mean(a, a, true) + mean(b, b, true) - 2 * mean(a, b, false);
}

const hamming = (a: number[], b: number[]): number => Math.exp(-0.1 * a.filter((v, k) => v !== b[k]).length);

describe('hammingMmd', () => {
  it('is the definition, for bits, spins and categories of any width', () => {
    const values = fc.constantFrom([0, 1], [-1, 1], [0, 1, 2, 3, 4]);
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 70 }), fc.nat(), (alphabet, width, seed) => {
        const s = new Stream(seed, 'rows');
        const rows = (n: number): Rows => ({
          width,
          values: Int32Array.from({ length: n * width }, () => alphabet[s.int(alphabet.length)]),
        });
        const [x, y] = [rows(5), rows(8)];
        expect(hammingMmd(x, y)).toBeCloseTo(definition(x, y, hamming), 12);
      }),
      { numRuns: 60 },
    );
  });

  it('is 0 in expectation for one distribution, and its value for two known ones', () => {
    const s = new Stream(6, 'mmd');
    const width = 4;
    const bits = (n: number, p: number): Rows => ({
      width,
      values: Int32Array.from({ length: n * width }, () => (s.uniform() < p ? 1 : 0)),
    });
    const repeat = (p: number, q: number): { mean: number; bar: number } => {
      const d = Array.from({ length: 60 }, () => hammingMmd(bits(40, p), bits(40, q)));
      const mean = d.reduce((a, b) => a + b, 0) / 60;
      const sd = Math.sqrt(d.reduce((a, b) => a + (b - mean) ** 2, 0) / 59);
      return { mean, bar: (4 * sd) / Math.sqrt(60) };
    };
    const same = repeat(0.3, 0.3);
    expect(Math.abs(same.mean)).toBeLessThan(same.bar);
    // E k = (1 − P(differ)(1 − e^−0.1))^width for independent bits.
    const k = (p: number, q: number): number =>
      (1 - (p * (1 - q) + q * (1 - p)) * (1 - Math.exp(-0.1))) ** width;
    const other = repeat(0.3, 0.8);
    expect(Math.abs(other.mean - (k(0.3, 0.3) + k(0.8, 0.8) - 2 * k(0.3, 0.8)))).toBeLessThan(other.bar);
  });

  it('refuses unequal widths and single rows', () => {
    const row = { width: 2, values: [0, 1] };
    const rows = { width: 2, values: [0, 1, 1, 1] };
    expect(() => hammingMmd(row, rows)).toThrow('at least two rows');
    expect(() => hammingMmd(rows, { width: 1, values: [0, 1] })).toThrow('rows of 2 and 1 columns');
    expect(() => hammingMmd(rows, { width: 2, values: [0, 1, 1] })).toThrow('no rows of 2 columns');
  });
});

describe('gaussianMmd', () => {
  const normals = (s: Stream, n: number, width: number, shift: number): Rows => ({
    width,
    values: Float64Array.from({ length: n * width }, () => s.normal() + shift),
  });

  it('is the definition, with the median distance as bandwidth', () => {
    const s = new Stream(7, 'gauss');
    const [x, y] = [normals(s, 9, 3, 0), normals(s, 12, 3, 1)];
    const { mmd2, bandwidth } = gaussianMmd(x, y);
    expect(bandwidth).toBe(medianDistance(x, y));
    const kernel = (a: number[], b: number[]): number =>
      Math.exp(-a.reduce((sum, v, k) => sum + (v - b[k]) ** 2, 0) / (2 * bandwidth ** 2));
    expect(mmd2).toBeCloseTo(definition(x, y, kernel), 12);
  });

  it('finds the median distance of few and of many rows', () => {
    expect(medianDistance({ width: 1, values: [0, 1] }, { width: 1, values: [3, 7] })).toBe((3 + 4) / 2);
    // For N(0, 1) in one dimension the distance is √2·|z|, with median √2·0.6745.
    const s = new Stream(8, 'median');
    const median = medianDistance(normals(s, 1500, 1, 0), normals(s, 1500, 1, 0));
    expect(Math.abs(median / (Math.SQRT2 * 0.674489750196082) - 1)).toBeLessThan(0.08);
  });

  it('tells a shift from none, and survives equal rows', () => {
    const s = new Stream(9, 'shift');
    const [a, b, c] = [normals(s, 200, 2, 0), normals(s, 200, 2, 0), normals(s, 200, 2, 1)];
    expect(gaussianMmd(a, c).mmd2).toBeGreaterThan(20 * Math.abs(gaussianMmd(a, b).mmd2));
    const still = { width: 1, values: [2, 2, 2] };
    expect(gaussianMmd(still, still)).toEqual({ mmd2: 0, bandwidth: 0 });
  });
});
