/** What is dropped onto the page or picked: files, folders, zip files; sorted into what it is. */
import { cleanPath, extension, isData, isProgram } from './paths.ts';

/** Files by path, as they came. */
export type Incoming = ReadonlyMap<string, Blob>;

export type Sorted =
  /** The folder of a run, which is looked at and not kept. */
  | { readonly kind: 'run'; readonly name: string; readonly files: Incoming }
  | { readonly kind: 'files'; readonly files: Incoming; readonly ignored: readonly string[] };

/** Files of a drop, at most. */
const MOST = 2000;

/** All files of a drop, folders included. Must be called while the drop is handled. */
export async function dropped(transfer: DataTransfer): Promise<Incoming> {
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files];
  const out = new Map<string, Blob>();
  if (roots.some((r) => r !== null)) for (const root of roots) if (root) await walk(root, out);
  if (out.size === 0) for (const file of plain) out.set(file.name, file);
  return copied(out);
}

async function walk(entry: FileSystemEntry, out: Map<string, Blob>): Promise<void> {
  if (out.size >= MOST) return;
  const path = entry.fullPath.replace(/^\/+/, '');
  if (isFile(entry)) {
    const file = await new Promise<File | null>((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) out.set(path || file.name, file);
  } else if (isFolder(entry) && !hiddenPath(path)) {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise<readonly FileSystemEntry[]>((resolve) =>
        reader.readEntries(resolve, () => resolve([])),
      );
      if (some.length === 0) break;
      for (const child of some) await walk(child, out);
    }
  }
}

const isFile = (e: FileSystemEntry): e is FileSystemFileEntry => e.isFile;
const isFolder = (e: FileSystemEntry): e is FileSystemDirectoryEntry => e.isDirectory;

/** Asks for files, or for a folder. */
export function pick(what: 'files' | 'folder'): Promise<Incoming> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (what === 'folder') input.webkitdirectory = true;
  return new Promise((resolve) => {
    input.addEventListener('cancel', () => resolve(new Map()));
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])].slice(0, MOST);
      void copied(new Map(files.map((f) => [f.webkitRelativePath || f.name, f]))).then(resolve);
    });
    input.click();
  });
}

/** Bytes of our own: a file of the disk may change or go while the page is open. */
async function copied(files: Incoming): Promise<Incoming> {
  const out = new Map<string, Blob>();
  for (const [path, blob] of files) {
    if (hiddenPath(path)) continue;
    try {
      out.set(path, new Blob([await blob.arrayBuffer()]));
    } catch {
      // What cannot be read is not there.
    }
  }
  return out;
}

const hiddenPath = (path: string): boolean =>
  path.split('/').some((p) => p.startsWith('.') || p === 'node_modules');

/** Unpacks zip files, and tells the folder of a run from programs and data. */
export async function sorted(incoming: Incoming): Promise<Sorted> {
  const files = new Map<string, Blob>();
  for (const [path, blob] of incoming) {
    if (extension(path) !== 'zip') {
      files.set(path, blob);
      continue;
    }
    const { unzipped } = await import('./archive.ts');
    const inside = unzipped(new Uint8Array(await blob.arrayBuffer()));
    for (const [name, bytes] of inside) files.set(name, new Blob([bytes.slice()]));
  }
  const run = [...files.keys()].find((p) => p === 'run.json' || p.endsWith('/run.json'));
  if (run !== undefined && ![...files.keys()].some(isProgram)) {
    const folder = run.slice(0, -'run.json'.length);
    const own = new Map(
      [...files].flatMap(([p, b]) => (p.startsWith(folder) ? [[p.slice(folder.length), b] as const] : [])),
    );
    const outer = [...incoming.keys()][0] ?? '';
    const name = folder.split('/').filter(Boolean).at(-1) ?? outer.replace(/\.zip$/, '');
    return { kind: 'run', name: name === 'run.json' ? 'run' : name, files: own };
  }
  const kept = new Map<string, Blob>();
  const ignored: string[] = [];
  for (const [path, blob] of files) {
    const clean = cleanPath(path);
    if (clean !== null && (isProgram(clean) || isData(clean))) kept.set(clean, blob);
    else ignored.push(path);
  }
  return { kind: 'files', files: kept, ignored };
}
