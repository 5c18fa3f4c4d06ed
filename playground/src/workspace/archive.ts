/** Workspaces as zip files that the command line runs, and zip files as files. */
import { unzipSync, zipSync } from 'fflate';
import { activeText, type FileEntry, type Workspace } from './model.ts';
import { cleanPath, safeName } from './paths.ts';

/** What a zip file may unpack to. */
const MOST_UNPACKED = 2 ** 29;
const MOST_ENTRIES = 5000;

export interface Archive {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Files that could not be put into it. */
  readonly missing: readonly string[];
}

/** Reads what lies elsewhere; null where it is not to be had. */
export type Fetching = (url: string) => Promise<Uint8Array | null>;

/**
 * A zip file with one folder: the files of the workspace, what they need of what the playground brings along, and
 * a README that says how to run it.
 */
export async function archiveOf(
  w: Workspace,
  needs: { readonly texts: ReadonlyMap<string, string>; readonly urls: ReadonlyMap<string, string> },
  fetching: Fetching,
): Promise<Archive> {
  const encoder = new TextEncoder();
  const folder = safeName(w.name);
  const missing: string[] = [];
  const out: Record<string, Uint8Array> = {};
  const put = (path: string, bytes: Uint8Array | null): void => {
    if (bytes) out[`${folder}/${path}`] = bytes;
    else missing.push(path);
  };
  for (const [path, entry] of w.files) put(path, await bytesOf(entry, fetching));
  for (const [path, text] of needs.texts) put(path, encoder.encode(text));
  for (const [path, url] of needs.urls) put(path, await fetching(url));
  if (!w.files.has('README.txt')) put('README.txt', encoder.encode(readme(w, folder)));
  return { name: `${folder}.zip`, bytes: zipped(out), missing };
}

async function bytesOf(entry: FileEntry, fetching: Fetching): Promise<Uint8Array | null> {
  switch (entry.kind) {
    case 'text':
      return new TextEncoder().encode(entry.text);
    case 'bytes':
      return new Uint8Array(await entry.blob.arrayBuffer());
    case 'away':
      return fetching(entry.url);
  }
}

function readme(w: Workspace, folder: string): string {
  const program = /[^\w./-]/.test(w.active) ? `"${w.active}"` : w.active;
  const about = /^\/\/\/\s*(.+)/.exec(activeText(w))?.[1];
  return [
    w.name,
    '='.repeat(w.name.length),
    ...(about ? ['', about] : []),
    '',
    'A program of the Energy language. With the command line installed:',
    '',
    `  cd ${folder}`,
    `  energy check ${program}`,
    `  energy run ${program} -o runs`,
    '',
    'What a run wrote into `runs` can be dropped onto the playground to be looked at,',
    'and `energy playground .` opens this folder in the browser.',
    '',
  ].join('\n');
}

/** In this thread: what fflate's own workers are made of, the page's policy does not allow. */
const zipped = (files: Record<string, Uint8Array>): Uint8Array => zipSync(files, { level: 6 });

/**
 * The files of a zip file, by path; a folder that holds everything is left out.
 * @throws RangeError where it would unpack to more than is bearable, Error where it is no zip file
 */
export function unzipped(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  let total = 0;
  let entries = 0;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    entries++;
    total += originalSize;
    if (total > MOST_UNPACKED || entries > MOST_ENTRIES)
      throw new RangeError('it unpacks to more than 512 MiB or 5000 files');
    return !name.endsWith('/') && cleanPath(name) !== null && !hidden(name);
  };
  let found: Readonly<Record<string, Uint8Array>>;
  try {
    found = unzipSync(bytes, { filter });
  } catch (e) {
    throw e instanceof RangeError ? e : new Error('it is no zip file, or a damaged one');
  }
  const files = Object.entries(found).flatMap(([path, own]) => {
    const clean = cleanPath(path);
    return clean === null ? [] : [[clean, own] as const];
  });
  return withoutCommonFolder(new Map(files));
}

/** What systems put beside files: `.DS_Store`, `__MACOSX`. */
export const hidden = (path: string): boolean =>
  path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'node_modules');

/** Files without the one folder that they all lie in. */
export function withoutCommonFolder<T>(files: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const paths = [...files.keys()];
  const first = paths[0]?.slice(0, paths[0].indexOf('/') + 1) ?? '';
  if (first === '' || !paths.every((p) => p.startsWith(first))) return files;
  return new Map([...files].map(([path, value]) => [path.slice(first.length), value]));
}
