/**
 * Permutations and subsets: exchanges leave enumerable targets alone. Joint states of
 * many independent chains are counted and compared with exact probabilities by χ².
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type Clamp, clampOf, type Model, noClamp } from '../../src/infer/model.ts';
import { type SampleOptions, sample } from '../../src/infer/sample.ts';
import type { Slot } from '../../src/ir/types.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';
import { chiSquare, ERRORS, expectMean } from './statistics.ts';

let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

const CHAINS = 4096;

/** The model of a program's first energy, and what its first job gives. */
async function read(text: string, engine: Engine = wasm): Promise<{ model: Model; clamp: Clamp }> {
  const { model: make, compiled } = await open(text);
  const model = make(undefined, engine);
  const given = compiled.ok ? compiled.program.jobs[0]?.options.given : undefined;
  return { model, clamp: given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model) };
}

/** Exact probabilities by joint state, with the states in order. */
function exactly(model: Model, clamp: Clamp, of = model.unknowns.map((u) => u.slot)): Map<string, number> {
  const p = new Map<string, number>();
  const { logZ } = enumerateStates(
    { ...model, engine: referenceEngine() },
    clamp,
    (states, energy, count) => {
      for (let c = 0; c < count; c++) {
        const key = keyOf(of, (s) => states.get(s)!, c);
        p.set(key, (p.get(key) ?? 0) + Math.exp(-energy[c]));
      }
    },
  );
  for (const [k, w] of p) p.set(k, w / Math.exp(logZ));
  return p;
}

/** The values of the unknowns in row c of their arrays. */
const keyOf = (slots: readonly Slot[], values: (s: Slot) => Float64Array, c: number): string =>
  slots
    .map((s) => {
      const size = s.sets.reduce((n, x) => n * (x.kind.kind === 'range' ? x.kind.size : Number.NaN), 1);
      return values(s)
        .subarray(c * size, (c + 1) * size)
        .join(' ');
    })
    .join('; ');

function expectCounts(exact: ReadonlyMap<string, number>, keys: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const k of keys) counts.set(k, (counts.get(k) ?? 0) + 1);
  const support = [...exact].filter(([, p]) => p > 0);
  const known = new Set(support.map(([k]) => k));
  expect([...counts.keys()].filter((k) => !known.has(k))).toEqual([]);
  const found = support.map(([k]) => counts.get(k) ?? 0);
  // A standard normal number: beyond 5 once in 3.5 million correct runs.
  expect(
    chiSquare(
      found,
      support.map(([, p]) => p),
    ),
  ).toBeLessThan(ERRORS);
  // The test can tell: the uniform distribution is far off.
  if (support.some(([, p]) => Math.abs(p * support.length - 1) > 0.5))
    expect(chiSquare(found, new Array(found.length).fill(1 / found.length))).toBeGreaterThan(3 * ERRORS);
}

/** One state of each of many independent chains, after sweeps that start at random. */
async function expectExact(model: Model, clamp: Clamp, options: SampleOptions = {}): Promise<Draws> {
  const { draws } = await sample(model, clamp, { chains: CHAINS, draws: 1, warmup: 24, seed: 3, ...options });
  const of = (s: Slot) => draws.quantities.find((q) => q.name === s.name)!.values as Float64Array;
  const slots = model.unknowns.map((u) => u.slot);
  expectCounts(
    exactly(model, clamp),
    Array.from({ length: draws.chains }, (_, c) => keyOf(slots, of, c)),
  );
  return draws;
}

const tour = (cities: number, temperature: number): string => `
  index city = ${cities}
  param x : real[city] = [3 * sin(2.1 * i) for i in city]
  param y : real[city] = [2 * cos(1.3 * i * i) for i in city]
  energy Tour(p : permutation(city)) {
    let far = [((x[a] - x[b]) ^ 2 + (y[a] - y[b]) ^ 2) ^ 0.5 for a in city, b in city]
    term length = (sum(far[p[i], p[i + 1]] for i in city where i < ${cities - 1}) + far[p[${cities - 1}], p[0]]) / ${temperature}
  }`;

