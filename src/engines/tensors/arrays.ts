/** Between the arrays of evaluators and those of tensor programs. */
import { type HostArray, sizeOfShape } from '../../arrays.ts';
import type { Axis, IndexSet, Slot } from '../../ir/types.ts';
import type { ArrayProgram, Arrays } from '../engine.ts';

/** The array given for a slot. @throws Error where there is none, or one of the wrong shape */
export function given(slot: Slot, inputs: Arrays, sizeOf: (set: IndexSet) => number): HostArray {
  const array = inputs.get(slot);
  if (!array) throw new Error(`no value was given for the ${slot.role} "${slot.name}"`);
  checkShape(slot, array, sizeOf);
  return array;
}

/** @throws Error where an array is not of its slot's shape */
export function checkShape(slot: Slot, array: HostArray, sizeOf: (set: IndexSet) => number): void {
  const want = slot.sets.map(sizeOf);
  const same = array.shape.length === want.length && want.every((n, d) => n === array.shape[d]);
  if (!same) throw new Error(`"${slot.name}" has shape [${array.shape}], expected [${want}]`);
  if (array.data.length !== sizeOfShape(want))
    throw new Error(
      `"${slot.name}" has ${array.data.length} elements, its shape [${want}] needs ${sizeOfShape(want)}`,
    );
}

/**
 * The outputs of a program, by name.
 * @param axes of each result, in the order of the output's; an output may have more
 */
export function spreadResults(
  program: ArrayProgram,
  axes: readonly (readonly Axis[])[],
  sizeOf: (set: IndexSet) => number,
  data: readonly Float32Array[],
): ReadonlyMap<string, HostArray> {
  const out = new Map<string, HostArray>();
  program.outputs.forEach((o, i) => {
    const shape = o.axes.map((a) => sizeOf(a.set));
    out.set(o.name, { shape, data: spread(data[i], axes[i], o.axes, sizeOf) });
  });
  return out;
}

/** Repeats a result along the axes of the output that it lacks. */
function spread(
  data: Float32Array,
  from: readonly Axis[],
  to: readonly Axis[],
  sizeOf: (set: IndexSet) => number,
): Float32Array {
  let [now, inner] = [data, 1];
  for (const a of [...to].reverse()) {
    const n = sizeOf(a.set);
    if (!from.includes(a)) now = repeat(now, inner, n);
    inner *= n;
  }
  return now;
}

/** Every stretch of `length` elements `times` times. */
function repeat(data: Float32Array, length: number, times: number): Float32Array {
  if (times === 1) return data;
  const out = new Float32Array(data.length * times);
  let to = 0;
  for (let from = 0; from < data.length; from += length)
    for (let k = 0; k < times; k++, to += length) out.set(data.subarray(from, from + length), to);
  return out;
}
