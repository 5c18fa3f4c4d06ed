/** Exact answers about programs: against enumeration, reference problems, and what plans do with them. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type ExactAnswers, exactLogZ, exactOf } from '../../src/infer/exact.ts';
import { exactDraw } from '../../src/infer/exact-draw.ts';
import { jointStates } from '../../src/infer/joint-states.ts';
import { type Clamp, clampOf, type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { plain } from '../../src/infer/transition.ts';
import { planExact } from '../../src/plan/exact.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { randomProgram } from '../analyse/random-programs.ts';
import { open } from '../run/kit.ts';
import { counts, expectCounts, probabilities } from './exact.ts';

const shared = path.resolve(import.meta.dirname, '../../../shared/data/reference');

const json = (name: string, file: string) => JSON.parse(readFileSync(path.join(shared, name, file), 'utf8'));

async function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ model: Model; clamp: Clamp }> {
  const { model: make, compiled } = await open(text, { files });
  const model = make();
  const given = compiled.program.jobs[0]?.options.given;
  return { model, clamp: given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model) };
}

const answers = (model: Model, clamp: Clamp): ExactAnswers => {
  const made = exactOf(model, clamp);
  if ('why' in made) throw new Error(made.why);
  return made;
};

const plannedFor = (model: Model, clamp: Clamp, wanted?: string) => {
  const { plan, gibbs } = makePlan(model, clamp, wanted);
  gibbs?.dispose();
  return plan;
};

const ising = (side: number, beta = 0.44, field = 0) => `index site = grid(${side}, ${side})
energy Ising(s : spin[site]) {
  term pairs = -${beta} * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
  term field = -${beta * field} * sum(s)
}`;

describe('programs', () => {
  it('have the sums, marginals and best states of enumeration', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomProgram, async ({ text, files, seed }) => {
        const model = (await open(text, { files, seed })).model();
        const clamp = noClamp(model);
        if (jointStates(model, clamp).total > 2 ** 12) return;
        const exact = exactOf(model, clamp);
        if ('why' in exact) return;
        const p = new Map(model.unknowns.map((u) => [u.slot, new Map<string, number>()]));
        let least = Number.POSITIVE_INFINITY;
        let logZ = 0;
        const sweep = (weigh: (e: number) => number): void => {
          logZ = enumerateStates(model, clamp, (states, energy, count) => {
            for (let c = 0; c < count; c++) {
              least = Math.min(least, energy[c]);
              const w = weigh(energy[c]);
              if (w === 0) continue;
              for (const u of model.unknowns)
                for (let i = 0; i < u.size; i++) {
                  const key = `${i} ${states.get(u.slot)![c * u.size + i]}`;
                  const at = p.get(u.slot)!;
                  at.set(key, (at.get(key) ?? 0) + w);
                }
            }
          }).logZ;
        };
        try {
          sweep(() => 0);
        } catch (e) {
          if (!(e instanceof EnergyError) || e.diagnostics[0].code !== 'E0702') throw e;
          expect(() => exact.logZ()).toThrow(EnergyError);
          expect(() => exact.map()).toThrow(EnergyError);
          return;
        }
        sweep((e) => Math.exp(-e - logZ));
        expect(Math.abs(exact.logZ() - logZ)).toBeLessThan(1e-9 * (1 + Math.abs(logZ)));
        expect(Math.abs(exact.map().energy - least)).toBeLessThan(1e-9 * (1 + Math.abs(least)));
        const single = exact.marginals();
        for (const { slot, element, offset, scale } of exact.model.variables)
          single.get(slot)![element]!.forEach((x, s) => {
            const want = p.get(slot)!.get(`${element} ${offset + scale * s}`) ?? 0;
            if (Math.abs(x - want) > 1e-9) expect(x).toBe(want);
          });
        compared++;
      }),
      { numRuns: 60, seed: 5 },
    );
    expect(compared).toBeGreaterThan(30);
  }, 60_000);

  it('have a sum that no enumeration reaches', async () => {
    // The transfer matrix of a ring of 60 Potts spins of 3 states: λ = e + 2 once, e − 1 twice.
    const { model, clamp } = await read(`index site = ring(60)
energy Potts(z : category(3)[site]) { term pairs = -sum(z[i] == z[i + 1] for i in site) }`);
    const e = Math.E;
    const found = exactLogZ(model, clamp);
    expect(found).toMatchObject({ how: 'elimination', width: 2, states: null });
    if ('why' in found) return;
    expect(Math.abs(found.logZ - Math.log((e + 2) ** 60 + 2 * (e - 1) ** 60))).toBeLessThan(1e-9);
  });

  it('say what keeps them from it', async () => {
    const wide = await read(ising(40));
    expect(exactLogZ(wide.model, wide.clamp)).toEqual({
      why: 'there are Infinity joint states, and summing its unknowns out one by one takes tables of more than 2^26 numbers',
    });
    const real = await read('energy E(x : real, z : bit) { term a = x ^ 2 * (1 + z) }');
    expect(exactLogZ(real.model, real.clamp)).toEqual({
      why: '`x` is real: its states cannot be enumerated',
    });
  });

  it('may have no state at all', async () => {
    const { model, clamp } = await read(`index site = ring(31)
energy Colours(s : bit[site]) { require s[i] != s[i + 1] for i in site }`);
    expect(() => exactLogZ(model, clamp)).toThrow(/E0702|support is empty/);
    await expect(sample(model, clamp, { draws: 5, warmup: 0 })).rejects.toMatchObject({
      diagnostics: [{ code: 'E0702' }],
    });
  });
});

describe('draws', () => {
  it('are independent and have the probabilities of the joint states, at every temperature', async () => {
    const text = `index site = 5
energy E(s : spin[site], z : category(3)) {
  term pairs = -sum(0.3 * (1 + i - j) * s[i] * s[j] for i in site, j in site where i < j)
  term own = 0.5 * s[0] * (z == 1) - 0.4 * s[3] * (z == 2)
  require s[1] + s[2] > -1
}
run draws = sample(E, given = { s[4] = 1 })`;
    const { model, clamp } = await read(text);
    const chains = 20_000;
    const result = await sample(model, clamp, { chains, draws: 1, seed: 4 });
    expect(result.plan.method).toBe('exact');
    expectCounts(counts(model, result.draws), probabilities(model, clamp));
    const hot = await read(
      text.replace('0.3 *', '0.15 *').replace('0.5 *', '0.25 *').replace('0.4 *', '0.2 *'),
    );
    const made = planExact(model, [], noClamp(model));
    expect(made).toBe(null);
    const planned = makePlan(model, clamp, 'exact');
    const draw = exactDraw(model, planned.gibbs!.exact!, chains);
    const states = new Map(
      model.unknowns.map((u) => [u.slot, new Float64Array(chains * u.size).fill(1)] as const),
    );
    const streams = Array.from({ length: chains }, (_, c) => new Stream(7, c));
    draw.step(states, streams, { ...plain, beta: 0.5 });
    const quantities = model.unknowns.map((u) => ({ name: u.slot.name, values: states.get(u.slot)! }));
    const found = counts(model, { chains, draws: 1, quantities } as never);
    expectCounts(found, probabilities(hot.model, hot.clamp));
  });

  it('are the plan where chains would have to mix and the width is small, and not elsewhere', async () => {
    const small = await read(ising(6));
    const plan = plannedFor(small.model, small.clamp);
    expect(plan).toMatchObject({ method: 'exact', logz: 'elimination', defaults: { warmup: 0 } });
    expect(plan.elimination!.width).toBeLessThanOrEqual(12);
    expect(plan.unknowns[0].why).toMatch(/independent exact draws .* \(width \d+, the largest table/);
    expect(plannedFor(small.model, small.clamp, 'gibbs').method).toBe('gibbs');
    const wide = await read(ising(24));
    expect(plannedFor(wide.model, wide.clamp).method).not.toBe('exact');
    const chain = await read(`index day = line(50)
energy E(z : category(3)[day]) { term a = -sum(z[t] == z[t - 1] for t in day where t > 0) }`);
    expect(plannedFor(chain.model, chain.clamp).unknowns[0]).toMatchObject({
      method: 'gibbs',
      why: expect.stringContaining('chains or trees'),
    });
    const mixed = await read(`energy E(z : bit[2], x : real) { term a = (x - z[0] * z[1]) ^ 2 + z[0] }`);
    expect(plannedFor(mixed.model, mixed.clamp).unknowns[0].method).not.toBe('exact');
  });

  it('say why they cannot be had when they are asked for', async () => {
    const wide = await read(ising(40));
    expect(() => makePlan(wide.model, wide.clamp, 'exact')).toThrow(
      /cannot be drawn exactly, because summing its unknowns out/,
    );
  });

  it('are the same for each chain, however many there are', async () => {
    const { model, clamp } = await read(ising(4));
    const all = await sample(model, clamp, { chains: 4, draws: 20, thin: 3, seed: 2 });
    const some = await sample(model, clamp, {
      chains: 4,
      draws: 20,
      thin: 3,
      seed: 2,
      part: { from: 2, count: 2 },
    });
    const values = (r: typeof all) => r.draws.quantities.find((q) => q.name === 's')!.values;
    const half = values(all).length / 2;
    expect([...values(some)]).toEqual([...values(all).subarray(half)]);
  });
});

describe('reference problems', () => {
  const here = existsSync(shared);
  for (const wrap of [false, true])
    it.skipIf(!here)(`the Ising model on 4 × 4 sites${wrap ? ' of a torus' : ''}`, async () => {
      const name = `exact_ising_4x4_${wrap ? 'periodic' : 'free'}`;
      const { results } = json(name, 'reference.json');
      const { edges } = json(name, 'data.json');
      for (const want of Object.values(results) as {
        beta: number;
        h: number;
        log_Z: number;
        site_means: number[];
      }[]) {
        const text = `index site = 16
data edge : site[link, 2] from "edges.csv"
param beta : real = ${want.beta}
param h : real = ${want.h}
energy Ising(s : spin[site]) {
  term pairs = -beta * sum(s[edge[e, 0]] * s[edge[e, 1]] for e in link)
  term field = -beta * h * sum(s)
}`;
        const { model, clamp } = await read(text, {
          'edges.csv': edges.map((e: number[]) => e.join()).join('\n'),
        });
        const exact = answers(model, clamp);
        expect(Math.abs(exact.logZ() - want.log_Z)).toBeLessThan(1e-8);
        const means = [...exact.marginals().values()][0].map((p) => p![1] - p![0]);
        means.forEach((m, i) => {
          expect(Math.abs(m - want.site_means[i])).toBeLessThan(1e-8);
        });
      }
    });

  it.skipIf(!here)('the chest clinic', async () => {
    const want = json('bugs_asia', 'reference.json');
    const p = json('bugs_asia', 'data.json');
    const table = (name: string) => JSON.stringify(p[`p.${name}`]);
    const text = `energy Asia(S : bit, T : bit, L : bit, B : bit, X : bit) {
  let either = max(T, L)
  term smoking = -log(${table('smoking')}[S])
  term tuberculosis = -log(${table('tuberculosis')}[1, T])
  term cancer = -log(${table('lung.cancer')}[S, L])
  term bronchitis = -log(${table('bronchitis')}[S, B])
  term xray = -log(${table('xray')}[either, X])
  term dyspnoea = -log(${table('dyspnoea')}[either, B, 1])
}`;
    const { model, clamp } = await read(text);
    const exact = answers(model, clamp);
    expect(Math.abs(exact.logZ() - want.log_Z)).toBeLessThan(1e-12);
    const marginals = [...exact.marginals().values()].map(([one]) => one![1]);
    const { smoking, tuberculosis, bronchitis, xray } = want.marginals_P2;
    const wanted = [smoking, tuberculosis, want.marginals_P2['lung.cancer'], bronchitis, xray];
    wanted.forEach((x, i) => {
      expect(Math.abs(marginals[i] - x)).toBeLessThan(1e-12);
    });
    const best = [...exact.map().states.values()].map(([x]) => x + 1);
    expect(best).toEqual([2, 1, 1, 2, 1]);
  });

  it.skipIf(!here)('a restricted Boltzmann machine of 64 and 16 units', async () => {
    const { W, b_visible, b_hidden } = json('sk_digits_rbm', 'trained_binary_16.json');
    const text = `data W : real[hidden, pixel] from "W.json"
data a : real[pixel] from "a.json"
data b : real[hidden] from "b.json"
energy RBM(v : bit[pixel], h : bit[hidden]) {
  term pairs = -sum(h[j] * W[j, i] * v[i] for i in pixel, j in hidden)
  term own = -sum(a[i] * v[i] for i in pixel) - sum(b[j] * h[j] for j in hidden)
}`;
    const files = {
      'W.json': JSON.stringify({ W }),
      'a.json': JSON.stringify({ a: b_visible }),
      'b.json': JSON.stringify({ b: b_hidden }),
    };
    const { model, clamp } = await read(text, files);
    const found = exactLogZ(model, clamp);
    expect(found).toMatchObject({ how: 'elimination', width: 16 });
    if ('why' in found) return;
    const want = json('sk_digits_rbm', 'reference.json').stored_weights_binary_16;
    expect(Math.abs(found.logZ - want.log_Z)).toBeLessThan(1e-8);
    const [v, h] = [...answers(model, clamp).marginals().values()];
    want.E_v.forEach((p: number, i: number) => {
      expect(Math.abs(v[i]![1] - p)).toBeLessThan(1e-8);
    });
    want.E_h.forEach((p: number, j: number) => {
      expect(Math.abs(h[j]![1] - p)).toBeLessThan(1e-8);
    });
  });
});
