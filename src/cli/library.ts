/** The standard library as files: `stdlib/` of the package. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { nodeHost } from '../io/node-host.ts';
import { MAX_TEXT, type ModuleReader, moduleReader } from '../modules.ts';
import type { StandardLibrary } from '../stdlib.ts';
import { packageRoot } from './demo/project.ts';

const SUFFIX = '.energy';

/** @param folder where its files are; default: those of this package */
export function packageLibrary(folder?: string): StandardLibrary {
  const root = async (): Promise<string> => folder ?? path.join(await packageRoot(), 'stdlib');
  return {
    read: async (name) => {
      const file = path.join(await root(), ...`${name}${SUFFIX}`.split('/'));
      return nodeFs.readFile(file, 'utf8').catch((e: unknown) => {
        if (e instanceof Error && 'code' in e && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(e.code)))
          return undefined;
        throw e;
      });
    },
    names: async () => {
      const files = await nodeFs.readdir(await root(), { recursive: true }).catch(() => []);
      return files
        .filter((f) => f.endsWith(SUFFIX))
        .map((f) => f.slice(0, -SUFFIX.length).split(path.sep).join('/'))
        .sort();
    },
  };
}

/** Reads what the programs of a folder use. */
export const readerIn = (folder: string): ModuleReader =>
  moduleReader(nodeHost({ root: folder, maxBytes: MAX_TEXT }), packageLibrary());
