/**
 * Cluster moves of coupled elements. Between neighbours that are as their coupling K likes them a bond is laid with
 * probability 1 − exp(−β|K|), and what is bound moves together.
 *
 * Swendsen & Wang, Phys. Rev. Lett. 58 (1987) 86, in the form of Edwards & Sokal, Phys. Rev. D 38 (1988) 2009: all
 * clusters move at once, each to a state drawn from the sum of its elements' own energies, so that fields need no
 * ghost spin. Two-state clusters flip as a whole, which lets couplings have either sign.
 *
 * Wolff, Phys. Rev. Lett. 62 (1989) 361: one cluster, grown from a random element; its flip is accepted by Metropolis'
 * rule on its elements' own energies. How many clusters are a sweep is learned in the warm-up.
 */
import type { ClusterGraph } from '../../analyse/cluster-graph.ts';
import { codesOf, valuesOf } from '../../analyse/site-tables.ts';
import type { SiteTables } from '../../engines/kernels/site-tables.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import type { Transition } from '../transition.ts';

export type ClusterRule = 'swendsen_wang' | 'wolff';

/** @param graph made from the tables */
export function clusterMoves(
  tables: SiteTables,
  graph: ClusterGraph,
  chains: number,
  rule: ClusterRule,
): Transition {
  const moves = rule === 'wolff' ? wolff(graph, chains) : swendsenWang(graph);
  const codes = new Uint8Array(tables.size);
  const { positions, own, outside, states, first } = graph;
  const x = new Uint8Array(positions.length);
  const field = own.slice();
  return {
    name: rule,
    step(at: Map<Slot, Float64Array>, streams, { beta, sweeps, warming }) {
      for (let c = 0; c < chains; c++) {
        codesOf(tables, at, c, codes);
        for (let i = 0; i < positions.length; i++) x[i] = codes[positions[i]];
        if (outside.length > 0) {
          field.set(own);
          for (const { site, position, energy } of outside) {
            const s = states[site];
            for (let v = 0; v < s; v++) field[first[site] + v] += energy[codes[position] * s + v];
          }
        }
        const random = new Random(streams[c]);
        for (let k = 0; k < sweeps; k++) moves(x, field, beta, random, c, warming);
        for (let i = 0; i < positions.length; i++) codes[positions[i]] = x[i];
        valuesOf(tables, codes, c, at);
      }
    },
    dispose: () => undefined,
  };
}

type Moves = (
  x: Uint8Array,
  field: Float64Array,
  beta: number,
  random: Random,
  chain: number,
  warming: boolean,
) => void;

/** Bonds are laid where a 32-bit number, as a signed one, is below this. */
function thresholds(coupling: Float64Array, out: Int32Array, beta: number): void {
  for (let e = 0; e < out.length; e++)
    out[e] =
      Math.min(Math.round(-Math.expm1(-beta * Math.abs(coupling[e])) * 2 ** 32), 2 ** 32 - 1) - 2 ** 31;
}

function swendsenWang(graph: ClusterGraph): Moves {
  const { positions, states, first, total, left, right, coupling } = graph;
  const n = positions.length;
  const limit = new Int32Array(coupling.length);
  /** What the codes of bound sites differ by: 0 for equal. */
  const differ = Uint8Array.from(coupling, (k) => (k < 0 ? 1 : 0));
  let at = Number.NaN;
  const parent = new Int32Array(n);
  const laid = new Int32Array(coupling.length + 1);
  const cost = new Float64Array(total);
  const choice = new Uint8Array(n);
  const weight = new Float64Array(states.reduce((p, q) => Math.max(p, q), 2));
  const free = graph.own.every((e) => e === 0) && graph.outside.length === 0 && states.every((s) => s === 2);

  /**
   * Lays the bonds; roots are the first sites of their clusters. The union of two trees is Rem's (Dijkstra 1976; Patwary,
   * Blair & Manne, SEA 2010): both are climbed together, spliced on the way.
   */
  function bind(x: Uint8Array, random: Random): void {
    for (let i = 0; i < n; i++) parent[i] = i;
    // The generator by hand: its state stays in registers. Written without branches, for none could be foretold.
    let { a, b, c, d } = random;
    let count = 0;
    for (let e = 0; e < limit.length; e++) {
      const sum = (a + d) | 0;
      const word = (((sum << 7) | (sum >>> 25)) + a) | 0;
      const f = c ^ a;
      const g = d ^ b;
      c = f ^ (b << 9);
      b ^= f;
      a ^= g;
      d = (g << 11) | (g >>> 21);
      laid[count] = e;
      count += (x[left[e]] ^ x[right[e]]) === differ[e] ? (word < limit[e] ? 1 : 0) : 0;
    }
    random.a = a;
    random.b = b;
    random.c = c;
    random.d = d;
    for (let k = 0; k < count; k++) {
      const e = laid[k];
      let p = left[e];
      let q = right[e];
      let up = parent[p];
      let vp = parent[q];
      while (up !== vp) {
        if (up > vp) {
          parent[p] = vp;
          if (p === up) break;
          p = up;
          up = parent[p];
        } else {
          parent[q] = up;
          if (q === vp) break;
          q = vp;
          vp = parent[q];
        }
      }
    }
  }

  /** Without fields each cluster flips or not by the toss of a coin. */
  function toss(x: Uint8Array, random: Random): void {
    for (let i = 0; i < n; i++) {
      const up = parent[i];
      if (up === i) choice[i] = random.word() >>> 31;
      else {
        const root = parent[up];
        parent[i] = root;
        x[i] ^= choice[root];
        continue;
      }
      x[i] ^= choice[i];
    }
  }

  function choose(x: Uint8Array, field: Float64Array, beta: number, random: Random): void {
    cost.fill(0);
    for (let i = 0; i < n; i++) {
      // Parents come before what hangs on them.
      const root = parent[parent[i]];
      parent[i] = root;
      const [from, to] = [first[i], first[root]];
      if (states[i] === 2) cost[to] += field[from + 1 - x[i]] - field[from + x[i]];
      else for (let v = 0; v < states[i]; v++) cost[to + v] += field[from + v];
    }
    for (let i = 0; i < n; i++) {
      if (parent[i] === i) {
        if (states[i] === 2) {
          const rise = beta * cost[first[i]];
          choice[i] = random.word() * (1 + Math.exp(rise)) < 2 ** 32 ? 1 : 0;
        } else choice[i] = random.draw(cost, first[i], states[i], beta, weight);
      }
      const chosen = choice[parent[i]];
      x[i] = states[i] === 2 ? x[i] ^ chosen : chosen;
    }
  }

  return (x, field, beta, random) => {
    if (beta !== at) thresholds(coupling, limit, beta);
    at = beta;
    bind(x, random);
    if (free) toss(x, random);
    else choose(x, field, beta, random);
  };
}

