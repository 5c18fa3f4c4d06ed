/** Running chains, and recording what they draw. */

import type { Slot } from '../ir/types.ts';
import { withCoordinates } from '../plan/coordinates.ts';
import { makePlan, type Plan, type Planned } from '../plan/plan.ts';
import { Stream } from '../random/stream.ts';
import { rest, type Signal } from '../signal.ts';
import { type Draws, samplerStats } from '../stats/draws.ts';
import { faultyTerm } from './faulty-term.ts';
import { type Clamp, fault, type Model, type States } from './model.ts';
import { makeRecorder, type Recorder } from './recorder.ts';
import { brokenRequirements } from './requirements.ts';
import { type ChainRun, type ChainsOptions, openChains } from './run-chains.ts';
import { expenseOf, type Look, spentBy, type Verdict, verdictOn } from './run-length.ts';
import { noStandards } from './standard.ts';
import type { Scales } from './start.ts';
import { openTempering, tune } from './tempering.ts';
import type { LastMove, MoveInfo } from './transition.ts';

export type Coordinate = 'auto' | 'declared';

/** Some of a run's chains, of which other workers draw the rest: `from` … `from + count − 1`. */
export interface ChainPart {
  readonly from: number;
  readonly count: number;
  /** Told before sweep `sweep` begins, and at the end how many there were: when a fault shows. */
  readonly reached?: (sweep: number) => void;
}

export interface SampleOptions {
  /** All chains of the run. */
  readonly chains?: number;
  /** Those that are drawn here; absent: all. Their draws are the same as among all. */
  readonly part?: ChainPart;
  /** The sampler of those unknowns that it serves; absent: the plan's choice. */
  readonly method?: string;
  /** Recorded draws of each chain. Absent, with `thin`: the run goes on until they can be trusted, or a budget ends. */
  readonly draws?: number;
  readonly warmup?: number;
  /** Looks at all chains' draws when a run without a stated length might end; absent: these chains are all. */
  readonly judge?: (look: Look) => Promise<Verdict>;
  /** Sweeps or transitions between recorded draws. */
  readonly thin?: number;
  readonly seed?: number;
  readonly leapfrogs?: number;
  /** Of unknowns that are drawn around others: found by the run (the default), or their own. */
  readonly coordinates?: Coordinate;
  /** Location and spread of real unknowns, where data tell. */
  readonly scales?: Scales;
  /** Rows that chains start from; chains are numbered in the whole run. */
  readonly start?: { readonly of: (slot: Slot, chain: number) => ArrayLike<number> };
}

export interface SampleProgress {
  readonly phase: 'warmup' | 'sampling';
  readonly done: number;
  readonly total: number;
  /** Sweeps before the first that may be recorded. */
  readonly warmup: number;
  /** Sweeps between recorded draws, as it is now. */
  readonly thin: number;
  /** Sweeps a second so far. */
  readonly rate: number;
  readonly energy: Float64Array | null;
  /** The chains' present states; valid until the next call. */
  readonly states: States;
  /** Draws recorded so far, of each chain. */
  readonly recorded: number;
  /** The whole record, its first `recorded` draws of each chain filled: to look at, not to keep. */
  readonly record: Draws;
  /** What has become of a chain's moves so far, counted among these chains. */
  readonly info: (chain: number) => ChainInfo;
  /** What an end at this moment would come to: its own copy of the draws. */
  readonly soFar: () => SampleResult;
}

/** What became of one chain's moves; null where the sampler has no such thing. */
export interface ChainInfo {
  readonly acceptance: number | null;
  readonly stepSize: number | null;
  readonly divergences: number;
  /** Gradients after the warm-up. */
  readonly leapfrogs: number | null;
  /** Transitions that were cut off at the largest length. */
  readonly truncated: number;
  /** Energy fraction of missing information (Betancourt 2016, §6.1). */
  readonly missing: number | null;
  /** Mean probability that neighbouring temperatures exchange states, and round trips of the chain's replicas. */
  readonly exchanged: number | null;
  readonly trips: number | null;
}

export interface SampleResult {
  readonly draws: Draws;
  readonly plan: Plan;
  readonly chains: readonly ChainInfo[];
  /** Sweeps or transitions between recorded draws: a run that chose its length may have come to more than it began with. */
  readonly thin: number;
  readonly seconds: { readonly compile: number; readonly warmup: number; readonly sampling: number };
  /** False when it was stopped before the last draw. */
  readonly complete: boolean;
}

/** Elements that are swept over in one call at most; fewer where that would take longer than a slice of work. */
const SITES_AT_ONCE = 2 ** 22;

const elementsOf = (model: Model): number => model.unknowns.reduce((n, u) => n + u.size, 1);

/** How long to work before letting the event loop run. */
const SLICE_MS = 12;

/** Lengths of a run: in sweeps or transitions of each chain. */
interface Schedule {
  readonly warmup: number;
  readonly draws: number;
  /** Whether the run may make itself longer. */
  readonly open: boolean;
}

