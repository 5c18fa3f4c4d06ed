import { fingerprint } from '../../bind/fingerprint.ts';
import { type Domain, isArranged, isDiscrete, showDomain } from '../../domain.ts';
import { type Clamp, fault, freeCount, type Model, type States } from '../../infer/model.ts';
import { kindOf, latticeShape } from '../../infer/recorder.ts';
import {
  type ChainPart,
  type SampleOptions,
  type SampleProgress,
  type SampleResult,
  sample,
} from '../../infer/sample.ts';
import type { Scales } from '../../infer/start.ts';
import type { Slot } from '../../ir/types.ts';
import { DEFAULT_CHAINS } from '../../plan/plan.ts';
import { isSampler, type SamplerSpec, samplers } from '../../samplers.ts';
import { chainSight } from '../../scale/chain-progress.ts';
import { conduct, UnfitWorkers } from '../../scale/conduct.ts';
import type { WorkerHost } from '../../scale/protocol.ts';
import { LONG_RUN, type Spread, split, spreadOf, TRIAL } from '../../scale/split.ts';
import type { Draws } from '../../stats/draws.ts';
import { worstRHat } from '../../stats/running-r-hat.ts';
import type { JobResult } from '../results.ts';
import { refuseMissing } from '../rows.ts';
import { clampOption, type JobContext, modelOf, numberOption, optionError, rowArrays } from '../session.ts';

/** `sample(E, …)`: chains from exp(−E), on one thread or spread over workers. */
export async function runSample(cx: JobContext): Promise<JobResult> {
  const task = taskOf(cx);
  const { result, spread } = await drawn(cx, task);
  cx.emit({ event: 'plan', job: cx.job.name, plan: result.plan });
  return { verb: 'sample', ...result, spread };
}

/** A `sample` job as the sampler takes it. */
export interface SampleTask {
  readonly model: Model;
  readonly clamp: Clamp;
  readonly options: SampleOptions;
  /** What `workers` says; absent: `auto`. */
  readonly workers: number | undefined;
}

/** `n` draws in all: as many chains as rows of a batch, one draw each. */
export function taskOf(cx: JobContext): SampleTask {
  const { job, session } = cx;
  const model = modelOf(cx);
  const clamp = clampOption(cx, model);
  const num = (name: string) => numberOption(job.options, name);
  const n = num('n');
  if (n !== undefined && (num('chains') !== undefined || num('draws') !== undefined))
    throw optionError(job.span, '`n` replaces `chains` and `draws`: give one or the others');
  const shape = n === undefined ? { chains: num('chains'), draws: num('draws') } : chainsFor(n);
  const init = job.options.init;
  if (init?.kind === 'rows') refuseMissing(session, init.rows);
  const rows = init?.kind === 'rows' ? rowArrays(session, init.rows) : null;
  const options: SampleOptions = {
    ...shape,
    method: methodOption(cx, model, clamp),
    warmup: num('warmup'),
    thin: num('thin') ?? (n === undefined ? undefined : 1),
    seed: num('seed'),
    coordinates: coordinatesOption(cx),
    scales: scalesOf(cx),
    start: rows
      ? {
          of: (slot, chain) => {
            const a = rows.of.get(slot)!;
            const size = a.data.length / rows.count;
            const row = chain % rows.count;
            return a.data.subarray(row * size, (row + 1) * size);
          },
        }
      : undefined,
  };
  return { model, clamp, options, workers: num('workers') };
}

interface Drawn {
  readonly result: SampleResult;
  readonly spread: Spread;
}

/**
 * A number of workers that is asked for is taken. By itself a run starts on one thread; if it shows there that
 * it will take long, it starts anew on workers, which draw the same.
 */
