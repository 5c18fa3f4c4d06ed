/**
 * The records of sites whose energies are summed link by link. Sites with few links have a layout of their own,
 * links written out; all others have a list that a loop walks along.
 */
import type { Code, Local } from '../wasm/code.ts';
import type { Stage } from './stage.ts';
import { Numbering, sortedLinks, type TableGroup, type Visit } from './table-form.ts';

/** Others of a site whose links are written out. */
const MAX_OTHERS = 24;
/** Layouts of sites with links written out. */
const MAX_LAYOUTS = 12;

/** One link of a layout. */
interface Link {
  /** The table of all sites; −1: it varies and stands in the record. */
  readonly table: number;
  readonly strides: readonly number[];
  readonly offset: number;
}

export interface Layout {
  /** null: a list. */
  readonly links: readonly Link[] | null;
  readonly recordBytes: number;
  /** Where the own energies stand in the record; −1: there are none. */
  readonly own: number;
}

/** Where the rows of each table begin, and the bytes of a row. */
export interface Rows {
  readonly address: (table: number) => number;
  readonly bytes: number;
}

/** The layouts of the sites that are wanted, and which is whose (−1 for the others). */
export function layoutsOf(
  group: TableGroup,
  wanted: Int32Array,
  ownBytes: number,
): { layouts: readonly Layout[]; layoutOf: Int32Array } {
  const { conditional: t, count } = group;
  const keys = new Numbering<string>();
  const written: number[][] = [];
  const sample: number[] = [];
  let listed = -1;
  let before = -1;
  const layoutOf = new Int32Array(count).fill(-1);
  for (let p = 0; p < count; p++) {
    if (!wanted[p]) continue;
    if (before >= 0 && sameLayout(group, before, p)) {
      const n = layoutOf[before];
      layoutOf[p] = n;
      const tables = written[n];
      for (let j = 0; j < tables.length; j++)
        if (tables[j] !== t.table[group.order[t.start[p] + j]]) tables[j] = -1;
      continue;
    }
    before = p;
    const key = keyOf(group, p);
    let n = key === null ? -1 : keys.find(key);
    if (n < 0 && key !== null && keys.keys.length < MAX_LAYOUTS) n = keys.of(key);
    if (n < 0) {
      if (listed < 0) {
        listed = keys.of('list');
        [written[listed], sample[listed]] = [[], p];
      }
      layoutOf[p] = listed;
      continue;
    }
    layoutOf[p] = n;
    const tables = Array.from(sortedLinks(group, p), (l) => t.table[l]);
    if (n < written.length) written[n] = tables.map((table, j) => (written[n][j] === table ? table : -1));
    else [written[n], sample[n]] = [tables, p];
  }
  const layouts = keys.keys.map((_, n): Layout => {
    const tables = written[n];
    if (n === listed) return { links: null, own: ownBytes > 0 ? 16 : -1, recordBytes: 16 + ownBytes };
    let offset = 4;
    const links = Array.from(sortedLinks(group, sample[n]), (l, j): Link => {
      const { strides } = t.tables[t.table[l]];
      const link = { table: tables[j], strides, offset };
      offset += 4 * (strides.length + (tables[j] < 0 ? 1 : 0));
      return link;
    });
    return { links, own: ownBytes > 0 ? offset : -1, recordBytes: offset + ownBytes };
  });
  return { layouts, layoutOf };
}

/** Whether the links of two sites have the same numbers of others, with the same strides. */
function sameLayout({ conditional: t, order }: TableGroup, p: number, q: number): boolean {
  const n = t.start[p + 1] - t.start[p];
  if (t.start[q + 1] - t.start[q] !== n) return false;
  for (let i = 0; i < n; i++) {
    const a = t.tables[t.table[order[t.start[p] + i]]].strides;
    const b = t.tables[t.table[order[t.start[q] + i]]].strides;
    if (a !== b && (a.length !== b.length || a.some((s, j) => s !== b[j]))) return false;
  }
  return true;
}

/** What sites with the same layout have in common; null if a list is better. */
function keyOf(group: TableGroup, p: number): string | null {
  const { tables, table } = group.conditional;
  const strides = Array.from(sortedLinks(group, p), (l) => tables[table[l]].strides);
  const others = strides.reduce((sum, s) => sum + s.length, 0);
  return others > MAX_OTHERS ? null : strides.map((s) => `(${s})`).join('');
}