/**
 * Draws from exp(−E) given the clamped elements. Deterministic for a seed: chain c
 * uses the stream ('chain', c) only, whatever the other chains do.
 */
export async function sample(
  model: Model,
  clamp: Clamp,
  options: SampleOptions = {},
  onProgress: (p: SampleProgress) => void = () => {},
  signal?: Signal,
): Promise<SampleResult> {
  const asked = options.method === 'tempering';
  const result = await attempt(model, clamp, options, asked ? 'asked' : 'no', onProgress, signal);
  return result ?? (await attempt(model, clamp, options, 'needed', onProgress, signal))!;
}

/** Whether chains are tempered, and why. */
type Tempered = 'no' | 'asked' | 'needed';

const temperedWhy = {
  asked: 'as asked for',
  needed: 'because chains by themselves would stay in different modes',
} as const;

/** @returns null where the draws say that chains want tempering */
async function attempt(
  model: Model,
  clamp: Clamp,
  options: SampleOptions,
  tempered: Tempered,
  onProgress: (p: SampleProgress) => void,
  signal?: Signal,
): Promise<SampleResult | null> {
  let t0 = performance.now();
  const planned = planFor(model, clamp, options.method, tempered !== 'no');
  const { defaults } = planned.plan;
  const all = options.chains ?? defaults.chains;
  const { from: first, count: chains } = options.part ?? { from: 0, count: all };
  const { warmup, draws, open }: Schedule = {
    warmup: options.warmup ?? defaults.warmup,
    draws: options.draws ?? defaults.draws,
    open: options.draws === undefined && options.thin === undefined,
  };
  const judge = options.judge ?? (async (look: Look): Promise<Verdict> => verdictOn(look));
  let thin = options.thin ?? defaults.thin;
  let run: ChainRun | null = null;
  let recorder: Recorder | null = null;
  try {
    const opening = (o: ChainsOptions): ChainRun => openChains(model, clamp, planned, o);
    const chainsOptions: ChainsOptions = {
      chains,
      first,
      all,
      root: new Stream(options.seed ?? 1, 'sample'),
      warmup,
      leapfrogs: options.leapfrogs ?? defaults.leapfrogs,
      scales: options.scales,
      start: options.start,
      // References of tempered chains are in unknowns' own coordinates.
      standards: tempered === 'no' && options.coordinates !== 'declared' ? 'found' : undefined,
    };
    const tuned = tempered === 'no' ? null : tune(model, opening, chainsOptions);
    if (tuned) run = openTempering(model, opening, chainsOptions, tuned);
    else {
      run = opening(chainsOptions);
      if (run.modes && options.method === undefined) return null;
    }
    const placed = withCoordinates(planned.plan, run.standards ?? noStandards);
    const plan: Plan =
      tuned && tempered !== 'no'
        ? {
            ...placed,
            tempering: {
              temperatures: tuned.ladder.length,
              barrier: tuned.barrier,
              why: temperedWhy[tempered],
            },
          }
        : placed;
    const { states, streams, transition } = run;
    const expense = expenseOf(model, planned);
    const lastMoves = (): LastMove[] => Array.from({ length: chains }, (_, c) => transition.last?.(c) ?? {});
    const told = lastMoves()[0];
    recorder = makeRecorder(
      model,
      chains,
      draws,
      samplerStats.filter((name) => told[name] !== undefined),
    );
    /** Chains with a divergence since their last recorded draw. */
    const strayed = new Uint8Array(chains);
    // Asked for in full, the draws share the recorder's arrays.
    const record = recorder.draws(draws);
    let t1 = performance.now();
    let t2 = t1;
    let last = t1;
    let recorded = 0;
    let doublings = 0;
    const info = (c: number): ChainInfo => infoOf(transition.info?.(c) ?? {});
    const comeTo = (made: Draws): SampleResult => ({
      draws: made,
      plan,
      chains: Array.from({ length: chains }, (_, c) => info(c)),
      thin,
      seconds: {
        compile: (t1 - t0) / 1000,
        warmup: (t2 - t1) / 1000,
        sampling: (performance.now() - t2) / 1000,
      },
      complete: recorded === draws,
    });
    const soFar = (): SampleResult => comeTo(recorder!.draws(recorded));
    let energy: Float64Array | null = null;
    let total = warmup + draws * thin;
    // Given starts are kept; with real unknowns the others would not be at that temperature.
    const annealed = run.tempered && options.start === undefined;
    const atOnce = Math.max(1, Math.floor(SITES_AT_ONCE / (chains * elementsOf(model))));
    const settle = (): void => transition.settle?.(states);
    const checkStates = (): void => {
      settle();
      requireFeasible(model, states, chains, first);
      const lost = transition.fault?.(states);
      if (lost) throw lost;
    };
    if (warmup === 0) transition.freeze?.();
    /** When recording began, and began anew. */
    let origin = warmup;
    /** Milliseconds that a sweep takes, lately. */
    let each = 0;
    for (let next = 0; next < total; ) {
      options.part?.reached?.(next);
      const warming = next < warmup;
      // Between recorded draws nobody looks; in how many calls they are swept changes nothing.
      const most = Math.min(atOnce, Math.max(1, Math.floor(SLICE_MS / each)));
      const sweeps = warming || !transition.repeats ? 1 : Math.min(thin - ((next - origin) % thin), most);
      const beta = annealed ? inverseTemperature(next + sweeps - 1, warmup) : 1;
      const from = performance.now();
      transition.step(states, streams, { beta, sweeps, warming });
      each = Math.max(1e-6, 0.7 * each + (0.3 * (performance.now() - from)) / sweeps);
      next += sweeps;
      if (next === warmup) {
        transition.freeze?.();
        checkStates();
        t2 = performance.now();
      }
      if (!warming && told.diverging !== undefined)
        for (let c = 0; c < chains; c++) strayed[c] |= transition.last?.(c).diverging ?? 0;
      if (!warming && (next - origin) % thin === 0) {
        settle();
        const moves = lastMoves().map((m, c) => (strayed[c] ? { ...m, diverging: 1 } : m));
        strayed.fill(0);
        recorder.record(states, recorded++, moves);
      }
      const ended = next === total;
      const now = performance.now();
      if (now - last > SLICE_MS || ended) {
        last = now;
        settle();
        energy = recorder.flush();
        onProgress({
          phase: warming ? 'warmup' : 'sampling',
          done: next,
          total,
          warmup,
          thin,
          rate: (next * 1000) / Math.max(1, now - t1),
          energy,
          states,
          recorded,
          record,
          info,
          soFar,
        });
        const waited = await rest(signal);
        // A pause is no part of the run.
        [t0, t1, t2, last] = [t0, t1, t2, last].map((t) => t + waited);
        if (signal?.aborted) break;
      }
      if (!ended || !open) continue;
      const spent = spentBy(expense, next, chains, transition);
      const verdict = await judge({ draws: record, spent, doublings, tempered: tempered !== 'no' });
      if (verdict === 'enough') continue;
      if (verdict === 'temper') return null;
      doublings++;
      thin *= 2;
      if (verdict === 'more') {
        recorder.halve(recorded);
        recorded >>= 1;
      } else recorded = 0;
      origin = next;
      total = next + (draws - recorded) * thin;
    }
    options.part?.reached?.(total);
    if (warmup === 0) checkStates();
    const result = recorder.draws(recorded);
    for (const q of result.quantities)
      if (q.role === 'energy' && !q.values.every(Number.isFinite))
        throw (
          streams.map((_, c) => faultyTerm(model, states, c)).find((e) => e !== undefined) ??
          fault('E0701', model.energy.span, `the energy \`${model.energy.name}\` is not a finite number`)
        );
    return comeTo(result);
  } finally {
    recorder?.dispose();
    run?.dispose();
    planned.gibbs?.dispose();
  }
}

