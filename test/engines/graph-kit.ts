/** Graphs loaded as any program with tfjs would load them. */
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelFile } from '../../src/engines/graph/model-json.ts';

export interface Loaded {
  /** Names of inputs and outputs, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** All outputs, by name. */
  run(
    inputs: Readonly<Record<string, ArrayLike<number>>>,
  ): Map<string, { shape: number[]; data: Float32Array }>;
  dispose(): void;
}

interface Signature {
  readonly inputs: Readonly<
    Record<string, { readonly tensorShape: { readonly dim: readonly { readonly size: string }[] } }>
  >;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** @param files as `modelJson` makes them */
export async function loadFiles(files: readonly ModelFile[]): Promise<Loaded> {
  const json = JSON.parse(String(files.find((f) => f.name === 'model.json')!.content)) as {
    modelTopology: object;
    signature: Signature;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const [{ paths, weights }] = json.weightsManifest;
  const shards = paths.map((p) => files.find((f) => f.name === p)!.content as Uint8Array);
  const weightData = new Uint8Array(shards.reduce((n, s) => n + s.length, 0));
  let at = 0;
  for (const s of shards) {
    weightData.set(s, at);
    at += s.length;
  }
  const model = await loadGraphModel({
    load: () =>
      Promise.resolve({
        modelTopology: json.modelTopology,
        signature: json.signature,
        weightSpecs: weights,
        weightData: weightData.buffer,
      }),
  });
  const { inputs, outputs } = json.signature;
  const names = Object.keys(outputs);
  return {
    inputs: Object.keys(inputs),
    outputs: names,
    run(given) {
      const feeds: Record<string, tf.Tensor> = {};
      for (const [name, { tensorShape }] of Object.entries(inputs))
        feeds[name] = tf.tensor(
          Float32Array.from(given[name]),
          tensorShape.dim.map((d) => Number(d.size)),
          'float32',
        );
      const made = model.execute(feeds, names) as tf.Tensor[];
      const list = Array.isArray(made) ? made : [made];
      const out = new Map(
        names.map((n, k) => [n, { shape: list[k].shape, data: list[k].dataSync() as Float32Array }] as const),
      );
      tf.dispose([feeds, list]);
      return out;
    },
    dispose: () => model.dispose(),
  };
}
