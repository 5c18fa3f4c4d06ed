/**
 * Compiled examples executed by the programs that they are for: ONNX models by ONNX Runtime, SavedModels by
 * TensorFlow, both by their public interfaces, where they are installed.
 */
import { describe, expect, it } from 'vitest';
import { nodeHost } from '../../src/io/node-host.ts';
import { exampleText, folderOfExample } from '../docs/kit.ts';
import { open } from '../run/kit.ts';
import { CompiledModel, supportedStates } from './compile-kit.ts';
import { graphReader, onnxReader, savedModelReader } from './readers.ts';

/** Each with something that few others have. */
const names = [
  'biology/asia', // tables
  'biology/hidden-markov', // reals beside categories, one bounded by the other
  'biology/motif', // places
  'learning/digits', // a network, with its parameters as constants
  'learning/graph-network', // reads at computed places
  'learning/mixed-columns', // all kinds of columns
  'physics/denoise', // shifts
  'physics/gauge', // products of four
  'physics/xy', // angles
  'puzzles/sudoku', // requirements
  'puzzles/salesman', // a permutation
  'statistics/garch', // a recurrence, written out
  'statistics/zero-inflated', // logarithms of the gamma function
  'statistics/word-counts', // a simplex
] as const;

/** Names that are already taken or not letters, unknowns that nothing reads, nothing to compute, nothing to give. */
const odd = [
  'energy E(energy : real, supported : bit, idle : spin[2]) { term energy = energy ^ 2 * supported\n require energy > 0 or supported == 0 }',
  'energy μ(λ : real, π_1 : bit) { term Σ = λ * π_1 }',
  'energy R(input : real[2], x : category(3)) { term energy = input[0]\n term input = 2 * input[1] * (x == 1) }',
  'energy Flat(x : real) { }',
  'energy Const(a : category(2)) { term a = 1 }',
  'energy Alone() { term a = 1 }',
];

describe.each([
  ['tfjs', await graphReader()],
  ['ONNX Runtime', await onnxReader()],
  ['TensorFlow', await savedModelReader()],
])('odd energies executed by %s', (_, reader) => {
  it.skipIf(reader === null).each(odd)('%s', async (text) => {
    const model = (await open(text)).model();
    for (const batch of [null, 4])
      await new CompiledModel(model, batch, reader!.target).agrees(
        reader!,
        supportedStates(model, 3, batch ?? 1),
      );
  });
});

describe.each([
  ['ONNX Runtime', await onnxReader()],
  ['TensorFlow', await savedModelReader()],
])('examples executed by %s', (_, reader) => {
  it.skipIf(reader === null).each(names)('%s', { timeout: 60_000 }, async (name) => {
    const host = nodeHost({ root: folderOfExample(name) });
    const opened = await open(exampleText(name), { file: `${name}.energy`, host });
    const model = opened.model();
    for (const batch of [null, 3])
      await new CompiledModel(model, batch, reader!.target).agrees(
        reader!,
        supportedStates(model, 11, batch ?? 1),
      );
  });
});

it('inputs do not have the names of outputs', async () => {
  const { shapes } = new CompiledModel((await open(odd[0])).model(), null);
  expect(shapes.inputs.map((i) => i.name)).toEqual(['input/energy', 'input/supported', 'idle']);
  expect(shapes.outputs.map((o) => o.name)).toEqual([
    'energy',
    'supported',
    'term/energy',
    'gradient/energy',
    'gradient/supported',
    'gradient/idle',
  ]);
});
