/**
 * A folder of this machine, as `energy playground` shows it: its files are read when they are needed, and written
 * back when the reader says so. A page that is served otherwise has no folder.
 */
import { bytesFile, type FileEntry, type Workspace } from './model.ts';
import { cleanPath, isProgram } from './paths.ts';

export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

export type Saved =
  | { readonly kind: 'saved'; readonly tag: string }
  /** Somebody else has changed the file; `theirs` is null where it is gone. */
  | { readonly kind: 'conflict'; readonly theirs: FetchedFile | null }
  | { readonly kind: 'failed'; readonly why: string };

/** What became of removing or renaming a file of the folder. */
export type Done =
  | { readonly kind: 'done' }
  /** Somebody else has changed the file since it was read here. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly why: string };

export interface FetchedFile {
  readonly entry: FileEntry;
  readonly tag: string;
}

export interface FolderApi {
  list(): Promise<{ readonly name: string; readonly files: readonly ListedFile[] } | null>;
  get(path: string): Promise<FetchedFile | null>;
  /** @param tag of the state that is replaced; null: the file is new */
  put(path: string, body: string | Blob, tag: string | null): Promise<Saved>;
  /** @param tag of the state that is removed; `*`: whatever it is */
  remove(path: string, tag: string): Promise<Done>;
  /** @param tag as for `remove` */
  rename(path: string, to: string, tag: string): Promise<Done>;
  url(path: string): string;
}

/** @param base where the page is served from */
export function folderApi(base: string, fetching: typeof fetch = fetch): FolderApi {
  const at = (name: string): string => new URL(`folder/${name}`, base).href;
  const url = (path: string): string => at(`file?path=${encodeURIComponent(path)}`);
  const ask = (address: string, init: RequestInit = {}): Promise<Response | null> =>
    fetching(address, { credentials: 'same-origin', cache: 'no-store', ...init }).catch(() => null);
  const whyNot = async (response: Response | null): Promise<string> =>
    (response && (await response.text().catch(() => '')).split('\n')[0].slice(0, 200)) ||
    'the server does not answer';
  const done = async (response: Response | null): Promise<Done> => {
    if (response?.ok) return { kind: 'done' };
    const why = await whyNot(response);
    return response?.status === 412 && why.includes('has changed')
      ? { kind: 'changed' }
      : { kind: 'failed', why };
  };
  const get = async (path: string): Promise<FetchedFile | null> => {
    const response = await ask(url(path));
    if (!response?.ok) return null;
    return { entry: await bytesFile(path, await response.blob()), tag: response.headers.get('ETag') ?? '' };
  };
  return {
    url,
    get,
    async list() {
      const response = await ask(at('list'));
      if (!response?.ok || !response.headers.get('Content-Type')?.includes('json')) return null;
      return listOf(await response.json().catch(() => null));
    },
    async put(path, body, tag) {
      const condition: Record<string, string> = tag === null ? { 'If-None-Match': '*' } : { 'If-Match': tag };
      const response = await ask(url(path), { method: 'PUT', body, headers: condition });
      if (response?.ok) return { kind: 'saved', tag: response.headers.get('ETag') ?? '' };
      if (response?.status === 412) return { kind: 'conflict', theirs: await get(path) };
      return { kind: 'failed', why: await whyNot(response) };
    },
    async remove(path, tag) {
      const response = await ask(url(path), { method: 'DELETE', headers: { 'If-Match': tag } });
      // It is gone already.
      return response?.status === 404 ? { kind: 'done' } : done(response);
    },
    async rename(path, to, tag) {
      const query = `path=${encodeURIComponent(path)}&to=${encodeURIComponent(to)}`;
      return done(await ask(at(`rename?${query}`), { method: 'POST', headers: { 'If-Match': tag } }));
    },
  };
}

function listOf(value: unknown): Awaited<ReturnType<FolderApi['list']>> {
  if (typeof value !== 'object' || value === null) return null;
  const { name, files } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !Array.isArray(files)) return null;
  return {
    name,
    files: (files as readonly unknown[]).flatMap((f) => {
      const { path, size, modified } = (typeof f === 'object' && f !== null ? f : {}) as Record<
        string,
        unknown
      >;
      if (typeof path !== 'string' || cleanPath(path) !== path || typeof size !== 'number') return [];
      return [{ path, size, modified: Number(modified) || 0 }];
    }),
  };
}

/** A text of a program that was not saved; `tag` is null for a new file. */
export interface Draft {
  readonly path: string;
  readonly text: string;
  readonly tag: string | null;
}

