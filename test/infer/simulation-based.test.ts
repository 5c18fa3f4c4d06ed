/**
 * Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman, arXiv:1804.06788 (2018)): parameters
 * drawn from the prior, data drawn given them, and the rank of each parameter among draws from its posterior; if
 * density, transforms and samplers are right, ranks are uniform. And the joint test of Geweke (J. Am. Stat. Assoc.
 * 99 (2004) 799): with the data themselves unknown, the parameters' marginals are the prior.
 */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { Stream } from '../../src/random/stream.ts';
import { open } from '../run/kit.ts';
import { chiSquare, expectMean } from './statistics.ts';

const SIMULATIONS = 120;
/** Draws that a rank is among, far enough apart to be nearly independent; ranks are 0 … 31, in 8 bins. */
const DRAWS = 31;
const BINS = 8;

interface Model {
  readonly name: string;
  readonly text: string;
  /** Parameters by name, flat, and data, drawn from the joint distribution. */
  readonly draw: (s: Stream) => {
    readonly parameters: Readonly<Record<string, number | readonly number[]>>;
    readonly data: Readonly<Record<string, unknown>>;
  };
  readonly thin: number;
}

const normals = (s: Stream, n: number, mean: (i: number) => number, sd: number): number[] =>
  Array.from({ length: n }, (_, i) => mean(i) + sd * s.normal());

const exponential = (s: Stream, rate: number): number => -Math.log(1 - s.uniform()) / rate;

function poisson(s: Stream, mean: number): number {
  let [k, p] = [0, s.uniform()];
  for (const least = Math.exp(-mean); p > least; k++) p *= s.uniform();
  return k;
}

const models: readonly Model[] = [
  {
    name: 'location and scale',
    thin: 3,
    text: `
      index n = 6
      data y : real[n] from "data.json"
      energy E(m : real, s : real(0, inf)) {
        m ~ normal(1, 2)
        s ~ exponential(1)
        y ~ normal(m, s)
      }`,
    draw(s) {
      const m = 1 + 2 * s.normal();
      const sd = exponential(s, 1);
      return { parameters: { m, s: sd }, data: { y: normals(s, 6, () => m, sd) } };
    },
  },
  {
    name: 'a hierarchy as it is written',
    thin: 6,
    text: `
      index j = 5
      data y : real[j] from "data.json"
      energy E(mu : real, tau : real(0, inf), theta : real[j]) {
        mu ~ normal(0, 2)
        tau ~ exponential(1)
        theta ~ normal(mu, tau)
        y ~ normal(theta, 1)
      }`,
    draw(s) {
      const mu = 2 * s.normal();
      const tau = exponential(s, 1);
      const theta = normals(s, 5, () => mu, tau);
      return { parameters: { mu, tau, theta }, data: { y: normals(s, 5, (i) => theta[i], 1) } };
    },
  },
  {
    name: 'a mixture with labels',
    thin: 4,
    text: `
      index n = 12
      data y : real[n] from "data.json"
      energy E(mu : real[2], p : real(0, 1), z : bit[n]) {
        mu[0] ~ normal(-2, 1)
        mu[1] ~ normal(2, 1)
        p ~ beta(2, 2)
        z ~ bernoulli(p)
        term seen = sum(-normal(mu[z[i]], 1).log_density(y[i]) for i in n)
      }`,
    draw(s) {
      const mu = [-2 + s.normal(), 2 + s.normal()];
      // The median of three uniform numbers is Beta(2, 2).
      const p = [s.uniform(), s.uniform(), s.uniform()].sort((a, b) => a - b)[1];
      const z = Array.from({ length: 12 }, () => (s.uniform() < p ? 1 : 0));
      return { parameters: { mu, p }, data: { y: normals(s, 12, (i) => mu[z[i]], 1) } };
    },
  },
  {
    name: 'a change point in counts',
    thin: 4,
    text: `
      index t = 15
      data y : int(0, 10000)[t] from "data.json"
      energy E(early : real(0, inf), late : real(0, inf), when : int(1, 14)) {
        early ~ exponential(0.3)
        late ~ exponential(0.3)
        y ~ poisson([if i < when then early else late for i in t])
      }`,
    draw(s) {
      const [early, late] = [exponential(s, 0.3), exponential(s, 0.3)];
      const when = 1 + s.int(14);
      const y = Array.from({ length: 15 }, (_, i) => poisson(s, i < when ? early : late));
      return { parameters: { early, late, when }, data: { y } };
    },
  },
  {
    name: 'a logistic regression with a simplex of effects',
    thin: 4,
    text: `
      index n = 30
      index k = 3
      data x : int(0, 2)[n] from "data.json"
      data y : bit[n] from "data.json"
      energy E(w : simplex(k), a : real, size : real(0, inf)) {
        w ~ dirichlet([1, 1, 1])
        a ~ normal(0, 1)
        size ~ lognormal(0.5, 0.5)
        y ~ bernoulli_logit([a + size * 3 * (w[x[i]] - 1 / 3) for i in n])
      }`,
    draw(s) {
      const e = [exponential(s, 1), exponential(s, 1), exponential(s, 1)];
      const w = e.map((v) => v / (e[0] + e[1] + e[2]));
      const a = s.normal();
      const size = Math.exp(0.5 + 0.5 * s.normal());
      const x = Array.from({ length: 30 }, () => s.int(3));
      const y = x.map((v) => (s.uniform() < 1 / (1 + Math.exp(-a - 3 * size * (w[v] - 1 / 3))) ? 1 : 0));
      return { parameters: { w, a, size }, data: { x, y } };
    },
  },
];

