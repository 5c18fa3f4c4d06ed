/** `minimize`: a state of least energy, by the method that its unknowns allow, and whether it is proved to be one. */
import { Stream } from '../../random/stream.ts';
import type { Signal } from '../../signal.ts';
import { faultyTerm } from '../faulty-term.ts';
import { jointStates } from '../joint-states.ts';
import { type Clamp, fault, freeCount, type Model } from '../model.ts';
import { makeRecorder } from '../recorder.ts';
import { quadraticMinimum, realMinimum } from './continuous.ts';
import { discreteMinimum } from './discrete.ts';
import { mixedMinimum } from './mixed.ts';
import {
  type Found,
  type MinimizeOptions,
  type MinimizeProgress,
  type Minimum,
  type Work,
  workFor,
} from './types.ts';
import { precise, same, type Whole, wholeEnergy } from './whole.ts';

export type { EnergyPath } from './path.ts';
export {
  type Best,
  type MinimizeOptions,
  type MinimizeProgress,
  type Minimizer,
  type Minimum,
  minimizers,
} from './types.ts';

/**
 * A state of least energy given the clamped elements. Energies are those of the declared coordinates: a transform's
 * Jacobian has no part in them, so that the state is a mode of the density as it was written. Deterministic for its
 * options: no clock decides anything.
 *
 * @param onProgress called between pieces of work; what it does has no part in the result
 * @param signal ends the search early; the best state so far comes back
 * @throws EnergyError E0701 where a term is not a number, E0702 where the support is empty or no state of it was found,
 *   E0741 where the energy falls without end
 */
export async function minimize(
  given: Model,
  clamp: Clamp,
  options: MinimizeOptions = {},
  onProgress: (p: MinimizeProgress) => void = () => {},
  signal?: Signal,
): Promise<Minimum> {
  const model = precise(given);
  const root = new Stream(options.seed ?? 1, 'minimize');
  const work = workFor(onProgress, signal);
  const whole = wholeEnergy(model);
  try {
    const found = await searched(model, clamp, options, root, whole, work);
    return recorded(model, lowest(found, work), work);
  } finally {
    whole.dispose();
  }
}

function searched(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Found> | Found {
  if (model.unknowns.every((u) => freeCount(clamp, u.slot) === 0)) return onlyState(model, clamp, whole);
  const joint = jointStates(model, clamp);
  if (!joint.real) return discreteMinimum(model, clamp, options, root, whole, work);
  const quadratic = quadraticMinimum(model, clamp, whole);
  if (quadratic) return quadratic;
  return joint.digits.length === 0
    ? realMinimum(model, clamp, options, root, whole, work)
    : mixedMinimum(model, clamp, options, root, whole, work);
}

function onlyState(model: Model, clamp: Clamp, whole: Whole): Found {
  const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
  const energy = whole.energy(states);
  if (!Number.isFinite(energy))
    throw (
      (whole.broken(states) > 0 ? undefined : faultyTerm(model, states, 0)) ??
      fault('E0702', model.energy.support[0]?.span ?? model.energy.span, 'what is given breaks a requirement')
    );
  return {
    states,
    energy,
    provedOptimal: true,
    bound: energy,
    method: 'given',
    how: 'every element is given',
    restarts: 1,
    reached: 1,
    evaluations: 1,
    gradient: null,
  };
}

/** What was found, or a lower state that a search came through and left, as one that is stopped may. */
function lowest(found: Found, { best }: Work): Found {
  if (found.provedOptimal || !best || best.energy >= found.energy || same(best.energy, found.energy, 1e-9))
    return found;
  return { ...found, states: new Map(best.states()), energy: best.energy, reached: 1, gradient: null };
}

/** The state with what is reported there. */
function recorded(model: Model, found: Found, work: Work): Minimum {
  const recorder = makeRecorder(model, 1, 1);
  try {
    recorder.record(found.states, 0);
    const energy = recorder.flush()?.[0] ?? 0;
    const { states: _, ...rest } = found;
    return {
      ...rest,
      energy,
      bound: found.provedOptimal ? energy : found.bound,
      state: recorder.draws(1),
      path: work.path(energy),
      complete: !work.stopped || found.provedOptimal,
    };
  } finally {
    recorder.dispose();
  }
}
