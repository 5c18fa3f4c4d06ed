/** Where chains start: given rows, or dispersed at random within each domain. */
import { isArranged, isDiscrete, isVector, rangeOf, stateCount, valueMap } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { completeAtRandom } from '../transforms/arrangements.ts';
import { constrainValue } from '../transforms/scalars.ts';
import { constrainVector, vectorLength } from '../transforms/vectors.ts';
import { dependentBounds } from './bounds.ts';
import type { BoundsOf } from './coordinates.ts';
import { arrangedVectors } from './joint-states.ts';
import type { Clamp, Model, States, UnknownLayout } from './model.ts';

/** Location and spread of a real unknown's elements, e.g. of the data that its energy was fitted to. */
export type Scales = ReadonlyMap<Slot, { readonly mean: Float64Array; readonly sd: Float64Array }>;

/**
 * Discrete elements uniform, arrangements too; reals normal with a known location and spread, else
 * uniform on (−2, 2) in unconstrained coordinates (Stan's default); clamped elements
 * at their values. Chain c uses streams[c] only.
 */
export function startStates(
  model: Model,
  clamp: Clamp,
  streams: readonly Stream[],
  rows?: { readonly of: (slot: Slot, chain: number) => ArrayLike<number> },
  scales: Scales = new Map(),
): Map<Slot, Float64Array> {
  const out = new Map<Slot, Float64Array>();
  const chains = streams.length;
  const boundsOf = dependentBounds(model);
  for (const u of model.unknowns) {
    const x = new Float64Array(chains * u.size);
    const fixed = clamp.fixed.get(u.slot)!;
    const values = clamp.values.get(u.slot)!;
    // Bounds read unknowns that are declared, and so filled, before this one.
    const bounds = boundsOf(u, out, chains);
    const arrangements = arrangedVectors(model, u, clamp);
    for (let c = 0; c < chains; c++) {
      const own = x.subarray(c * u.size, (c + 1) * u.size);
      const from = rows?.of(u.slot, c);
      const between =
        bounds && ((i: number) => ({ lo: bounds.lo[c * u.size + i], hi: bounds.hi[c * u.size + i] }));
      fill(model, u, own, streams[c], scales, between);
      for (let i = 0; i < u.size; i++) {
        if (from) own[i] = from[i];
        if (fixed[i] !== 0) own[i] = values[i];
      }
      for (const a of arrangements) completeAtRandom(a.completions, streams[c], own.subarray(a.from, a.to));
    }
    out.set(u.slot, x);
  }
  return out;
}

/** A random state of one unknown. */
function fill(
  model: Model,
  u: UnknownLayout,
  x: Float64Array,
  stream: Stream,
  scales: Scales,
  between: BoundsOf,
): void {
  const d = u.slot.domain;
  // Completed below, with what is given.
  if (isArranged(d)) {
    x.fill(-1);
    return;
  }
  if (isVector(d)) {
    const k = model.sizeOf(d.over);
    const length = vectorLength(d, k);
    const z = new Float64Array(length);
    for (let at = 0; at < u.size; at += length) {
      for (let i = 0; i < length; i++) z[i] = 4 * stream.uniform() - 2;
      constrainVector(d, k, z, x.subarray(at, at + length));
    }
    return;
  }
  const scale = scales.get(u.slot);
  for (let i = 0; i < u.size; i++) {
    if (isDiscrete(d)) {
      const { offset, scale: step } = valueMap(d);
      x[i] = offset + step * stream.int(stateCount(d, model.sizeOf));
      continue;
    }
    const range = between ? between(i) : rangeOf(d);
    const near = scale ? scale.mean[i] + scale.sd[i] * stream.normal() : Number.NaN;
    x[i] = near > range.lo && near < range.hi ? near : constrainValue(4 * stream.uniform() - 2, range);
  }
}

/** A copy that later changes do not touch. */
export const copyStates = (s: States): Map<Slot, Float64Array> =>
  new Map([...s].map(([k, v]) => [k, v.slice()]));