export interface Folder {
  readonly name: string;
  /** The workspace of the folder, its first program opened; one that is new where there is none. */
  open(): Promise<Workspace>;
  /** Programs of the folder come as they are opened. @returns whether the file is here now */
  fetch(path: string): Promise<FileEntry | null>;
  /** Texts that differ from what is stored, with the state of the file that they began with. */
  drafts(w: Workspace): readonly Draft[];
  /** The workspace with drafts of an earlier visit; what changed in the folder since then shows when they are saved. */
  withDrafts(w: Workspace, drafts: readonly Draft[]): Workspace;
  /** Whether a file lies in the folder. */
  has(path: string): boolean;
  /** Paths that differ from what is stored. */
  unsaved(w: Workspace): readonly string[];
  save(path: string, entry: FileEntry, over?: boolean): Promise<Saved>;
  /** Removes a file from the folder; with `over` even where it is no longer what was read. */
  remove(path: string, over?: boolean): Promise<Done>;
  /** Gives a file of the folder another path. */
  rename(path: string, to: string, over?: boolean): Promise<Done>;
  /** What a file that has not been read yet is after it was renamed. */
  moved(to: string, entry: FileEntry): FileEntry;
  /** What is stored becomes what the editor shows. */
  take(path: string, file: FetchedFile): void;
}

const BEGINNING = '/// A new program.\nenergy E(x : spin) {\n  term field = -0.5 * x\n}\n';

/** @returns null where the page is served without one */
export async function openFolder(api: FolderApi): Promise<Folder | null> {
  const listed = await api.list();
  if (!listed) return null;
  const stored = new Map<string, FetchedFile>();
  const awayOf = (f: ListedFile): FileEntry => ({
    kind: 'away',
    url: api.url(f.path),
    size: f.size,
    version: String(f.modified),
  });
  const known = new Set(listed.files.map((f) => f.path));
  const fetchFile = async (path: string): Promise<FileEntry | null> => {
    const found = await api.get(path);
    if (found) stored.set(path, found);
    return found?.entry ?? null;
  };
  const unsaved = (w: Workspace): readonly string[] =>
    [...w.files].flatMap(([path, entry]) => {
      if (entry.kind === 'away') return [];
      const there = stored.get(path)?.entry;
      const same =
        there === entry || (there?.kind === 'text' && entry.kind === 'text' && there.text === entry.text);
      return same ? [] : [path];
    });
  /** The state of a file that was read; what was never read is taken as it is. */
  const seen = (path: string, over: boolean): string => (over ? '*' : (stored.get(path)?.tag ?? '*'));
  return {
    name: listed.name,
    fetch: fetchFile,
    has: (path) => known.has(path),
    drafts(w) {
      return unsaved(w).flatMap((path) => {
        const entry = w.files.get(path);
        return entry?.kind === 'text' ? [{ path, text: entry.text, tag: stored.get(path)?.tag ?? null }] : [];
      });
    },
    withDrafts(w, drafts) {
      const files = new Map(w.files);
      for (const { path, text, tag } of drafts) {
        const there = stored.get(path);
        if (there && tag !== null) stored.set(path, { ...there, tag });
        files.set(path, { kind: 'text', text });
      }
      return { ...w, files };
    },
    async open() {
      const files = new Map<string, FileEntry>(listed.files.map((f) => [f.path, awayOf(f)]));
      const programs = listed.files.map((f) => f.path).filter(isProgram);
      // Programs are small, and the others use them: all of them are read at once.
      await Promise.all(
        programs.slice(0, 50).map(async (path) => {
          const entry = await fetchFile(path);
          if (entry) files.set(path, entry);
        }),
      );
      const first = programs
        .filter((p) => files.get(p)?.kind === 'text')
        .sort((a, b) => Number(a.includes('/')) - Number(b.includes('/')) || a.localeCompare(b, 'en'))[0];
      const active = first ?? 'model.energy';
      if (!first) files.set(active, { kind: 'text', text: BEGINNING });
      return { name: listed.name, origin: { kind: 'folder', name: listed.name }, files, active };
    },
    unsaved,
    async save(path, entry, over = false) {
      if (entry.kind === 'away') return { kind: 'saved', tag: '' };
      let tag = stored.get(path)?.tag ?? null;
      if (over) tag = (await api.get(path))?.tag ?? null;
      else if (tag === null && known.has(path)) return { kind: 'conflict', theirs: await api.get(path) };
      const result = await api.put(path, entry.kind === 'text' ? entry.text : entry.blob, tag);
      if (result.kind === 'saved') {
        stored.set(path, { entry, tag: result.tag });
        known.add(path);
      }
      return result;
    },
    async remove(path, over = false) {
      const result = await api.remove(path, seen(path, over));
      if (result.kind === 'done') {
        stored.delete(path);
        known.delete(path);
      }
      return result;
    },
    async rename(path, to, over = false) {
      const result = await api.rename(path, to, seen(path, over));
      const there = stored.get(path);
      if (result.kind === 'done') {
        if (there) stored.set(to, there);
        stored.delete(path);
        known.delete(path);
        known.add(to);
      }
      return result;
    },
    moved: (to, entry) => (entry.kind === 'away' ? { ...entry, url: api.url(to) } : entry),
    take: (path, file) => void stored.set(path, file),
  };
}
