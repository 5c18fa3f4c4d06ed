import { dataFault } from './codes.ts';
import type { Host } from './host.ts';
import { defaultMaxBytes } from './host.ts';

export interface MemoryHost extends Host {
  /** What is stored now, by normalised path (`a/b.csv`). */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * A host whose files live in a Map, for tests and the playground. Paths are normalised
 * (`./a//b`, `/a/b` and `a/c/../b` all name `a/b`); one that climbs above the top is refused (E0502).
 */
export function memoryHost(
  initial: Readonly<Record<string, string | Uint8Array>> = {},
  options: { readonly maxBytes?: number } = {},
): MemoryHost {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const files = new Map<string, Uint8Array>();
  const store = (path: string, content: string | Uint8Array): void => {
    files.set(
      normalise(path),
      typeof content === 'string' ? new TextEncoder().encode(content) : content.slice(),
    );
  };
  for (const [path, content] of Object.entries(initial)) store(path, content);
  const within = (dir: string): string[] => {
    const prefix = dir === '' ? '' : `${dir}/`;
    const names = new Set<string>();
    for (const path of files.keys()) {
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/')[0]);
    }
    return [...names].sort();
  };

  return {
    files,
    async read(path) {
      const key = normalise(path);
      const bytes = files.get(key);
      if (!bytes) {
        if (within(key).length > 0)
          throw dataFault('E0503', path, `\`${path}\` is a folder; expected a file.`);
        throw dataFault('E0501', path, `There is no file \`${path}\`.`);
      }
      if (bytes.length > maxBytes) {
        throw dataFault('E0504', path, `\`${path}\` has ${bytes.length} bytes; the limit is ${maxBytes}.`);
      }
      return bytes;
    },
    async write(path, content) {
      const key = normalise(path);
      if (key === '' || within(key).length > 0) {
        throw dataFault('E0505', path, `\`${path}\` is a folder; expected the path of a file.`);
      }
      store(path, content);
    },
    async exists(path) {
      const key = normalise(path);
      return files.has(key) || within(key).length > 0;
    },
    async list(dir) {
      const key = normalise(dir);
      if (files.has(key)) throw dataFault('E0503', dir, `\`${dir}\` is a file; expected a folder.`);
      const names = within(key);
      if (names.length === 0 && key !== '') throw dataFault('E0501', dir, `There is no folder \`${dir}\`.`);
      return names;
    },
    async remove(path) {
      files.delete(normalise(path));
    },
  };
}

function normalise(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.pop() === undefined) {
      throw dataFault('E0502', path, `The path \`${path}\` leaves the folder of its program.`);
    }
  }
  return out.join('/');
}
