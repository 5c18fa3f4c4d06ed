/**
 * What the outputs of a compiled energy mean: derivatives of reals are slopes of the energy, differences of one-hot
 * derivatives are differences of the energy, `supported` is the indicator of what is required. The energy itself is
 * the reference's, of the program as it is written; the outputs are those of the files, by tfjs's own reader, and the
 * same expressions in float64.
 */
import { describe, expect, it } from 'vitest';
import { type DiscreteDomain, isDiscrete, stateCount, valueMap } from '../../src/domain.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import type { Model } from '../../src/infer/model.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';
import { CompiledModel, type Values } from './compile-kit.ts';
import { graphReader } from './readers.ts';

const graph = await graphReader();

type States = ReadonlyMap<Slot, Float64Array>;

/** The energy of one state, by the reference. */
function energyOf(model: Model): (state: States) => number {
  const outputs = model.energy.terms.map((t) => ({ name: t.name, axes: [], node: t.body }));
  const run = referenceEngine().compile({ outputs, sizeOf: model.sizeOf }, model.constants);
  const shapes = new Map(model.unknowns.map((u) => [u.slot, u.shape]));
  return (state) => {
    const out = run.run(new Map([...state].map(([s, data]) => [s, { shape: shapes.get(s)!, data }])));
    return outputs.reduce((sum, o) => sum + out.get(o.name)!.data[0], 0);
  };
}

/** State number c of several. */
const oneOf = (states: States, c: number, count: number): Map<Slot, Float64Array> =>
  new Map(
    [...states].map(([s, x]) => {
      const n = x.length / count;
      return [s, x.slice(c * n, (c + 1) * n)];
    }),
  );

/** With one element changed. */
function changed(state: States, slot: Slot, element: number, value: number): States {
  const x = state.get(slot)!.slice();
  x[element] = value;
  return new Map(state).set(slot, x);
}

interface Opened {
  readonly model: Model;
  readonly compiled: CompiledModel;
  readonly states: States;
  readonly count: number;
  /** In float64, and as the files give them; `digits`: how near they are to be. */
  readonly ways: readonly { readonly name: string; readonly values: Values; readonly digits: number }[];
}

async function compiled(text: string, batch: number | null, seed = 2): Promise<Opened> {
  const model = (await open(text)).model();
  const count = batch ?? 1;
  const c = new CompiledModel(model, batch);
  const states = new Map(
    [...randomStates(model, new Stream(seed), count)].map(([s, x]) => [s, x.map(Math.fround)] as const),
  );
  const exact = c.reference(states);
  const found = await graph.run(c.made.files, c.feeds(states), c.shapes);
  return {
    model,
    compiled: c,
    states,
    count,
    ways: [
      { name: 'float64', values: exact, digits: 1e-6 },
      { name: 'tfjs', values: found, digits: 2e-4 },
    ],
  };
}

/** Σ over the outputs' elements that were looked at. */
function compareSlopes({ model, states, count, ways }: Opened): number {
  const energy = energyOf(model);
  let looked = 0;
  for (let c = 0; c < count; c++) {
    const here = oneOf(states, c, count);
    for (const { slot, size } of model.unknowns) {
      if (isDiscrete(slot.domain)) continue;
      for (let i = 0; i < size; i++) {
        const x = here.get(slot)![i];
        const h = 1e-5 * Math.max(1, Math.abs(x));
        const [up, down] = [h, -h].map((d) => energy(changed(here, slot, i, x + d)));
        const want = (up - down) / (2 * h);
        for (const { name, values, digits } of ways) {
          const got = values.get(`gradient/${slot.name}`)!.data[c * size + i];
          near(got, want, digits, `${name}: ∂/∂${slot.name}[${i}] of state ${c}`);
        }
        looked++;
      }
    }
  }
  return looked;
}

/** Every value of every element, given all others. */
function compareChanges({ model, states, count, ways }: Opened): number {
  const energy = energyOf(model);
  let looked = 0;
  for (let c = 0; c < count; c++) {
    const here = oneOf(states, c, count);
    const before = energy(here);
    for (const { slot, size } of model.unknowns) {
      if (!isDiscrete(slot.domain)) continue;
      const { offset, scale } = valueMap(slot.domain);
      const n = stateCount(slot.domain, model.sizeOf);
      for (let i = 0; i < size; i++) {
        const was = (here.get(slot)![i] - offset) / scale;
        for (let v = 0; v < n; v++) {
          const want = energy(changed(here, slot, i, offset + scale * v)) - before;
          for (const { name, values, digits } of ways) {
            const g = values.get(`gradient/${slot.name}`)!.data;
            const at = (c * size + i) * n;
            near(
              g[at + v] - g[at + was],
              want,
              digits,
              `${name}: ${slot.name}[${i}] = state ${v}, state ${c}`,
            );
          }
          looked++;
        }
      }
    }
  }
  return looked;
}