describe('exchanges sample', () => {
  it('tours of six cities at a temperature', async () => {
    const { model, clamp } = await read(tour(6, 4));
    const { plan } = makePlan(model, clamp);
    expect([plan.method, plan.unknowns[0].method, plan.states]).toEqual(['exchange', 'exchange', 720]);
    await expectExact(model, clamp);
  }, 60_000);

  it('subsets with couplings', async () => {
    const { model, clamp } = await read(`
      index item = 7
      param J : real[item, item] = [sin(3 * i + j) + sin(3 * j + i) for i in item, j in item]
      energy E(s : subset(item, 3)) {
        term pairs = 0.7 * sum(J[i, j] * s[i] * s[j] for i in item, j in item where i < j)
        term field = sum(0.3 * i * s[i] for i in item)
      }`);
    expect(enumerateStates(model, clamp).states).toBe(35);
    await expectExact(model, clamp);
  }, 60_000);

  it('within requirements', async () => {
    const { model, clamp } = await read(`
      index city = 5
      param w : real[city] = [0.4, 1.5, -0.3, 0.9, 0.1]
      energy E(p : permutation(city), s : subset(4, 2)) {
        term first = sum(w[p[i]] * i for i in city where i < 3)
        term taken = sum(0.8 * s[i] * i for i in 0..4)
        require w[p[0]] < w[p[4]]
        require s[0] + s[1] > 0
        require (p[1] == 2) + s[3] < 2
      }`);
    expect(enumerateStates(model, clamp).states).toBe(720);
    await expectExact(model, clamp);
  }, 60_000);

  it('with given positions', async () => {
    const { model, clamp } = await read(`
      index city = 6
      energy E(p : permutation(city), s : subset(6, 3)) {
        term a = sum(0.25 * i * (p[i] == 3) + 0.5 * i * (p[i] == 0) for i in city)
        term b = sum(0.4 * i * s[i] * (p[i] != 5) for i in 0..6)
      }
      run r = sample(E, given = { p[1] = 4, p[5] = 2, s[0] = 1, s[4] = 0 })`);
    expect(makePlan(model, clamp).plan.states).toBe(24 * 6);
    const draws = await expectExact(model, clamp);
    const p = draws.quantities[0].values;
    for (let c = 0; c < draws.chains; c++) expect([p[6 * c + 1], p[6 * c + 5]]).toEqual([4, 2]);
  }, 60_000);

  it('several arrangements, all at once where none shares a factor with another', async () => {
    const apart = await read(`
      index person = 2
      index dish = 4
      param w : real[dish] = [0.9, -0.4, 0.2, 0.5]
      energy E(p : permutation(dish)[person]) {
        term liking = sum(w[p[q, i]] * i * (1 + q) for q in person, i in dish)
      }`);
    expect(makePlan(apart.model, apart.clamp).plan.unknowns[0].why).toContain('all arrangements at once');
    await expectExact(apart.model, apart.clamp);
    const coupled = await read(`
      index person = 2
      index dish = 3
      energy E(p : permutation(dish)[person], s : subset(4, 2)[person]) {
        term alike = -0.8 * sum(p[0, i] == p[1, i] for i in dish)
        term first = 0.5 * (p[0, 1] == 2)
        term bits  = sum(s[0, i] * s[1, i] * i for i in 0..4)
      }`);
    expect(makePlan(coupled.model, coupled.clamp).plan.unknowns[0].why).toContain(
      'one arrangement at a time',
    );
    await expectExact(coupled.model, coupled.clamp, { chains: 8192 });
  }, 60_000);

  it('beside other discrete unknowns and reals', async () => {
    const { model, clamp } = await read(`
      index part = 3
      param mu : real[part] = [-1, 0.5, 2]
      param w  : real[part] = [0.2, 0.9, -0.3]
      energy E(p : permutation(part), z : bit, x : real) {
        term place = sum(w[p[i]] * i for i in part)
        term coin  = -z * (p[0] == 2) * 1.2
        term fit   = 0.5 * (x - mu[p[0]]) ^ 2
      }`);
    expect(makePlan(model, clamp).plan.method).toBe('mixed');
    // The real part integrates to the same number whatever p is.
    const discrete = await read(`
      index part = 3
      param w  : real[part] = [0.2, 0.9, -0.3]
      energy E(p : permutation(part), z : bit) {
        term place = sum(w[p[i]] * i for i in part)
        term coin  = -z * (p[0] == 2) * 1.2
      }`);
    const chains = 1024;
    const { draws } = await sample(model, clamp, { chains, draws: 1, warmup: 300, seed: 8 });
    const of = (name: string) => draws.quantities.find((q) => q.name === name)!.values as Float64Array;
    expectCounts(
      exactly(discrete.model, discrete.clamp),
      Array.from({ length: chains }, (_, c) =>
        keyOf(
          model.unknowns.slice(0, 2).map((u) => u.slot),
          (s) => of(s.name),
          c,
        ),
      ),
    );
    const mu = [-1, 0.5, 2];
    const rest = Array.from({ length: chains }, (_, c) => of('x')[c] - mu[of('p')[3 * c]]);
    expectMean(rest, 0, 'mean of x given p');
    expectMean(
      rest.map((r) => r * r),
      1,
      'variance of x given p',
    );
  }, 60_000);
});

describe('flat energies', () => {
  it('do not make sweeps periodic: both parities come from one start', async () => {
    for (const [domain, size] of [
      ['permutation(2)', 2],
      ['permutation(4)', 24],
      ['subset(2, 1)', 2],
      ['subset(4, 2)', 6],
    ] as const) {
      const { model, clamp } = await read(`energy E(u : ${domain}) { term none = 0 * (u[0] == u[1]) }`);
      const exact = exactly(model, clamp);
      expect(exact.size).toBe(size);
      const [first] = exact.keys();
      const start = { of: () => first.split(' ').map(Number) };
      await expectExact(model, clamp, { warmup: 0, thin: 16, start });
    }
  }, 60_000);
});

