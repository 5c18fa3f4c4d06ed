/** From the command line's arguments to a checked program: the file and those it uses, constants. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { type Compiled, type CompileOptions, compileProgram } from '../compile.ts';
import { MAX_TEXT } from '../modules.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { suggest } from '../syntax/suggest.ts';
import { readerIn } from './library.ts';
import { type Io, type Terminal, UsageError } from './terminal.ts';
import { isUai, uaiProgram } from './uai.ts';

export interface CommonOptions {
  readonly data?: readonly string[];
  readonly set?: readonly string[];
  readonly engine?: string;
  /** The tfjs backend that computes, instead of an engine. */
  readonly backend?: string;
  /** Folders of fits: `dir`, or `stem=dir` for the parameters of one used file. */
  readonly params?: readonly string[];
  readonly seed?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly output?: string;
  /** What is known of a UAI model. */
  readonly evidence?: string;
}

export async function readProgram(io: Io, file: string): Promise<string> {
  const full = path.resolve(io.cwd, file);
  try {
    const stat = await nodeFs.stat(full);
    if (stat.isDirectory()) throw new UsageError(`\`${file}\` is a folder; expected an .energy file`);
    if (stat.size > MAX_TEXT) throw new UsageError(`\`${file}\` is larger than 16 MiB`);
    return decoded(await nodeFs.readFile(full), file);
  } catch (e) {
    if (e instanceof UsageError || e instanceof EnergyError) throw e;
    if (e instanceof Error && 'code' in e && (e.code === 'EACCES' || e.code === 'EPERM'))
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0503',
          place: { kind: 'data', file },
          message: `\`${file}\` cannot be read: it is not yours to read`,
        },
      ]);
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0501',
        place: { kind: 'data', file },
        message: `there is no file \`${file}\``,
        suggestion: await nearby(full),
      },
    ]);
  }
}

/** @throws EnergyError E0503 of what is no UTF-8 */
function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0503',
        place: { kind: 'data', file },
        message: `\`${file}\` is not UTF-8 text`,
        suggestion: 'save the program as UTF-8',
      },
    ]);
  }
}

async function nearby(full: string): Promise<string | undefined> {
  const names = await nodeFs.readdir(path.dirname(full)).catch(() => []);
  // Of files of its kind the stems are compared: `.energy` alone is no likeness.
  const kind = path.extname(full);
  const stems = names.filter((n) => path.extname(n) === kind).map((n) => path.basename(n, kind));
  const stem = kind === '' ? undefined : suggest(path.basename(full, kind), stems);
  const near =
    stem !== undefined
      ? `${stem}${kind}`
      : stems.length === 0
        ? suggest(path.basename(full), names)
        : undefined;
  return near ? `did you mean \`${near}\`?` : undefined;
}

/** `--set n=64` */
export function constants(options: CommonOptions): Map<string, number> {
  const out = new Map<string, number>();
  for (const s of options.set ?? []) {
    const i = s.indexOf('=');
    const value = Number(s.slice(i + 1));
    if (i < 1 || s.slice(i + 1).trim() === '' || Number.isNaN(value))
      throw new UsageError(`--set takes name=number, not \`${s}\``);
    out.set(s.slice(0, i), value);
  }
  return out;
}

export async function compileFile(
  io: Io,
  terminal: Terminal,
  file: string,
  options: CommonOptions,
  extra?: CompileOptions['extra'],
): Promise<Compiled> {
  const text = await readText(io, file);
  const set = constants(options);
  const name = programName(file);
  const reader = readerIn(rootOf(io, file));
  const compiled = await compileProgram(text, name, reader, { constants: set, extra });
  for (const source of compiled.sources.values()) terminal.addSource(source);
  for (const name of set.keys())
    if (!compiled.tree.items.some((i) => i.kind === 'const' && i.name.text === name)) {
      const near = suggest(
        name,
        compiled.tree.items.flatMap((i) => (i.kind === 'const' ? [i.name.text] : [])),
      );
      throw new UsageError(
        `--set ${name}: the program has no constant \`${name}\`${near ? `; did you mean \`${near}\`?` : ''}`,
      );
    }
  return compiled;
}

/** What messages call a program. */
export const programName = (file: string): string => (file === '-' ? 'standard input' : file);

/** What folders of its results are called. */
export const programStem = (file: string): string =>
  file === '-' ? 'stdin' : path.basename(file, '.energy');

/** The folder that a program may read from. */
export const rootOf = (io: Io, file: string): string =>
  file === '-' ? io.cwd : path.dirname(path.resolve(io.cwd, file));

let stdin: Promise<string> | undefined;
/** A program's text, which a UAI model is turned into; `-` is standard input, which can be read once but asked for again. */
export function readText(io: Io, file: string): Promise<string> {
  if (isUai(file)) return uaiProgram(io, file);
  if (file !== '-') return readProgram(io, file);
  stdin ??= readStdin();
  return stdin;
}

async function readStdin(): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_TEXT) throw new UsageError('standard input is larger than 16 MiB');
  }
  return decoded(Buffer.concat(parts), programName('-'));
}
