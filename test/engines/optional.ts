/** Engines on optional packages; null where a package is not installed. */
import type { Engine } from '../../src/engines/engine.ts';
import { onnxEngine } from '../../src/engines/onnx/index.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { loadBackend, NATIVE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';

export const onnx: Engine | null = await onnxEngine({ fallback: referenceEngine(), threads: 1 }).catch(
  () => null,
);

/** Native TensorFlow, null where it is not installed (`npm run native`). */
export const native: Engine | null = await loadBackend('tensorflow').then(engineOn, () => null);

/** The same, with every program that can be one as a whole graph. */
export const nativeGraphs: Engine | null = native && engineOn({ ...NATIVE, graphsFrom: 0 });
