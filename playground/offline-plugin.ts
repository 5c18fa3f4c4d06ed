/** Writes into the built service worker which files there are, and a version that changes with them. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Plugin } from 'vite';

export const serviceWorkerFile = 'sw.js';

/** Last of all plugins: what it counts must be there. */
export function offlineFiles(): Plugin {
  return {
    name: 'offline-files',
    apply: 'build',
    enforce: 'post',
    writeBundle({ dir }) {
      if (dir === undefined) return;
      const files = listed(dir).filter((f) => f !== serviceWorkerFile && !f.endsWith('.map'));
      const hash = createHash('sha256');
      for (const file of files) hash.update(file).update(fs.readFileSync(path.join(dir, file)));
      // The page itself goes by the name of its folder.
      const names = files.map((f) => (f === 'index.html' ? '' : f));
      const target = path.join(dir, serviceWorkerFile);
      const text = fs.readFileSync(target, 'utf8');
      if (!text.includes('__FILES__') || !text.includes('__VERSION__'))
        throw new Error(`${serviceWorkerFile} has no place for the list of files`);
      fs.writeFileSync(
        target,
        text
          .replace(/\b__FILES__\b/g, () => JSON.stringify(names))
          .replace(/\b__VERSION__\b/g, () => JSON.stringify(hash.digest('hex').slice(0, 16))),
      );
    },
  };
}

const listed = (dir: string): readonly string[] =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .flatMap((e) =>
      e.isFile() ? [path.relative(dir, path.join(e.parentPath, e.name)).split(path.sep).join('/')] : [],
    )
    .sort();