async function drawn(cx: JobContext, task: SampleTask): Promise<Drawn> {
  const { model, clamp, options, workers: asked } = task;
  const { workers: host } = cx.session;
  const spreadFor = (chains: number): Spread => spreadOf(model.engine, chains, host?.cores ?? 0, asked);
  const alone = async (spread: Spread): Promise<Drawn> => ({
    result: await sample(model, clamp, options, teller(cx, model), cx.signal),
    spread,
  });
  const together = async (chains: number, spread: Spread): Promise<Drawn> => {
    try {
      return { result: await onWorkers(cx, task, host!, split(chains, spread.workers), spread), spread };
    } catch (e) {
      if (e instanceof UnfitWorkers) return alone({ workers: 1, why: e.message });
      throw e;
    }
  };
  if (asked !== undefined) {
    const chains = options.chains ?? DEFAULT_CHAINS;
    const spread = spreadFor(chains);
    return spread.workers === 1 ? alone(spread) : together(chains, spread);
  }
  const trial = await tried(cx, task, spreadFor);
  return trial.result ? { result: trial.result, spread: trial.spread } : together(trial.chains, trial.spread);
}

/** A run on one thread that gives up when it sees that workers would be done earlier. */
async function tried(
  cx: JobContext,
  { model, clamp, options }: SampleTask,
  spreadFor: (chains: number) => Spread,
): Promise<{ readonly result: SampleResult | null; readonly spread: Spread; readonly chains: number }> {
  let spread: Spread | null = null;
  let chains = 0;
  const tell = teller(cx, model);
  const signal = {
    get aborted() {
      return (spread !== null && spread.workers > 1) || (cx.signal?.aborted ?? false);
    },
    get paused() {
      return cx.signal?.paused;
    },
  };
  const hear = (p: SampleProgress): void => {
    tell(p);
    if (spread !== null || p.done / p.rate < TRIAL) return;
    chains = p.record.chains;
    const short = (p.total - p.done) / p.rate < LONG_RUN;
    spread = short ? { workers: 1, why: 'the run is short' } : spreadFor(chains);
  };
  const given = (): Spread => spread ?? { workers: 1, why: 'the run is short' };
  try {
    const result = await sample(model, clamp, options, hear, signal);
    const moved = given().workers > 1 && !cx.signal?.aborted;
    return moved
      ? { result: null, spread: given(), chains }
      : { result, spread: { ...given(), workers: 1 }, chains };
  } catch (e) {
    // What is wrong with a run that was given up half-way will show again.
    if (given().workers > 1) return { result: null, spread: given(), chains };
    throw e;
  }
}

/** A fingerprint of what the job reads: data, and the values that are given. */
export const dataOf = ({ session }: JobContext, { clamp }: SampleTask): string =>
  fingerprint([
    ...session.bound.constants,
    ...[...clamp.values, ...clamp.fixed].map(([slot, data]) => [slot, { shape: [], data }] as const),
  ]);

function onWorkers(
  cx: JobContext,
  task: SampleTask,
  host: WorkerHost,
  parts: readonly ChainPart[],
  spread: Spread,
): Promise<SampleResult> {
  const { job, session } = cx;
  return conduct({
    host,
    parts,
    order: {
      job: job.name,
      engine: session.engine.name,
      fingerprint: dataOf(cx, task),
      // A view of a large buffer would be sent with all of it.
      params: [...session.params].map(([slot, { shape, data }]) => [
        slot.name,
        { shape, data: data.slice() },
      ]),
      watched: cx.watch !== undefined,
    },
    span: job.span,
    onProgress: ({ energy, live, phase, soFar, ...told }) => {
      cx.emit({ event: 'progress', job: job.name, phase, value: energy, ...told });
      if (!live) return;
      const ended = async (): Promise<JobResult | null> => {
        const result = await soFar();
        return result && { verb: 'sample', ...result, spread };
      };
      cx.watch?.({ job: job.name, phase, ...live, soFar: ended });
    },
    signal: cx.signal,
  });
}

/** Mean energy of the chains at their last draw. */
export const meanEnergy = ({ energy }: SampleProgress): number | null =>
  energy && energy.reduce((a, b) => a + b, 0) / energy.length;

