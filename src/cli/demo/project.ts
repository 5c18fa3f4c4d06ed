/** Where the package's own files are: its examples. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, from the sources or from the build. */
export async function packageRoot(): Promise<string> {
  let dir = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = await nodeFs.stat(path.join(dir, 'package.json')).catch(() => null);
    if (found) return dir;
    const up = path.dirname(dir);
    if (up === dir) throw new Error('package.json was not found above the program');
    dir = up;
  }
}

/** The programs of the demonstration, from the package's root. */
export const demoPrograms = {
  digits: 'examples/learning/digits.energy',
  wine: 'examples/learning/wine.energy',
} as const;
