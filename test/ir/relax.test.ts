/**
 * The relaxation of energies: at one-hot corners it is the energy, what is called exact has differences of energies
 * for derivatives, and derivatives are those of the relaxed expression.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { relaxEnergy } from '../../src/analyse/relaxation.ts';
import type { HostArray } from '../../src/arrays.ts';
import { type DiscreteDomain, isArranged, isDiscrete, valueMap } from '../../src/domain.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { sitesOf } from '../../src/infer/discrete/sites.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { gradient } from '../../src/ir/derive.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import type { Relaxation } from '../../src/ir/relax.ts';
import type { Node, Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import { randomProgram } from '../analyse/random-programs.ts';
import { open, randomStates } from '../run/kit.ts';

const engine = referenceEngine();

/** The value of an expression without free axes. */
function valueAt(model: Model, node: Node, inputs: ReadonlyMap<Slot, HostArray>): number {
  const run = engine.compile(
    { outputs: [{ name: 'x', axes: [], node }], sizeOf: model.sizeOf },
    model.constants,
  );
  return run.run(inputs).get('x')!.data[0];
}

/** Arrays of the unknowns, and of what stands for them. */
function inputsAt(model: Model, relaxed: Relaxation, states: ReadonlyMap<Slot, Float64Array>) {
  const out = new Map<Slot, { shape: readonly number[]; data: Float64Array }>();
  for (const u of model.unknowns) {
    const x = states.get(u.slot)!;
    out.set(u.slot, { shape: u.shape, data: x });
    const input = relaxed.inputs.get(u.slot);
    if (!input) continue;
    if (input.kind === 'number') {
      out.set(input.input, { shape: u.shape, data: x.slice() });
      continue;
    }
    const { offset, scale } = valueMap(u.slot.domain as DiscreteDomain);
    const data = new Float64Array(u.size * input.states);
    x.forEach((v, i) => {
      data[i * input.states + (v - offset) / scale] = 1;
    });
    out.set(input.input, { shape: [...u.shape, input.states], data });
  }
  return out;
}

const relaxable = (model: Model): Slot[] =>
  model.unknowns.map((u) => u.slot).filter((s) => isDiscrete(s.domain) && !isArranged(s.domain));

interface Found {
  readonly terms: number;
  readonly exact: number;
}

/** Compares one state with its neighbours, term by term. */
function compare(model: Model, seed: number): Found {
  const slots = relaxable(model);
  const relaxed = relaxEnergy(model.builder, model.energy, slots, model);
  const states = randomStates(model, new Stream(seed), 1);
  const inputs = inputsAt(model, relaxed, states);
  const sites = sitesOf(model, noClamp(model), slots);
  let exact = 0;
  model.energy.terms.forEach(({ name, body }, t) => {
    const term = relaxed.terms[t];
    checkLegal(term.body);
    const here = valueAt(model, body, inputs);
    expect(valueAt(model, term.body, inputs), name).toBeCloseTo(here, 9);
    if (!term.exact) return;
    exact++;
    const slopes = gradient(
      model.builder,
      term.body,
      [...relaxed.inputs.values()].map((i) => i.input),
    );
    for (const [slot, input] of relaxed.inputs) {
      const { axes, body: slope } = slopes.get(input.input)!;
      const program = { outputs: [{ name: 'd', axes, node: slope }], sizeOf: model.sizeOf };
      const d = engine.compile(program, model.constants).run(inputs).get('d')!.data;
      const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
      for (let i = 0; i < sites.count; i++) {
        if (sites.layouts[sites.of[i]].slot !== slot) continue;
        const e = sites.element[i];
        const x = states.get(slot)!;
        const was = x[e];
        for (let v = 0; v < input.states; v++) {
          x[e] = offset + scale * v;
          const there = valueAt(model, body, inputs);
          const want =
            input.kind === 'number'
              ? d[e] * (x[e] - was)
              : d[e * input.states + v] - d[e * input.states + (was - offset) / scale];
          expect(there - here, `${name}: ${slot.name}[${e}] = ${x[e]}`).toBeCloseTo(want, 8);
        }
        x[e] = was;
      }
    }
  });
  return { terms: relaxed.terms.length, exact };
}

