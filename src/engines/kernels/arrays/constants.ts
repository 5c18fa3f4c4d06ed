/** Arrays that never change, in memory once for all programs of an engine. */
import { type HostArray, sizeOfShape } from '../../../arrays.ts';
import type { Slot } from '../../../ir/types.ts';
import type { Heap } from '../wasm/heap.ts';

interface Entry {
  readonly address: number;
  users: number;
}

export class Constants {
  readonly heap: Heap;
  private readonly entries = new Map<HostArray['data'], Entry>();

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** The address of the numbers as float64; given back by `release`. */
  take({ data }: HostArray): number {
    let entry = this.entries.get(data);
    if (!entry) {
      entry = { address: this.heap.allocate(8 * data.length), users: 0 };
      this.heap.f64(entry.address, data.length).set(data);
      this.entries.set(data, entry);
    }
    entry.users++;
    return entry.address;
  }

  release({ data }: HostArray): void {
    const entry = this.entries.get(data);
    if (!entry || --entry.users > 0) return;
    this.entries.delete(data);
    this.heap.release(entry.address);
  }
}

/** @throws Error if there is no array for a slot or it has another shape */
export function checkArray(
  slot: Slot,
  array: HostArray | undefined,
  shape: readonly number[],
): asserts array is HostArray {
  if (!array) throw new Error(`no array for ${slot.name}`);
  const own = array.shape;
  if (own === shape) return;
  let same = own.length === shape.length && array.data.length === sizeOfShape(shape);
  for (let d = 0; same && d < shape.length; d++) same = own[d] === shape[d];
  if (!same) throw new Error(`${slot.name} has shape [${own.join(', ')}], expected [${shape.join(', ')}]`);
}
