/** What lies open: the workspace with its panel, its preview, and what can be done with its files. */
import { byId } from '../dom.ts';
import type { Example } from '../examples.ts';
import type { ShownRun } from '../protocol.ts';
import { linkOfWorkspace } from '../share.ts';
import { filesView, type ListedFile } from '../views/files.ts';
import { makePreview } from '../views/preview.ts';
import type { Notice } from '../views/toast.ts';
import type { Folder } from './folder.ts';
import { dropped, type Incoming, pick, sorted } from './incoming.ts';
import { insertion } from './insert.ts';
import {
  activeText,
  bytesFile,
  type FileEntry,
  single,
  sizeOf,
  sortedPaths,
  type Workspace,
} from './model.ts';
import { baseName, extension, isData, isProgram } from './paths.ts';
import { saveToFolder } from './saving.ts';
import type { WorkspaceSession } from './session.ts';
import { deleteStored, renameStored } from './stored-files.ts';

export interface DeskParts {
  readonly session: WorkspaceSession;
  readonly notice: Notice;
  readonly editor: {
    readonly cursor: number;
    edit(e: { start: number; end: number; text: string }): void;
    showProgram(): void;
    focus(): void;
  };
  /** Addresses of data that the playground brings along, by path. */
  readonly bundled: {
    readonly texts: ReadonlyMap<string, string>;
    readonly urls: ReadonlyMap<string, string>;
  };
  readonly showRun: (name: string, run: ShownRun) => void;
}

export interface Desk {
  /** The panel as the workspace is now. @param reads what the program in the editor reads, from its folder */
  show(reads?: readonly string[]): void;
  /** Another workspace was opened, another program is edited: the preview goes. */
  back(): void;
  openFile(path: string): Promise<void>;
  openExample(example: Example): void;
  create(): void;
  /** The file that is seen, where it is one of the workspace and not brought along by the playground. */
  readonly shown: string | null;
  /** Begins to rename that file. */
  rename(): void;
  /** Removes it, and where it lies in a folder of this machine asks before. */
  remove(): Promise<void>;
  pickFiles(): Promise<void>;
  pickFolder(): Promise<void>;
  /** Takes in what was dropped or picked. */
  take(incoming: Incoming, folder: boolean): Promise<void>;
  save(): Promise<void>;
  share(): Promise<void>;
  download(): Promise<void>;
  setFolder(folder: Folder | null): void;
  toggleFiles(): void;
}

const BEGINNING =
  '/// A new program.\n\nenergy E(x : spin) {\n  term field = -0.5 * x\n}\n\nrun draws = sample(E)\n';

/** A new program by itself. */
export const newWorkspace = (): Workspace =>
  single('untitled', 'untitled.energy', BEGINNING, { kind: 'own' });

export const exampleWorkspace = (e: Example): Workspace =>
  single(e.name, e.file, e.text, { kind: 'example', name: e.name });

