/**
 * From tabulated factors to the factors of a graph: given elements are sliced out, equal tables become one object,
 * factors over the same elements are added up.
 */
import type { DiscreteFactor } from '../exact/graph.ts';
import type { PlacedElements } from './discrete-graph.ts';
import { nameOf, type Tabulated } from './tabulate.ts';

interface Made {
  readonly factors: readonly DiscreteFactor[];
  readonly constant: number;
}

/** Tables up to this size are compared with those that are there already. */
const COMPARED = 4096;

/** @param keepZeros whether factors whose energies are all 0 stay: the graph then does not depend on the numbers */
export function graphFactors(
  parts: readonly Tabulated[],
  { states, at }: PlacedElements,
  constant: number,
  keepZeros = false,
): Made | { readonly why: string } {
  const pool = new Pool();
  const byScope = new Map<string, { scope: Int32Array; energy: Float64Array; from: Tabulated }>();
  const sums = new Map<Float64Array, Map<Float64Array, Float64Array>>();
  let rest = constant;
  for (const t of parts) {
    const { columns } = t;
    const width = columns.length;
    const places = columns.map((c) => at.get(c.slot)!);
    const cut = slicer(t, pool);
    const scope = new Int32Array(width);
    /** For each column its place in the scope, or −1 − code. */
    const use = new Int32Array(width);
    for (let i = 0; i < t.instances; i++) {
      if (t.mask?.[i] === 0) continue;
      let n = 0;
      for (let k = 0; k < width; k++) {
        const e = columns[k].elements[i];
        const v = e < 0 ? -1 : places[k][e];
        if (v >= 0) {
          let seen = 0;
          while (seen < n && scope[seen] !== v) seen++;
          if (seen === n) scope[n++] = v;
        }
      }
      const sorted = scope.slice(0, n).sort();
      for (let k = 0; k < width; k++) {
        const e = columns[k].elements[i];
        const v = e < 0 ? -1 : places[k][e];
        use[k] = v < 0 ? v : sorted.indexOf(v);
      }
      const energy = cut(i, use, n, states, sorted);
      if (n === 0) {
        rest += energy[0];
        continue;
      }
      const key = sorted.join();
      const there = byScope.get(key);
      if (!there) byScope.set(key, { scope: sorted, energy, from: t });
      else there.energy = added(sums, pool, there.energy, energy);
    }
  }
  const factors = [...byScope.values()];
  forgive(factors, states);
  for (const { energy, from } of factors)
    for (let i = 0; i < energy.length; i++)
      if (!(energy[i] > Number.NEGATIVE_INFINITY))
        return { why: `${nameOf(from.factor)} is not finite at some values` };
  if (!(rest > Number.NEGATIVE_INFINITY))
    return { why: 'the energy of what is given is not a finite number' };
  const kept = keepZeros ? factors : factors.filter(({ energy }) => energy.some((e) => e !== 0));
  return { factors: kept.map(({ scope, energy }) => ({ scope, energy })), constant: rest };
}

type Cut = (
  instance: number,
  use: Int32Array,
  width: number,
  states: Int32Array,
  scope: Int32Array,
) => Float64Array;

/** The table of an instance over its own free elements, sorted; equal ones are made once. */
function slicer(t: Tabulated, pool: Pool): Cut {
  const { columns, joint, table, row, weight, kind } = t;
  const known = new Map<string, Float64Array>();
  const strides = new Int32Array(columns.length);
  let below = 1;
  for (let k = columns.length - 1; k >= 0; k--) {
    strides[k] = below;
    below *= columns[k].states;
  }
  const byWeight = new Map<number, string>();
  return (i, use, width, states, scope) => {
    const r = row ? row[i] : 0;
    const w = weight ? weight[i] : 1;
    let head = byWeight.get(w);
    if (head === undefined) {
      head = `${byWeight.size}`;
      byWeight.set(w, head);
    }
    const key = `${head} ${r} ${use.join()}`;
    const there = known.get(key);
    if (there) return there;
    const base = new Int32Array(width);
    let from = r * joint;
    for (let k = 0; k < columns.length; k++)
      if (use[k] < 0) from += (-1 - use[k]) * strides[k];
      else base[use[k]] += strides[k];
    let size = 1;
    for (let d = 0; d < width; d++) size *= states[scope[d]];
    const out = new Float64Array(size);
    const digits = new Int32Array(width);
    for (let e = 0; e < size; e++) {
      const x = table[from];
      out[e] = kind === 'support' ? (x !== 0 ? Number.POSITIVE_INFINITY : 0) : w === 1 ? x : x * w;
      for (let d = width - 1; d >= 0; d--) {
        from += base[d];
        if (++digits[d] < states[scope[d]]) break;
        from -= digits[d] * base[d];
        digits[d] = 0;
      }
    }
    const shared = pool.one(out);
    known.set(key, shared);
    return shared;
  };
}

/** Tables by what is in them. */
class Pool {
  private readonly byHash = new Map<number, Float64Array[]>();

  /** The table that was there first of all that are equal to it. */
  one(table: Float64Array): Float64Array {
    if (table.length > COMPARED) return table;
    const words = new Uint32Array(table.buffer, table.byteOffset, 2 * table.length);
    let h = 0x811c9dc5 ^ table.length;
    for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 0x01000193);
    const list = this.byHash.get(h);
    if (!list) {
      this.byHash.set(h, [table]);
      return table;
    }
    for (const other of list) if (same(other, table)) return other;
    list.push(table);
    return table;
  }
}

function same(x: Float64Array, y: Float64Array): boolean {
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false;
  return true;
}

/** x + y; the same object for the same two. */
function added(
  sums: Map<Float64Array, Map<Float64Array, Float64Array>>,
  pool: Pool,
  x: Float64Array,
  y: Float64Array,
): Float64Array {
  const own = sums.get(x) ?? new Map<Float64Array, Float64Array>();
  sums.set(x, own);
  const known = own.get(y);
  if (known) return known;
  // What is forbidden is forbidden, whatever else has no value there.
  const sum = x.map((e, i) =>
    e === Number.POSITIVE_INFINITY || y[i] === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : e + y[i],
  );
  const made = pool.one(sum);
  own.set(y, made);
  return made;
}

/** Entries that are no number where another factor over some of the same elements forbids the state anyway. */
function forgive(
  factors: readonly { readonly scope: Int32Array; energy: Float64Array }[],
  states: Int32Array,
): void {
  const bad = factors.filter(({ energy }) => energy.some((e) => !(e > Number.NEGATIVE_INFINITY)));
  if (bad.length === 0) return;
  const hard = factors.filter(({ energy }) => energy.includes(Number.POSITIVE_INFINITY));
  for (const f of bad) {
    const place = new Map<number, number>([...f.scope].map((v, d) => [v, d]));
    const within = hard.filter((h) => h !== f && h.scope.every((v) => place.has(v)));
    if (within.length === 0) continue;
    const energy = f.energy.slice();
    const digits = new Int32Array(f.scope.length);
    for (let e = 0; e < energy.length; e++) {
      if (energy[e] > Number.NEGATIVE_INFINITY) continue;
      for (let d = digits.length - 1, left = e; d >= 0; d--) {
        digits[d] = left % states[f.scope[d]];
        left = Math.floor(left / states[f.scope[d]]);
      }
      const forbidden = within.some((h) => {
        let at = 0;
        for (const v of h.scope) at = at * states[v] + digits[place.get(v)!];
        return h.energy[at] === Number.POSITIVE_INFINITY;
      });
      if (forbidden) energy[e] = Number.POSITIVE_INFINITY;
    }
    f.energy = energy;
  }
}
