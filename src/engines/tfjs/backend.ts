/**
 * The tfjs backends: how each is loaded, and which of its gaps the lowering
 * must go round. tfjs keeps one current backend for the whole process, so whoever
 * runs something calls `activate` first.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BrowserBackend } from '../names.ts';
import type { Target } from '../tensors/ops.ts';
import { registerHeapKernel } from './heap.ts';
import { registerLanes } from './lanes-op.ts';
import { importNative, nativeVersions, requireNative } from './native.ts';
import { registerProducts } from './product-op.ts';
import { worthwhile } from './products.ts';
import { registerRows } from './rows-op.ts';

export type BackendName = 'wasm' | 'cpu' | 'tensorflow' | BrowserBackend;

export interface BackendOptions {
  /** Where the browser finds the `.wasm` files of `@tensorflow/tfjs-backend-wasm`: a folder or a file each. */
  readonly wasmPaths?: string | Record<string, string>;
  /** Imports the package of the backend that only browsers have. */
  readonly importWebgl?: () => Promise<unknown>;
}

export interface Backend {
  readonly name: BackendName;
  /** tfjs's own name for it. */
  readonly tfName: string;
  /** Tensors can be read and written in place by loops of our own (`heap.ts`). */
  readonly heap: boolean;
  /**
   * The kernels are XNNPACK's: sums, products, sigmoid, clip and step take 0.05–0.35 ms
   * for 262,144 elements, comparisons, maximum, where, tanh, sin and exp 1.3–7 ms, and
   * any of these with a broadcast operand 25 ms.
   */
  readonly xnn: boolean;
  /** Products with a transposed operand cost nothing extra. */
  readonly transposedProducts: boolean;
  /** Large products are our own (`products.ts`); for them too, transposed operands cost nothing extra. */
  readonly ownProducts: boolean;
  /** Bytes that a run may take; wasm's memory ends at 2 GiB, of which pieces lie unused. */
  readonly memory: number;
  /** Elementwise steps are joined to loops of our own (`lanes.ts`). */
  readonly ownLanes: boolean;
  /** Sums, reads and scatters along a dimension are our own (`rows.ts`). */
  readonly ownRows: boolean;
  /**
   * Programs that are expected to take so many nanoseconds are run as whole graphs (`whole-graph.ts`): TensorFlow
   * takes a tenth of a second to prepare one.
   */
  readonly graphsFrom: number;
}

const WASM: Backend = {
  name: 'wasm',
  tfName: 'wasm',
  memory: 1.5 * 2 ** 30,
  heap: true,
  xnn: true,
  transposedProducts: false,
  ownProducts: false,
  ownLanes: false,
  ownRows: false,
  graphsFrom: Number.POSITIVE_INFINITY,
};
const CPU: Backend = { ...WASM, name: 'cpu', tfName: 'cpu', xnn: false };
const TENSORFLOW: Backend = {
  name: 'tensorflow',
  tfName: 'tensorflow',
  memory: 4 * 2 ** 30,
  heap: false,
  xnn: false,
  transposedProducts: true,
  ownProducts: false,
  ownLanes: false,
  ownRows: false,
  graphsFrom: 5e5,
};
/** A graphics processor: every operation is sent there, and results are waited for. */
const WEBGL: Backend = {
  ...TENSORFLOW,
  name: 'webgl',
  tfName: 'webgl',
  memory: 2 ** 30,
  graphsFrom: Number.POSITIVE_INFINITY,
};
/** Every lowering rule that native TensorFlow gets, on the cpu backend: for tests of those rules. */
export const PORTABLE: Backend = { ...CPU, heap: false, transposedProducts: true };

/** What the lowering of programs is to know of a backend. */
export const targetOf = (b: Backend): Target => ({
  hostLoops: b.heap,
  plainArithmetic: b.xnn,
  transposes: (m, k, n) =>
    b.transposedProducts || (b.ownProducts && worthwhile({ m, k, n, transposeA: false, transposeB: false })),
  packs: b.xnn,
  rowReads: true,
});

