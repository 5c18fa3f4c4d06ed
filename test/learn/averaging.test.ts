import { describe, expect, it } from 'vitest';
import { averaged, averageStart, averageStep, clipByNorm, globalNorm } from '../../src/learn/averaging.ts';

describe('clipping', () => {
  it('keeps the direction and limits the joint norm', () => {
    const g = [Float64Array.of(3), Float64Array.of(0, -4)];
    expect(clipByNorm(g, 1)).toBe(5);
    expect(globalNorm(g)).toBeCloseTo(1, 12);
    expect(g[0][0] / g[1][1]).toBeCloseTo(-3 / 4, 12);
  });

  it('does nothing below the limit, and with the limit 0', () => {
    const g = [Float64Array.of(3, 4)];
    expect(clipByNorm(g, 5)).toBe(5);
    expect(clipByNorm(g, 0)).toBe(5);
    expect([...g[0]]).toEqual([3, 4]);
  });
});

describe('the moving average', () => {
  it('is a mean of the iterates with weights (1 − d)dᵗ⁻ⁱ/(1 − dᵗ)', () => {
    const average = averageStart([new Float64Array(1)]);
    for (const x of [1, 10, 100]) averageStep(average, [Float64Array.of(x)], 0.5);
    expect(averaged(average, 0.5)[0][0]).toBeCloseTo((0.125 * 1 + 0.25 * 10 + 0.5 * 100) / 0.875, 12);
  });
});
