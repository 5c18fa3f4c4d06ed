/**
 * Samplers of discrete unknowns leave enumerable targets alone. Chains start from exact draws, so that after any
 * number of steps they are exact draws again, independent of each other, whatever the sampler's autocorrelation: χ² of
 * their joint states needs no effective sample size. Started elsewhere they must find the same distribution.
 */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { gibbsTransitions } from '../../src/infer/gibbs.ts';
import { type Clamp, type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import type { Slot } from '../../src/ir/types.ts';
import { isCluster, proposers } from '../../src/plan/discrete.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { Stream } from '../../src/random/stream.ts';
import { open } from '../run/kit.ts';
import { chiSquare, ERRORS, estimate } from './statistics.ts';

const CHAINS = 4096;

interface Exact {
  /** Joint states of the unknowns, one after another. */
  readonly states: readonly ReadonlyMap<Slot, Float64Array>[];
  readonly energy: readonly number[];
}

/** Every joint state with its energy; what the clamp fixes stays. */
function enumerated(model: Model, clamp: Clamp): Exact {
  const states: ReadonlyMap<Slot, Float64Array>[] = [];
  const energies: number[] = [];
  enumerateStates({ ...model, engine: referenceEngine() }, clamp, (of, energy, count) => {
    for (let c = 0; c < count; c++) {
      if (energy[c] === Number.POSITIVE_INFINITY) continue;
      states.push(
        new Map(model.unknowns.map((u) => [u.slot, of.get(u.slot)!.slice(c * u.size, (c + 1) * u.size)])),
      );
      energies.push(energy[c]);
    }
  });
  return { states, energy: energies };
}

const keyOf = (model: Model, of: ReadonlyMap<Slot, Float64Array>, chain = 0): string =>
  model.unknowns
    .map((u) =>
      of
        .get(u.slot)!
        .slice(chain * u.size, (chain + 1) * u.size)
        .join(),
    )
    .join(';');

function probabilitiesOf(energy: readonly number[], beta: number): number[] {
  const low = Math.min(...energy);
  const w = energy.map((e) => Math.exp(beta * (low - e)));
  const all = w.reduce((x, y) => x + y, 0);
  return w.map((x) => x / all);
}

function countsOf(
  model: Model,
  exact: Exact,
  states: ReadonlyMap<Slot, Float64Array>,
  chains: number,
): number[] {
  const index = new Map(exact.states.map((s, i) => [keyOf(model, s), i]));
  const out = new Array<number>(exact.states.length).fill(0);
  for (let c = 0; c < chains; c++) {
    const at = index.get(keyOf(model, states, c));
    if (at === undefined) throw new Error(`outside the support: ${keyOf(model, states, c)}`);
    out[at]++;
  }
  return out;
}

interface Options {
  readonly clamp?: Clamp;
  readonly beta?: number;
  readonly sweeps?: number;
}

/** Moves exact draws by a few sweeps, and compares. @returns the share of chains that are elsewhere now */
function stays(model: Model, method: string, options: Options = {}): number {
  const { clamp = noClamp(model), beta = 1, sweeps = 2 } = options;
  const exact = enumerated(model, clamp);
  const p = probabilitiesOf(exact.energy, beta);
  const root = new Stream(7, 'discrete', method);
  const streams = Array.from({ length: CHAINS }, (_, c) => root.fork('chain', c));
  const states = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(CHAINS * u.size)]));
  const pick = root.fork('start');
  for (let c = 0; c < CHAINS; c++) {
    let u = pick.uniform();
    let at = 0;
    while (at < p.length - 1 && u >= p[at]) u -= p[at++];
    for (const l of model.unknowns) states.get(l.slot)!.set(exact.states[at].get(l.slot)!, c * l.size);
  }
  const before = countsOf(model, exact, states, CHAINS);
  const keys = Array.from({ length: CHAINS }, (_, c) => keyOf(model, states, c));
  const planned = makePlan(model, clamp, method);
  if (!planned.gibbs) throw new Error('nothing discrete');
  const [transition, ...others] = gibbsTransitions(model, planned.gibbs, clamp, CHAINS);
  expect(others).toEqual([]);
  transition.freeze?.();
  transition.step(states, streams, { beta, sweeps, warming: false });
  transition.settle?.(states);
  const after = countsOf(model, exact, states, CHAINS);
  transition.dispose();
  planned.gibbs.dispose();
  expect(chiSquare(before, p)).toBeLessThan(ERRORS);
  expect(chiSquare(after, p)).toBeLessThan(ERRORS);
  return keys.filter((k, c) => k !== keyOf(model, states, c)).length / CHAINS;
}

