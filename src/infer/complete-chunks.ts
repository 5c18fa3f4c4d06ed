/** The rows of `complete`, grouped and laid side by side as models with given elements. */
import type { HostArray } from '../arrays.ts';
import type { BoundProgram, ParamValues } from '../bind/bound.ts';
import { isDiscrete } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import type { Energy, Slot } from '../ir/types.ts';
import { scaleOf } from './completed-cells.ts';
import { type Clamp, type Model, makeModel, noClamp } from './model.ts';
import { sideBySide } from './side-by-side.ts';
import type { Scales } from './start.ts';

/** Rows of an energy's unknowns. An unknown without an entry is missing in every row, and not told of. */
export interface RowsWithHoles {
  readonly count: number;
  /** rows × elements each; 1 where a value is missing, null where none is. */
  readonly of: ReadonlyMap<Slot, { readonly values: HostArray['data']; readonly mask: Uint8Array | null }>;
}

export interface CompleteProblem {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly params: ParamValues;
  readonly engine: Engine;
  readonly rows: RowsWithHoles;
}

/** Ways of missing unknowns that are drawn by themselves; rows of rarer ways are drawn together. */
const MOST_GROUPS = 16;
/** Missing reals of rows side by side: a trajectory of all is as long as the worst of them needs. */
const MOST_REALS = 256;
/** Elements of unknowns of rows side by side. */
const MOST_ELEMENTS = 4096;

/** Rows that are drawn side by side, and the unknowns that some of them misses. */
export interface Chunk {
  readonly rows: readonly number[];
  readonly open: ReadonlySet<Slot>;
}

/** Rows with a missing cell that is told of. */
export function incompleteRows(energy: Energy, { count, of }: RowsWithHoles): number[] {
  const out: number[] = [];
  const masks = energy.unknowns.flatMap((u) => of.get(u)?.mask ?? []);
  for (let r = 0; r < count; r++) if (masks.some((m) => rowOf(m, r, count).includes(1))) out.push(r);
  return out;
}

const rowOf = (mask: Uint8Array, row: number, count: number): Uint8Array =>
  mask.subarray((row * mask.length) / count, ((row + 1) * mask.length) / count);

/** Rows that miss the same unknowns side by side, as many as are well moved together. */
export function chunksOf({ bound, energy, rows }: CompleteProblem, incomplete: readonly number[]): Chunk[] {
  const { count, of } = rows;
  const misses = (u: Slot, r: number): boolean => {
    const column = of.get(u);
    return column === undefined || (column.mask !== null && rowOf(column.mask, r, count).includes(1));
  };
  const groups = new Map<string, { rows: number[]; open: Set<Slot> }>();
  for (const r of incomplete) {
    const open = energy.unknowns.filter((u) => misses(u, r));
    const key = open.map((u) => u.id).join();
    const group = groups.get(key);
    if (group) group.rows.push(r);
    else groups.set(key, { rows: [r], open: new Set(open) });
  }
  const bySize = [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
  const kept = bySize.slice(0, MOST_GROUPS);
  const rare = bySize.slice(MOST_GROUPS);
  if (rare.length > 0)
    kept.push({
      rows: rare.flatMap((g) => g.rows).sort((a, b) => a - b),
      open: new Set(rare.flatMap((g) => [...g.open])),
    });
  const sizeOf = (u: Slot): number => u.sets.reduce((n, s) => n * bound.sizeOf(s), 1);
  return kept.flatMap((group) => {
    const out: Chunk[] = [];
    const open = [...group.open];
    const elements = open.reduce((n, u) => n + sizeOf(u), 0);
    let own: number[] = [];
    let reals = 0;
    const close = (): void => {
      if (own.length > 0) out.push({ rows: own, open: group.open });
      own = [];
      reals = 0;
    };
    for (const r of group.rows) {
      let more = 0;
      for (const u of open)
        if (!isDiscrete(u.domain)) {
          const mask = of.get(u)?.mask;
          more += mask ? rowOf(mask, r, count).reduce((n, m) => n + m, 0) : sizeOf(u);
        }
      if (reals + more > MOST_REALS || (own.length + 1) * elements > MOST_ELEMENTS) close();
      own.push(r);
      reals += more;
    }
    close();
    return out;
  });
}

/** A missing cell of a chunk: `at` is its element in the states of the rows side by side. */
export interface ChunkCell {
  readonly row: number;
  readonly unknown: Slot;
  readonly element: number;
  readonly at: number;
}

export function chunkModel(
  { bound, energy, params, engine, rows }: CompleteProblem,
  chunk: Chunk,
  chains: number | undefined,
): {
  readonly model: Model;
  readonly clamp: Clamp;
  readonly slots: ReadonlyMap<Slot, Slot>;
  readonly cells: readonly ChunkCell[];
} {
  const b = bound.program.builder;
  const known = new Set(energy.unknowns.filter((u) => !chunk.open.has(u)));
  const together = sideBySide(b, energy, chunk.rows.length, known);
  const sizeOf = (u: Slot): number => u.sets.reduce((n, s) => n * bound.sizeOf(s), 1);
  /** The chunk's rows of one column. */
  const pick = <T extends HostArray['data'] | Uint8Array>(from: T, u: Slot, into: T): T => {
    const size = sizeOf(u);
    chunk.rows.forEach((r, i) => {
      for (let k = 0; k < size; k++) into[i * size + k] = from[r * size + k];
    });
    return into;
  };
  const constants = new Map(bound.constants);
  for (const u of known) {
    const { values } = rows.of.get(u)!;
    const n = chunk.rows.length * sizeOf(u);
    const data = pick(values, u, values instanceof Int32Array ? new Int32Array(n) : new Float64Array(n));
    constants.set(together.slots.get(u)!, { shape: [chunk.rows.length, ...u.sets.map(bound.sizeOf)], data });
  }
  const model = makeModel({ ...bound, constants }, together.energy, params, engine, chains);
  const clamp = noClamp(model);
  const cells: ChunkCell[] = [];
  for (const unknown of chunk.open) {
    const column = rows.of.get(unknown);
    if (!column) continue;
    const slot = together.slots.get(unknown)!;
    const size = sizeOf(unknown);
    const fixed = clamp.fixed.get(slot)!.fill(1);
    const values = clamp.values.get(slot)!;
    chunk.rows.forEach((row, i) => {
      for (let element = 0; element < size; element++) {
        const from = row * size + element;
        const at = i * size + element;
        if (column.mask?.[from] === 1) {
          fixed[at] = 0;
          cells.push({ row, unknown, element, at });
        } else values[at] = column.values[from];
      }
    });
  }
  return { model, clamp, slots: together.slots, cells };
}

/** Where reals start: around what their column holds elsewhere. */
export function scalesFor({ rows }: CompleteProblem, chunk: Chunk, slots: ReadonlyMap<Slot, Slot>): Scales {
  const out = new Map<Slot, { readonly mean: Float64Array; readonly sd: Float64Array }>();
  for (const u of chunk.open) {
    const column = rows.of.get(u);
    if (!column) continue;
    const size = column.values.length / rows.count;
    const scale = scaleOf(u, column.values, column.mask, size);
    if (!scale) continue;
    const n = chunk.rows.length * size;
    const repeated = (x: Float64Array): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => x[i % size]);
    out.set(slots.get(u)!, { mean: repeated(scale.mean), sd: repeated(scale.sd) });
  }
  return out;
}
