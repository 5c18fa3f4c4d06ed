/**
 * Couplings that cluster algorithms can use, found from the numbers of site tables: the energy of a pair of sites is
 * −K·[x = y] and something of each site by itself. Of two-state sites every pair is such (K < 0 binds different
 * states); of more states only pairs with K ≥ 0, as in a Potts ferromagnet, whatever fields come on top.
 */
import type { FieldConditional, SiteTables, TableConditional } from '../engines/kernels/site-tables.ts';

export interface ClusterGraph {
  /** Positions of the tables that clusters are made of, ascending; sites are numbered in this order. */
  readonly positions: Int32Array;
  readonly states: Int32Array;
  /** Arrays over sites and states begin a site at `first[site]`. */
  readonly first: Int32Array;
  readonly total: number;
  /** Energy of each site's states by itself. */
  readonly own: Float64Array;
  /** Pairs of sites and their couplings, none of them 0. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly coupling: Float64Array;
  /** What sites owe to positions outside: energy[link·states + v] where the position has code `when`. */
  readonly outside: readonly Outside[];
}

/** site's states cost `energy` while the position has the code. */
export interface Outside {
  readonly site: number;
  readonly position: number;
  /** Rows: the position's code; columns: the site's state. */
  readonly energy: Float64Array;
}

/** Share of the largest energy below which a difference is rounding. */
const ROUNDING = 1e-9;

/** @returns why not, a clause, where some coupling is of another kind */
export function clusterGraph(tables: SiteTables): ClusterGraph | { readonly why: string } {
  const groups = [...tables.groups].sort((x, y) => x.from - y.from);
  const count = groups.reduce((n, g) => n + g.count, 0);
  const positions = new Int32Array(count);
  const states = new Int32Array(count);
  const siteOf = new Int32Array(tables.size).fill(-1);
  let next = 0;
  for (const g of groups)
    for (let p = 0; p < g.count; p++) {
      positions[next] = g.from + p;
      states[next] = g.states;
      siteOf[g.from + p] = next++;
    }
  const first = new Int32Array(positions.length);
  for (let i = 1; i < first.length; i++) first[i] = first[i - 1] + states[i - 1];
  const total = states.reduce((n, s) => n + s, 0);
  const made: Made = { siteOf, states, first, own: new Float64Array(total), pairs: new Found(), outside: [] };
  for (const { slot, from, count: sites, conditional } of tables.groups) {
    const why =
      conditional.kind === 'field'
        ? addFields(made, conditional, from, sites)
        : addTables(made, conditional, from, sites);
    if (why) return { why: `${why} \`${slot.name}\`` };
  }
  const pairs = merged(made.pairs);
  if (pairs.left.length === 0) return { why: 'no two elements are coupled' };
  for (let e = 0; e < pairs.left.length; e++)
    if (states[pairs.left[e]] > 2 && pairs.coupling[e] < 0)
      return { why: 'equal neighbours cost energy, and there are more than two states' };
  levelled(made, pairs);
  return { positions, states, first, total, own: made.own, ...pairs, outside: made.outside };
}

type Pairs = Pick<ClusterGraph, 'left' | 'right' | 'coupling'>;

/** Pairs as they are found. */
class Found {
  readonly left: number[] = [];
  readonly right: number[] = [];
  readonly coupling: number[] = [];

  add(left: number, right: number, coupling: number): void {
    this.left.push(left);
    this.right.push(right);
    this.coupling.push(coupling);
  }
}

interface Made {
  readonly siteOf: Int32Array;
  readonly states: Int32Array;
  readonly first: Int32Array;
  readonly own: Float64Array;
  readonly pairs: Found;
  readonly outside: Outside[];
}

/** w·x·y = (w/2)·[x = y] + (w/2)·(x + y) − w/2 for x, y ∈ {0, 1}. */
function addFields(
  m: Made,
  { field, start, other, weight }: FieldConditional,
  from: number,
  count: number,
): null {
  for (let p = 0; p < count; p++) {
    const site = m.siteOf[from + p];
    const one = m.first[site] + 1;
    m.own[one] += field[p];
    for (let l = start[p]; l < start[p + 1]; l++) {
      const there = m.siteOf[other[l]];
      if (there < 0)
        m.outside.push({ site, position: other[l], energy: Float64Array.of(0, 0, 0, weight[l]) });
      else {
        m.own[one] += weight[l] / 2;
        if (site < there) m.pairs.add(site, there, -weight[l] / 2);
      }
    }
  }
  return null;
}

function addTables(m: Made, c: TableConditional, from: number, count: number): string | null {
  if (c.ownBroken || c.tables.some((t) => t.broken)) return 'requirements bear on';
  for (let p = 0; p < count; p++) {
    const site = m.siteOf[from + p];
    const s = m.states[site];
    const at = m.first[site];
    if (c.own) for (let v = 0; v < s; v++) m.own[at + v] += c.own[p * s + v];
    for (let l = c.start[p]; l < c.start[p + 1]; l++) {
      const { energy, strides } = c.tables[c.table[l]];
      const scale = c.scale ? c.scale[l] : 1;
      if (strides.length !== 1) return 'more than two elements share a factor of';
      const position = c.others[c.first[l]];
      const there = m.siteOf[position];
      if (there < 0) {
        m.outside.push({ site, position, energy: energy.map((e) => e * scale) });
        continue;
      }
      if (m.states[there] !== s) return 'elements with different numbers of states are coupled to';
      const coupling = equalCoupling(energy, s);
      if (coupling === null) return 'not only whether neighbours are equal matters to';
      // What is left is a sum of something of each: that of the site is the column at one row.
      for (let v = 0; v < s; v++) m.own[at + v] += scale * (energy[v] + (v === 0 ? coupling : 0));
      if (site < there) m.pairs.add(site, there, scale * coupling);
    }
  }
  for (const e of m.own) if (!Number.isFinite(e)) return 'some energy is not finite of';
  return null;
}

