import { erf } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/random/normal-quantile.ts';

describe('normalQuantile', () => {
  it('agrees with tabulated values, far tails included', () => {
    const table: readonly (readonly [number, number])[] = [
      [1e-300, -37.0470962993612],
      [1e-20, -9.262340089798409],
      [1e-10, -6.361340902404056],
      [0.001, -3.090232306167813],
      [0.07, -1.4757910281791706],
      [0.2, -0.8416212335729142],
      [0.6, 0.2533471031357997],
      [0.95, 1.6448536269514722],
      [0.999, 3.090232306167813],
    ];
    for (const [p, z] of table) expect(Math.abs(normalQuantile(p) / z - 1)).toBeLessThan(2e-15);
    expect(normalQuantile(0.5)).toBe(0);
  });

  it('inverts the distribution function', () => {
    for (let i = 1; i < 200; i++) {
      const p = i / 200;
      expect(0.5 * (1 + erf(normalQuantile(p) / Math.SQRT2))).toBeCloseTo(p, 13);
    }
  });

  it('is odd about one half and monotone across the seams of its three ranges', () => {
    for (const p of [0.01, 0.0749999, 0.075, 0.0750001, 2 ** -40]) {
      expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 4);
    }
    const seam = Math.exp(-25);
    expect(normalQuantile(seam * (1 - 1e-9))).toBeLessThan(normalQuantile(seam * (1 + 1e-9)));
    expect(normalQuantile(0.075 - 1e-12)).toBeLessThan(normalQuantile(0.075 + 1e-12));
  });

  it('is infinite at the ends and NaN outside', () => {
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalQuantile(Number.NaN)).toBeNaN();
  });
});
