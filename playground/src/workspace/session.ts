/** The workspace of the page: what is open, who hears of changes, and that nothing is lost. */
import {
  type Added,
  activate,
  addFiles,
  type FileEntry,
  removeFile,
  renameFile,
  setFile,
  setText,
  textFile,
  type Workspace,
} from './model.ts';
import { freePath } from './paths.ts';
import type { ProgramStore } from './storage.ts';

/** What became of the workspace: another one, another program in the editor, other files, typed text, its name. */
export type Change = 'opened' | 'active' | 'files' | 'text' | 'name';

export interface WorkspaceSession {
  readonly now: Workspace;
  /** Opens another workspace; `id` where it is one of those that are kept. */
  open(w: Workspace, id?: string | null): void;
  /** The text in the editor changed. */
  type(text: string): void;
  /** Changes the text of any program, from elsewhere than the editor. */
  rewrite(path: string, text: string): void;
  activate(path: string): void;
  add(files: readonly (readonly [string, FileEntry])[], keep?: boolean): Added;
  /** Another state of a file that is there already, or of one that has just come. */
  put(path: string, entry: FileEntry): void;
  /** @returns how to bring it back; null where it is the last program */
  remove(path: string): (() => void) | null;
  /** @returns a sentence where that cannot be */
  rename(from: string, to: string): string | null;
  /** A new program, beside the others. @returns its path */
  create(path: string, text: string): string;
  setName(name: string): void;
  onChange(hear: (change: Change) => void): void;
  /** Keeps the workspace as it is, though nothing in it was changed. */
  keep(): void;
  /** Saves at once what has not been saved. */
  flush(): Promise<void>;
  /** Whether changes are kept by the browser; not those of a folder, which has its own way. */
  readonly kept: string | null;
}

const AUTOSAVE_MS = 400;

/**
 * @param newId names a program that is kept for the first time
 * @param failed called when the browser does not keep what it was given
 */
export function workspaceSession(
  first: Workspace,
  store: ProgramStore,
  newId: () => string = () => crypto.randomUUID(),
  failed: () => void = () => {},
): WorkspaceSession {
  let now = first;
  let id: string | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let dirty = false;
  let saving: Promise<void> = Promise.resolve();
  const listeners: ((change: Change) => void)[] = [];

  const save = async (): Promise<void> => {
    clearTimeout(waiting);
    if (!dirty || now.origin.kind === 'folder') return;
    dirty = false;
    id ??= newId();
    store.last = id;
    const program = { id, changed: Date.now(), workspace: now };
    saving = saving.then(() => store.save(program)).catch(failed);
    await saving;
  };
  const become = (next: Workspace, change: Change): void => {
    if (next === now) return;
    now = next;
    if (change !== 'opened' && now.origin.kind !== 'folder') {
      dirty = true;
      clearTimeout(waiting);
      // The first time at once: what is noted down as the page closes is added to what is stored.
      waiting = setTimeout(() => void save(), id === null ? 0 : AUTOSAVE_MS);
    }
    for (const hear of listeners) hear(change);
  };

  return {
    get now() {
      return now;
    },
    get kept() {
      return id;
    },
    open(w, from = null) {
      void save();
      dirty = false;
      id = from;
      if (from !== null) store.last = from;
      now = w;
      for (const hear of listeners) hear('opened');
    },
    type: (text) => become(setText(now, now.active, text), 'text'),
    rewrite: (path, text) => become(setText(now, path, text), 'files'),
    activate: (path) => become(activate(now, path), 'active'),
    add(files, keep = false) {
      const added = addFiles(now, files, keep);
      if (added.paths.length > 0)
        become(added.workspace, added.paths.includes(now.active) ? 'active' : 'files');
      return added;
    },
    put: (path, entry) => become(setFile(now, path, entry), path === now.active ? 'active' : 'files'),
    remove(path) {
      const before = now;
      const entry = before.files.get(path);
      const next = removeFile(before, path);
      if (!next || !entry) return null;
      become(next, next.active === before.active ? 'files' : 'active');
      return () => {
        const free = freePath(path, new Set(now.files.keys()));
        const back = setFile(now, free, entry);
        become(
          before.active === path ? { ...back, active: free } : back,
          before.active === path ? 'active' : 'files',
        );
      };
    },
    rename(from, to) {
      const next = renameFile(now, from, to);
      if (typeof next === 'string') return next;
      become(next, from === now.active ? 'active' : 'files');
      return null;
    },
    create(path, text) {
      const free = freePath(path, new Set(now.files.keys()));
      become({ ...setFile(now, free, textFile(text)), active: free }, 'active');
      return free;
    },
    setName(name) {
      const own = name.trim().slice(0, 80);
      if (own !== '' && own !== now.name) become({ ...now, name: own }, 'name');
    },
    onChange: (hear) => void listeners.push(hear),
    keep() {
      if (now.origin.kind === 'folder' || id !== null) return;
      dirty = true;
      void save();
    },
    async flush() {
      if (dirty && id !== null && now.origin.kind !== 'folder') store.note({ id, workspace: now });
      await save();
      await saving;
    },
  };
}
