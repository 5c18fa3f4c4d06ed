/**
 * Sites of any neighbourhood without an exponential in the sweep: the weight of a value is the product of a weight
 * exp(−βE) looked up for each link, in single precision, and a value is drawn by the running sums of the weights.
 * Weights of a row are divided by that of its last value. So the last value always has weight 1 and needs no
 * number, and no sum is below 1. With few values four sites are visited side by side, a lane each; with more the
 * values lie in lanes.
 *
 * It takes sites whose energies are all finite, with no requirements and no scales, as long as β times the range
 * of their energies is at most 80: then no product overflows or is too small for full precision.
 *
 * Each of L weights and of the L − 1 products of them is rounded, and so are sums of k of these: a probability is
 * off by less than (2L + k + 6)·2⁻²⁴, which is 10⁻⁶ for five values and three links. It is mostly far less, because
 * roundings go either way.
 */
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { Stage } from './stage.ts';
import { runningSums } from './table-draw.ts';
import { transpose } from './table-energies.ts';
import {
  defineRun,
  lanes32,
  Numbering,
  type TableForm,
  type TableGroup,
  type Visit,
  withOrder,
} from './table-form.ts';
import { levelsOf } from './table-levels.ts';
import { emitLinks, type Layout, layoutsOf, makeWriter, type Rows } from './table-links.ts';

/** β times the range of a site's energies, at most: exp(88) is the largest number. */
const FAR = 80;
/** Links of a site, for the accuracy. */
const MAX_LINKS = 32;
/** Rows cost time when β changes: so many in all, and so many more for each site. */
const FREE_ROWS = 256;
const ROWS_PER_SITE = 0.25;
/** What is to be multiplied for a value, at most, so as to save its exponential. */
const VECTORS_PER_VALUE = 1.25;
/** Values of a site. */
const MAX_STATES = 33;
/** Up to so many vectors of weights, four sites side by side. */
const MAX_SIDE_BY_SIDE = 2;

export interface ProductForm extends TableForm {
  /** Whether it may be used at this inverse temperature. */
  readonly fits: (beta: number) => boolean;
}

/**
 * @param wanted 1 for the sites that the form may take
 * @returns null if it takes less than half of them
 */
export function makeProducts(stage: Stage, original: TableGroup, wanted: Int32Array): ProductForm | null {
  const k = original.states;
  if (k < 3 || k > MAX_STATES) return null;
  const vectors = Math.ceil((k - 1) / 4);
  const most = Math.min(MAX_LINKS, worthwhile(original, wanted, vectors));
  const found = takenSites(original, wanted, most);
  if (!found) return null;
  const { group, taken, used, reach } = found;
  const { rows, fill, base } = layWeights(stage, group, used, vectors);
  const { layouts, layoutOf } = layoutsOf(group, taken, 0);
  const { lists, write } = makeWriter(stage, group, layouts, layoutOf, rows, () => undefined);
  return {
    name: `products of ${k} weights`,
    shapes: layouts.map((layout, n) => ({
      recordBytes: layout.recordBytes,
      sweep: sweepOf(stage, layout, rows, k, sideBySide(group, layoutOf, n)),
      write,
    })),
    shapeOf: layoutOf,
    addresses: [base, lists],
    fits: (beta) => Math.abs(beta) * reach <= FAR,
    prepare: fill,
  };
}

// ── Which sites ─────────────────────────────────────────────────────────────

/**
 * Up to how many links products are the faster: the energies of many values may lie in a single vector, and of many
 * links their sums are then worth the exponentials.
 * @param vectors multiplied for each link
 */
function worthwhile(group: TableGroup, wanted: Int32Array, vectors: number): number {
  const { conditional: t, states: k, count } = group;
  const links = (added: number): number =>
    vectors > added ? Math.floor((VECTORS_PER_VALUE * k) / (vectors - added)) : Infinity;
  // Energies are laid out only where it matters.
  let largest = 0;
  for (let p = 0; p < count; p++) if (wanted[p]) largest = Math.max(largest, t.start[p + 1] - t.start[p]);
  if (largest <= links(1)) return largest;
  const { width, planes } = levelsOf(group, wanted);
  return links(planes * Math.ceil((k * (group.scaled.includes(1) ? 4 : width)) / 16));
}

interface Taken {
  /** As before, but energies of the sites themselves have become tables of one row. */
  readonly group: TableGroup;
  readonly taken: Int32Array;
  /** By table, whether a site taken may have it. */
  readonly used: readonly boolean[];
  /** The largest range of the energies of a site. */
  readonly reach: number;
}

