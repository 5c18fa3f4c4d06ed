/** Graphs made of programs have the energies of their states, whatever terms and requirements look like. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discreteGraph, type ModelGraph } from '../../src/analyse/discrete-graph.ts';
import type { DiscreteDomain } from '../../src/domain.ts';
import { stateCount, valueMap } from '../../src/domain.ts';
import { energyOf } from '../../src/exact/graph.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { jointStates } from '../../src/infer/joint-states.ts';
import { type Clamp, type Model, noClamp } from '../../src/infer/model.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { randomProgram } from '../analyse/random-programs.ts';
import { open } from '../run/kit.ts';

/** A share of the elements given, at random values. */
function someGiven(model: Model, share: number, seed: number): Clamp {
  const stream = new Stream(seed, 'given');
  const clamp = noClamp(model);
  for (const u of model.unknowns) {
    const { offset, scale } = valueMap(u.slot.domain as DiscreteDomain);
    const states = stateCount(u.slot.domain, model.sizeOf);
    for (let i = 0; i < u.size; i++) {
      if (stream.uniform() >= share) continue;
      clamp.fixed.get(u.slot)![i] = 1;
      clamp.values.get(u.slot)![i] = offset + scale * stream.int(states);
    }
  }
  return clamp;
}

const graphOf = (model: Model, clamp: Clamp): ModelGraph => {
  const made = discreteGraph(model, clamp);
  if ('why' in made) throw new Error(made.why);
  return made;
};

/** Compares all states; returns their number. */
function compareAll(model: Model, clamp: Clamp, made: ModelGraph): number {
  const codes = new Int32Array(made.variables.length);
  let seen = 0;
  const visit = (states: ReadonlyMap<unknown, Float64Array>, energy: Float64Array, count: number): void => {
    for (let c = 0; c < count; c++) {
      made.read(states as never, c, codes);
      const got = energyOf(made.graph, codes);
      if (Math.abs(got - energy[c]) > 1e-9 * (1 + Math.abs(energy[c]))) expect(got).toBe(energy[c]);
      seen++;
    }
  };
  try {
    enumerateStates(model, clamp, visit);
  } catch (e) {
    // An empty support is a graph without a state, too.
    if (!(e instanceof EnergyError) || e.diagnostics[0].code !== 'E0702') throw e;
  }
  return seen;
}

describe('graphs of programs', () => {
  it('have the energies of enumeration', async () => {
    const why = new Map<string, number>();
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomProgram, async ({ text, files, seed }) => {
        const model = (await open(text, { files, seed })).model();
        const clamp = seed % 3 === 0 ? noClamp(model) : someGiven(model, seed % 3 === 1 ? 0.3 : 0.7, seed);
        if (jointStates(model, clamp).total > 2 ** 13) return;
        const made = discreteGraph(model, clamp);
        if ('why' in made) {
          why.set(made.why, (why.get(made.why) ?? 0) + 1);
          return;
        }
        compareAll(model, clamp, made);
        compared++;
      }),
      { numRuns: 150, seed: 11 },
    );
    if (process.env.SHOW) console.log(compared, why);
    expect(compared).toBeGreaterThan(100);
  }, 60_000);

  it('take what is given into the constant and slice it out of tables', async () => {
    const text = `index site = 3
energy E(x : spin[site], m : real, p : permutation(site)) {
  term a = sum(m * x[i] * x[j] * (1 + i) for i in site, j in site where i < j)
  term b = m ^ 2 + sum(p[i] * i for i in site)
  require x[0] + m > 0
}`;
    const model = (await open(text)).model();
    const clamp = noClamp(model);
    expect(discreteGraph(model, clamp)).toEqual({ why: '`m` is real and not given' });
    const [x, m, p] = model.energy.unknowns;
    clamp.fixed.get(m)!.fill(1);
    clamp.values.get(m)!.fill(0.5);
    expect(discreteGraph(model, clamp)).toEqual({
      why: '`p` is a permutation, whose elements move together',
    });
    clamp.fixed.get(p)!.fill(1);
    clamp.values.get(p)!.set([2, 0, 1]);
    clamp.fixed.get(x)![1] = 1;
    clamp.values.get(x)![1] = -1;
    const made = graphOf(model, clamp);
    // x0 and x2 are free: 0.25 + 2·1 + 0, and −0.5 x0 + 0.5 x0 x2 − x2, x0 > −0.5.
    expect(made.variables.map((v) => v.element)).toEqual([0, 2]);
    const energies = [0, 1, 2, 3].map((s) => energyOf(made.graph, [s >> 1, s & 1]));
    expect(energies).toEqual([Infinity, Infinity, 2.25 - 0.5 - 0.5 + 1, 2.25 - 0.5 + 0.5 - 1]);
    const states = new Map([[x, Float64Array.from([9, 9, 9, 9, 9, 9])]]);
    made.write([1, 0], states, 1);
    expect([...states.get(x)!]).toEqual([9, 9, 9, 1, 9, -1]);
  });

  it('share equal tables, and add up factors of the same elements', async () => {
    const text = `index site = ring(6)
energy E(z : category(3)[site]) {
  term a = sum(z[i] == z[i + 1] for i in site)
  require z[i] != z[i + 1] for i in site
}`;
    const model = (await open(text)).model();
    const { graph } = graphOf(model, noClamp(model));
    expect(graph.factors.length).toBe(6);
    expect(new Set(graph.factors.map((f) => f.energy)).size).toBe(1);
    expect([...graph.factors[0].energy]).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => (i % 4 ? 0 : Infinity)),
    );
  });

  it('do not mind what is no number where requirements forbid it', async () => {
    const text = `energy E(n : int(-1, 2), k : bit) {
  term a = log(n) + k * sqrt(n)
  require n > 0
}`;
    const model = (await open(text)).model();
    const made = graphOf(model, noClamp(model));
    expect(compareAll(model, noClamp(model), made)).toBe(8);
    const open2 = (await open(text.replace('  require n > 0\n', ''))).model();
    expect(discreteGraph(open2, noClamp(open2))).toEqual({ why: '`a` is not finite at some values' });
  });
});
