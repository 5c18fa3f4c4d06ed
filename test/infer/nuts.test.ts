/** The no-U-turn sampler, tempering and run lengths on targets whose moments are known. */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { makeNuts } from '../../src/infer/nuts.ts';
import type { ContinuousTarget } from '../../src/infer/real-sampler.ts';
import { verdictOn } from '../../src/infer/run-length.ts';
import { sample } from '../../src/infer/sample.ts';
import { Stream } from '../../src/random/stream.ts';
import { essBulk, mcseMean, moments, rHat } from '../../src/stats/diagnostics.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { worstOf } from '../../src/stats/worst.ts';
import { open } from '../run/kit.ts';

/** A normal with the given precision matrix, side by side or one by one. */
function normal(precision: readonly (readonly number[])[], apart: boolean, chains: number): ContinuousTarget {
  const dim = precision.length;
  const one = (z: Float64Array, g: Float64Array): number => {
    let e = 0;
    for (let i = 0; i < dim; i++) {
      g[i] = precision[i].reduce((sum, p, j) => sum + p * z[j], 0);
      e += 0.5 * z[i] * g[i];
    }
    return e;
  };
  return {
    dim,
    evaluate(z) {
      const energy = new Float64Array(chains);
      const gradient = new Float64Array(chains * dim);
      for (let c = 0; c < chains; c++)
        energy[c] = one(z.subarray(c * dim, (c + 1) * dim), gradient.subarray(c * dim, (c + 1) * dim));
      return { energy, gradient };
    },
    ...(apart ? { evaluateOne: (_, z, g) => one(z, g) } : {}),
  };
}

const streams = (chains: number): Stream[] => Array.from({ length: chains }, (_, c) => new Stream(3, 'n', c));

/** x and y of correlation 0.99 and standard deviations 1 and 100, and z apart from them. */
const bent = [
  [1 / 0.0199, -0.0099 / 0.0199, 0],
  [-0.0099 / 0.0199, 1e-4 / 0.0199, 0],
  [0, 0, 4],
];

describe('the no-U-turn sampler', () => {
  it.each([true, false])('has the moments of a correlated normal (chains one by one: %s)', (apart) => {
    const chains = 4;
    const target = normal(bent, apart, chains);
    const own = streams(chains);
    const sampler = makeNuts(target, chains, new Float64Array(chains * 3).fill(1), { warmup: 600 });
    const draws = 2000;
    const out = [0, 1, 2].map(() => new Float64Array(chains * draws));
    for (let i = 0; i < 600; i++) sampler.step(own, true);
    sampler.freeze();
    for (let i = 0; i < draws; i++) {
      sampler.step(own, false);
      for (let c = 0; c < chains; c++)
        for (let k = 0; k < 3; k++) out[k][c * draws + i] = sampler.state.z[c * 3 + k];
    }
    const truth = [1, 100, 0.5];
    for (let k = 0; k < 3; k++) {
      const x = { values: out[k], chains, draws };
      expect(rHat(x)).toBeLessThan(1.01);
      expect(essBulk(x)).toBeGreaterThan(1000);
      expect(Math.abs(moments(out[k]).mean)).toBeLessThan(5 * mcseMean(x));
      const squares = { values: out[k].map((v) => v * v), chains, draws };
      expect(Math.abs(moments(squares.values).mean - truth[k] ** 2)).toBeLessThan(5 * mcseMean(squares));
    }
    for (let c = 0; c < chains; c++) {
      const info = sampler.info(c);
      expect(info.divergences).toBe(0);
      expect(info.missing).toBeGreaterThan(0.5);
      // The metric knows the correlation: trajectories are short.
      expect(info.leapfrogs! / draws).toBeLessThan(12);
    }
  });

  it('draws the same one by one and side by side', () => {
    const run = (apart: boolean): number[] => {
      const own = streams(3);
      const sampler = makeNuts(normal(bent, apart, 3), 3, new Float64Array(9).fill(0.5), { warmup: 100 });
      for (let i = 0; i < 150; i++) sampler.step(own, i < 100);
      return [...sampler.state.z];
    };
    expect(run(true)).toEqual(run(false));
  });

  it('leaves a banana as it is, from exact draws', async () => {
    // x ~ N(1, 1), y | x ~ N(x², 0.1): moments in closed form.
    const { model } = await open(`energy E(x : real, y : real) {
      term all = (x - 1) ^ 2 / 2 + 5 * (y - x ^ 2) ^ 2
    }`);
    const m = model('E', kernelsEngine());
    const chains = 400;
    const root = new Stream(9);
    const starts = Array.from({ length: chains }, () => {
      const x = 1 + root.normal();
      return [x, x * x + Math.sqrt(0.1) * root.normal()];
    });
    const { draws } = await sample(m, noClamp(m), {
      chains,
      draws: 1,
      warmup: 0,
      thin: 8,
      seed: 4,
      method: 'nuts',
      start: { of: (slot, c) => [starts[c][slot.name === 'x' ? 0 : 1]] },
    });
    const [x, y] = ['x', 'y'].map((n) => draws.quantities.find((q) => q.name === n)!.values);
    const within = (values: Float64Array, mean: number, sd: number): void =>
      expect(Math.abs(moments(values).mean - mean)).toBeLessThan((4.5 * sd) / Math.sqrt(chains));
    within(x, 1, 1);
    within(y, 2, Math.sqrt(6.1));
    within(
      x.map((v) => (v - 1) ** 2),
      1,
      Math.SQRT2,
    );
    within(
      x.map((v, i) => (y[i] - v * v) ** 2),
      0.1,
      0.1 * Math.SQRT2,
    );
  });
});

