/** Means by logarithms, their errors and the shape of tails. */
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { logMeanOf } from '../../src/stats/log-mean.ts';
import { paretoShape } from '../../src/stats/pareto.ts';

const draws = (n: number, of: (s: Stream) => number, seed = 1): Float64Array => {
  const s = new Stream(seed, 'log-mean');
  return Float64Array.from({ length: n }, () => of(s));
};

describe('means of weights', () => {
  it('are those of the weights, whatever their size', () => {
    const { value, ess } = logMeanOf([1000, 1000 + Math.log(3), Number.NEGATIVE_INFINITY, 1000]);
    expect(value).toBeCloseTo(1000 + Math.log(5 / 4), 12);
    expect(ess).toBeCloseTo(25 / 11, 12);
    expect(logMeanOf([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]).value).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });

  it('have errors that cover: lognormal weights, two errors in 95 of 100', () => {
    const s = 0.5;
    const runs = 400;
    let inside = 0;
    for (let r = 0; r < runs; r++) {
      const { value, error } = logMeanOf(draws(64, (x) => s * x.normal(), r));
      if (Math.abs(value - s * s * 0.5) < 2 * error) inside++;
    }
    // 0.93 ± 4 standard deviations of a binomial share
    expect(inside / runs).toBeGreaterThan(0.93 - 4 * Math.sqrt((0.93 * 0.07) / runs));
    expect(inside / runs).toBeLessThan(0.999);
  });

  it('are no better known than their logarithms where few draws decide', () => {
    const { error, ess } = logMeanOf(draws(64, (x) => 6 * x.normal()));
    expect(ess).toBeLessThan(10);
    expect(error).toBeGreaterThan(3);
  });
});

describe('Pareto shapes', () => {
  it.each([0.2, 0.5, 0.9])('finds k = %d', (k) => {
    // (1 − u)^−k has a tail of shape k.
    const found = draws(20_000, (s) => k * s.exponential());
    expect(paretoShape(found)).toBeGreaterThan(k - 0.15);
    expect(paretoShape(found)).toBeLessThan(k + 0.15);
  });

  it('says nothing of few draws, and nothing bad of equal ones', () => {
    expect(paretoShape([1, 2, 3])).toBeNaN();
    expect(paretoShape(new Float64Array(100))).toBe(Number.NEGATIVE_INFINITY);
  });
});
