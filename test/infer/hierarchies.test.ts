/** Unknowns that are drawn around others: what is recorded of them, their coordinates, and what runs make of these. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/open.ts';
import { continuousPart } from '../../src/infer/continuous.ts';
import { clampOf, type Model, noClamp } from '../../src/infer/model.ts';
import { openChains } from '../../src/infer/run-chains.ts';
import { type SampleOptions, type SampleResult, sample } from '../../src/infer/sample.ts';
import { movingHierarchies, parentsOf, type Standards } from '../../src/infer/standard.ts';
import type { Slot } from '../../src/ir/types.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { Stream } from '../../src/random/stream.ts';
import { essBulk, essTail, mcseMean, mcseSd, moments, quantile } from '../../src/stats/diagnostics.ts';
import { open, randomStates } from '../run/kit.ts';
import { ERRORS, expectMean } from './statistics.ts';

let kernels: Engine;
beforeAll(async () => {
  kernels = await openEngine('kernels');
});

const modelOf = async (text: string, data: Readonly<Record<string, unknown>> = {}, energy?: string) =>
  (await open(text, { files: { 'd.json': JSON.stringify(data) } })).model(energy, kernels);

/** Hierarchies as text: the unknown, what it is drawn around, and whether on the line or as a logarithm. */
const recorded = (model: Model): string[] =>
  movingHierarchies(model, noClamp(model)).map(
    (h) =>
      `${h.slot.name} ${h.on} ${parentsOf(h)
        .map((s) => s.name)
        .sort()
        .join(' ')}`,
  );

describe('what is recorded', () => {
  const within = (params: string, body: string, before = ''): string =>
    `index k = 3\nindex m = 2\n${before}\nenergy E(mu : real, tau : real(0, inf), ${params}) {\n mu ~ normal(0, 1)\n tau ~ half_normal(1)\n${body}\n}`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a whole array', within('x : real[k]', 'x ~ normal(mu, tau)'), ['x line mu tau']],
    ['a scale alone', within('x : real[k]', 'x ~ student_t(4, 0, tau)'), ['x line tau']],
    ['a location alone', within('x : real', 'x ~ cauchy(mu, 2)'), ['x line mu']],
    ['element by element', within('x : real[k]', 'x[i] ~ laplace(mu, tau) for i in k'), ['x line mu tau']],
    [
      'where data say so',
      within('x : real[k]', 'x[i] ~ normal(mu, tau) for i in k where i > 0'),
      ['x line mu tau'],
    ],
    ['a let between', within('x : real[k]', 'let m2 = 2 * mu\n x ~ normal(m2, tau)'), ['x line mu tau']],
    [
      'the dimensions of a matrix',
      within('x : real[k, m], s : real(0, inf)[m]', 's ~ half_normal(1)\n x ~ normal(mu, s)'),
      ['x line mu s'],
    ],
    ['a half-line', within('x : real(0, inf)[k]', 'x ~ half_cauchy(tau)'), ['x log tau']],
    ['a folded normal', within('x : real(0, inf)[k]', 'x ~ normal(0, tau)'), ['x log tau']],
    ['a logarithm', within('x : real(0, inf)[k]', 'x ~ lognormal(mu, tau)'), ['x log mu tau']],
    ['a rate', within('x : real(0, inf)[k]', 'x ~ exponential(tau)'), ['x log tau']],
    [
      'levels',
      within('a : real[m], x : real[m, k]', 'a ~ normal(mu, tau)\n x ~ normal(a, 1)'),
      ['a line mu tau', 'x line a'],
    ],
    [
      'an energy that is called',
      within(
        'x : real[k]',
        'term part = P(mu, tau, x)',
        'energy P(m : real, s : real(0, inf), x : real[n]) {\n x ~ normal(m, s)\n}',
      ),
      ['x line mu tau'],
    ],
    // Left out.
    ['constants', within('x : real[k]', 'x ~ normal(0, 1)'), []],
    ['some elements', within('x : real[k]', 'x[0] ~ normal(mu, tau)'), []],
    ['a walk', within('x : real[k]', 'x[i] ~ normal(x[i - 1], tau) for i in k where i > 0'), []],
    ['an interval', within('x : real(0, 1)[k]', 'x ~ normal(mu, tau)'), []],
    ['a half-line around something', within('x : real(0, inf)[k]', 'x ~ normal(mu, tau)'), []],
    ['around several places', within('x : real[k]', 'x ~ normal(mu + j, tau) for j in m'), []],
    ['a discrete choice', within('x : real[k], z : bit', 'x ~ normal(z, 1)'), []],
  ];
  it.each(cases)('%s', async (_, text, expected) => {
    expect(recorded(await modelOf(text, {}, 'E'))).toEqual(expected);
  });

  it('keeps products of energies', async () => {
    const model = await modelOf(
      `index k = 3
       energy A(mu : real, x : real[k]) {\n mu ~ normal(0, 1)\n x ~ normal(mu, 1)\n}
       energy B(x : real[k]) {\n x ~ normal(0, 2)\n}
       energy J = A * B ^ 0.5`,
      {},
      'J',
    );
    expect(recorded(model)).toEqual(['x line mu']);
  });

  it('leaves out what would depend on itself, and what is given', async () => {
    const circle = await modelOf('energy E(x : real, y : real) {\n x ~ normal(y, 1)\n y ~ normal(x, 2)\n}');
    expect(recorded(circle)).toEqual(['x line y']);
    const { compiled, model } = await open(
      'energy E(mu : real, x : real) {\n mu ~ normal(0, 1)\n x ~ normal(mu, 1)\n}\nrun r = sample(E, given = { mu = 1 })',
    );
    if (!compiled.ok) throw new Error('wrong');
    const given = compiled.program.jobs[0].options.given;
    if (given?.kind !== 'given') throw new Error('no given');
    const m = model();
    expect(movingHierarchies(m, clampOf(m, given.entries))).toEqual([]);
    expect(movingHierarchies(m, noClamp(m))).toHaveLength(1);
  });
});

