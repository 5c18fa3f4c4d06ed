/** Descent of the real unknowns of one state, what is discrete held: the energy in the declared coordinates. */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { type ContinuousPart, continuousPart } from '../continuous.ts';
import type { Clamp, Model, States } from '../model.ts';
import { noStandards } from '../standard.ts';
import { copyStates } from '../start.ts';
import { type Walls, wallsOf } from './barrier.ts';
import { unbounded } from './faults.ts';
import { MOST_CURVED, polish } from './hessian.ts';
import { type Descent, descend, largest, type Objective } from './lbfgs.ts';
import type { Work } from './types.ts';
import { same } from './whole.ts';

export interface RealEnd {
  readonly energy: number;
  /** The largest element of the gradient. */
  readonly norm: number;
  readonly evaluations: number;
  readonly end: Descent['end'];
}

export interface RealDescent {
  readonly dim: number;
  /** Whether requirements read reals: the end may lie at a wall. */
  readonly walled: boolean;
  /**
   * Moves the reals of `states`, those of one chain, to a local minimum.
   * @param rough to some digits only, for states that will be moved again
   * @returns null where the state has no finite energy to begin with
   * @throws EnergyError E0741 where the energy falls without end
   */
  fall(states: Map<Slot, Float64Array>, work: Work, stream: Stream, rough?: boolean): Promise<RealEnd | null>;
  dispose(): void;
}

/** Times that a descent goes on from a saddle or from somewhere far that is lower. */
const ESCAPES = 5;
/** Weights of the barrier, relative to the size of the energy: the first, the last, and by how much they go down. */
const WEIGHTS = { first: 1, last: 1e-11, by: 0.05 } as const;

/** @param model one that computes in float64. @returns null when no real element is free */
export function realDescent(model: Model, clamp: Clamp): RealDescent | null {
  const one = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
  const walls = wallsOf(model, clamp);
  if (walls) one.set(walls.weight, Float64Array.of(0));
  const target = walls ? walls.barrier : model;
  const part = continuousPart(target, walls?.clamp ?? clamp, 1, one, noStandards, false);
  if (!part) return null;
  const f = objectiveOf(part, model.engine.epsilon);
  const put = (states: States): void => {
    for (const u of model.unknowns) one.get(u.slot)!.set(states.get(u.slot)!);
  };
  const take = (z: Float64Array, states: Map<Slot, Float64Array>): void => {
    part.write(z, one);
    for (const u of model.unknowns) states.get(u.slot)!.set(one.get(u.slot)!);
  };
  const lost = (near: States, z: Float64Array): Error => {
    part.write(z, one);
    return unbounded(model, near, one);
  };
  return {
    dim: part.dim,
    walled: walls !== null,
    async fall(states, work, stream, rough = false) {
      put(states);
      const start = copyStates(one);
      const met = (z: Float64Array, energy: number): void =>
        work.met(energy, () => {
          const there = copyStates(start);
          part.write(z, there);
          return there;
        });
      let z = part.read(one);
      const scratch = new Float64Array(part.dim);
      if (walls) {
        one.get(walls.weight)![0] = 0;
        if (f.at(z, scratch) === Number.POSITIVE_INFINITY) {
          const inside = await entered(model, walls, clamp, one, work);
          if (!inside) return null;
          z = part.read(one);
        }
      }
      const first = f.at(z, scratch);
      if (first === Number.POSITIVE_INFINITY) return null;
      if (first === Number.NEGATIVE_INFINITY) throw lost(start, z);
      let evaluations = 1;
      if (walls) {
        const unit = Math.max(1, Math.min(1e6, largest(scratch)));
        for (let w = WEIGHTS.first; ; w *= WEIGHTS.by) {
          const weight = Math.max(WEIGHTS.last, rough ? 1e-6 : w) * unit;
          one.get(walls.weight)![0] = weight;
          const d = await descend(f, z, work, { tolerance: 1e-8, iterations: 500 });
          if (d.end === 'unbounded') throw lost(start, d.z);
          const { z: to, evaluations: more, norm } = settled(f, d);
          evaluations += d.evaluations + more;
          work.steps += more;
          z = to;
          one.get(walls.weight)![0] = 0;
          const energy = f.at(z, scratch);
          met(z, energy);
          if (rough || w <= WEIGHTS.last || work.stopped) {
            take(z, states);
            return { energy, norm, evaluations, end: d.end };
          }
        }
      }
      let d = await descend(
        f,
        z,
        work,
        rough ? { tolerance: 1e-5, iterations: 200, each: met } : { each: met },
      );
      evaluations += d.evaluations;
      if (d.end === 'unbounded') throw lost(start, d.z);
      let { z: at, energy, norm } = d;
      if (!rough)
        for (let i = 0; i < ESCAPES && !work.stopped; i++) {
          const next = renewed(f, part, model, d) ?? beyond(f, d) ?? besideSaddle(f, d, stream);
          evaluations += next.evaluations;
          work.steps += next.evaluations;
          if (next.energy === Number.NEGATIVE_INFINITY) throw lost(start, next.z);
          ({ z: at, energy, norm } = next);
          met(at, energy);
          if (!next.goOn) break;
          d = await descend(f, next.z, work, { each: met });
          evaluations += d.evaluations;
          if (d.end === 'unbounded') throw lost(start, d.z);
          ({ z: at, energy, norm } = d);
        }
      if (!rough && d.end !== 'converged' && runsAway(f, part, at)) throw lost(start, at);
      take(at, states);
      return { energy, norm, evaluations, end: d.end };
    },
    dispose: () => part.dispose(),
  };
}

/** Coordinates beyond which a slope that is left leads on without end: near a bound they are logarithms. */
const FAR = { bounded: 25, line: 1e15 } as const;

