/**
 * ln Z = ln Σ∫ exp(−E): in closed form where there is one, else estimated along a path of distributions, with a
 * standard error.
 */
import { isDiscrete } from '../domain.ts';
import { machines, nanoseconds, workOf } from '../engines/cost.ts';
import { slotsRead } from '../ir/walk.ts';
import { Stream } from '../random/stream.ts';
import { rest, type Signal } from '../signal.ts';
import { logMeanOf } from '../stats/log-mean.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import {
  climb,
  type LadderRun,
  layLadder,
  lengthened,
  type PilotFailure,
  type Rung,
  type Share,
  shareOf,
} from './annealed.ts';
import { exactLogZ } from './exact.ts';
import { gaussianPart } from './gaussian.ts';
import { jointStates } from './joint-states.ts';
import { marginalModel } from './marginal.ts';
import { type Clamp, energyOutputs, fault, freeCount, type Model } from './model.ts';
import { openPopulation, type Population, planPopulation } from './population.ts';
import type { Reference } from './reference.ts';
import { type Breathe, type PilotReference, pilotReference } from './reference-pilot.ts';

export const estimators = {
  ais: 'annealed importance sampling',
  smc: 'sequential Monte Carlo',
} as const;

export type Estimator = keyof typeof estimators;

export interface LogZOptions {
  /** `auto`: exact where it is affordable, else `ais`. */
  readonly method?: 'auto' | 'exact' | Estimator;
  /** Chains of an estimate. */
  readonly chains?: number;
  /** The standard error at which to stop. */
  readonly goal?: number;
  /** Transitions of a chain that may be spent, all chains together; absent: about a quarter of a minute's work. */
  readonly budget?: number;
  readonly seed?: number;
}

export interface LogZ {
  readonly logZ: number;
  /** Standard error; 0 where it is exact up to rounding. */
  readonly error: number;
  readonly method: 'exact' | Estimator;
  /** How, where it is exact. */
  readonly how: 'enumeration' | 'elimination' | 'gaussian' | null;
  /** Joint states of the discrete unknowns that were added up, where it is exact. */
  readonly states: number | null;
  readonly chains: number | null;
  /** Temperatures of the ladder. */
  readonly rungs: number | null;
  /** Effective number of chains (of islands for `smc`). */
  readonly ess: number | null;
  /** Pareto shape of the weights' tail; below 0.7 they can be averaged. */
  readonly tail: number | null;
  /** What makes the error less than certain. */
  readonly warnings: readonly string[];
  /** Whether it was stopped before the goal was met. */
  readonly complete: boolean;
}

export interface LogZProgress {
  readonly done: number;
  readonly total: number;
  /** The estimate so far. */
  readonly value: number | null;
}

const CHAINS = { ais: 64, smc: 256 } as const;
const ISLANDS = 16;
const PILOT_CHAINS = 64;
/** Chains that come from far away, so that modes are found which no start is near. */
const EXPLORERS = 128;
const GOAL = 0.01;
/** Nanoseconds of work that an estimate may take by itself, and bounds in transitions. */
const WORK = 1.5e10;
const BUDGET = { least: 2e4, most: 2e7 } as const;
/** A longer ladder is worth its price if it brings the error down at least so much, for each doubling. */
const GAIN = 0.85;
/** Effective weights below which there is no estimate. */
const DECIDED = 1.5;
/** The most that a ladder grows from one round to the next. */
const GROWTH = 16;
const SLICE_MS = 40;

/**
 * @param onProgress called between pieces of work
 * @throws EnergyError E0702, E0703 where no estimate can be made, E0732 where none was, E0731 where exp(−E) is not integrable
 */