/** @param most links of a site */
function takenSites(group: TableGroup, wanted: Int32Array, most: number): Taken | null {
  const { conditional: t, states: k, count, scaled } = group;
  const ranges = t.tables.map(({ energy, broken }, n) => {
    if (broken || scaled[n]) return Infinity;
    let range = 0;
    for (let at = 0; at < energy.length; at += k) range = Math.max(range, rangeOf(energy, at, k));
    return range;
  });
  const used = ranges.map((range) => range <= FAR);
  let rows = t.tables.reduce((n, { energy }, i) => n + (used[i] ? energy.length / k : 0), 0);
  const room = FREE_ROWS + ROWS_PER_SITE * count;
  if (t.ownBroken || rows > room) return null;
  const kinds = new Numbering<string>();
  const sample: number[] = [];
  const kindOf = new Int32Array(count);
  const taken = new Int32Array(count);
  let [reach, some, all] = [0, 0, 0];
  for (let p = 0; p < count; p++) {
    if (!wanted[p]) continue;
    all++;
    let range = t.own ? rangeOf(t.own, p * k, k) : 0;
    for (let l = t.start[p]; l < t.start[p + 1]; l++) range += ranges[t.table[l]];
    if (t.start[p + 1] - t.start[p] > most || !(range <= FAR)) continue;
    if (t.own) {
      kindOf[p] = kinds.of(t.own.subarray(p * k, (p + 1) * k).join());
      if (kindOf[p] === sample.length) {
        sample.push(p);
        if (++rows > room) return null;
      }
    }
    reach = Math.max(reach, range);
    taken[p] = 1;
    some++;
  }
  // Not for a few sites of many: each form and layout costs time at every block.
  if (some === 0 || 2 * some < all) return null;
  const plain = { ...group, scaled: new Uint8Array(t.tables.length) };
  if (!t.own) return { group: plain, taken, used, reach };
  for (let i = 0; i < sample.length; i++) used.push(true);
  return { group: withOwnTables(plain, t.own, taken, kindOf, sample), taken, used, reach };
}

/** The largest finite difference; +∞ if an energy is +∞. */
function rangeOf(energy: Float64Array, from: number, k: number): number {
  let [low, high] = [Infinity, -Infinity];
  for (let v = from; v < from + k; v++) [low, high] = [Math.min(low, energy[v]), Math.max(high, energy[v])];
  return high === Infinity ? Infinity : high - low;
}

/** One more link for each site taken, to a table without other sites. */
function withOwnTables(
  group: TableGroup,
  own: Float64Array,
  taken: Int32Array,
  kindOf: Int32Array,
  sample: readonly number[],
): TableGroup {
  const { conditional: t, states: k, count } = group;
  const start = new Int32Array(count + 1);
  const [table, first]: number[][] = [[], []];
  for (let p = 0; p < count; p++) {
    if (taken[p]) {
      table.push(t.tables.length + kindOf[p]);
      first.push(0);
      for (let l = t.start[p]; l < t.start[p + 1]; l++) {
        table.push(t.table[l]);
        first.push(t.first[l]);
      }
    }
    start[p + 1] = table.length;
  }
  const tables = sample.map((p) => ({
    strides: [],
    dims: [],
    energy: own.slice(p * k, (p + 1) * k),
    broken: null,
  }));
  return withOrder(group, {
    ...t,
    own: null,
    scale: null,
    start,
    table: Int32Array.from(table),
    first: Int32Array.from(first),
    tables: [...t.tables, ...tables],
  });
}

/** Whether the sites of a layout lie side by side in each block, so that the values of four are stored at once. */
function sideBySide({ blocks }: TableGroup, layoutOf: Int32Array, layout: number): boolean {
  for (let b = 0; b + 1 < blocks.length; b++) {
    let last = -1;
    for (let p = blocks[b]; p < blocks[b + 1]; p++) {
      if (layoutOf[p] !== layout) continue;
      if (last >= 0 && last !== p - 1) return false;
      last = p;
    }
  }
  return true;
}

// ── Weights ─────────────────────────────────────────────────────────────────

/** Rows of weights in memory, and what fills them. */
function layWeights(
  { heap }: Stage,
  { conditional: t, states: k }: TableGroup,
  used: readonly boolean[],
  vectors: number,
): { readonly rows: Rows; readonly fill: (beta: number) => void; readonly base: number } {
  const width = 4 * vectors;
  let total = 0;
  const from = t.tables.map(({ energy }, n) => {
    const at = total;
    if (used[n]) total += energy.length / k;
    return at;
  });
  // Exponentials are taken once for each difference that occurs: β may change at every sweep.
  const distinct = new Numbering<number>();
  const number = new Uint32Array(total * (k - 1));
  let n = 0;
  t.tables.forEach(({ energy }, table) => {
    for (let at = 0; used[table] && at < energy.length; at += k)
      for (let v = 0; v < k - 1; v++) number[n++] = distinct.of(energy[at + v] - energy[at + k - 1]);
  });
  const base = heap.allocate(4 * width * total);
  return {
    rows: { address: (table) => base + 4 * width * from[table], bytes: 4 * width, scaledBytes: 0, unit: 1 },
    base,
    fill(beta) {
      const weights = Float64Array.from(distinct.keys, (e) => Math.exp(-beta * e));
      const out = heap.f32(base, width * total);
      for (let r = 0, i = 0; r < total; r++)
        for (let v = 0; v < k - 1; v++) out[r * width + v] = weights[number[i++]];
    },
  };
}

