import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/domain.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { makePerturbation } from '../../src/learn/perturb.ts';
import { fillStrata } from '../../src/learn/strata.ts';
import { Stream } from '../../src/random/stream.ts';
import { realLine, sameTimes } from './toy.ts';

const b = new Builder();
const M = 16;
const E = 3;

/** What a step of learning looks at: the mean over recoveries of exp(U(y) − U(x′)), and of a sum over elements. */
function estimates(domain: Domain, row: readonly number[], stratified: boolean, count: number) {
  const u = b.slot('unknown', 'u', domain, [b.range(E)], undefined);
  const data = Float64Array.from(row);
  const p = makePerturbation({
    unknowns: [u],
    sizeOf: (s) => staticSize(s)!,
    columns: new Map([
      [u, { shape: [2, E], data: Float64Array.from([...row.map((x) => x - 1), ...row.map((x) => x + 1)]) }],
    ]),
    rows: 1,
    draws: M,
    times: sameTimes(domain.kind === 'ordinal' ? 0.02 : 0.1),
    stratified,
  });
  const energy = (x: Float64Array, from: number): number =>
    0.7 * x[from] - 0.4 * x[from + 1] + 0.5 * x[from] * x[from + 2];
  const weights: number[] = [];
  const sums: number[] = [];
  for (let k = 0; k < count; k++) {
    p.draw(new Map([[u, data]]), new Stream(9, String(stratified), String(k)));
    const x = p.negatives.get(u)!;
    const y = p.corrupted.get(u)!;
    let weight = 0;
    let sum = 0;
    for (let m = 0; m < M; m++) {
      // Beside the corruption, whose own variance no recovery can lower.
      weight += Math.exp(energy(y, 0) - energy(x, m * E)) / M;
      for (let e = 0; e < E; e++) sum += ((x[m * E + e] - y[e]) * (e + 1)) / M;
    }
    weights.push(weight);
    sums.push(sum);
  }
  return { weights: moments(weights), sums: moments(sums) };
}

function moments(values: readonly number[]) {
  const mean = values.reduce((a, x) => a + x, 0) / values.length;
  const variance = values.reduce((a, x) => a + (x - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance, error: Math.sqrt(variance / values.length) };
}

describe('stratified negatives', () => {
  it('put one uniform number into each stratum', () => {
    const u = new Float64Array(8 * 3);
    fillStrata(u, new Int32Array(8), new Stream(4));
    for (let e = 0; e < 3; e++) {
      const column = Array.from({ length: 8 }, (_, m) => u[3 * m + e]);
      expect(column.map((x) => Math.floor(8 * x)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(column.every((x) => x > 0 && x < 1)).toBe(true);
    }
  });

  it.each([
    ['reals', realLine, [0.3, -0.5, 1]],
    ['categories', { kind: 'category', values: b.range(3) } as Domain, [0, 2, 1]],
    ['ordinals', { kind: 'ordinal', size: 6 } as Domain, [1, 2, 4]],
  ] as const)('keep the expectation of the estimate and lower its variance: %s', (_, domain, row) => {
    const count = 4000;
    const free = estimates(domain, row, false, count);
    const even = estimates(domain, row, true, count);
    const apart = (x: typeof free.sums, y: typeof free.sums): number =>
      Math.abs(x.mean - y.mean) / Math.hypot(x.error, y.error);
    expect(apart(free.weights, even.weights)).toBeLessThan(4);
    expect(apart(free.sums, even.sums)).toBeLessThan(4);
    expect(even.sums.variance).toBeLessThan(free.sums.variance);
    expect(even.weights.variance).toBeLessThan(free.weights.variance);
    // A sum over elements of reals is what strata are best at.
    if (domain.kind === 'real') expect(even.sums.variance).toBeLessThan(0.05 * free.sums.variance);
  });
});
