/** Discrete unknowns summed out: against enumeration of their states, with gradients by differences. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { SumForm } from '../../src/analyse/marginal.ts';
import { isDiscrete } from '../../src/domain.ts';
import type { Engine, Output } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type MarginalModel, marginalModel } from '../../src/infer/marginal.ts';
import { type Clamp, compile, type Model, noClamp } from '../../src/infer/model.ts';
import { totalEnergy, violationsOf } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Slot } from '../../src/ir/types.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';

type Values = ReadonlyMap<Slot, Float64Array>;
type Kinds = readonly SumForm['kind'][];

/** −ln Σ exp(−E) over the discrete unknowns at given reals; +∞ where no state is allowed. */
function bruteForce(model: Model, clamp: Clamp, reals: Values): number {
  const fixed = new Map(clamp.fixed);
  const values = new Map(clamp.values);
  for (const [slot, x] of reals) {
    fixed.set(slot, new Uint8Array(x.length).fill(1));
    values.set(slot, x);
  }
  try {
    return -enumerateStates({ ...model, engine: referenceEngine() }, { fixed, values }).logZ;
  } catch (e) {
    if (String(e).includes('E0702') || String((e as Error).message).includes('support is empty'))
      return Number.POSITIVE_INFINITY;
    throw e;
  }
}

/** Energy and gradients of the marginal model at reals; what is left of requirements makes it +∞. */
function evaluator(sums: MarginalModel, engine: Engine, reals: readonly Slot[]) {
  const { model } = sums;
  const b = model.builder;
  const total = totalEnergy(b, model.energy);
  const grads = gradient(b, total, reals);
  const outputs: Output[] = [
    { name: 'energy', axes: [], node: total },
    {
      name: 'broken',
      axes: [],
      node: b.addAll(model.energy.support.map((c) => violationsOf(b, c, (n) => n))),
    },
    ...reals.map((s) => ({ name: `g ${s.name}`, axes: grads.get(s)!.axes, node: grads.get(s)!.body })),
  ];
  const run = compile(model, outputs, new Map(), engine);
  return (x: Values) => {
    const inputs = new Map(
      model.unknowns.map((u) => [
        u.slot,
        { shape: u.shape, data: x.get(u.slot) ?? new Float64Array(u.size) },
      ]),
    );
    const out = run.run(inputs);
    return {
      energy: out.get('broken')!.data[0] > 0 ? Number.POSITIVE_INFINITY : out.get('energy')!.data[0],
      gradient: new Map(reals.map((s) => [s, Float64Array.from(out.get(`g ${s.name}`)!.data)])),
    };
  };
}

/** The derivative with respect to one element, by differences. */
function slope(model: Model, clamp: Clamp, at: Values, slot: Slot, i: number): number {
  const h = 1e-5;
  const moved = (by: number): number => {
    const x = at.get(slot)!.slice();
    x[i] += by;
    return bruteForce(model, clamp, new Map(at).set(slot, x));
  };
  return (moved(h) - moved(-h)) / (2 * h);
}

interface Case {
  readonly kinds: Kinds;
  readonly fix?: (clamp: Clamp, model: Model) => void;
  /** How many of the random points must have a finite energy. */
  readonly finite?: number;
  readonly trials?: number;
  readonly files?: Readonly<Record<string, string>>;
}

async function expectMarginal(
  text: string,
  { kinds, fix, trials = 5, finite = trials, files = {} }: Case,
): Promise<void> {
  const { model: make } = await open(text, { files });
  const model = make(undefined, kernelsEngine());
  const clamp = noClamp(model);
  fix?.(clamp, model);
  const sums = marginalModel(model, clamp)!;
  expect(sums).not.toBeNull();
  expect(sums.stages.map((s) => s.marginal.form.kind)).toEqual(kinds);
  const reals = model.unknowns.filter((u) => !isDiscrete(u.slot.domain)).map((u) => u.slot);
  const engines = [referenceEngine(), model.engine].map((e) => evaluator(sums, e, reals));
  let met = 0;
  for (let trial = 0; trial < trials; trial++) {
    const all = randomStates(model, new Stream(77, trial), 1);
    const at = new Map(reals.map((s) => [s, all.get(s)!]));
    const want = bruteForce(model, clamp, at);
    const slopes = new Map(
      Number.isFinite(want)
        ? reals.map((slot) => [slot, at.get(slot)!.map((_, i) => slope(model, clamp, at, slot, i))])
        : [],
    );
    for (const evaluate of engines) {
      const { energy, gradient: g } = evaluate(at);
      if (want === Number.POSITIVE_INFINITY) expect(energy).toBe(want);
      else expect(Math.abs(energy - want)).toBeLessThan(1e-9 * (1 + Math.abs(want)));
      for (const [slot, d] of g) {
        expect(d.every(Number.isFinite)).toBe(true);
        slopes.get(slot)?.forEach((x, i) => {
          if (Number.isFinite(x)) expect(Math.abs(d[i] - x)).toBeLessThan(2e-5 * (1 + Math.abs(x)));
        });
      }
    }
    if (Number.isFinite(want)) met++;
  }
  expect(met).toBeGreaterThanOrEqual(finite);
}