/** Whether the energy still falls where a coordinate has gone further than any minimum lies. */
function runsAway(f: Objective, part: ContinuousPart, z: Float64Array): boolean {
  const g = new Float64Array(f.dim);
  const energy = f.at(z, g);
  for (const { slot, free, at } of part.parts) {
    const d = slot.domain;
    if (d.kind !== 'real') continue;
    const line = !d.lower && !d.upper && d.lo === -Infinity && d.hi === Infinity;
    for (let i = at; i < at + free.length; i++) {
      if (Math.abs(z[i]) < (line ? FAR.line : FAR.bounded) || Math.sign(g[i]) === Math.sign(z[i])) continue;
      if (!line && Math.abs(g[i]) < 1e-2) continue;
      const half = z.slice();
      half[i] /= 2;
      if (f.at(half, new Float64Array(f.dim)) > energy + 5) return true;
    }
  }
  return false;
}

interface Next {
  readonly z: Float64Array;
  readonly energy: number;
  readonly norm: number;
  readonly evaluations: number;
  /** Whether `z` is a place to descend from. */
  readonly goOn: boolean;
}

/**
 * The lengths of what stands for unit vectors mean nothing, but they grow on the way and make slopes small: they are
 * taken back. Null where they have not grown.
 */
function renewed(f: Objective, part: ContinuousPart, model: Model, d: Descent): Next | null {
  const z = d.z.slice();
  let grown = 1;
  for (const { slot, free, at } of part.parts) {
    const domain = slot.domain;
    if (domain.kind !== 'unit') continue;
    const k = model.sizeOf(domain.over);
    for (let from = at; from < at + free.length; from += k) {
      const v = z.subarray(from, from + k);
      const length = Math.hypot(...v) / Math.sqrt(k);
      grown = Math.max(grown, length, 1 / length);
      for (let i = 0; i < k; i++) v[i] /= length;
    }
  }
  if (!(grown > 2)) return null;
  const g = new Float64Array(f.dim);
  const energy = f.at(z, g);
  return { z, energy, norm: largest(g), evaluations: 1, goOn: true };
}

/** Looks far ahead along the last step, where slopes may have become too small to see: null where nothing is lower. */
function beyond(f: Objective, { z, last, energy }: Descent): Next | null {
  if (!last || largest(last) === 0) return null;
  const unit = 1 / largest(last);
  const g = new Float64Array(f.dim);
  let best: { readonly z: Float64Array; readonly energy: number } | null = null;
  let evaluations = 0;
  for (let t = 1; t < 1e300; t *= t < 1e6 ? 10 : 1e12) {
    const at = z.map((x, i) => x + t * unit * last[i]);
    const e = f.at(at, g);
    evaluations++;
    if (e === Number.NEGATIVE_INFINITY) return { z: at, energy: e, norm: 0, evaluations, goOn: false };
    if (e < (best?.energy ?? energy) && !same(e, energy, 1e-6)) best = { z: at, energy: e };
  }
  return best && { ...best, norm: largest(g), evaluations, goOn: true };
}

/** Few coordinates: second derivatives tell whether it is a minimum. Many: a step aside. */
function besideSaddle(f: Objective, d: Descent, stream: Stream): Next {
  const g = new Float64Array(f.dim);
  let { z, energy, norm } = d;
  let evaluations = 0;
  let falls: Float64Array | null;
  if (f.dim <= MOST_CURVED) {
    const p = polish(f, d);
    ({ z, energy, norm, evaluations, falls } = p);
  } else falls = Float64Array.from({ length: f.dim }, () => stream.normal() / Math.sqrt(f.dim));
  if (falls)
    for (const size of [0.1, 1e-3])
      for (const way of [size, -size]) {
        const at = z.map((x, i) => x + way * falls[i]);
        const e = f.at(at, g);
        evaluations++;
        if (e < energy && !same(e, energy, 1e-12))
          return { z: at, energy: e, norm: largest(g), evaluations, goOn: true };
      }
  return { z, energy, norm, evaluations, goOn: false };
}

const settled = (f: Objective, d: Descent): { z: Float64Array; norm: number; evaluations: number } =>
  f.dim <= MOST_CURVED ? polish(f, d) : { z: d.z, norm: d.norm, evaluations: 0 };

/** Brings a state inside what is required of reals. */
async function entered(
  model: Model,
  walls: Walls,
  clamp: Clamp,
  states: Map<Slot, Float64Array>,
  work: Work,
): Promise<boolean> {
  const own = new Map(model.unknowns.map((u) => [u.slot, states.get(u.slot)!] as const));
  const part = continuousPart(walls.violation, clamp, 1, own, noStandards, false);
  if (!part) return false;
  try {
    const f = objectiveOf(part, model.engine.epsilon);
    const d = await descend(f, part.read(own), work, { tolerance: 1e-14, iterations: 500 });
    part.write(d.z, own);
    return d.energy < Number.POSITIVE_INFINITY;
  } finally {
    part.dispose();
  }
}

function objectiveOf(part: ContinuousPart, epsilon: number): Objective {
  return {
    dim: part.dim,
    epsilon: 8 * epsilon,
    at(z, gradient) {
      let energy: number;
      if (part.evaluateOne) energy = part.evaluateOne(0, z, gradient);
      else {
        const out = part.evaluate(z);
        energy = out.energy[0];
        gradient.set(out.gradient.subarray(0, part.dim));
      }
      if (energy === Number.NEGATIVE_INFINITY) return energy;
      if (!Number.isFinite(energy)) return Number.POSITIVE_INFINITY;
      for (const g of gradient) if (!Number.isFinite(g)) return Number.POSITIVE_INFINITY;
      return energy;
    },
  };
}