const NO_NATIVE =
  'the "tensorflow" backend needs the optional package @tensorflow/tfjs-node with its native library; ' +
  'it is not installed or could not be loaded: `energy native` installs it (the "wasm" backend needs nothing)';

/** Makes a backend tfjs's current one; it must have been loaded. */
export function activate(backend: Backend): void {
  // Synchronous for a backend that is already initialised.
  if (tf.getBackend() !== backend.tfName) void tf.setBackend(backend.tfName);
}

/** Loads and initialises a backend. @throws Error when it cannot be had here */
export async function loadBackend(name: BackendName, options: BackendOptions = {}): Promise<Backend> {
  const backend = backends[name];
  switch (name) {
    case 'wasm': {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      if (options.wasmPaths !== undefined) wasm.setWasmPaths(options.wasmPaths);
      // Where a page is isolated the library would start threads from texts of its own, which the policy of our
      // page forbids: it waits for them for ever. Shared memory would be out of reach of our own code besides.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      break;
    }
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      break;
    case 'tensorflow':
      await importNative().catch((cause: unknown) => {
        throw new Error(NO_NATIVE, { cause });
      });
      break;
    case 'webgl':
      if (!options.importWebgl) throw new Error('the "webgl" backend runs in browsers alone');
      await options.importWebgl();
      break;
  }
  // No debugging checks, no advertisement on standard error.
  tf.enableProdMode();
  if (!(await tf.setBackend(backend.tfName)))
    throw new Error(`the tfjs backend "${name}" could not be initialised on this machine`);
  await tf.ready();
  if (name === 'webgl' && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED'))
    throw new Error('the "webgl" backend computes in half precision here, which is not enough');
  if (backend.heap) registerHeapKernel(name === 'wasm' ? 'wasm' : 'cpu');
  return name === 'wasm'
    ? { ...backend, ownProducts: registerProducts(), ownLanes: registerLanes(), ownRows: registerRows() }
    : backend;
}

const backends: Readonly<Record<BackendName, Backend>> = {
  wasm: WASM,
  cpu: CPU,
  tensorflow: TENSORFLOW,
  webgl: WEBGL,
};

/** Native TensorFlow, as engines may speak of it before it is loaded. */
export const NATIVE: Backend = TENSORFLOW;

/** Loads native TensorFlow at once. @throws Error when it cannot be had here */
export function loadNativeNow(): void {
  requireNative();
  tf.enableProdMode();
  activate(TENSORFLOW);
  if (tf.getBackend() !== TENSORFLOW.tfName) throw new Error(NO_NATIVE);
}

/** What is worth telling of a backend that is loaded. */
export interface BackendFacts {
  /** Of the library that computes. */
  readonly version: string;
  /** The package of tfjs that serves it. */
  readonly package: string;
  /** Whether its code uses vector instructions; absent: not known. */
  readonly simd?: boolean;
  /** Threads within an operation; absent: as many as there are cores. */
  readonly threads?: number;
}

/** @throws Error when the backend cannot be loaded here */
export async function backendFacts(name: BackendName, options: BackendOptions = {}): Promise<BackendFacts> {
  await loadBackend(name, options);
  switch (name) {
    case 'wasm': {
      const simd = Boolean(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
      return { version: tf.version_core, package: '@tensorflow/tfjs-backend-wasm', simd, threads: 1 };
    }
    case 'cpu':
      return { version: tf.version_core, package: '@tensorflow/tfjs-backend-cpu', simd: false, threads: 1 };
    case 'tensorflow': {
      const { tensorflow, tfjsNode } = nativeVersions();
      return { version: tensorflow, package: `@tensorflow/tfjs-node ${tfjsNode}`, simd: true };
    }
    case 'webgl':
      return { version: tf.version_core, package: '@tensorflow/tfjs-backend-webgl' };
  }
}

/** The first backend that can be loaded here: native TensorFlow, else WebAssembly, else plain JavaScript. */
export async function bestBackend(
  options: BackendOptions = {},
  among: readonly BackendName[] = ['tensorflow', 'wasm'],
): Promise<BackendName> {
  for (const name of among) {
    try {
      await loadBackend(name, options);
      return name;
    } catch {
      // The next one.
    }
  }
  return 'cpu';
}
