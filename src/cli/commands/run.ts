import * as path from 'node:path';
import type { Job, OptionValue } from '../../check/values.ts';
import { basisOf } from '../../run/order.ts';
import type { RunEvent } from '../../run/results.ts';
import { runJob } from '../../run/session.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { suggest } from '../../syntax/suggest.ts';
import { checkpointsIn } from '../checkpoints.ts';
import { type ClusterFlags, workersFor } from '../cluster/for-run.ts';
import { interruptible, unlessStopped, wasStopped } from '../interrupt.ts';
import { moduleOf, openFile, seedOf, withSeed } from '../open.ts';
import { type CommonOptions, compileFile, programStem } from '../program.ts';
import { checkFormat, report, reportNothing, type Saved, saveJob } from '../save.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';
import { requireWritable } from '../writable.ts';

export interface RunOptions extends CommonOptions, ClusterFlags {
  readonly format?: string;
  readonly workers?: string;
}

/** The jobs of a file, in order. With a name: that job, and what it builds on. */
export async function runCommand(
  io: Io,
  terminal: Terminal,
  file: string,
  only: string | undefined,
  o: RunOptions,
): Promise<number> {
  await checkFormat(o.format);
  const workers = workersOf(o);
  const compiled = await compileFile(io, terminal, file, o);
  terminal.diagnostics(compiled.diagnostics);
  if (!compiled.ok) return ExitCode.wrong;
  const { jobs } = compiled.program;
  if (jobs.length === 0)
    throw new UsageError(`\`${file}\` has no \`run\` jobs; use a verb, e.g. energy sample ${file}`);
  const chosen =
    only === undefined
      ? jobs
      : upTo(jobs, only, o.params?.some((p) => !moduleOf(compiled.program, p)) ?? false);
  const { session, host } = await openFile(io, file, compiled, o);
  terminal.diagnostics(session.warnings);
  session.workers = await workersFor(io, { cwd: io.cwd, file, compiled, options: o }, o, host);
  const base = path.resolve(io.cwd, o.output ?? path.join('runs', programStem(file)));
  host.permit(base);
  await requireWritable(base);
  let bad = false;
  const stopped = await interruptible(terminal, async (signal) => {
    for (const job of chosen) {
      const seeded = withWorkers(withSeed(job, seedOf(o)), workers);
      const dir = path.join(base, job.name);
      const checkpoints = job.verb === 'fit' ? await checkpointsIn(host, dir, undefined) : undefined;
      const show = (e: RunEvent): void => terminal.progress(e);
      const running = runJob(session, seeded, show, signal, undefined, checkpoints);
      const result = await unlessStopped(signal, running);
      let saved: Saved | null = null;
      if (result) {
        saved = await saveJob({
          host,
          dir,
          session,
          job: seeded,
          result,
          source: compiled.source,
          used: compiled.used,
          format: o.format,
          signal,
          show,
        });
        bad = report(terminal, io, dir, session, seeded, result, saved) || bad;
        if (result.verb === 'fit') {
          terminal.diagnostics(result.warnings);
          if (result.failure.length > 0) throw new EnergyError(result.failure);
        }
      } else reportNothing(terminal, seeded);
      if (signal.aborted) {
        const left = chosen.slice(chosen.indexOf(job) + 1).map((j) => j.name);
        if (left.length > 0) terminal.line(`not started: ${left.join(', ')}`);
        return left.length > 0 || wasStopped(signal, result, saved) ? signal.code : null;
      }
    }
    return null;
  });
  if (stopped !== null) return stopped;
  return bad && o.strict ? ExitCode.badDiagnostics : ExitCode.fine;
}

function workersOf({ workers }: RunOptions): number | 'auto' | undefined {
  if (workers === undefined || workers === 'auto') return workers;
  const n = Number(workers);
  if (!Number.isSafeInteger(n) || n < 1)
    throw new UsageError(`--workers takes a whole number from 1, or auto, not \`${workers}\``);
  return n;
}

function withWorkers(job: Job, workers: number | 'auto' | undefined): Job {
  if (workers === undefined || job.verb !== 'sample') return job;
  const { span } = job;
  const value: OptionValue =
    workers === 'auto' ? { kind: 'word', value: workers, span } : { kind: 'number', value: workers, span };
  return { ...job, options: { ...job.options, workers: value } };
}

/** The job, the fits before it, and the jobs whose results it names. */
function upTo(jobs: readonly Job[], name: string, haveParams: boolean): readonly Job[] {
  const at = jobs.findIndex((j) => j.name === name);
  if (at < 0) {
    const near = suggest(
      name,
      jobs.map((j) => j.name),
    );
    throw new UsageError(
      `there is no job \`${name}\`; ${near ? `did you mean \`${near}\`?` : `the jobs are ${jobs.map((j) => j.name).join(', ')}`}`,
    );
  }
  const before = basisOf(jobs, jobs[at]).filter((j) => j.verb !== 'fit' || !haveParams);
  return [...before, jobs[at]];
}
