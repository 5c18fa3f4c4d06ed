/**
 * What the forms of table kernels share: sites are divided into shapes, each with a function that sweeps a run of
 * sites from records that lie one after another, so that a sweep reads its addresses in order.
 */
import type { SiteGroup, TableConditional } from '../site-tables.ts';
import type { Callable, Code, Local } from '../wasm/code.ts';
import { emitNext, loadRandom, storeRandom } from './random.ts';
import type { Stage } from './stage.ts';
import { withPositiveScales } from './table-scales.ts';

/** Sites that one function sweeps. */
export interface Shape {
  /** (records, count, state, random) → the position of a site that had no value of finite energy, or −1 */
  readonly sweep: Callable;
  readonly recordBytes: number;
  /** Writes what the function reads of site p (from 0 in the group). */
  readonly write: (view: DataView, address: number, p: number) => void;
}

export interface TableForm {
  readonly name: string;
  readonly shapes: readonly Shape[];
  /** The shape of each site of the group; −1 for those that the form does not take. */
  readonly shapeOf: Int32Array;
  readonly prepare: (beta: number) => void;
  /** What it allocated. */
  readonly addresses: readonly number[];
}

/** A group whose conditional is given by tables. */
export interface TableGroup extends SiteGroup {
  /** Scales are not negative. */
  readonly conditional: TableConditional;
  /** By table, 1 if its links have scales; all others have 1. */
  readonly scaled: Uint8Array;
  /**
   * Numbers of links: those of site p stand from start[p] on by the number of their others, those without scales
   * first, then by their table. Sums do not depend on the order, so that sites with the same tables become alike.
   */
  readonly order: Int32Array;
}

/** Insertion is quicker up to so many. */
const MANY_LINKS = 32;

/**
 * Adds the order of links, and makes scales positive.
 * @param room numbers in tables that are multiplied out
 */
export function withOrder(group: SiteGroup, original: TableConditional, room?: number): TableGroup {
  const { conditional: t, scaled } = withPositiveScales(original, room);
  const order = new Int32Array(t.table.length);
  // Of tables.
  const rank = new Int32Array(t.tables.length);
  t.tables
    .map((table, n) => ({ n, others: table.strides.length }))
    .sort((a, b) => a.others - b.others || scaled[a.n] - scaled[b.n] || a.n - b.n)
    .forEach(({ n }, i) => {
      rank[n] = i;
    });
  for (let p = 0; p < group.count; p++) {
    if (t.start[p + 1] - t.start[p] > MANY_LINKS) {
      const all = order.subarray(t.start[p], t.start[p + 1]);
      for (let i = 0; i < all.length; i++) all[i] = t.start[p] + i;
      all.sort((x, y) => rank[t.table[x]] - rank[t.table[y]] || x - y);
      continue;
    }
    for (let l = t.start[p]; l < t.start[p + 1]; l++) {
      let at = l;
      for (; at > t.start[p] && rank[t.table[order[at - 1]]] > rank[t.table[l]]; at--)
        order[at] = order[at - 1];
      order[at] = l;
    }
  }
  return { ...group, conditional: t, scaled, order };
}

/** The links of site p in order. */
export const sortedLinks = ({ conditional: t, order }: TableGroup, p: number): Int32Array =>
  order.subarray(t.start[p], t.start[p + 1]);

/** Whether the links of two sites have the same tables. */
export function sameTables({ conditional: t, order }: TableGroup, p: number, q: number): boolean {
  const n = t.start[p + 1] - t.start[p];
  if (t.start[q + 1] - t.start[q] !== n) return false;
  for (let i = 0; i < n; i++)
    if (t.table[order[t.start[p] + i]] !== t.table[order[t.start[q] + i]]) return false;
  return true;
}

/** Numbers for keys, in the order in which they come. */
export class Numbering<K> {
  private readonly known = new Map<K, number>();
  readonly keys: K[] = [];

  of(key: K): number {
    let n = this.known.get(key);
    if (n === undefined) {
      n = this.keys.length;
      this.known.set(key, n);
      this.keys.push(key);
    }
    return n;
  }

  /** −1 if there is none. */
  find(key: K): number {
    return this.known.get(key) ?? -1;
  }
}

/** What the loop of a run gives to the code of four sites or one. */
export interface Visit {
  readonly c: Code;
  readonly record: Local;
  readonly state: Local;
  /** i32: takes the position of a site that had no value of finite energy. */
  readonly fault: Local;
  /** v128: a random word for each site, the lowest lane for the first. */
  readonly words: Local;
}

/**
 * Defines a function that sweeps a run: four records at a time, then one by one.
 * @param before emitted at the start of the function; it makes what four and one use
 * @param four null to go one by one throughout
 */
export function defineRun<T>(
  stage: Stage,
  recordBytes: number,
  before: (c: Code) => T,
  four: ((visit: Visit, made: T) => void) | null,
  one: (visit: Visit, made: T) => void,
): Callable {
  return stage.module.define(null, ['i32', 'i32', 'i32', 'i32'], ['i32'], (c) => {
    const [record, count, state, address] = c.params;
    const [end, fault, words] = [c.local('i32'), c.local('i32'), c.local('v128')];
    const random = loadRandom(c, address);
    const visit: Visit = { c, record, state, fault, words };
    c.i32(-1).set(fault);
    const made = before(c);
    const pass = (sites: number, emit: (visit: Visit, made: T) => void): void => {
      c.get(record).get(count);
      if (sites > 1) c.i32(-sites).op('i32.and');
      c.i32(recordBytes).op('i32.mul', 'i32.add').set(end);
      c.get(record).get(end).op('i32.lt_u');
      c.if(() => {
        c.loop((again) => {
          emitNext(c, random);
          c.set(words);
          emit(visit, made);
          c.get(record)
            .i32(sites * recordBytes)
            .op('i32.add')
            .tee(record);
          c.get(end).op('i32.lt_u').branchIf(again);
        });
      });
    };
    if (four) {
      pass(4, four);
      c.get(count).i32(3).op('i32.and').set(count);
    }
    pass(1, one);
    storeRandom(c, address, random);
    c.get(fault);
  });
}

/** The bytes of a shuffle of 32-bit lanes, 0–3 of the first operand and 4–7 of the second. */
export const lanes32 = (a: number, b: number, c: number, d: number): number[] =>
  [a, b, c, d].flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]);

/** The state number at a position that the record holds: pushes the byte. */
export function emitCode(visit: Visit, offset: number, wide: boolean): void {
  const { c, record, state } = visit;
  c.get(record).memory(wide ? 'i32.load' : 'i32.load16_u', offset);
  c.get(state).op('i32.add').memory('i32.load8_u');
}
