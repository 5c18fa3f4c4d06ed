/**
 * Programs as whole graphs on native TensorFlow: written as a SavedModel, loaded by the addon of
 * `@tensorflow/tfjs-node`, run in one call. Between operations nothing returns to JavaScript, independent ones run side
 * by side, and TensorFlow's own optimiser sees all of them (bench/tensors measures it against one by one).
 */
import * as tf from '@tensorflow/tfjs-core';
import { graphOf, weightsOf } from '../graph/graph.ts';
import { savedModel } from '../graph/saved-model.ts';
import { nodeRequire, type Require } from '../node-require.ts';
import type { Shape, TensorInput, TensorProgram } from '../tensors/ops.ts';
import { NATIVE } from './backend.ts';

/** What is used of the addon. Tensors and models are numbers there. */
interface Addon {
  readonly TF_FLOAT: number;
  createTensor(shape: Shape, type: number, data: Float32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    model: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): readonly { readonly id: number }[];
}

/** Numbers in constants that a graph is given: what is larger is copied too often on its way. */
const MOST_WEIGHTS = 2 ** 26;
/** Programs of fewer operations gain nothing. */
const FEWEST_STEPS = 4;

export class WholeGraph {
  readonly inputs: readonly TensorInput[];
  private readonly addon: Addon;
  private readonly model: number;
  private readonly inputNames: string;
  private readonly outputNames: string;
  private disposed = false;

  private constructor(addon: Addon, model: number, program: TensorProgram, outputs: number) {
    this.addon = addon;
    this.model = model;
    this.inputs = program.inputs;
    this.inputNames = program.inputs.map((_, k) => `x${k}:0`).join();
    this.outputNames = Array.from({ length: outputs }, (_, k) => `y${k}:0`).join();
  }

  /** Null where the program is too small, has loops of our own or too many constants, or no file can be written. */
  static open(program: TensorProgram): WholeGraph | null {
    const { steps, inputs, outputs } = program;
    if (steps.length < FEWEST_STEPS || inputs.length === 0 || outputs.length === 0) return null;
    if (steps.some((s) => s.op.op === 'host')) return null;
    const require = nodeRequire();
    const addon = (tf.findBackend(NATIVE.tfName) as { readonly binding?: Addon } | null)?.binding;
    if (require === null || addon === undefined) return null;
    const names = { inputs: inputs.map((_, k) => `x${k}`), outputs: outputs.map((_, k) => `y${k}`) };
    const graph = graphOf(program, names);
    if (weightsOf(graph) > MOST_WEIGHTS) return null;
    const model = loaded(addon, require, savedModel(graph));
    return model === null ? null : new WholeGraph(addon, model, program, outputs.length);
  }

  /** @param data one array for each input. @returns one for each output */
  run(data: readonly Float32Array[]): Float32Array[] {
    const { addon } = this;
    const given = this.inputs.map(({ shape }, k) => addon.createTensor(shape, addon.TF_FLOAT, data[k]));
    try {
      const results = addon.runSavedModel(this.model, given, this.inputNames, this.outputNames);
      return results.map(({ id }) => {
        const values = addon.tensorDataSync(id);
        addon.deleteTensor(id);
        return values;
      });
    } finally {
      for (const id of given) addon.deleteTensor(id);
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.addon.deleteSavedModel(this.model);
  }
}

interface Files {
  mkdtempSync(prefix: string): string;
  writeFileSync(path: string, bytes: Uint8Array): void;
  rmSync(path: string, options: { readonly recursive: boolean; readonly force: boolean }): void;
}

/** TensorFlow reads models from folders only: one that is gone when it has been read. */
function loaded(addon: Addon, require: Require, bytes: Uint8Array): number | null {
  const files = require('node:fs') as Files;
  const { tmpdir } = require('node:os') as { tmpdir(): string };
  let folder: string | null = null;
  try {
    folder = files.mkdtempSync(`${tmpdir()}/energy-graph-`);
    files.writeFileSync(`${folder}/saved_model.pb`, bytes);
    return addon.loadSavedModel(folder, 'serve');
  } catch {
    return null;
  } finally {
    if (folder !== null) files.rmSync(folder, { recursive: true, force: true });
  }
}
