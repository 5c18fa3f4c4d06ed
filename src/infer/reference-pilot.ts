/** Draws of the real unknowns, near enough to exp(−E) to fit the reference of a path to. */
import { makePlan } from '../plan/plan.ts';
import type { Stream } from '../random/stream.ts';
import type { ContinuousPart } from './continuous.ts';
import { type Coordinates, coordinatesOf } from './coordinates.ts';
import { type Clamp, fault, type Model } from './model.ts';
import { joined, type Moments, makeReference, momentsOf, type Reference } from './reference.ts';
import { openChains } from './run-chains.ts';
import { plain } from './transition.ts';

const CHAINS = 8;
const WARMUP = 400;
const DRAWS = 200;
/** Transitions between looks at how far the chains have gone. */
const LOOK = 20;

/** A reference near the draws of chains from random starts, and what can be made of it. */
export interface PilotReference {
  readonly reference: Reference;
  /** One about the same middle from which far modes can be reached. */
  wide(): Reference;
  /** One fitted to both, `count` further draws of unconstrained coordinates. */
  joined(draws: Float64Array, count: number): Reference;
}

/** How much wider, and the least scale of each unconstrained coordinate. */
const WIDER = 3;
const WIDEST = 5;

/** Called between pieces of work; false: stop. */
export type Breathe = (done: number, total: number) => Promise<boolean>;

/**
 * @returns null where no real unknown is free
 * @throws EnergyError E0731 where the chains run away, as they do where exp(−E) is not integrable
 */
export async function pilotReference(
  model: Model,
  clamp: Clamp,
  root: Stream,
  breathe: Breathe,
): Promise<PilotReference | null | 'stopped'> {
  const parts = coordinatesOf(model, clamp, CHAINS);
  const dim = parts.reduce((n, c) => n + c.free.length, 0);
  if (dim === 0) return null;
  const planned = makePlan(model, clamp, 'mixed');
  try {
    const run = openChains(model, clamp, planned, {
      chains: CHAINS,
      first: 0,
      all: CHAINS,
      root,
      warmup: WARMUP,
      leapfrogs: planned.plan.defaults.leapfrogs,
    });
    try {
      const real = run.real!;
      const circular = parts.flatMap((c) => Array.from(c.free, () => c.domain.kind === 'angle'));
      const draws = new Float64Array(DRAWS * CHAINS * dim);
      const slopes = new Float64Array(DRAWS * CHAINS * dim);
      for (let t = 0; t < WARMUP + DRAWS; t++) {
        if (!(await breathe(t, WARMUP + DRAWS))) return 'stopped';
        run.transition.step(run.states, run.streams, { ...plain, warming: t < WARMUP });
        if (t % LOOK === 0) {
          const far = farOut(real.read(run.states), dim, circular);
          if (far >= 0) throw notIntegrable(model, parts, far);
        }
        if (t === WARMUP - 1) run.transition.freeze?.();
        if (t < WARMUP) continue;
        run.transition.settle?.(run.states);
        const z = real.read(run.states);
        draws.set(z, (t - WARMUP) * CHAINS * dim);
        slopes.set(real.evaluate(z).gradient, (t - WARMUP) * CHAINS * dim);
      }
      let lost = runaway(draws, slopes, dim, circular);
      const near = momentsOf(draws, CHAINS * DRAWS, dim, circular);
      if (lost < 0) lost = flatTail(real, real.read(run.states), near, circular);
      if (lost >= 0) throw notIntegrable(model, parts, lost);
      return {
        reference: makeReference(near, circular),
        wide: () => makeReference(inflated(near, circular), circular),
        joined: (more, count) =>
          makeReference(joined(near, momentsOf(more, count, dim, circular), circular), circular),
      };
    } finally {
      run.dispose();
    }
  } finally {
    planned.gibbs?.dispose();
  }
}

/** Independent coordinates, wide enough to reach modes some units away on scales on which most unknowns are of order one. */
function inflated({ mean, covariance }: Moments, circular: readonly boolean[]): Moments {
  const dim = mean.length;
  const wide = new Float64Array(dim * dim);
  for (let j = 0; j < dim; j++) {
    const own = covariance[j * dim + j];
    wide[j * dim + j] = circular[j] ? Math.PI ** 2 / 3 : Math.max(WIDER ** 2 * own, WIDEST ** 2);
  }
  return { mean, covariance: wide };
}

/** Positions beyond this are not those of a density that can be integrated in floating point. */
const FAR = 1e12;
/** Spread of a chain beyond which the virial is asked. */
const WIDE = 1e3;