describe('modes that chains do not leave', () => {
  const mixture = `energy E(x : real) {
    term all = -logsumexp([log(0.3) - (x - 8) ^ 2 / 2, log(0.7) - (x + 8) ^ 2 / 2])
  }`;

  it('are weighed right by tempering, which a run turns to by itself', async () => {
    const { model } = await open(mixture);
    const m = model('E', kernelsEngine());
    const { draws, plan, chains } = await sample(m, noClamp(m), { seed: 2 });
    expect(plan.tempering?.why).toMatch(/different modes/);
    const x = draws.quantities.find((q) => q.name === 'x')!.values;
    const right = { values: x.map((v) => (v > 0 ? 1 : 0)), chains: draws.chains, draws: draws.draws };
    expect(Math.abs(moments(right.values).mean - 0.3)).toBeLessThan(4.5 * mcseMean(right));
    expect(mcseMean(right)).toBeLessThan(0.05);
    expect(chains.every((c) => c.trips! > 10)).toBe(true);
  });

  it('of spins are weighed right by tempering that is asked for', async () => {
    // Two states of energy −40·0.5 and others between: all up or all down, up with odds e.
    const { model } = await open(`
      index site = 12
      energy E(s : spin[site]) {
        term pull = -0.35 * sum(s[i] * s[j] for i in site, j in site where i < j)
        term lean = -sum(s[i] for i in site) / 24
      }`);
    const m = model('E', kernelsEngine());
    const { draws } = await sample(m, noClamp(m), { seed: 5, draws: 2000, method: 'tempering' });
    const s = draws.quantities.find((q) => q.name === 's')!.values;
    const up = new Float64Array(draws.chains * draws.draws);
    for (let i = 0; i < up.length; i++) {
      let sum = 0;
      for (let k = 0; k < 12; k++) sum += s[12 * i + k];
      up[i] = sum > 0 ? 1 : 0;
    }
    // Exact: sums over the number of spins that are up.
    let [plus, all] = [0, 0];
    let ways = 1;
    for (let k = 0; k <= 12; k++) {
      const total = 2 * k - 12;
      const weight = ways * Math.exp((0.35 * (total ** 2 - 12)) / 2 + total / 24);
      all += weight;
      if (total > 0) plus += weight;
      ways = (ways * (12 - k)) / (k + 1);
    }
    const x = { values: up, chains: draws.chains, draws: draws.draws };
    expect(mcseMean(x)).toBeLessThan(0.04);
    expect(Math.abs(moments(up).mean - plus / all)).toBeLessThan(4.5 * mcseMean(x));
  });

  it('does not depend on how chains are grouped', async () => {
    const { model } = await open(mixture);
    const m = model('E', kernelsEngine());
    const options = { seed: 2, draws: 50, warmup: 100, method: 'tempering', chains: 3 };
    const whole = await sample(m, noClamp(m), options);
    const part = await sample(m, noClamp(m), { ...options, part: { from: 1, count: 2 } });
    const values = (d: Draws): Float64Array => d.quantities.find((q) => q.name === 'x')!.values;
    expect([...values(part.draws)]).toEqual([...values(whole.draws).subarray(50)]);
  });
});

