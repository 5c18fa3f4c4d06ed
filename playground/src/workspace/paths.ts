/** Paths of files in a workspace: relative, with `/` between their parts, inside it. */

/** Longer paths are refused, as the compiler does. */
const MAX_LENGTH = 240;

export type FileKind = 'program' | 'table' | 'array' | 'json' | 'other';

const kinds: Readonly<Record<string, FileKind>> = {
  energy: 'program',
  csv: 'table',
  tsv: 'table',
  tab: 'table',
  parquet: 'table',
  pq: 'table',
  npy: 'array',
  npz: 'array',
  safetensors: 'array',
  uai: 'array',
  json: 'json',
};

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The folder of a path with its slash; '' at the top. */
export const folderName = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** What follows the last dot, in lower case; '' where there is none. */
export function extension(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

export const kindOfPath = (path: string): FileKind => kinds[extension(path)] ?? 'other';

export const isProgram = (path: string): boolean => kindOfPath(path) === 'program';

/** Whether programs can read such a file as data. */
export const isData = (path: string): boolean => !['program', 'other'].includes(kindOfPath(path));

/** The path without `.` and `..`, with `/` between its parts; null where it leaves its folder or says nothing. */
export function cleanPath(path: string): string | null {
  const out: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    const own = part.trim();
    if (own === '' || own === '.') continue;
    if (own !== '..') out.push(own);
    else if (out.pop() === undefined) return null;
  }
  return out.length === 0 ? null : out.join('/');
}

/** Why this cannot be the name of a file among `taken`; null where it can. */
export function whyNoPath(path: string, taken: Iterable<string>): string | null {
  if (path.trim() === '') return 'a file needs a name';
  if (path.length > MAX_LENGTH) return `a name has ${MAX_LENGTH} characters at most`;
  for (const unit of path)
    if (unit.codePointAt(0)! < 0x20 || '\\:*?"<>|'.includes(unit))
      return 'a name has no control characters and none of \\ : * ? " < > |';
  if (cleanPath(path) !== path) return 'a name is a path inside the program, like `data/table.csv`';
  for (const other of taken) {
    if (other === path) return `there is a file \`${path}\` already`;
    if (other.startsWith(`${path}/`)) return `\`${path}\` is a folder already`;
    if (path.startsWith(`${other}/`)) return `\`${other}\` is a file, no folder`;
  }
  return null;
}

/** `table.csv`, or `table-2.csv` where that is taken, and so on. */
export function freePath(path: string, taken: ReadonlySet<string>): string {
  if (!taken.has(path)) return path;
  const dot = path.lastIndexOf('.');
  const at = dot > path.lastIndexOf('/') ? dot : path.length;
  for (let n = 2; ; n++) {
    const next = `${path.slice(0, at)}-${n}${path.slice(at)}`;
    if (!taken.has(next)) return next;
  }
}

/** A name that folders and downloads can have: letters, digits, `.`, `_`, `-`. */
export const safeName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60) || 'program';

/** 12 B, 3.4 kB, 1.2 MB. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}
