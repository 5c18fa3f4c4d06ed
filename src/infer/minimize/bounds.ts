/**
 * Minima at bounds: in unconstrained coordinates a bound is infinitely far away, so that a descent ends near it. What
 * lies so near is set to the bound where that does not raise the energy.
 */
import { isArranged, isDiscrete, isVector, rangeOf } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import { vectorLength } from '../../transforms/vectors.ts';
import { dependentBounds } from '../bounds.ts';
import type { Clamp, Model } from '../model.ts';
import type { Whole } from './whole.ts';

export interface Snapped {
  readonly energy: number;
  /** What is given, and what lies at a bound. */
  readonly clamp: Clamp;
  readonly count: number;
}

/** How near, in units of the interval, or of max(1, |bound|). */
const NEAR = 1e-3;

/** Moves elements of `states`, those of one chain, to bounds. Null where none is near one. */
export function atBounds(
  model: Model,
  clamp: Clamp,
  states: Map<Slot, Float64Array>,
  whole: Whole,
): Snapped | null {
  const boundsOf = dependentBounds(model);
  let energy = whole.energy(states);
  let count = 0;
  const fixed = new Map([...clamp.fixed].map(([slot, f]) => [slot, f.slice()]));
  const values = new Map([...clamp.values].map(([slot, x]) => [slot, x.slice()]));
  const tried = (x: Float64Array, i: number, to: number): boolean => {
    const was = x[i];
    x[i] = to;
    const e = whole.energy(states);
    if (e <= energy + 1e-13 * Math.max(1, Math.abs(energy)) && e > Number.NEGATIVE_INFINITY) {
      energy = Math.min(e, energy);
      return true;
    }
    x[i] = was;
    return false;
  };
  for (const u of model.unknowns) {
    const d = u.slot.domain;
    if (isDiscrete(d) || isArranged(d) || d.kind === 'angle') continue;
    const x = states.get(u.slot)!;
    const free = fixed.get(u.slot)!;
    if (isVector(d)) {
      if (d.kind === 'simplex') count += cornered(model, u.slot, x, free, whole, states);
      continue;
    }
    const own = rangeOf(d);
    const moving = boundsOf(u, states, 1);
    for (let i = 0; i < x.length; i++) {
      if (free[i] !== 0) continue;
      const lo = moving ? moving.lo[i] : own.lo;
      const hi = moving ? moving.hi[i] : own.hi;
      const unit = Number.isFinite(hi - lo) ? hi - lo : Math.max(1, Math.abs(Number.isFinite(lo) ? lo : hi));
      const to = x[i] - lo < NEAR * unit ? lo : hi - x[i] < NEAR * unit ? hi : null;
      if (to === null || !tried(x, i, to)) continue;
      free[i] = 1;
      values.get(u.slot)![i] = to;
      count++;
    }
  }
  if (count === 0) return null;
  return { energy: whole.energy(states), clamp: { fixed, values }, count };
}

/** Shares of simplices that are next to nothing become nothing. */
function cornered(
  model: Model,
  slot: Slot,
  x: Float64Array,
  given: Uint8Array,
  whole: Whole,
  states: Map<Slot, Float64Array>,
): number {
  const d = slot.domain;
  if (!isVector(d)) return 0;
  const length = vectorLength(d, model.sizeOf(d.over));
  let count = 0;
  for (let from = 0; from < x.length; from += length) {
    if (given[from] !== 0) continue;
    const part = x.subarray(from, from + length);
    for (let i = 0; i < length; i++) {
      if (part[i] === 0 || part[i] > NEAR) continue;
      const before = part.slice();
      const energy = whole.energy(states);
      const rest = 1 - part[i];
      part[i] = 0;
      for (let j = 0; j < length; j++) part[j] /= rest;
      const e = whole.energy(states);
      if (e <= energy + 1e-13 * Math.max(1, Math.abs(energy)) && e > Number.NEGATIVE_INFINITY) count++;
      else part.set(before);
    }
  }
  return count;
}

/**
 * Elements of `states` next to a bound from which the energy falls into the domain, taken inside: near a bound the slope
 * in unconstrained coordinates vanishes, whether or not the energy is lowest there. @returns how many there were
 */
export function inside(model: Model, clamp: Clamp, states: Map<Slot, Float64Array>, whole: Whole): number {
  const boundsOf = dependentBounds(model);
  const energy = whole.energy(states);
  let count = 0;
  const lower = (): boolean => whole.energy(states) < energy - 1e-12 * Math.max(1, Math.abs(energy));
  for (const u of model.unknowns) {
    const d = u.slot.domain;
    if (d.kind !== 'real' && d.kind !== 'simplex') continue;
    const x = states.get(u.slot)!;
    const free = clamp.fixed.get(u.slot)!;
    if (isVector(d)) {
      const length = vectorLength(d, model.sizeOf(d.over));
      for (let i = 0; i < x.length; i++) {
        if (free[i] !== 0 || x[i] > NEAR) continue;
        const part = x.subarray(i - (i % length), i - (i % length) + length);
        const before = part.slice();
        const towards = (share: number): void =>
          part.forEach((_, j) => {
            part[j] = (1 - share) * before[j] + (j === i % length ? share : 0);
          });
        towards(TOUCH);
        const falls = lower();
        if (falls) {
          towards(10 * NEAR);
          count++;
        } else part.set(before);
      }
      continue;
    }
    const own = rangeOf(d);
    const moving = boundsOf(u, states, 1);
    for (let i = 0; i < x.length; i++) {
      if (free[i] !== 0) continue;
      const lo = moving ? moving.lo[i] : own.lo;
      const hi = moving ? moving.hi[i] : own.hi;
      const unit = Number.isFinite(hi - lo) ? hi - lo : Math.max(1, Math.abs(Number.isFinite(lo) ? lo : hi));
      const way = x[i] - lo < NEAR * unit ? 1 : hi - x[i] < NEAR * unit ? -1 : 0;
      if (way === 0) continue;
      const at = x[i];
      x[i] = at + way * TOUCH * unit;
      if (lower()) {
        x[i] = at + way * 10 * NEAR * unit;
        count++;
      } else x[i] = at;
    }
  }
  return count;
}

/** A step that tells which way the energy goes. */
const TOUCH = 1e-7;