function near(got: number, want: number, digits: number, what: string): void {
  if (!(Math.abs(got - want) <= digits * (1 + Math.abs(want))))
    throw new Error(`${what}: ${got}, expected ${want}`);
}

const shapeOf = (o: Opened, output: string): readonly number[] => o.ways[1].values.get(output)!.shape;
const meaningOf = ({ compiled: c }: Opened, unknown: string) => {
  const found = c.made.exported.outputs.find((o) => o.name === `gradient/${unknown}`)!.meaning;
  if (found.kind !== 'gradient') throw new Error(`${unknown} has no gradient`);
  return found;
};

const reals = `index site = line(4)
set pair = neighbours(site)
param w : real[site, 3] = [sin(i + 2 * j) for i in site, j in 3]
energy E(x : real[site], rate : real(0, inf), share : real(0, 1), turn : angle[2], p : simplex(3)) {
  x ~ normal(0, 1 + rate)
  term chain = sum((x[i] - x[j]) ^ 4 for (i, j) in pair)
  term net   = sum(tanh(sum(w[i, j] * x[i] for i in site)) for j in 3) * share
  term turns = -cos(turn[0] - turn[1]) + sin(turn[0]) * log(rate)
  term apart = logsumexp(x) + max(x[0], x[1]) + (if x[2] > 0 then x[2] ^ 3 else -x[2])
  term drawn = -sum(log(p)) + rate * share ^ 2 * p[0]
}`;

const bits = `index visible = 5
index hidden = 3
param W : real[visible, hidden] = [sin(3 * i + j) for i in visible, j in hidden]
energy E(v : bit[visible], h : bit[hidden], s : spin[visible]) {
  term pairs = -sum(v[i] * W[i, j] * h[j] for i in visible, j in hidden)
  term ring  = 0.7 * sum(s[i] * s[i + 1] for i in visible where i < 4)
  term three = s[0] * s[1] * s[2] * v[3]
  term gates = if v[0] == 1 and h[0] == 0 then 2 else -1
  term both  = exp(0.3 * v[1] + 0.2 * v[2]) + (s[3] + s[4]) ^ 2
}`;

const categories = `enum Colour = { red, green, blue }
index site = line(4)
set pair = neighbours(site)
param u : real[Colour] = [0.3, -1, 2]
param k : real[Colour, Colour] = [(if a == b then -1.5 else 0.4) + u[a] * (b == Colour.red) for a in Colour, b in Colour]
energy E(z : Colour[site], c : category(4)) {
  term fields = sum(u[z[i]] * (1 + i) for i in site)
  term equal  = -0.8 * sum(z[i] == z[j] for (i, j) in pair)
  term table  = sum(k[z[i], z[j]] for (i, j) in pair)
  term first  = if z[0] == Colour.red then 3 * (c == 2) else 1
  term before = sum(log(if i == 0 then 0.5 else if z[i - 1] == z[i] then 0.9 else 0.1) for i in site)
}`;

const ints = `index site = 3
energy E(n : int(-1, 2)[site], r : ordinal(4), m : cyclic(5)) {
  term well  = sum(exp(0.3 * n[i]) for i in site)
  term walk  = sum(abs(n[i] - n[i + 1]) for i in site where i < 2)
  term graded = (r - 1.5) ^ 2 * n[0]
  term round  = cos(2 * pi * m / 5) + (if m > 2 then n[1] else 0)
}`;

const mixed = `enum Kind = { a, b, c }
index row = 3
param mean : real[Kind] = [-1, 0.5, 2]
energy E(x : real[row], z : Kind[row], on : bit, n : int(0, 3)) {
  term data   = sum(0.5 * (x[i] - mean[z[i]]) ^ 2 for i in row)
  term switch = on * x[0] ^ 2 + (1 - on) * cosh(x[1])
  term count  = n * sum(x) + log(1 + n)
}`;

describe.each([null, 3])('outputs of compiled energies, states side by side: %s', (batch) => {
  it('derivatives of reals are slopes of the energy', async () => {
    const o = await compiled(reals, batch);
    expect(compareSlopes(o)).toBe((batch ?? 1) * 11);
    expect(shapeOf(o, 'gradient/p')).toEqual([...(batch === null ? [] : [batch]), 3]);
    expect(meaningOf(o, 'x')).toMatchObject({ of: 'value' });
  });

  it.each([
    ['bits and spins', bits, 13 * 2],
    ['categories', categories, 4 * 3 + 4],
    ['whole numbers', ints, 3 * 4 + 4 + 5],
  ])('differences of one-hot derivatives are those of the energy: %s', async (_, text, changes) => {
    const o = await compiled(text, batch);
    expect(compareChanges(o)).toBe((batch ?? 1) * changes);
    for (const u of o.model.unknowns) {
      expect(meaningOf(o, u.slot.name)).toMatchObject({ of: 'one_hot', exact: true, blind: false });
      const n = stateCount(u.slot.domain as DiscreteDomain, o.model.sizeOf);
      expect(shapeOf(o, `gradient/${u.slot.name}`).at(-1)).toBe(n);
    }
  });

  it('both, of reals beside discrete unknowns', async () => {
    const o = await compiled(mixed, batch);
    expect(compareSlopes(o)).toBe((batch ?? 1) * 3);
    expect(compareChanges(o)).toBe((batch ?? 1) * (3 * 3 + 2 + 4));
  });

  it('the energy is the sum of its terms, and that of the program', async () => {
    for (const text of [reals, bits, categories, ints, mixed]) {
      const { model, states, count, ways } = await compiled(text, batch, 5);
      const energy = energyOf(model);
      for (let c = 0; c < count; c++)
        for (const { name, values, digits } of ways) {
          const at = (output: string): number => values.get(output)!.data[c];
          const sum = model.energy.terms.reduce((s, t) => s + at(`term/${t.name}`), 0);
          near(at('energy'), sum, 1e-5, `${name}: the sum of terms`);
          near(at('energy'), energy(oneOf(states, c, count)), digits, `${name}: the energy`);
        }
    }
  });
});

