import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { Job } from '../../check/values.ts';
import type { Compiled } from '../../compile.ts';
import { compileEnergy } from '../../emit/compile/compile.ts';
import { manifestOf, readmeOf } from '../../emit/compile/manifest.ts';
import { compileStep } from '../../emit/compile/step.ts';
import { stepManifest, stepReadme } from '../../emit/compile/step-manifest.ts';
import { type CompileTarget, compileTargets, formats } from '../../emit/compile/targets.ts';
import { asMemoryFault } from '../../infer/memory.ts';
import { makeModel } from '../../infer/model.ts';
import type { Host } from '../../io/host.ts';
import { writeNpz } from '../../io/npz.ts';
import { prepareFit } from '../../learn/prepare.ts';
import { energyNamed, type Session } from '../../run/session.ts';
import { fitArgs } from '../../run/verbs/fit.ts';
import type { Source } from '../../syntax/span.ts';
import { suggest } from '../../syntax/suggest.ts';
import { version } from '../../version.ts';
import { openFile } from '../open.ts';
import { type CommonOptions, compileFile, programStem } from '../program.ts';
import { ExitCode, type Io, jsonText, type Terminal, UsageError } from '../terminal.ts';
import { requireWritable } from '../writable.ts';

export interface CompileFlags extends CommonOptions {
  readonly to?: string;
  readonly batch?: string;
  readonly step?: string;
}

/** Writes an energy as a graph that other programs run, with what describes it. */
export async function compileCommand(
  io: Io,
  terminal: Terminal,
  file: string,
  energy: string | undefined,
  o: CompileFlags,
): Promise<number> {
  const target = targetOf(o.to);
  const batch = batchOf(o.batch);
  const compiled = await compileFile(io, terminal, file, o);
  terminal.diagnostics(compiled.diagnostics.filter((d) => d.severity === 'error' || !terminal.json));
  if (!compiled.ok) return ExitCode.wrong;
  if (o.step !== undefined && (energy !== undefined || batch !== null))
    throw new UsageError('with --step the job says which energy and how many rows: leave the rest out');
  const job = o.step === undefined ? null : fitNamed(compiled, file, o.step);
  const name = job ? '' : energyOf(compiled, file, energy);
  // Constants are folded in double precision; nothing else is computed here.
  const { session, host } = await openFile(io, file, compiled, { ...o, engine: 'reference' });
  const dir = path.resolve(io.cwd, o.output ?? path.join('runs', `${programStem(file)}-${target}`));
  host.permit(dir);
  await requireWritable(dir);
  if (job) return await compileStepOf(io, terminal, { job, session, host, dir, target, compiled });
  const checked = energyNamed(session, name, compiled.tree.span);
  try {
    const model = makeModel(session.bound, checked.energy, session.params, session.engine, batch ?? 1);
    const made = compileEnergy(model, target, batch, `energy ${version}`);
    const about = {
      energy: name,
      version,
      program: recorded(compiled.source),
      uses: compiled.used.map(recorded),
      sizeOf: session.bound.sizeOf,
    };
    const manifest = manifestOf(made, about);
    for (const f of made.files) await host.write(path.join(dir, f.name), f.content);
    await host.write(path.join(dir, 'manifest.json'), `${jsonText(manifest, 2)}\n`);
    await host.write(path.join(dir, 'README.md'), readmeOf(made, about));
    await removeOld(host, dir, new Set(made.files.map((f) => f.name)));
    const folder = path.relative(io.cwd, dir) || '.';
    const { inputs, outputs } = made.exported;
    terminal.line(
      `${terminal.bold(name)}: ${formats[target]}, ${counted(made.steps, 'operation')}, ${counted(inputs.length, 'input')}, ${counted(outputs.length, 'output')} → ${folder}`,
    );
    for (const list of [made.exported.inputs, made.exported.outputs] as const)
      terminal.line(`  ${list === inputs ? 'inputs ' : 'outputs'}  ${list.map((x) => x.name).join(', ')}`);
    terminal.event({ event: 'result', verb: 'compile', folder, steps: made.steps, ...manifest });
  } catch (e) {
    throw asMemoryFault(e, `the compilation of \`${name}\``, checked.energy.span);
  }
  return ExitCode.fine;
}

interface StepToCompile {
  readonly job: Job;
  readonly session: Session;
  readonly host: Host;
  readonly dir: string;
  readonly target: CompileTarget;
  readonly compiled: Compiled;
}

