/** Tables of the sites of one unknown, equal ones and multiples of one another once. */
import type { SiteTable } from '../engines/kernels/site-tables.ts';

/** A multiple of a table of the pool. */
export interface Multiple {
  /** The table's number. */
  readonly table: number;
  /** 1 for a table with requirements or energies of +∞. */
  readonly scale: number;
}

export interface TablePool {
  /** What rows of energies, `states` each, say of a site: nothing, the same whatever the others are, or more. */
  says(values: Float64Array): 'nothing' | 'own' | 'more';
  /** A place to make a table in; the next call gives the same. */
  scratch(length: number): Float64Array;
  /** The table as a multiple of one in the pool, where a copy is kept if it is the first. No energies: they are 0. */
  add(dims: readonly number[], energy: Float64Array | null, broken: Float64Array | null): Multiple;
  /** The sum of multiples of two tables of the same dims. */
  sum(x: Multiple, y: Multiple): Multiple;
  /** Numbers in all tables. */
  numbers(): number;
  /** The tables that occur, and by the number in the pool the number among these. */
  used(ids: Int32Array): { readonly tables: readonly SiteTable[]; readonly numberOf: Int32Array };
}

/** Relative difference of energies that are taken as equal when a table is written as a multiple of another. */
const SAME = 1e-12;

export function makeTablePool(states: number): TablePool {
  const tables: SiteTable[] = [];
  /** Where the energy of largest magnitude stands; −1 for a table that is not multiplied. */
  const peaks: number[] = [];
  const byHash = new Map<number, number[]>();
  const sums = new Map<string, Multiple>();
  let numbers = 0;

  let room = new Float64Array(states);

  /** The scale by which the table is a multiple of the known one; 0 if it is none. */
  function ratioOf(
    id: number,
    peak: number,
    energy: Float64Array | null,
    broken: Float64Array | null,
  ): number {
    const known = tables[id];
    if (peaks[id] !== peak) return 0;
    if (peak < 0 || energy === null)
      return agree(known.energy, energy) && agree(known.broken, broken) ? 1 : 0;
    const ratio = energy[peak] / known.energy[peak];
    if (!Number.isFinite(ratio) || ratio === 0) return 0;
    for (let i = 0; i < energy.length; i++) {
      const e = energy[i];
      if (!(Math.abs(e - ratio * known.energy[i]) <= SAME * Math.abs(e))) return 0;
    }
    return ratio;
  }

  function add(dims: readonly number[], energy: Float64Array | null, broken: Float64Array | null): Multiple {
    const peak = broken || !energy ? -1 : peakOf(energy);
    let h = dims.length;
    if (energy) h = peak < 0 ? hash(h, energy) : hashOfShape(h, energy, energy[peak]);
    if (broken) h = hash(h, broken);
    const bucket = byHash.get(h);
    for (const id of bucket ?? []) {
      if (!same(tables[id].dims, dims)) continue;
      const scale = ratioOf(id, peak, energy, broken);
      if (scale !== 0) return { table: id, scale };
    }
    const strides = dims.map((_, i) => dims.slice(i + 1).reduce((x, y) => x * y, 1));
    const length = dims.reduce((x, y) => x * y, states);
    const table = tables.length;
    tables.push({
      strides,
      dims,
      energy: energy ? energy.slice() : new Float64Array(length),
      broken: broken?.slice() ?? null,
    });
    peaks.push(peak);
    numbers += length * (broken ? 2 : 1);
    if (bucket) bucket.push(table);
    else byHash.set(h, [table]);
    return { table, scale: 1 };
  }

  return {
    add,
    scratch(length) {
      if (room.length < length) room = new Float64Array(length);
      return room.subarray(0, length);
    },
    says(values) {
      let constant = true;
      for (let i = 0; i < values.length; i++) {
        if (values[i] !== values[i - (i % states)]) constant = false;
        if (values[i] !== values[i % states]) {
          // Rows differ: unless each of them is constant, it depends on the others.
          for (let j = 0; j < values.length; j++) if (values[j] !== values[j - (j % states)]) return 'more';
          return 'nothing';
        }
      }
      return constant ? 'nothing' : 'own';
    },
    sum(x, y) {
      const [s, t] = [tables[x.table], tables[y.table]];
      if (x.table === y.table && peaks[x.table] >= 0) {
        const scale = x.scale + y.scale;
        if (Number.isFinite(scale)) return { table: x.table, scale };
      }
      const key = `${x.table},${x.scale},${y.table},${y.scale}`;
      const known = sums.get(key);
      if (known !== undefined) return known;
      const energy = s.energy.map((e, i) => x.scale * e + y.scale * t.energy[i]);
      const broken =
        s.broken && t.broken ? s.broken.map((n, i) => n + t.broken![i]) : (s.broken ?? t.broken ?? null);
      const made = add(s.dims, energy.some((e) => e !== 0) ? energy : null, broken);
      sums.set(key, made);
      return made;
    },
    numbers: () => numbers,
    used(ids) {
      const numberOf = new Int32Array(tables.length).fill(-1);
      const out: SiteTable[] = [];
      for (const id of ids)
        if (numberOf[id] < 0) {
          numberOf[id] = out.length;
          out.push(tables[id]);
        }
      return { tables: out, numberOf };
    },
  };
}

/** Where the first energy of largest magnitude stands; −1 if some energy is infinite, or all are 0. */
function peakOf(energy: Float64Array): number {
  let peak = -1;
  let most = 0;
  for (let i = 0; i < energy.length; i++) {
    const size = Math.abs(energy[i]);
    if (!(size < Infinity)) return -1;
    if (size > most) [peak, most] = [i, size];
  }
  return peak;
}

function same(x: ArrayLike<number>, y: ArrayLike<number>): boolean {
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

/** No numbers: all are 0. */
function agree(x: Float64Array | null, y: Float64Array | null): boolean {
  if (x && y) return same(x, y);
  const some = x ?? y;
  return some === null || some.every((n) => n === 0);
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

/** FNV-1a over 32-bit words: Fowler, Noll, Vo. */
function hash(h: number, values: Float64Array): number {
  for (let i = 0; i < values.length; i++) {
    bits[0] = values[i] + 0;
    h = Math.imul(h ^ words[0], 0x01000193);
    h = Math.imul(h ^ words[1], 0x01000193);
    h ^= h >>> 15;
  }
  return h;
}

const short = new Float32Array(1);
const shortBits = new Int32Array(short.buffer);

/** The same for multiples of one another: shares of the largest energy, in single precision. */
function hashOfShape(h: number, values: Float64Array, largest: number): number {
  for (let i = 0; i < values.length; i++) {
    short[0] = values[i] / largest + 0;
    h = Math.imul(h ^ shortBits[0], 0x01000193);
    h ^= h >>> 15;
  }
  return h;
}
