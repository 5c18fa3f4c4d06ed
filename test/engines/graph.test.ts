/** Tensor programs as TensorFlow graphs: executed by tfjs's own reader, compared with the reference. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Output } from '../../src/engines/engine.ts';
import { graphOf, graphTarget } from '../../src/engines/graph/graph.ts';
import { modelJson } from '../../src/engines/graph/model-json.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { lowerProgram } from '../../src/engines/tensors/lower.ts';
import { wholeProgram } from '../../src/engines/tensors/whole.ts';
import { loadBackend } from '../../src/engines/tfjs/backend.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../ir/arbitrary.ts';
import { loadFiles } from './graph-kit.ts';

await loadBackend('wasm');
await loadBackend('cpu');

const float32 = (arrays: Arrays, noise = 0): Map<Slot, HostArray> => {
  let k = 0;
  return new Map(
    [...arrays].map(([slot, a]) => {
      if (slot.domain.kind !== 'real') return [slot, a];
      const data = Float64Array.from(a.data, (x) => Math.fround(x) * (1 + (k++ % 2 ? noise : -noise)));
      return [slot, { shape: a.shape, data }];
    }),
  );
};

const outputsOf = (p: Program): Output[] => [
  { name: 'energy', axes: [], node: p.root },
  ...[...gradient(p.builder, p.root, p.real)].map(([s, f]) => ({
    name: `gradient/${s.name}`,
    axes: f.axes,
    node: f.body,
  })),
];

/** As in tfjs-random.test.ts: within what a few units in the last place of the inputs explain. */
async function compare(p: Program, constant: (s: Slot) => boolean): Promise<void> {
  const arrays = float32(p.arrays);
  const outputs = outputsOf(p);
  const program = { outputs, sizeOf: p.sizeOf };
  const run = (from: Arrays) => referenceEngine().compile(program, new Map()).run(from);
  const exact = run(arrays);
  const moved = [1e-6, -1e-6].map((e) => run(float32(p.arrays, e)));
  const constants = new Map([...arrays].filter(([s]) => constant(s)));
  const free = [...arrays.keys()].filter((s) => !constant(s));
  const tensors = wholeProgram(lowerProgram(program, constants, graphTarget), program, free, p.sizeOf);
  const names = { inputs: free.map((s) => s.name), outputs: outputs.map((o) => o.name) };
  const model = await loadFiles(modelJson(graphOf(tensors, names), 'test'));
  const found = model.run(Object.fromEntries(free.map((s) => [s.name, arrays.get(s)!.data])));
  model.dispose();
  for (const o of outputs) {
    const want = exact.get(o.name)!;
    const got = found.get(o.name)!;
    expect(got.shape).toEqual(want.shape);
    const scale = Array.from(want.data).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    for (let i = 0; i < want.data.length; i++) {
      const slack = Math.max(...moved.map((m) => Math.abs(m.get(o.name)!.data[i] - want.data[i])));
      const error = Math.abs(got.data[i] - want.data[i]);
      if (!(error <= 1e-4 * scale + 30 * slack + 1e-5))
        throw new Error(
          `${o.name}[${i}]: ${got.data[i]}, expected ${want.data[i]} (float32 explains ${slack})`,
        );
    }
  }
}

describe.each(['cpu', 'wasm'])('graphs of random programs, on %s', (backend) => {
  it('give energies and gradients like the reference, and leave no tensor behind', async () => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    await fc.assert(
      fc.asyncProperty(arbitraryProgram(), fc.boolean(), (p, some) =>
        compare(p, (s) => some && !p.real.includes(s)),
      ),
      { numRuns: 80, seed: 31 },
    );
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);
});
