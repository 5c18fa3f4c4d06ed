/** The user's folder as the playground may see it: what is listed, read and written, and what is refused. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { MAX_TEXT } from '../../modules.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';

/** Endings of the files that programs read and runs write. */
const KINDS = ['energy', 'csv', 'json', 'npy', 'npz', 'parquet', 'safetensors', 'jsonl'];
const MOST_FILES = 2_000;
const MOST_ENTRIES = 50_000;
const DEEPEST = 8;
/** Bytes of a file that is read or written. */
export const MOST_BYTES = 256 * 2 ** 20;

export interface ListedFile {
  /** From the folder, with `/`. */
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface FolderList {
  readonly name: string;
  readonly files: readonly ListedFile[];
}

/** What keeps a request from being served, as a status of HTTP and a sentence. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** When a file may be replaced: the headers `If-Match` and `If-None-Match`. */
export interface Condition {
  readonly match?: string;
  readonly noneMatch?: string;
}

export interface StoredFile {
  readonly bytes: Uint8Array;
  readonly tag: string;
}

export interface Folder {
  list(): Promise<FolderList>;
  /** @throws Refusal */
  read(file: string): Promise<StoredFile>;
  /**
   * Replaces a program that is as `condition.match` says, or writes a new file.
   * @returns the tag of the new state, and whether the file is new
   * @throws Refusal
   */
  write(
    file: string,
    bytes: Uint8Array,
    condition: Condition,
  ): Promise<{ readonly tag: string; readonly created: boolean }>;
  /**
   * Removes a file that is as `condition.match` says; without it none.
   * @throws Refusal
   */
  remove(file: string, condition: Condition): Promise<void>;
  /**
   * Gives such a file another path, where there is nothing yet; its ending stays.
   * @throws Refusal
   */
  rename(file: string, to: string, condition: Condition): Promise<void>;
}

/** @param dir absolute; symbolic links that lead out of it are not followed */
export async function openFolder(dir: string): Promise<Folder> {
  const root = await fs.realpath(dir);
  const host = nodeHost({ root, maxBytes: MOST_BYTES });
  let last: Promise<unknown> = Promise.resolve();
  const read = async (file: string): Promise<StoredFile> => {
    const bytes = await host.read(checked(file)).catch((e: unknown) => {
      throw refusalOf(e);
    });
    return { bytes, tag: tagOf(bytes) };
  };
  /** One after the other: what a condition was checked on is what is replaced. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const next = last.then(act);
    last = next.catch(() => undefined);
    return next;
  };
  /** Where a file lies itself; a symbolic link is what is removed or renamed, not what it leads to. */
  const placeOf = async (file: string): Promise<string> => {
    const absolute = path.join(root, ...checked(file).split('/'));
    const parent = await fs.realpath(path.dirname(absolute)).catch(() => null);
    if (parent === null) throw new Refusal(404, `\`${file}\` is not there`);
    if (outside(root, parent)) throw new Refusal(403, `\`${file}\` leads out of the folder`);
    return path.join(parent, path.basename(absolute));
  };
  const asSeen = async (file: string, { match }: Condition): Promise<string> => {
    if (match === undefined)
      throw new Refusal(428, `say in If-Match which state of \`${file}\` is removed or renamed`);
    const place = await placeOf(file);
    if (!(await regular(root, file))) throw new Refusal(404, `\`${file}\` is not there`);
    if (match !== '*' && match !== (await read(file)).tag)
      throw new Refusal(412, `\`${file}\` has changed since it was read`);
    return place;
  };
  const attempt = (what: string, act: () => Promise<unknown>): Promise<unknown> =>
    act().catch((e: unknown) => {
      if (e instanceof Refusal) throw e;
      throw new Refusal(409, `${what}: ${e instanceof Error && 'code' in e ? String(e.code) : 'it failed'}`);
    });
  return {
    read,
    remove: (file, condition) =>
      inTurn(async () => {
        const place = await asSeen(file, condition);
        await attempt(`\`${file}\` cannot be removed`, () => fs.unlink(place));
      }),
    rename: (file, to, condition) =>
      inTurn(async () => {
        const place = await asSeen(file, condition);
        if (kindOf(checked(to)) !== kindOf(file))
          throw new Refusal(403, `\`${to}\` does not end like \`${file}\``);
        // What lies in the way, and links that lead out, are looked at as for writing.
        if (await host.exists(to).catch((e: unknown) => Promise.reject(refusalOf(e))))
          throw new Refusal(412, `\`${to}\` is there already`);
        await attempt(`\`${file}\` cannot be renamed`, async () => {
          await fs.mkdir(path.join(root, path.dirname(to)), { recursive: true });
          await fs.rename(place, await placeOf(to));
        });
      }),
    list: async () => ({ name: path.basename(root) || root, files: await listed(root) }),
    write: (file, bytes, condition) =>
      inTurn(async () => {
        const program = checked(file).endsWith('.energy');
        if (program && bytes.length > MAX_TEXT) throw new Refusal(413, 'the program is larger than 16 MiB');
        const there = await read(file).catch((e: unknown) => {
          if (e instanceof Refusal && e.status === 404) return null;
          throw e;
        });
        allow(file, program, there, condition);
        await host.write(file, bytes).catch((e: unknown) => {
          throw refusalOf(e);
        });
        return { tag: tagOf(bytes), created: there === null };
      }),
  };
}

/** @throws Refusal */
function allow(
  file: string,
  program: boolean,
  there: StoredFile | null,
  { match, noneMatch }: Condition,
): void {
  if (there && !program)
    throw new Refusal(403, `\`${file}\` is there; only programs (.energy) can be replaced`);
  if (there && noneMatch !== undefined) throw new Refusal(412, `\`${file}\` is there already`);
  if (there && match === undefined)
    throw new Refusal(428, `\`${file}\` is there; say in If-Match which state of it is replaced`);
  if (match === undefined || (there !== null && (match === '*' || match === there.tag))) return;
  throw new Refusal(
    412,
    there ? `\`${file}\` has changed since it was read` : `\`${file}\` is no longer there`,
  );
}

/** A path inside the folder as it is written: plain names with `/` between them, of a kind that matters. */
function checked(file: string): string {
  const names = file.split('/');
  const plain = names.every((n) => n !== '' && visible(n) && !/[\\:\p{Cc}]/u.test(n));
  if (!plain || file.length > 1024)
    throw new Refusal(403, `\`${file.slice(0, 200)}\` is not a path of a file below the folder`);
  if (!matters(names[names.length - 1]))
    throw new Refusal(403, `\`${file}\` is not one of the files ${KINDS.map((k) => `.${k}`).join(', ')}`);
  return file;
}

const visible = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';
const kindOf = (name: string): string => path.extname(name).slice(1).toLowerCase();
const matters = (name: string): boolean => KINDS.includes(kindOf(name));
const outside = (root: string, real: string): boolean =>
  path.relative(root, real).split(path.sep)[0] === '..' || path.isAbsolute(path.relative(root, real));
const tagOf = (bytes: Uint8Array): string =>
  `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 32)}"`;

function refusalOf(e: unknown): unknown {
  if (!(e instanceof EnergyError)) return e;
  const { code, message } = e.diagnostics[0];
  const status = code === 'E0501' ? 404 : code === 'E0502' ? 403 : code === 'E0504' ? 413 : 409;
  return new Refusal(status, message);
}

/** Files that matter, nearest first within the bounds, then by path. */
async function listed(root: string): Promise<readonly ListedFile[]> {
  const out: ListedFile[] = [];
  let entries = 0;
  let level = [''];
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const below: string[] = [];
    for (const dir of level) {
      const found = await fs.readdir(path.join(root, dir), { withFileTypes: true }).catch(() => []);
      for (const e of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (++entries > MOST_ENTRIES || out.length >= MOST_FILES) return sorted(out);
        if (!visible(e.name)) continue;
        const file = dir === '' ? e.name : `${dir}/${e.name}`;
        if (e.isDirectory()) below.push(file);
        else if (matters(e.name) && (e.isFile() || e.isSymbolicLink())) {
          const stat = await regular(root, file);
          if (stat) out.push({ path: file, size: stat.size, modified: Math.round(stat.mtimeMs) });
        }
      }
    }
    level = below;
  }
  return sorted(out);
}

const sorted = (files: ListedFile[]): readonly ListedFile[] =>
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

/** Null for what is no file, or a link that leads out. */
async function regular(
  root: string,
  file: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | null> {
  try {
    const real = await fs.realpath(path.join(root, file));
    if (outside(root, real)) return null;
    const stat = await fs.stat(real);
    return stat.isFile() ? stat : null;
  } catch {
    return null;
  }
}
