/** Tables of the sites of one unknown, equal ones once. */
import type { SiteTable } from '../engines/kernels/site-tables.ts';

export interface TablePool {
  /** What rows of energies, `states` each, say of a site: nothing, the same whatever the others are, or more. */
  says(values: Float64Array): 'nothing' | 'own' | 'more';
  /** A place to make a table in; the next call gives the same. */
  scratch(length: number): Float64Array;
  /** The number of the table, of which a copy is kept. No energies: they are 0. */
  add(dims: readonly number[], energy: Float64Array | null, broken: Float64Array | null): number;
  /** The number of the sum of two tables of the same dims. */
  sum(x: number, y: number): number;
  /** Numbers in all tables. */
  numbers(): number;
  /** The tables that occur, and by the number in the pool the number among these. */
  used(ids: Int32Array): { readonly tables: readonly SiteTable[]; readonly numberOf: Int32Array };
}

export function makeTablePool(states: number): TablePool {
  const tables: SiteTable[] = [];
  const byHash = new Map<number, number[]>();
  const sums = new Map<number, number>();
  let numbers = 0;

  let room = new Float64Array(states);

  function add(dims: readonly number[], energy: Float64Array | null, broken: Float64Array | null): number {
    let h = dims.length;
    if (energy) h = hash(h, energy);
    if (broken) h = hash(h, broken);
    const bucket = byHash.get(h);
    for (const id of bucket ?? [])
      if (same(tables[id].dims, dims) && agree(tables[id].energy, energy) && agree(tables[id].broken, broken))
        return id;
    const strides = dims.map((_, i) => dims.slice(i + 1).reduce((x, y) => x * y, 1));
    const length = dims.reduce((x, y) => x * y, states);
    tables.push({
      strides,
      dims,
      energy: energy ? energy.slice() : new Float64Array(length),
      broken: broken?.slice() ?? null,
    });
    numbers += length * (broken ? 2 : 1);
    if (bucket) bucket.push(tables.length - 1);
    else byHash.set(h, [tables.length - 1]);
    return tables.length - 1;
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
      const key = x * 2 ** 26 + y;
      const known = sums.get(key);
      if (known !== undefined) return known;
      const [s, t] = [tables[x], tables[y]];
      const energy = s.energy.map((e, i) => e + t.energy[i]);
      const broken =
        s.broken && t.broken ? s.broken.map((n, i) => n + t.broken![i]) : (s.broken ?? t.broken ?? null);
      const id = add(s.dims, energy.some((e) => e !== 0) ? energy : null, broken);
      sums.set(key, id);
      return id;
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
