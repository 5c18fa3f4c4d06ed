/**
 * The sweep over a group as data that generated code works through: for each block segments, for each segment
 * entries of one shape, sixteen sites or a run of many sixteens each. The shapes are few whatever the size, so
 * is the code.
 *
 * All addresses are counted from the start of the piece of memory that the program gets.
 */
import type { FieldConditional, SiteGroup } from '../site-tables.ts';
import { THRESHOLD_BYTES } from './field-draw.ts';
import { hubs, LANES, layOut, type SiteVector } from './field-layout.ts';
import { findLevels, type Levels, type Links } from './field-levels.ts';

/**
 * What an entry is, in 32-bit words; `links` plain neighbours are written out in code.
 * - bytes, equal: position, vectors, table, base, offset for each link. All steps are +1 or all −1.
 * - bytes, array: position, vectors, table, data, stride, offset for each link. Data: base, steps of each link.
 * - lanes, equal: position, vectors, weight, fields, stride, offset for each link.
 * - lanes, array: position, vectors, data, stride, offset for each link. Data: fields, weights of each link.
 * - mixed: position, mask, table (bytes) or 0, base or fields, windows, gathered; for each window offset, pattern,
 *   steps or weights; for each gathered link steps or weights, sixteen positions.
 * - single: position, links, field; for each link position, weight.
 */
export type Shape =
  | { readonly lanes: 'byte'; readonly kind: 'plus' | 'minus' | 'array'; readonly links: number }
  | { readonly lanes: 'float'; readonly kind: 'equal' | 'array'; readonly links: number }
  | { readonly lanes: 'byte' | 'float'; readonly kind: 'mixed'; readonly links: 0 }
  | { readonly lanes: 'float'; readonly kind: 'single'; readonly links: 0 };

export interface FieldProgram {
  readonly shapes: readonly Shape[];
  /** Energies of the levels; table t lies at tablesAt + THRESHOLD_BYTES·t. */
  readonly tables: readonly Float64Array[];
  /** Whether some table has more than 16 levels. */
  readonly wide: boolean;
  /** Number of shape, address of the first entry, number of entries: for each segment. */
  readonly segmentsAt: number;
  readonly segments: number;
  readonly bytes: Uint8Array;
  /** Sites by kind of lanes. */
  readonly byteSites: number;
  readonly floatSites: number;
  /** The largest |f| that any site can have; 0 if all are drawn in byte lanes. */
  readonly reach: number;
  /** Sites in vectors some of whose neighbours are gathered one by one. */
  readonly gatheredSites: number;
}

/** Where β·log₂ e lies, in four lanes. */
export const SCALE_AT = 0;
export const TABLES_AT = 64;
/** Plain links that get code of their own. */
const MAX_LINKS = 8;

/** Pieces of sixteen bytes; equal ones are kept once if asked for by `share`. */
class Pool {
  private bytes = new Uint8Array(1 << 12);
  private readonly known = new Map<string, number>();
  size: number;

  constructor(from: number) {
    this.size = from;
  }

  add(data: Uint8Array): number {
    const at = this.size;
    this.size += 16 * Math.ceil(data.length / 16);
    if (this.size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.size, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(data, at);
    return at;
  }

  share(data: Uint8Array): number {
    const key = String.fromCharCode(...data);
    let at = this.known.get(key);
    if (at === undefined) {
      at = this.add(data);
      this.known.set(key, at);
    }
    return at;
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.size);
  }
}

/** Entries of one shape in one block. */
interface Segment {
  readonly shape: Shape;
  readonly words: number[];
  count: number;
}

const identity = Uint8Array.from({ length: LANES }, (_, i) => i);

/**
 * @param links of the group's sites
 * @param bytes whether byte lanes may be used
 * @returns null if they may, but do not fit half of the sites
 */
