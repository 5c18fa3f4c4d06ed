import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { slicedWasserstein } from '../../src/stats/sliced-wasserstein.ts';

const cloud = (n: number, width: number, name: string) => {
  const values = new Float64Array(n * width);
  new Stream(4, name).fillNormal(values);
  return { values, width };
};

describe('the sliced Wasserstein distance', () => {
  it('is 0 of a sample and itself in another order, and symmetric', () => {
    const x = cloud(50, 3, 'x');
    const turned = { width: 3, values: Float64Array.from(x.values, (_, i) => x.values[(i + 60) % 150]) };
    expect(slicedWasserstein(x, turned)).toBeLessThan(1e-12);
    const y = cloud(35, 3, 'y');
    expect(slicedWasserstein(x, y)).toBeCloseTo(slicedWasserstein(y, x), 12);
  });

  it('of numbers is the distance of quantiles, worked out by hand', () => {
    const x = { width: 1, values: [0, 1] };
    const y = { width: 1, values: [0, 0, 3] };
    // Quantiles over (0, ⅓, ½, ⅔, 1): 0 − 0, 0 − 0, 1 − 0, 1 − 3.
    expect(slicedWasserstein(x, y, 3)).toBeCloseTo(Math.sqrt(1 / 6 + 4 / 3), 12);
  });

  it('of a sample and itself moved by d is |d|/√width, within the error of the directions', () => {
    const x = cloud(40, 4, 'x');
    const moved = { width: 4, values: x.values.map((v, i) => (i % 4 === 0 ? v + 2 : v)) };
    const directions = 4000;
    // (θ·d)² = 4 θ₁² has mean 1 and variance 16·(3/24 − 1/16) = 1.
    expect(Math.abs(slicedWasserstein(x, moved, directions) ** 2 - 1)).toBeLessThan(
      4 / Math.sqrt(directions),
    );
  });

  it('refuses rows of different widths and empty samples', () => {
    expect(() => slicedWasserstein(cloud(3, 2, 'x'), cloud(3, 3, 'y'))).toThrow(RangeError);
    expect(() => slicedWasserstein({ values: [], width: 2 }, cloud(3, 2, 'y'))).toThrow(RangeError);
  });
});
