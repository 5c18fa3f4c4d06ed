/**
 * Engines agree: terms, energy, requirements, reports and gradients of every program of this folder at random
 * states, between float64 (the reference engine) and float32 (tfjs on wasm and cpu); and the gradient, which
 * the compiler derives symbolically, against dual numbers.
 */
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isDiscrete } from '../../src/domain.ts';
import type { Engine, Output } from '../../src/engines/engine.ts';
import { dualGradient } from '../../src/engines/reference/dual.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { batchInputs, compile, type Model } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import { Stream } from '../../src/random/stream.ts';
import { native } from '../engines/optional.ts';
import { open, programsIn, randomStates, readProgram, testFolder } from '../run/kit.ts';

const STATES = 3;
const programs = programsIn('good');
const engines = new Map<string, Engine>();

beforeAll(async () => {
  engines.set('wasm', await tfjsEngine('wasm'));
  engines.set('cpu', await tfjsEngine('cpu'));
  if (native) engines.set('tensorflow', native);
}, 30_000);

async function models(name: string): Promise<readonly ((engine?: Engine) => Model)[]> {
  const host = nodeHost({ root: path.join(testFolder, 'good') });
  const opened = await open(readProgram('good', name), { file: `${name}.energy`, host });
  return [...opened.compiled.program.energies].flatMap(([energy, { generic }]) =>
    generic ? [] : [(engine?: Engine) => opened.model(energy, engine)],
  );
}

describe('engines agree', () => {
  it.each(programs)('%s', async (name) => {
    const made = await models(name);
    expect(made.length).toBeGreaterThan(0);
    for (const make of made) {
      const model = make();
      const b = model.builder;
      const axis = b.axis(b.range(STATES), 'state');
      const batch = makeBatch(b, model.energy.unknowns, [axis]);
      const { terms, support, reports } = model.energy;
      const energy = batch.on(totalEnergy(b, model.energy));
      const reals = model.unknowns
        .filter((u) => !isDiscrete(u.slot.domain))
        .map((u) => batch.slots.get(u.slot)!);
      const slopes = gradient(b, b.sum([axis], energy), reals);
      const outputs: Output[] = [
        { name: 'energy', axes: [axis], node: energy },
        ...terms.map((t, i) => ({ name: `term ${i} ${t.name}`, axes: [axis], node: batch.on(t.body) })),
        ...reports.map((r, i) => ({
          name: `report ${i} ${r.name}`,
          axes: [axis, ...r.value.axes],
          node: batch.on(r.value.body),
        })),
        ...support.map((c, i) => ({
          name: `require ${i}`,
          axes: [axis],
          node: b.sum(c.axes, b.call('not', batch.on(c.condition)), c.where && batch.on(c.where)),
        })),
        ...reals.map((s) => ({
          name: `gradient ${s.name}`,
          axes: slopes.get(s)!.axes,
          node: slopes.get(s)!.body,
        })),
      ];
      const states = randomStates(model, new Stream(7, name, model.energy.name), STATES);
      const inputs = batchInputs(model, batch.slots, states, STATES);
      const exact = compile(model, outputs).run(inputs);
      for (const [backend, engine] of engines) {
        const program = compile(model, outputs, new Map(), engine);
        const out = program.run(inputs);
        program.dispose();
        for (const { name: what } of outputs) {
          const want = exact.get(what)!;
          const got = out.get(what)!;
          expect(got.shape, what).toEqual(want.shape);
          // Rounding of float32 is 2⁻²⁴ an operation; intermediate results of these programs are below 100,
          // so sums of a few dozen of them are good to 2⁻²⁴ · 100 · 16 ≈ 10⁻⁴, and whole numbers are exact.
          const tolerance = what.startsWith('require') ? 0 : 1e-4;
          want.data.forEach((x, i) => {
            // Where a requirement is broken, an energy need not be a number.
            const place = `${backend}: ${what}[${i}] is ${got.data[i]}, expected ${x}`;
            if (Number.isNaN(x)) expect(got.data[i], place).toBeNaN();
            else expect(Math.abs(got.data[i] - x), place).toBeLessThanOrEqual(tolerance * (1 + Math.abs(x)));
          });
        }
      }
      // Dual numbers share nothing with the symbolic gradient but the partials of scalar functions.
      const arrays = new Map([...model.constants, ...inputs]);
      for (const s of reals) {
        const { gradient: want } = dualGradient(b.sum([axis], energy), s, arrays, model.sizeOf);
        const got = exact.get(`gradient ${s.name}`)!.data;
        expect(got.length).toBe(want.length);
        want.forEach((x, i) => {
          const place = `d/d${s.name}[${i}]`;
          if (Number.isNaN(x)) expect(got[i], place).toBeNaN();
          else expect(Math.abs(got[i] - x), place).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(x)));
        });
      }
    }
  });
});