export function fieldProgram(
  group: SiteGroup,
  { field }: FieldConditional,
  links: Links,
  bytes: boolean,
): FieldProgram | null {
  const levels = bytes ? findLevels(field, links) : null;
  if (levels) {
    let fit = 0;
    for (let p = 0; p < group.count; p++) if (levels.table[p] >= 0) fit++;
    if (2 * fit < group.count) return null;
  }
  const tables = levels?.tables ?? [];
  const poolAt = TABLES_AT + THRESHOLD_BYTES * tables.length;
  const writer = new Writer(group, field, links, levels, poolAt);
  for (let b = 0; b + 1 < group.blocks.length; b++) writer.block(group.blocks[b], group.blocks[b + 1]);
  const done = writer.finish();
  const reach = done.floatSites > 0 ? largestField(field, links) : 0;
  return { ...done, tables, reach, wide: tables.some((t) => t.length > 16) };
}

class Writer {
  private readonly pool: Pool;
  private readonly all: Segment[] = [];
  private here = new Map<string, Segment>();
  private readonly shapes = new Map<string, { readonly shape: Shape; readonly number: number }>();
  private readonly sites = { byteSites: 0, floatSites: 0, gatheredSites: 0 };

  constructor(
    private readonly group: SiteGroup,
    private readonly field: Float64Array,
    private readonly links: Links,
    private readonly levels: Levels | null,
    poolAt: number,
  ) {
    this.pool = new Pool(poolAt);
  }

  /** The sites from … to − 1 of the group, independent of each other, in any order. */
  block(from: number, to: number): void {
    this.here = new Map();
    if (to - from === 1) {
      this.single(from, 1);
      return;
    }
    let run: SiteVector[] = [];
    let key = '';
    const flush = (): void => {
      if (run.length > 0) this.run(run);
      run = [];
    };
    for (let at = from; at < to; at += LANES) {
      const v = this.layOut(at, Math.min(LANES, to - at));
      if (!v) continue;
      if (!v.plain || v.windows.length > MAX_LINKS) {
        this.mixed(v);
        continue;
      }
      const k = `${this.tableOf(v)}:${v.windows.map((w) => w.offset)}`;
      // What lies between two vectors of a run is another entry: the order within a block is free.
      if (run.length > 0 && (k !== key || run[run.length - 1].at + LANES !== at)) flush();
      key = k;
      run.push(v);
    }
    flush();
  }

  /** Up to sixteen sites as a vector, without those that are better drawn one by one; null if all are. */
  private layOut(at: number, lanes: number): SiteVector | null {
    let drawn = ((1 << lanes) - 1) & ~this.strangers(at, lanes);
    let v = layOut(this.links, this.group.from, at, drawn);
    const few = hubs(v) & drawn;
    if (few !== 0) {
      drawn &= ~few;
      v = layOut(this.links, this.group.from, at, drawn);
    }
    const apart: number[] = [];
    let left = 0;
    for (let i = 0; i < lanes; i++) {
      if ((drawn >> i) & 1) left++;
      else apart.push(at + i);
    }
    const alone = left <= 1 || (left < 4 && v.gathered.length > 0);
    for (const p of apart) this.single(p, 1);
    if (!alone) return v;
    for (let i = 0; i < lanes; i++) if ((drawn >> i) & 1) this.single(at + i, 1);
    return null;
  }

  /** Lanes without the table that most of them have, if they are few. */
  private strangers(at: number, lanes: number): number {
    if (!this.levels) return 0;
    const { table } = this.levels;
    let same = 1;
    while (same < lanes && table[at + same] === table[at]) same++;
    if (same === lanes) return 0;
    const count = new Map<number, number>();
    for (let i = 0; i < lanes; i++) count.set(table[at + i], (count.get(table[at + i]) ?? 0) + 1);
    const [[common, most]] = [...count].sort(([, a], [, b]) => b - a);
    if (common < 0 || lanes - most > 3) return 0;
    let out = 0;
    for (let i = 0; i < lanes; i++) if (table[at + i] !== common) out |= 1 << i;
    return out;
  }

