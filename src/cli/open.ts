/** From a checked program to a session: data, engine, parameters. */
import * as nodeFs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { HostArray } from '../arrays.ts';
import { shapeOf } from '../bind/bound.ts';
import type { CheckedProgram, ModuleInfo } from '../check/program.ts';
import type { Job, OptionValue } from '../check/values.ts';
import type { Compiled } from '../compile.ts';
import type { Engine } from '../engines/engine.ts';
import { backendNames, engineNames, isEngineName } from '../engines/names.ts';
import { openEngine } from '../engines/open.ts';
import { type NodeHost, nodeHost } from '../io/node-host.ts';
import { readParams } from '../io/run-folder.ts';
import type { Slot } from '../ir/types.ts';
import { clampFromJson } from '../run/given.ts';
import { openSession, type Session } from '../run/session.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { suggest } from '../syntax/suggest.ts';
import { type RecordingHost, recording } from './cluster/sent-files.ts';
import { type CommonOptions, rootOf } from './program.ts';
import { type Io, UsageError } from './terminal.ts';
import { uaiGiven } from './uai.ts';

/**
 * The engine that `--engine` or `--backend` names.
 * @throws UsageError where there is none of that name, they contradict each other, or it cannot be had here
 */
export async function engineOf(name: string | undefined, backend?: string): Promise<Engine> {
  const engine = name ?? 'auto';
  if (!isEngineName(engine))
    throw new UsageError(`--engine is one of ${engineNames.join(', ')}, not \`${engine}\``);
  if (backend !== undefined && !(backendNames as readonly string[]).includes(backend))
    throw new UsageError(`--backend is one of ${backendNames.join(', ')}, not \`${backend}\``);
  if (backend !== undefined && engine !== 'auto' && engine !== backend)
    throw new UsageError(
      `--engine ${engine} does not compute on the backend ${backend}; leave one of them out`,
    );
  const wanted = backend !== undefined && isEngineName(backend) ? backend : engine;
  try {
    return await openEngine(wanted, { threads: os.availableParallelism() });
  } catch (e) {
    if (wanted === 'auto' || !(e instanceof Error)) throw e;
    throw new UsageError(
      `the engine ${wanted} cannot be had here: ${e.message} (\`energy doctor\` lists what can)`,
    );
  }
}

export interface Opened {
  readonly session: Session;
  readonly host: RecordingHost;
}

/** @param from the files of this machine, or those that a run has sent */
export async function openFile(
  io: Io,
  file: string,
  compiled: Compiled,
  options: CommonOptions,
  from: NodeHost = nodeHost({ root: rootOf(io, file) }),
): Promise<Opened> {
  const host = recording(from);
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
  const engine = await engineOf(options.engine, options.backend);
  const session = await openSession(compiled.program, host, engine, {
    files,
    everything,
    seed: seedOf(options),
  });
  await loadParams(session, host, await paramFolders(compiled.program, options.params ?? [], permit));
  return { session, host };
}

export function seedOf(options: CommonOptions): number | undefined {
  if (options.seed === undefined) return undefined;
  const n = Number(options.seed);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new UsageError(`--seed takes a whole number from 0, not \`${options.seed}\``);
  return n;
}

export function withSeed(job: Job, seed: number | undefined): Job {
  return seed === undefined
    ? job
    : { ...job, options: { ...job.options, seed: { kind: 'number', value: seed, span: job.span } } };
}

/** A job with what flags say that the language does not: the seed, values that are given in a JSON file. */
export async function withFlags(
  io: Pick<Io, 'cwd'>,
  { session, host }: Opened,
  job: Job,
  options: CommonOptions,
  givenFile: string | undefined,
): Promise<Job> {
  const seeded = withSeed(job, seedOf(options));
  const withGiven = (to: Job, given: OptionValue): Job => ({ ...to, options: { ...to.options, given } });
  let out = seeded;
  if (givenFile !== undefined) {
    const from = host.permit(path.resolve(io.cwd, givenFile));
    out = withGiven(out, await clampFromJson(session, seeded, host, from));
  }
  return options.evidence === undefined
    ? out
    : withGiven(out, await uaiGiven(io, session, out, session.program.file, options.evidence));
}

