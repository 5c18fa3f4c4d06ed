/** The files of a workspace: what a program uses is read from its own folder and below, never from outside. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Host } from '../../io/host.ts';
import { memoryHost } from '../../io/memory-host.ts';
import { nodeHost } from '../../io/node-host.ts';
import { canonicalUri } from '../../language/places.ts';
import type { LanguageHost } from '../../language/service.ts';
import { MAX_TEXT, moduleReader } from '../../modules.ts';
import type { StandardLibrary } from '../../stdlib.ts';
import { packageLibrary } from '../library.ts';

/** Data of more bytes than this are not read for a hint. */
const MAX_DATA = 2 ** 22;
/** Programs of a workspace that are looked through for references. */
const MAX_PROGRAMS = 2000;
const MAX_FOLDERS = 12;
const skipped: ReadonlySet<string> = new Set(['node_modules', 'dist', 'runs']);

/** The path of a file; null of what is none, such as a text that was never saved. */
export function fileOf(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

/** A library that is read once. */
function remembered(library: StandardLibrary): StandardLibrary {
  const texts = new Map<string, Promise<string | undefined>>();
  let names: Promise<readonly string[]> | undefined;
  return {
    names: () => {
      names ??= library.names();
      return names;
    },
    read: (name) => {
      const known = texts.get(name) ?? library.read(name);
      texts.set(name, known);
      return known;
    },
  };
}

/**
 * @param roots the folders of the workspace, as they are known by the time somebody asks
 * @param stdlib the folder of the standard library
 */
export function workspaceHost(roots: readonly string[], stdlib: string): LanguageHost {
  const library = remembered(packageLibrary(stdlib));
  // A text that was never saved has no files beside it.
  const host = (uri: string, maxBytes: number): Host => {
    const file = fileOf(uri);
    return file === null ? memoryHost() : nodeHost({ root: path.dirname(file), maxBytes });
  };
  return {
    reader: (uri) => moduleReader(host(uri, MAX_TEXT), library),
    data: (uri) => host(uri, MAX_DATA),
    libraryUri: (name) => canonicalUri(pathToFileURL(path.join(stdlib, ...`${name}.energy`.split('/'))).href),
    programs: async () => {
      const out: string[] = [];
      for (const root of roots) {
        const dir = fileOf(root);
        if (dir !== null) await collect(dir, out, 0);
      }
      return out.map((f) => pathToFileURL(f).href);
    },
    text: async (uri) => {
      const file = fileOf(uri);
      if (file === null) return undefined;
      const found = await nodeFs.stat(file).catch(() => null);
      if (!found?.isFile() || found.size > MAX_TEXT) return undefined;
      return nodeFs.readFile(file, 'utf8').catch(() => undefined);
    },
  };
}

async function collect(dir: string, out: string[], depth: number): Promise<void> {
  if (depth > MAX_FOLDERS) return;
  const entries = await nodeFs.readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const e of entries) {
    if (out.length >= MAX_PROGRAMS) return;
    if (e.isDirectory() && !e.name.startsWith('.') && !skipped.has(e.name))
      await collect(path.join(dir, e.name), out, depth + 1);
    else if (e.isFile() && e.name.endsWith('.energy')) out.push(path.join(dir, e.name));
  }
}
