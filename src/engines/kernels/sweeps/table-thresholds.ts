/**
 * Sites whose neighbourhood has few states: for each of these, the cumulative conditional probabilities of the
 * site's values as 31-bit thresholds. A draw is the number of thresholds that a random word passes; no
 * exponential is left in the sweep. With more than 17 values the thresholds are searched in two steps of 16.
 *
 * A probability is off by at most 2⁻³¹; what has probability 0 is never drawn.
 */
import type { SiteTable, TableConditional } from '../site-tables.ts';
import type { Local } from '../wasm/code.ts';
import type { Stage } from './stage.ts';
import {
  defineRun,
  emitCode,
  lanes32,
  Numbering,
  type Shape,
  sameTables,
  sortedLinks,
  type TableForm,
  type TableGroup,
  type Visit,
} from './table-form.ts';

/** States of a neighbourhood, at most. */
const MAX_ROWS = 16384;
/** All tables of a group together. */
const MAX_TOTAL_ROWS = 32768;
const MAX_BYTES = 2 ** 21;
/** Tables cost time when β changes: so many rows of a kind for each site of it, and so many more in all. */
const ROWS_PER_SITE = 4;
const FREE_ROWS = 1024;
const MAX_KINDS = 1024;
/** Each is a function. */
const MAX_SHAPES = 16;

/** Sites with the same tables in the same order and the same energies of their own. */
interface Kind {
  /** A site of it. */
  readonly site: number;
  readonly rows: number;
  /** Numbers of states of the others, link by link. */
  readonly radices: readonly number[];
  readonly shape: number;
  /** Where its rows begin. */
  from: number;
}

/** @returns null if less than half of the sites have few enough states around them */
export function makeThresholds(stage: Stage, group: TableGroup): TableForm | null {
  const { conditional: t, states: k } = group;
  const kindOf = kindNumbers(group);
  if (!kindOf) return null;
  const members = new Int32Array(kindOf.kinds.length);
  for (const kind of kindOf.of) if (kind >= 0) members[kind]++;
  const row = rowLayout(k);
  const shapeKeys = new Numbering<string>();
  const shapeRadices: (readonly number[])[] = [];
  let total = 0;
  let free = FREE_ROWS;
  let sites = 0;
  const kinds = kindOf.kinds.map((site, i): Kind | null => {
    const radices = [...sortedLinks(group, site)].flatMap((l) => t.tables[t.table[l]].dims);
    const rows = radices.reduce((a, d) => a * d, 1);
    const more = Math.max(0, rows - ROWS_PER_SITE * members[i]);
    if (rows > MAX_ROWS || more > free) return null;
    if (total + rows > MAX_TOTAL_ROWS || (total + rows) * row.bytes > MAX_BYTES) return null;
    if (shapeKeys.keys.length === MAX_SHAPES && shapeKeys.find(`${radices}`) < 0) return null;
    const shape = shapeKeys.of(`${radices}`);
    shapeRadices[shape] = radices;
    const from = total;
    total += rows;
    free -= more;
    sites += members[i];
    return { site, rows, radices, shape, from };
  });
  // Not for a few sites of many: each form and shape costs time at every block.
  if (2 * sites < group.count) return null;

  const { energy, lost } = jointEnergies(group, kinds, total);
  // Exponentials are taken once for each energy that occurs: β may change at every sweep.
  const distinct = new Numbering<number>();
  const energyOf = Uint32Array.from(energy, (e) => distinct.of(e));
  const flagged = lost.includes(1);
  const rowBytes = row.bytes + (flagged ? (k === 2 ? 4 : 16) : 0);
  const base = stage.heap.allocate(total * rowBytes);
  const shapeOf = kindOf.of.map((kind) => kinds[kind]?.shape ?? -1);
  const shapes = shapeRadices.map((radices, number): Shape => {
    const of = kinds.filter((kind) => kind?.shape === number);
    return makeShape(stage, group, {
      radices,
      rowBytes,
      row,
      lost: of.some((kind) => lost.subarray(kind!.from, kind!.from + kind!.rows).includes(1)),
      constant: of.length === 1 ? base + of[0]!.from * rowBytes : null,
      baseOf: (p) => base + kinds[kindOf.of[p]]!.from * rowBytes,
    });
  });
  return {
    name: `table of ${total} rows`,
    shapes,
    shapeOf,
    addresses: [base],
    prepare(beta) {
      const words = stage.heap.i32(base, (total * rowBytes) / 4);
      const weights = Float64Array.from(distinct.keys, (e) => (e === Infinity ? 0 : Math.exp(-beta * e)));
      const sums = new Float64Array(k);
      for (let r = 0; r < total; r++) {
        let sum = 0;
        for (let v = 0; v < k; v++) {
          sum += weights[energyOf[r * k + v]];
          sums[v] = sum;
        }
        fillRow(sums, words, (r * rowBytes) / 4, row.groups);
        if (flagged) words[(r * rowBytes + row.bytes) / 4] = lost[r];
      }
    },
  };
}

