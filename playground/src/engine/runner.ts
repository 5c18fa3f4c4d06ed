/**
 * Runs jobs of the text in the editor, and keeps what earlier runs came to as long as
 * it still holds: an edit of a `sample` job does not train the parameters again.
 */

import type { ParamValues } from '../../../src/bind/bound.ts';
import type { Job } from '../../../src/check/values.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import type { Host } from '../../../src/io/host.ts';
import type { Slot } from '../../../src/ir/types.ts';
import type { Checkpoint } from '../../../src/learn/checkpoint.ts';
import { basisOf } from '../../../src/run/order.ts';
import type { JobResult, LiveChains, RunEvent } from '../../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../../src/run/session.ts';
import type { WorkerHost } from '../../../src/scale/protocol.ts';
import type { Signal } from '../../../src/signal.ts';
import { type Diagnostic, EnergyError } from '../../../src/syntax/diagnostic.ts';
import type { Beside } from '../staged.ts';
import { besideOf } from './beside.ts';
import type { Opened } from './program.ts';

export interface Hearing {
  /** What was noticed about the data, before the first job starts. */
  readonly warnings?: (found: readonly Diagnostic[]) => void;
  readonly event: (event: RunEvent) => void;
  readonly watch: (live: LiveChains) => void;
  /** What it returns is waited for. */
  readonly result: (job: string, result: JobResult, beside: Beside | null) => unknown;
}

/** One finished job: what it depended on, its result, and the parameters it left. */
interface Done {
  readonly basis: string;
  readonly result: JobResult;
  readonly params: ParamValues;
}

export interface Runner {
  /**
   * Runs `job` after the fits before it and the jobs it names, those that are not done yet;
   * with null every job, all anew. Long runs of chains are spread over `workers`.
   * @returns the job that runs when it throws
   * @throws EnergyError where the program or its data are wrong
   */
  run(
    opened: Opened,
    job: string | null,
    hearing: Hearing,
    signal: Signal,
    workers?: WorkerHost,
    /** Whether `job` goes on from where it was stopped, if it can. */
    resume?: boolean,
  ): Promise<void>;
  /** A session with the parameters that `job`, or else `energy`, would have now: what was learned, as far as it holds. */
  lend(opened: Opened, energy: string, job: string | null): Promise<Session>;
  /** The job at work. */
  readonly current: string | null;
}

/** @param hostOf the files that a program reads, by the program's own path */
export function makeRunner(hostOf: (file: string) => Host, engine: () => Promise<Engine>): Runner {
  let done = new Map<string, Done>();
  let current: string | null = null;
  /** Fits that were stopped half-way. */
  const halted = new Map<string, { readonly basis: string; readonly checkpoint: Checkpoint }>();

  return {
    get current() {
      return current;
    },
    async lend(opened, energy, job) {
      const { compiled, jobs } = opened;
      if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
      const session = await openSession(compiled.program, hostOf(compiled.source.file), await engine());
      const valid = stillValid(done, new Map(jobs.map((j) => [j.name, j.basis])), session);
      const all = compiled.program.jobs;
      const own = all.find((j) => j.name === job);
      const fit = all.findLast((j) => j.verb === 'fit' && j.energy === energy && valid.has(j.name));
      const params = own ? paramsBefore(all, own, valid) : fit && valid.get(fit.name)?.params;
      if (params) session.params = params;
      return session;
    },
    async run(opened, job, hearing, signal, workers, resume = false) {
      current = null;
      const { compiled, jobs } = opened;
      if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
      const session = await openSession(compiled.program, hostOf(compiled.source.file), await engine());
      session.workers = workers;
      if (session.warnings.length > 0) hearing.warnings?.(session.warnings);
      const initial = session.params;
      const bases = new Map(jobs.map((j) => [j.name, j.basis]));
      done = job === null ? new Map() : stillValid(done, bases, session);
      for (const [name, d] of done) session.results.set(name, d.result);
      for (const next of order(compiled.program.jobs, job)) {
        if (next.name !== job && done.has(next.name)) continue;
        if (signal.aborted) return;
        current = next.name;
        session.params = paramsBefore(compiled.program.jobs, next, done) ?? initial;
        const basis = bases.get(next.name) ?? '';
        const left = halted.get(next.name);
        const goOn = resume && next.name === job && left?.basis === basis;
        halted.delete(next.name);
        const checkpoints = goOn ? { resume: left.checkpoint } : undefined;
        const result = await runJob(session, next, hearing.event, signal, hearing.watch, checkpoints);
        if (result.verb === 'fit' && !result.complete)
          halted.set(next.name, { basis, checkpoint: result.checkpoint });
        if (next.verb === 'fit') forgetAfter(compiled.program.jobs, next, done);
        // What was stopped half-way is shown, but not built on.
        if (!('complete' in result) || result.complete)
          done.set(next.name, {
            basis,
            result,
            params: session.params,
          });
        await hearing.result(next.name, result, besideOf(session, next, result));
      }
      current = null;
    },
  };
}

/** The job after what it builds on; without a name all of them. In the order of the file. */
function order(jobs: readonly Job[], name: string | null): readonly Job[] {
  const job = jobs.find((j) => j.name === name);
  return job ? [...basisOf(jobs, job), job] : jobs;
}

/** Results that depend on nothing that has changed, their parameters moved to the slots of the new program. */
function stillValid(
  done: ReadonlyMap<string, Done>,
  bases: ReadonlyMap<string, string>,
  session: Session,
): Map<string, Done> {
  const out = new Map<string, Done>();
  for (const [name, d] of done) {
    if (bases.get(name) !== d.basis) continue;
    const byName = new Map([...d.params].map(([slot, value]) => [slot.name, value]));
    const params = new Map<Slot, NonNullable<ReturnType<typeof byName.get>>>();
    for (const [slot, value] of session.params) params.set(slot, byName.get(slot.name) ?? value);
    out.set(name, { ...d, params });
  }
  return out;
}

function paramsBefore(
  jobs: readonly Job[],
  job: Job,
  done: ReadonlyMap<string, Done>,
): ParamValues | undefined {
  const fit = basisOf(jobs, job).findLast((j) => j.verb === 'fit' && done.has(j.name));
  return fit && done.get(fit.name)?.params;
}

/** A new fit: what came after the old one no longer holds. */
function forgetAfter(jobs: readonly Job[], fit: Job, done: Map<string, Done>): void {
  for (const j of jobs.slice(jobs.indexOf(fit) + 1)) done.delete(j.name);
}
