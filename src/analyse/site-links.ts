/**
 * Conditionals of sites with any numbers of states: for each factor instance that touches a site a multiple of a
 * table, equal tables shared.
 */
import type { TableConditional } from '../engines/kernels/site-tables.ts';
import { type Multiple, makeTablePool, type TablePool } from './table-pool.ts';
import type { Placed, Range } from './tabulate.ts';

export interface Bounds {
  readonly links: number;
  /** In all tables of a group. */
  readonly numbers: number;
}

/** How the columns of an instance coincide, as seen from one of them, and where its table is to be read. */
interface Pattern {
  /** One column for each other site, in order. */
  readonly others: readonly number[];
  readonly dims: readonly number[];
  /** For each (row of the others, state of the site) the joint state of the columns. */
  readonly joint: Int32Array;
}

/** What some instances say of a site, but for their weights: the row of their factor is the same. */
interface Derived {
  readonly placed: Placed;
  readonly others: readonly number[];
  /** Of the pool; null: it says nothing of the site's state, or only `own`. */
  readonly table: Multiple | null;
  readonly own: Float64Array | null;
}

const weightOf = ({ tabulated: { weight } }: Placed, e: number): number => (weight ? weight[e] : 1);

/** @returns null if it is beyond the bounds */
export function tableConditional(
  range: Range,
  factors: readonly Placed[],
  size: number,
  bounds: Bounds,
): TableConditional | null {
  const { from, count, states } = range;
  const to = from + count;
  const own = ownEnergies(range);
  const pool = makeTablePool(states);
  const start = new Int32Array(count + 1);
  /** What each instance says of the site in each column of the group's slot: a number of `all`, or −1. */
  const seen: { readonly placed: Placed; readonly column: number; readonly derived: Int32Array }[] = [];
  const all: Derived[] = [];
  let links = 0;
  for (const placed of factors)
    for (const [k, c] of placed.tabulated.columns.entries()) {
      if (c.slot !== range.slot) continue;
      if (placed.positions.length === 1) {
        own.addAll(placed);
        continue;
      }
      const derived = deriveAll(placed, k, range, pool, all);
      const positions = placed.positions[k];
      let at = -1;
      let d = all[0];
      for (let e = 0; e < derived.length; e++) {
        if (derived[e] < 0) continue;
        if (derived[e] !== at) {
          at = derived[e];
          d = all[at];
        }
        if (d.own) own.add(positions[e], d.own, weightOf(placed, e), placed.tabulated.kind === 'support');
        if (!d.table) continue;
        start[positions[e] - from + 1]++;
        links++;
      }
      if (links > bounds.links || pool.numbers() > bounds.numbers) return null;
      seen.push({ placed, column: k, derived });
    }
  for (let s = 0; s < count; s++) start[s + 1] += start[s];
  const fill = start.slice(0, count);
  const derivedOf = new Int32Array(links);
  const instanceOf = new Int32Array(links);
  const hasTable = Uint8Array.from(all, (d) => (d.table ? 1 : 0));
  for (const { placed, column, derived } of seen) {
    const positions = placed.positions[column];
    for (let e = 0; e < derived.length; e++) {
      if (derived[e] < 0 || hasTable[derived[e]] === 0) continue;
      const p = positions[e];
      if (p < from || p >= to) continue;
      const l = fill[p - from]++;
      derivedOf[l] = derived[e];
      instanceOf[l] = e;
    }
  }
  const linked = joinLinks(start, derivedOf, instanceOf, all, count, size, pool);
  if (pool.numbers() > bounds.numbers) return null;
  return { kind: 'tables', own: own.energy(), ownBroken: own.broken(), ...linked };
}

/** Energies that depend on a site alone. */
function ownEnergies({ from, count, states }: Range) {
  let energy: Float64Array | null = null;
  let broken: Float64Array | null = null;
  const target = (support: boolean): Float64Array => {
    if (support) {
      broken ??= new Float64Array(count * states);
      return broken;
    }
    energy ??= new Float64Array(count * states);
    return energy;
  };
  return {
    energy: () => energy,
    broken: () => broken,
    add(position: number, values: Float64Array, scale: number, support: boolean): void {
      const to = target(support);
      const at = (position - from) * states;
      for (let v = 0; v < states; v++) to[at + v] += scale * values[v];
    },
    /** A factor with one column. */
    addAll({ tabulated, positions }: Placed): void {
      const { instances, mask, row, weight, table, kind } = tabulated;
      const to = target(kind === 'support');
      const [p] = positions;
      for (let e = 0; e < instances; e++) {
        if (mask && mask[e] === 0) continue;
        const s = p[e] - from;
        if (s < 0 || s >= count) continue;
        const r = row ? row[e] * states : 0;
        const scale = weight ? weight[e] : 1;
        for (let v = 0; v < states; v++) to[s * states + v] += scale * table[r + v];
      }
    },
  };
}