/** Constants of coordinates at random, some of them 0. */
function randomStandards(model: Model, stream: Stream): Standards {
  const out = new Map();
  for (const hierarchy of movingHierarchies(model, noClamp(model))) {
    const { size } = model.unknowns.find((u) => u.slot === hierarchy.slot)!;
    const some = (f: () => number): Float64Array => Float64Array.from({ length: size }, f);
    const precision = some(() => (stream.uniform() < 0.3 ? 0 : Math.exp(2 * stream.normal())));
    out.set(hierarchy.slot, {
      hierarchy,
      precision,
      pull: precision.map((d) => (d === 0 ? 0 : d * stream.normal())),
      width: some(() => Math.exp(0.5 * stream.normal())),
      centred: 0.5,
    });
  }
  return out;
}

/** ln |det A|, A row-major n × n, by elimination with pivots. */
function logDeterminant(a: Float64Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) {
    let p = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[p * n + k])) p = i;
    for (let j = 0; j < n; j++) [a[k * n + j], a[p * n + j]] = [a[p * n + j], a[k * n + j]];
    sum += Math.log(Math.abs(a[k * n + k]));
    for (let i = k + 1; i < n; i++) {
      const f = a[i * n + k] / a[k * n + k];
      for (let j = k; j < n; j++) a[i * n + j] -= f * a[k * n + j];
    }
  }
  return sum;
}

const everything = `
  index k = 2
  index m = 2
  data y : real[k, m] from "d.json"
  data of : k[row] from "d.json"
  data w : real[row] from "d.json"
  energy E(
    x : real[k, m], a : real[k], rate : real(0, inf)[k], r : real(0, inf), mu : real, tau : real(0, inf),
    s : real(0, inf), top : real(0, s), l : real(0, inf)[m]
  ) {
    mu   ~ normal(0, 2)
    tau  ~ half_normal(1)
    s    ~ lognormal(mu, 0.5)
    top  ~ uniform(0, s)
    r    ~ gamma(2, 1)
    rate ~ gamma(r, tau)
    l    ~ lognormal(mu, tau)
    a    ~ student_t(4, mu, tau)
    x    ~ normal(a, l)
    y    ~ normal(x, s)
    w    ~ normal(a[of], 1)
  }`;
const everythingData = {
  y: [
    [0.3, -1],
    [2, 0.7],
  ],
  of: [0, 1, 1],
  w: [0.1, 0.4, -0.5],
};