const flat = (parameters: Readonly<Record<string, number | readonly number[]>>): number[] =>
  Object.values(parameters).flat();

describe.each(models)('ranks of parameters among posterior draws: $name', ({ text, draw, thin }) => {
  it('are uniform', async () => {
    const engine = kernelsEngine();
    const root = new Stream(20260101, 'calibration');
    const counts: number[][] = [];
    let names: string[] = [];
    for (let i = 0; i < SIMULATIONS; i++) {
      const stream = root.fork(i);
      const { parameters, data } = draw(stream);
      const { model } = await open(text, { files: { 'data.json': JSON.stringify(data) } });
      const m = model('E', engine);
      const { draws } = await sample(m, noClamp(m), {
        chains: 1,
        draws: DRAWS,
        thin,
        warmup: 250,
        seed: 1000 + i,
      });
      const truth = flat(parameters);
      const columns = Object.keys(parameters).flatMap((name) => {
        const q = draws.quantities.find((d) => d.name === name)!;
        const size = q.values.length / DRAWS;
        return Array.from({ length: size }, (_, k) => ({ q, size, k }));
      });
      names = columns.map(({ q, k }) => `${q.name}[${k}]`);
      columns.forEach(({ q, size, k }, c) => {
        counts[c] ??= new Array<number>(BINS).fill(0);
        let [below, equal] = [0, 0];
        for (let d = 0; d < DRAWS; d++) {
          const v = q.values[d * size + k];
          if (v < truth[c]) below++;
          else if (v === truth[c]) equal++;
        }
        // Ties of discrete parameters are broken at random, which keeps ranks uniform.
        const rank = below + (equal > 0 ? stream.int(equal + 1) : 0);
        counts[c][Math.floor((rank * BINS) / (DRAWS + 1))]++;
      });
    }
    const uniform = new Array<number>(BINS).fill(1 / BINS);
    // 20 numbers in all are compared: beyond 4.5 by chance once in 15,000 times.
    counts.forEach((own, c) => {
      expect(chiSquare(own, uniform), `${names[c]}: ${own}`).toBeLessThan(4.5);
    });
  }, 120_000);
});

interface Joint {
  readonly name: string;
  readonly text: string;
  /** Moments of the prior: the quantity, its function, its mean. */
  readonly moments: readonly (readonly [string, (x: number) => number, number])[];
}

const joints: readonly Joint[] = [
  {
    name: 'a regression',
    text: `
      index n = 4
      energy E(b : real, s : real(0, inf), y : real[n]) {
        b ~ normal(1, 2)
        s ~ gamma(3, 2)
        y ~ normal([b * i for i in n], s)
      }`,
    moments: [
      ['b', (x) => x, 1],
      ['b', (x) => (x - 1) ** 2, 4],
      ['s', (x) => x, 1.5],
      ['s', (x) => x * x, 3],
    ],
  },
  {
    name: 'a mixture with labels and data',
    text: `
      index n = 4
      energy E(m : real, p : real(0, 1), z : bit[n], y : real[n]) {
        m ~ normal(0, 1)
        p ~ beta(3, 2)
        z ~ bernoulli(p)
        y ~ normal([if z[i] == 1 then m else -1 for i in n], 0.5)
      }`,
    moments: [
      ['m', (x) => x, 0],
      ['m', (x) => x * x, 1],
      ['p', (x) => x, 0.6],
      ['p', (x) => x * x, 0.4],
    ],
  },
  {
    name: 'counts of a hidden chain',
    text: `
      index t = 5
      energy E(rate : real(0, inf)[2], s : bit[t], y : int(0, 60)[t]) {
        rate ~ gamma(4, 2)
        s[0] ~ bernoulli(0.5)
        term stay = sum(if s[i] == s[i - 1] then -log(0.8) else -log(0.2) for i in t where i > 0)
        y ~ poisson([rate[s[i]] for i in t])
      }`,
    moments: [
      ['rate', (x) => x, 2],
      ['rate', (x) => x * x, 5],
      ['s', (x) => x, 0.5],
    ],
  },
];

describe.each(joints)('parameters beside unknown data: $name', ({ text, moments }) => {
  it('have their prior as marginal', async () => {
    const { model } = await open(text);
    const m = model('E', kernelsEngine());
    const chains = 24;
    const count = 800;
    const { draws } = await sample(m, noClamp(m), { chains, draws: count, warmup: 400, thin: 2, seed: 77 });
    for (const [name, f, want] of moments) {
      const { values } = draws.quantities.find((q) => q.name === name)!;
      const each = values.length / chains;
      const means = Array.from({ length: chains }, (_, c) => {
        let sum = 0;
        for (let i = c * each; i < (c + 1) * each; i++) sum += f(values[i]);
        return sum / each;
      });
      expectMean(means, want, name, 1e-6);
    }
  }, 120_000);
});
