/**
 * Node's `require`, for optional packages that are loaded where nobody can wait. It comes through
 * `process.getBuiltinModule`, so that bundles for browsers have nothing to resolve.
 */
export type Require = ((name: string) => unknown) & { resolve(name: string): string };

interface NodeModule {
  createRequire(from: string): Require;
}

/** Null outside of Node and before Node 20.16. */
export function nodeRequire(): Require | null {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = process?.getBuiltinModule?.('module') as NodeModule | undefined;
  return module?.createRequire(import.meta.url) ?? null;
}