/** Random states in which `top` is below its bound `s`. */
function statesWithin(model: Model, stream: Stream, chains: number): Map<Slot, Float64Array> {
  const states = randomStates(model, stream, chains);
  const of = (name: string) => states.get(model.unknowns.find((u) => u.slot.name === name)!.slot)!;
  of('top').set(of('s').map((x) => x * stream.uniform()));
  return states;
}

describe('coordinates', () => {
  const stream = new Stream(5, 'coordinates');

  it('carry the Jacobian, and its gradient', async () => {
    const model = await modelOf(everything, everythingData);
    expect(recorded(model)).toHaveLength(5);
    for (let round = 0; round < 5; round++) {
      const states = statesWithin(model, stream, 1);
      const plain = continuousPart(model, noClamp(model), 1, states)!;
      const part = continuousPart(model, noClamp(model), 1, states, randomStandards(model, stream))!;
      const n = part.dim;
      const u = part.read(states);
      const lineOf = (at: Float64Array): Float64Array => {
        const to = new Map([...states].map(([s, x]) => [s, x.slice()]));
        part.write(at, to);
        return plain.read(to);
      };
      const jacobian = new Float64Array(n * n);
      const { energy, gradient } = part.evaluate(u);
      for (let j = 0; j < n; j++) {
        const h = 1e-5;
        const moved = (by: number): Float64Array => u.map((x, i) => (i === j ? x + by : x));
        const [up, down] = [lineOf(moved(h)), lineOf(moved(-h))];
        for (let i = 0; i < n; i++) jacobian[i * n + j] = (up[i] - down[i]) / (2 * h);
        const slope = (part.evaluate(moved(h)).energy[0] - part.evaluate(moved(-h)).energy[0]) / (2 * h);
        expect(Math.abs(gradient[j] - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
      }
      const wanted = plain.evaluate(lineOf(u)).energy[0] - logDeterminant(jacobian, n);
      expect(energy[0]).toBeCloseTo(wanted, 5);
      part.dispose();
      plain.dispose();
    }
  });

  it('come back as they were, on several chains', async () => {
    const model = await modelOf(everything, everythingData);
    const states = statesWithin(model, stream, 3);
    const part = continuousPart(model, noClamp(model), 3, states, randomStandards(model, stream))!;
    const to = new Map([...states].map(([s, x]) => [s, new Float64Array(x.length)]));
    part.write(part.read(states), to);
    for (const [slot, x] of states)
      x.forEach((v, i) => {
        expect(to.get(slot)![i]).toBeCloseTo(v, 8);
      });
    part.dispose();
  });

  it('leave given elements alone', async () => {
    const { compiled, model } = await open(
      `index k = 3
       energy E(mu : real, tau : real(0, inf), x : real[k]) {
         mu ~ normal(0, 1)\n tau ~ half_normal(1)\n x ~ normal(mu, tau)
       }
       run r = sample(E, given = { x[0] = 4 })`,
    );
    if (!compiled.ok) throw new Error('wrong');
    const given = compiled.program.jobs[0].options.given;
    if (given?.kind !== 'given') throw new Error('no given');
    const m = model(undefined, kernels);
    const clamp = clampOf(m, given.entries);
    const states = randomStates(m, stream, 1);
    const x = m.unknowns[2].slot;
    states.get(x)![0] = 4;
    const part = continuousPart(m, clamp, 1, states, randomStandards(m, stream))!;
    expect(part.dim).toBe(4);
    // By hand: E = ½mu² + ½tau² + Σ (x − mu)²/2tau² + 3 ln tau and constants, less ln tau and ln dx/du.
    const { energy } = part.evaluate(part.read(states));
    const [[mu], [tau], xs] = m.unknowns.map((u) => states.get(u.slot)!);
    const none = continuousPart(m, clamp, 1, states)!;
    const own = none.evaluate(none.read(states)).energy[0];
    const terms = [...xs].reduce((a, v) => a + 0.5 * ((v - mu) / tau) ** 2 + Math.log(tau), 0);
    const constants = 2 * Math.log(2 * Math.PI) - Math.LN2 + 0.5 * Math.log(2 * Math.PI);
    expect(own).toBeCloseTo(0.5 * mu ** 2 + 0.5 * tau ** 2 + terms - Math.log(tau) + constants, 8);
    part.write(
      part.read(states).map((v) => v + 1),
      states,
    );
    expect(states.get(x)![0]).toBe(4);
    expect(Number.isFinite(energy[0])).toBe(true);
    part.dispose();
    none.dispose();
  });

  it('leave the distribution alone', async () => {
    const model = await modelOf(
      `index k = 2
       energy E(mu : real, tau : real(0, inf), x : real[k], r : real(0, inf)) {
         mu ~ normal(1, 2)\n tau ~ gamma(3, 2)\n x ~ normal(mu, tau)\n r ~ exponential(tau)
       }`,
    );
    const chains = 2048;
    const starts = Array.from({ length: chains }, (_, c) => {
      const s = new Stream(9, c);
      const mu = 1 + 2 * s.normal();
      const tau = (s.exponential() + s.exponential() + s.exponential()) / 2;
      return [[mu], [tau], [mu + tau * s.normal(), mu + tau * s.normal()], [s.exponential() / tau]];
    });
    const at = new Map(model.unknowns.map((u, i) => [u.slot, i]));
    const planned = makePlan(model, noClamp(model), 'hmc');
    for (let round = 0; round < 2; round++) {
      const run = openChains(model, noClamp(model), planned, {
        chains,
        first: 0,
        all: chains,
        root: new Stream(3, round),
        warmup: 0,
        leapfrogs: 4,
        standards: randomStandards(model, stream),
        start: { of: (slot: Slot, c: number) => starts[c][at.get(slot)!] },
      });
      run.transition.freeze?.();
      for (let t = 0; t < 5; t++)
        run.transition.step(run.states, run.streams, { beta: 1, sweeps: 1, warming: false });
      const of = (i: number, j = 0): number[] => {
        const { slot, size } = model.unknowns[i];
        return Array.from({ length: chains }, (_, c) => run.states.get(slot)![c * size + j]);
      };
      expect(of(0).filter((v, c) => v !== starts[c][0][0]).length).toBeGreaterThan(chains / 2);
      expectMean(of(0), 1, 'mu');
      expectMean(of(1), 1.5, 'tau');
      const tau = of(1);
      const mu = of(0);
      for (const j of [0, 1]) {
        const z = of(2, j).map((x, c) => (x - mu[c]) / tau[c]);
        expectMean(z, 0, 'z');
        expectMean(
          z.map((v) => v * v),
          1,
          'z²',
        );
        expectMean(
          z.map((v, c) => v * v * tau[c]),
          1.5,
          'z² tau',
        );
      }
      expectMean(
        of(3).map((r, c) => r * tau[c]),
        1,
        'r tau',
      );
      run.dispose();
    }
  });
});

const eightSchools = `
  index school = 8
  data y     : real[school] from "d.json"
  data sigma : real(0, inf)[school] from "d.json"
  energy E(mu : real, tau : real(0, inf), theta : real[school]) {
    mu    ~ normal(0, 5)
    tau   ~ half_cauchy(5)
    theta ~ normal(mu, tau)
    y     ~ normal(theta, sigma)
  }`;
const schools = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };

const draw = async (model: Model, options: SampleOptions = {}): Promise<SampleResult> =>
  sample(model, noClamp(model), { draws: 1000, warmup: 1000, seed: 1, ...options });

const divergences = (r: SampleResult): number => r.chains.reduce((n, c) => n + c.divergences, 0);

/** One element's draws. */
function element(r: SampleResult, name: string, i = 0) {
  const { chains, draws, quantities } = r.draws;
  const { values } = quantities.find((q) => q.name === name)!;
  const size = values.length / (chains * draws);
  return {
    chains,
    draws,
    values: Float64Array.from({ length: chains * draws }, (_, k) => values[k * size + i]),
  };
}

describe('runs', () => {
  it('draw eight schools in the centred form', { timeout: 60_000 }, async () => {
    const r = await draw(await modelOf(eightSchools, schools));
    expect(divergences(r)).toBe(0);
    // posteriordb, eight_schools-eight_schools_noncentered: mean, standard deviation and their errors.
    const reference: readonly (readonly [string, number, number, number, number, number])[] = [
      ['mu', 0, 4.4105, 3.3093, 0.033, 0.024],
      ['tau', 0, 3.6021, 3.1985, 0.032, 0.044],
      ['theta', 0, 6.1505, 5.6159, 0.056, 0.052],
      ['theta', 4, 3.6144, 4.6147, 0.046, 0.04],
      ['theta', 6, 6.3172, 5.0029, 0.05, 0.042],
    ];
    for (const [name, i, mean, sd, errorOfMean, errorOfSd] of reference) {
      const x = element(r, name, i);
      const found = moments(x.values);
      expect(Math.abs(found.mean - mean)).toBeLessThan(ERRORS * Math.hypot(mcseMean(x), errorOfMean));
      expect(Math.abs(found.sd - sd)).toBeLessThan(ERRORS * Math.hypot(mcseSd(x), errorOfSd));
      expect(Math.min(essBulk(x), essTail(x))).toBeGreaterThan(500);
    }
    const theta = r.plan.unknowns.find((u) => u.unknown === 'theta')!;
    expect(theta.coordinates?.by).toEqual(['mu', 'tau']);
    expect(theta.coordinates?.centred).toBeGreaterThan(0);
    expect(theta.coordinates?.centred).toBeLessThan(0.4);
    expect(theta.why).toContain('standardised by `mu` and `tau`');
  });

  it("draw Neal's funnel", { timeout: 60_000 }, async () => {
    const r = await draw(
      await modelOf(
        'index k = 9\nenergy Funnel(v : real, x : real[k]) {\n v ~ normal(0, 3)\n x ~ normal(0, exp(v / 2))\n}',
      ),
    );
    expect(divergences(r)).toBe(0);
    expect(r.plan.unknowns[1].why).toMatch(/: non-centred$/);
    const v = element(r, 'v');
    const n = essBulk(v);
    expect(n).toBeGreaterThan(500);
    // Quantiles of a normal, with the error √(p (1 − p) / n) / density.
    for (const [p, z] of [
      [0.01, -2.3263],
      [0.05, -1.6449],
      [0.25, -0.6745],
      [0.5, 0],
      [0.75, 0.6745],
      [0.95, 1.6449],
      [0.99, 2.3263],
    ]) {
      const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / 3;
      expect(Math.abs(quantile(v.values, p) - 3 * z)).toBeLessThan(
        (ERRORS * Math.sqrt((p * (1 - p)) / Math.min(n, essTail(v)))) / density,
      );
    }
  });

  it('stay nearly centred where data say much', { timeout: 60_000 }, async () => {
    const s = new Stream(4, 'houses');
    const groups = 20;
    const level = Array.from({ length: groups }, () => 1.5 + 0.5 * s.normal());
    const of = Array.from({ length: groups * 40 }, (_, i) => i % groups);
    const r = await draw(
      await modelOf(
        `index county = ${groups}
         data of : county[house] from "d.json"
         data y  : real[house] from "d.json"
         energy E(a : real[county], mu : real, tau : real(0, inf), s : real(0, inf)) {
           mu ~ normal(0, 5)\n tau ~ half_normal(1)\n s ~ half_normal(1)
           a ~ normal(mu, tau)
           y ~ normal(a[of], s)
         }`,
        { of, y: of.map((g) => level[g] + 0.7 * s.normal()) },
      ),
      { draws: 250, warmup: 400 },
    );
    expect(r.plan.unknowns[0].coordinates?.centred).toBeGreaterThan(0.9);
    expect(divergences(r)).toBe(0);
    for (const name of ['mu', 'tau']) expect(essBulk(element(r, name))).toBeGreaterThan(300);
  });

  it('draw the same whichever chains are drawn, and otherwise in declared coordinates', async () => {
    const model = await modelOf(eightSchools, schools);
    const short: SampleOptions = { draws: 20, warmup: 60 };
    const whole = await draw(model, short);
    const part = await draw(model, { ...short, chains: 4, part: { from: 2, count: 1 } });
    const of = (r: SampleResult, name: string) => r.draws.quantities.find((q) => q.name === name)!.values;
    for (const name of ['mu', 'tau', 'theta']) {
      const all = of(whole, name);
      const size = all.length / 4;
      expect([...of(part, name)]).toEqual([...all.subarray(2 * size, 3 * size)]);
    }
    const declared = await draw(model, { ...short, coordinates: 'declared' });
    expect([...of(declared, 'tau')]).not.toEqual([...of(whole, 'tau')]);
    expect(declared.plan.unknowns.find((u) => u.unknown === 'theta')?.coordinates?.centred).toBe(1);
  });
});