// ── The loop ────────────────────────────────────────────────────────────────

function sweepOf(stage: Stage, layout: Layout, rows: Rows, k: number, adjacent: boolean): Callable {
  const { recordBytes } = layout;
  const vectors = rows.bytes / 16;
  const productsOf = (visit: Visit, offset: number, into: readonly Local[]): void => {
    const { c } = visit;
    // Products begin at 1 unless the first link sets them.
    let begun = !layout.links?.length;
    if (begun) into.forEach((x, i) => void c.v128(ones(k - 1 - 4 * i)).set(x));
    emitLinks(visit, layout, rows, offset, (row, first) => {
      into.forEach((x, i) => {
        c.get(row).memory('v128.load', first + 16 * i);
        if (begun) c.get(x).op('f32x4.mul');
        c.set(x);
      });
      begun = true;
    });
  };
  const four = (visit: Visit, made: readonly Local[]): void => {
    const { c, words, record, state } = visit;
    for (let lane = 0; lane < 4; lane++)
      productsOf(visit, lane * recordBytes, made.slice(lane * vectors, (lane + 1) * vectors));
    const sums = Array.from({ length: vectors }, (_, i) => {
      const quad = [0, 1, 2, 3].map((lane) => made[lane * vectors + i]);
      transpose(c, quad, Math.min(4, k - 1 - 4 * i));
      return quad.slice(0, k - 1 - 4 * i);
    }).flat();
    sums.forEach((x, v) => {
      if (v > 0)
        c.get(x)
          .get(sums[v - 1])
          .op('f32x4.add')
          .set(x);
    });
    emitTarget(visit, sums[sums.length - 1]);
    c.set(words).splat('i32x4', 0);
    for (const x of sums) c.get(x).get(words).op('f32x4.le', 'i32x4.sub');
    c.set(words);
    const self = (lane: number): Code =>
      c
        .get(record)
        .memory('i32.load', lane * recordBytes)
        .get(state)
        .op('i32.add');
    if (adjacent) {
      self(0).get(words).get(words).op('i16x8.narrow_i32x4_s').get(words).op('i8x16.narrow_i16x8_s');
      c.lane('i32x4.extract_lane', 0).memory('i32.store');
      return;
    }
    for (let lane = 0; lane < 4; lane++)
      self(lane).get(words).lane('i32x4.extract_lane', lane).memory('i32.store8');
  };
  const one = (visit: Visit, made: readonly Local[]): void => {
    const { c, words, record, state } = visit;
    const mine = made.slice(0, vectors);
    productsOf(visit, 0, mine);
    mine.forEach((x, i) => {
      c.get(x);
      runningSums(c, 'f32x4.add');
      if (i > 0) emitLast(c, mine[i - 1]).op('f32x4.add');
      c.set(x);
    });
    c.get(words)
      .get(words)
      .shuffle(lanes32(0, 0, 0, 0))
      .set(words);
    const total = c.local('v128');
    emitLast(c, mine[vectors - 1]).set(total);
    emitTarget(visit, total);
    c.set(words);
    c.release(total);
    c.get(record).memory('i32.load').get(state).op('i32.add');
    mine.forEach((x, i) => {
      c.get(x).get(words).op('f32x4.le', 'i32x4.bitmask');
      // Lanes of no value.
      if (k - 1 < 4 * i + 4) c.i32(2 ** (k - 1 - 4 * i) - 1).op('i32.and');
      c.op('i32.popcnt');
      if (i > 0) c.op('i32.add');
    });
    c.memory('i32.store8');
  };
  const side = vectors <= MAX_SIDE_BY_SIDE;
  const before = (c: Code): Local[] =>
    Array.from({ length: (side ? 4 : 1) * vectors }, () => c.local('v128'));
  return defineRun(stage, recordBytes, before, side ? four : null, one);
}

/** The number 1 in so many lanes: there are no weights in others, which are summed too where values lie in lanes. */
const ones = (lanes: number): number[] =>
  [0, 1, 2, 3].flatMap((l) => (l < lanes ? [0, 0, 0x80, 0x3f] : [0, 0, 0, 0]));

/** Pushes the last lane, in all lanes. */
const emitLast = (c: Code, x: Local): Code =>
  c
    .get(x)
    .get(x)
    .shuffle(lanes32(3, 3, 3, 3));

/** Pushes a random share of the sum of all weights, in lanes; `sum` is that of all but the last. */
function emitTarget({ c, words }: Visit, sum: Local): void {
  c.get(words).i32(1).op('i32x4.shr_u', 'f32x4.convert_i32x4_s');
  c.splat('f32x4', 2 ** -31)
    .op('f32x4.mul')
    .get(sum)
    .splat('f32x4', 1)
    .op('f32x4.add', 'f32x4.mul');
}
