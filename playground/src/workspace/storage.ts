/** Programs that the reader has worked on, kept by the browser (IndexedDB), and which of them was the last. */
import { createStore, del, entries, get, set } from 'idb-keyval';
import type { Draft } from './folder.ts';
import type { FileEntry, Origin, Workspace } from './model.ts';
import { cleanPath, isProgram } from './paths.ts';

/** A workspace as it is stored. */
export interface StoredProgram {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly changed: number;
  readonly workspace: Workspace;
}

/** Keeps values by key; a browser's database, or a Map in tests. */
export interface KeyValues {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  entries(): Promise<readonly (readonly [string, unknown])[]>;
}

/** Small texts that can be written in the moment in which a page is closed. */
export interface Notes {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ProgramStore {
  /** All programs, the last one first. */
  list(): Promise<readonly StoredProgram[]>;
  load(id: string): Promise<StoredProgram | null>;
  save(program: StoredProgram): Promise<void>;
  remove(id: string): Promise<void>;
  /** The program to open when the page comes back. */
  last: string | null;
  /** Texts of a folder that were not saved into it. */
  drafts(folder: string): Promise<readonly Draft[]>;
  saveDrafts(folder: string, drafts: readonly Draft[]): Promise<void>;
  /** Writes down names and texts at once, as the page is closed before they could be saved; data are not in it. */
  note(program: Pick<StoredProgram, 'id' | 'workspace'>): void;
}

const LAST = 'energy.program';
const NOTE = 'energy.unsaved';
const PREFIX = 'program:';
const DRAFTS = 'drafts:';

export function browserStorage(): KeyValues {
  const store = createStore('energy-playground', 'programs');
  return {
    get: (key) => get(key, store),
    set: (key, value) => set(key, value, store),
    delete: (key) => del(key, store),
    entries: async () => (await entries<string, unknown>(store)).map(([k, v]) => [String(k), v] as const),
  };
}

/** Null where the browser lets pages keep nothing. */
export function browserNotes(): Notes | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export function programStore(values: KeyValues, notes: Notes | null): ProgramStore {
  const read = (key: string): string | null => {
    try {
      return notes?.getItem(key) ?? null;
    } catch {
      return null;
    }
  };
  const write = (key: string, value: string | null): void => {
    try {
      if (value === null) notes?.removeItem(key);
      else notes?.setItem(key, value);
    } catch {
      // Storage is full or switched off: what is in the database stays.
    }
  };
  return {
    async list() {
      const all = (await values.entries()).flatMap(([key, value]) =>
        key.startsWith(PREFIX) ? [programOf(value)].filter((p) => p !== null) : [],
      );
      return all.sort((a, b) => b.changed - a.changed);
    },
    async load(id) {
      const found = programOf(await values.get(PREFIX + id));
      const note = noteOf(read(NOTE));
      if (found && note?.id === id) {
        write(NOTE, null);
        const data = [...found.workspace.files].filter(([, e]) => e.kind === 'bytes');
        const files = new Map<string, FileEntry>([...note.texts, ...data]);
        const restored: StoredProgram = {
          ...found,
          workspace: { ...found.workspace, name: note.name, active: note.active, files },
        };
        await values.set(PREFIX + id, plain(restored));
        return restored;
      }
      return found;
    },
    async save(program) {
      await values.set(PREFIX + program.id, plain(program));
      if (noteOf(read(NOTE))?.id === program.id) write(NOTE, null);
    },
    async remove(id) {
      await values.delete(PREFIX + id);
      if (read(LAST) === id) write(LAST, null);
    },
    async drafts(folder) {
      const all = await values.get(DRAFTS + folder);
      return (Array.isArray(all) ? (all as readonly unknown[]) : []).flatMap((d) => {
        const { path, text, tag } = (typeof d === 'object' && d !== null ? d : {}) as Record<string, unknown>;
        if (typeof path !== 'string' || typeof text !== 'string' || cleanPath(path) !== path) return [];
        return [{ path, text, tag: typeof tag === 'string' ? tag : null }];
      });
    },
    saveDrafts: (folder, drafts) =>
      drafts.length === 0 ? values.delete(DRAFTS + folder) : values.set(DRAFTS + folder, drafts),
    get last() {
      return read(LAST);
    },
    set last(id) {
      write(LAST, id);
    },
    note({ id, workspace: { name, active, files } }) {
      const texts = [...files].flatMap(([path, e]) => (e.kind === 'text' ? [[path, e.text]] : []));
      write(NOTE, JSON.stringify({ id, name, active, texts }));
    },
  };
}

const plain = ({ id, changed, workspace: w }: StoredProgram): unknown => ({
  id,
  changed,
  name: w.name,
  origin: w.origin,
  active: w.active,
  files: [...w.files].map(([path, e]) => [
    path,
    e.kind === 'text' ? e.text : e.kind === 'bytes' ? e.blob : e,
  ]),
});

/** What another version may have stored is looked at before it is believed. */
function programOf(value: unknown): StoredProgram | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, changed, name, origin, active, files } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof active !== 'string') return null;
  if (!Array.isArray(files)) return null;
  const kept = new Map<string, FileEntry>();
  for (const item of files as readonly unknown[]) {
    const [path, content] = Array.isArray(item) ? (item as readonly unknown[]) : [];
    if (typeof path !== 'string') continue;
    if (typeof content === 'string') kept.set(path, { kind: 'text', text: content });
    else if (content instanceof Blob) kept.set(path, { kind: 'bytes', blob: content });
  }
  if (!isProgram(active) || kept.get(active)?.kind !== 'text') return null;
  return {
    id,
    changed: typeof changed === 'number' ? changed : 0,
    workspace: { name, origin: originOf(origin), active, files: kept },
  };
}

function originOf(value: unknown): Origin {
  const { kind, name } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (kind === 'example' && typeof name === 'string') return { kind, name };
  return kind === 'link' ? { kind } : { kind: 'own' };
}

interface Note {
  readonly id: string;
  readonly name: string;
  readonly active: string;
  readonly texts: ReadonlyMap<string, FileEntry>;
}

function noteOf(text: string | null): Note | null {
  if (text === null) return null;
  try {
    const { texts, ...head } = JSON.parse(text) as Record<string, unknown>;
    const listed = Array.isArray(texts) ? texts : [];
    const program = programOf({ ...head, files: listed });
    return program && { id: program.id, ...program.workspace, texts: program.workspace.files };
  } catch {
    return null;
  }
}
