import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fft, meanAutocovariance } from '../../src/stats/autocovariance.ts';
import { averageRanks, foldSorted, rankNormalise, sortWithOrder } from '../../src/stats/rank.ts';

/** Doubles of every kind that sorting must tell apart: close ones, denormal ones, ties, both zeros. */
const hardDoubles = fc.array(
  fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 0, max: 40 }).map((k) => 1 + k * Number.EPSILON),
    fc.constantFrom(0, -0, 5e-324, -5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  ),
  { maxLength: 300 },
);

describe('sortWithOrder', () => {
  it('sorts stably, and knows where the values came from', () => {
    fc.assert(
      fc.property(hardDoubles, (list) => {
        const values = Float64Array.from(list);
        const { sorted, order } = sortWithOrder(values);
        const expected = list
          .map((v, i) => [v, i] as const)
          .sort(([v, i], [w, j]) => (v < w ? -1 : v > w ? 1 : i - j));
        expect([...order]).toEqual(expected.map(([, i]) => i));
        expect([...sorted]).toEqual(expected.map(([v]) => v));
      }),
    );
  });

  it('sorts thousands of values whose upper halves are equal', () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => 1 + ((i * 2711) % 5000) * Number.EPSILON);
    expect(sortWithOrder(values).sorted).toEqual(values.slice().sort());
  });
});

describe('ranks', () => {
  it('average over ties', () => {
    const s = sortWithOrder(Float64Array.of(10, -1, 10, 3, 10, -1));
    expect([...averageRanks(s)]).toEqual([5, 1.5, 5, 3, 5, 1.5]);
  });

  it('become normal scores: Blom’s offset, symmetric, zero in the middle', () => {
    const z = rankNormalise(sortWithOrder(Float64Array.of(5, 1, 3)));
    // Φ⁻¹((1 − 3/8) / (3 + 1/4)) = Φ⁻¹(0.1923…)
    expect(z[1]).toBeCloseTo(-0.869423773288514, 12);
    expect(z[0]).toBeCloseTo(0.869423773288514, 12);
    expect(z[2]).toBe(0);
  });

  it('fold about a centre without sorting again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 })),
        fc.integer({ min: -60, max: 60 }),
        (list, twice) => {
          const values = Float64Array.from(list);
          const centre = twice / 2;
          const folded = foldSorted(sortWithOrder(values), centre);
          const distances = values.map((v) => Math.abs(v - centre));
          expect(folded.sorted).toEqual(distances.slice().sort());
          expect([...folded.order].map((i) => distances[i])).toEqual([...folded.sorted]);
          expect([...folded.order].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
        },
      ),
    );
  });
});

describe('autocovariance', () => {
  const definition = (x: Float64Array, chains: number, draws: number, lag: number): number => {
    let sum = 0;
    for (let c = 0; c < chains; c++) {
      const chain = x.subarray(c * draws, (c + 1) * draws);
      const mean = chain.reduce((a, b) => a + b, 0) / draws;
      for (let t = 0; t + lag < draws; t++) sum += (chain[t] - mean) * (chain[t + lag] - mean);
    }
    return sum / (chains * draws);
  };

  it('is the same summed directly and by transform, for odd and even numbers of chains', () => {
    for (const [chains, draws] of [
      [1, 100],
      [2, 64],
      [3, 77],
    ] as const) {
      const x = Float64Array.from({ length: chains * draws }, (_, i) => Math.sin(i * i) + 5);
      const upwards = meanAutocovariance(x, chains, draws);
      const byTransform = meanAutocovariance(x, chains, draws);
      byTransform(draws - 1);
      for (let lag = 0; lag < draws; lag++) {
        const expected = definition(x, chains, draws, lag);
        expect(upwards(lag)).toBeCloseTo(expected, 13);
        expect(byTransform(lag)).toBeCloseTo(expected, 13);
      }
    }
  });

  it('transforms as the definition says', () => {
    for (const n of [1, 2, 4, 16]) {
      const re = Float64Array.from({ length: n }, (_, i) => Math.cos(3 * i) + i);
      const im = Float64Array.from({ length: n }, (_, i) => Math.sin(5 * i));
      const [a, b] = [re.slice(), im.slice()];
      fft(a, b);
      for (let k = 0; k < n; k++) {
        let [r, m] = [0, 0];
        for (let t = 0; t < n; t++) {
          const angle = (-2 * Math.PI * k * t) / n;
          r += re[t] * Math.cos(angle) - im[t] * Math.sin(angle);
          m += re[t] * Math.sin(angle) + im[t] * Math.cos(angle);
        }
        expect(a[k]).toBeCloseTo(r, 11);
        expect(b[k]).toBeCloseTo(m, 11);
      }
    }
  });
});
