/** The least energy of real unknowns, all that is discrete given: descents from several starts. */
import { isDiscrete } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { gaussianPart } from '../gaussian.ts';
import { type Clamp, freeCount, type Model, type States } from '../model.ts';
import { atBounds } from './bounds.ts';
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
      if (end && end.energy < (work.value ?? Number.POSITIVE_INFINITY)) work.value = end.energy;
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
    how: `${dimensions(reals)}${where}${reals.walled ? ' by a logarithmic barrier' : ''}; ${
      proved
        ? 'the energy is convex, so that a place without a slope is the lowest'
        : convex.convex
          ? reals.walled
            ? 'the energy is convex, but what is required was not checked for that'
            : 'the energy is convex, but its slope did not vanish'
          : `a local minimum: that none is lower is not proved, because ${convex.why}`
    }${small ? '' : `; the slope is still ${final.norm.toPrecision(2)} there, as at a kink`}`,
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

/** Takes what is next to a bound there, and descends with the rest once more. */
export async function finished(
  model: Model,
  clamp: Clamp,
  end: Ended,
  whole: Whole,
  work: Work,
  stream: Stream,
): Promise<Finished> {
  const states = copyOf(end.states);
  const snapped = atBounds(model, clamp, states, whole);
  const energy = whole.energy(end.states);
  if (!snapped) return { ...end, energy, bounds: 0, optimalBounds: true };
  const rest = realDescent(model, snapped.clamp);
  let last: RealEnd | null = { energy: snapped.energy, norm: 0, evaluations: 0, end: 'converged' };
  if (rest) {
    last = await rest.fall(states, work, stream);
    rest.dispose();
  }
  const after = whole.energy(states);
  if (!last || after > energy + 1e-12 * Math.max(1, Math.abs(energy)))
    return { ...end, energy, bounds: 0, optimalBounds: false };
  return {
    ...last,
    energy: after,
    states,
    evaluations: end.evaluations + last.evaluations,
    bounds: snapped.count,
    optimalBounds: risesInside(model, clamp, snapped.clamp, states, whole),
  };
}

/** Whether the energy is higher a little away from each bound. */
function risesInside(model: Model, before: Clamp, after: Clamp, states: States, whole: Whole): boolean {
  const energy = whole.energy(states);
  for (const { slot } of model.unknowns) {
    const d = slot.domain;
    if (isDiscrete(d) || freeCount(before, slot) === 0) continue;
    if (d.kind === 'simplex') {
      if (states.get(slot)!.some((x) => x === 0)) return false;
      continue;
    }
    if (d.kind !== 'real') continue;
    const x = states.get(slot)!;
    const was = before.fixed.get(slot)!;
    const now = after.fixed.get(slot)!;
    for (let i = 0; i < x.length; i++) {
      if (was[i] === now[i]) continue;
      const at = x[i];
      const inside = at === d.lo || d.lower ? 1 : -1;
      x[i] = at + inside * 1e-6 * Math.max(1, Math.abs(at));
      const e = whole.energy(states);
      x[i] = at;
      if (!(e >= energy)) return false;
    }
  }
  return true;
}

const copyOf = (states: States): Map<Slot, Float64Array> =>
  new Map([...states].map(([slot, x]) => [slot, x.slice()]));
