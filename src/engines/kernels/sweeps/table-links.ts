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
  /** Whether it has a scale: in the record after the table's rows, if these stand there, in double precision. */
  readonly scaled: boolean;
  readonly offset: number;
}

/** Where the scale and the positions of a link stand. */
const scaleAt = (link: Link): number => link.offset + (link.table < 0 ? 4 : 0);
const othersAt = (link: Link): number => scaleAt(link) + (link.scaled ? 8 : 0);

export interface Layout {
  /** null: a list. */
  readonly links: readonly Link[] | null;
  /** Whether some links may have scales. */
  readonly scaled: boolean;
  readonly recordBytes: number;
  /** Where the own energies stand in the record; −1: there are none. */
  readonly own: number;
}

/** Where the rows of each table begin, and the bytes of a row of a table with scales and of any other. */
export interface Rows {
  readonly address: (table: number) => number;
  readonly bytes: number;
  readonly scaledBytes: number;
  /** What scales are multiplied by in records. */
  readonly unit: number;
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
    if (n === listed) {
      const scaled = group.scaled.includes(1);
      const head = scaled ? 24 : 16;
      return { links: null, scaled, own: ownBytes > 0 ? head : -1, recordBytes: head + ownBytes };
    }
    let offset = 4;
    const links = Array.from(sortedLinks(group, sample[n]), (l, j): Link => {
      const { strides } = t.tables[t.table[l]];
      const link = { table: tables[j], strides, scaled: group.scaled[t.table[l]] === 1, offset };
      offset = othersAt(link) + 4 * strides.length;
      return link;
    });
    const scaled = links.some((link) => link.scaled);
    return { links, scaled, own: ownBytes > 0 ? offset : -1, recordBytes: offset + ownBytes };
  });
  return { layouts, layoutOf };
}

/** Whether the links of two sites have the same numbers of others, with the same strides, and scales or none. */
function sameLayout({ conditional: t, scaled, order }: TableGroup, p: number, q: number): boolean {
  const n = t.start[p + 1] - t.start[p];
  if (t.start[q + 1] - t.start[q] !== n) return false;
  for (let i = 0; i < n; i++) {
    const [m, n] = [t.table[order[t.start[p] + i]], t.table[order[t.start[q] + i]]];
    if (m === n) continue;
    const [a, b] = [t.tables[m].strides, t.tables[n].strides];
    if (scaled[m] !== scaled[n]) return false;
    if (a !== b && (a.length !== b.length || a.some((s, j) => s !== b[j]))) return false;
  }
  return true;
}

/** What sites with the same layout have in common; null if a list is better. */
function keyOf(group: TableGroup, p: number): string | null {
  const { tables, table } = group.conditional;
  let key = '';
  let others = 0;
  for (const l of sortedLinks(group, p)) {
    const { strides } = tables[table[l]];
    others += strides.length;
    if (others > MAX_OTHERS) return null;
    key += `${group.scaled[table[l]] ? '×' : ''}(${strides})`;
  }
  return key;
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
  const scaleOf = (l: number): number => rows.unit * (t.scale ? t.scale[l] : 1);
  const words: number[] = [];
  /** By site: where its list begins, and how many links of each sort there are. */
  const listOf = new Map<number, { readonly at: number; readonly counts: readonly number[] }>();
  for (let p = 0; p < count; p++) {
    if (layoutOf[p] < 0 || layouts[layoutOf[p]].links) continue;
    const links = [...sortedLinks(group, p)];
    const strides = (l: number): readonly number[] => t.tables[t.table[l]].strides;
    // A link without others is the first row of its table.
    const at = words.length;
    const counts: number[] = [];
    for (const scaled of layouts[layoutOf[p]].scaled ? [0, 1] : [0]) {
      const bytes = scaled ? rows.scaledBytes : rows.bytes;
      const some = links.filter((l) => group.scaled[t.table[l]] === scaled);
      const single = some.filter((l) => strides(l).length === 1);
      const multiple = some.filter((l) => strides(l).length !== 1);
      counts.push(single.length, multiple.length);
      for (const l of single) {
        words.push(t.others[t.first[l]], rows.address(t.table[l]));
        if (scaled) words.push(...wordsOf(scaleOf(l)));
      }
      for (const l of multiple) {
        words.push(rows.address(t.table[l]), strides(l).length);
        if (scaled) words.push(...wordsOf(scaleOf(l)));
        for (const [j, s] of strides(l).entries()) words.push(t.others[t.first[l] + j], s * bytes);
      }
    }
    listOf.set(p, { at, counts });
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
        list.counts.forEach((n, i) => void put(8 + 4 * i, n));
        return;
      }
      const from = t.start[p];
      for (let i = 0; i < layout.links.length; i++) {
        const link = layout.links[i];
        const { strides } = link;
        const l = group.order[from + i];
        if (link.table < 0) put(link.offset, rows.address(t.table[l]));
        if (link.scaled) view.setFloat64(address + scaleAt(link), scaleOf(l), true);
        const at = othersAt(link);
        for (let j = 0; j < strides.length; j++) put(at + 4 * j, t.others[t.first[l] + j]);
      }
    },
  };
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** A number in double precision as two words. */
function wordsOf(x: number): readonly [number, number] {
  double[0] = x;
  return [halves[0], halves[1]];
}