const give =
  (name: string, elements: Readonly<Record<number, number>>) =>
  (clamp: Clamp, model: Model): void => {
    const { slot } = model.unknowns.find((u) => u.slot.name === name)!;
    for (const [i, x] of Object.entries(elements)) {
      clamp.fixed.get(slot)![Number(i)] = 1;
      clamp.values.get(slot)![Number(i)] = x;
    }
  };

vi.setConfig({ testTimeout: 60_000 });

describe('labels of a mixture', () => {
  const mixture = `
    enum Kind = { a, b, c }
    index item = 5
    param y : real[item] = [0.3, -1.2, 2.0, 0.1, 4.0]
    energy E(z : Kind[item], mu : real[Kind], s : real(0, inf), w : simplex(Kind)) {
      mu ~ normal(0, 2)
      s ~ half_normal(1)
      term labels = -sum(log(w[z[i]]) for i in item) + 0.1 * sum(y)
      y ~ normal(mu[z], s)
    }`;

  it('are summed element by element', () => expectMarginal(mixture, { kinds: ['sites'] }));

  it('some of them given', () =>
    expectMarginal(mixture, { kinds: ['sites'], fix: give('z', { 0: 2, 3: 0 }) }));

  it('with requirements on some', () =>
    expectMarginal(
      mixture.replace('mu ~', 'require z[i] != Kind.b or mu[Kind.b] > 0 for i in item where i > 2\n mu ~'),
      { kinds: ['sites'] },
    ));

  it('every state of an element forbidden at some reals', () =>
    expectMarginal(mixture.replace('mu ~', 'require mu[k] > 0 or z[2] != k for k in Kind\n mu ~'), {
      kinds: ['sites'],
      finite: 3,
    }));

  it('read at another place too, and where a guard leaves elements out', () =>
    expectMarginal(
      `index item = 5
       param y : real[item] = [0.3, -1.2, 2.0, 0.1, 4.0]
       energy E(z : bit[item], m : real) {
         m ~ normal(0, 1)
         term a = sum(if i > 0 then z[i - 1] * m * y[i] else m ^ 2 for i in item)
         term b = sum((1 - z[i]) * m * y[i] for i in item where y[i] > 0)
       }`,
      { kinds: ['sites'] },
    ));
});

describe('numbers of states', () => {
  it('a change point', () =>
    expectMarginal(
      `index year = line(12)
       data n : int(0, 20)[year] from "n.csv"
       energy E(last : int(1, 10), before : real(0, inf), after : real(0, inf)) {
         before ~ gamma(2, 1)
         after ~ gamma(2, 1)
         n ~ poisson([if y <= last then before else after for y in year])
       }`,
      { kinds: ['sites'], files: { 'n.csv': 'n\n4\n5\n4\n1\n0\n4\n3\n4\n0\n1\n0\n1\n' } },
    ));

  it('zero-inflated counts: a label that some data exclude', () =>
    expectMarginal(
      `index nest = 7
       data eggs : int(0, 50)[nest] from "eggs.csv"
       energy E(used : bit[nest], p : real(0, 1), rate : real(0, inf)) {
         rate ~ gamma(2, 0.5)
         used ~ bernoulli(p)
         eggs ~ poisson([rate * used[n] for n in nest])
       }`,
      { kinds: ['sites'], files: { 'eggs.csv': 'eggs\n0\n0\n3\n1\n0\n5\n0\n' } },
    ));

  it('a hidden population size', () =>
    expectMarginal(
      `index visit = 3
       data seen : int(0, 20)[visit] from "seen.csv"
       energy E(N : int(5, 30), p : real(0, 1)) {
         seen ~ binomial(N, p)
         term prior = 0.1 * N
       }`,
      { kinds: ['sites'], files: { 'seen.csv': 'seen\n3\n5\n4\n' } },
    ));

  it('a start that a bound of a real depends on is left', async () => {
    const { model } = await open(`energy E(k : int(1, 3), x : real(0, k)) { term t = x }`);
    const m = model();
    expect(marginalModel(m, noClamp(m))).toBeNull();
  });

  it('bounds that depend on other reals', () =>
    expectMarginal(
      `index item = 4
       energy E(z : bit[item], a : real(0, 1), c : real(0, 1 - a)) {
         term t = sum(z[i] * a - (1 - z[i]) * log(c) * i for i in item)
       }`,
      { kinds: ['sites'], finite: 1 },
    ));
});

