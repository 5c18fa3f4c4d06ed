/** Examples compiled to GraphModels, executed by tfjs's own reader, compared with the reference. */
import { describe, expect, it } from 'vitest';
import { compileEnergy } from '../../src/emit/compile/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { loadBackend } from '../../src/engines/tfjs/backend.ts';
import type { Model } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { Stream } from '../../src/random/stream.ts';
import { exampleText, folderOfExample } from '../docs/kit.ts';
import { loadFiles } from '../engines/graph-kit.ts';
import { open, randomStates } from '../run/kit.ts';

await loadBackend('cpu');

const BATCH = 3;
const names = [
  'learning/mixed-columns',
  'learning/rbm',
  'learning/arc',
  'physics/ising',
  'physics/potts',
  'physics/denoise',
  'puzzles/zebra',
  'statistics/eight-schools',
  'statistics/mixture',
  'statistics/garch',
];

/** All outputs by the reference, at states whose reals are moved by a relative `noise`. */
function reference(model: Model, made: ReturnType<typeof compileEnergy>, noise = 0) {
  const states = randomStates(model, new Stream(5), BATCH);
  const arrays = model.unknowns.map(({ slot, shape }) => {
    const values = Float64Array.from(states.get(slot)!, (x, i) =>
      slot.domain.kind === 'real' || slot.domain.kind === 'angle'
        ? Math.fround(x) * (1 + (i % 2 ? noise : -noise))
        : x,
    );
    return { shape: [BATCH, ...shape], data: values };
  });
  const { inputs, outputs } = made.exported;
  const program = { outputs, sizeOf: model.sizeOf };
  const run = referenceEngine().compile(program, model.constants);
  const out = run.run(new Map(inputs.map((i, k) => [i.slot, arrays[k]])));
  return { arrays, out };
}

describe('examples as GraphModels agree with the reference', () => {
  it.each(names)('%s', { timeout: 60_000 }, async (name) => {
    const host = nodeHost({ root: folderOfExample(name) });
    const opened = await open(exampleText(name), { file: `${name}.energy`, host });
    const model = opened.model();
    const made = compileEnergy(model, 'tfjs', BATCH, 'test');
    const { arrays, out } = reference(model, made);
    const moved = [2e-7, -2e-7].map((e) => reference(model, made, e).out);
    const loaded = await loadFiles(made.files);
    const found = loaded.run(
      Object.fromEntries(made.exported.inputs.map((i, k) => [i.name, arrays[k].data])),
    );
    loaded.dispose();
    expect([...found.keys()]).toEqual(made.exported.outputs.map((o) => o.name));
    for (const [output, want] of out) {
      const got = found.get(output)!;
      expect(got.shape, output).toEqual(want.shape);
      const finite = Array.from(want.data).filter(Number.isFinite);
      const scale = finite.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
      want.data.forEach((x, i) => {
        const slack = Math.max(...moved.map((m) => Math.abs(m.get(output)!.data[i] - x)));
        if (!Number.isFinite(x) || !Number.isFinite(slack)) return;
        const error = Math.abs(got.data[i] - x);
        if (!(error <= 1e-4 * (1 + scale) + 30 * slack))
          throw new Error(`${output}[${i}] = ${got.data[i]}, expected ${x} (float32 explains ${slack})`);
      });
    }
  });
});