  finish(): Omit<FieldProgram, 'tables' | 'wide' | 'reach'> {
    const segments: number[] = [];
    const entries: number[] = [];
    const entriesAt = this.pool.size;
    for (const { shape, words, count } of this.all) {
      segments.push(this.shapes.get(keyOf(shape))!.number, entriesAt + 4 * entries.length, count);
      for (const w of words) entries.push(w);
    }
    const at = this.pool.add(new Uint8Array(Int32Array.from(entries).buffer));
    const segmentsAt = this.pool.add(new Uint8Array(Int32Array.from(segments).buffer));
    if (at !== entriesAt) throw new Error('entries are not where they were meant to be');
    return {
      shapes: [...this.shapes.values()].map((s) => s.shape),
      segmentsAt,
      segments: this.all.length,
      bytes: this.pool.finish(),
      ...this.sites,
    };
  }

  /** The table that all sites of a vector have in common; −1 if they have none. */
  private tableOf(v: SiteVector): number {
    if (!this.levels) return -1;
    let table = -2;
    for (let i = 0; i < LANES; i++) {
      if (((v.drawn >> i) & 1) === 0) continue;
      const t = this.levels.table[v.at + i];
      if (table !== -2 && t !== table) return -1;
      table = t;
    }
    return table;
  }

  private run(run: readonly SiteVector[]): void {
    const [{ at, windows }] = run;
    const links = windows.length;
    const position = this.group.from + at;
    const offsets = windows.map((w) => w.offset);
    const table = this.tableOf(run[0]);
    if (table >= 0) {
      this.sites.byteSites += LANES * run.length;
      const base = this.levels!.base;
      const step = this.levels!.step;
      const first = links > 0 ? step[windows[0].link[0]] : 1;
      const alike = (v: SiteVector): boolean => {
        for (let i = 0; i < LANES; i++) if (base[v.at + i] !== base[at]) return false;
        for (const { link } of v.windows)
          for (let i = 0; i < LANES; i++) if (step[link[i]] !== first) return false;
        return true;
      };
      const equal = Math.abs(first) === 1 && run.every(alike);
      const tableAt = TABLES_AT + THRESHOLD_BYTES * table;
      if (equal) {
        const kind = first > 0 ? 'plus' : 'minus';
        this.entry({ lanes: 'byte', kind, links }, [position, run.length, tableAt, base[at], ...offsets]);
        return;
      }
      const data = this.rows(run.map((v) => [this.bases(v), ...v.windows.map((w) => this.steps(w.link))]));
      this.entry({ lanes: 'byte', kind: 'array', links }, [
        position,
        run.length,
        tableAt,
        ...data,
        ...offsets,
      ]);
      return;
    }
    this.sites.floatSites += LANES * run.length;
    const weight = this.links.weight;
    const first = links > 0 ? weight[windows[0].link[0]] : 0;
    if (run.every((v) => v.windows.every((w) => w.link.every((l) => weight[l] === first)))) {
      const fields = this.rows(run.map((v) => [this.fields(v)]));
      const w = this.pool.share(floats(new Array(4).fill(first)));
      this.entry({ lanes: 'float', kind: 'equal', links }, [position, run.length, w, ...fields, ...offsets]);
      return;
    }
    const data = this.rows(run.map((v) => [this.fields(v), ...v.windows.map((w) => this.weights(w.link))]));
    this.entry({ lanes: 'float', kind: 'array', links }, [position, run.length, ...data, ...offsets]);
  }