describe('hidden Markov chains', () => {
  const chain = `
    enum State = { low, mid, high }
    index time = line(5)
    param y : real[time] = [0.3, -1.2, 2.0, 0.1, 4.0]
    energy E(z : State[time], mu : real[State], stay : real(0.3, 0.99)) {
      mu ~ normal(0, 2)
      term moves = -sum(log(if z[t - 1] == z[t] then stay else 0.5 * (1 - stay)) for t in time where t > 0)
      y ~ normal(mu[z], 1)
    }`;

  it('are summed by a recursion', () => expectMarginal(chain, { kinds: ['chain'] }));

  it('some elements given', () => expectMarginal(chain, { kinds: ['chain'], fix: give('z', { 2: 1 }) }));

  it('every second element given: none is left that share a factor', () =>
    expectMarginal(chain, { kinds: ['sites'], fix: give('z', { 1: 1, 3: 0 }) }));

  it('with steps that are forbidden', () =>
    expectMarginal(
      chain.replace(
        'mu ~',
        'require z[t] != State.high or z[t - 1] != State.low for t in time where t > 0\n mu ~',
      ),
      { kinds: ['chain'] },
    ));

  it('with steps of probability 0', () =>
    expectMarginal(
      `index time = line(6)
       param y : real[time] = [0.3, -1.2, 2.0, 0.1, 4.0, 1]
       param move : real[3, 3] = [[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]]
       energy E(z : category(3)[time], mu : real[3]) {
         mu ~ normal(0, 2)
         term first = -log(if z[0] == 0 then 1 else 0)
         term moves = -sum(log(move[z[t - 1], z[t]]) for t in time where t > 0)
         y ~ normal(mu[z], 1)
       }`,
      { kinds: ['chain'] },
    ));

  it('several chains of one unknown', () =>
    expectMarginal(
      `index time = line(3)
       index who = 2
       param y : real[who, time] = [[0.3, -1.2, 2.0], [0.1, 4.0, 1]]
       energy E(z : spin[who, time], J : real, h : real) {
         term moves = -J * sum(z[w, t] * z[w, t + 1] for w in who, t in time where t < 2)
         term field = -h * sum(z * y)
         J ~ normal(0, 1)
         h ~ normal(0, 1)
       }`,
      { kinds: ['chain'] },
    ));
});

describe('sums that leave elements out', () => {
  const program = (more: string): string => `
    index item = line(4)
    param y : real[item] = [0.3, -1.2, 2.0, 0.7]
    energy E(z : bit[item], m : real, s : real(0.2, inf)) {
      m ~ normal(0, 1)
      s ~ half_normal(1)
      term on = sum(0.5 * ((y[i] - m) / s) ^ 2 + log(s) for i in item where z[i] == 1)
      ${more}
    }`;

  it('by their own states', () => expectMarginal(program(''), { kinds: ['sites'] }));

  it('by those of neighbours', () =>
    expectMarginal(program('term next = m * sum(y[i] for i in item where i > 0 and z[i] == z[i - 1])'), {
      kinds: ['chain'],
    }));

  it('by all of them together', () =>
    expectMarginal(
      program('term many = m * (sum(z) - 1) ^ 2 + sum(m for i in item where z[i] < sum(z) - 1)'),
      {
        kinds: ['joint'],
      },
    ));
});

