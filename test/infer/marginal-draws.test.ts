/**
 * Draws of models whose discrete unknowns are summed out, against exact posteriors: enumeration of the discrete part
 * and closed forms or quadrature of the real one, worked out here.
 */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { type Clamp, type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { Stream } from '../../src/random/stream.ts';
import { rHat } from '../../src/stats/diagnostics.ts';
import { open } from '../run/kit.ts';
import { solveCholesky } from './linear.ts';
import { expectMean } from './statistics.ts';

const column = (name: string, values: ArrayLike<number>): string =>
  `${name}\n${Array.from(values).join('\n')}\n`;

interface Drawn {
  /** For each chain the mean of a function of its draws. */
  readonly means: (f: (x: (name: string, i?: number) => number) => number) => number[];
  readonly rHat: (name: string) => number;
}

async function drawn(
  text: string,
  files: Readonly<Record<string, string>>,
  methods: readonly string[],
  { chains = 32, draws = 400 } = {},
  fix?: (clamp: Clamp, model: Model) => void,
): Promise<Drawn> {
  const { model: make } = await open(text, { files });
  const model = make(undefined, kernelsEngine());
  const clamp = noClamp(model);
  fix?.(clamp, model);
  const r = await sample(model, clamp, { chains, draws, warmup: 500, thin: 1, seed: 4 });
  expect(r.plan.unknowns.map((u) => u.method)).toEqual(methods);
  const of = (name: string) => r.draws.quantities.find((q) => q.name === name)!;
  return {
    means: (f) =>
      Array.from({ length: chains }, (_, c) => {
        let total = 0;
        for (let d = c * draws; d < (c + 1) * draws; d++)
          total += f((name, i = 0) => {
            const { values } = of(name);
            return values[(values.length / (chains * draws)) * d + i];
          });
        return total / draws;
      }),
    rHat: (name) => rHat({ values: of(name).values, chains, draws }),
  };
}

const logNormal = (x: number, mean: number, sd: number): number =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

describe('a mixture of two normals with labels', () => {
  const y = [-2.1, -1.4, -1.9, -0.2, 0.4, 1.8, 2.3, 1.1, 2.9, -1.2];
  const files = { 'y.csv': column('y', y) };
  const text = `
    index item = ${y.length}
    data y : real[item] from "y.csv"
    energy E(z : bit[item], a : real, gap : real(0, inf)) {
      a ~ normal(-1, 1)
      gap ~ normal(3, 1)
      let b = a + gap
      z ~ bernoulli(0.4)
      y ~ normal([if z[i] == 1 then b else a for i in item], 0.8)
    }`;

  /** Means by quadrature over a and b, the labels summed element by element. */
  function quadrature(given: ReadonlyMap<number, number>) {
    const total = { weight: 0, a: 0, gap: 0, gap2: 0, z: y.map(() => 0) };
    const step = 0.02;
    for (let a = -7; a < 7; a += step)
      for (let gap = step / 2; gap < 9; gap += step) {
        const b = a + gap;
        let log = logNormal(a, -1, 1) + logNormal(gap, 3, 1);
        const one = y.map((v, i) => {
          const p1 = given.get(i) === 0 ? 0 : 0.4 * Math.exp(logNormal(v, b, 0.8));
          const p0 = given.get(i) === 1 ? 0 : 0.6 * Math.exp(logNormal(v, a, 0.8));
          log += Math.log(p0 + p1 + 1e-300);
          return p1 / (p0 + p1 + 1e-300);
        });
        const w = Math.exp(log);
        total.weight += w;
        total.a += w * a;
        total.gap += w * gap;
        total.gap2 += w * gap * gap;
        one.forEach((p, i) => {
          total.z[i] += w * p;
        });
      }
    const { weight } = total;
    return {
      a: total.a / weight,
      gap: total.gap / weight,
      gap2: total.gap2 / weight,
      z: total.z.map((x) => x / weight),
    };
  }

  for (const [what, given] of [
    ['all unknown', new Map<number, number>()],
    [
      'two given',
      new Map([
        [3, 1],
        [8, 0],
      ]),
    ],
  ] as const)
    it(`has the means of a quadrature: ${what}`, async () => {
      const exact = quadrature(given);
      const { means, rHat: r } = await drawn(
        text,
        files,
        ['marginal', 'nuts', 'nuts'],
        {},
        (clamp, model) => {
          const { slot } = model.unknowns[0];
          for (const [i, x] of given) {
            clamp.fixed.get(slot)![i] = 1;
            clamp.values.get(slot)![i] = x;
          }
        },
      );
      expectMean(
        means((x) => x('a')),
        exact.a,
        'a',
        1e-4,
      );
      expectMean(
        means((x) => x('gap')),
        exact.gap,
        'gap',
        1e-4,
      );
      expectMean(
        means((x) => x('gap') ** 2),
        exact.gap2,
        'gap²',
        1e-4,
      );
      y.forEach((_, i) => {
        if (!given.has(i))
          expectMean(
            means((x) => x('z', i)),
            exact.z[i],
            `z[${i}]`,
            1e-4,
          );
      });
      expect(r('a')).toBeLessThan(1.02);
    }, 60_000);
});

describe('a change point', () => {
  it('in counts, against the closed form of its rates', async () => {
    const stream = new Stream(9, 'counts');
    const n = Array.from({ length: 40 }, (_, t) => {
      const rate = t <= 14 ? 3 : 1.4;
      let k = 0;
      for (let p = stream.uniform(); p > Math.exp(-rate); p *= stream.uniform()) k++;
      return k;
    });
    const text = `
      index year = line(40)
      data n : int(0, 40)[year] from "n.csv"
      energy E(last : int(0, 38), before : real(0, inf), after : real(0, inf)) {
        before ~ gamma(2, 1)
        after ~ gamma(2, 1)
        n ~ poisson([if y <= last then before else after for y in year])
      }`;
    const { means } = await drawn(text, { 'n.csv': column('n', n) }, ['marginal', 'nuts', 'nuts']);
    // A gamma(2, 1) rate with k events in t years is gamma(2 + k, 1 + t): it weighs Γ(2 + k) / (1 + t)^(2 + k).
    const lgamma = (k: number): number => {
      let out = 0;
      for (let i = 2; i < k; i++) out += Math.log(i);
      return out;
    };
    const sum = (from: number, to: number): number => n.slice(from, to).reduce((a, b) => a + b, 0);
    const logs = Array.from({ length: 39 }, (_, last) => {
      const [k0, k1] = [sum(0, last + 1), sum(last + 1, 40)];
      return lgamma(2 + k0) - (2 + k0) * Math.log(2 + last) + lgamma(2 + k1) - (2 + k1) * Math.log(40 - last);
    });
    const top = Math.max(...logs);
    const weights = logs.map((l) => Math.exp(l - top));
    const total = weights.reduce((a, b) => a + b, 0);
    const rate = weights.reduce((a, w, last) => a + (w / total) * ((2 + sum(0, last + 1)) / (2 + last)), 0);
    expectMean(
      means((x) => x('before')),
      rate,
      'before',
      1e-4,
    );
    for (let last = 0; last < 39; last++)
      if (weights[last] / total > 0.01)
        expectMean(
          means((x) => Number(x('last') === last)),
          weights[last] / total,
          `last ${last}`,
          1e-4,
        );
  }, 60_000);

  // The structure of the stagnant-water data of Carlin, Gelfand & Smith (Applied Statistics 41 (1992) 389), on which
  // samplers that move one number at a time stay where they start.
  it('of two lines that meet, against enumeration and quadrature', async () => {
    const count = 29;
    const stream = new Stream(5, 'flow');
    const x = Array.from({ length: count }, (_, i) => Number((-1.4 + (2.6 * i) / (count - 1)).toFixed(2)));
    const y = x.map((v) => 0.5 - (v < 0.1 ? 0.45 : 0.95) * (v - 0.1) + 0.12 * stream.normal());
    const text = `
      index obs = ${count}
      data x : real[obs] from "x.csv"
      data y : real[obs] from "y.csv"
      energy E(k : category(obs), alpha : real, slope : real[2], sigma : real(0, inf)) {
        alpha ~ normal(0, 10)
        slope ~ normal(0, 10)
        sigma ~ lognormal(-2, 1)
        y ~ normal([alpha + (if x[i] < x[k] then slope[0] else slope[1]) * (x[i] - x[k]) for i in obs], sigma)
      }`;
    const files = { 'x.csv': column('x', x), 'y.csv': column('y', y) };
    const { means, rHat: r } = await drawn(text, files, ['marginal', 'nuts', 'nuts', 'nuts'], {
      chains: 12,
      draws: 300,
    });
    const weights: number[] = [];
    const alphas: number[] = [];
    for (let k = 0; k < count; k++) {
      const rows = x.map((v) => [1, v < x[k] ? v - x[k] : 0, v < x[k] ? 0 : v - x[k]]);
      let weight = 0;
      let alpha = 0;
      for (let s = -6; s < 1; s += 0.01) {
        const sigma = Math.exp(s);
        const { log, mean } = evidence(rows, y, sigma, 10);
        const w = Math.exp(log + logNormal(s, -2, 1) - 20);
        weight += w;
        alpha += w * mean[0];
      }
      weights.push(weight);
      alphas.push(alpha);
    }
    const total = weights.reduce((a, b) => a + b, 0);
    expect(weights.filter((w) => w / total > 0.02).length).toBeGreaterThan(3);
    weights.forEach((w, k) => {
      if (w / total > 0.01)
        expectMean(
          means((v) => Number(v('k') === k)),
          w / total,
          `k ${k}`,
          1e-4,
        );
    });
    const alpha = alphas.reduce((a, b) => a + b, 0) / total;
    expectMean(
      means((v) => v('alpha')),
      alpha,
      'alpha',
      1e-4,
    );
    for (const name of ['k', 'alpha', 'sigma']) expect(r(name)).toBeLessThan(1.02);
  }, 120_000);
});

describe('beside others', () => {
  // Spins on a ring are neither a chain nor few: they are swept given the labels, the labels drawn after the real.
  it('what is left is drawn given what was summed out', async () => {
    const y = [-0.4, 1.9, 0.3, 2.2, 1.1, -1.0, 0.6, 2.8, 1.4];
    const n = y.length;
    const text = `
      index site = ring(${n})
      data y : real[site] from "y.csv"
      energy E(u : spin[site], z : bit[site], m : real) {
        m ~ normal(0, 1)
        term ring   = -0.4 * sum(u[i] * u[i + 1] for i in site)
        term labels = -0.6 * sum(u[i] * (2 * z[i] - 1) for i in site)
        y ~ normal([m + 1.5 * z[i] for i in site], 1)
      }`;
    const { means } = await drawn(text, { 'y.csv': column('y', y) }, ['gibbs', 'marginal', 'nuts'], {
      chains: 32,
      draws: 600,
    });
    const total = { weight: 0, m: 0, u0: 0, z1: 0, pair: 0 };
    for (let m = -4; m < 4; m += 0.05) {
      // By state of u: the weight of both labels, and of label 1.
      const site = y.map((v) =>
        [-1, 1].map((u) => {
          const one = Math.exp(0.6 * u + logNormal(v, m + 1.5, 1));
          return { all: one + Math.exp(-0.6 * u + logNormal(v, m, 1)), one };
        }),
      );
      const prior = Math.exp(logNormal(m, 0, 1) + 15);
      for (let code = 0; code < 2 ** n; code++) {
        const bit = (i: number): number => (code >> (i % n)) & 1;
        let ring = 0;
        let weight = prior;
        for (let i = 0; i < n; i++) {
          ring += (2 * bit(i) - 1) * (2 * bit(i + 1) - 1);
          weight *= site[i][bit(i)].all;
        }
        weight *= Math.exp(0.4 * ring);
        total.weight += weight;
        total.m += weight * m;
        total.u0 += weight * (2 * bit(0) - 1);
        total.pair += weight * ring;
        total.z1 += (weight * site[1][bit(1)].one) / site[1][bit(1)].all;
      }
    }
    const { weight } = total;
    const ring = (x: (name: string, i?: number) => number): number =>
      y.reduce((s, _, i) => s + x('u', i) * x('u', (i + 1) % n), 0);
    expectMean(
      means((x) => x('m')),
      total.m / weight,
      'm',
      1e-4,
    );
    expectMean(
      means((x) => x('u', 0)),
      total.u0 / weight,
      'u[0]',
      1e-4,
    );
    expectMean(
      means((x) => x('z', 1)),
      total.z1 / weight,
      'z[1]',
      1e-4,
    );
    expectMean(means(ring), total.pair / weight, 'ring', 1e-3);
  }, 60_000);

  it('paths and labels of several unknowns are joint draws', async () => {
    const y = [0.2, 1.4, 2.6, -0.3, 0.1];
    const text = `
      index time = line(5)
      data y : real[time] from "y.csv"
      energy E(z : bit[time], w : bit[time], m : real) {
        m ~ normal(1, 1)
        term moves  = -1.1 * sum(z[t] == z[t - 1] for t in time where t > 0)
        term labels = -0.7 * sum(w[t] == z[t] for t in time)
        y ~ normal([m * z[t] + 0.8 * w[t] for t in time], 0.7)
      }`;
    const { means } = await drawn(text, { 'y.csv': column('y', y) }, ['marginal', 'marginal', 'nuts']);
    const total = { weight: 0, m: 0, z2: 0, both: 0, same: 0 };
    for (let m = -4; m < 6; m += 0.02)
      for (let code = 0; code < 1024; code++) {
        const [z, w] = [(t: number) => (code >> t) & 1, (t: number) => (code >> (5 + t)) & 1];
        let log = logNormal(m, 1, 1);
        let same = 0;
        for (let t = 0; t < 5; t++) {
          if (t > 0 && z(t) === z(t - 1)) same++;
          if (w(t) === z(t)) log += 0.7;
          log += logNormal(y[t], m * z(t) + 0.8 * w(t), 0.7);
        }
        const weight = Math.exp(log + 1.1 * same);
        total.weight += weight;
        total.m += weight * m;
        total.z2 += weight * z(2);
        total.both += weight * z(3) * w(3);
        total.same += weight * same;
      }
    const { weight } = total;
    expectMean(
      means((x) => x('m')),
      total.m / weight,
      'm',
      1e-4,
    );
    expectMean(
      means((x) => x('z', 2)),
      total.z2 / weight,
      'z[2]',
      1e-4,
    );
    expectMean(
      means((x) => x('z', 3) * x('w', 3)),
      total.both / weight,
      'z[3] w[3]',
      1e-4,
    );
    const same = (x: (name: string, i?: number) => number): number =>
      [1, 2, 3, 4].reduce((s, t) => s + Number(x('z', t) === x('z', t - 1)), 0);
    expectMean(means(same), total.same / weight, 'moves', 1e-3);
  }, 60_000);
});

/** ln p(y) of a linear model with coefficients normal(0, scale), and their posterior mean. */
function evidence(rows: readonly (readonly number[])[], y: readonly number[], sigma: number, scale: number) {
  const p = rows[0].length;
  const a = Array.from({ length: p }, (_, i) =>
    Array.from({ length: p }, (_, j) =>
      rows.reduce((s, r) => s + (r[i] * r[j]) / sigma ** 2, i === j ? 1 / scale ** 2 : 0),
    ),
  );
  const v = Array.from({ length: p }, (_, i) => rows.reduce((s, r, n) => s + (r[i] * y[n]) / sigma ** 2, 0));
  const { x: mean, logDet } = solveCholesky(a, v);
  const quadratic = y.reduce((s, t) => s + t * t, 0) / sigma ** 2 - v.reduce((s, t, i) => s + t * mean[i], 0);
  const log =
    -0.5 * quadratic -
    y.length * (Math.log(sigma) + 0.5 * Math.log(2 * Math.PI)) -
    p * Math.log(scale) -
    0.5 * logDet;
  return { log, mean };
}
