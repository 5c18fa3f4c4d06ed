/**
 * Conditionals are made of the factors that touch a site only. Here they are compared with what they mean:
 * differences of the whole energy, evaluated state by state with the reference engine.
 */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SiteBlocks, siteBlocks } from '../../src/analyse/blocks.ts';
import { conditional, type SiteSelection } from '../../src/analyse/conditional.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import { type DiscreteDomain, stateCount, valueMap } from '../../src/domain.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { batchInputs, compile, type Model, type States } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';
import { randomProgram } from './random-programs.ts';

/** Energy and number of violated requirements of one state. */
interface Weight {
  readonly energy: number;
  readonly violations: number;
}

/** The whole energy of many states, by the reference engine. */
function weigh(model: Model, states: States, count: number): Weight[] {
  const b = model.builder;
  const axis = b.axis(b.range(count), 'state');
  const batch = makeBatch(b, model.energy.unknowns, [axis]);
  const broken = model.energy.support.map((c) =>
    b.sum(c.axes, b.call('not', batch.on(c.condition)), c.where && batch.on(c.where)),
  );
  const run = compile(
    model,
    [
      { name: 'energy', axes: [axis], node: batch.on(totalEnergy(b, model.energy)) },
      { name: 'violations', axes: [axis], node: b.addAll(broken) },
    ],
    new Map(),
    referenceEngine(),
  ).run(batchInputs(model, batch.slots, states, count));
  const [energy, violations] = [run.get('energy')!.data, run.get('violations')!.data];
  return Array.from({ length: count }, (_, i) => ({ energy: energy[i], violations: violations[i] }));
}

/** What the program for a block's conditional says: [site][value]. */
function say(
  model: Model,
  info: SiteBlocks,
  sites: Int32Array,
  selection: SiteSelection,
  states: States,
  engine: Engine,
): Weight[][] {
  const b = model.builder;
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(1), 'chain')]);
  const cond = conditional(b, info, batch, selection, model);
  const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
  if (cond.violations) outputs.push({ name: 'violations', axes: cond.axes, node: cond.violations });
  const program = compile(model, outputs, cond.tables, engine);
  const inputs = batchInputs(model, batch.slots, states, 1);
  if (cond.siteSlot) inputs.set(cond.siteSlot, { shape: [sites.length], data: sites });
  const out = program.run(inputs);
  program.dispose();
  const k = cond.states;
  return Array.from(sites, (_, s) =>
    Array.from({ length: k }, (__, v) => ({
      energy: out.get('energy')!.data[s * k + v],
      violations: out.get('violations')?.data[s * k + v] ?? 0,
    })),
  );
}

/** The states in which one element takes each of its values. */
function variants(model: Model, states: States, slot: Slot, site: number): { states: States; count: number } {
  const domain = slot.domain as DiscreteDomain;
  const count = stateCount(domain, model.sizeOf);
  const { offset, scale } = valueMap(domain);
  const out = new Map(
    model.unknowns.map((u) => {
      const x = new Float64Array(count * u.size);
      for (let v = 0; v < count; v++) {
        x.set(states.get(u.slot)!, v * u.size);
        if (u.slot === slot) x[v * u.size + site] = offset + scale * v;
      }
      return [u.slot, x] as const;
    }),
  );
  return { states: out, count };
}

function expectSame(got: readonly Weight[], want: readonly Weight[], tolerance: number, what: string): void {
  expect(got.length, what).toBe(want.length);
  for (let v = 1; v < want.length; v++) {
    const [dg, dw] = [got[v].energy - got[0].energy, want[v].energy - want[0].energy];
    const scale = 1 + Math.max(...want.map((w) => Math.abs(w.energy)));
    expect(Math.abs(dg - dw), `${what}: ΔE(${v}) is ${dg}, expected ${dw}`).toBeLessThanOrEqual(
      tolerance * scale,
    );
    expect(got[v].violations - got[0].violations, `${what}: violations`).toBe(
      want[v].violations - want[0].violations,
    );
  }
}

