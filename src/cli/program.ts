/** From the command line's arguments to a session: file, constants, data, engine, parameters. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import type { HostArray } from '../arrays.ts';
import { shapeOf } from '../bind/bound.ts';
import { type Compiled, type CompileOptions, compileText } from '../compile.ts';
import type { Engine } from '../engines/engine.ts';
import { type NodeHost, nodeHost } from '../io/node-host.ts';
import { readParams } from '../io/run-folder.ts';
import type { Slot } from '../ir/types.ts';
import { openSession, type Session } from '../run/session.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { suggest } from '../syntax/suggest.ts';
import { type Io, type Terminal, UsageError } from './terminal.ts';

export interface CommonOptions {
  readonly data?: readonly string[];
  readonly set?: readonly string[];
  readonly engine?: string;
  readonly params?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly output?: string;
}

export const engineNames = ['auto', 'tensorflow', 'wasm', 'cpu', 'reference'] as const;

/** The largest program text that is read: 16 MiB. */
const MAX_TEXT = 2 ** 24;

export async function readProgram(io: Io, file: string): Promise<string> {
  const full = path.resolve(io.cwd, file);
  try {
    const stat = await nodeFs.stat(full);
    if (stat.isDirectory()) throw new UsageError(`\`${file}\` is a folder; expected an .energy file`);
    if (stat.size > MAX_TEXT) throw new UsageError(`\`${file}\` is larger than 16 MiB`);
    return await nodeFs.readFile(full, 'utf8');
  } catch (e) {
    if (e instanceof UsageError) throw e;
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
  const text = file === '-' ? await readStdin() : await readProgram(io, file);
  const set = constants(options);
  const compiled = compileText(text, file === '-' ? 'standard input' : file, { constants: set, extra });
  terminal.addSource(compiled.source);
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

async function readStdin(): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_TEXT) throw new UsageError('standard input is larger than 16 MiB');
  }
  return Buffer.concat(parts).toString('utf8');
}

export async function engineOf(name: string | undefined): Promise<Engine> {
  const wanted = name ?? 'auto';
  if (!(engineNames as readonly string[]).includes(wanted))
    throw new UsageError(`--engine is one of ${engineNames.join(', ')}, not \`${wanted}\``);
  if (wanted === 'reference') return (await import('../engines/reference/index.ts')).referenceEngine();
  const tfjs = await import('../engines/tfjs/index.ts');
  return tfjs.tfjsEngine(
    wanted === 'auto' ? await tfjs.bestBackend() : (wanted as 'wasm' | 'cpu' | 'tensorflow'),
  );
}

export interface Opened {
  readonly session: Session;
  readonly host: NodeHost;
}

export async function openFile(
  io: Io,
  file: string,
  compiled: Compiled,
  options: CommonOptions,
): Promise<Opened> {
  const host = nodeHost({ root: file === '-' ? io.cwd : path.dirname(path.resolve(io.cwd, file)) });
  const permit = (p: string): string => host.permit(path.resolve(io.cwd, p));
  const files = new Map<string, string>();
  const everything: string[] = [];
  for (const d of options.data ?? []) {
    const i = d.indexOf('=');
    if (i < 0 && compiled.program.data.some((x) => x.name === d))
      throw new UsageError(`--data ${d} says no file; write --data ${d}=file`);
    if (i < 0) everything.push(permit(d));
    else files.set(d.slice(0, i), permit(d.slice(i + 1)));
  }
  const engine = await engineOf(options.engine);
  const session = await openSession(compiled.program, host, engine, {
    files,
    everything,
    seed: seedOf(options),
  });
  if (options.params) await loadParams(session, host, permit(options.params));
  return { session, host };
}

export function seedOf(options: CommonOptions): number | undefined {
  if (options.seed === undefined) return undefined;
  const n = Number(options.seed);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new UsageError(`--seed takes a whole number from 0, not \`${options.seed}\``);
  return n;
}

/** Parameters that an earlier fit learned, by name. */
export async function loadParams(session: Session, host: NodeHost, dir: string): Promise<void> {
  const read = await readParams(host, dir);
  const next = new Map<Slot, HostArray>(session.params);
  for (const slot of session.params.keys()) {
    const found = read.get(slot.name);
    const shape = shapeOf(slot, session.bound.sizeOf);
    if (!found || found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i]))
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0532',
          place: { kind: 'data', file: dir },
          message: found
            ? `\`${slot.name}\` has the shape [${found.shape.join(', ')}] there; the program declares [${shape.join(', ')}]`
            : `there is no parameter \`${slot.name}\` in this folder`,
          suggestion: 'use the folder of a fit of this program',
        },
      ]);
    next.set(slot, found);
  }
  session.params = next;
}
