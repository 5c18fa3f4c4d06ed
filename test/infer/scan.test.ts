/** Sampling of unknowns that recurrences read, against closed forms and enumeration. */
import { beforeAll, describe, expect, it } from 'vitest';
import { siteBlocks } from '../../src/analyse/blocks.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { open } from '../run/kit.ts';
import { expectMean } from './statistics.ts';

let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

/** For each element of an unknown, the means of its chains. */
function chainMeans(values: ArrayLike<number>, size: number, chains: number): number[][] {
  const draws = values.length / size / chains;
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: chains }, (_, c) => {
      let sum = 0;
      for (let d = 0; d < draws; d++) sum += values[(c * draws + d) * size + i];
      return sum / draws;
    }),
  );
}

/** Solves A x = y by elimination; A is positive definite. */
function solve(A: readonly (readonly number[])[], y: readonly number[]): number[] {
  const rows = A.map((r, i) => [...r, y[i]]);
  const n = y.length;
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const m = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= m * rows[k][j];
    }
  return rows.map((r, i) => r[n] / r[i]);
}

describe('an autoregression with real innovations', () => {
  it('has the mean and the variance of its Gaussian posterior', async () => {
    const y = [0.8, -0.3, 1.4, 0.6, -1.1];
    const [phi, noise] = [0.7, 0.5];
    const { model } = await open(`
      index time = 5
      param y : real[time] = [${y}]
      energy E(e : real[time]) {
        e ~ normal(0, 1)
        let x = scan(t in time, prev = 0) = ${phi} * prev + e[t]
        y ~ normal(x, ${noise})
      }`);
    const chains = 64;
    const m = model('E', wasm);
    const { draws } = await sample(m, noClamp(m), { chains, draws: 200, warmup: 300, seed: 3 });
    const values = draws.quantities.find((q) => q.name === 'e')!.values;
    // x = L e with L[t, s] = φ^(t − s): precision I + LᵀL/σ².
    const L = y.map((_, t) => y.map((_, s) => (s <= t ? phi ** (t - s) : 0)));
    const precision = y.map((_, i) =>
      y.map((_, j) => Number(i === j) + y.reduce((a, _, t) => a + L[t][i] * L[t][j], 0) / noise ** 2),
    );
    const mean = solve(
      precision,
      y.map((_, i) => y.reduce((a, v, t) => a + L[t][i] * v, 0) / noise ** 2),
    );
    const means = chainMeans(values, 5, chains);
    const squares = chainMeans(
      Float64Array.from(values, (v, k) => (v - mean[k % 5]) ** 2),
      5,
      chains,
    );
    for (let i = 0; i < 5; i++) {
      expectMean(means[i], mean[i], `mean of e[${i}]`, 1e-3);
      const variance = solve(
        precision,
        y.map((_, j) => Number(i === j)),
      )[i];
      expectMean(squares[i], variance, `variance of e[${i}]`, 1e-3);
    }
  }, 120_000);
});

/** The marginal means of every unknown, by enumeration and by Gibbs. */
async function compareWithEnumeration(m: Model): Promise<void> {
  const totals = new Map(m.unknowns.map((u) => [u.slot, new Float64Array(u.size)]));
  let weight = 0;
  enumerateStates(m, noClamp(m), (states, energy, count) => {
    for (let s = 0; s < count; s++) {
      const w = Math.exp(-energy[s]);
      weight += w;
      for (const [slot, total] of totals)
        for (let i = 0; i < total.length; i++) total[i] += w * states.get(slot)![s * total.length + i];
    }
  });
  const chains = 64;
  const { draws, plan } = await sample(m, noClamp(m), { chains, draws: 300, warmup: 100, seed: 5 });
  expect(plan.method).toBe('gibbs');
  for (const u of m.unknowns) {
    const values = draws.quantities.find((q) => q.name === u.slot.name)!.values;
    const means = chainMeans(values, u.size, chains);
    for (let i = 0; i < u.size; i++)
      expectMean(means[i], totals.get(u.slot)![i] / weight, `${u.slot.name}[${i}]`, 1e-4);
  }
}

describe('discrete unknowns', () => {
  it('of the steps of a recurrence: every site touches every factor, and the reason is told', async () => {
    const { model } = await open(`
      index time = 6
      param y : real[time] = [0.2, 1.1, 1.4, 0.3, 0.2, 1.3]
      energy E(z : bit[time], start : bit) {
        term prior = 0.4 * sum(z)
        let x = scan(t in time, prev = 0.5 * start) = 0.6 * prev + z[t]
        term fit = sum((y - x) ^ 2) / (2 * 0.3 ^ 2)
      }`);
    const m = model('E', wasm);
    const z = m.unknowns[0].slot;
    const info = siteBlocks(m.builder, z, factorsOf(m.builder, m.energy), m);
    expect(info.sequential).toContain('a `scan` reads it');
    expect(info.blocks.length).toBe(6);
    await compareWithEnumeration(m);
  }, 120_000);

  it('of its instances: a site is touched by its own instance only', async () => {
    const { model } = await open(`
      index time = 4
      index person = 3
      param y : real[person, time] = [[0.2, 0.5, 0.6, 0.4], [0.9, 1.2, 1.9, 1.7], [0.5, 0.4, 0.9, 1.2]]
      energy E(fast : bit[person], k : category(3)) {
        let rate = [0.1, 0.3, 0.5]
        let x = [scan(t in time, prev = 0) = (0.5 + 0.4 * fast[p]) * prev + rate[k] for p in person]
        term fit = sum((y - x) ^ 2) / (2 * 0.3 ^ 2)
        term prior = 0.3 * fast[0] * fast[2]
      }`);
    const m = model('E', wasm);
    const fast = m.unknowns[0].slot;
    const info = siteBlocks(m.builder, fast, factorsOf(m.builder, m.energy), m);
    expect(info.sequential).toBe(null);
    expect(info.blanket).toBeLessThanOrEqual(5);
    await compareWithEnumeration(m);
  }, 120_000);

  it('with a requirement on the states', async () => {
    const { model } = await open(`
      index time = 6
      energy E(step : spin[time]) {
        let x = scan(t in time, prev = 0) = prev + step[t]
        require x[t] >= 0 for t in time
        term pull = 0.3 * sum(x)
      }`);
    const m = model('E', wasm);
    const chains = 64;
    const { draws } = await sample(m, noClamp(m), { chains, draws: 300, warmup: 100, seed: 6 });
    const values = draws.quantities.find((q) => q.name === 'step')!.values;
    for (let d = 0; d < values.length; d += 6) {
      let x = 0;
      for (let t = 0; t < 6; t++) {
        x += values[d + t];
        expect(x).toBeGreaterThanOrEqual(0);
      }
    }
  }, 120_000);
});
