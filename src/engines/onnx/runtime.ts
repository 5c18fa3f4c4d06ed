/**
 * ONNX Runtime by its native addon. The package's public `run` is asynchronous, although the addon itself is not;
 * evaluators are synchronous, so the addon is called directly.
 */
import type { Require } from '../node-require.ts';
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

const ADDON = 'onnxruntime-node/dist/binding.js';
const VERSION = 'onnxruntime-node/dist/version.js';

/** How modules are had; a function, so that neither bundlers nor tsc ask for an optional package. */
const importModule = (specifier: string): Promise<Record<string, unknown>> =>
  import(/* @vite-ignore */ specifier);

/** @throws Error when the optional package is not there, does not fit this machine, or is made otherwise than expected */
export async function loadRuntime(load = importModule): Promise<Runtime> {
  try {
    const [addon, said] = [await load(ADDON), await load(VERSION)];
    return runtimeOf(addon.default ?? addon, said.version);
  } catch (cause) {
    throw missing(cause);
  }
}

/**
 * The same at once. Loading takes 50 ms, which whoever only may need the runtime does not want to wait for.
 * @throws as `loadRuntime`
 */
export function loadRuntimeNow(require: Require): Runtime {
  try {
    return runtimeOf(require(ADDON), (require(VERSION) as { readonly version?: unknown }).version);
  } catch (cause) {
    throw missing(cause);
  }
}

/** Whether the package is here, as far as can be told without loading its addon. */
export function runtimeIsThere(require: Require): boolean {
  try {
    require.resolve(ADDON);
    return true;
  } catch {
    return false;
  }
}

/** A package that is there, but not as expected. */
class OtherRuntime extends Error {}

const missing = (cause: unknown): Error =>
  cause instanceof OtherRuntime
    ? cause
    : new Error(
        'the "onnx" engine needs the optional package onnxruntime-node; ' +
          'it is not installed or could not be loaded (the "wasm" backend needs nothing)',
        { cause },
      );

function runtimeOf(loaded: unknown, version: unknown): Runtime {
  if (!isBinding(loaded))
    throw new OtherRuntime(
      `the "onnx" engine knows onnxruntime-node 1.30, found ${String(version)}, whose native part is made otherwise`,
    );
  const { binding, initOrt } = loaded;
  return {
    version: String(version),
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
