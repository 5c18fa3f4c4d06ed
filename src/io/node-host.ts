import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as nodePath from 'node:path';
import type { EnergyError } from '../syntax/diagnostic.ts';
import { dataFault, type IoCode } from './codes.ts';
import { defaultMaxBytes, defaultMaxOpenBytes, type Host, type OpenFile } from './host.ts';

export interface NodeHostOptions {
  /** The program's folder: relative paths start here and must end inside it. */
  readonly root: string;
  /** Further files or folders that may be used, as the caller (not the program) names them, from the cwd. */
  readonly allow?: readonly string[];
  /** The largest file that is read; default 1 GiB. */
  readonly maxBytes?: number;
}

export interface NodeHost extends Host {
  /**
   * Allows one file or folder named on the command line: resolves it against the current folder and
   * answers the absolute path by which to read, write or list it from now on.
   */
  permit(path: string): string;
}

/**
 * Files through Node. A path that a program names is resolved against `root`; an absolute path, one with
 * `..` that climbs out and one whose symbolic links lead out are refused (E0502), unless they end inside
 * `allow` or what `permit` was given. Only regular files are read.
 */
export function nodeHost(options: NodeHostOptions): NodeHost {
  const root = nodePath.resolve(options.root);
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const allowed: string[] = [root, ...(options.allow ?? []).map((p) => nodePath.resolve(p))];

  /** The real path behind `path`, once it is known to be inside an allowed place. */
  const locate = async (path: string): Promise<string> => {
    if (path.includes('\0')) throw dataFault('E0502', path, 'A path contains a zero byte.');
    const absolute = nodePath.resolve(root, path);
    const real = await realPath(absolute, path);
    for (const place of allowed) {
      if (isInside(real, await realPath(place, path))) return real;
    }
    throw refusal(path, absolute, root);
  };

  return {
    permit(path) {
      const absolute = nodePath.resolve(path);
      allowed.push(absolute);
      return absolute;
    },
    async read(path) {
      const real = await locate(path);
      return attempt('E0503', path, 'cannot be read', async () => {
        requireFile(await fs.stat(real), path);
        const handle = await fs.open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
        try {
          const stats = await handle.stat();
          requireFile(stats, path);
          if (stats.size > maxBytes) {
            throw dataFault('E0504', path, `\`${path}\` has ${stats.size} bytes; the limit is ${maxBytes}.`);
          }
          const buffer = await handle.readFile();
          if (buffer.length > maxBytes) {
            throw dataFault(
              'E0504',
              path,
              `\`${path}\` has ${buffer.length} bytes; the limit is ${maxBytes}.`,
            );
          }
          return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
        } finally {
          await handle.close();
        }
      });
    },
    async open(path) {
      const real = await locate(path);
      return attempt('E0503', path, 'cannot be read', async () => {
        requireFile(await fs.stat(real), path);
        const handle = await fs.open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
        try {
          const stats = await handle.stat();
          requireFile(stats, path);
          const limit = options.maxBytes ?? defaultMaxOpenBytes;
          if (stats.size > limit)
            throw dataFault('E0504', path, `\`${path}\` has ${stats.size} bytes; the limit is ${limit}.`);
          return parts(handle, stats.size, path);
        } catch (cause) {
          await handle.close();
          throw cause;
        }
      });
    },
    async write(path, content) {
      const real = await locate(path);
      await attempt('E0505', path, 'cannot be written', async () => {
        await fs.mkdir(nodePath.dirname(real), { recursive: true });
        await replaceFile(real, content);
      });
    },
    async exists(path) {
      const real = await locate(path);
      try {
        await fs.stat(real);
        return true;
      } catch {
        return false;
      }
    },
    async list(dir) {
      const real = await locate(dir);
      return attempt('E0503', dir, 'cannot be listed', async () => (await fs.readdir(real)).sort());
    },
    async remove(path) {
      const real = await locate(path);
      await attempt('E0505', path, 'cannot be removed', () => fs.rm(real, { force: true }));
    },
  };
}

function parts(handle: fs.FileHandle, size: number, path: string): OpenFile {
  return {
    size,
    read: (from, to) =>
      attempt('E0503', path, 'cannot be read', async () => {
        const bytes = new Uint8Array(Math.max(0, Math.min(size, to) - from));
        for (let done = 0; done < bytes.length; ) {
          const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
          if (bytesRead === 0)
            throw dataFault('E0503', path, `\`${path}\` became shorter while it was read.`);
          done += bytesRead;
        }
        return bytes;
      }),
    close: () => handle.close(),
  };
}

/** Temporary file beside the target, flushed, then renamed over it; the temporary never survives a failure. */
async function replaceFile(real: string, content: Uint8Array | string): Promise<void> {
  const name = `.${nodePath.basename(real)}.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = nodePath.join(nodePath.dirname(real), name);
  try {
    const handle = await fs.open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, real);
  } catch (cause) {
    await fs.rm(temporary, { force: true });
    throw cause;
  }
}

/** `realpath` of the deepest part that is there, and the rest as it stands. */
async function realPath(absolute: string, path: string): Promise<string> {
  let head = absolute;
  let rest = '';
  for (;;) {
    try {
      return nodePath.join(await fs.realpath(head), rest);
    } catch (cause) {
      const code = errno(cause);
      const parent = nodePath.dirname(head);
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || parent === head) {
        throw dataFault('E0503', path, `\`${path}\` cannot be reached: ${explain(code, cause)}.`);
      }
      rest = nodePath.join(nodePath.basename(head), rest);
      head = parent;
    }
  }
}

function isInside(path: string, place: string): boolean {
  const relative = nodePath.relative(place, path);
  return relative === '' || !(relative.split(nodePath.sep)[0] === '..' || nodePath.isAbsolute(relative));
}

function refusal(path: string, absolute: string, root: string): EnergyError {
  const why = nodePath.isAbsolute(path)
    ? 'is absolute'
    : isInside(absolute, root)
      ? 'leads out of the folder of its program through a symbolic link'
      : 'leaves the folder of its program';
  return dataFault('E0502', path, `The path \`${path}\` ${why}; expected a path inside that folder.`, {
    suggestion: 'Move the file beside the program, or name it on the command line.',
  });
}

function requireFile(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const found = stats.isDirectory() ? 'a folder' : 'not a regular file';
  throw dataFault('E0503', path, `\`${path}\` is ${found}; expected a file.`);
}

async function attempt<T>(code: IoCode, path: string, verb: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const failure = errno(cause);
    if (failure === undefined) throw cause;
    if (failure === 'ENOENT' && code === 'E0503') {
      throw dataFault('E0501', path, `There is no file or folder \`${path}\`.`);
    }
    throw dataFault(code, path, `\`${path}\` ${verb}: ${explain(failure, cause)}.`);
  }
}

function errno(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

function explain(code: string | undefined, cause: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is not a folder';
    case 'ENOSPC':
      return 'no space is left';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ELOOP':
      return 'its symbolic links go in a circle';
    case 'ENAMETOOLONG':
      return 'its name is too long';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
