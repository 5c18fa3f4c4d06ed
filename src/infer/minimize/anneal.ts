/**
 * Simulated annealing of what is discrete with the transitions that sample it, several chains side by side, then
 * descent: sweeps at temperature zero, and exchanges of arrangements.
 */
import { isArranged, isDiscrete } from '../../domain.ts';
import { machines, nanoseconds, workOf } from '../../engines/cost.ts';
import type { Slot } from '../../ir/types.ts';
import { makePlan } from '../../plan/plan.ts';
import type { Stream } from '../../random/stream.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { makeExchange } from '../exchange.ts';
import { gibbsTransitions } from '../gibbs.ts';
import { type Clamp, energyOutputs, freeCount, type Model } from '../model.ts';
import { copyStates } from '../start.ts';
import { inTurn, type Transition } from '../transition.ts';
import { type ArrangedDescent, arrangedDescent } from './arrange.ts';
import { canSoften, softened } from './soften.ts';
import { startFor } from './starts.ts';
import { type Temperatures, temperatureAt, temperaturesAt } from './temperatures.ts';
import type { MinimizeOptions, Work } from './types.ts';
import { same, type Whole } from './whole.ts';

export interface Annealed {
  /** Of one chain: the best. */
  readonly states: Map<Slot, Float64Array>;
  /** +∞ where no state of the support was found. */
  readonly energy: number;
  readonly restarts: number;
  readonly reached: number;
  readonly evaluations: number;
}

export interface DiscreteMoves {
  readonly transition: Transition;
  readonly arranged: ArrangedDescent | null;
  /** Elements that a sweep moves. */
  readonly elements: number;
  /** Nanoseconds of a sweep, by the cost model. */
  readonly cost: number;
  dispose(): void;
}

/** Sweeps and exchanges of everything discrete, for one chain; null where nothing discrete is free. */
export function discreteMoves(model: Model, clamp: Clamp, whole: Whole): DiscreteMoves | null {
  const planned = makePlan(model, clamp, 'mixed');
  const parts: Transition[] = [];
  try {
    if (planned.gibbs) parts.push(...gibbsTransitions(model, planned.gibbs, clamp, 1));
    if (model.unknowns.some((u) => isArranged(u.slot.domain) && freeCount(clamp, u.slot) > 0))
      parts.push(makeExchange(model, clamp, 1));
  } catch (e) {
    for (const p of parts) p.dispose();
    planned.gibbs?.dispose();
    throw e;
  }
  if (parts.length === 0) return null;
  const transition = inTurn(parts);
  const elements = model.unknowns.reduce(
    (n, u) => n + (isDiscrete(u.slot.domain) ? freeCount(clamp, u.slot) : 0),
    0,
  );
  return {
    transition,
    arranged: arrangedDescent(model, clamp, whole),
    elements,
    cost: costOf(model, elements, planned.gibbs?.conditionals.length === 0 && parts.length === 1),
    dispose() {
      transition.dispose();
      planned.gibbs?.dispose();
    },
  };
}

/** Kernels move an element in some nanoseconds; else each takes a part of an evaluation. */
function costOf(model: Model, elements: number, kernels: boolean): number {
  if (kernels) return 10 * elements;
  const program = { outputs: energyOutputs(model.builder, model.energy, 1), sizeOf: model.sizeOf };
  return elements * (500 + nanoseconds(workOf(program), machines[model.engine.name] ?? machines.kernels));
}

const RESTARTS = 4;
/** Nanoseconds of an annealing, and bounds of its sweeps. */
const WORK = 1e9;
const SWEEPS = { least: 100, most: 20_000 } as const;
const STEPS = 100;
/** Sweeps between looks at the energy, at least. */
const LOOK = 8;