/** A fit's folder, and whose parameters are read from it: the program's, or those of a file that it uses. */
export interface ParamFolder {
  readonly dir: string;
  readonly module: ModuleInfo | null;
}

/** `--params dir` and `--params stem=dir`. */
async function paramFolders(
  program: CheckedProgram,
  given: readonly string[],
  permit: (p: string) => string,
): Promise<readonly ParamFolder[]> {
  const out: ParamFolder[] = [];
  for (const text of given) {
    const i = text.indexOf('=');
    const module = moduleOf(program, text);
    if (module) {
      if (i === text.length - 1)
        throw new UsageError(`--params ${text} says no folder; write --params ${module.name}=dir`);
      out.push({ dir: permit(text.slice(i + 1)), module });
    } else if (i < 0 || (await isFolder(permit(text)))) out.push({ dir: permit(text), module: null });
    else {
      const stem = text.slice(0, i);
      const names = program.modules.map((m) => m.name);
      const near = suggest(stem, names);
      const known = names.length > 0 ? `; it uses ${names.join(', ')}` : '';
      throw new UsageError(
        `--params ${text}: the program uses no file \`${stem}\`${near ? `; did you mean \`${near}\`?` : known}`,
      );
    }
  }
  return out;
}

/** The used file that `stem=dir` names. */
export const moduleOf = ({ modules }: CheckedProgram, text: string): ModuleInfo | undefined =>
  modules.find((m) => text.startsWith(`${m.name}=`));

const isFolder = async (full: string): Promise<boolean> =>
  (await nodeFs.stat(full).catch(() => null))?.isDirectory() ?? false;

/**
 * Parameters that earlier fits learned. In the folder of a fit of a used file its own have plain names, and
 * those of the files that it uses in turn the names that they have here. The folder of a fit of the program
 * itself must hold all that no other one gives.
 */
export async function loadParams(
  session: Session,
  host: NodeHost,
  folders: readonly ParamFolder[],
): Promise<void> {
  const next = new Map<Slot, HostArray>(session.params);
  const read = await Promise.all(folders.map(async (f) => ({ ...f, params: await readParams(host, f.dir) })));
  for (const slot of session.params.keys()) {
    // What is said of a file itself counts most, then of a file that uses it, then of the program.
    const own = read.findLast((f) => f.module && localName(slot, f.module) !== undefined);
    const user = read.findLast((f) => f.module?.uses.some((u) => isOf(slot, u)) && f.params.has(slot.name));
    const from = own ?? user ?? read.findLast((f) => f.module === null);
    if (!from) continue;
    const { dir, module, params } = from;
    const name = (module && localName(slot, module)) ?? slot.name;
    const found = params.get(name);
    const shape = shapeOf(slot, session.bound.sizeOf);
    if (!found || found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i]))
      throw new EnergyError([
        {
          severity: 'error',
          code: 'E0532',
          place: { kind: 'data', file: dir },
          message: found
            ? `\`${name}\` has the shape [${found.shape.join(', ')}] there; the program declares [${shape.join(', ')}]`
            : `there is no parameter \`${name}\` in this folder`,
          suggestion: `use the folder of a fit of ${module ? `\`${module.path}\`` : 'this program'}`,
        },
      ]);
    next.set(slot, found);
  }
  session.params = next;
}

const isOf = (slot: Slot, stem: string): boolean => slot.name.startsWith(`${stem}.`);

const localName = (slot: Slot, { name }: ModuleInfo): string | undefined =>
  isOf(slot, name) ? slot.name.slice(name.length + 1) : undefined;