const domains: Readonly<Record<string, string>> = {
  bit: `energy E(x : bit[4]) {
    term field = sum([0.4, -0.9, 0.6, 0.2][i] * x[i] for i in 4)
    term pairs = 0.9 * x[0] * x[1] - 0.7 * x[1] * x[2] + 0.8 * x[2] * x[3]
    term net   = 1.2 * tanh(x[0] + x[1] - 2 * x[2] + 0.5 * x[3])
  }`,
  spin: `energy E(x : spin[4]) {
    term pairs = -0.5 * (x[0] * x[1] + x[1] * x[2] - x[2] * x[3])
    term sum   = 0.2 * (sum(x) - 1) ^ 2
  }`,
  'category(3)': `energy E(z : category(3)[3]) {
    term own  = sum([0.2, -0.7, 0.9][z[i]] for i in 3)
    term same = -0.8 * (z[0] == z[1]) + 0.6 * (z[1] == z[2])
    term all  = 0.7 * exp(0.4 * sum([0, 1, -1][z[i]] for i in 3))
  }`,
  int: `energy E(n : int(-1, 2)[3]) {
    term well = 0.3 * sum((n[i] - 0.5) ^ 2 for i in 3)
    term walk = 0.4 * (n[0] - n[1]) ^ 2 - 0.3 * n[1] * n[2]
    term top  = 0.5 * (n[2] > n[0])
  }`,
  ordinal: `energy E(n : ordinal(4)[3]) {
    term well = 0.2 * sum(n) + 0.1 * (n[0] * n[1] * n[2] > 2)
    term walk = 0.3 * abs(n[0] - n[1]) + 0.5 * (n[1] == n[2])
  }`,
  cyclic: `energy E(m : cyclic(5)[2], k : cyclic(4)) {
    term clock = -0.8 * cos(2 * pi * (m[0] - m[1]) / 5) + 0.3 * cos(2 * pi * m[0] / 5)
    term other = 0.4 * sin(pi * k / 2) * m[1]
  }`,
  mixed: `enum Kind = { a, b, c }
  param look : real[Kind] = [0.5, -0.2, 0.3]
  energy E(s : spin[2], k : Kind, n : int(0, 2), b : bit) {
    term one = 0.6 * s[0] * s[1] * b - 0.4 * (k == Kind.b) * n
    term two = look[k] * s[0] + 0.3 * (n - 1) ^ 2 * s[1]
    term net = softplus(s[0] + 0.7 * n - b)
  }`,
};
const required = `energy E(z : category(3)[3], b : bit) {
  require z[i] != z[i + 1] for i in 0..1
  require z[0] != 2 or b == 1
  term own  = sum([0.2, -0.7, 0.5][z[i]] for i in 3)
  term bits = 0.6 * b * (z[2] == 1)
}`;
const zeros = `energy E(a : bit, b : bit, z : category(3)[2]) {
  term follows = -log([[1, 0], [0.3, 0.7]][a, b])
  term table   = -log([0.5, 0.5, 0][z[0]]) - log([0.2, 0.3, 0.5][z[1]])
  term counted = 0.8 * (a + b + (z[0] == 1) + (z[1] == 2) > 2)
}`;
const reals = `energy E(x : real[2], z : bit[3]) {
  term shape = x[0] ^ 2 + x[1] ^ 2 + tanh(x[0] * z[0] - x[1] * z[1] + z[2])
  term pairs = 0.8 * z[0] * z[1] + 0.5 * z[2] * x[0] - 0.7 * z[1] * z[2]
}`;

const biased = new Set<string>(['dula']);
const methods = proposers.filter((m) => !biased.has(m));

