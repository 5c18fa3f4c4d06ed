/** The loops of `rows.ts` as a tfjs kernel of the wasm backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../tensors/ops.ts';
import { type RowKernels, rowKernels } from './rows.ts';
import { type WasmBackend, type WasmInfo, wasmMemory } from './wasm-memory.ts';

const KERNEL = 'EnergyRows';

interface Call {
  readonly fn: keyof RowKernels;
  /** After the addresses of operands and result. */
  readonly sizes: readonly number[];
  readonly shape: Shape;
}

let registered = false;

/**
 * Registers the kernel on the current backend, which is tfjs's wasm.
 * @returns false where its memory is out of reach
 */
export function registerRows(): boolean {
  const memory = wasmMemory();
  if (!memory) return false;
  if (registered) return true;
  registered = true;
  const kernels = rowKernels(memory) as unknown as Readonly<Record<string, (...args: number[]) => void>>;
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { fn, sizes, shape } = attrs as unknown as Call;
      const wasm = backend as WasmBackend;
      const out = wasm.makeOutput(shape, 'float32');
      const at = (info: WasmInfo): number => wasm.getMemoryOffset(info.dataId);
      kernels[fn](...(Object.values(inputs) as unknown as WasmInfo[]).map(at), at(out), ...sizes);
      return out as tf.TensorInfo;
    },
  });
  return true;
}

/** @param xs the operands, and the index table after them */
export function rowsOp(
  fn: keyof RowKernels,
  xs: readonly tf.Tensor[],
  sizes: readonly number[],
  shape: Shape,
): tf.Tensor {
  const inputs: Record<string, tf.Tensor> = {};
  for (let i = 0; i < xs.length; i++) inputs[`x${i}`] = xs[i];
  return tf.engine().runKernel(KERNEL, inputs, { fn, sizes, shape } as unknown as tf.NamedAttrMap);
}
