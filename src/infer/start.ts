/** Where chains start: given rows, or dispersed at random within each domain. */
import { isDiscrete, stateCount, valueMap } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import type { Clamp, Model, States } from './model.ts';
import { constrainValue } from './transforms.ts';

/** Location and spread of a real unknown's elements, e.g. of the data that its energy was fitted to. */
export type Scales = ReadonlyMap<Slot, { readonly mean: Float64Array; readonly sd: Float64Array }>;

/**
 * Discrete elements uniform; reals normal with a known location and spread, else
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
  for (const u of model.unknowns) {
    const x = new Float64Array(chains * u.size);
    const fixed = clamp.fixed.get(u.slot)!;
    const values = clamp.values.get(u.slot)!;
    const d = u.slot.domain;
    for (let c = 0; c < chains; c++) {
      const from = rows?.of(u.slot, c);
      for (let i = 0; i < u.size; i++) {
        let v: number;
        if (isDiscrete(d)) {
          const { offset, scale } = valueMap(d);
          v = offset + scale * streams[c].int(stateCount(d, model.sizeOf));
        } else {
          const scale = scales.get(u.slot);
          const x = scale ? scale.mean[i] + scale.sd[i] * streams[c].normal() : Number.NaN;
          v = x > d.lo && x < d.hi ? x : constrainValue(4 * streams[c].uniform() - 2, d);
        }
        if (from) v = from[i];
        x[c * u.size + i] = fixed[i] !== 0 ? values[i] : v;
      }
    }
    out.set(u.slot, x);
  }
  return out;
}

/** A copy that later changes do not touch. */
export const copyStates = (s: States): Map<Slot, Float64Array> =>
  new Map([...s].map(([k, v]) => [k, v.slice()]));