/** Tempered chains draw what is summed out jointly where other discrete unknowns read it: sums are of β = 1. */
function planFor(model: Model, clamp: Clamp, wanted: string | undefined, tempered: boolean): Planned {
  const planned = makePlan(model, clamp, wanted);
  if (!tempered || !planned.sums || !planned.gibbs) return planned;
  planned.gibbs.dispose();
  return makePlan(model, clamp, 'mixed');
}

const infoOf = (info: MoveInfo): ChainInfo => ({
  acceptance: info.acceptance ?? null,
  stepSize: info.stepSize ?? null,
  divergences: info.divergences ?? 0,
  leapfrogs: info.leapfrogs ?? null,
  truncated: info.truncated ?? 0,
  missing: info.missing ?? null,
  exchanged: info.exchanged ?? null,
  trips: info.trips ?? null,
});

/**
 * Warm-up of discrete models is annealed: over its first two thirds the temperature
 * falls from infinite to 1 (β rises in a straight line), so that chains do not freeze
 * into the mode nearest to their random start. Recorded draws are at β = 1.
 */
const inverseTemperature = (i: number, warmup: number): number =>
  Math.min(1, (1.5 * (i + 1)) / Math.max(1, warmup));

/** After warm-up every chain must satisfy what is required. @param first the number of the first chain */
function requireFeasible(model: Model, states: States, chains: number, first: number): void {
  const counts = brokenRequirements(model, states, chains);
  for (let k = 0; k < chains; k++)
    model.energy.support.forEach((c, i) => {
      const broken = counts[i][k];
      if (broken > 0)
        throw fault(
          'E0702',
          c.span,
          `after warm-up chain ${first + k} still violates this requirement${broken > 1 ? ` (${broken} times)` : ''}`,
          'give more of the unknowns, raise `warmup`, or loosen the requirement',
        );
    });
}
