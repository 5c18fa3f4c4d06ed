/**
 * The files that programs in a worker can read: first those of the workspace, as the page told of them, then what
 * comes with the playground: the texts and the data of the examples, fetched when they are asked for.
 */
import { dataFault } from '../../../src/io/codes.ts';
import type { Host } from '../../../src/io/host.ts';
import { type MemoryHost, memoryHost } from '../../../src/io/memory-host.ts';
import { type ModuleReader, moduleReader } from '../../../src/modules.ts';
import type { StandardLibrary } from '../../../src/stdlib.ts';
import type { FilesMessage, ToldFile } from '../protocol.ts';
import { cleanPath, folderName } from '../workspace/paths.ts';

export interface Bundled {
  /** Texts of programs by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where data files are served, by the path that programs name them with. */
  readonly urls: ReadonlyMap<string, string>;
  readonly library: StandardLibrary;
}

/** Fetches bytes; null where there are none. */
export type Fetching = (url: string) => Promise<Uint8Array | null>;

export interface WorkspaceFiles {
  hear(message: FilesMessage): void;
  /** All files as they are now, for another worker. */
  whole(): FilesMessage;
  /** Reads what the program `file` uses. */
  reader(file: string): ModuleReader;
  /** Reads the data of the program `file`; paths start at its folder. */
  host(file: string): Host;
  /** Which state of a file a program reads; '' for what comes with the playground. */
  stamp(file: string, path: string): string;
  /** The programs of the workspace. */
  programs(): readonly string[];
  text(path: string): string | undefined;
}

const fetched: Fetching = async (url) => {
  const response = await fetch(url, { credentials: 'same-origin' }).catch(() => null);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
};

export function workspaceFiles(bundled: Bundled, fetching: Fetching = fetched): WorkspaceFiles {
  const files = new Map<string, ToldFile>();
  /** What was fetched or unpacked, by address or by file. */
  const bytesOf = new Map<string | Blob, Uint8Array>();
  const encoder = new TextEncoder();

  const load = async (url: string): Promise<Uint8Array | null> => {
    const there = bytesOf.get(url);
    if (there) return there;
    const bytes = await fetching(url);
    if (bytes) bytesOf.set(url, bytes);
    return bytes;
  };
  const contentOf = async (content: NonNullable<ToldFile['content']>): Promise<Uint8Array | null> => {
    if (typeof content === 'string') return encoder.encode(content);
    if (!(content instanceof Blob)) return load(content.url);
    const there = bytesOf.get(content);
    if (there) return there;
    const bytes = new Uint8Array(await content.arrayBuffer());
    bytesOf.set(content, bytes);
    return bytes;
  };
  const forget = (file: ToldFile | undefined): void => {
    if (file?.content instanceof Blob) bytesOf.delete(file.content);
    else if (file?.content && typeof file.content === 'object') bytesOf.delete(file.content.url);
  };

  const hostIn = (folder: string): Host => {
    const memory: MemoryHost = memoryHost();
    const own = (path: string): ToldFile | undefined => {
      const clean = cleanPath(path);
      return clean === null || leaves(path) ? undefined : files.get(folder + clean);
    };
    const extra = async (path: string): Promise<Uint8Array | null> => {
      const clean = leaves(path) ? null : cleanPath(path);
      if (clean === null) return null;
      const text = bundled.texts.get(clean);
      if (text !== undefined) return encoder.encode(text);
      const url = bundled.urls.get(clean);
      return url === undefined ? null : load(url);
    };
    const paths = (): readonly string[] => [
      ...[...files.keys()].flatMap((p) => (p.startsWith(folder) ? [p.slice(folder.length)] : [])),
      ...bundled.texts.keys(),
      ...bundled.urls.keys(),
      ...memory.files.keys(),
    ];
    const namesIn = (dir: string): readonly string[] => {
      const clean = cleanPath(dir);
      const prefix = clean === null ? '' : `${clean}/`;
      const names = paths().flatMap((p) =>
        p.startsWith(prefix) ? [p.slice(prefix.length).split('/')[0]] : [],
      );
      return [...new Set(names)].sort();
    };
    return {
      ...memory,
      async read(path) {
        const file = own(path);
        const bytes = file?.content ? await contentOf(file.content) : await extra(path);
        if (bytes) return bytes;
        if (file) throw dataFault('E0501', path, `The file \`${path}\` cannot be fetched any more.`);
        return memory.read(path);
      },
      async open(path) {
        const content = own(path)?.content;
        if (content instanceof Blob)
          return {
            size: content.size,
            read: async (from, to) => new Uint8Array(await content.slice(from, to).arrayBuffer()),
            close: async () => {},
          };
        const bytes = await this.read(path);
        return {
          size: bytes.length,
          read: async (from, to) => bytes.subarray(from, to),
          close: async () => {},
        };
      },
      async exists(path) {
        if (leaves(path)) return memory.exists(path);
        const clean = cleanPath(path);
        return clean === null || paths().some((p) => p === clean || p.startsWith(`${clean}/`));
      },
      async list(dir) {
        const names = leaves(dir) ? [] : namesIn(dir);
        return names.length > 0 ? names : memory.list(dir);
      },
    };
  };
  /** Names in folders further up are no business of the program: memory's own refusal (E0502). */
  const leaves = (path: string): boolean => cleanPath(path) === null && path.includes('..');

  return {
    hear(message) {
      if (message.anew) {
        for (const file of files.values()) forget(file);
        files.clear();
      }
      for (const file of message.files) {
        forget(files.get(file.path));
        if (file.content === null) files.delete(file.path);
        else files.set(file.path, file);
      }
    },
    whole: () => ({ type: 'files', anew: true, files: [...files.values()] }),
    reader: (file) => moduleReader(hostIn(folderName(file)), bundled.library),
    host: (file) => hostIn(folderName(file)),
    stamp(file, path) {
      const clean = cleanPath(path);
      const found = clean === null ? undefined : files.get(folderName(file) + clean);
      return found ? String(found.revision) : '';
    },
    programs: () => [...files.keys()].filter((p) => p.endsWith('.energy')),
    text(path) {
      const content = files.get(path)?.content;
      return typeof content === 'string' ? content : undefined;
    },
  };
}
