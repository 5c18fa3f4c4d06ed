/** The loops of `lanes.ts` as a tfjs kernel of the wasm backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../tensors/ops.ts';
import { type LaneKernel, type LaneProgram, laneKernel } from './lanes.ts';
import { type WasmBackend, type WasmInfo, wasmMemory } from './wasm-memory.ts';

const KERNEL = 'EnergyLanes';

export interface LaneCall {
  readonly program: LaneProgram;
  readonly shapes: readonly Shape[];
}

let registered = false;

/**
 * Registers the kernel on the current backend, which is tfjs's wasm.
 * @returns false where its memory is out of reach
 */
export function registerLanes(): boolean {
  const memory = wasmMemory();
  if (!memory) return false;
  if (registered) return true;
  registered = true;
  const made = new WeakMap<LaneProgram, LaneKernel>();
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { program, shapes } = attrs as unknown as LaneCall;
      const wasm = backend as WasmBackend;
      let kernel = made.get(program);
      if (!kernel) {
        kernel = laneKernel(memory, program);
        made.set(program, kernel);
      }
      const outs = shapes.map((shape) => wasm.makeOutput(shape, 'float32'));
      const at = (info: WasmInfo): number => wasm.getMemoryOffset(info.dataId);
      kernel((Object.values(inputs) as unknown as WasmInfo[]).map(at), outs.map(at));
      return outs as unknown as tf.TensorInfo[];
    },
  });
  return true;
}

/** The arrays that a program writes, of the shapes asked for. */
export function runLanes(call: LaneCall, xs: readonly tf.Tensor[]): readonly tf.Tensor[] {
  const inputs: Record<string, tf.Tensor> = {};
  for (let i = 0; i < xs.length; i++) inputs[`x${i}`] = xs[i];
  const out = tf
    .engine()
    .runKernel<tf.Tensor | tf.Tensor[]>(KERNEL, inputs, call as unknown as tf.NamedAttrMap);
  return Array.isArray(out) ? out : [out];
}
