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
  const node = (globalThis as { process?: Process }).process;
  const quiet = node === undefined ? null : prepare(node);
  try {
    quiet?.mute();
    await import(/* @vite-ignore */ PACKAGE);
  } finally {
    quiet?.restore();
  }
}

function prepare(node: Process): Quiet | null {
  node.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const modules = node.getBuiltinModule?.('module') as { createRequire(from: string): Require } | undefined;
  if (modules === undefined) return null;
  const require = modules.createRequire(import.meta.url);
  // What `require` gives is the object that CommonJS packages see; the namespace of an import cannot be extended.
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (x: unknown): boolean => x === null || x === undefined;
  util.isArray ??= Array.isArray;
  try {
    const folder = require.resolve(`${PACKAGE}/package.json`).replace(/package\.json$/, '');
    return require(`${folder}lib/napi-v8/energy_quiet.node`) as Quiet;
  } catch {
    // Not built by our command: it speaks.
    return null;
  }
}

/** Versions of the loaded native backend. @throws Error when it is not loaded */
export function nativeVersions(): { readonly tensorflow: string; readonly tfjsNode: string } {
  const backend = tf.findBackend('tensorflow') as { binding?: { TF_Version?: string } } | null;
  if (!backend) throw new Error('the native backend is not loaded');
  return { tensorflow: backend.binding?.TF_Version ?? 'unknown', tfjsNode: tf.version_core };
}