describe('a run that chooses its length', () => {
  it('goes on while the draws are too few, and says how far apart they are', async () => {
    const { model } = await open(`
      index site = 30
      energy E(s : spin[site, site]) {
        term pair = -0.42 * (sum(s[i, j] * s[i + 1, j] for i in site, j in site where i < 29) + sum(s[i, j] * s[i, j + 1] for i in site, j in site where j < 29))
        report magnet = mean(s[i, j] for i in site, j in site)
      }`);
    const m = model('E', kernelsEngine());
    const result = await sample(m, noClamp(m), { seed: 1, method: 'gibbs' });
    expect(result.thin).toBeGreaterThan(1);
    expect(result.draws.draws).toBe(1000);
    const first = await sample(m, noClamp(m), { seed: 1, method: 'gibbs', thin: 1 });
    expect(worstOf(result.draws).ess).toBeGreaterThan(worstOf(first.draws).ess);
  }, 60_000);

  const drawsOf = (values: Float64Array, chains: number): Draws => ({
    chains,
    draws: values.length / chains,
    quantities: [{ name: 'x', role: 'unknown', shape: [], kind: 'real', values }],
  });
  const noise = (n: number, shift: (i: number) => number): Float64Array => {
    const s = new Stream(1);
    return Float64Array.from({ length: n }, (_, i) => s.normal() + shift(i));
  };

  it('ends when the draws are good, or the budget', () => {
    const look = { spent: 0, doublings: 0, tempered: false };
    expect(
      verdictOn({
        ...look,
        draws: drawsOf(
          noise(4000, () => 0),
          4,
        ),
      }),
    ).toBe('enough');
    expect(
      verdictOn({
        ...look,
        draws: drawsOf(
          noise(200, () => 0),
          4,
        ),
      }),
    ).toBe('more');
    const apart = drawsOf(
      noise(4000, (i) => 3 * Math.floor(i / 1000)),
      4,
    );
    expect(verdictOn({ ...look, draws: apart })).toBe('again');
    expect(verdictOn({ ...look, draws: apart, doublings: 2 })).toBe('temper');
    expect(verdictOn({ ...look, draws: apart, doublings: 2, tempered: true })).toBe('again');
    expect(verdictOn({ ...look, draws: apart, spent: 1e12 })).toBe('enough');
  });

  it('keeps every second draw when it goes on', async () => {
    const { model } = await open('energy E(x : real) {\n  x ~ normal(0, 1)\n}');
    const m = model('E', referenceEngine());
    let looks = 0;
    const judge = async (): Promise<'more' | 'enough'> => (looks++ === 0 ? 'more' : 'enough');
    const longer = await sample(m, noClamp(m), { seed: 6, chains: 2, warmup: 20, judge });
    expect(longer.thin).toBe(2);
    const all = await sample(m, noClamp(m), { seed: 6, chains: 2, warmup: 20, draws: 2000, thin: 1 });
    const of = (d: Draws): Float64Array => d.quantities.find((q) => q.name === 'x')!.values;
    const every = of(all.draws).filter((_, i) => i % 2 === 1);
    expect([...of(longer.draws)]).toEqual([...every]);
  });
});