/**
 * Writes code that calls for each link of the site at `offset` from the record: `add` finds the row `first` bytes
 * after the address in the variable, and what it is to be multiplied by (f64x2, twice), if anything.
 */
export function emitLinks(
  visit: Visit,
  layout: Layout,
  rows: Rows,
  offset: number,
  add: (row: Local, first: number, scale: Local | null) => void,
): void {
  const { c, record, state } = visit;
  const row = c.local('i32');
  const scale = layout.scaled ? c.local('v128') : null;
  const bytesOf = (has: boolean): number => (has ? rows.scaledBytes : rows.bytes);
  const scaled = (by: number): Code => c.i32(by).op('i32.mul');
  if (layout.links) {
    for (const link of layout.links) {
      const known = link.table >= 0;
      const from = offset + othersAt(link);
      if (link.scaled && scale)
        c.get(record)
          .memory('v128.load64_splat', offset + scaleAt(link))
          .set(scale);
      if (!known) c.get(record).memory('i32.load', offset + link.offset);
      link.strides.forEach((s, j) => {
        c.get(record)
          .memory('i32.load', from + 4 * j)
          .get(state)
          .op('i32.add')
          .memory('i32.load8_u');
        scaled(s * bytesOf(link.scaled));
        if (!known || j > 0) c.op('i32.add');
      });
      if (known && link.strides.length === 0) c.i32(0);
      c.set(row);
      add(row, known ? rows.address(link.table) : 0, link.scaled ? scale : null);
    }
    c.release(row);
    if (scale) c.release(scale);
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
  const readScale = (by: Local | null): void => {
    if (by) c.get(at).memory('v128.load64_splat', 8).set(by);
    next(by ? 16 : 8);
  };
  const walk = (counts: number, by: Local | null): void => {
    each(counts, () => {
      c.get(at).memory('i32.load').get(state).op('i32.add').memory('i32.load8_u');
      scaled(bytesOf(by !== null))
        .get(at)
        .memory('i32.load', 4)
        .op('i32.add')
        .set(row);
      readScale(by);
      add(row, 0, by);
    });
    each(counts + 4, () => {
      c.get(at).memory('i32.load').set(row).get(at).memory('i32.load', 4).set(others);
      readScale(by);
      c.get(others).if(() => {
        c.loop((again) => {
          c.get(at).memory('i32.load').get(state).op('i32.add').memory('i32.load8_u');
          c.get(at).memory('i32.load', 4).op('i32.mul').get(row).op('i32.add').set(row);
          next(8);
          c.get(others).i32(1).op('i32.sub').tee(others).branchIf(again);
        });
      });
      add(row, 0, by);
    });
  };
  walk(8, null);
  if (scale) walk(16, scale);
  c.release(row, at, left, others);
  if (scale) c.release(scale);
}
