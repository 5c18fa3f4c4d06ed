/** Programs that execute compiled energies without this package's engines; null where a package is not installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelFile } from '../../src/engines/graph/model-json.ts';
import { loadBackend } from '../../src/engines/tfjs/backend.ts';
import { loadFiles } from '../engines/graph-kit.ts';
import type { Reader } from './compile-kit.ts';

/** tfjs's own reader of graphs, on the backend that is there in any case. */
export async function graphReader(): Promise<Reader> {
  await loadBackend('cpu');
  return {
    name: 'tfjs',
    target: 'tfjs',
    run: async (files, feeds) => {
      await tf.setBackend('cpu');
      const model = await loadFiles(files);
      const found = model.run(feeds);
      model.dispose();
      return found;
    },
  };
}

/** As far as it is used here. */
interface Ort {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
      release(): Promise<void>;
    }>;
  };
}
interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A variable, so that tsc does not ask for an optional package. */
const optional = (name: string): Promise<unknown> => import(/* @vite-ignore */ name).catch(() => null);

/** ONNX Runtime by its public interface. */
export async function onnxReader(): Promise<Reader | null> {
  const ort = (await optional('onnxruntime-node')) as Ort | null;
  if (!ort) return null;
  return {
    name: 'ONNX Runtime',
    target: 'onnx',
    run: async (files, feeds, { inputs }) => {
      const session = await ort.InferenceSession.create(fileOf(files, 'model.onnx'), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      // What the graph takes is what it says that it takes.
      if ([...session.inputNames].join() !== inputs.map((i) => i.name).join())
        throw new Error(`inputs ${session.inputNames.join()}, expected ${inputs.map((i) => i.name).join()}`);
      const given = inputs.map(({ name, shape }): [string, OrtTensor] => [
        name,
        new ort.Tensor('float32', Float32Array.from(feeds[name]), shape),
      ]);
      const made = await session.run(Object.fromEntries(given));
      const found = new Map(Object.entries(made).map(([k, t]) => [k, { shape: t.dims, data: t.data }]));
      await session.release();
      return found;
    },
  };
}

interface SavedModels {
  readonly node: {
    loadSavedModel(
      folder: string,
      tags: readonly string[],
      signature: string,
    ): Promise<{
      predict(feeds: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
      dispose(): void;
    }>;
  };
}

/** TensorFlow's own reader of SavedModels, through tfjs-node. */
export async function savedModelReader(): Promise<Reader | null> {
  const there = await loadBackend('tensorflow').then(
    () => true,
    () => false,
  );
  const native = there ? ((await optional('@tensorflow/tfjs-node')) as SavedModels | null) : null;
  if (!native) return null;
  return {
    name: 'TensorFlow',
    target: 'savedmodel',
    run: async (files, feeds, { inputs }) => {
      await tf.setBackend('tensorflow');
      const folder = mkdtempSync(path.join(tmpdir(), 'energy-saved-model-'));
      try {
        for (const f of files) writeFileSync(path.join(folder, f.name), f.content);
        const model = await native.node.loadSavedModel(folder, ['serve'], 'serving_default');
        const given = Object.fromEntries(
          inputs.map(({ name, shape }) => [name, tf.tensor(Float32Array.from(feeds[name]), [...shape])]),
        );
        const made = model.predict(given);
        const found = new Map(
          Object.entries(made).map(([k, t]) => [k, { shape: t.shape, data: t.dataSync() as Float32Array }]),
        );
        tf.dispose([given, made]);
        model.dispose();
        return found;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

const fileOf = (files: readonly ModelFile[], name: string): Uint8Array =>
  files.find((f) => f.name === name)!.content as Uint8Array;
