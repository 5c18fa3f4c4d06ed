import { describe, expect, it } from 'vitest';
import {
  adamStart,
  adamStep,
  averaged,
  averageStart,
  averageStep,
  clipByNorm,
  globalNorm,
} from '../../src/learn/adam.ts';

const options = { rate: 0.1, beta1: 0.9, beta2: 0.999 };

describe('adam', () => {
  it('moves by rate·g/(|g| + ε) as long as the gradient is constant', () => {
    // With constant g both corrected moments are exactly g and g².
    const params = [Float64Array.of(1, -2), Float64Array.of(3)];
    const gradients = [Float64Array.of(0.5, -4), Float64Array.of(1e-3)];
    const state = adamStart(params);
    for (let k = 0; k < 7; k++) adamStep(params, gradients, state, options);
    expect(state.step).toBe(7);
    expect(params[0][0]).toBeCloseTo(1 - 7 * 0.1 * (0.5 / (0.5 + 1e-8)), 12);
    expect(params[0][1]).toBeCloseTo(-2 + 7 * 0.1 * (4 / (4 + 1e-8)), 12);
    expect(params[1][0]).toBeCloseTo(3 - 7 * 0.1 * (1e-3 / (1e-3 + 1e-8)), 12);
  });

  it('follows Algorithm 1 where the gradient changes', () => {
    const theta = [Float64Array.of(0)];
    const state = adamStart(theta);
    adamStep(theta, [Float64Array.of(1)], state, options);
    adamStep(theta, [Float64Array.of(-3)], state, options);
    // m₂ = 0.9·0.1·1 + 0.1·(−3) = −0.21; v₂ = 0.999·0.001 + 0.001·9 = 0.009999
    const m = -0.21 / (1 - 0.81);
    const v = 0.009999 / (1 - 0.999 ** 2);
    expect(theta[0][0]).toBeCloseTo(-0.1 / (1 + 1e-8) - (0.1 * m) / (Math.sqrt(v) + 1e-8), 12);
  });

  it('leaves parameters without a gradient where they are', () => {
    const theta = [Float64Array.of(5)];
    adamStep(theta, [Float64Array.of(0)], adamStart(theta), options);
    expect(theta[0][0]).toBe(5);
  });
});

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