describe('several unknowns', () => {
  it('two labels a row, then a global one', () =>
    expectMarginal(
      `index item = 3
       param y : real[item] = [0.3, -1.2, 2.0]
       energy E(z : category(3)[item], w : bit[item], g : bit, mu : real[3], d : real) {
         mu ~ normal(0, 2)
         d ~ normal(0, 1)
         term pair = sum(if w[i] == 1 and z[i] == 2 then 0.7 else 0.2 * g for i in item)
         y ~ normal([mu[z[i]] + d * w[i] + g for i in item], 1)
       }`,
      { kinds: ['sites', 'sites', 'sites'] },
    ));

  it('indicators that everything touches: all joint states', () =>
    expectMarginal(
      `index item = 4
       index feature = 4
       param x : real[item, feature] = [[1, 0, 2, 1], [0, 1, 1, -1], [1, 1, -1, 0], [2, 0, 1, 1]]
       param y : real[item] = [0.3, -1.2, 2.0, 1]
       energy E(on : bit[feature], beta : real[feature]) {
         beta ~ normal(0, 1)
         term prior = 0.4 * sum(on)
         require sum(on) > 0
         y ~ normal([sum(x[i, f] * on[f] * beta[f] for f in feature) for i in item], 1)
       }`,
      { kinds: ['joint'], fix: give('on', { 1: 1 }) },
    ));

  it('a lattice is left', async () => {
    const { model } = await open(
      `index site = grid(12, 12)
       set bond = neighbours(site)
       energy E(s : spin[site], J : real) {
         J ~ normal(0, 1)
         term t = -J * sum(s[p] * s[q] for (p, q) in bond)
       }`,
    );
    const m = model();
    expect(marginalModel(m, noClamp(m))).toBeNull();
  });
});

describe('the plan', () => {
  it('says what is summed out, and sums nothing out where another method is asked for', async () => {
    const { model: make } = await open(
      `index item = 4
       param y : real[item] = [0.3, -1.2, 2.0, 0.7]
       energy E(z : bit[item], m : real) {
         m ~ normal(0, 1)
         y ~ normal([m * z[i] for i in item], 1)
       }`,
    );
    const model = make();
    const clamp = noClamp(model);
    const methods = (wanted?: string): readonly string[] => {
      const { plan, gibbs } = makePlan(model, clamp, wanted);
      gibbs?.dispose();
      return plan.unknowns.map((u) => u.method);
    };
    expect(makePlan(model, clamp).plan.unknowns[0].why).toBe(
      'discrete: summed out exactly (2 states at each of 4 elements), drawn exactly given the reals',
    );
    expect(methods('mixed')[0]).toBe('gibbs');
    expect(methods('gibbs')[0]).toBe('gibbs');
    expect(methods('marginal')[0]).toBe('marginal');
    expect(methods('hmc')).toEqual(['marginal', 'hmc']);
  });

  it('draws columns of a network in turn where joint states of all would be evaluated', async () => {
    const { model: make } = await open(
      `type Car = { weight : real, power : real, cylinders : int(3, 8), year : int(70, 82), origin : category(3) }
       param net = mlp(encode(Car), hidden = [64, 64])
       energy E(c : Car) {
         term shape = net(encode(c))
         term tail  = 0.1 * (c.weight ^ 2 + c.power ^ 2)
       }
       energy Small(c : Car) {
         term shape = c.weight * (if c.origin == 0 then 1 else 2) + c.power * (c.year - 76)
         term tail  = 0.1 * (c.weight ^ 2 + c.power ^ 2)
       }`,
    );
    const summed = (name: string): readonly string[] | undefined => {
      const model = make(name);
      return marginalModel(model, noClamp(model))?.summed.map((s) => s.name);
    };
    // 234 joint states of the network; a few of each column at most.
    expect(summed('E')).not.toContain('c.year');
    expect(summed('Small')).toEqual(expect.arrayContaining(['c.year', 'c.origin']));
  });

  it('leaves what is too dear, unless it is asked for', async () => {
    const { model: make } = await open(
      `index time = line(2000)
       param y : real[time] = [0.1 for t in time]
       energy E(k : int(0, 1000), a : real, c : real) {
         a ~ normal(0, 1)
         c ~ normal(0, 1)
         y ~ normal([exp(a * k) * tanh(c * t) for t in time], 1)
       }`,
    );
    const model = make();
    expect(marginalModel(model, noClamp(model))).toBeNull();
    expect(marginalModel(model, noClamp(model), true)?.summed.map((s) => s.name)).toEqual(['k']);
  });
});

