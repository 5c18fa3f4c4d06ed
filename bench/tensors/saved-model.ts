/**
 * Whether TensorFlow is quicker with a whole step as one graph than with its operations one by one: the program of a
 * case as a SavedModel, run by tfjs-node's `loadSavedModel`, against the `tensorflow` backend, in turns; and against
 * ONNX Runtime where that is installed. All are handed the same arrays and give arrays back.
 *
 *   node dist/bench/tensors/saved-model.js [network-2] [--rounds 9] [--seconds 2]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../../src/engines/engine.ts';
import { graphOf, graphTarget } from '../../src/engines/graph/graph.ts';
import { savedModel } from '../../src/engines/graph/saved-model.ts';
import { openEngine } from '../../src/engines/open.ts';
import { lowerProgram } from '../../src/engines/tensors/lower.ts';
import { wholeProgram } from '../../src/engines/tensors/whole.ts';
import { activate, loadBackend } from '../../src/engines/tfjs/backend.ts';
import { engineOn, type TfjsEvaluator } from '../../src/engines/tfjs/evaluator.ts';
import { cases } from './cases.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '9' }, seconds: { type: 'string', default: '2' } },
});
const [name = 'network-2'] = positionals;
const found = cases.find((c) => c.name === name && c.engines.includes('tensorflow'));
if (!found) throw new Error(`there is no case ${name} of tensors`);

interface SavedModel {
  predict(feeds: Readonly<Record<string, tf.Tensor>>): Readonly<Record<string, tf.Tensor>>;
}
interface NativeTf {
  readonly node: {
    loadSavedModel(folder: string, tags: readonly string[], signature: string): Promise<SavedModel>;
  };
}
/** A variable, so that tsc does not ask for an optional package. */
const PACKAGE = '@tensorflow/tfjs-node';

/** What the case evaluates first, and with what. */
interface Taken {
  readonly program: ArrayProgram;
  readonly constants: Arrays;
  readonly inputs: Arrays;
  readonly evaluator: TfjsEvaluator;
}

const backend = await loadBackend('tensorflow');
const { node } = (await import(PACKAGE)) as NativeTf;
const plain = engineOn(backend);

async function firstOf(open: (engine: Engine) => Promise<(seconds: number) => unknown>): Promise<Taken> {
  let taken: Taken | null = null;
  const engine: Engine = {
    ...plain,
    compile: (program, constants): Evaluator => {
      const evaluator = plain.compile(program, constants) as TfjsEvaluator;
      return {
        run: (inputs) => {
          taken ??= { program, constants, inputs: new Map(inputs), evaluator };
          return evaluator.run(inputs);
        },
        // What was taken is still needed.
        dispose: () => {},
      };
    },
  };
  await (await open(engine))(0.01);
  if (!taken) throw new Error('the case evaluates nothing');
  return taken;
}

type Results = ReadonlyMap<string, ArrayLike<number>>;

async function wholeGraph({ program, constants, inputs, evaluator }: Taken): Promise<() => Results> {
  const slots = evaluator.inputs();
  const lowered = lowerProgram(program, constants, graphTarget);
  const tensors = wholeProgram(lowered, program, slots, program.sizeOf);
  const names = {
    inputs: slots.map((_, k) => `x${k}`),
    outputs: program.outputs.map((_, k) => `y${k}`),
  };
  const folder = mkdtempSync(join(tmpdir(), 'energy-bench-'));
  const graph = graphOf(tensors, names);
  writeFileSync(join(folder, 'saved_model.pb'), savedModel(graph));
  const model = await node.loadSavedModel(folder, ['serve'], 'serving_default');
  rmSync(folder, { recursive: true });
  console.log(`${evaluator.steps().length} operations one by one, ${graph.nodes.length} nodes in the graph`);
  return () => {
    activate(backend);
    const feeds = Object.fromEntries(
      tensors.inputs.map(({ slot, shape }, k) => [
        names.inputs[k],
        tf.tensor(new Float32Array(inputs.get(slot)!.data), [...shape], 'float32'),
      ]),
    );
    const out = model.predict(feeds);
    const data = new Map(program.outputs.map((o, k) => [o.name, out[names.outputs[k]].dataSync()] as const));
    tf.dispose([feeds, out]);
    return data;
  };
}

function difference(x: Results, y: Results): number {
  let most = 0;
  for (const [output, a] of x) {
    const b = y.get(output)!;
    const scale = Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 1e-9);
    for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]) / scale);
  }
  return most;
}

const onnxResults = (evaluator: Evaluator): Results =>
  new Map([...evaluator.run(taken.inputs)].map(([output, a]) => [output, a.data]));

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[Math.floor((x.length - 1) / 2)];

function round(step: () => unknown, seconds: number): number {
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  } while (performance.now() < end || times.length < 3);
  return median(times);
}

const load = (): string => loadavg()[0].toFixed(1);

const taken = await firstOf(found.open);
activate(backend);
const graph = await wholeGraph(taken);
const oneByOne = (): Results =>
  new Map([...taken.evaluator.run(taken.inputs)].map(([output, a]) => [output, a.data]));
console.log(
  `${found.title}\n${cpus()[0].model}, ${cpus().length} cores, load ${load()}; ` +
    `largest relative difference ${difference(oneByOne(), graph()).toExponential(1)}`,
);
const peers = [
  { name: 'one by one', step: oneByOne, times: [] as number[] },
  { name: 'one graph', step: graph, times: [] as number[] },
];
const onnx = await openEngine('onnx').then(
  (e) => e.compile(taken.program, taken.constants),
  () => null,
);
if (onnx) peers.push({ name: 'onnx', step: () => onnxResults(onnx), times: [] });
for (let r = 0; r < Number(values.rounds); r++)
  for (const p of peers) p.times.push(round(p.step, Number(values.seconds)));
for (const { name: who, times } of peers)
  console.log(
    `${who.padEnd(12)}${median(times).toFixed(1)} ms (rounds ${Math.min(...times).toFixed(1)} … ${Math.max(...times).toFixed(1)})`,
  );
const [oneTimes, graphTimes] = peers.map((p) => p.times);
const ratios = oneTimes.map((t, r) => t / graphTimes[r]);
console.log(
  `one graph is ${median(ratios).toFixed(2)} times as quick (rounds ${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}); load at the end ${load()}`,
);