export async function logZ(
  model: Model,
  clamp: Clamp,
  options: LogZOptions = {},
  onProgress: (p: LogZProgress) => void = () => {},
  signal?: Signal,
): Promise<LogZ> {
  const method = options.method ?? 'auto';
  if (method === 'auto' || method === 'exact') {
    const exact = exactly(model, clamp);
    if (!('why' in exact)) return exact;
    if (method === 'exact')
      throw fault(
        'E0703',
        model.energy.span,
        `ln Z of \`${model.energy.name}\` is not known exactly: ${exact.why}`,
        exact.help,
      );
  }
  const summed = marginalModel(model, clamp)?.model ?? model;
  return estimate(summed, clamp, method === 'smc' ? 'smc' : 'ais', options, onProgress, signal);
}

const exactResult = (value: number, how: NonNullable<LogZ['how']>, states: number | null): LogZ => ({
  logZ: value,
  error: 0,
  method: 'exact',
  how,
  states,
  chains: null,
  rungs: null,
  ess: null,
  tail: null,
  warnings: [],
  complete: true,
});

/** The exact value, or why there is none. */
export function exactly(model: Model, clamp: Clamp): LogZ | { readonly why: string; readonly help: string } {
  if (!jointStates(model, clamp).real) {
    const made = exactLogZ(model, clamp);
    if (!('why' in made)) return exactResult(made.logZ, made.how, made.states);
    return { why: made.why, help: 'give some of the unknowns, or leave `method` out for an estimate' };
  }
  const gaussian = gaussianPart(model, clamp);
  if ('why' in gaussian) return { why: gaussian.why, help: 'leave `method` out for an estimate' };
  return exactResult(gaussian.logZ, 'gaussian', gaussian.components.length);
}

/** Work that goes on between calls of `breathe`, and who is told. */
function breathing(
  onProgress: (p: LogZProgress) => void,
  signal: Signal | undefined,
  value: () => number | null,
): Breathe {
  let last = performance.now();
  return async (done, total) => {
    const now = performance.now();
    if (now - last < SLICE_MS) return true;
    last = now;
    onProgress({ done, total, value: value() });
    last += await rest(signal);
    return signal?.aborted !== true;
  };
}