// ── Tables ──────────────────────────────────────────────────────────────────

interface RowLayout {
  readonly bytes: number;
  /** Groups of sixteen thresholds after a head of their last ones; 0: the thresholds one after another. */
  readonly groups: number;
}

function rowLayout(k: number): RowLayout {
  if (k <= 2) return { bytes: 4, groups: 0 };
  if (k <= 17) return { bytes: 16 * Math.ceil((k - 1) / 4), groups: 0 };
  const groups = Math.ceil((k - 1) / 16);
  return { bytes: 64 * (groups + 1), groups };
}

/** The kind of each site (−1: none), and a site of each; null if less than half of the sites have one. */
function kindNumbers(group: TableGroup): { of: Int32Array; kinds: number[] } | null {
  const { conditional: t, count } = group;
  const kinds: number[] = [];
  const of = new Int32Array(count);
  const own = new Numbering<string>();
  const tables = new Numbering<string>();
  let rowsSeen = 0;
  const kindOf = (p: number): number => {
    let rows = 1;
    for (let l = t.start[p]; l < t.start[p + 1]; l++) {
      if (group.scaled[t.table[l]]) return -1;
      for (const d of t.tables[t.table[l]].dims) if (rows <= MAX_ROWS) rows *= d;
    }
    if (rows > MAX_ROWS) return -1;
    const full = kinds.length >= MAX_KINDS || rowsSeen > MAX_TOTAL_ROWS;
    const values = ownKey(t, group.states, p);
    const known = Array.from(sortedLinks(group, p), (l) => t.table[l]);
    const key = `${known}|${full ? own.find(values) : own.of(values)}`;
    if (tables.find(key) < 0) {
      if (full) return -1;
      rowsSeen += rows;
      kinds.push(p);
    }
    return tables.of(key);
  };
  let without = 0;
  for (let p = 0; p < count; p++) {
    const again = p > 0 && sameTables(group, p - 1, p) && sameOwn(t, group.states, p - 1, p);
    of[p] = again ? of[p - 1] : kindOf(p);
    if (of[p] < 0) without++;
    if (2 * without > count) return null;
  }
  return { of, kinds };
}

function sameOwn(t: TableConditional, k: number, p: number, q: number): boolean {
  if (!t.own && !t.ownBroken) return true;
  for (let v = 0; v < k; v++) {
    if (t.own && t.own[p * k + v] !== t.own[q * k + v]) return false;
    if (t.ownBroken && t.ownBroken[p * k + v] !== t.ownBroken[q * k + v]) return false;
  }
  return true;
}

function ownKey(t: TableConditional, k: number, p: number): string {
  const part = (a: Float64Array | null): string => (a ? a.subarray(p * k, (p + 1) * k).join() : '');
  return `${part(t.own)};${part(t.ownBroken)}`;
}

/**
 * The energies of each row less the least, +∞ for values that are no candidates, rows × k. In a row in which all
 * candidates have energy +∞ these have 0, and the row is lost.
 */