describe('starts', () => {
  it('are repaired until requirements hold', async () => {
    const { model, clamp } = await read(
      `index city = 8
       param w : real[city] = [i for i in city]
       energy E(p : permutation(city)) {
         term t = 0.1 * (p[0] == 1)
         require w[p[i]] < w[p[i + 1]] + 2.5 for i in city where i < 7
         require p[0] != 0
       }`,
      referenceEngine(),
    );
    const { draws } = await sample(model, clamp, { chains: 6, draws: 40, seed: 2 });
    const { values } = draws.quantities[0];
    for (let r = 0; r < 240; r++) {
      const p = values.subarray(8 * r, 8 * r + 8);
      expect([...p].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(p[0]).not.toBe(0);
      for (let i = 0; i < 7; i++) expect(p[i]).toBeLessThan(p[i + 1] + 2.5);
    }
  }, 60_000);

  it('from rows respect what is given', async () => {
    const { model, clamp } = await read(
      `index city = 5
       energy E(p : permutation(city), s : subset(5, 2)) { term t = 0.1 * (p[0] == 1) + 0.1 * s[0] }
       run r = sample(E, given = { p[0] = 3, s[4] = 1 })`,
      referenceEngine(),
    );
    const rows = new Map([
      ['p', [0, 1, 2, 3, 4]],
      ['s', [1, 1, 0, 0, 0]],
    ]);
    const { draws } = await sample(model, clamp, {
      chains: 4,
      draws: 3,
      warmup: 0,
      start: { of: (slot) => rows.get(slot.name)! },
    });
    const [p, s] = draws.quantities.map((q) => q.values);
    for (let r = 0; r < 12; r++) {
      expect([...p.subarray(5 * r, 5 * r + 5)].sort()).toEqual([0, 1, 2, 3, 4]);
      expect([p[5 * r], s[5 * r + 4]]).toEqual([3, 1]);
      expect(s.subarray(5 * r, 5 * r + 5).reduce((a, b) => a + b, 0)).toBe(2);
    }
  });

  it('are the same for the same seed, whatever other chains there are', async () => {
    const text = tour(7, 1.5);
    const run = async (chains: number, seed: number): Promise<number[]> => {
      const { model, clamp } = await read(text, referenceEngine());
      const { draws } = await sample(model, clamp, { chains, draws: 20, warmup: 10, seed });
      return [...draws.quantities[0].values];
    };
    const four = await run(4, 5);
    expect(await run(4, 5)).toEqual(four);
    expect(await run(2, 5)).toEqual(four.slice(0, 2 * 20 * 7));
    expect(await run(4, 6)).not.toEqual(four);
  });
});

describe('what is given of an arrangement', () => {
  const refused = async (given: string): Promise<string> => {
    try {
      await read(
        `enum Dish = { soup, fish, cake }
         energy E(p : permutation(Dish), s : subset(4, 2)) { term t = 0.1 * (p[0] == Dish.fish) + s[0] }
         run r = sample(E, given = { ${given} })`,
        referenceEngine(),
      );
    } catch (e) {
      if (e instanceof EnergyError && e.diagnostics[0].code === 'E0705') return e.diagnostics[0].message;
      throw e;
    }
    return 'nothing';
  };
  it('is refused when no arrangement agrees', async () => {
    expect(await refused('p[0] = Dish.fish, p[2] = Dish.fish')).toBe(
      'what is given to `p`, permutation(Dish), holds fish twice',
    );
    expect(await refused('s[0] = 1, s[1] = 1, s[3] = 1')).toContain('holds 3 elements; the subset has 2');
    expect(await refused('s[0] = 0, s[1] = 0, s[3] = 0')).toContain('leaves 1 elements free, too few');
    expect(await refused('p[0] = Dish.fish, p[2] = Dish.cake, s[0] = 0, s[1] = 1')).toBe('nothing');
  });
});

describe('faults', () => {
  it('name the term that is not finite', async () => {
    const { model, clamp } = await read(
      `index city = 4
       param w : real[city] = [1, 2, -1, 3]
       energy E(p : permutation(city)) { term bad = log(w[p[0]]) }`,
      referenceEngine(),
    );
    const error = await sample(model, clamp, { chains: 2, draws: 5 }).then(
      () => null,
      (e: unknown) => e,
    );
    if (!(error instanceof EnergyError)) throw new Error('expected an EnergyError');
    expect(error.diagnostics[0].code).toBe('E0701');
    expect(error.diagnostics[0].message).toContain('`bad` is not a number');
  });
});