/** Writes a step of training as a graph, what its first step takes, and what describes them. */
async function compileStepOf(
  io: Io,
  terminal: Terminal,
  { job, session, host, dir, target, compiled }: StepToCompile,
): Promise<number> {
  const prepared = prepareFit(fitArgs({ session, job }));
  try {
    const made = compileStep(prepared, target, `energy ${version}`);
    const about = {
      job: job.name,
      version,
      program: recorded(compiled.source),
      uses: compiled.used.map(recorded),
    };
    const manifest = stepManifest(made, about);
    for (const f of made.files) await host.write(path.join(dir, f.name), f.content);
    await host.write(path.join(dir, 'first.npz'), writeNpz(made.first, 'first.npz'));
    await host.write(path.join(dir, 'manifest.json'), `${jsonText(manifest, 2)}\n`);
    await host.write(path.join(dir, 'README.md'), stepReadme(made, about));
    await removeOld(host, dir, new Set(made.files.map((f) => f.name)));
    const folder = path.relative(io.cwd, dir) || '.';
    const { inputs, outputs } = made;
    terminal.line(
      `${terminal.bold(job.name)}: a step by ${made.optimizer} as ${formats[target]}, ${counted(made.steps, 'operation')}, ${counted(inputs.length, 'input')}, ${counted(outputs.length, 'output')} → ${folder}`,
    );
    terminal.event({ event: 'result', verb: 'compile', folder, steps: made.steps, ...manifest });
    return ExitCode.fine;
  } catch (e) {
    throw asMemoryFault(e, `the compilation of a step of \`${job.name}\``, job.span);
  } finally {
    prepared.dispose();
  }
}

/** The job whose step is asked for. */
function fitNamed({ program }: Compiled, file: string, asked: string): Job {
  const job = program.jobs.find((j) => j.name === asked);
  const fits = program.jobs.filter((j) => j.verb === 'fit').map((j) => j.name);
  if (job?.verb === 'fit') return job;
  if (job) throw new UsageError(`\`${asked}\` is a \`${job.verb}\`; --step takes a \`fit\`${listOf(fits)}`);
  const near = suggest(asked, fits);
  throw new UsageError(
    `\`${file}\` has no job \`${asked}\`${near ? `; did you mean \`${near}\`?` : listOf(fits)}`,
  );
}

const listOf = (fits: readonly string[]): string =>
  fits.length > 0 ? `: ${fits.join(', ')}` : ', and the file has none';

function targetOf(to = 'tfjs'): CompileTarget {
  const found = compileTargets.find((t) => t === to);
  if (found) return found;
  const near = suggest(to, compileTargets);
  throw new UsageError(
    `--to is ${compileTargets.slice(0, -1).join(', ')} or ${compileTargets.at(-1)}, not \`${to}\`${near ? `; did you mean \`${near}\`?` : ''}`,
  );
}

function batchOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1 || n > 2 ** 24)
    throw new UsageError(`--batch takes a whole number from 1 to 16777216, not \`${text}\``);
  return n;
}

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** The energy that is asked for, or the only one. */
function energyOf({ program, tree }: Compiled, file: string, asked: string | undefined): string {
  const known = [...program.energies.keys()];
  const names = known.filter((n) => !program.energies.get(n)?.generic);
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    if (known.includes(asked))
      throw new UsageError(
        `\`${asked}\` is over index sets that only a call decides: it has no states of its own; compile the energy that calls it`,
      );
    const near = suggest(asked, known);
    throw new UsageError(
      `there is no energy \`${asked}\`; ${near ? `did you mean \`${near}\`?` : `the energies are ${known.join(', ')}`}`,
    );
  }
  const own = names.filter((n) => tree.items.some((i) => i.kind === 'energy' && i.name.text === n));
  const choice = own.length > 0 ? own : names;
  if (choice.length === 1) return choice[0];
  throw new UsageError(
    choice.length === 0
      ? `\`${file}\` declares no energy`
      : `\`${file}\` has ${choice.length} energies: say which (${choice.join(', ')})`,
  );
}

const recorded = ({ file, text }: Source) => ({
  file,
  sha256: createHash('sha256').update(text).digest('hex'),
});

/** Files of an earlier compilation into the same folder that this one has not written. */
async function removeOld(host: Host, dir: string, written: ReadonlySet<string>): Promise<void> {
  const ours = /^(group1-shard\d+of\d+\.bin|model\.json|model\.onnx|saved_model\.pb)$/;
  for (const name of await host.list(dir))
    if (ours.test(name) && !written.has(name)) await host.remove(path.join(dir, name));
}
