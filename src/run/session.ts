/**
 * A program at work: data bound, an engine chosen, parameters as learned so far,
 * the results of earlier jobs. The command line and the playground both drive this.
 */

import type { HostArray } from '../arrays.ts';
import { type BindOptions, bind } from '../bind/bind.ts';
import type { BoundProgram, ParamValues } from '../bind/bound.ts';
import { initialParams } from '../bind/params.ts';
import { withoutRows } from '../bind/without-rows.ts';
import type { CheckedProgram } from '../check/program.ts';
import type { CheckedEnergy, Job, OptionValue } from '../check/values.ts';
import type { Engine } from '../engines/engine.ts';
import { asMemoryFault } from '../infer/memory.ts';
import { type Clamp, clampOf, type Model, makeModel, noClamp } from '../infer/model.ts';
import type { Host } from '../io/host.ts';
import type { Slot } from '../ir/types.ts';
import type { Checkpoint } from '../learn/checkpoint.ts';
import { verbNamed } from '../options.ts';
import type { WorkerHost } from '../scale/protocol.ts';
import type { Signal } from '../signal.ts';
import { at, type Diagnostic, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { JobResult, LiveChains, RunEvent } from './results.ts';
import { checkRows, refuseMissing } from './rows.ts';
import { runCompare } from './verbs/compare.ts';
import { runComplete } from './verbs/complete.ts';
import { runFit } from './verbs/fit.ts';
import { runLogZ } from './verbs/logz.ts';
import { runMinimize } from './verbs/minimize.ts';
import { runPredict } from './verbs/predict.ts';
import { runSample } from './verbs/sample.ts';
import { runScore } from './verbs/score.ts';

export interface Session {
  readonly program: CheckedProgram;
  readonly bound: BoundProgram;
  readonly engine: Engine;
  /** Parameters by slot: initial, read from a folder, or learned by the last fit. */
  params: ParamValues;
  readonly results: Map<string, JobResult>;
  /** What was noticed about the data. */
  readonly warnings: readonly Diagnostic[];
  /** Where workers on this program are to be had; absent: nowhere. */
  workers?: WorkerHost;
}

export interface JobContext {
  readonly session: Session;
  readonly job: Job;
  readonly emit: (event: RunEvent) => void;
  readonly signal?: Signal;
  /** Called with the states of chains a few times a second. */
  readonly watch?: (live: LiveChains) => void;
  readonly checkpoints?: Checkpoints;
}

/** Where a fit starts again, and where it leaves what it would need for that. */
export interface Checkpoints {
  readonly resume?: Checkpoint;
  readonly keep?: (c: Checkpoint) => void | Promise<void>;
}

export async function openSession(
  program: CheckedProgram,
  host: Host,
  engine: Engine,
  options: BindOptions & { readonly seed?: number } = {},
): Promise<Session> {
  const bound = await bind(program, host, options);
  return {
    program,
    bound,
    engine,
    params: initialParams(bound, options.seed ?? 1),
    results: new Map(),
    warnings: withoutRows(program, bound),
  };
}

/** Runs one job and keeps its result for later ones. */
export async function runJob(
  session: Session,
  job: Job,
  emit: (event: RunEvent) => void,
  signal?: Signal,
  watch?: (live: LiveChains) => void,
  checkpoints?: Checkpoints,
): Promise<JobResult> {
  const verb = verbNamed(job.verb);
  if (!verb?.available) throw optionError(job.span, `\`${job.verb}\` is not available in this version`);
  emit({ event: 'start', job: job.name, verb: job.verb, energy: job.energy });
  let result: JobResult;
  try {
    result = await runVerb({ session, job, emit, signal, watch, checkpoints });
  } catch (e) {
    throw asMemoryFault(e, `the job \`${job.name}\``, job.span);
  }
  session.results.set(job.name, result);
  return result;
}

function runVerb(cx: JobContext): Promise<JobResult> | JobResult {
  switch (cx.job.verb) {
    case 'fit':
      return runFit(cx);
    case 'sample':
      return runSample(cx);
    case 'logz':
      return runLogZ(cx);
    case 'minimize':
      return runMinimize(cx);
    case 'score':
      return runScore(cx);
    case 'predict':
      return runPredict(cx);
    case 'complete':
      return runComplete(cx);
    case 'compare':
      return runCompare(cx);
    default:
      throw optionError(cx.job.span, `\`${cx.job.verb}\` is not available in this version`);
  }
}

/** As much of a job as its options need. */
export type JobInSession = Pick<JobContext, 'session' | 'job'>;

export function energyOf(cx: JobInSession): CheckedEnergy {
  return energyNamed(cx.session, cx.job.energy ?? '', cx.job.span);
}

export function energyNamed(session: Session, name: string, span: Span): CheckedEnergy {
  const e = session.program.energies.get(name);
  if (e) return e;
  const near = suggest(name, [...session.program.energies.keys()]);
  throw optionError(span, `there is no energy \`${name}\``, near ? `did you mean \`${near}\`?` : undefined);
}

/** @param states how many will be evaluated at a time */
export const modelOf = (cx: JobContext, states?: number): Model =>
  makeModel(cx.session.bound, energyOf(cx).energy, cx.session.params, cx.session.engine, states);

export function clampOption(cx: JobContext, model: Model): Clamp {
  const given = cx.job.options.given;
  return given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
}

export function numberOption(
  options: Readonly<Record<string, OptionValue>>,
  name: string,
): number | undefined {
  const v = options[name];
  return v?.kind === 'number' ? v.value : undefined;
}

export function rowsOption(cx: JobInSession, name = 'data') {
  const v = cx.job.options[name];
  if (v?.kind !== 'rows') throw optionError(cx.job.span, `\`${cx.job.verb}\` needs \`${name}\``);
  const { missing } = cx.job.options;
  const completes =
    cx.job.verb === 'complete' ||
    cx.job.verb === 'compare' ||
    (missing?.kind === 'word' && missing.value === 'complete');
  if (!completes) refuseMissing(cx.session, v.rows);
  checkRows(cx.session, v.rows, v.span);
  return v.rows;
}

/** The rows' columns as arrays: for each unknown, rows × elements. */
export function rowArrays(
  session: Session,
  rows: ReturnType<typeof rowsOption>,
): { readonly count: number; readonly of: ReadonlyMap<Slot, HostArray> } {
  return {
    count: session.bound.sizeOf(rows.set),
    of: new Map(rows.columns.map((c) => [c.unknown, session.bound.constants.get(c.data)!])),
  };
}

export function optionError(span: Span, message: string, suggestion?: string): EnergyError {
  return new EnergyError([{ severity: 'error', code: 'E0602', place: at(span), message, suggestion }]);
}