function jointEnergies(
  group: TableGroup,
  kinds: readonly (Kind | null)[],
  total: number,
): { energy: Float64Array; lost: Uint8Array } {
  const { conditional: t, states: k } = group;
  const energy = new Float64Array(total * k);
  const lost = new Uint8Array(total);
  const broken = new Float64Array(k);
  for (const kind of kinds) {
    if (!kind) continue;
    const { site } = kind;
    const tables = Array.from(sortedLinks(group, site), (l) => t.tables[t.table[l]]);
    const codes = new Int32Array(kind.radices.length);
    for (let r = 0; r < kind.rows; r++) {
      for (let j = codes.length - 1, rest = r; j >= 0; j--) {
        codes[j] = rest % kind.radices[j];
        rest = Math.floor(rest / kind.radices[j]);
      }
      const e = energy.subarray((kind.from + r) * k, (kind.from + r + 1) * k);
      for (let v = 0; v < k; v++) {
        e[v] = t.own ? t.own[site * k + v] : 0;
        broken[v] = t.ownBroken ? t.ownBroken[site * k + v] : 0;
      }
      addTables(tables, codes, k, e, broken);
      if (settle(e, broken)) lost[kind.from + r] = 1;
    }
  }
  return { energy, lost };
}

function addTables(
  tables: readonly SiteTable[],
  codes: Int32Array,
  k: number,
  energy: Float64Array,
  broken: Float64Array,
): void {
  let j = 0;
  for (const table of tables) {
    let row = 0;
    for (const s of table.strides) row += s * codes[j++];
    for (let v = 0; v < k; v++) {
      energy[v] += table.energy[row * k + v];
      if (table.broken) broken[v] += table.broken[row * k + v];
    }
  }
}

/** Leaves candidates only, the least at 0; whether all of them had energy +∞ (they get 0). */
function settle(energy: Float64Array, broken: Float64Array): boolean {
  const fewest = broken.reduce((a, b) => Math.min(a, b), Infinity);
  let least = Infinity;
  for (let v = 0; v < energy.length; v++) if (broken[v] <= fewest) least = Math.min(least, energy[v]);
  const lost = least === Infinity;
  for (let v = 0; v < energy.length; v++) {
    if (broken[v] > fewest) energy[v] = Infinity;
    else energy[v] = lost ? 0 : energy[v] - least;
  }
  return lost;
}

/**
 * Thresholds of one row: value v is drawn by the words of 31 bits above threshold v − 1 and not above threshold v.
 * @param sums of the weights up to each value
 */
function fillRow(sums: Float64Array, words: Int32Array, at: number, groups: number): void {
  const k = sums.length;
  const scale = 2 ** 31 / sums[k - 1];
  const put = (to: number, j: number): void => {
    words[to] = j < k - 1 ? Math.round(sums[j] * scale) - 1 : 0x7fffffff;
  };
  if (groups === 0) {
    const length = k <= 2 ? 1 : 4 * Math.ceil((k - 1) / 4);
    for (let j = 0; j < length; j++) put(at + j, j);
    return;
  }
  // What passes the last of a group goes to the next one, if there is one.
  for (let g = 0; g < 16; g++) put(at + g, g < groups - 1 ? 16 * g + 15 : k);
  for (let j = 0; j < 16 * groups; j++) put(at + 16 + j, j);
}

// ── The loop ────────────────────────────────────────────────────────────────

interface ShapePlan {
  readonly radices: readonly number[];
  readonly row: RowLayout;
  readonly rowBytes: number;
  /** Whether rows are marked in which nothing has finite energy. */
  readonly lost: boolean;
  /** Where the rows begin, if at the same address for all sites. */
  readonly constant: number | null;
  readonly baseOf: (p: number) => number;
}

