import * as path from 'node:path';
import type { VerbSpec } from '../../options.ts';
import type { RunEvent } from '../../run/results.ts';
import { runJob } from '../../run/session.ts';
import type { Diagnostic } from '../../syntax/diagnostic.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { parse } from '../../syntax/parse.ts';
import { Source } from '../../syntax/span.ts';
import type { Program } from '../../syntax/tree.ts';
import { checkpointsIn } from '../checkpoints.ts';
import { workersFor } from '../cluster/for-run.ts';
import { interruptible, unlessStopped, wasStopped } from '../interrupt.ts';
import { openFile, withFlags } from '../open.ts';
import { compileFile, programStem, readText } from '../program.ts';
import { checkFormat, report, reportNothing, saveJob } from '../save.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';
import { requireWritable } from '../writable.ts';
import type { RunOptions } from './run.ts';

/** What messages call the text that the flags become. */
const COMMAND = 'command line';

/** One verb on one energy: its flags become a `run` job in the language itself. */
export async function verbCommand(
  io: Io,
  terminal: Terminal,
  verb: VerbSpec,
  file: string,
  energy: string | undefined,
  positional: readonly (string | undefined)[],
  o: RunOptions & Readonly<Record<string, unknown>>,
): Promise<number> {
  await checkFormat(o.format);
  const tree = parse(await readText(io, file), file).program;
  const name = energy ?? (await onlyEnergy(io, terminal, tree, file, o));
  const args = [name];
  const specs = verb.options.filter((x) => x.positional);
  specs.forEach((spec, i) => {
    const given = positional[i] ?? (spec.type.kind === 'rows' ? onlyData(tree) : undefined);
    if (given !== undefined) args.push(`${spec.name} = ${given}`);
  });
  let givenFile: string | undefined;
  for (const spec of verb.options) {
    const value = o[spec.name];
    if (spec.positional || spec.name === 'seed' || typeof value !== 'string') continue;
    if (spec.type.kind === 'given' && value.endsWith('.json')) givenFile = value;
    else args.push(`${spec.name} = ${value}`);
  }
  const text = `run ${verb.name} = ${verb.name}(${args.join(', ')})`;
  const clash = tree.items.some((i) =>
    i.kind === 'use' ? i.names.some((n) => (n.as ?? n.name).text === verb.name) : i.name.text === verb.name,
  );
  const jobName = clash ? `${verb.name}_` : verb.name;
  const extra = { file: COMMAND, text: text.replace(/^run \w+/, `run ${jobName}`) };
  terminal.addSource(new Source(extra.file, extra.text));
  const compiled = await compileFile(io, terminal, file, o, extra);
  terminal.diagnostics(compiled.diagnostics.filter((d) => d.severity === 'error' || !terminal.json));
  if (!compiled.ok) return inCommand(compiled.diagnostics) ? ExitCode.usage : ExitCode.wrong;
  const job = compiled.program.jobs.find((j) => j.name === jobName);
  if (!job) throw new UsageError(`\`${name}\` cannot be ${verb.name === 'fit' ? 'fitted' : 'used'}`);
  const { session, host } = await openFile(io, file, compiled, o);
  terminal.diagnostics(session.warnings);
  const flagged = await withFlags(io, { session, host }, job, o, givenFile);
  session.workers = await workersFor(
    io,
    { cwd: io.cwd, file, compiled, options: o, extra, givenFile },
    o,
    host,
  );
  const dir = path.resolve(io.cwd, o.output ?? path.join('runs', `${programStem(file)}-${verb.name}`));
  host.permit(dir);
  await requireWritable(dir);
  const from = typeof o.resume === 'string' ? host.permit(path.resolve(io.cwd, o.resume)) : undefined;
  const checkpoints = verb.name === 'fit' ? await checkpointsIn(host, dir, from) : undefined;
  const show = (e: RunEvent): void => terminal.progress(e);
  const { source, used } = compiled;
  const { format } = o;
  const { result, saved, stopped } = await interruptible(terminal, async (signal) => {
    const running = runJob(session, flagged, show, signal, undefined, checkpoints);
    const result = await unlessStopped(signal, running);
    const to = { host, dir, session, job: flagged, source, used, format, signal, show };
    const saved = result && (await saveJob({ ...to, result }));
    return { result, saved, stopped: wasStopped(signal, result, saved) ? signal.code : null };
  });
  if (!result || !saved) {
    reportNothing(terminal, flagged);
    return stopped ?? ExitCode.stopped;
  }
  const bad = report(terminal, io, dir, session, flagged, result, saved);
  if (result.verb === 'fit') {
    terminal.diagnostics(result.warnings);
    if (result.failure.length > 0) throw new EnergyError(result.failure);
  }
  if (stopped !== null) return stopped;
  return bad && o.strict ? ExitCode.badDiagnostics : ExitCode.fine;
}

/** Whether every error is in the flags and not in the program. */
const inCommand = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.every(
    (d) => d.severity !== 'error' || (d.place.kind === 'source' && d.place.span.file === COMMAND),
  );

/** The energy of a file that declares one, or that declares none and uses one. */
async function onlyEnergy(
  io: Io,
  terminal: Terminal,
  tree: Program,
  file: string,
  o: RunOptions,
): Promise<string> {
  let names = tree.items.flatMap((i) => (i.kind === 'energy' ? [i.name.text] : []));
  if (names.length === 0 && tree.items.some((i) => i.kind === 'use')) {
    const { program, ok, diagnostics } = await compileFile(io, terminal, file, o);
    if (!ok) throw new EnergyError(diagnostics);
    names = [...program.energies].flatMap(([name, e]) => (e.generic ? [] : [name]));
  }
  if (names.length === 1) return names[0];
  throw new UsageError(
    names.length === 0
      ? `\`${file}\` declares no energy`
      : `\`${file}\` has ${names.length} energies: say which (${names.join(', ')})`,
  );
}

const onlyData = (tree: Program): string | undefined => {
  const names = tree.items.flatMap((i) => (i.kind === 'data' ? [i.name.text] : []));
  return names.length === 1 ? names[0] : undefined;
};
