/**
 * Reals beside discrete unknowns: each search anneals both, then takes the best of each given the other in turn until
 * nothing falls: sweeps at temperature zero and L-BFGS, and, where tables can be had, the best joint state of all that
 * is discrete at these reals.
 */
import { discreteGraph } from '../../analyse/discrete-graph.ts';
import { exactly } from '../../exact/index.ts';
import { localSearch } from '../../exact/search/index.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { type ContinuousPart, continuousPart } from '../continuous.ts';
import { type JointStates, jointStates } from '../joint-states.ts';
import { makeLangevin } from '../langevin.ts';
import { type Clamp, fault, type Model } from '../model.ts';
import type { ContinuousTarget } from '../real-sampler.ts';
import { copyStates } from '../start.ts';
import { type DiscreteMoves, descended, discreteMoves, stepAt } from './anneal.ts';
import { finished } from './continuous.ts';
import { stoppedEarly } from './faults.ts';
import { type RealDescent, realDescent } from './reals.ts';
import { startFor } from './starts.ts';
import { temperatureAt, temperaturesAt } from './temperatures.ts';
import type { Found, MinimizeOptions, Work } from './types.ts';
import { same, type Whole } from './whole.ts';

const RESTARTS = 8;
/** Temperatures of an annealing. */
const STEPS = 60;
const LEAPS = 6;
/** Times that discrete unknowns and reals take turns at the end. */
const TURNS = 30;
/** So few joint states of what is discrete are each given a descent of the reals. */
const FEW = 64;
/** What the best joint state at held reals may cost. */
const NARROW = { largest: 2 ** 20, total: 2 ** 24, restarts: 1 } as const;
const LOCAL_WORK = 2e7;
const MOST_VARIABLES = 20_000;

interface Ended {
  readonly states: Map<Slot, Float64Array>;
  readonly energy: number;
  readonly norm: number;
  readonly evaluations: number;
}