/** For each instance what it says of the site in column k, appended to `all`; −1 where that is no site of the group. */
function deriveAll(placed: Placed, k: number, range: Range, pool: TablePool, all: Derived[]): Int32Array {
  const { tabulated, positions } = placed;
  const { instances, mask, row, weight, columns } = tabulated;
  const { from, count } = range;
  const out = new Int32Array(instances).fill(-1);
  const patterns = new Map<number, { readonly pattern: Pattern; readonly known: Map<number, number> }>();
  const code = new Int32Array(columns.length);
  const single = columns.map((c) => c.states === 1);
  const self = positions[k];
  let [last, lastKey, lastBy] = [-1, -1, -1];
  for (let e = 0; e < instances; e++) {
    if ((mask && mask[e] === 0) || (weight && weight[e] === 0)) continue;
    const p = self[e];
    if (p < from || p >= from + count) continue;
    // 0: the site; 1: no site, or one of one state; 2, 3, …: the other sites.
    let key = 0;
    let others = 2;
    let before = false;
    for (let j = 0; j < columns.length; j++) {
      const q = positions[j][e];
      if (q === p) {
        if (j < k) before = true;
        code[j] = 0;
        continue;
      }
      if (q < 0 || single[j]) {
        code[j] = 1;
        continue;
      }
      let c = others;
      for (let i = 0; i < j; i++) if (positions[i][e] === q) c = code[i];
      code[j] = c;
      if (c === others) others++;
    }
    if (before) continue;
    for (let j = 0; j < columns.length; j++) if (!single[j]) key = key * 16 + code[j];
    const by = row ? row[e] : 0;
    // Instances beside each other are often alike.
    if (key === lastKey && by === lastBy) {
      out[e] = last;
      continue;
    }
    let found = patterns.get(key);
    if (!found) {
      found = { pattern: patternOf(placed, code, range.states, others - 2), known: new Map() };
      patterns.set(key, found);
    }
    let d = found.known.get(by);
    if (d === undefined) {
      d = all.length;
      all.push(derive(placed, found.pattern, by, range.states, pool));
      found.known.set(by, d);
    }
    out[e] = d;
    [last, lastKey, lastBy] = [d, key, by];
  }
  return out;
}

function patternOf({ tabulated }: Placed, code: Int32Array, states: number, count: number): Pattern {
  const { columns } = tabulated;
  const others = Array.from({ length: count }, (_, i) => code.indexOf(i + 2));
  const dims = others.map((j) => columns[j].states);
  const rows = dims.reduce((x, y) => x * y, 1);
  const joint = new Int32Array(rows * states);
  const at = new Int32Array(count);
  for (let r = 0; r < rows; r++) {
    let rest = r;
    for (let i = count - 1; i >= 0; i--) {
      at[i] = rest % dims[i];
      rest = Math.floor(rest / dims[i]);
    }
    for (let v = 0; v < states; v++) {
      let flat = 0;
      for (const [j, c] of columns.entries()) {
        const x = code[j] === 0 ? v : code[j] === 1 ? 0 : at[code[j] - 2];
        flat = flat * c.states + x;
      }
      joint[r * states + v] = flat;
    }
  }
  return { others, dims, joint };
}

function derive(
  placed: Placed,
  { others, dims, joint }: Pattern,
  row: number,
  states: number,
  pool: TablePool,
): Derived {
  const { table, kind, joint: width } = placed.tabulated;
  const values = pool.scratch(joint.length);
  for (let i = 0; i < joint.length; i++) values[i] = table[row * width + joint[i]];
  if (kind === 'energy') fromFirst(values, states);
  const said = pool.says(values);
  if (said === 'nothing') return { placed, others, table: null, own: null };
  if (said === 'own') return { placed, others, table: null, own: values.slice(0, states) };
  const made = pool.add(dims, kind === 'energy' ? values : null, kind === 'support' ? values : null);
  return { placed, others, table: made, own: null };
}