describe('generated programs', () => {
  const round = (x: number): number => Math.round(x * 100) / 100;
  const list = (xs: readonly number[]): string => `[${xs.map(round).join(', ')}]`;

  /** Elements that are given, their values, and a state that a requirement takes from some. */
  const shape = fc.record({
    states: fc.integer({ min: 2, max: 4 }),
    size: fc.integer({ min: 2, max: 5 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    given: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    forbid: fc.boolean(),
    chained: fc.boolean(),
  });

  it('labels and paths, some given, some states forbidden', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ states, size, seed, given, forbid, chained }) => {
        const r = new Stream(seed, 'program');
        const numbers = (n: number): number[] => Array.from({ length: n }, () => 2 * r.normal());
        const table = Array.from({ length: states }, () => list(numbers(states)));
        const fixed = Object.fromEntries(
          given.slice(1, size).flatMap((g, i) => (g ? [[i + 1, r.int(states)]] : [])),
        );
        const neighbours = given.slice(1, size).some((g, i) => !g && (i === 0 || !given[i]));
        await expectMarginal(
          `index place = line(${size})
           param y : real[place] = ${list(numbers(size))}
           param step : real[${states}, ${states}] = [${table.join(', ')}]
           energy E(z : category(${states})[place], a : real, mu : real[${states}]) {
             a ~ normal(0, 1)
             mu ~ normal(0, 2)
             ${chained ? 'term steps = sum(a * step[z[t - 1], z[t]] for t in place where t > 0)' : ''}
             term labels = sum(step[z[t], 0] * a for t in place)
             ${forbid ? `require z[t] != 1 or y[t] > 0 for t in place where t != 1` : ''}
             y ~ normal(mu[z], 1.5)
           }`,
          {
            kinds: [chained && neighbours ? 'chain' : 'sites'],
            fix: give('z', forbid ? Object.fromEntries(Object.entries(fixed).map(([k]) => [k, 0])) : fixed),
            trials: 2,
          },
        );
      }),
      { numRuns: 12, seed: 5 },
    );
  });
});

describe('in single precision', () => {
  it('the energy is the same', async () => {
    const wasm = await tfjsEngine('wasm');
    for (const text of [
      `index time = line(6)
       param y : real[time] = [0.3, -1.2, 2.0, 0.1, 4.0, 1]
       energy E(z : bit[time], mu : real, stay : real(0.2, 0.9)) {
         mu ~ normal(0, 2)
         term moves = -sum(log(if z[t - 1] == z[t] then stay else 1 - stay) for t in time where t > 0)
         y ~ normal([mu * z[t] for t in time], 1)
       }`,
      `index item = 6
       param y : real[item] = [0.3, -1.2, 2.0, 0.1, 4.0, 1]
       energy E(z : category(3)[item], mu : real[3]) {
         mu ~ normal(0, 2)
         require z[i] != 1 or y[i] > 0 for i in item
         y ~ normal(mu[z], 1)
       }`,
    ]) {
      const { model: make } = await open(text);
      const model = make(undefined, wasm);
      const clamp = noClamp(model);
      const sums = marginalModel(model, clamp)!;
      const reals = model.unknowns.filter((u) => !isDiscrete(u.slot.domain)).map((u) => u.slot);
      const [exact, single] = [referenceEngine(), wasm].map((e) => evaluator(sums, e, reals));
      const all = randomStates(model, new Stream(7), 1);
      const at = new Map(reals.map((s) => [s, all.get(s)!]));
      const [want, found] = [exact(at), single(at)];
      expect(Math.abs(found.energy - want.energy)).toBeLessThan(1e-4 * (1 + Math.abs(want.energy)));
      for (const slot of reals)
        found.gradient.get(slot)!.forEach((g, i) => {
          expect(Math.abs(g - want.gradient.get(slot)![i])).toBeLessThan(1e-3 * (1 + Math.abs(g)));
        });
    }
  });
});