async function estimate(
  model: Model,
  clamp: Clamp,
  method: Estimator,
  options: LogZOptions,
  onProgress: (p: LogZProgress) => void,
  signal?: Signal,
): Promise<LogZ> {
  refuseMovingBounds(model, clamp);
  const root = new Stream(options.seed ?? 1, 'logz');
  let best: Round | null = null;
  const breathe = breathing(onProgress, signal, () => best?.value ?? null);
  const chains = chainsFor(method, options.chains);
  const islands = method === 'smc' ? Math.min(ISLANDS, chains) : 0;
  const counted = jointStates(model, clamp).digits.reduce((s, g) => s + Math.log(g.count), 0);
  const streamsOf = (of: Stream, n: number): Stream[] =>
    Array.from({ length: n }, (_, c) => of.fork('chain', c));

  const near = await pilotReference(model, clamp, root.fork('reference'), breathe);
  if (near === 'stopped') throw stopped(model);
  const plan = planPopulation(model, clamp);
  const open: Population[] = [];
  const population = (n: number, of: Reference | null): Population => {
    const made = openPopulation(plan, n, of);
    open.push(made);
    return made;
  };
  /** What is found from far away is added to what was found near random starts. */
  const explored = async (from: PilotReference): Promise<Reference | 'stopped'> => {
    const wide = population(EXPLORERS, from.wide());
    const own = root.fork('explore');
    const found = await layLadder(wide, streamsOf(own, EXPLORERS), own.fork('choice'), breathe);
    if (found === 'stopped') return found;
    return typeof found === 'string' ? from.reference : from.joined(wide.coordinates()!, EXPLORERS);
  };
  try {
    const goal = options.goal ?? GOAL;
    const reference = near && (await explored(near));
    if (reference === 'stopped') throw stopped(model);
    const pilot = root.fork('pilot');
    const ladder = await layLadder(
      population(PILOT_CHAINS, reference),
      streamsOf(pilot, PILOT_CHAINS),
      pilot.fork('choice'),
      breathe,
    );
    if (typeof ladder === 'string') throw noLadder(model, ladder);
    const pop = population(chains, reference);
    const counting = root.fork('share');
    const share = await shareOf(pop, streamsOf(counting, chains), goal / 3, breathe);
    if (!share) throw stopped(model);
    const run = async (rungs: readonly Rung[], number: number): Promise<LadderRun | null> => {
      const own = root.fork('round', number);
      return climb(pop, rungs, streamsOf(own, chains), islands, own, breathe);
    };
    let left = (options.budget ?? budgetFor(model)) / chains;
    let rungs: readonly Rung[] = lengthened(ladder, Math.max(1, 16 / ladder.length));
    let runs: LadderRun[] = [];
    for (let number = 0; ; number++) {
      const made = await run(rungs, number);
      if (!made) break;
      left -= rungs.length;
      const before: Round | null = best;
      const now = steadied(roundOf([made], rungs.length, counted, share), before);
      best = now;
      runs = [made];
      if (now.error <= goal) break;
      const growth = Math.min(GROWTH, Math.max(2, 1.3 * (now.error / goal) ** 2), left / rungs.length);
      if (growth < 1.5) break;
      const doublings = before ? Math.log2(now.rungs / before.rungs) : 0;
      if (before && now.error > before.error * GAIN ** doublings) {
        // A longer ladder does not help: more chains will.
        const more = Math.floor(Math.min(1.2 * (now.error / goal) ** 2 - 1, left / rungs.length));
        for (let i = 1; i <= more; i++) {
          const next = await run(rungs, number + i);
          if (!next) break;
          runs.push(next);
          best = roundOf(runs, rungs.length, counted, share);
        }
        break;
      }
      rungs = lengthened(rungs, growth);
    }
    if (!best) throw stopped(model);
    const { value, error, ess, tail, count } = best;
    if (value === Number.NEGATIVE_INFINITY) throw noLadder(model, 'support');
    // An interrupted run may still tell how little it knows.
    if (ess < DECIDED && signal?.aborted !== true) throw decidedByOne(model, best);
    return {
      logZ: value,
      error,
      method,
      how: null,
      states: null,
      chains: chains * runs.length,
      rungs: best.rungs,
      ess,
      tail: Number.isFinite(tail) ? tail : null,
      warnings: warningsOf(best, count, goal, method),
      complete: signal?.aborted !== true,
    };
  } finally {
    for (const p of open) p.dispose();
    plan.dispose();
  }
}

/** Runs of the same ladder, taken together. */
interface Round {
  readonly value: number;
  readonly error: number;
  readonly ess: number;
  readonly tail: number;
  readonly rungs: number;
  /** Independent weights. */
  readonly count: number;
}

function roundOf(runs: readonly LadderRun[], rungs: number, counted: number, share: Share): Round {
  const all = Float64Array.from(runs.flatMap((r) => [...r.logWeights]));
  const { value, error, ess, shape } = logMeanOf(all);
  return {
    value: value + counted + share.log,
    error: Math.hypot(error, Math.sqrt(share.variance)),
    ess,
    tail: shape,
    rungs,
    count: all.length,
  };
}

/**
 * A round that ends the search because its error is small was chosen for that: what the round before makes one expect,
 * at 1/n of the variance on a ladder n times as long, is averaged with it where it is larger.
 */
function steadied(now: Round, before: Round | null): Round {
  if (!before) return now;
  const expected = before.error * Math.sqrt(before.rungs / now.rungs);
  if (!(expected > now.error && expected < 2 * now.error)) return now;
  return { ...now, error: Math.sqrt(0.5 * (now.error ** 2 + expected ** 2)) };
}