/** Records: own position, first row if it varies, positions of the others; in 16 bits where all fit. */
function makeShape(stage: Stage, group: TableGroup, plan: ShapePlan): Shape {
  const { conditional: t, states: k } = group;
  const wide = stage.tables.size > 65536 || plan.constant === null;
  const unit = wide ? 4 : 2;
  const head = plan.constant === null ? 2 : 1;
  const recordBytes = unit * (head + plan.radices.length);
  const put = (view: DataView, at: number, x: number): void =>
    wide ? view.setUint32(at, x, true) : view.setUint16(at, x, true);

  /** Pushes the address of the row of the site at `offset`, less the constant. */
  const rowOf = (visit: Visit, offset: number): void => {
    const { c, record } = visit;
    plan.radices.forEach((d, j) => {
      if (j > 0) c.i32(d).op('i32.mul');
      emitCode(visit, offset + unit * (head + j), wide);
      if (j > 0) c.op('i32.add');
    });
    if (plan.radices.length === 0) c.i32(0);
    c.i32(plan.rowBytes).op('i32.mul');
    if (plan.constant === null)
      c.get(record)
        .memory('i32.load', offset + unit)
        .op('i32.add');
  };
  const site = (visit: Visit, lane: number, row: Local, count: Local): void => {
    const { c, record, state, fault, words } = visit;
    const offset = lane * recordBytes;
    const first = plan.constant ?? 0;
    const self = (): void => void c.get(record).memory(wide ? 'i32.load' : 'i32.load16_u', offset);
    self();
    c.get(state).op('i32.add');
    rowOf(visit, offset);
    c.set(row);
    if (k === 1) c.i32(0);
    else if (k === 2) {
      c.get(words).lane('i32x4.extract_lane', lane).get(row).memory('i32.load', first).op('i32.gt_s');
    } else {
      const word = c.local('v128');
      c.get(words)
        .get(words)
        .shuffle(lanes32(lane, lane, lane, lane))
        .set(word);
      if (plan.row.groups === 0) countAbove(visit, word, row, first, Math.ceil((k - 1) / 4));
      else {
        countAbove(visit, word, row, first, 4);
        c.i32(64).op('i32.mul').tee(count).get(row).op('i32.add').set(row);
        countAbove(visit, word, row, first + 64, 4);
        c.get(count).i32(2).op('i32.shr_u', 'i32.add');
        // Back to the first group, for the mark.
        if (plan.lost) c.get(row).get(count).op('i32.sub').set(row);
      }
      c.release(word);
    }
    c.memory('i32.store8');
    if (!plan.lost) return;
    self();
    c.get(fault)
      .get(row)
      .memory('i32.load', first + plan.row.bytes)
      .op('select')
      .set(fault);
  };
  const sites =
    (n: number) =>
    (visit: Visit, made: readonly [Local, Local]): void => {
      const { c, words } = visit;
      c.get(words).i32(1).op('i32x4.shr_u').set(words);
      for (let lane = 0; lane < n; lane++) site(visit, lane, ...made);
    };
  return {
    recordBytes,
    sweep: defineRun(
      stage,
      recordBytes,
      (c) => [c.local('i32'), c.local('i32')] as const,
      sites(4),
      sites(1),
    ),
    write(view, address, p) {
      put(view, address, group.from + p);
      if (plan.constant === null) put(view, address + unit, plan.baseOf(p));
      let at = address + unit * head;
      for (let i = t.start[p]; i < t.start[p + 1]; i++) {
        const l = group.order[i];
        const to = t.first[l] + t.tables[t.table[l]].strides.length;
        for (let j = t.first[l]; j < to; j++, at += unit) put(view, at, t.others[j]);
      }
    },
  };
}

/** Pushes how many of 4·vectors thresholds (at most 16) lie below the word. */
function countAbove({ c }: Visit, word: Local, row: Local, first: number, vectors: number): void {
  const above = (v: number): void =>
    void c
      .get(word)
      .get(row)
      .memory('v128.load', first + 16 * v)
      .op('i32x4.gt_s');
  above(0);
  if (vectors === 1) {
    c.op('i32x4.bitmask', 'i32.popcnt');
    return;
  }
  above(1);
  c.op('i16x8.narrow_i32x4_s');
  if (vectors === 2) c.get(word).op('i8x16.narrow_i16x8_s');
  else {
    above(2);
    if (vectors === 3) c.get(word).op('i16x8.narrow_i32x4_s');
    else {
      above(3);
      c.op('i16x8.narrow_i32x4_s');
    }
    c.op('i8x16.narrow_i16x8_s');
  }
  c.op('i8x16.bitmask');
  c.i32(2 ** (4 * vectors) - 1).op('i32.and', 'i32.popcnt');
}
