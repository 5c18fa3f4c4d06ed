/** The least energy of real unknowns, all that is discrete given: descents from several starts. */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { gaussianPart } from '../gaussian.ts';
import type { Clamp, Model } from '../model.ts';
import { copyStates } from '../start.ts';
import { atBounds, inside } from './bounds.ts';
import { convexIn } from './convex.ts';
import { stoppedEarly } from './faults.ts';
import { type RealDescent, type RealEnd, realDescent } from './reals.ts';
import { startFor } from './starts.ts';
import type { Found, MinimizeOptions, Work } from './types.ts';
import { same, type Whole } from './whole.ts';

const RESTARTS = 8;

/** A quadratic energy of reals on the whole line, beside few states of what is discrete: solved, and proved. */
export function quadraticMinimum(model: Model, clamp: Clamp, whole: Whole): Found | null {
  let part: ReturnType<typeof gaussianPart>;
  try {
    part = gaussianPart(model, clamp);
  } catch (e) {
    // Flat somewhere, or falling: what descends will tell.
    if (e instanceof EnergyError && e.diagnostics.some((d) => d.code === 'E0731')) return null;
    throw e;
  }
  if ('why' in part) return null;
  const { dim, components } = part;
  let best = -1;
  let lowest = Number.POSITIVE_INFINITY;
  components.forEach((c, i) => {
    if (c.logZ === Number.NEGATIVE_INFINITY) return;
    let logDet = 0;
    for (let k = 0; k < dim; k++) logDet += 2 * Math.log(c.factor[k * dim + k]);
    const energy = -(c.logZ - 0.5 * (dim * Math.log(2 * Math.PI) - logDet));
    if (energy < lowest) {
      lowest = energy;
      best = i;
    }
  });
  if (best < 0) return null;
  const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
  part.mode(best, states);
  const energy = whole.energy(states);
  return {
    states,
    energy,
    provedOptimal: true,
    bound: energy,
    method: 'newton',
    how:
      components.length === 1
        ? 'the energy is quadratic and grows in every direction: one Newton step'
        : `given what is discrete the energy is quadratic and grows in every direction: a Newton step for each of ${components.length} joint states`,
    restarts: 1,
    reached: 1,
    evaluations: 2 * components.length,
    gradient: 0,
  };
}

/** @throws EnergyError E0741 where the energy falls without end, E0701, E0702 where no start is found */
export async function realMinimum(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Found> {
  const reals = realDescent(model, clamp)!;
  const convex = convexIn(model, clamp);
  const restarts = options.restarts ?? (convex.convex ? 1 : RESTARTS);
  work.total = restarts + 1;
  const ends: Ended[] = [];
  try {
    for (let r = 0; r < restarts && !(work.stopped && ends.length > 0); r++) {
      const stream = root.fork('restart', r);
      const states = startFor(model, clamp, stream, options.scales, (s) =>
        reals.walled ? true : Number.isFinite(whole.energy(s)),
      );
      const end = await reals.fall(states, work, stream);
      if (end) ends.push({ ...end, states });
      else if (r === restarts - 1 && ends.length === 0)
        startFor(model, clamp, stream, options.scales, () => false);
      work.done = r + 1;
    }
  } finally {
    reals.dispose();
  }
  if (ends.length === 0) throw stoppedEarly(model);
  const best = ends.reduce((a, b) => (b.energy < a.energy ? b : a));
  const reached = ends.filter((e) => same(e.energy, best.energy, 1e-6)).length;
  const evaluations = ends.reduce((n, e) => n + e.evaluations, 0);
  const final = await finished(model, clamp, best, whole, work, root.fork('bounds'));
  const small = final.norm <= 1e-6 * Math.max(1, Math.abs(final.energy));
  const stationary = small && final.end !== 'stopped';
  const proved = convex.convex && stationary && final.optimalBounds && !reals.walled;
  const where =
    final.bounds > 0
      ? `, ${final.bounds} of them at a bound`
      : reals.walled
        ? ', within the requirements'
        : '';
  return {
    states: final.states,
    energy: final.energy,
    provedOptimal: proved,
    bound: proved ? final.energy : null,
    method: 'lbfgs',
    how: `descent of ${dimensions(reals)}${where}${reals.walled ? ' by a logarithmic barrier' : ''}; ${
      proved
        ? 'the energy is convex, so that a place without a slope is the lowest'
        : convex.convex
          ? reals.walled
            ? 'the energy is convex, but that the requirements leave a convex set was not shown'
            : 'the energy is convex, but its slope did not vanish'
          : `a local minimum: that none is lower is not proved, because ${convex.why}`
    }${small || reals.walled ? '' : `; the slope is still ${final.norm.toPrecision(2)} there, as at a kink`}`,
    restarts: ends.length,
    reached,
    evaluations: evaluations + final.evaluations,
    gradient: final.norm,
  };
}

const dimensions = ({ dim }: RealDescent): string => (dim === 1 ? 'one real number' : `${dim} real numbers`);

interface Ended extends RealEnd {
  readonly states: Map<Slot, Float64Array>;
}

export interface Finished extends Ended {
  /** Elements at a bound. */
  readonly bounds: number;
  /** Whether the energy rises from each of these bounds into the domain, none of a vector among them. */
  readonly optimalBounds: boolean;
}

/** Takes what is next to a bound there or away from it, whichever is lower, and descends with the rest once more. */
export async function finished(
  model: Model,
  clamp: Clamp,
  end: Ended,
  whole: Whole,
  work: Work,
  stream: Stream,
): Promise<Finished> {
  let best: Ended = { ...end, energy: whole.energy(end.states) };
  let evaluations = 0;
  for (let i = 0; i < INSIDE && !work.stopped; i++) {
    const states = copyStates(best.states);
    if (inside(model, clamp, states, whole) === 0) break;
    const again = realDescent(model, clamp)!;
    const next = await again.fall(states, work, stream);
    again.dispose();
    evaluations += next?.evaluations ?? 0;
    const energy = whole.energy(states);
    if (!next || !(energy < best.energy)) break;
    best = { ...next, energy, states };
  }
  const states = copyStates(best.states);
  const snapped = atBounds(model, clamp, states, whole);
  if (snapped) {
    const rest = realDescent(model, snapped.clamp);
    const last = rest
      ? await rest.fall(states, work, stream)
      : { ...best, norm: 0, end: 'converged' as const };
    rest?.dispose();
    evaluations += rest ? (last?.evaluations ?? 0) : 0;
    // Shares of simplices have moved with the rest.
    const again = atBounds(model, snapped.clamp, states, whole);
    const energy = whole.energy(states);
    if (last && energy <= best.energy + 1e-12 * Math.max(1, Math.abs(best.energy)))
      best = { ...last, energy, states };
    else return { ...best, evaluations, bounds: 0, optimalBounds: false };
    const count = Math.max(snapped.count, again?.count ?? 0);
    return {
      ...best,
      evaluations,
      bounds: count,
      optimalBounds: inside(model, clamp, copyStates(states), whole) === 0,
    };
  }
  return {
    ...best,
    evaluations,
    bounds: 0,
    optimalBounds: inside(model, clamp, copyStates(states), whole) === 0,
  };
}

/** Times that elements are taken away from bounds at which the energy does not rise. */
const INSIDE = 4;