/** Tells of a run on one thread. */
function teller(cx: JobContext, model: Model): (p: SampleProgress) => void {
  const sight = chainSight(0);
  let rHat: number | null = null;
  return (p) => {
    const { phase, done, total, rate, record, recorded } = p;
    const job = cx.job.name;
    const { chains, halves } = sight(p);
    if (halves) rHat = worstRHat([halves]);
    cx.emit({
      event: 'progress',
      job,
      phase,
      done,
      total,
      rate,
      value: meanEnergy(p),
      ...(chains ? { chains } : {}),
      chainCount: record.chains,
      rHat,
    });
    cx.watch?.({
      job,
      phase,
      record,
      recorded,
      now: present(model, p.states, record.chains),
      soFar: async () => ({
        verb: 'sample',
        ...p.soFar(),
        spread: { workers: 1, why: 'the run was stopped' },
      }),
    });
  };
}

/** Location and spread of the rows that the program fits this energy to, if it does. */
export function scalesOf(cx: JobContext): Scales | undefined {
  const { session, job } = cx;
  const fitted = session.program.jobs.find((j) => j.verb === 'fit' && j.energy === job.energy)?.options.data;
  if (fitted?.kind !== 'rows') return undefined;
  if (fitted.rows.columns.some((c) => session.bound.missing?.has(c.data))) return undefined;
  const { count, of } = rowArrays(session, fitted.rows);
  const out = new Map<Slot, { mean: Float64Array; sd: Float64Array }>();
  for (const [slot, array] of of) {
    const size = array.data.length / count;
    const mean = new Float64Array(size);
    const sd = new Float64Array(size);
    for (let i = 0; i < array.data.length; i++) mean[i % size] += array.data[i] / count;
    for (let i = 0; i < array.data.length; i++) sd[i % size] += (array.data[i] - mean[i % size]) ** 2 / count;
    out.set(slot, { mean, sd: sd.map(Math.sqrt) });
  }
  return out;
}

/** A method that was asked for must serve some unknown that is free; the others are drawn as the plan says. */
function methodOption(cx: JobContext, model: Model, clamp: Clamp): SampleOptions['method'] {
  const wanted = cx.job.options.method;
  if (wanted?.kind === 'word' && wanted.value === 'mixed') return wanted.value;
  if (wanted?.kind !== 'word' || !isSampler(wanted.value)) return undefined;
  const free = model.unknowns.filter((u) => freeCount(clamp, u.slot) > 0);
  const { serves } = samplers[wanted.value];
  if (serves === 'all' || free.length === 0 || free.some((u) => servedAs(u.slot.domain) === serves))
    return wanted.value;
  const [{ slot }] = free;
  throw fault(
    'E0704',
    wanted.span,
    `\`${wanted.value}\` does not sample \`${slot.name}\`, which is ${showDomain(slot.domain)}`,
    `${kinds[servedAs(slot.domain)]} are sampled by ${samplersOf(servedAs(slot.domain))}`,
  );
}

function coordinatesOption({ job }: JobContext): SampleOptions['coordinates'] {
  const wanted = job.options.coordinates;
  return wanted?.kind === 'word' && wanted.value === 'declared' ? 'declared' : undefined;
}

type Served = Exclude<SamplerSpec['serves'], 'all'>;

const servedAs = (d: Domain): Served => (isArranged(d) ? 'arranged' : isDiscrete(d) ? 'discrete' : 'real');

const kinds: Readonly<Record<Served, string>> = {
  arranged: 'permutations and subsets',
  discrete: 'discrete unknowns',
  real: 'real unknowns',
};

const samplersOf = (kind: Served): string =>
  Object.entries(samplers)
    .filter(([, s]) => s.serves === kind || s.serves === 'all')
    .map(([name]) => `\`${name}\``)
    .join(', ');

/** The states as one draw of each chain, without a copy. */
export const present = (model: Model, states: States, chains: number): Draws => ({
  chains,
  draws: 1,
  quantities: model.unknowns.map((u) => ({
    name: u.slot.name,
    role: 'unknown',
    shape: latticeShape(u.slot.sets, model.sizeOf),
    ...kindOf(u.slot.domain, model.sizeOf),
    values: states.get(u.slot)!,
  })),
});

/** Many chains side by side cost little more than one: up to 256, then several draws of each. */
function chainsFor(n: number): { readonly chains: number; readonly draws: number } {
  const draws = Math.ceil(n / 256);
  // 500 are 2 of each of 250 chains, not of 256.
  return { chains: Math.ceil(n / draws), draws };
}