describe.each(methods)('%s leaves its target alone', (method) => {
  it.each(Object.keys(domains))('%s', async (name) => {
    const m = (await open(domains[name])).model('E', kernelsEngine());
    expect(stays(m, method)).toBeGreaterThan(0.2);
  });

  it('at another temperature', async () => {
    const m = (await open(domains.mixed)).model('E', kernelsEngine());
    for (const beta of [0.4, 2]) expect(stays(m, method, { beta })).toBeGreaterThan(0.1);
  });

  it('under requirements', async () => {
    const m = (await open(required)).model('E', kernelsEngine());
    expect(stays(m, method)).toBeGreaterThan(0.05);
  });

  it('where some states have probability 0, and some terms no derivative', async () => {
    const m = (await open(zeros)).model('E', kernelsEngine());
    expect(stays(m, method)).toBeGreaterThan(0.1);
  });

  it('given some elements, with reals held', async () => {
    const m = (await open(reals)).model('E', kernelsEngine());
    const clamp = noClamp(m);
    const [x, z] = m.unknowns.map((u) => u.slot);
    clamp.fixed.get(x)!.fill(1);
    clamp.values.get(x)!.set([0.8, -1.1]);
    clamp.fixed.get(z)![1] = 1;
    clamp.values.get(z)![1] = 1;
    expect(stays(m, method, { clamp })).toBeGreaterThan(0.2);
  });

  it('from elsewhere, after a warm-up that adapts', async () => {
    const m = (await open(domains.mixed)).model('E', kernelsEngine());
    const exact = enumerated(m, noClamp(m));
    const { draws } = await sample(m, noClamp(m), { chains: 2048, draws: 1, warmup: 20, seed: 3, method });
    const states = new Map(
      m.unknowns.map((u) => [u.slot, draws.quantities.find((q) => q.name === u.slot.name)!.values]),
    );
    expect(chiSquare(countsOf(m, exact, states, 2048), probabilitiesOf(exact.energy, 1))).toBeLessThan(
      ERRORS,
    );
  });
});

const clusters: Readonly<Record<string, string>> = {
  'an Ising ring with fields': `index site = ring(5)
  param h : real[site] = [0.3, -0.2, 0, 0.5, -0.4]
  energy E(s : spin[site]) {
    term pairs = -0.6 * sum(s[i] * s[i + 1] for i in site)
    term field = sum(h[i] * s[i] for i in site)
  }`,
  'couplings of both signs': `energy E(s : spin[4], b : bit[2]) {
    term pairs = -0.6 * s[0] * s[1] + 0.7 * s[1] * s[2] - 0.4 * s[2] * s[3] + 0.5 * s[3] * s[0]
    term other = 0.9 * b[0] * b[1] - 0.5 * b[0] * s[0]
  }`,
  'a Potts model with fields': `index site = grid(2, 2)
  set bond = neighbours(site)
  energy E(z : category(3)[site]) {
    term same  = -0.9 * sum(z[p] == z[q] for (p, q) in bond)
    term field = sum([0.3, -0.2, 0.1][z[p]] for p in site)
  }`,
  'two sorts, one beside the other': `energy E(z : category(3)[3], s : spin[3], k : category(4)) {
    term same  = -0.7 * (z[0] == z[1]) - 0.5 * (z[1] == z[2])
    term pairs = -0.5 * s[0] * s[1] + 0.3 * s[2]
    term far   = [0.4, -0.2, 0.1, 0][k]
  }`,
};

describe.each(['swendsen_wang', 'wolff'].filter(isCluster))('%s leaves its target alone', (method) => {
  it.each(Object.keys(clusters))('%s', async (name) => {
    const m = (await open(clusters[name])).model('E', kernelsEngine());
    for (const beta of [1, 0.5]) expect(stays(m, method, { beta })).toBeGreaterThan(0.2);
  });

  it('given some elements', async () => {
    const m = (await open(clusters['an Ising ring with fields'])).model('E', kernelsEngine());
    const clamp = noClamp(m);
    const [s] = m.unknowns.map((u) => u.slot);
    clamp.fixed.get(s)![2] = 1;
    clamp.values.get(s)![2] = -1;
    expect(stays(m, method, { clamp })).toBeGreaterThan(0.2);
  });
});

describe('dula', () => {
  it('is exact where the energy is linear, and biased where it is not', async () => {
    const linear = (await open('energy E(x : bit[3]) { term a = 0.8 * x[0] - 0.5 * x[1] + x[2] }')).model(
      'E',
      kernelsEngine(),
    );
    expect(stays(linear, 'dula')).toBeGreaterThan(0.2);
    const pair = (await open('energy E(x : spin[2]) { term a = -1.5 * x[0] * x[1] }')).model(
      'E',
      kernelsEngine(),
    );
    expect(() => stays(pair, 'dula', { sweeps: 10 })).toThrow(/to be less than 5/);
  });
});

