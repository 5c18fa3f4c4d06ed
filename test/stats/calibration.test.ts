import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { calibration } from '../../src/stats/calibration.ts';

describe('calibration', () => {
  it('gives the scores of a worked example', () => {
    // Confidences .6, .9, .9, .7, predictions 0, 1, 0, 1, of which the first, second and fourth are right.
    const p = [0.6, 0.4, 0.1, 0.9, 0.9, 0.1, 0.3, 0.7];
    const c = calibration(p, [0, 1, 1, 1], 2, 10);
    expect(c.accuracy).toBe(0.75);
    expect(c.log_loss).toBeCloseTo(-(Math.log(0.6) + Math.log(0.9) + Math.log(0.1) + Math.log(0.7)) / 4, 14);
    expect(c.brier).toBeCloseTo((2 * 0.16 + 2 * 0.01 + 2 * 0.81 + 2 * 0.09) / 4, 14);
    // Bins (.5,.6]: |1 − .6|, (.8,.9]: |1 − 1.8|, (.6,.7]: |1 − .7|, each over 4 rows.
    expect(c.expected_calibration_error).toBeCloseTo((0.4 + 0.8 + 0.3) / 4, 14);
    expect(c.bins.map((b) => b.count)).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 2, 0]);
    expect(c.bins[8]).toEqual({ low: 0.8, high: 0.9, count: 2, confidence: 0.9, accuracy: 0.5 });
    expect(c.bins[0]).toEqual({ low: 0, high: 0.1, count: 0, confidence: null, accuracy: null });
  });

  it('is small for honest probabilities and large for overconfident ones', () => {
    const s = new Stream(5, 'calibration');
    const n = 20_000;
    const honest = new Float64Array(n * 3);
    const sharp = new Float64Array(n * 3);
    const labels = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const w = [s.exponential(), s.exponential(), s.exponential()];
      const total = w[0] + w[1] + w[2];
      const u = s.uniform() * total;
      labels[i] = u < w[0] ? 0 : u < w[0] + w[1] ? 1 : 2;
      const cubes = w.map((x) => x ** 3);
      const cubed = cubes[0] + cubes[1] + cubes[2];
      for (let k = 0; k < 3; k++) {
        honest[3 * i + k] = w[k] / total;
        sharp[3 * i + k] = cubes[k] / cubed;
      }
    }
    // With honest probabilities each bin's gap has standard error ≤ ½/√count: in sum at most ½·√(bins/n).
    expect(calibration(honest, labels, 3).expected_calibration_error).toBeLessThan(Math.sqrt(15 / n));
    expect(calibration(sharp, labels, 3).expected_calibration_error).toBeGreaterThan(0.1);
    expect(calibration(sharp, labels, 3).log_loss).toBeGreaterThan(calibration(honest, labels, 3).log_loss);
  });

  it('reports an impossible label as infinite loss, and refuses what is no prediction', () => {
    expect(calibration([1, 0], [1], 2).log_loss).toBe(Number.POSITIVE_INFINITY);
    expect(() => calibration([0.5, 0.5], [2], 2)).toThrow('row 0: expected a class 0 to 1, found 2');
    expect(() => calibration([0.5, 0.6], [0], 2)).toThrow('sum to 1.1');
    expect(() => calibration([0.5], [0], 2)).toThrow('expected 1 × 2 probabilities, found 1');
    expect(() => calibration([], [], 2)).toThrow('at least one row');
  });
});
