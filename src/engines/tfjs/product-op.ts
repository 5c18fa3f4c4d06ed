/** The products of `products.ts` as a tfjs kernel of the wasm backend. */
import * as tf from '@tensorflow/tfjs-core';
import { type ProductKernel, type ProductShape, productKernel } from './products.ts';
import { type WasmBackend, type WasmInfo, wasmMemory } from './wasm-memory.ts';

const KERNEL = 'EnergyProduct';

let registered = false;

/**
 * Registers the kernel on the current backend, which is tfjs's wasm.
 * @returns false where its memory is out of reach
 */
export function registerProducts(): boolean {
  const memory = wasmMemory();
  if (!memory) return false;
  if (registered) return true;
  registered = true;
  const made = new Map<string, ProductKernel>();
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { product } = attrs as unknown as { readonly product: ProductShape };
      const wasm = backend as WasmBackend;
      const key = Object.values(product).join();
      let kernel = made.get(key);
      if (!kernel) {
        kernel = productKernel(memory, product);
        made.set(key, kernel);
      }
      const out = wasm.makeOutput([product.m, product.n], 'float32');
      const scratch = wasm.makeOutput([kernel.scratch], 'float32');
      const at = (info: WasmInfo): number => wasm.getMemoryOffset(info.dataId);
      kernel.run(
        at(inputs.a as unknown as WasmInfo),
        at(inputs.b as unknown as WasmInfo),
        at(out),
        at(scratch),
      );
      wasm.disposeData(scratch.dataId);
      return out as tf.TensorInfo;
    },
  });
  return true;
}

/** The product of two tensors of as many elements as the shape says. */
export const ownProduct = (a: tf.Tensor, b: tf.Tensor, product: ProductShape): tf.Tensor =>
  tf.engine().runKernel(KERNEL, { a, b }, { product } as unknown as tf.NamedAttrMap);