function wolff(graph: ClusterGraph, chains: number): Moves {
  const { positions, states, first, left, right, coupling } = graph;
  const n = positions.length;
  const limit = new Int32Array(coupling.length);
  let at = Number.NaN;
  const start = new Int32Array(n + 1);
  for (let e = 0; e < left.length; e++) {
    start[left[e] + 1]++;
    start[right[e] + 1]++;
  }
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const next = start.slice(0, n);
  const other = new Int32Array(2 * left.length);
  const edge = new Int32Array(2 * left.length);
  for (let e = 0; e < left.length; e++)
    for (const [p, q] of [
      [left[e], right[e]],
      [right[e], left[e]],
    ]) {
      other[next[p]] = q;
      edge[next[p]++] = e;
    }
  const members = new Int32Array(n);
  const inside = new Uint8Array(n);
  /** Mean size of a chain's clusters, and how many there were. */
  const mean = new Float64Array(chains).fill(1);
  const seen = new Float64Array(chains);

  function once(x: Uint8Array, field: Float64Array, beta: number, random: Random): number {
    const seed = random.int(n);
    let size = 1;
    members[0] = seed;
    inside[seed] = 1;
    for (let k = 0; k < size; k++) {
      const p = members[k];
      for (let l = start[p]; l < start[p + 1]; l++) {
        const q = other[l];
        const e = edge[l];
        const satisfied = coupling[e] > 0 ? x[p] === x[q] : x[p] !== x[q];
        if (inside[q] || !satisfied || (random.word() | 0) >= limit[e]) continue;
        inside[q] = 1;
        members[size++] = q;
      }
    }
    const s = states[seed];
    const by = s === 2 ? 1 : 1 + random.int(s - 1);
    let rise = 0;
    for (let k = 0; k < size; k++) {
      const i = members[k];
      inside[i] = 0;
      rise += field[first[i] + ((x[i] + by) % s)] - field[first[i] + x[i]];
    }
    if (rise <= 0 || random.word() < Math.exp(-beta * rise) * 2 ** 32)
      for (let k = 0; k < size; k++) x[members[k]] = (x[members[k]] + by) % s;
    return size;
  }

  return (x, field, beta, random, chain, warming) => {
    if (beta !== at) thresholds(coupling, limit, beta);
    at = beta;
    for (let k = Math.max(1, Math.round(n / mean[chain])); k > 0; k--) {
      const size = once(x, field, beta, random);
      if (!warming) continue;
      const gain = Math.max(1 / ++seen[chain], 0.01);
      mean[chain] += gain * (size - mean[chain]);
    }
  };
}

/** xoshiro128++ (Blackman & Vigna, ACM TOMS 47 (2021) 36), seeded from a chain's stream: a cluster asks for many bits. */
class Random {
  a: number;
  b: number;
  c: number;
  d: number;

  constructor(stream: Stream) {
    this.a = stream.word() | 1;
    this.b = stream.word() | 0;
    this.c = stream.word() | 0;
    this.d = stream.word() | 0;
  }

  /** 32 bits. */
  word(): number {
    const { a, b, c, d } = this;
    const sum = (a + d) | 0;
    const out = (((sum << 7) | (sum >>> 25)) + a) >>> 0;
    const e = c ^ a;
    const f = d ^ b;
    this.b = b ^ e;
    this.a = a ^ f;
    this.c = e ^ (b << 9);
    this.d = (f << 11) | (f >>> 21);
    return out;
  }

  /** 0 … n − 1; what is left over of 2³² is too little to matter. */
  int(n: number): number {
    return Math.floor((this.word() / 2 ** 32) * n);
  }

  /** A state ∝ exp(−β·cost). */
  draw(cost: Float64Array, from: number, s: number, beta: number, weight: Float64Array): number {
    let low = cost[from];
    for (let v = 1; v < s; v++) if (cost[from + v] < low) low = cost[from + v];
    let sum = 0;
    for (let v = 0; v < s; v++) {
      sum += Math.exp(beta * (low - cost[from + v]));
      weight[v] = sum;
    }
    const u = (this.word() / 2 ** 32) * sum;
    for (let v = 0; v < s; v++) if (u < weight[v]) return v;
    return s - 1;
  }
}
