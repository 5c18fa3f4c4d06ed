/** What kernels of our own use of tfjs's wasm backend: its memory, and where arrays lie in it. */
import * as tf from '@tensorflow/tfjs-core';

export interface WasmInfo {
  readonly dataId: object;
}

export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: 'float32'): WasmInfo;
  getMemoryOffset(dataId: object): number;
  disposeData(dataId: object): boolean;
  readonly wasm?: { readonly asm?: { readonly memory?: unknown } };
}

/** The memory of the current backend, which is tfjs's wasm; null where it is out of reach, or shared among threads. */
export function wasmMemory(): WebAssembly.Memory | null {
  const memory = (tf.backend() as unknown as WasmBackend).wasm?.asm?.memory;
  return memory instanceof WebAssembly.Memory && memory.buffer instanceof ArrayBuffer ? memory : null;
}