function warningsOf({ ess, tail, error }: Round, count: number, goal: number, method: Estimator): string[] {
  const out: string[] = [];
  const what = method === 'smc' ? 'islands' : 'chains';
  if (ess < Math.min(10, count / 4))
    out.push(
      `${ess.toFixed(1)} of ${count} ${what} count: the estimate is rather a lower bound, and its error is hardly known`,
    );
  else if (tail > 0.7)
    out.push(`the weights have a heavy tail (Pareto k = ${tail.toFixed(2)}): the error may be too small`);
  if (error > goal && error > 0.1) out.push(`the standard error stayed above ${goal} within the budget`);
  return out;
}

function chainsFor(method: Estimator, asked: number | undefined): number {
  const n = asked ?? CHAINS[method];
  return method === 'smc' ? Math.max(1, Math.round(n / ISLANDS)) * ISLANDS : Math.max(2, n);
}

/** Transitions that take about as long as an estimate should, by the cost model: the same on every machine. */
function budgetFor(model: Model): number {
  const program = { outputs: energyOutputs(model.builder, model.energy, 1), sizeOf: model.sizeOf };
  const machine = machines[model.engine.name] ?? machines.kernels;
  const evaluation = nanoseconds(workOf(program), machine);
  const real = model.unknowns.some((u) => !isDiscrete(u.slot.domain));
  const sites = model.unknowns.reduce((n, u) => n + (isDiscrete(u.slot.domain) ? u.size : 0), 0);
  const each = evaluation * (real ? 8 : 1) + 30 * sites;
  return Math.min(BUDGET.most, Math.max(BUDGET.least, WORK / each));
}

/** The reference is laid in unconstrained coordinates, which must not change when something discrete moves. */
function refuseMovingBounds(model: Model, clamp: Clamp): void {
  for (const { slot } of model.unknowns) {
    const d = slot.domain;
    if (d.kind !== 'real' || freeCount(clamp, slot) === 0) continue;
    const bounds = [d.lower, d.upper].flatMap((l) => (l ? [l.body] : []));
    for (const s of slotsRead(bounds))
      if (s.role === 'unknown' && isDiscrete(s.domain) && freeCount(clamp, s) > 0)
        throw fault(
          'E0703',
          slot.span ?? model.energy.span,
          `ln Z cannot be estimated where the bounds of \`${slot.name}\` depend on \`${s.name}\`, which is discrete`,
          `scale it instead: let \`${slot.name}\` lie between 0 and 1, and multiply`,
        );
  }
}

function decidedByOne(model: Model, { count, tail, rungs }: Round): Error {
  return fault(
    'E0732',
    model.energy.span,
    `one of ${count} chains decides the estimate of ln Z of \`${model.energy.name}\` (${Number.isFinite(tail) ? `Pareto k = ${tail.toFixed(1)}, ` : ''}ladder of ${rungs} temperatures), so that nothing is known of its error`,
    'is exp(−E) integrable? If so, a larger `budget` may help, or `method = smc`',
  );
}

/** Asked to end before there was anything to tell. */
export class StoppedEarly extends EnergyError {}

const stopped = (model: Model): Error =>
  new StoppedEarly(
    fault(
      'E0732',
      model.energy.span,
      `stopped before there was an estimate of ln Z of \`${model.energy.name}\``,
    ).diagnostics,
  );

function noLadder(model: Model, why: PilotFailure): Error {
  switch (why) {
    case 'stopped':
      return stopped(model);
    case 'support':
      return fault(
        'E0703',
        model.energy.support[0]?.span ?? model.energy.span,
        `ln Z of \`${model.energy.name}\` cannot be estimated: hardly any chain finds a state of finite energy, so the share of such states is not known`,
        'give some of the unknowns, so that what is left can be counted exactly',
      );
    case 'steep':
      return fault(
        'E0703',
        model.energy.span,
        `ln Z of \`${model.energy.name}\` cannot be estimated: the path from its reference takes more than 4000 temperatures`,
        'give some of the unknowns, or scale the energy',
      );
  }
}
