/** Programs as whole graphs on native TensorFlow, where it is installed. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { lowerProgram } from '../../src/engines/tensors/lower.ts';
import { NATIVE, targetOf } from '../../src/engines/tfjs/backend.ts';
import { WholeGraph } from '../../src/engines/tfjs/whole-graph.ts';
import { gradient } from '../../src/ir/derive.ts';
import { Bench } from './bench.ts';
import { native, nativeGraphs } from './optional.ts';

interface Counts {
  getNumOfTFTensors(): number;
  getNumOfSavedModels(): number;
}
const counts = (): readonly number[] => {
  const backend = tf.findBackend('tensorflow') as unknown as Counts;
  return [backend.getNumOfTFTensors(), backend.getNumOfSavedModels()];
};

describe.skipIf(!native)('a whole graph', () => {
  const t = new Bench();
  const { b } = t;
  const [i, j] = t.axes(t.set('i', 5), t.set('j', 3));
  const w = t.slot('w', [i.set, j.set]);
  const x = t.slot('x', [j.set]);
  const energy = b.sum([i], b.call('softplus', b.sum([j], b.mul(t.read(w, i, j), t.read(x, j)))));
  const outputs = [
    { name: 'energy', axes: [], node: energy },
    ...[...gradient(b, energy, [w, x])].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })),
  ];
  const program = { outputs, sizeOf: t.sizeOf };

  it('gives what operations one by one give, a thousand times, and leaves nothing behind', () => {
    const before = counts();
    const graph = nativeGraphs!.compile(program, new Map());
    const steps = native!.compile(program, new Map());
    const want = steps.run(t.arrays);
    steps.dispose();
    const first = graph.run(t.arrays);
    for (const { name } of outputs)
      first.get(name)!.data.forEach((v, k) => {
        expect(v).toBeCloseTo(want.get(name)!.data[k], 5);
      });
    const running = counts();
    expect(running[1]).toBe(before[1] + 1);
    for (let k = 0; k < 1000; k++) expect(graph.run(t.arrays).get('energy')).toEqual(first.get('energy'));
    expect(counts()).toEqual(running);
    graph.dispose();
    graph.dispose();
    expect(counts()).toEqual(before);
  });

  it('is made of what can be one: enough operations, inputs, no loops of our own', () => {
    const lowered = (...nodes: readonly (typeof outputs)[number][]) =>
      lowerProgram({ ...program, outputs: nodes }, new Map(), targetOf(NATIVE)).tensors;
    const whole = lowered(...outputs);
    const open = (tensors: typeof whole): boolean => {
      const graph = WholeGraph.open(tensors);
      graph?.dispose();
      return graph !== null;
    };
    expect(open(whole)).toBe(true);
    expect(open({ ...whole, steps: whole.steps.slice(0, 3) })).toBe(false);
    expect(open({ ...whole, inputs: [] })).toBe(false);
    const [first, ...rest] = whole.steps;
    const loop = { op: 'host', name: 'loop', loop: () => undefined } as const;
    expect(open({ ...whole, steps: [{ ...first, op: loop }, ...rest] })).toBe(false);
  });
});
