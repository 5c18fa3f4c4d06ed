/** The data that a job's energy reads, as files of draws show them. */
import { dimsOf, kindOf, latticeShape } from '../infer/recorder.ts';
import type { FixedArray } from '../io/draws-netcdf.ts';
import type { Energy, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { clampOption, energyOf, type JobContext, modelOf } from './session.ts';

export interface RunData {
  /** What draws are compared with: data left of a `~`, and unknowns that are given whole. */
  readonly observed: readonly FixedArray[];
  /** All other data. */
  readonly constant: readonly FixedArray[];
}

/** Data and unknowns have different names within a program; an unknown that is given goes before. */
export function dataOfRun(cx: JobContext): RunData {
  const { bound, program } = cx.session;
  const { energy } = energyOf(cx);
  const arrayOf = (slot: Slot, values: Float64Array): FixedArray => {
    const { kind, labels } = kindOf(slot.domain, bound.sizeOf);
    return {
      name: slot.name,
      shape: latticeShape(slot.sets, bound.sizeOf),
      ...dimsOf(slot.sets),
      kind,
      ...(labels ? { labels } : {}),
      values,
    };
  };
  const model = modelOf(cx);
  const clamp = clampOption(cx, model);
  const observed = model.unknowns.flatMap(({ slot, size }) => {
    const fixed = clamp.fixed.get(slot);
    const values = clamp.values.get(slot);
    return size > 0 && values && fixed?.every((f) => f === 1) ? [arrayOf(slot, values)] : [];
  });
  const constant: FixedArray[] = [];
  const read = slotsRead(rootsOf(energy));
  for (const { fields } of program.data) {
    for (const { slot } of fields) {
      const array = bound.constants.get(slot);
      if (!array || !read.has(slot)) continue;
      const own = arrayOf(slot, Float64Array.from(array.data));
      (program.observed?.has(slot) ? observed : constant).push(own);
    }
  }
  return { observed, constant };
}

const rootsOf = ({ terms, support, reports }: Energy) => [
  ...terms.map((t) => t.body),
  ...support.flatMap((c) => (c.where ? [c.condition, c.where] : [c.condition])),
  ...reports.map((r) => r.value.body),
];