const kernels = kernelsEngine();
let wasm: Engine;
beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
}, 30_000);

/** Compares every block of every unknown at one random state. */
function checkModel(model: Model, seed: number): void {
  const stream = new Stream(seed, 'states');
  const states = randomStates(model, stream, 1);
  const factors = factorsOf(model.builder, model.energy);
  for (const u of model.unknowns) {
    const info = siteBlocks(model.builder, u.slot, factors, model);
    const covered = info.blocks.flatMap((b) => [...b]).sort((a, b) => a - b);
    expect(covered).toEqual(Array.from({ length: u.size }, (_, i) => i));
    for (const sites of info.blocks) {
      const selections: SiteSelection[] = [
        { kind: 'fixed', sites },
        { kind: 'input', count: sites.length },
        ...(info.blocks.length === 1 ? [{ kind: 'all' } as const] : []),
      ];
      const want = Array.from(sites, (site) => {
        const v = variants(model, states, u.slot, site);
        return weigh(model, v.states, v.count);
      });
      for (const selection of selections) {
        const what = `${u.slot.name} ${selection.kind} [${sites}]`;
        const exact = say(model, info, sites, selection, states, referenceEngine());
        const fast = say(model, info, sites, selection, states, wasm);
        const compiled = say(model, info, sites, selection, states, kernels);
        // Float64 sums of a few dozen numbers near 1; the energies are divided out by `scale`.
        sites.forEach((site, s) => {
          expectSame(exact[s], want[s], 1e-10, `${what} site ${site}`);
          expectSame(compiled[s], want[s], 1e-10, `${what} site ${site} by kernels`);
          expectSame(fast[s], want[s], 1e-4, `${what} site ${site} on wasm`);
        });
      }
      // Sites of a block do not interact: other values of the others leave a site's conditional alone.
      if (sites.length > 1) {
        const { offset, scale } = valueMap(u.slot.domain as DiscreteDomain);
        const moved = new Map(states);
        const x = states.get(u.slot)!.slice();
        for (const s of sites.subarray(1)) x[s] = offset + scale * stream.int(want[0].length);
        moved.set(u.slot, x);
        const v = variants(model, moved, u.slot, sites[0]);
        expectSame(
          weigh(model, v.states, v.count),
          want[0],
          1e-10,
          `${u.slot.name} is independent in its block`,
        );
      }
    }
  }
}

describe('conditionals are differences of the whole energy', () => {
  it('for random programs of every discrete domain', async () => {
    await fc.assert(
      fc.asyncProperty(randomProgram, async ({ text, files, seed }) => {
        const { model } = await open(text, { files });
        checkModel(model(), seed);
      }),
      {
        numRuns: Number(process.env.CONDITIONAL_RUNS ?? 150),
        seed: Number(process.env.CONDITIONAL_SEED ?? 20),
      },
    );
  }, 120_000);

  it('for sides of which 1/n is not exact', async () => {
    // 49 · (1/49) < 1: rows and columns of a site must come out right all the same.
    const { model } = await open(`
      index row = 3
      index col = 49
      index site = grid(2, 49)
      param K : real[row, col] = [sin(5 * r + c) for r in row, c in col]
      energy E(s : spin[row, col], z : bit[site]) {
        term field = sum(K[r, c] * s[r, c] for r in row, c in col)
        term pairs = sum(s[r, c] * s[r, d] * K[r, c] for r in row, c in col, d in col where d == c + 1)
        term sites = sum(p.row * z[p] + 0.01 * p.col * z[p] for p in site)
      }`);
    checkModel(model(), 5);
  }, 60_000);

  it('for instances that parameters leave out', async () => {
    const { model } = await open(`
      index site = 5
      param h : real[site] = [0.2, -0.3, 0.5, 0.1, -0.4]
      energy E(s : spin[site]) {
        term pairs = sum(h[i] * s[i] * s[i + 1] for i in site where i < 4 and h[i] > 0)
        term own   = sum(s[i] for i in site where h[i] < 0.3)
      }`);
    checkModel(model(), 5);
  });
});
