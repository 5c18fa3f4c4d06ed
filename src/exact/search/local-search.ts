/**
 * Good states without proof: simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983) and tabu search (Glover 1989;
 * one-flip moves with random tenure and restarts from perturbed states as in Palubeckis' iterated tabu search, 2006)
 * in turn, each round longer than the one before; weights on broken requirements (Morris 1993).
 */
import { Stream } from '../../random/stream.ts';
import type { DiscreteGraph } from '../graph.ts';
import { energyOf } from '../graph.ts';
import { FastRandom } from './fast-random.ts';
import { type ForestMoves, forestMoves } from './forest-moves.ts';
import { Moves } from './moves.ts';
import { tooLarge } from './problem.ts';
import type { LocalOptions, LocalResult } from './types.ts';

const WORK = 2e8;
/** Tabu search compares all moves at every step: up to so many of them. */
const MOST_COMPARED = 20_000;

/**
 * The best state that a seeded local search meets within its budget of steps. Deterministic for its options.
 * `codes` is null when no state of the support was met.
 */
export function localSearch(graph: DiscreteGraph, options: LocalOptions = {}): LocalResult {
  const why = tooLarge(graph);
  if (why !== null) return { codes: null, energy: Infinity, moves: 0, why };
  const random = new FastRandom(new Stream(options.seed ?? 1, 'local search'));
  const scale = scaleOf(graph);
  const moves = new Moves(graph, scale.weight);
  const n = moves.count;
  const limit = options.work ?? WORK;
  const target = options.target ?? -Infinity;
  let best: Uint16Array | null = null;
  let lowest = Infinity;
  let tried = 0;
  const done = (): boolean => moves.work >= limit || lowest <= target || options.stop?.() === true;
  const note = (): void => {
    if (moves.brokenCount > 0 || !below(moves.energy, lowest)) return;
    // The running energy has rounding in it.
    const exact = energyOf(graph, moves.codes);
    if (!(exact < lowest)) return;
    lowest = exact;
    best = moves.codes.slice();
    options.improved?.(best, exact, tried);
  };
  const result = (): LocalResult => ({ codes: best, energy: lowest, moves: tried });
  const found = allowedStates(graph);
  if (found === null || graph.constant === Infinity) return result();
  const allowed = found;

  const fresh = new Uint16Array(n);
  for (let v = 0; v < n; v++) fresh[v] = allowed.list[allowed.first[v] + random.below(allowed.count(v))];
  if (options.start)
    for (let v = 0; v < n; v++) if (allowed.has(v, options.start[v])) fresh[v] = options.start[v];
  moves.reset(fresh);
  note();
  const free = Int32Array.from({ length: n }, (_, v) => v).filter((v) => allowed.count(v) > 1);
  if (free.length === 0) return result();
  const wanted = new Int32Array(n);
  const wantedMark = new Int32Array(n);
  let wantedStamp = 0;
  let wantedCount = 0;
  let choices = 0;
  for (const v of free) choices += allowed.count(v);

  const forests = forestMoves(moves, allowed, random);
  for (let round = 0; !done(); round++) {
    // In turn: anneal from anywhere, ever more slowly; change a part of the best, many times.
    const anew = round % 8 === 0 || best === null;
    const sweeps = Math.min(50 * 1.3 ** (round >> 2), 5000);
    if (round > 0 || !options.start) {
      if (anew) for (const v of free) fresh[v] = drawn(v);
      else change();
      moves.reset(fresh);
    }
    if (anew && (round > 0 || !options.start)) anneal(Math.ceil(sweeps), 1);
    if (forests) settle(forests);
    if (choices <= MOST_COMPARED && (!forests || anew || moves.brokenCount > 0))
      tabu(Math.max(500, (anew ? 10 : 20) * free.length));
    else if (!anew && !forests) anneal(Math.ceil(sweeps / 2), 0.3);
    if (moves.brokenCount > 0 && choices > MOST_COMPARED) mend(20 * free.length);
  }
  return result();

  function drawn(v: number): number {
    return allowed.list[allowed.first[v] + random.below(allowed.count(v))];
  }

  /** `fresh` becomes the best with a part of it drawn again: a patch where the graph is sparse. */
  function change(): void {
    fresh.set(best!);
    if (forests)
      for (const v of forests.patch(Math.ceil(free.length * (0.02 + 0.3 * random.uniform() ** 2))))
        fresh[v] = drawn(v);
    else {
      const part = 0.02 + 0.3 * random.uniform();
      for (const v of free) if (random.uniform() < part) fresh[v] = drawn(v);
    }
  }

  /** Forests until they bring nothing more. */
  function settle(by: ForestMoves): void {
    let low = Infinity;
    for (let quiet = 0; quiet < 12 && !done(); quiet++) {
      by.step();
      tried++;
      note();
      const value = moves.energy + scale.weight * moves.brokenCount;
      if (below(value, low)) {
        low = value;
        quiet = 0;
      }
    }
  }

  /** Broken tables at random: a variable of one takes its best state, or any of equal ones; weights grow. */
  function mend(steps: number): void {
    for (let s = 0; s < steps && moves.brokenCount > 0 && !done(); s++) {
      const f = moves.broken[random.below(moves.brokenCount)];
      let low = Infinity;
      let ties = 0;
      let bv = -1;
      let ba = 0;
      for (const v of graph.factors[f].scope)
        for (let i = allowed.first[v]; i < allowed.first[v + 1]; i++) {
          const a = allowed.list[i];
          if (a === moves.codes[v]) continue;
          const d = moves.delta(v, a);
          moves.work++;
          if (d > low) continue;
          if (d < low) {
            low = d;
            ties = 1;
          } else if (random.below(++ties) !== 0) continue;
          bv = v;
          ba = a;
        }
      tried++;
      if (low >= 0) moves.raise(f, scale.weight);
      if (bv >= 0 && (low <= 0 || random.uniform() < 0.1)) moves.move(bv, ba);
    }
    note();
  }

  /** Sweeps of Metropolis moves at falling temperatures, from `hot` times the usual scale. */
  function anneal(sweeps: number, hot: number): void {
    const high = scale.typical * hot;
    const low = scale.small * 0.15;
    for (let s = 0; s < sweeps && !done(); s++) {
      const t = high * (low / high) ** (sweeps === 1 ? 1 : s / (sweeps - 1));
      for (let k = 0; k < free.length; k++) {
        const v = free[k];
        const c = allowed.count(v);
        let a = allowed.list[allowed.first[v] + random.below(c - 1)];
        if (a === moves.codes[v]) a = allowed.list[allowed.first[v] + c - 1];
        moves.work++;
        tried++;
        const delta = moves.delta(v, a);
        if (delta <= 0 || random.uniform() < Math.exp(-delta / t)) {
          moves.move(v, a);
          if (delta < 0) note();
        }
      }
    }
    descend();
  }

  /** Downhill until nothing goes down. */
  function descend(): void {
    for (let changed = true; changed && !done(); ) {
      changed = false;
      for (const v of free) {
        let low = -1e-12 * scale.typical;
        let to = -1;
        for (let i = allowed.first[v]; i < allowed.first[v + 1]; i++) {
          const d = moves.delta(v, allowed.list[i]);
          if (d < low) {
            low = d;
            to = allowed.list[i];
          }
        }
        moves.work += allowed.count(v);
        tried++;
        if (to < 0) continue;
        moves.move(v, to);
        changed = true;
      }
      note();
    }
  }

  /** The best move that is not tabu, again and again, until `patience` steps brought nothing new. */
  function tabu(patience: number): void {
    const until = new Int32Array(moves.cost.length);
    const tenure = Math.max(2, Math.min(20, free.length >> 2));
    let local = Infinity;
    for (let step = 1, quiet = 0; quiet < patience && !done(); step++, quiet++) {
      let low = Infinity;
      let ties = 0;
      let bv = -1;
      let ba = -1;
      const now = moves.energy + scale.weight * moves.brokenCount;
      const stuck = moves.brokenCount > 0;
      if (stuck) findWanted();
      const from = stuck ? wanted : free;
      const length = stuck ? wantedCount : free.length;
      for (let k = 0; k < length; k++) {
        const v = from[k];
        const at = moves.first[v];
        const own = moves.cost[at + moves.codes[v]];
        for (let i = allowed.first[v]; i < allowed.first[v + 1]; i++) {
          const a = allowed.list[i];
          if (a === moves.codes[v]) continue;
          const d = moves.cost[at + a] - own;
          if (d > low) continue;
          if (until[at + a] >= step && !below(now + d, local)) continue;
          if (d < low) {
            low = d;
            ties = 1;
          } else if (random.below(++ties) !== 0) continue;
          bv = v;
          ba = a;
        }
        moves.work += moves.states[v];
      }
      tried++;
      if (bv < 0) continue;
      if (low >= 0 && moves.brokenCount > 0)
        for (let i = 0; i < moves.brokenCount; i++) moves.raise(moves.broken[i], scale.weight);
      until[moves.first[bv] + moves.codes[bv]] = step + tenure + random.below(10);
      moves.move(bv, ba);
      note();
      const value = moves.energy + scale.weight * moves.brokenCount;
      if (below(value, local)) {
        local = value;
        quiet = 0;
      }
    }
  }

  /** Variables of broken tables. */
  function findWanted(): void {
    wantedStamp++;
    wantedCount = 0;
    for (let i = 0; i < moves.brokenCount; i++)
      for (const v of graph.factors[moves.broken[i]].scope) {
        if (wantedMark[v] === wantedStamp || allowed.count(v) < 2) continue;
        wantedMark[v] = wantedStamp;
        wanted[wantedCount++] = v;
      }
  }
}

