/** Running an example for the demonstration: jobs in order, results kept, everything saved. */
import * as path from 'node:path';
import { type Compiled, compileProgram } from '../../compile.ts';
import type { Engine } from '../../engines/engine.ts';
import { nodeHost } from '../../io/node-host.ts';
import type { JobResult } from '../../run/results.ts';
import { openSession, runJob, type Session } from '../../run/session.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { readerIn } from '../library.ts';
import { readProgram } from '../program.ts';
import { report, saveJob } from '../save.ts';
import type { Io, Terminal } from '../terminal.ts';

export interface Work {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly engine: Engine;
  /** Folder of the results. */
  readonly out: string;
}

export interface Example {
  readonly compiled: Compiled;
  readonly session: Session;
  /** Runs a job of the file and writes its folder. */
  readonly run: <V extends JobResult['verb']>(
    name: string,
    verb: V,
  ) => Promise<Extract<JobResult, { verb: V }>>;
}

export async function openExample(
  work: Work,
  file: string,
  constants: ReadonlyMap<string, number> = new Map(),
): Promise<Example> {
  const { io, terminal } = work;
  const name = path.relative(io.cwd, file);
  const reader = readerIn(path.dirname(file));
  const compiled = await compileProgram(await readProgram(io, file), name, reader, { constants });
  for (const source of compiled.sources.values()) terminal.addSource(source);
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  const host = nodeHost({ root: path.dirname(file) });
  const folder = host.permit(path.join(work.out, path.basename(file, '.energy')));
  const session = await openSession(compiled.program, host, work.engine);
  return {
    compiled,
    session,
    run: async (jobName, verb) => {
      const job = compiled.program.jobs.find((j) => j.name === jobName);
      if (!job) throw new Error(`${name} has no job ${jobName}`);
      const result = await runJob(session, job, (e) => terminal.progress(e));
      const dir = path.join(folder, jobName);
      const { source, used } = compiled;
      const saved = await saveJob({ host, dir, session, job, result, source, used });
      report(terminal, io, dir, session, job, result, { ...saved, summary: null });
      if (result.verb !== verb) throw new Error(`${jobName} is a ${result.verb}, not a ${verb}`);
      return result as Extract<JobResult, { verb: typeof verb }>;
    },
  };
}

/** Parameters learned in one session, by name, for another session of the same program. */
export function shareParams(from: Session, to: Session): void {
  const byName = new Map([...from.params].map(([slot, array]) => [slot.name, array]));
  to.params = new Map([...to.params].map(([slot, array]) => [slot, byName.get(slot.name) ?? array]));
}