/** @param start a state to descend from beside the annealings */
export async function anneal(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Annealed | null> {
  const moves = discreteMoves(model, clamp, whole);
  if (!moves) return null;
  const restarts = options.restarts ?? RESTARTS;
  const ends: { readonly states: Map<Slot, Float64Array>; readonly energy: number }[] = [];
  let evaluations = 0;
  try {
    for (let r = 0; r < restarts && !(work.stopped && r > 0); r++) {
      const stream = root.fork('restart', r);
      const states = startFor(
        model,
        clamp,
        stream,
        options.scales,
        (s) => Number.isFinite(whole.level(s)),
        (s) => stepAt(moves.transition, s, stream, 1, 10),
      );
      const t = temperaturesAt(model, clamp, whole, states, stream);
      if (r % 4 !== 0 && canSoften(model)) {
        const low = await through(model, clamp, whole, states, stream, t, work, SOFT[r % SOFT.length]);
        if (low) {
          evaluations += low.sweeps;
          const end = await descended(moves, whole, states, stream, t.last, work);
          evaluations += end.sweeps;
          ends.push({ states, energy: end.energy });
          continue;
        }
      }
      const total = Math.min(SWEEPS.most, Math.max(SWEEPS.least, WORK / moves.cost));
      const each = Math.max(1, Math.round(total / STEPS));
      for (let k = 0, unseen = 0; k < STEPS && !work.stopped; k++) {
        stepAt(moves.transition, states, stream, 1 / temperatureAt(t, k / (STEPS - 1)), each);
        evaluations += each;
        work.steps += each * moves.elements;
        work.done += 1 / STEPS;
        unseen += each;
        if (unseen >= LOOK) {
          work.passed(whole.energy(states), states);
          unseen = 0;
        }
        if (work.due()) await work.rest();
      }
      const low = await descended(moves, whole, states, stream, t.last, work);
      evaluations += low.sweeps;
      ends.push({ states, energy: low.energy });
    }
  } finally {
    moves.dispose();
  }
  if (ends.length === 0) return null;
  const best = ends.reduce((a, b) => (b.energy < a.energy ? b : a));
  const reached = ends.filter((e) => same(e.energy, best.energy)).length;
  return { ...best, restarts: ends.length, reached, evaluations };
}

/** Weights of broken requirements, in differences of energy that are large among random moves; one a search. */
const SOFT = [0.6, 0.15, 0.3] as const;
const HARDER = { by: 2, times: 4 } as const;
const SOFT_STEPS = 400;

/**
 * Anneals through states that break requirements, at a price, and leaves in `states` the lowest one on the way that
 * breaks none; at a higher price where there was none.
 * @returns null, `states` as they were, where there was none on the way, or the energy is not a number outside of the
 *   support
 */
async function through(
  model: Model,
  clamp: Clamp,
  whole: Whole,
  states: Map<Slot, Float64Array>,
  stream: Stream,
  t: Temperatures,
  work: Work,
  weight: number,
  harder: number = HARDER.times,
): Promise<{ readonly sweeps: number } | null> {
  const moving = copyStates(states);
  let best: { readonly energy: number; readonly states: Map<Slot, Float64Array> } | null = null;
  let sweeps = 0;
  let faulty = false;
  let moves: DiscreteMoves | null = null;
  try {
    moves = discreteMoves(softened(model, weight * t.first), clamp, whole);
    if (!moves) return null;
    const total = Math.min(SWEEPS.most, Math.max(SWEEPS.least, WORK / moves.cost));
    const each = Math.max(1, Math.round(total / SOFT_STEPS));
    const steps = Math.min(SOFT_STEPS, Math.ceil(total / each));
    for (let k = 0; k < steps && !work.stopped; k++) {
      stepAt(moves.transition, moving, stream, 1 / temperatureAt(t, k / (steps - 1)), each);
      sweeps += each;
      work.steps += each * moves.elements;
      const energy = whole.energy(moving);
      work.passed(energy, moving);
      if (energy < (best?.energy ?? Number.POSITIVE_INFINITY)) best = { energy, states: copyStates(moving) };
      if (harder === HARDER.times) work.done += 1 / steps;
      if (work.due()) await work.rest();
    }
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    faulty = true;
  } finally {
    moves?.dispose();
  }
  if (!best)
    return harder > 0 && !faulty && !work.stopped
      ? through(model, clamp, whole, states, stream, t, work, HARDER.by * weight, harder - 1)
      : null;
  for (const [slot, x] of best.states) states.get(slot)!.set(x);
  return { sweeps };
}

export function stepAt(
  transition: Transition,
  states: Map<Slot, Float64Array>,
  stream: Stream,
  beta: number,
  count: number,
): void {
  transition.changed?.();
  transition.step(states, [stream], { beta, sweeps: count, warming: false });
  transition.settle?.(states);
}

/** Sweeps that take the lowest values only, until the energy stays; then exchanges, as long as both find something. */
export async function descended(
  moves: DiscreteMoves,
  whole: Whole,
  states: Map<Slot, Float64Array>,
  stream: Stream,
  last: number,
  work: Work,
): Promise<{ readonly energy: number; readonly sweeps: number }> {
  let energy = whole.energy(states);
  let best = new Map([...states].map(([slot, x]) => [slot, x.slice()]));
  let count = 0;
  work.passed(energy, states);
  const note = (): boolean => {
    const e = whole.energy(states);
    const lower = e < energy && !same(e, energy, 1e-13);
    if (lower) {
      energy = e;
      best = new Map([...states].map(([slot, x]) => [slot, x.slice()]));
      work.passed(e, states);
    }
    return lower;
  };
  for (let quiet = 0; quiet < 3 && count < 1000 && !work.stopped; quiet++) {
    // Cold, but no colder than kernels can tell from zero.
    stepAt(moves.transition, states, stream, 1e3 / last, 2);
    count += 2;
    work.steps += 2 * moves.elements;
    if (note()) quiet = -1;
    if (quiet === 2 && moves.arranged) {
      const low = await moves.arranged.fall(states, work);
      count += low.evaluations;
      if (note()) quiet = -1;
    }
    if (work.due()) await work.rest();
  }
  for (const [slot, x] of best) states.get(slot)!.set(x);
  return { energy, sweeps: count };
}