/** K where a table, s × s, is −K·[x = y] + f(x) + g(y); null where it is nothing of the kind. */
function equalCoupling(t: Float64Array, s: number): number | null {
  let largest = 0;
  for (let i = 0; i < s * s; i++) {
    if (!Number.isFinite(t[i])) return null;
    largest = Math.max(largest, Math.abs(t[i]));
  }
  const k = -(t[0] + t[s + 1] - t[1] - t[s]) / 2;
  const m = (x: number, y: number): number => t[x * s + y] + (x === y ? k : 0);
  for (let x = 1; x < s; x++)
    for (let y = 1; y < s; y++)
      if (Math.abs(m(x, y) - m(x, 0) - m(0, y) + m(0, 0)) > ROUNDING * largest) return null;
  return Math.abs(k) <= ROUNDING * largest ? 0 : k;
}

/** Fields that are the rounding of couplings that cancel are none. */
function levelled({ states, first, own }: Made, { coupling }: Pairs): void {
  let largest = 0;
  for (const k of coupling) largest = Math.max(largest, Math.abs(k));
  for (let i = 0; i < states.length; i++) {
    const at = own.subarray(first[i], first[i] + states[i]);
    const low = at.reduce((x, y) => Math.min(x, y));
    if (at.every((e) => e - low <= ROUNDING * largest)) at.fill(0);
  }
}

/** One for each two sites, in order; none of coupling 0. */
function merged({ left, right, coupling }: Found): Pairs {
  const order = Int32Array.from(left, (_, e) => e);
  const before = (d: number, e: number): number => left[d] - left[e] || right[d] - right[e];
  let sorted = true;
  for (let e = 1; e < order.length && sorted; e++) sorted = before(e - 1, e) < 0;
  if (!sorted) order.sort((d, e) => before(d, e) || d - e);
  const out = new Found();
  for (let k = 0; k < order.length; ) {
    const e = order[k];
    let sum = 0;
    for (; k < order.length && before(order[k], e) === 0; k++) sum += coupling[order[k]];
    if (sum !== 0) out.add(left[e], right[e], sum);
  }
  return {
    left: Int32Array.from(out.left),
    right: Int32Array.from(out.right),
    coupling: Float64Array.from(out.coupling),
  };
}

/**
 * How near the couplings are to order: the mean over sites of the number of other neighbours times tanh(K/2)
 * (two states; (e^K − 1)/(e^K + S − 1) of S), which is 1 at the critical point of a tree of the same degrees (Bethe).
 */
export function strengthOf(g: ClusterGraph): number {
  const n = g.positions.length;
  const degree = new Int32Array(n);
  const sum = new Float64Array(n);
  g.left.forEach((i, e) => {
    const j = g.right[e];
    const k = Math.exp(Math.abs(g.coupling[e]));
    const t = (k - 1) / (k + g.states[i] - 1);
    degree[i]++;
    degree[j]++;
    sum[i] += t;
    sum[j] += t;
  });
  let all = 0;
  for (let i = 0; i < n; i++) if (degree[i] > 1) all += (sum[i] * (degree[i] - 1)) / degree[i];
  return all / n;
}

/** Mean over sites of the spread of their own energies: how much fields pin them down. */
export function pinningOf({ positions, states, first, own }: ClusterGraph): number {
  let all = 0;
  for (let i = 0; i < positions.length; i++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let v = 0; v < states[i]; v++) {
      low = Math.min(low, own[first[i] + v]);
      high = Math.max(high, own[first[i] + v]);
    }
    all += high - low;
  }
  return all / Math.max(1, positions.length);
}

/** Whether no plaquette is frustrated: couplings of two-state sites can all be satisfied at once. */
export function isSatisfiable({ positions, left, right, coupling }: ClusterGraph): boolean {
  const parent = Int32Array.from(positions, (_, i) => i);
  const parity = new Uint8Array(positions.length);
  const find = (i: number): { readonly root: number; readonly odd: number } => {
    let [root, odd] = [i, 0];
    while (parent[root] !== root) {
      odd ^= parity[root];
      root = parent[root];
    }
    for (let [at, left] = [i, odd]; parent[at] !== at; ) {
      const [next, own] = [parent[at], parity[at]];
      parent[at] = root;
      parity[at] = left;
      left ^= own;
      at = next;
    }
    return { root, odd };
  };
  for (let e = 0; e < left.length; e++) {
    const [a, b] = [find(left[e]), find(right[e])];
    const want = coupling[e] < 0 ? 1 : 0;
    if (a.root === b.root) {
      if ((a.odd ^ b.odd) !== want) return false;
    } else {
      parent[a.root] = b.root;
      parity[a.root] = a.odd ^ b.odd ^ want;
    }
  }
  return true;
}