/**
 * A coordinate in which the chains run away, or −1. For an integrable density the virial E[(u − m)·∂U/∂u] is 1 in every
 * coordinate, by parts; on a plateau it is 0, on a slope without end it has no bound. Each chain has its own m, so that
 * chains in different modes say nothing wrong.
 */
function runaway(
  draws: Float64Array,
  slopes: Float64Array,
  dim: number,
  circular: readonly boolean[],
): number {
  const far = farOut(draws, dim, circular);
  if (far >= 0) return far;
  const row = CHAINS * dim;
  const centred = draws.slice();
  for (let i = 0; i < row; i++) {
    let mean = 0;
    for (let t = 0; t < DRAWS; t++) mean += draws[t * row + i] / DRAWS;
    for (let t = 0; t < DRAWS; t++) centred[t * row + i] -= mean;
  }
  const spread = new Float64Array(dim);
  for (let i = 0; i < centred.length; i++) spread[i % dim] += centred[i] ** 2 / (CHAINS * DRAWS);
  let widest = -1;
  for (let j = 0; j < dim; j++)
    if (!circular[j] && spread[j] > WIDE ** 2 && (widest < 0 || spread[j] > spread[widest])) widest = j;
  if (widest < 0) return -1;
  const basis = makeReference(momentsOf(centred, CHAINS * DRAWS, dim, circular), circular);
  const u = new Float64Array(dim);
  const g = new Float64Array(dim);
  const virial = new Float64Array(dim);
  for (let at = 0; at < centred.length; at += dim) {
    basis.toU(centred.subarray(at, at + dim), u);
    basis.pullBack(slopes.subarray(at, at + dim), g);
    for (let j = 0; j < dim; j++) virial[j] += (u[j] * g[j]) / (CHAINS * DRAWS);
  }
  const fits = virial.every((v, j) => circular[j] || (v > 0.1 && v < 10));
  return fits ? -1 : widest;
}

/** The coordinate of the farthest position beyond all reason, or −1. */
function farOut(z: Float64Array, dim: number, circular: readonly boolean[]): number {
  let far = -1;
  let farthest = FAR;
  for (let i = 0; i < z.length; i++) {
    if (circular[i % dim]) continue;
    const size = Math.abs(z[i]);
    if (Number.isNaN(size)) return i % dim;
    if (size > farthest) {
      farthest = size;
      far = i % dim;
    }
  }
  return far;
}

/** Where the tail of a line is looked at, in standard deviations. */
const TAIL = [1e4, 1e8] as const;
/** Coordinates whose tails are looked at. */
const MAX_LINES = 256;

/**
 * A coordinate along which exp(−U) falls no faster than 1/|z|, or −1. If the whole is integrable, so is it on almost
 * every line (Fubini); asked on the lines through the states of all chains.
 */
function flatTail(
  real: ContinuousPart,
  at: Float64Array,
  { covariance }: Moments,
  circular: readonly boolean[],
): number {
  const { dim } = real;
  const z = new Float64Array(at.length);
  const energyAt = (j: number, by: number): Float64Array => {
    z.set(at);
    for (let c = 0; c < CHAINS; c++) z[c * dim + j] += by;
    return real.evaluate(z).energy.slice();
  };
  for (let j = 0; j < Math.min(dim, MAX_LINES); j++) {
    if (circular[j]) continue;
    const scale = Math.sqrt(covariance[j * dim + j]) || 1;
    for (const side of [-scale, scale]) {
      const near = energyAt(j, side * TAIL[0]);
      const far = energyAt(j, side * TAIL[1]);
      const power = near.map((e, c) => (far[c] - e) / Math.log(TAIL[1] / TAIL[0]));
      if (power.every((p) => p < 1.02)) return j;
    }
  }
  return -1;
}

function notIntegrable(model: Model, parts: readonly Coordinates[], coordinate: number): Error {
  let left = coordinate;
  for (const { slot, free } of parts) {
    if (left < free.length)
      return fault(
        'E0731',
        slot.span ?? model.energy.span,
        `exp(−E) of \`${model.energy.name}\` does not seem to be integrable: it does not fall off along \`${slot.name}\``,
        `give \`${slot.name}\` a prior, or bounds`,
      );
    left -= free.length;
  }
  return fault(
    'E0731',
    model.energy.span,
    `exp(−E) of \`${model.energy.name}\` does not seem to be integrable`,
  );
}