/** Whether x is lower than y by more than rounding. */
const below = (x: number, y: number): boolean => (y === Infinity ? x < y : x < y - 1e-12 * Math.abs(y));

interface Allowed {
  readonly first: Int32Array;
  readonly list: Int32Array;
  count(v: number): number;
  has(v: number, a: number): boolean;
}

/** The states that no table of one variable forbids; null when a variable has none. */
function allowedStates(graph: DiscreteGraph): Allowed | null {
  const { states } = graph;
  const n = states.length;
  const all = new Int32Array(n + 1);
  for (let v = 0; v < n; v++) all[v + 1] = all[v] + states[v];
  const gone = new Uint8Array(all[n]);
  for (const { scope, energy } of graph.factors) {
    if (scope.length === 0 && energy[0] === Infinity) return null;
    if (scope.length === 1)
      for (let a = 0; a < energy.length; a++) if (energy[a] === Infinity) gone[all[scope[0]] + a] = 1;
  }
  const first = new Int32Array(n + 1);
  const list = new Int32Array(all[n]);
  let k = 0;
  for (let v = 0; v < n; v++) {
    for (let a = 0; a < states[v]; a++) if (gone[all[v] + a] === 0) list[k++] = a;
    first[v + 1] = k;
    if (k === first[v]) return null;
  }
  return {
    first,
    list,
    count: (v) => first[v + 1] - first[v],
    has: (v, a) => a >= 0 && a < states[v] && gone[all[v] + a] === 0,
  };
}

interface Scale {
  /** How much one variable's energy varies: the median over variables of the root of the summed squares. */
  readonly typical: number;
  /** How much one table varies on average. */
  readonly small: number;
  /** What a broken requirement costs at first. */
  readonly weight: number;
}

function scaleOf(graph: DiscreteGraph): Scale {
  const ranges = new Map<Float64Array, number>();
  const squares = new Float64Array(graph.states.length);
  let sum = 0;
  let varying = 0;
  for (const { scope, energy } of graph.factors) {
    let range = ranges.get(energy);
    if (range === undefined) {
      let low = Infinity;
      let high = -Infinity;
      for (const e of energy) {
        if (e === Infinity) continue;
        if (e < low) low = e;
        if (e > high) high = e;
      }
      range = high > low ? high - low : 0;
      ranges.set(energy, range);
    }
    if (range === 0) continue;
    sum += range;
    varying++;
    for (const v of scope) squares[v] += range * range;
  }
  if (varying === 0) return { typical: 1, small: 1, weight: 1 };
  const sorted = squares.filter((x) => x > 0).sort();
  const typical = Math.sqrt(sorted[sorted.length >> 1]);
  return { typical, small: sum / varying, weight: typical };
}
