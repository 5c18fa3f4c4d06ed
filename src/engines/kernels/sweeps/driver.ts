/**
 * Several sweeps of a chain in one call: a small function that calls those of all groups in turn, so that a sweep
 * over few sites costs what its sites cost, and not a call of the host for each group.
 */
import type { Heap } from '../wasm/heap.ts';
import { ModuleBuilder } from '../wasm/module.ts';

type Entry = (state: number, random: number) => number;

/** @returns the position of a site that had no value of finite energy in the last sweep, or −1 */
export type Driver = (state: number, random: number, sweeps: number) => number;

/** Makes drivers of the groups' functions in turn, each combination once; null where a group has none. */
export function drivers(heap: Heap): (entries: readonly (Entry | undefined)[]) => Driver | null {
  const made: { readonly entries: readonly Entry[]; readonly drive: Driver }[] = [];
  return (entries) => {
    const all = entries.filter((e) => e !== undefined);
    if (all.length < entries.length) return null;
    const known = made.find((m) => m.entries.every((e, i) => e === all[i]));
    if (known) return known.drive;
    const drive = write(heap, all);
    made.push({ entries: all, drive });
    return drive;
  };
}

function write(heap: Heap, entries: readonly Entry[]): Driver {
  const module = new ModuleBuilder();
  const called = entries.map((run, i) => module.import(`group${i}`, ['i32', 'i32'], ['i32'], run));
  module.define('sweeps', ['i32', 'i32', 'i32'], ['i32'], (c) => {
    const [state, random, sweeps] = c.params;
    const [i, position, lost] = [c.local('i32'), c.local('i32'), c.local('i32')];
    c.i32(-1).set(lost);
    c.for(i, 0, sweeps, 1, () => {
      c.i32(-1).set(lost);
      for (const f of called) {
        c.get(state).get(random).call(f).set(position);
        // The first that is not −1 stays.
        c.get(lost).get(position).get(lost).i32(0).op('i32.ge_s', 'select').set(lost);
      }
    });
    c.get(lost);
  });
  const { sweeps } = module.instantiate(heap.memory);
  return sweeps as Driver;
}