/** Writes lists and records; `lists` is where the lists of all sites that have one stand. */
export function makeWriter(
  { heap }: Stage,
  group: TableGroup,
  layouts: readonly Layout[],
  layoutOf: Int32Array,
  rows: Rows,
  writeOwn: (view: DataView, address: number, p: number) => void,
): { lists: number; write: (view: DataView, address: number, p: number) => void } {
  const { conditional: t, count } = group;
  const words: number[] = [];
  const listOf = new Map<
    number,
    { readonly at: number; readonly single: number; readonly multiple: number }
  >();
  for (let p = 0; p < count; p++) {
    if (layoutOf[p] < 0 || layouts[layoutOf[p]].links) continue;
    const links = [...sortedLinks(group, p)];
    const strides = (l: number): readonly number[] => t.tables[t.table[l]].strides;
    // A link without others is the first row of its table.
    const single = links.filter((l) => strides(l).length === 1);
    const multiple = links.filter((l) => strides(l).length !== 1);
    listOf.set(p, { at: words.length, single: single.length, multiple: multiple.length });
    for (const l of single) words.push(t.others[t.first[l]], rows.address(t.table[l]));
    for (const l of multiple) {
      words.push(rows.address(t.table[l]), strides(l).length);
      for (const [j, s] of strides(l).entries()) words.push(t.others[t.first[l] + j], s * rows.bytes);
    }
  }
  const lists = heap.allocate(4 * words.length);
  heap.i32(lists, words.length).set(words);
  return {
    lists,
    write(view, address, p) {
      const layout = layouts[layoutOf[p]];
      const put = (offset: number, x: number): void => view.setUint32(address + offset, x, true);
      put(0, group.from + p);
      if (layout.own >= 0) writeOwn(view, address + layout.own, p);
      if (!layout.links) {
        const list = listOf.get(p)!;
        put(4, lists + 4 * list.at);
        put(8, list.single);
        put(12, list.multiple);
        return;
      }
      const from = t.start[p];
      for (let i = 0; i < layout.links.length; i++) {
        const { table, strides, offset } = layout.links[i];
        const l = group.order[from + i];
        if (table < 0) put(offset, rows.address(t.table[l]));
        const at = offset + (table < 0 ? 4 : 0);
        for (let j = 0; j < strides.length; j++) put(at + 4 * j, t.others[t.first[l] + j]);
      }
    },
  };
}

/**
 * Writes code that calls for each link of the site at `offset` from the record: `add` finds the row `first` bytes
 * after the address in the variable.
 */
export function emitLinks(
  visit: Visit,
  layout: Layout,
  rows: Rows,
  offset: number,
  add: (row: Local, first: number) => void,
): void {
  const { c, record, state } = visit;
  const row = c.local('i32');
  const scaled = (by: number): Code => c.i32(by).op('i32.mul');
  if (layout.links) {
    for (const link of layout.links) {
      const known = link.table >= 0;
      const from = offset + link.offset + (known ? 0 : 4);
      if (!known) c.get(record).memory('i32.load', offset + link.offset);
      link.strides.forEach((s, j) => {
        c.get(record)
          .memory('i32.load', from + 4 * j)
          .get(state)
          .op('i32.add')
          .memory('i32.load8_u');
        scaled(s * rows.bytes);
        if (!known || j > 0) c.op('i32.add');
      });
      if (known && link.strides.length === 0) c.i32(0);
      c.set(row);
      add(row, known ? rows.address(link.table) : 0);
    }
    c.release(row);
    return;
  }
  const [at, left, others] = [c.local('i32'), c.local('i32'), c.local('i32')];
  c.get(record)
    .memory('i32.load', offset + 4)
    .set(at);
  const each = (countAt: number, inside: () => void): void => {
    c.get(record)
      .memory('i32.load', offset + countAt)
      .tee(left)
      .if(() => {
        c.loop((again) => {
          inside();
          c.get(left).i32(1).op('i32.sub').tee(left).branchIf(again);
        });
      });
  };
  const next = (bytes: number): Code => c.get(at).i32(bytes).op('i32.add').set(at);
  each(8, () => {
    c.get(at).memory('i32.load').get(state).op('i32.add').memory('i32.load8_u');
    scaled(rows.bytes).get(at).memory('i32.load', 4).op('i32.add').set(row);
    next(8);
    add(row, 0);
  });
  each(12, () => {
    c.get(at).memory('i32.load').set(row).get(at).memory('i32.load', 4).set(others);
    next(8);
    c.get(others).if(() => {
      c.loop((again) => {
        c.get(at).memory('i32.load').get(state).op('i32.add').memory('i32.load8_u');
        c.get(at).memory('i32.load', 4).op('i32.mul').get(row).op('i32.add').set(row);
        next(8);
        c.get(others).i32(1).op('i32.sub').tee(others).branchIf(again);
      });
    });
    add(row, 0);
  });
  c.release(row, at, left, others);
}