/** @throws EnergyError E0741, E0701, E0702 */
export async function mixedMinimum(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Found> {
  const joint = jointStates(model, clamp);
  const reals = realDescent(model, clamp)!;
  const moves = discreteMoves(model, clamp, whole);
  const ends: Ended[] = [];
  const restarts = options.restarts ?? RESTARTS;
  const few = joint.total <= FEW;
  work.total = (few ? joint.total : restarts) + 1;
  const note = (end: Ended | null): void => {
    work.done++;
    if (!end || end.energy === Number.POSITIVE_INFINITY) return;
    ends.push(end);
    work.passed(end.energy, end.states);
  };
  try {
    if (few)
      for (let code = 0; code < joint.total && !(work.stopped && ends.length > 0); code++)
        note(await beside(model, clamp, options, root.fork('state', code), whole, work, joint, code, reals));
    else
      for (let r = 0; r < restarts && !(work.stopped && ends.length > 0); r++)
        note(await search(model, clamp, options, root.fork('restart', r), whole, work, reals, moves!));
  } finally {
    reals.dispose();
    moves?.dispose();
  }
  if (ends.length === 0)
    throw work.stopped
      ? stoppedEarly(model)
      : fault(
          'E0702',
          model.energy.support[0]?.span ?? model.energy.span,
          `no state of finite energy of \`${model.energy.name}\` was found`,
          'give some of the unknowns, or more `restarts`',
        );
  const best = ends.reduce((a, b) => (b.energy < a.energy ? b : a));
  const reached = ends.filter((e) => same(e.energy, best.energy, 1e-6)).length;
  const final = await finished(
    model,
    heldDiscrete(model, clamp, best.states),
    { ...best, end: 'converged' },
    whole,
    work,
    root.fork('bounds'),
  );
  return {
    states: final.states,
    energy: final.energy,
    provedOptimal: false,
    bound: null,
    method: 'mixed',
    how: few
      ? `the reals descended beside each of the ${joint.total} joint states of what is discrete; that no descent missed a lower place is not proved`
      : 'annealed, then reals and discrete unknowns in turn; that nothing is lower is not proved',
    restarts: few ? 1 : ends.length,
    reached: few ? 1 : reached,
    evaluations: ends.reduce((n, e) => n + e.evaluations, 0),
    gradient: final.norm,
  };
}

/** What is discrete as given. */
function heldDiscrete(model: Model, clamp: Clamp, states: ReadonlyMap<Slot, Float64Array>): Clamp {
  const fixed = new Map(clamp.fixed);
  const values = new Map(clamp.values);
  for (const { slot, size } of model.unknowns) {
    if (isReal(slot)) continue;
    fixed.set(slot, new Uint8Array(size).fill(1));
    values.set(slot, states.get(slot)!.slice());
  }
  return { fixed, values };
}

const realKinds = new Set(['real', 'angle', 'simplex', 'ordered', 'unit', 'cholesky_corr']);
const isReal = (slot: Slot): boolean => realKinds.has(slot.domain.kind);

/** Descents of the reals at one joint state: three starts, the best of them. */
async function beside(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  stream: Stream,
  whole: Whole,
  work: Work,
  joint: JointStates,
  code: number,
  reals: RealDescent,
): Promise<Ended | null> {
  const set = (states: Map<Slot, Float64Array>): void => {
    let rest = code;
    for (let j = joint.digits.length - 1; j >= 0; j--) {
      const g = joint.digits[j];
      g.write(states.get(g.slot)!, rest % g.count);
      rest = Math.floor(rest / g.count);
    }
  };
  let best: Ended | null = null;
  for (let r = 0; r < Math.min(3, options.restarts ?? 3) && !(best && work.stopped); r++) {
    const states = startFor(model, clamp, stream.fork('restart', r), options.scales, () => true);
    set(states);
    const end = await reals.fall(states, work, stream);
    const energy = end ? whole.energy(states) : Number.POSITIVE_INFINITY;
    if (!end || !(energy < (best?.energy ?? Number.POSITIVE_INFINITY))) continue;
    best = { states, energy, norm: end.norm, evaluations: end.evaluations };
  }
  return best;
}

/** One annealing and the descent at its end. */
async function search(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  stream: Stream,
  whole: Whole,
  work: Work,
  reals: RealDescent,
  moves: DiscreteMoves,
): Promise<Ended | null> {
  const states = startFor(
    model,
    clamp,
    stream,
    options.scales,
    (s) => Number.isFinite(whole.energy(s)),
    (s) => stepAt(moves.transition, s, stream, 1, 10),
  );
  let evaluations = 0;
  const hot = heated(model, clamp, states, stream);
  const t = temperaturesAt(model, clamp, whole, states, stream);
  try {
    for (let k = 0; k < STEPS && !work.stopped; k++) {
      const beta = 1 / temperatureAt(t, k / (STEPS - 1));
      stepAt(moves.transition, states, stream, beta, 2);
      const gradients = hot.step(states, stream, beta);
      evaluations += gradients;
      work.steps += 2 * moves.elements + gradients;
      work.passed(whole.energy(states), states);
      if (work.due()) await work.rest();
    }
  } finally {
    hot.dispose();
  }
  if (!Number.isFinite(whole.energy(states))) return null;
  let energy = whole.energy(states);
  let norm = 0;
  let best = copyStates(states);
  for (let turn = 0; turn < TURNS; turn++) {
    const low = await descended(moves, whole, states, stream, t.last, work);
    const end = await reals.fall(states, work, stream, turn === 0);
    evaluations += low.sweeps + (end?.evaluations ?? 0);
    let now = whole.energy(states);
    const lower = end !== null && now < energy && !same(now, energy, 1e-11);
    if (end && now <= energy) {
      best = copyStates(states);
      energy = now;
      norm = end.norm;
    }
    if (work.stopped) break;
    if (lower || turn === 0) continue;
    for (const [slot, x] of best) states.get(slot)!.set(x);
    if (!jointly(model, clamp, states, stream.fork('jointly', turn).int(2 ** 31))) break;
    now = whole.energy(states);
    work.passed(now, states);
    if (!(now < energy) || same(now, energy, 1e-11)) break;
  }
  return { states: best, energy, norm, evaluations };
}

/** The best joint state of what is discrete at the present reals, where tables can be had. @returns whether one was set */
function jointly(model: Model, clamp: Clamp, states: Map<Slot, Float64Array>, seed: number): boolean {
  const made = discreteGraph(model, clamp, { held: states, arranged: true, variables: MOST_VARIABLES });
  if ('why' in made) return false;
  const exact = exactly(made.graph, NARROW);
  const start = new Uint16Array(made.variables.length);
  made.read(states, 0, start);
  const found = 'why' in exact ? localSearch(made.graph, { start, seed, work: LOCAL_WORK }) : exact.map();
  if (!found?.codes) return false;
  made.write(found.codes, states, 0);
  return true;
}

interface Heated {
  /** Moves the reals at an inverse temperature; answers how many gradients were evaluated. */
  step(states: Map<Slot, Float64Array>, stream: Stream, beta: number): number;
  dispose(): void;
}

/** Hamiltonian moves of the reals on β times the energy of their coordinates. */
function heated(model: Model, clamp: Clamp, states: Map<Slot, Float64Array>, stream: Stream): Heated {
  const part: ContinuousPart | null = continuousPart(model, clamp, 1, states);
  if (!part) return { step: () => 0, dispose: () => undefined };
  let beta = 1;
  const target: ContinuousTarget = {
    dim: part.dim,
    evaluate(z) {
      const { energy, gradient } = part.evaluate(z);
      energy[0] *= beta;
      for (let i = 0; i < gradient.length; i++) gradient[i] *= beta;
      return { energy, gradient };
    },
  };
  const sampler = makeLangevin(target, 1, part.read(states), {
    warmup: 10 * STEPS,
    leapfrogs: LEAPS,
    lengths: stream.fork('lengths'),
  });
  return {
    step(at, own, b) {
      beta = b;
      sampler.refresh(part.read(at));
      for (let i = 0; i < 3; i++) sampler.step([own], true);
      part.write(sampler.state.z, at);
      return 3 * LEAPS;
    },
    dispose: () => part.dispose(),
  };
}