describe('what is exact to first order only', () => {
  it('has the derivative of the energy by the looked-up values: tanh of a sum of embeddings', async () => {
    const o = await compiled(
      `index site = 10
param w : real[site, 3] = [sin(i + 2 * j) for i in site, j in 3]
energy E(z : category(3)[site]) { term net = tanh(0.3 * sum(w[i, z[i]] for i in site)) }`,
      2,
    );
    expect(meaningOf(o, 'z')).toMatchObject({ exact: false, blind: false });
    const w = (i: number, s: number): number => Math.sin(i + 2 * s);
    for (let c = 0; c < 2; c++) {
      const z = oneOf(o.states, c, 2).get(o.model.unknowns[0].slot)!;
      const sum = z.reduce((a, s, i) => a + w(i, s), 0);
      const slope = 0.3 * (1 - Math.tanh(0.3 * sum) ** 2);
      for (const { name, values, digits } of o.ways)
        for (let i = 0; i < 10; i++)
          for (let s = 0; s < 3; s++)
            near(
              values.get('gradient/z')!.data[(c * 10 + i) * 3 + s],
              slope * w(i, s),
              digits,
              `${name}: z[${i}] = ${s}`,
            );
    }
  });

  it('is said where comparisons of many elements have no part in it', async () => {
    const o = await compiled(
      'index site = 12\nenergy E(s : spin[site]) { term counted = if sum(s) > 1 then 2 else 0 }',
      null,
    );
    expect(meaningOf(o, 's')).toMatchObject({ exact: false, blind: true });
  });

  it('is nothing of permutations, which have no states of single elements', async () => {
    const { compiled: c } = await compiled(
      'index city = 4\nenergy Tour(order : permutation(city)) { term a = order[0] == 1 }',
      null,
    );
    expect(c.made.exported.without.map((s) => s.name)).toEqual(['order']);
    expect(c.made.exported.outputs.map((x) => x.name)).not.toContain('gradient/order');
  });
});

describe('supported', () => {
  const supported = async (
    text: string,
    inputs: Readonly<Record<string, readonly number[]>>,
    batch: number,
  ) => {
    const model = (await open(text)).model();
    const c = new CompiledModel(model, batch);
    const feeds = Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, Float64Array.from(v)]));
    const found = await graph.run(c.made.files, feeds, c.shapes);
    const exact = c.reference(new Map(model.unknowns.map((u) => [u.slot, feeds[u.slot.name]])));
    expect([...Array.from(found.get('supported')!.data)]).toEqual(Array.from(exact.get('supported')!.data));
    return Array.from(found.get('supported')!.data);
  };

  it('is 1 for the states of the support and 0 for all others: every colouring of a triangle', async () => {
    const states = Array.from({ length: 27 }, (_, k) => [k % 3, Math.floor(k / 3) % 3, Math.floor(k / 9)]);
    const found = await supported(
      'energy E(z : category(3)[3]) {\n  require z[0] != z[1]\n  require z[i] != z[2] for i in 3 where i < 2\n}',
      { z: states.flat() },
      27,
    );
    expect(found).toEqual(states.map(([a, b, c]) => (a !== b && b !== c && a !== c ? 1 : 0)));
    expect(found.filter((x) => x === 1)).toHaveLength(6);
  });

  it('keeps bounds: of a domain, of one by another, at their ends', async () => {
    const found = await supported(
      'energy E(low : real(0, 1), high : real(low, 1)) { term a = low * high }',
      { low: [0.25, 0.5, -0.125, 0.5, 0.5], high: [0.5, 0.25, 0.5, 1.5, 0.5] },
      5,
    );
    expect(found).toEqual([1, 0, 0, 0, 1]);
  });

  it('is not there where all states are allowed', async () => {
    const { compiled: c } = await compiled('energy E(s : spin[3], x : real) { term a = x * sum(s) }', 2);
    expect(c.made.exported.outputs.map((o) => o.name)).not.toContain('supported');
  });
});
