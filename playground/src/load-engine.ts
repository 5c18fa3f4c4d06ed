/** The engine of the playground's workers, loaded once in each. */

import wasmPlain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import wasmThreaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type { Engine } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/open.ts';
import { engineOfWorker, type PageEngine } from './engine-choice.ts';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': wasmPlain,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreaded,
};
const options = { wasmPaths, importWebgl: () => import('@tensorflow/tfjs-backend-webgl') };

/** The part of a worker's global scope that is used here. */
const { name } = self as unknown as { readonly name: string };

let loading: Promise<Engine> | undefined;
let fault: string | null = null;

/** What was chosen in the page; unless that cannot be had, kernels, and tensors for what is large. */
export const loadEngine = (): Promise<Engine> => {
  loading ??= open(engineOfWorker(name));
  return loading;
};

/** Why the engine is another than the one that was chosen; null: it is that one, or is not loaded yet. */
export const engineFault = (): string | null => fault;

async function open(chosen: PageEngine): Promise<Engine> {
  try {
    return await openEngine(chosen, options);
  } catch (e) {
    if (chosen === 'auto') throw e;
    fault = e instanceof Error ? e.message : String(e);
    return openEngine('auto', options);
  }
}
