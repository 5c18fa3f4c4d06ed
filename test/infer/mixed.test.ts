/** Energies over discrete and real unknowns together: Gibbs sweeps and Langevin steps in turn. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { type SampleOptions, sample } from '../../src/infer/sample.ts';
import { Stream } from '../../src/random/stream.ts';
import { open } from '../run/kit.ts';
import { expectMean } from './statistics.ts';

let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

/** The values of each unknown, by name, in the recorded draws. */
async function run(model: Model, options: SampleOptions): Promise<(name: string) => Float64Array> {
  const { draws, plan } = await sample(model, noClamp(model), options);
  expect(plan.method).toBe('mixed');
  return (name) => draws.quantities.find((q) => q.name === name)!.values;
}

/** The mean over each chain of a function of its draws. */
function chainMeans(chains: number, draws: number, f: (draw: number) => number): number[] {
  return Array.from({ length: chains }, (_, c) => {
    let total = 0;
    for (let i = c * draws; i < (c + 1) * draws; i++) total += f(i);
    return total / draws;
  });
}

describe('a label and a number', () => {
  const text = `
    enum Kind = { low, mid, high }
    param w  : real[Kind] = [0.5, 0.3, 0.2]
    param mu : real[Kind] = [-1.5, 0.5, 1.5]
    param s  : real[Kind] = [0.6, 1.0, 0.4]
    energy E(x : real, k : Kind, b : bit) {
      term fit   = 0.5 * ((x - mu[k]) / s[k]) ^ 2 + log(s[k]) - log(w[k])
      term coin  = softplus(x) - b * x
    }`;
  const [w, mu, s] = [
    [0.5, 0.3, 0.2],
    [-1.5, 0.5, 1.5],
    [0.6, 1.0, 0.4],
  ];

  it('stays at exact draws', async () => {
    const chains = 8192;
    const { model } = await open(text);
    const starts = Array.from({ length: chains }, (_, c) => {
      const r = new Stream(31, c);
      const u = r.uniform();
      const k = u < w[0] ? 0 : u < w[0] + w[1] ? 1 : 2;
      const x = mu[k] + s[k] * r.normal();
      return new Map([
        ['x', [x]],
        ['k', [k]],
        ['b', [Number(r.uniform() < 1 / (1 + Math.exp(-x)))]],
      ]);
    });
    const of = await run(model('E', wasm), {
      chains,
      draws: 1,
      warmup: 0,
      thin: 10,
      seed: 12,
      start: { of: (slot, c) => starts[c].get(slot.name)! },
    });
    const [x, k, b] = ['x', 'k', 'b'].map(of);
    const mean = (f: (c: number) => number, want: number, what: string): void =>
      expectMean(chainMeans(chains, 1, f), want, what, 1e-4);
    for (let j = 0; j < 3; j++) {
      mean((c) => Number(k[c] === j), w[j], `weight ${j}`);
      mean((c) => Number(k[c] === j) * (x[c] - mu[j]), 0, `mean of ${j}`);
      mean((c) => Number(k[c] === j) * (x[c] - mu[j]) ** 2, w[j] * s[j] ** 2, `variance of ${j}`);
    }
    mean((c) => b[c] - 1 / (1 + Math.exp(-x[c])), 0, 'coin');
    mean((c) => (b[c] - 1 / (1 + Math.exp(-x[c]))) * x[c], 0, 'coin times x');
  }, 60_000);
});

describe('labels of observations with an unknown mean', () => {
  const y = [-0.4, 1.9, 2.6];

  it('agrees with quadrature', async () => {
    // yᵢ ~ N(zᵢ·μ, 1) with zᵢ = 0 or 1 alike, μ ~ N(0, 2).
    const { model } = await open(
      `index item = 3
       data y : real[item] from "y.csv"
       energy E(mu : real, z : bit[item]) {
         mu ~ normal(0, 2)
         y ~ normal(z * mu, 1)
       }`,
      { files: { 'y.csv': `y\n${y.join('\n')}\n` } },
    );
    // Posterior of μ with the labels summed out, on a grid: Simpson's rule on ±16 standard deviations.
    const n = 4000;
    const [lo, hi] = [-16, 16];
    const sums = { z: 0, mu: 0, mu2: 0, label: [0, 0, 0] };
    const normal = (v: number, m: number, sd: number): number => Math.exp(-0.5 * ((v - m) / sd) ** 2);
    for (let i = 0; i <= n; i++) {
      const m = lo + ((hi - lo) * i) / n;
      const simpson = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
      const each = y.map((v) => [normal(v, 0, 1), normal(v, m, 1)]);
      const p = simpson * normal(m, 0, 2) * each.reduce((a, [off, on]) => a * (off + on), 1);
      sums.z += p;
      sums.mu += p * m;
      sums.mu2 += p * m * m;
      each.forEach(([off, on], j) => {
        sums.label[j] += (p * on) / (off + on);
      });
    }
    const chains = 128;
    const draws = 400;
    const of = await run(model('E', wasm), { chains, draws, warmup: 400, seed: 21 });
    const [mu, z] = ['mu', 'z'].map(of);
    expectMean(
      chainMeans(chains, draws, (i) => mu[i]),
      sums.mu / sums.z,
      'μ',
      1e-4,
    );
    expectMean(
      chainMeans(chains, draws, (i) => mu[i] ** 2),
      sums.mu2 / sums.z,
      'μ²',
      1e-4,
    );
    y.forEach((_, j) => {
      expectMean(
        chainMeans(chains, draws, (i) => z[i * 3 + j]),
        sums.label[j] / sums.z,
        `z${j}`,
        1e-4,
      );
    });
  }, 60_000);
});

describe('joint distributions (Geweke 2004)', () => {
  it('data that are unknowns leave the prior as it is', async () => {
    // With the data drawn along, the marginal of the parameters is their prior whatever the likelihood.
    const { model } = await open(
      `index item = 4
       energy E(mu : real, tau : real(0, inf), p : real(0, 1), x : real[item], n : int(0, 6), hit : bit[item]) {
         mu  ~ normal(1, 0.5)
         tau ~ gamma(3, 4)
         p   ~ beta(2, 2)
         x   ~ normal(mu, 0.5 + tau)
         n   ~ binomial(6, p)
         hit ~ bernoulli_logit(mu)
       }`,
    );
    const chains = 256;
    const draws = 200;
    const of = await run(model('E', wasm), { chains, draws, warmup: 400, seed: 17 });
    const value = (name: string, f: (v: number) => number) => {
      const values = of(name);
      return chainMeans(chains, draws, (i) => f(values[i]));
    };
    expectMean(
      value('mu', (v) => v),
      1,
      'μ',
      1e-4,
    );
    expectMean(
      value('mu', (v) => (v - 1) ** 2),
      0.25,
      'var μ',
      1e-4,
    );
    expectMean(
      value('tau', (v) => v),
      0.75,
      'τ',
      1e-4,
    );
    expectMean(
      value('tau', (v) => v * v),
      12 / 16,
      'τ²',
      1e-4,
    );
    expectMean(
      value('p', (v) => v),
      0.5,
      'p',
      1e-4,
    );
    expectMean(
      value('p', (v) => v * v),
      (2 * 3) / (4 * 5),
      'p²',
      1e-4,
    );
    expectMean(
      value('n', (v) => v),
      3,
      'n',
      1e-4,
    );
    // Beta-binomial: n(n−1)·E[p²] + n·E[p].
    expectMean(
      value('n', (v) => v * v),
      6 * 5 * 0.3 + 3,
      'n²',
      1e-4,
    );
  }, 60_000);
});
