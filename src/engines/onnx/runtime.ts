/**
 * ONNX Runtime by its native addon. The package's public `run` is asynchronous, although the addon itself is not;
 * evaluators are synchronous, so the addon is called directly.
 */
import type { Shape } from '../tensors/ops.ts';

/** What the addon takes and gives: the fields of the package's tensors that it reads. */
export interface OrtTensor {
  readonly type: 'float32';
  readonly location: 'cpu';
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Options as the package documents them, as far as they are used here. */
export interface SessionOptions {
  /** 0: as many as the runtime finds right. */
  readonly intraOpNumThreads: number;
  readonly graphOptimizationLevel: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  readonly executionMode: 'sequential';
  /** Warnings of the runtime are not for the user: 3 is errors only. */
  readonly logSeverityLevel: number;
  readonly enableProfiling?: boolean;
  readonly profileFilePrefix?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface OrtSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: SessionOptions): void;
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
    options: object,
  ): Readonly<Record<string, { readonly data: Float32Array }>>;
  endProfiling(): void;
  dispose(): void;
}

/** The addon, loaded. */
export interface Runtime {
  readonly version: string;
  open(model: Uint8Array, options: SessionOptions): OrtSession;
}

interface Binding {
  readonly binding: { readonly InferenceSession: new () => OrtSession };
  readonly initOrt: () => void;
}

const isBinding = (x: unknown): x is Binding =>
  typeof x === 'object' &&
  x !== null &&
  'initOrt' in x &&
  typeof x.initOrt === 'function' &&
  'binding' in x &&
  typeof x.binding === 'object' &&
  x.binding !== null &&
  'InferenceSession' in x.binding;

/** How modules are had; a function, so that neither bundlers nor tsc ask for an optional package. */
const importModule = (specifier: string): Promise<Record<string, unknown>> =>
  import(/* @vite-ignore */ specifier);

/** @throws Error when the optional package is not there, does not fit this machine, or is made otherwise than expected */
export async function loadRuntime(load = importModule): Promise<Runtime> {
  let loaded: unknown;
  let found: unknown;
  try {
    const module = await load('onnxruntime-node/dist/binding.js');
    loaded = module.default ?? module;
    found = (await load('onnxruntime-node/dist/version.js')).version;
  } catch (cause) {
    throw new Error(
      'the "onnx" engine needs the optional package onnxruntime-node; ' +
        'it is not installed or could not be loaded (the "wasm" backend needs nothing)',
      { cause },
    );
  }
  if (!isBinding(loaded))
    throw new Error(
      `the "onnx" engine knows onnxruntime-node 1.30, found ${String(found)}, whose native part is made otherwise`,
    );
  const { binding, initOrt } = loaded;
  return {
    version: String(found),
    open: (model, options) => {
      // Once in a process, whoever asks; it takes 30 ms, so not before something is run.
      initOrt();
      const session = new binding.InferenceSession();
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
      return session;
    },
  };
}

export const tensor = (data: Float32Array, shape: Shape): OrtTensor => ({
  type: 'float32',
  location: 'cpu',
  dims: shape,
  data,
});
