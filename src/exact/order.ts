/**
 * Orders in which variables of a graph are summed out, and what each costs. Finding the best is NP-hard (Arnborg,
 * Corneil & Proskurowski, SIAM J. Alg. Disc. Meth. 8 (1987) 277); greedy choices with random ties, tried a few times,
 * come near it (Kjærulff, "Triangulation of graphs", Aalborg R-90-09 (1990); Fishelson & Geiger, J. Comput. Biol. 11
 * (2004) 263).
 */
import { Stream } from '../random/stream.ts';
import type { DiscreteGraph } from './graph.ts';
import { Heap } from './heap.ts';

export interface Elimination {
  /** All variables, the first to be summed out first. */
  readonly order: Int32Array;
  /** The largest number of other variables that a variable is next to when it is summed out: the induced width. */
  readonly width: number;
  /** Joint states of the largest clique: a variable with those it is next to. */
  readonly largest: number;
  /** Joint states of all cliques: the work of one pass. */
  readonly total: number;
  /** Numbers in the tables that are left of all cliques: what marginals and draws keep. */
  readonly kept: number;
  /** Most numbers in such tables at one time, where each is forgotten when it has been used. */
  readonly peak: number;
}

export interface OrderOptions {
  /** Most joint states of a clique; default 2²⁶. */
  readonly largest?: number;
  /** Most joint states of all cliques; default 2³⁰. */
  readonly total?: number;
  /** Tries of each rule; default 12, fewer where the first is cheap. */
  readonly restarts?: number;
  readonly seed?: number;
}

type Rule = 'fill' | 'weight';

/** As many joint states of all cliques are worth another try. */
const CHEAP = 2 ** 20;
/** An order that is dearer by more than this is far from all that fit. */
const SLACK = 2 ** 6;
/** A variable with more neighbours than this is never summed out: 2⁶⁴ joint states. */
const MAX_DEGREE = 64;
const MAX_VARIABLES = 2 ** 18;

/** @returns the cheapest order found within the limits, or why there is none: a clause */
export function eliminationOrder(
  graph: DiscreteGraph,
  options: OrderOptions = {},
): Elimination | { readonly why: string } {
  const { largest = 2 ** 26, total = 2 ** 30, restarts = 12, seed = 1 } = options;
  if (graph.states.length > MAX_VARIABLES) return { why: `it has more than ${MAX_VARIABLES} unknowns` };
  const start = neighboursOf(graph);
  const tooWide = {
    why: `summing its unknowns out one by one takes tables of more than ${powerOfTwo(largest)} numbers`,
  };
  if (!start || smallestWeight(start, graph.states) > largest) return tooWide;
  let best: Elimination | null = null;
  const stream = new Stream(seed, 'order');
  for (let i = 0; i < restarts; i++) {
    for (const rule of ['weight', 'fill'] as const) {
      const slack = best || rule === 'fill' ? 1 : SLACK;
      const limit = best ? best.total : slack * total;
      const order = greedy(start, graph.states, rule, stream, slack * largest, limit);
      // The cheap rule tells at once what is hopeless.
      if (!order && slack > 1) return tooWide;
      if (!order) continue;
      const cost = costOf(graph, order);
      if (cost.largest <= largest && cost.total <= total && (!best || cost.total < best.total)) best = cost;
    }
    // Looking for orders must not take longer than what they save; what no order of three comes near is given up.
    if (i >= (best ? best.total / CHEAP : 2)) break;
  }
  return best ?? tooWide;
}

export const powerOfTwo = (n: number): string =>
  Number.isInteger(Math.log2(n)) && n >= 1024 ? `2^${Math.log2(n)}` : String(n);

/** Variables that share a factor; null where one has too many that nothing could be summed out. */
function neighboursOf({ states, factors }: DiscreteGraph): Set<number>[] | null {
  const next = Array.from(states, () => new Set<number>());
  let links = 0;
  for (const { scope } of factors) {
    for (const v of scope) for (const w of scope) if (v !== w) next[v].add(w);
    links += scope.length ** 2;
    if (links > 2 ** 26) return null;
  }
  return next;
}

/**
 * A lower bound on the largest clique of any order: the most that a variable with the fewest joint states has, while
 * such variables are taken away (the degeneracy of the graph, weighted).
 */
