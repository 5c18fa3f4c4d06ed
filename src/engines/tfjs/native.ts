/**
 * The native backend's package, imported so that it works and is quiet:
 *
 * - Node 23 took `util.isNullOrUndefined` and `util.isArray` away, which @tensorflow/tfjs-node 4.22 calls
 *   (corrected there, not released); they are defined first where they are missing.
 * - TensorFlow's log goes to the terminal's standard error, unless `TF_CPP_MIN_LOG_LEVEL` says otherwise. What it
 *   writes while it is loaded, before it reads that variable, an addon takes away that `npm run native`
 *   builds beside the package's own (`cli/native/quiet.ts`).
 *
 * The modules of Node that this takes come through `process.getBuiltinModule`, so that bundles for browsers
 * have nothing to resolve; before Node 20.16 it is not there, and neither is the need for the first.
 */
import * as tf from '@tensorflow/tfjs-core';

interface Process {
  readonly env: Record<string, string | undefined>;
  getBuiltinModule?(name: string): unknown;
}

interface Quiet {
  mute(): void;
  restore(): void;
}

type Require = ((name: string) => unknown) & { resolve(name: string): string };

// A variable, so that neither bundlers nor tsc ask for an optional package.
const PACKAGE = '@tensorflow/tfjs-node';

/** Imports the package, which makes its backend tfjs's current one. @throws where it cannot be loaded */
export async function importNative(): Promise<void> {
  const quiet = quietly();
  try {
    quiet?.mute();
    await import(/* @vite-ignore */ PACKAGE);
  } finally {
    quiet?.restore();
  }
}

/** The same at once, for whoever cannot wait. @throws where it cannot be loaded */
export function requireNative(): void {
  const require = requireOf();
  if (require === null) throw new Error('modules cannot be loaded at once here');
  const quiet = quietly();
  try {
    quiet?.mute();
    require(PACKAGE);
  } finally {
    quiet?.restore();
  }
}

/** Whether the package is here with its addon, as far as can be told without the second that loading takes. */
export function nativeIsThere(): boolean {
  return fileOf('tfjs_binding.node') !== null;
}

/** A file of the package's compiled ones; null where it is not there. */
function fileOf(name: string): string | null {
  const require = requireOf();
  try {
    const folder = require?.resolve(`${PACKAGE}/package.json`).replace(/package\.json$/, '');
    return require?.resolve(`${folder}lib/napi-v8/${name}`) ?? null;
  } catch {
    return null;
  }
}

const processOf = (): Process | undefined => (globalThis as { process?: Process }).process;

/** Null outside of Node. */
function requireOf(): Require | null {
  const module = processOf()?.getBuiltinModule?.('module') as
    | { createRequire(from: string): Require }
    | undefined;
  return module?.createRequire(import.meta.url) ?? null;
}

/** Prepares the ground; what is to be silent while the package is loaded, where that can be had. */
function quietly(): Quiet | null {
  const node = processOf();
  if (node) node.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const require = requireOf();
  if (require === null) return null;
  // What `require` gives is the object that CommonJS packages see; the namespace of an import cannot be extended.
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (x: unknown): boolean => x === null || x === undefined;
  util.isArray ??= Array.isArray;
  const file = fileOf('energy_quiet.node');
  try {
    return file === null ? null : (require(file) as Quiet);
  } catch {
    // Built for another machine: TensorFlow speaks.
    return null;
  }
}

/** Versions of the loaded native backend. @throws Error when it is not loaded */
export function nativeVersions(): { readonly tensorflow: string; readonly tfjsNode: string } {
  const backend = tf.findBackend('tensorflow') as { binding?: { TF_Version?: string } } | null;
  if (!backend) throw new Error('the native backend is not loaded');
  return { tensorflow: backend.binding?.TF_Version ?? 'unknown', tfjsNode: tf.version_core };
}
