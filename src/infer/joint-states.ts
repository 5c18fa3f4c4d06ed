/** The joint states of all free discrete unknowns, as digits of a mixed-radix number. */
import { isArranged, isDiscrete, showDomain, stateCount, valueMap } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { arrangedOver, type Completions, completions, writeArrangement } from '../transforms/arrangements.ts';
import { type Clamp, fault, freeCount, type Model, type UnknownLayout } from './model.ts';

/** Something that has `count` states by itself: an element, or a whole arrangement. */
export interface Digit {
  readonly slot: Slot;
  /** Elements of one state of the slot. */
  readonly size: number;
  readonly count: number;
  /** Writes state number `code` into one state of the slot. */
  readonly write: (x: Float64Array, code: number) => void;
}

export interface JointStates {
  readonly digits: readonly Digit[];
  /** Their number; Infinity when it is too large for a number. 1 with nothing free. */
  readonly total: number;
  /** The first real unknown that is not given whole. */
  readonly real: Slot | null;
}

/** What `logz` and `plan` count and enumeration visits, the last digit fastest. */
export function jointStates(model: Model, clamp: Clamp): JointStates {
  const digits: Digit[] = [];
  let real: Slot | null = null;
  for (const u of model.unknowns) {
    const { slot, size } = u;
    const d = slot.domain;
    if (!isDiscrete(d)) {
      if (freeCount(clamp, slot) > 0) real ??= slot;
    } else if (isArranged(d)) {
      for (const v of arrangedVectors(model, u, clamp)) {
        const { from, to } = v;
        if (v.completions.positions.length === 0) continue;
        digits.push({
          slot,
          size,
          count: v.completions.count,
          write: (x, code) => writeArrangement(v.completions, code, x.subarray(from, to)),
        });
      }
    } else {
      const fixed = clamp.fixed.get(slot)!;
      const { offset, scale } = valueMap(d);
      const count = stateCount(d, model.sizeOf);
      for (let i = 0; i < size; i++)
        if (fixed[i] === 0)
          digits.push({
            slot,
            size,
            count,
            write: (x, code) => {
              x[i] = offset + scale * code;
            },
          });
    }
  }
  return { digits, total: digits.reduce((n, g) => n * g.count, 1), real };
}

/** One arrangement of a slot: elements from … to − 1 of its state. */
export interface ArrangedVector {
  readonly from: number;
  readonly to: number;
  readonly completions: Completions;
}

/**
 * The arrangements of an unknown, with what is given.
 * @throws EnergyError E0702 where no arrangement agrees with it
 */
export function arrangedVectors(model: Model, u: UnknownLayout, clamp: Clamp): ArrangedVector[] {
  const d = u.slot.domain;
  if (!isArranged(d)) return [];
  const length = model.sizeOf(arrangedOver(d));
  const out: ArrangedVector[] = [];
  for (let from = 0; from < u.size; from += length) {
    const to = from + length;
    const of = (a: ReadonlyMap<Slot, Uint8Array | Float64Array>) => a.get(u.slot)!.subarray(from, to);
    const all = completions(d, of(clamp.fixed), of(clamp.values));
    if (typeof all === 'string') throw noArrangement(model, u, length, all);
    out.push({ from, to, completions: all });
  }
  return out;
}

function noArrangement(model: Model, { slot }: UnknownLayout, length: number, why: string): Error {
  const d = slot.domain;
  const span = slot.span ?? model.energy.span;
  return d.kind === 'subset' && d.count > length
    ? fault('E0702', span, `\`${slot.name}\` is ${showDomain(d)}, but there are only ${length} elements`)
    : fault('E0702', span, `what is given to \`${slot.name}\`, ${showDomain(d)}, ${why}`);
}