export function makeDesk({ session, notice, editor, bundled, showRun }: DeskParts): Desk {
  let reads: readonly string[] = [];
  let folder: Folder | null = null;
  let undo: (() => void) | null = null;

  const files = filesView(byId('files', HTMLElement), {
    open: (path) => void openFile(path),
    remove,
    async rename(from, to) {
      const wrong =
        folder && stored(from) ? await renameStored(folder, session, from, to) : session.rename(from, to);
      // What is looked at stays in view under its new name.
      if (wrong === null && preview.shown === from) await openFile(to);
      return wrong;
    },
    create,
    pick: () => void pickFiles(),
    undo: () => undo?.(),
    complain: (text) => notice(text),
  });
  const preview = makePreview(byId('preview', HTMLElement), {
    insert(declaration) {
      const text = activeText(session.now);
      editor.edit(insertion(text, editor.cursor, declaration));
      back();
      editor.focus();
      notice(`Declared in ${baseName(session.now.active)}`);
    },
    close() {
      back();
      editor.focus();
    },
  });

  const stored = (path: string): boolean =>
    session.now.origin.kind === 'folder' && folder !== null && folder.has(path);

  async function remove(path: string): Promise<void> {
    if (folder && stored(path)) {
      if ((await deleteStored(folder, session, path, notice)) && preview.shown === path) back();
      return;
    }
    const bring = session.remove(path);
    if (!bring) {
      notice('The last program stays');
      return;
    }
    if (preview.shown === path) back();
    undo = () => {
      undo = null;
      bring();
    };
    notice(`${path} removed`, { label: 'Undo', act: () => undo?.() });
  }

  const seen = (): string | null => {
    const path = preview.shown ?? session.now.active;
    return session.now.files.has(path) ? path : null;
  };
  const bundledReads = (): readonly string[] =>
    reads.filter((p) => !session.now.files.has(p) && (bundled.urls.has(p) || bundled.texts.has(p)));

  function show(next: readonly string[] = reads): void {
    reads = next;
    const w = session.now;
    const open = w.origin.kind === 'folder' && folder ? new Set(folder.unsaved(w)) : new Set<string>();
    const own = sortedPaths(w).map((path): ListedFile => {
      const entry = w.files.get(path) as FileEntry;
      return { path, size: sizeOf(entry), unsaved: open.has(path), bundled: false };
    });
    const brought = bundledReads().map((path) => ({ path, size: null, unsaved: false, bundled: true }));
    files.show([...own, ...brought], preview.shown ?? w.active);
  }

  function back(): void {
    preview.show(null);
    editor.showProgram();
    show();
  }

  async function openFile(path: string): Promise<void> {
    const entry = session.now.files.get(path);
    if (baseName(path) === 'run.json' && entry) return openRun(path);
    if (isProgram(path)) {
      if (entry?.kind === 'away') {
        const fetched = await folder?.fetch(path);
        if (fetched) session.put(path, fetched);
        else notice(`${path} cannot be fetched`);
      } else if (!entry) return openBundled(path);
      session.activate(path);
      back();
      return;
    }
    const content =
      entry?.kind === 'bytes'
        ? entry.blob
        : { url: entry?.kind === 'away' ? entry.url : (bundled.urls.get(path) ?? '') };
    if (!isData(path)) return;
    const { peekAt } = await import('./reading.ts');
    const { declaredNames } = await import('./insert.ts');
    const base = session.now.active.slice(0, session.now.active.lastIndexOf('/') + 1);
    const named = path.startsWith(base) ? path.slice(base.length) : path;
    const taken = declaredNames(activeText(session.now));
    preview.show(
      { path, size: entry ? sizeOf(entry) : null, declared: reads.includes(path) },
      peekAt({ file: baseName(path), content, path: named, taken }),
    );
    show();
  }

  /** A program that comes with the playground: a copy of it, to be read and changed. */
  function openBundled(path: string): void {
    const text = bundled.texts.get(path);
    if (text === undefined) return;
    session.add([[path, { kind: 'text', text }]]);
    session.activate(path);
  }

  async function openRun(path: string): Promise<void> {
    const dir = path.slice(0, -'run.json'.length);
    const found = new Map<string, Blob>();
    for (const [p, entry] of session.now.files) {
      if (!p.startsWith(dir) || p.slice(dir.length).includes('/')) continue;
      const bytes = entry.kind === 'away' ? await folder?.fetch(p) : entry;
      if (bytes?.kind === 'bytes') found.set(p.slice(dir.length), bytes.blob);
    }
    await showRunFolder(dir.split('/').filter(Boolean).at(-1) ?? session.now.name, found);
  }

  async function showRunFolder(name: string, found: Incoming): Promise<void> {
    const { readRunFolder } = await import('./reading.ts');
    const run = await readRunFolder(name, found);
    if (typeof run === 'string') notice(run);
    else showRun(name, run);
  }

  function create(): void {
    const path = session.create('new.energy', BEGINNING);
    files.edit(path);
  }

  async function take(incoming: Incoming, whole: boolean): Promise<void> {
    if (incoming.size === 0) return;
    let found: Awaited<ReturnType<typeof sorted>>;
    try {
      found = await sorted(incoming);
    } catch (e) {
      notice(`That cannot be opened: ${e instanceof Error ? e.message : String(e)}`);
      return;
    }
    if (found.kind === 'run') return showRunFolder(found.name, found.files);
    if (found.files.size === 0) {
      notice('Nothing there that programs are made of: .energy, CSV, JSON, NPY, NPZ, Parquet');
      return;
    }
    const programs = [...found.files.keys()].filter(isProgram);
    const packed = whole || [...incoming.keys()].some((p) => p.includes('/') || extension(p) === 'zip');
    const untouched = session.kept === null && session.now.origin.kind !== 'folder';
    if (programs.length > 0 && (packed || untouched)) return openWhole(found.files, incoming);
    const entries: (readonly [string, FileEntry])[] = [];
    for (const [path, blob] of found.files)
      entries.push([
        path.includes('/') || isProgram(path) ? path : `data/${path}`,
        await bytesFile(path, blob),
      ]);
    const { paths, refused } = session.add(entries, programs.length > 0);
    if (refused.length > 0) notice(`${refused[0].path} was not taken: ${refused[0].why}`);
    const program = paths.find(isProgram);
    const table = paths.find(isData);
    if (program) {
      session.activate(program);
      back();
    } else if (table !== undefined) await openFile(table);
    if (found.ignored.length > 0) notice(`Left out: ${found.ignored.slice(0, 3).join(', ')}`);
  }

  /** A folder or a zip file with programs is a workspace of its own. */
  async function openWhole(found: Incoming, incoming: Incoming): Promise<void> {
    const { withoutCommonFolder } = await import('./archive.ts');
    const own = withoutCommonFolder(found);
    const outer = [...incoming.keys()][0];
    const name = outer.includes('/') ? outer.slice(0, outer.indexOf('/')) : outer.replace(/\.\w+$/, '');
    const entries = new Map<string, FileEntry>();
    for (const [path, blob] of own) entries.set(path, await bytesFile(path, blob));
    const active = [...entries.keys()]
      .filter(isProgram)
      .sort((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b, 'en'))[0];
    session.open({ name, origin: { kind: 'own' }, files: entries, active });
    session.keep();
    notice(`${entries.size} ${entries.size === 1 ? 'file' : 'files'} opened`);
  }

  async function pickFiles(): Promise<void> {
    await take(await pick('files'), false);
  }

  async function save(): Promise<void> {
    const w = session.now;
    if (w.origin.kind === 'folder' && folder) {
      const path = preview.shown ?? w.active;
      if (await saveToFolder(folder, session, path, notice)) notice(`Saved ${path}`);
      show();
      return;
    }
    session.keep();
    await session.flush();
    notice('Kept in this browser, under My programs');
  }

  async function share(): Promise<void> {
    let shared: Awaited<ReturnType<typeof linkOfWorkspace>>;
    try {
      shared = await linkOfWorkspace(session.now);
    } catch (e) {
      notice(e instanceof Error ? e.message : String(e));
      return;
    }
    const link = new URL(shared.hash, location.href).href;
    const left = shared.left.map((f) => f.path);
    const carries =
      left.length === 0
        ? 'It carries the whole program.'
        : `It does not carry ${left.slice(0, 3).join(', ')}${left.length > 3 ? ' …' : ''}.`;
    if (session.now.origin.kind !== 'folder') history.replaceState(null, '', shared.hash);
    try {
      await navigator.clipboard.writeText(link);
      notice(`Link copied. ${carries}`);
    } catch {
      history.replaceState(null, '', shared.hash);
      notice(`The link is in the address bar. ${carries}`);
    }
  }

  async function download(): Promise<void> {
    const [{ archiveOf }, { bundledNeeds }] = await Promise.all([
      import('./archive.ts'),
      import('./needs.ts'),
    ]);
    const w = session.now;
    const { name, bytes, missing } = await archiveOf(w, bundledNeeds(w, bundled), async (url) => {
      const response = await fetch(url, { credentials: 'same-origin' }).catch(() => null);
      return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    });
    const url = URL.createObjectURL(new Blob([bytes.slice()], { type: 'application/zip' }));
    const a = document.createElement('a');
    a.href = url;
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    notice(missing.length === 0 ? `Downloaded ${name}` : `Downloaded without ${missing.join(', ')}`);
  }

  acceptDrops((transfer) => void dropped(transfer).then((incoming) => take(incoming, false)));

  return {
    show,
    back,
    openFile,
    openExample(example) {
      history.pushState(null, '', `#example=${example.name}`);
      session.open(exampleWorkspace(example));
    },
    create,
    get shown() {
      return seen();
    },
    rename() {
      const path = seen();
      if (path !== null) files.edit(path);
    },
    async remove() {
      const path = seen();
      if (path !== null) await remove(path);
    },
    pickFiles,
    pickFolder: async () => take(await pick('folder'), true),
    take,
    save,
    share,
    download,
    setFolder(next) {
      folder = next;
    },
    toggleFiles: () => files.toggle(),
  };
}

/** Files may be dropped anywhere; the page says so while they are above it. */
function acceptDrops(take: (transfer: DataTransfer) => void): void {
  const root = document.documentElement;
  const carriesFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes('Files') ?? false;
  let inside = 0;
  const listen = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', act: (e: DragEvent) => void): void =>
    addEventListener(
      type,
      (e) => {
        if (!carriesFiles(e)) return;
        e.preventDefault();
        act(e);
      },
      { capture: true },
    );
  listen('dragenter', () => {
    inside++;
    root.toggleAttribute('data-dropping', true);
  });
  listen('dragover', (e) => {
    if (e.dataTransfer) e.dataTransfer.dropEffect = 'copy';
  });
  listen('dragleave', () => {
    inside = Math.max(0, inside - 1);
    if (inside === 0) root.removeAttribute('data-dropping');
  });
  listen('drop', (e) => {
    e.stopPropagation();
    inside = 0;
    root.removeAttribute('data-dropping');
    if (e.dataTransfer) take(e.dataTransfer);
  });
}