/** Energies relative to that of the first state, row by row where all are finite: only differences count. */
function fromFirst(values: Float64Array, states: number): void {
  for (let r = 0; r < values.length; r += states) {
    let finite = true;
    for (let v = 0; v < states; v++) if (values[r + v] === Number.POSITIVE_INFINITY) finite = false;
    if (!finite) continue;
    const first = values[r];
    for (let v = 0; v < states; v++) values[r + v] -= first;
  }
}

/** One link for each neighbour where a link has one; links of a site in the order of their first neighbours. */
function joinLinks(
  start: Int32Array,
  derivedOf: Int32Array,
  instanceOf: Int32Array,
  all: readonly Derived[],
  count: number,
  size: number,
  pool: TablePool,
): Pick<TableConditional, 'start' | 'table' | 'first' | 'scale' | 'others' | 'tables'> {
  const width = Int32Array.from(all, (d) => d.others.length);
  const firstOf = all.map((d) => d.placed.positions[d.others[0]]);
  const weights = all.map((d) => d.placed.tabulated.weight);
  const tableOf = Int32Array.from(all, (d) => d.table?.table ?? -1);
  const scaleOf = Float64Array.from(all, (d) => d.table?.scale ?? 0);
  let total = 0;
  for (let l = 0; l < derivedOf.length; l++) total += width[derivedOf[l]];
  const to = new Int32Array(count + 1);
  const table = new Int32Array(derivedOf.length);
  const scale = new Float64Array(derivedOf.length);
  const first = new Int32Array(derivedOf.length);
  const others = new Int32Array(total);
  /** By position: the site (and one) that has a link with this one neighbour, and which. */
  const mark = new Int32Array(size);
  const linkAt = new Int32Array(size);
  let order = new Int32Array(64);
  let keys = new Int32Array(64);
  let links = 0;
  let used = 0;
  for (let s = 0; s < count; s++) {
    const from = start[s];
    const degree = start[s + 1] - from;
    if (degree > order.length) {
      order = new Int32Array(2 * degree);
      keys = new Int32Array(2 * degree);
    }
    for (let i = 0; i < degree; i++) {
      const l = from + i;
      order[i] = l;
      keys[i] = firstOf[derivedOf[l]][instanceOf[l]];
    }
    sortBy(keys, order, degree);
    for (let i = 0; i < degree; i++) {
      const l = order[i];
      const d = derivedOf[l];
      const e = instanceOf[l];
      const weight = weights[d];
      const by = weight ? scaleOf[d] * weight[e] : scaleOf[d];
      if (width[d] === 1) {
        const q = keys[i];
        if (mark[q] === s + 1) {
          const at = linkAt[q];
          const sum = pool.sum({ table: table[at], scale: scale[at] }, { table: tableOf[d], scale: by });
          [table[at], scale[at]] = [sum.table, sum.scale];
          continue;
        }
        mark[q] = s + 1;
        linkAt[q] = links;
        others[used] = q;
      } else {
        const { placed, others: of } = all[d];
        for (let j = 0; j < of.length; j++) others[used + j] = placed.positions[of[j]][e];
      }
      table[links] = tableOf[d];
      scale[links] = by;
      first[links++] = used;
      used += width[d];
    }
    to[s + 1] = links;
  }
  const { tables, numberOf } = pool.used(table.subarray(0, links));
  let plain = true;
  for (let l = 0; l < links; l++) {
    table[l] = numberOf[table[l]];
    if (scale[l] !== 1) plain = false;
  }
  return {
    start: to,
    table: table.slice(0, links),
    first: first.slice(0, links),
    scale: plain ? null : scale.slice(0, links),
    others: others.slice(0, used),
    tables,
  };
}

/** Sorts the first `length` of both by the keys, equal ones in the order in which they came. */
function sortBy(keys: Int32Array, items: Int32Array, length: number): void {
  if (length > 32) {
    const order = Array.from({ length }, (_, i) => i).sort((x, y) => keys[x] - keys[y] || x - y);
    const [k, v] = [keys.slice(0, length), items.slice(0, length)];
    for (let i = 0; i < length; i++) {
      keys[i] = k[order[i]];
      items[i] = v[order[i]];
    }
    return;
  }
  for (let i = 1; i < length; i++) {
    const key = keys[i];
    const item = items[i];
    let j = i - 1;
    for (; j >= 0 && keys[j] > key; j--) {
      keys[j + 1] = keys[j];
      items[j + 1] = items[j];
    }
    keys[j + 1] = key;
    items[j + 1] = item;
  }
}
