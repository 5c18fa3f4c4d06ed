/**
 * The rows of tables in memory, for sums of energies. Whole numbers of units of energy (`table-levels.ts`) where
 * links have no scales. Where they have, energies in double precision: multiplied by the scale of a link, which is
 * in units in the records, they are rounded to whole numbers once. So each energy of a sum is off by at most half a
 * unit, with a scale or without.
 */
import type { Code, Local } from '../wasm/code.ts';
import type { Heap } from '../wasm/heap.ts';
import { lanes32, type TableGroup } from './table-form.ts';
import { type Levels, packRow } from './table-levels.ts';
import type { Rows } from './table-links.ts';

/** Adding it to a number of less than 2³¹ leaves the nearest whole number in the low half, in two's complement. */
export const ROUND = 1.5 * 2 ** 52;

export interface LaidRows extends Rows {
  /** Where they were allocated. */
  readonly base: number;
  /** Writes a row of energies of the sites themselves. */
  readonly writeOwn: (view: DataView, address: number, site: number) => void;
}

/** @param binary rows of one number: the energy of 1 less that of 0 */
export function layRows(heap: Heap, group: TableGroup, levels: Levels, binary: boolean): LaidRows {
  const { conditional: t, states: k, scaled } = group;
  const vectors = Math.ceil(k / 4);
  const bytes = binary ? 4 : 16 * Math.ceil((k * levels.width) / 16) * levels.planes;
  const scaledBytes = binary ? 8 : 32 * vectors;
  const packed = new Int32Array(4 * vectors * levels.planes);

  function write(
    energy: Float64Array | null,
    broken: Float64Array | null,
    from: number,
    view: DataView,
    address: number,
  ): void {
    packRow(levels, energy, broken, from, k, packed, 4 * vectors);
    if (binary) view.setInt32(address, packed[1] - packed[0], true);
    else if (levels.width === 4)
      for (let i = 0; i < packed.length; i++) view.setInt32(address + 4 * i, packed[i], true);
    else if (levels.width === 2) for (let v = 0; v < k; v++) view.setUint16(address + 2 * v, packed[v], true);
    else for (let v = 0; v < k; v++) view.setUint8(address + v, packed[v]);
  }

  function writeScaled(energy: Float64Array, from: number, view: DataView, address: number): void {
    if (binary) {
      view.setFloat64(address, energy[from + 1] - energy[from], true);
      return;
    }
    let low = Infinity;
    for (let v = from; v < from + k; v++) low = Math.min(low, energy[v]);
    for (let v = 0; v < k; v++) view.setFloat64(address + 8 * v, energy[from + v] - low, true);
  }

  let total = 0;
  const first = t.tables.map((table, n) => {
    const at = total;
    total += (table.energy.length / k) * (scaled[n] ? scaledBytes : bytes);
    return at;
  });
  const base = heap.allocate(total);
  const memory = new DataView(heap.memory.buffer);
  t.tables.forEach((table, n) => {
    for (let r = 0; r * k < table.energy.length; r++) {
      const at = base + first[n];
      if (scaled[n]) writeScaled(table.energy, r * k, memory, at + r * scaledBytes);
      else write(table.energy, table.broken, r * k, memory, at + r * bytes);
    }
  });
  return {
    base,
    address: (table) => base + first[table],
    bytes,
    scaledBytes,
    unit: levels.scale,
    writeOwn: (view, address, site) => write(t.own, t.ownBroken, site * k, view, address),
  };
}

/**
 * Pushes four energies (i32x4) of a row with a scale.
 * @param row address, less `first`
 * @param wanted 1 to 4: the others may be anything
 */
export function emitScaled(c: Code, row: Local, first: number, scale: Local, wanted: number): void {
  const pair = (at: number): Code =>
    c.get(row).memory('v128.load', at).get(scale).op('f64x2.mul').splat('f64x2', ROUND).op('f64x2.add');
  pair(first);
  if (wanted > 2) pair(first + 16);
  else c.splat('i32x4', 0);
  c.shuffle(lanes32(0, 2, 4, 6));
}