describe('the relaxation of generated programs', () => {
  it('is the energy at corners, and has its differences where it is exact', async () => {
    let [terms, exact] = [0, 0];
    await fc.assert(
      fc.asyncProperty(randomProgram, fc.integer({ min: 0, max: 1000 }), async ({ text, files }, seed) => {
        const { model } = await open(text, { files });
        const found = compare(model(), seed);
        terms += found.terms;
        exact += found.exact;
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(exact / terms).toBeGreaterThan(0.4);
  }, 120_000);
});

describe('what is exact, and what derivatives do not see', () => {
  const flags = async (text: string) => {
    const m = (await open(text)).model();
    compare(m, 3);
    const { terms } = relaxEnergy(m.builder, m.energy, relaxable(m), m);
    return Object.fromEntries(
      m.energy.terms.map(({ name }, i) => [name, [terms[i].exact, terms[i].blind] as const]),
    );
  };

  it('terms of numbers', async () => {
    const found = await flags(`index site = ring(4)
set bond = neighbours(site, wrap = true)
energy E(s : spin[site], n : int(-1, 2)[site]) {
  term pairs   = sum(s[p] * s[q] for (p, q) in bond)
  term apart   = sum((s[p] + s[q]) ^ 2 for (p, q) in bond)
  term well    = sum(exp(0.3 * n[i]) for i in site)
  term walk    = sum(abs(n[i] - n[i + 1]) for i in site)
  term above   = sum(n[i] > n[i + 1] for i in site)
  term total   = sum(s) ^ 2
  term net     = tanh(sum(0.5 * s[i] for i in site))
  term counted = sum(s) > 1
}`);
    const [exact, first, blind] = [
      [true, false],
      [false, false],
      [false, true],
    ];
    expect(found).toEqual({
      pairs: exact,
      apart: exact,
      well: exact,
      walk: exact,
      above: exact,
      total: first,
      net: first,
      counted: blind,
    });
  });

  it('terms of categories', async () => {
    const found = await flags(`enum Kind = { a, b, c }
index item = 3
param mu : real[Kind, item] = [0.3 * i - 0.2 for k in Kind, i in item]
param next : real[Kind] = [0.4, -0.1, 0.2]
energy E(z : Kind[item], k : category(item), m : cyclic(4)) {
  term own   = sum(mu[z[i], i] for i in item)
  term same  = z[0] == z[1]
  term other = z[1] != z[2]
  term known = z[2] == Kind.b
  term deep  = next[z[k]]
  term angle = cos(pi * m / 2) * next[z[0]]
  term self  = next[z[0]] * (z[0] == Kind.a)
  term net   = exp(sum(next[z[i]] for i in item))
}`);
    expect(found.own).toEqual([true, false]);
    expect(found.same).toEqual([true, false]);
    expect(found.other).toEqual([true, false]);
    expect(found.known).toEqual([true, false]);
    expect(found.angle).toEqual([true, false]);
    expect(found.self).toEqual([true, false]);
    expect(found.net).toEqual([false, false]);
    expect(found.deep[1]).toBe(false);
  });

  it('data decide whether two places are the same', async () => {
    const flag = async (rows: string) => {
      const { model } = await open(
        `index site = 4
data edge : site[link, 2] from "e.csv"
energy E(n : ordinal(3)[site]) {
  term pairs = sum(n[edge[l, 0]] * n[edge[l, 1]] for l in link)
}`,
        { files: { 'e.csv': rows } },
      );
      const m = model();
      compare(m, 5);
      return relaxEnergy(m.builder, m.energy, relaxable(m), m).exact;
    };
    expect(await flag('0,1\n1,2\n3,0')).toBe(true);
    expect(await flag('0,1\n2,2\n3,0')).toBe(false);
  });
});

describe('derivatives of the relaxed energy', () => {
  it('are those of its values between the corners', async () => {
    const m = (
      await open(`param W : real[4, 3] = [0.4 * sin(3 * i + j) for i in 4, j in 3]
energy E(x : spin[4], z : category(3)) {
  term net = sum(softplus(sum(x[i] * W[i, j] for i in 4)) * (1 + (z == j)) for j in 3)
}`)
    ).model();
    const relaxed = relaxEnergy(m.builder, m.energy, relaxable(m), m);
    const inputs = inputsAt(m, relaxed, randomStates(m, new Stream(2), 1));
    const random = new Stream(8);
    for (const { input } of relaxed.inputs.values())
      inputs.get(input)!.data.forEach((_, i, all) => {
        all[i] = random.uniform();
      });
    const [{ body }] = relaxed.terms;
    const slots = [...relaxed.inputs.values()].map((i) => i.input);
    const slopes = gradient(m.builder, body, slots);
    for (const slot of slots) {
      const { axes, body: node } = slopes.get(slot)!;
      const program = { outputs: [{ name: 'd', axes, node }], sizeOf: m.sizeOf };
      const d = engine.compile(program, m.constants).run(inputs).get('d')!.data;
      const { data } = inputs.get(slot)!;
      for (let i = 0; i < data.length; i++) {
        const at = data[i];
        const h = 1e-5;
        data[i] = at + h;
        const up = valueAt(m, body, inputs);
        data[i] = at - h;
        const down = valueAt(m, body, inputs);
        data[i] = at;
        expect(d[i]).toBeCloseTo((up - down) / (2 * h), 7);
      }
    }
  });
});