function smallestWeight(start: readonly Set<number>[], states: Int32Array): number {
  const degree = Int32Array.from(start, (s) => s.size);
  const gone = new Uint8Array(states.length);
  const heap = new Heap();
  for (let v = 0; v < states.length; v++) heap.push(v, degree[v], 0);
  let least = 2;
  for (const s of states) least = Math.min(least, s);
  let bound = 0;
  for (let v = heap.pop(); v >= 0; v = heap.pop()) {
    if (gone[v]) continue;
    if (degree[v] !== heap.key) {
      heap.push(v, degree[v], 0);
      continue;
    }
    bound = Math.max(bound, degree[v]);
    gone[v] = 1;
    for (const w of start[v])
      if (!gone[w]) {
        degree[w]--;
        heap.push(w, degree[w], 0);
      }
  }
  return least ** (bound + 1);
}

/** One order, or null where it outgrows the limits. */
function greedy(
  start: readonly Set<number>[],
  states: Int32Array,
  rule: Rule,
  stream: Stream,
  largest: number,
  limit: number,
): Int32Array | null {
  const next = start.map((s) => new Set(s));
  const n = states.length;
  const heap = new Heap();
  const score = new Float64Array(n);
  const gone = new Uint8Array(n);
  const weightOf = (v: number): number => {
    if (next[v].size > MAX_DEGREE) return Number.MAX_VALUE;
    let w = states[v];
    for (const u of next[v]) w *= states[u];
    return w;
  };
  const fillOf = (v: number): number => {
    if (next[v].size > MAX_DEGREE) return Number.MAX_VALUE;
    const around = [...next[v]];
    let missing = 0;
    for (let i = 0; i < around.length; i++) {
      const own = next[around[i]];
      for (let j = i + 1; j < around.length; j++)
        if (!own.has(around[j])) missing += Math.log2(states[around[i]] * states[around[j]]);
    }
    return missing;
  };
  const enter = (v: number): void => {
    score[v] = rule === 'fill' ? fillOf(v) : weightOf(v);
    heap.push(v, score[v], stream.uniform());
  };
  for (let v = 0; v < n; v++) enter(v);
  const order = new Int32Array(n);
  let sum = 0;
  for (let i = 0; i < n; ) {
    const v = heap.pop();
    if (gone[v] || heap.key !== score[v]) continue;
    const size = weightOf(v);
    sum += size;
    if (size > largest || sum > limit) return null;
    gone[v] = 1;
    order[i++] = v;
    const around = [...next[v]];
    const changed = new Set(around);
    for (const u of around) next[u].delete(v);
    for (let x = 0; x < around.length; x++)
      for (let y = x + 1; y < around.length; y++) {
        const [p, q] = [around[x], around[y]];
        if (next[p].has(q)) continue;
        next[p].add(q);
        next[q].add(p);
        // Whoever is next to both misses one pair less.
        if (rule === 'fill') for (const u of next[p]) if (next[q].has(u)) changed.add(u);
      }
    for (const u of changed) enter(u);
  }
  return order;
}

/** What an order costs. */
export function costOf({ states, factors }: DiscreteGraph, order: Int32Array): Elimination {
  const at = placesOf(order);
  const buckets: { readonly scope: Set<number>; entering: number }[] = Array.from(order, (v) => ({
    scope: new Set([v]),
    entering: 0,
  }));
  for (const { scope } of factors) {
    const first = firstOf(scope, at);
    if (first >= 0) for (const v of scope) buckets[at[first]].scope.add(v);
  }
  let [width, largest, total, kept, live, peak] = [0, 1, 0, 0, 0, 0];
  order.forEach((v, i) => {
    const { scope, entering } = buckets[i];
    let left = 1;
    for (const u of scope) if (u !== v) left *= states[u];
    width = Math.max(width, scope.size - 1);
    largest = Math.max(largest, left * states[v]);
    total += left * states[v];
    kept += left;
    live += left;
    peak = Math.max(peak, live);
    live -= entering;
    scope.delete(v);
    const to = firstOf(scope, at);
    if (to < 0) return;
    buckets[at[to]].entering += left;
    for (const u of scope) buckets[at[to]].scope.add(u);
  });
  return { order, width, largest, total, kept, peak };
}

/** The place of each variable in an order. */
export function placesOf(order: Int32Array): Int32Array {
  const at = new Int32Array(order.length);
  order.forEach((v, i) => {
    at[v] = i;
  });
  return at;
}

/** The variable that is summed out first; −1 of none. */
function firstOf(scope: Iterable<number>, at: Int32Array): number {
  let first = -1;
  for (const v of scope) if (first < 0 || at[v] < at[first]) first = v;
  return first;
}
