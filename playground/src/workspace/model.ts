/** A workspace: the files of one program as they stand now. Values; every change makes a new one. */
import { cleanPath, freePath, isProgram, whyNoPath } from './paths.ts';

/** Texts of programs, bytes of everything else, and what lies in a folder elsewhere until it is needed. */
export type FileEntry =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly blob: Blob }
  | { readonly kind: 'away'; readonly url: string; readonly size: number; readonly version: string };

export type Origin =
  | { readonly kind: 'own' }
  | { readonly kind: 'example'; readonly name: string }
  | { readonly kind: 'link' }
  /** A folder of this machine, which a server shows. */
  | { readonly kind: 'folder'; readonly name: string };

export interface Workspace {
  readonly name: string;
  readonly origin: Origin;
  readonly files: ReadonlyMap<string, FileEntry>;
  /** The program in the editor. */
  readonly active: string;
}

/** Files of one workspace, at most: as many as a program may use, and room for data. */
export const MOST_FILES = 500;

export const textFile = (text: string): FileEntry => ({ kind: 'text', text });

/** A program's text as text, anything else as bytes. */
export const bytesFile = async (path: string, blob: Blob): Promise<FileEntry> =>
  isProgram(path) ? textFile(await blob.text()) : { kind: 'bytes', blob };

export const sizeOf = (entry: FileEntry): number => {
  switch (entry.kind) {
    case 'text':
      return new TextEncoder().encode(entry.text).length;
    case 'bytes':
      return entry.blob.size;
    case 'away':
      return entry.size;
  }
};

/** One program by itself. */
export const single = (name: string, file: string, text: string, origin: Origin): Workspace => ({
  name,
  origin,
  files: new Map([[file, textFile(text)]]),
  active: file,
});

/** The text of the program in the editor; '' while it is not here. */
export function activeText(w: Workspace): string {
  const entry = w.files.get(w.active);
  return entry?.kind === 'text' ? entry.text : '';
}

/** The paths in the order of the panel: programs at the top first, folders after their neighbours. */
export const sortedPaths = (w: Workspace): readonly string[] =>
  [...w.files.keys()].sort((a, b) => {
    const depth = Number(a.includes('/')) - Number(b.includes('/'));
    if (depth !== 0) return depth;
    return Number(isProgram(b)) - Number(isProgram(a)) || a.localeCompare(b, 'en');
  });

const withFiles = (w: Workspace, files: ReadonlyMap<string, FileEntry>): Workspace => ({ ...w, files });

export const setFile = (w: Workspace, path: string, entry: FileEntry): Workspace =>
  withFiles(w, new Map(w.files).set(path, entry));

/** The same workspace where nothing changes. */
export function setText(w: Workspace, path: string, text: string): Workspace {
  const before = w.files.get(path);
  return before?.kind === 'text' && before.text === text ? w : setFile(w, path, textFile(text));
}

export interface Added {
  readonly workspace: Workspace;
  /** What each file is called now, in the order in which they came. */
  readonly paths: readonly string[];
  /** Files that were not taken, and why. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
}

/** Adds files; one whose path is taken replaces the older one, or gets another name where `keep` says so. */
export function addFiles(
  w: Workspace,
  added: readonly (readonly [path: string, entry: FileEntry])[],
  keep = false,
): Added {
  const files = new Map(w.files);
  const paths: string[] = [];
  const refused: { path: string; why: string }[] = [];
  for (const [written, entry] of added) {
    const clean = cleanPath(written);
    if (clean === null) {
      refused.push({ path: written, why: 'its path leaves the folder' });
      continue;
    }
    const path = keep ? freePath(clean, new Set(files.keys())) : clean;
    const others = [...files.keys()].filter((p) => p !== path);
    const why = whyNoPath(path, others) ?? (files.size >= MOST_FILES && !files.has(path) ? tooMany : null);
    if (why !== null) {
      refused.push({ path, why });
      continue;
    }
    files.set(path, entry);
    paths.push(path);
  }
  return { workspace: withFiles(w, files), paths, refused };
}

const tooMany = `a program has ${MOST_FILES} files at most`;

/** Without a file. The last program stays: `null`. */
export function removeFile(w: Workspace, path: string): Workspace | null {
  if (!w.files.has(path)) return w;
  const files = new Map(w.files);
  files.delete(path);
  if (path !== w.active) return withFiles(w, files);
  const next = sortedPaths({ ...w, files }).find(isProgram);
  return next === undefined ? null : { ...w, files, active: next };
}

/** Gives a file another path. @returns a sentence where that cannot be */
export function renameFile(w: Workspace, from: string, to: string): Workspace | string {
  const entry = w.files.get(from);
  if (!entry) return `there is no file \`${from}\``;
  if (from === to) return w;
  const why = whyNoPath(
    to,
    [...w.files.keys()].filter((p) => p !== from),
  );
  if (why !== null) return why;
  if (isProgram(from) !== isProgram(to))
    return isProgram(from) ? 'a program ends in .energy' : 'what is no program does not end in .energy';
  const files = new Map([...w.files].map(([p, e]) => [p === from ? to : p, e] as const));
  return { ...w, files, active: w.active === from ? to : w.active };
}

export const activate = (w: Workspace, path: string): Workspace =>
  isProgram(path) && w.files.has(path) && path !== w.active ? { ...w, active: path } : w;