  private mixed(v: SiteVector): void {
    const table = this.tableOf(v);
    const lanes = table >= 0 ? 'byte' : 'float';
    const numbers = (link: readonly number[]): number =>
      this.pool.share(lanes === 'byte' ? this.steps(link) : this.weights(link));
    const mask = new Uint8Array(LANES);
    for (let i = 0; i < LANES; i++) {
      if (((v.drawn >> i) & 1) === 0) continue;
      mask[i] = 255;
      this.sites[`${lanes}Sites`]++;
      if (v.gathered.length > 0) this.sites.gatheredSites++;
    }
    this.entry({ lanes, kind: 'mixed', links: 0 }, [
      this.group.from + v.at,
      this.pool.share(mask),
      table >= 0 ? TABLES_AT + THRESHOLD_BYTES * table : 0,
      this.pool.share(lanes === 'byte' ? this.bases(v) : this.fields(v)),
      v.windows.length,
      v.gathered.length,
      ...v.windows.flatMap((w) => [w.offset, this.pool.share(w.pattern ?? identity), numbers(w.link)]),
      ...v.gathered.flatMap((g) => [numbers(g.link), ...g.position]),
    ]);
  }

  private single(at: number, count: number): void {
    const { start, other, weight } = this.links;
    this.sites.floatSites += count;
    for (let p = at; p < at + count; p++) {
      const words = [this.group.from + p, start[p + 1] - start[p], floatBits(this.field[p])];
      for (let l = start[p]; l < start[p + 1]; l++) words.push(other[l], floatBits(weight[l]));
      this.entry({ lanes: 'float', kind: 'single', links: 0 }, words);
    }
  }

  private entry(shape: Shape, words: readonly number[]): void {
    const key = keyOf(shape);
    let segment = this.here.get(key);
    if (!segment) {
      if (!this.shapes.has(key)) this.shapes.set(key, { shape, number: this.shapes.size });
      segment = { shape, words: [], count: 0 };
      this.here.set(key, segment);
      this.all.push(segment);
    }
    for (const w of words) segment.words.push(w);
    segment.count++;
  }

  /** The numbers of a run, vector after vector: address and distance from one to the next, 0 if all are equal. */
  private rows(rows: readonly (readonly Uint8Array[])[]): [at: number, stride: number] {
    const all = join(rows.flat());
    const stride = all.length / rows.length;
    let equal = true;
    for (let i = stride; i < all.length && equal; i++) equal = all[i] === all[i - stride];
    if (equal) return [this.pool.share(all.subarray(0, stride)), 0];
    return [this.pool.add(all), stride];
  }

  private bases(v: SiteVector): Uint8Array {
    const out = new Uint8Array(LANES);
    for (let i = 0; i < LANES; i++) if ((v.drawn >> i) & 1) out[i] = this.levels!.base[v.at + i];
    return out;
  }

  private steps(link: readonly number[]): Uint8Array {
    const out = new Uint8Array(LANES);
    for (let i = 0; i < LANES; i++) if (link[i] >= 0) out[i] = this.levels!.step[link[i]];
    return out;
  }

  private fields(v: SiteVector): Uint8Array {
    const out = new Float32Array(LANES);
    for (let i = 0; i < LANES; i++) if ((v.drawn >> i) & 1) out[i] = this.field[v.at + i];
    return new Uint8Array(out.buffer);
  }

  private weights(link: readonly number[]): Uint8Array {
    const out = new Float32Array(LANES);
    for (let i = 0; i < LANES; i++) if (link[i] >= 0) out[i] = this.links.weight[link[i]];
    return new Uint8Array(out.buffer);
  }
}

function largestField(field: Float64Array, { start, weight }: Links): number {
  let largest = 0;
  for (let p = 0; p < field.length; p++) {
    let sum = Math.abs(field[p]);
    for (let l = start[p]; l < start[p + 1]; l++) sum += Math.abs(weight[l]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

const keyOf = (s: Shape): string => `${s.lanes} ${s.kind} ${s.links}`;

const floats = (x: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(x).buffer);

const floatBits = (x: number): number => new Int32Array(Float32Array.of(x).buffer)[0];

function join(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const p of parts) size += p.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
