/**
 * The engine `kernels` and the tables of sites against the reference, on every program of the gallery and every
 * example of the standard library: energies, their gradients in unconstrained coordinates, conditionals.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { siteBlocks } from '../../src/analyse/blocks.ts';
import { conditional } from '../../src/analyse/conditional.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import { isArranged, isDiscrete, stateCount } from '../../src/domain.ts';
import type { Arrays, Engine, Output } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { continuousPart } from '../../src/infer/continuous.ts';
import { batchInputs, compile, type Model, noClamp, type States } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { makeBatch, violationsOf } from '../../src/ir/batch.ts';
import { Stream } from '../../src/random/stream.ts';
import { type Opened, open, randomStates } from '../run/kit.ts';
import { itemsOf, moduleNames } from '../stdlib/examples.ts';

const gallery = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../examples');
const programs = (readdirSync(gallery, { recursive: true }) as string[])
  .filter((f) => f.endsWith('.energy'))
  .map((f) => f.split(path.sep).join('/'))
  .sort();
const openExample = (file: string): Promise<Opened> => {
  const root = path.join(gallery, path.dirname(file));
  return open(readFileSync(path.join(gallery, file), 'utf8'), {
    host: nodeHost({ root }),
    file: path.basename(file),
  });
};

const STATES = 3;

/** Float64 sums in another order: as many units in the last place as a long sum may lose. */
const TOLERANCE = 1e-10;

/** Numbers agree up to rounding relative to the largest of them; what is not finite is the same. */
function expectSame(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  expect(got.length, what).toBe(want.length);
  let scale = 1;
  for (let i = 0; i < want.length; i++)
    if (Number.isFinite(want[i])) scale = Math.max(scale, Math.abs(want[i]));
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    if (!(Math.abs(got[i] - want[i]) <= TOLERANCE * scale))
      throw new Error(`${what}[${i}] is ${got[i]}, expected ${want[i]}`);
  }
}

/** Terms, reports and broken requirements of several states. */
function values(
  model: Model,
  engine: Engine,
  states: States,
  each: boolean,
): ReadonlyMap<string, Float64Array> {
  const b = model.builder;
  const { terms, reports, support } = model.energy;
  const count = each ? 1 : STATES;
  const chain = b.axis(b.range(count), 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [chain]);
  const outputs: Output[] = [
    ...terms.map((t) => ({ name: `term ${t.name}`, axes: [chain], node: batch.on(t.body) })),
    ...reports.map((r) => ({
      name: `report ${r.name}`,
      axes: [chain, ...r.value.axes],
      node: batch.on(r.value.body),
    })),
    ...support.map((c, i) => ({ name: `require ${i}`, axes: [chain], node: violationsOf(b, c, batch.on) })),
  ];
  const run = compile(model, outputs, new Map(), engine);
  const parts = each ? Array.from({ length: STATES }, (_, c) => stateOf(model, states, c)) : [states];
  const found = parts.map((s) => run.run(batchInputs(model, batch.slots, s, count)));
  run.dispose();
  return new Map(
    outputs.map((o) => [o.name, Float64Array.from(found.flatMap((f) => [...f.get(o.name)!.data]))]),
  );
}

const stateOf = (model: Model, states: States, c: number): States =>
  new Map(model.unknowns.map((u) => [u.slot, states.get(u.slot)!.slice(c * u.size, (c + 1) * u.size)]));

/** Of every discrete unknown, all sites at once. */
function conditionals(model: Model, engine: Engine, states: States): ReadonlyMap<string, Float64Array> {
  const b = model.builder;
  const factors = factorsOf(b, model.energy);
  const batch = makeBatch(b, model.energy.unknowns, [b.axis(b.range(STATES), 'chain')]);
  const out = new Map<string, Float64Array>();
  for (const { slot, size } of model.unknowns) {
    if (!isDiscrete(slot.domain) || isArranged(slot.domain)) continue;
    const states_ = stateCount(slot.domain, model.sizeOf);
    const sites = Int32Array.from({ length: Math.min(size, 24) }, (_, i) => (i * 7) % size);
    const info = siteBlocks(b, slot, factors, model);
    const cond = conditional(b, info, batch, { kind: 'fixed', sites }, model);
    const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
    if (cond.violations) outputs.push({ name: 'violations', axes: cond.axes, node: cond.violations });
    const run = compile(model, outputs, cond.tables, engine);
    const inputs: Map<Parameters<Arrays['get']>[0], NonNullable<ReturnType<Arrays['get']>>> = batchInputs(
      model,
      batch.slots,
      states,
      STATES,
    );
    if (cond.candidateSlot) {
      const shape = cond.axes.map((a) => model.sizeOf(a.set));
      const data = Float64Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => i % states_);
      inputs.set(cond.candidateSlot, { shape, data });
    }
    for (const [name, array] of run.run(inputs))
      out.set(`${name} of ${slot.name}`, Float64Array.from(array.data));
    run.dispose();
  }
  return out;
}

function gradients(
  { model: make }: Opened,
  name: string,
  engine: Engine,
  states: States,
): { energy: Float64Array; gradient: Float64Array } | null {
  const model = make(name, engine);
  const part = continuousPart(model, noClamp(model), STATES, states);
  if (!part) return null;
  const found = part.evaluate(part.read(states));
  part.dispose();
  return found;
}

function compareAll(opened: Opened, seed: number): void {
  const reference = referenceEngine();
  const heap = new Heap();
  const kernels = kernelsEngine(heap);
  let compared = 0;
  for (const [name, { generic }] of opened.compiled.program.energies) {
    // Those over index sets that a call decides have no states of their own.
    if (generic) continue;
    const model = opened.model(name);
    compared++;
    const states = randomStates(model, new Stream(seed, 'agree'), STATES);
    const before = heap.used;
    const same = (
      got: ReadonlyMap<string, Float64Array>,
      want: ReadonlyMap<string, Float64Array>,
      what: string,
    ): void => {
      for (const [key, numbers] of want) expectSame(got.get(key)!, numbers, `${name}: ${key}, ${what}`);
    };
    const want = values(model, reference, states, false);
    same(values(model, kernels, states, false), want, 'side by side');
    same(values(model, kernels, states, true), want, 'one by one');
    same(conditionals(model, kernels, states), conditionals(model, reference, states), 'conditional');
    const [g, r] = [gradients(opened, name, kernels, states), gradients(opened, name, reference, states)];
    if (g && r) {
      expectSame(g.energy, r.energy, `${name}: energy`);
      for (let c = 0; c < STATES; c++) {
        const dim = g.gradient.length / STATES;
        const of = (x: Float64Array): Float64Array => x.subarray(c * dim, (c + 1) * dim);
        expectSame(of(g.gradient), of(r.gradient), `${name}: gradient`);
      }
    }
    expect(heap.used, `${name}: memory`).toBe(before);
  }
  expect(compared).toBeGreaterThan(0);
}

describe('kernels and reference', () => {
  it.each(programs)(
    'examples/%s',
    async (file) => {
      compareAll(await openExample(file), 3);
    },
    60_000,
  );

  it.each(moduleNames)(
    'std/%s',
    async (module) => {
      for (const item of itemsOf(module)) {
        try {
          compareAll(await open(item.example), 4);
        } catch (e) {
          throw new Error(`${item.name}: ${e instanceof Error ? e.message : e}`);
        }
      }
    },
    60_000,
  );
});