describe('what a method does not serve', () => {
  const plan = async (text: string, method: string) => {
    const m = (await open(text)).model('E', kernelsEngine());
    return () => makePlan(m, noClamp(m), method).gibbs?.dispose();
  };
  const said = (message: RegExp) =>
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ code: 'E0704', message: expect.stringMatching(message) })],
    });

  it('is said', async () => {
    expect(await plan(required, 'dula')).toThrow(said(/leave what `require` allows/));
    expect(await plan(domains.bit, 'swendsen_wang')).toThrow(said(/cannot be tabulated|share a factor/));
    const clock = 'energy E(m : cyclic(5)[2]) { term c = -cos(2 * pi * (m[0] - m[1]) / 5) }';
    expect(await plan(clock, 'wolff')).toThrow(said(/not only whether neighbours are equal/));
    const anti = 'energy E(z : category(3)[2]) { term c = 1.0 * (z[0] == z[1]) }';
    expect(await plan(anti, 'swendsen_wang')).toThrow(said(/more than two states/));
    const many = 'energy E(n : int(0, 5000)) { term c = 0.01 * n }';
    expect(await plan(many, 'path')).toThrow(said(/more than 1024 states/));
  });
});

describe('what the plan takes by itself', () => {
  const unknown = async (text: string) => {
    const m = (await open(text)).model('E', kernelsEngine());
    const { plan, gibbs } = makePlan(m, noClamp(m));
    gibbs?.dispose();
    return plan.unknowns[0];
  };
  const lattice = (coupling: number, field: number) => `index site = grid(16, 16)
  set bond = neighbours(site, wrap = true)
  energy E(s : spin[site]) {
    term pairs = ${-coupling} * sum(s[p] * s[q] for (p, q) in bond)
    term field = ${-field} * sum(s)
  }`;

  it('is clusters beside sweeps where couplings order neighbours', async () => {
    const { method, why } = await unknown(lattice(0.44, 0));
    expect(method).toBe('swendsen_wang');
    expect(why).toMatch(/couplings are strong/);
  });

  it('is sweeps alone where couplings are weak, fields decide, or couplings cannot all be satisfied', async () => {
    expect((await unknown(lattice(0.2, 0))).method).toBe('gibbs');
    expect((await unknown(lattice(0.44, 1))).method).toBe('gibbs');
    const frustrated = `index site = grid(16, 16)
    set bond = neighbours(site, wrap = true)
    energy E(s : spin[site]) { term pairs = -sum(cos(2 * p.row + 3 * q.col + 5 * q.row) * s[p] * s[q] for (p, q) in bond) }`;
    expect((await unknown(frustrated)).method).toBe('gibbs');
  });

  it('is paths where every conditional is a network', async () => {
    const net = (bits: number, end = '') => `param net = mlp(${bits}, hidden = [32, 32], act = silu)
    energy E(x : bit[${bits}]) { term shape = 4 * net(x)${end} }`;
    const { method, why } = await unknown(net(96));
    expect(method).toBe('path');
    expect(why).toMatch(/times as long as a gradient/);
    expect((await unknown(net(14))).method).toBe('gibbs');
    // A count that is compared has no derivative to go by.
    expect((await unknown(net(96, ' + 3 * (sum(x) > 40)'))).method).toBe('gibbs');
  });

  it('draws what sweeps draw', async () => {
    const m = (await open(lattice(0.44, 0))).model('E', kernelsEngine());
    const mean = async (method?: string) => {
      const { draws } = await sample(m, noClamp(m), {
        chains: 64,
        draws: 20,
        thin: 10,
        warmup: 150,
        seed: 2,
        method,
      });
      const energy = draws.quantities.find((q) => q.role === 'energy')!.values;
      return estimate(
        Array.from(
          { length: 64 },
          (_, c) => energy.subarray(20 * c, 20 * (c + 1)).reduce((x, y) => x + y, 0) / 20,
        ),
      );
    };
    const [auto, gibbs, wolff] = [await mean(), await mean('gibbs'), await mean('wolff')];
    for (const other of [gibbs, wolff])
      expect(Math.abs(auto.mean - other.mean)).toBeLessThan(ERRORS * Math.hypot(auto.error, other.error));
  });
});

describe('chains', () => {
  it.each([...proposers, 'swendsen_wang', 'wolff'])(
    'of %s do not depend on how many there are',
    async (method) => {
      const text = method === 'dula' || isCluster(method) ? clusters['an Ising ring with fields'] : required;
      const go = async (chains: number) => {
        const m = (await open(text)).model('E', kernelsEngine());
        return (await sample(m, noClamp(m), { chains, draws: 20, warmup: 10, seed: 5, method })).draws;
      };
      const [two, five] = [await go(2), await go(5)];
      two.quantities.forEach((q, i) => {
        expect([...five.quantities[i].values.subarray(0, q.values.length)]).toEqual([...q.values]);
      });
    },
  );
});
