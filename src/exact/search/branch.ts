/**
 * Depth-first branch and bound with propagation: a variable takes a state or loses it. Variables by dom/wdeg
 * (Boussemart et al., ECAI 2004) after the one of the last conflict (Lecoutre et al., Artificial Intelligence 173,
 * 2009); states by their reduced energy, or at random where nothing is graded; restarts that keep the weights, after
 * Luby's sequence for requirements and in doubling lengths for energies. One explicit stack: depth is memory, not
 * recursion.
 */
import { energyOf } from '../graph.ts';
import { Bound } from './bound.ts';
import type { FastRandom } from './fast-random.ts';
import type { Problem } from './problem.ts';
import type { Propagator } from './propagate.ts';

export interface BranchOptions {
  readonly nodes: number;
  readonly work: number;
  readonly random: FastRandom;
  /** States are tried in random order, for solutions that differ with the seed. */
  readonly shuffle?: boolean;
  /** Only requirements count. */
  readonly ungraded?: boolean;
  readonly start?: Uint16Array | null;
  readonly stop?: () => boolean;
  /** Called with every solution where not the best one is looked for: false ends the search. */
  readonly each?: (codes: Uint16Array) => boolean;
  readonly improved?: (codes: Uint16Array, energy: number, nodes: number) => void;
}

export interface BranchResult {
  readonly codes: Uint16Array | null;
  readonly energy: number;
  /** The whole tree was searched. */
  readonly exhausted: boolean;
  readonly lower: number;
  readonly nodes: number;
  readonly work: number;
}

/** Up to so many variables all are compared before one is chosen, else those that changed last. */
const COMPARED = 4096;
const RECENT = 512;
/** Passes over the bound at the root, and at a node. */
const ROOT_ROUNDS = 300;
const NODE_ROUNDS = 4;

/** @param propagator of the problem, its `begin` done and true */
export function branch(problem: Problem, propagator: Propagator, options: BranchOptions): BranchResult {
  const { count, graph } = problem;
  const { domains, weight } = propagator;
  const { random } = options;
  const graded = problem.graded && !options.ungraded;
  const bound = graded ? new Bound(problem, propagator) : null;
  const room = graded ? tolerance(problem) : 0;
  const advance = Math.max(room, problem.step * (1 - 1e-6));
  let codes: Uint16Array | null = options.start ?? null;
  let energy = codes ? energyOf(graph, codes) : Infinity;
  let cutoff = graded && codes ? energy - advance : Infinity;
  let nodes = 0;
  let lower = bound ? bound.lower : constantEnergy(problem);

  // One level a decision: variable, state, marks of both trails, and the bound before it.
  let capacity = 256;
  let levelInts = new Int32Array(5 * capacity);
  let levelLower = new Float64Array(capacity);
  let depth = 0;
  let cursor = 0;
  let lastConflict = -1;
  const order = Int32Array.from({ length: count }, (_, v) => v);
  if (options.shuffle) {
    for (let i = count - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
  }
  const saved = new Uint16Array(count);
  let haveSaved = false;
  if (codes) {
    saved.set(codes);
    haveSaved = true;
  }
  const values = new Int32Array(problem.states.reduce((a, b) => Math.max(a, b), 1));

  const spent = (): boolean =>
    nodes >= options.nodes ||
    propagator.work + (bound?.work ?? 0) >= options.work ||
    ((nodes & 255) === 0 && options.stop?.() === true);

  const finish = (exhausted: boolean): BranchResult => {
    if (bound && !exhausted) {
      let open = bound.lower;
      for (let d = 0; d < depth; d++) open = Math.min(open, levelLower[d]);
      lower = Math.max(lower, open);
    }
    return { codes, energy, exhausted, lower, nodes, work: propagator.work + (bound?.work ?? 0) };
  };

  let from = 0;
  if (bound) {
    bound.limit = options.work / 4;
    if (!bound.raise(cutoff, 0, ROOT_ROUNDS, 1e-5)) return finish(true);
    bound.limit = Infinity;
    lower = Math.max(lower, bound.lower);
    from = domains.mark;
  }

  for (let run = 1; ; run++) {
    let failsLeft = options.each ? Infinity : graded ? 500 * 2 ** Math.min(40, run - 1) : 100 * luby(run);
    for (;;) {
      // Down until a dead end or a solution.
      let alive = true;
      if (domains.open === 0) {
        const found = new Uint16Array(count);
        for (let v = 0; v < count; v++) found[v] = domains.lowest(v);
        if (options.each) {
          if (!options.each(found)) return finish(false);
        } else {
          const e = energyOf(graph, found);
          if (e < energy || codes === null) {
            codes = found;
            energy = e;
            saved.set(found);
            haveSaved = true;
            options.improved?.(found, e, nodes);
            if (!graded) return finish(true);
            cutoff = energy - advance;
            failsLeft = Math.max(failsLeft, 100);
          }
        }
        alive = false;
      } else {
        if (spent()) return finish(false);
        nodes++;
        const v = choose();
        const a = pick(v);
        if (depth === capacity) {
          capacity *= 2;
          const ints = new Int32Array(5 * capacity);
          ints.set(levelInts);
          levelInts = ints;
          const lows = new Float64Array(capacity);
          lows.set(levelLower);
          levelLower = lows;
        }
        const l = 5 * depth;
        levelInts[l] = v;
        levelInts[l + 1] = a;
        levelInts[l + 2] = domains.mark;
        levelInts[l + 3] = bound ? bound.mark : 0;
        levelInts[l + 4] = cursor;
        levelLower[depth++] = bound ? bound.lower : -Infinity;
        bound?.enter();
        from = domains.mark;
        alive = domains.assign(v, a) && follow();
        if (!alive) lastConflict = v;
      }
      // Back up while nothing is left.
      while (!alive) {
        propagator.abandon();
        if (depth === 0) return finish(true);
        failsLeft--;
        depth--;
        const l = 5 * depth;
        const v = levelInts[l];
        domains.undo(levelInts[l + 2]);
        bound?.undo(levelInts[l + 3], levelLower[depth]);
        cursor = levelInts[l + 4];
        from = domains.mark;
        alive = (!bound || bound.lower < cutoff) && domains.remove(v, levelInts[l + 1]) && follow();
      }
      if (failsLeft <= 0 && depth > 0) break;
    }
    // A restart: everything learnt at the root stays.
    domains.undo(levelInts[2]);
    bound?.undo(levelInts[3], levelLower[0]);
    cursor = 0;
    depth = 0;
    lastConflict = -1;
    from = domains.mark;
    if (bound) {
      if (!bound.raise(cutoff, from, ROOT_ROUNDS, 1e-4)) return finish(true);
      lower = Math.max(lower, bound.lower);
    }
  }

  function follow(): boolean {
    if (!propagator.run()) return false;
    return !bound || bound.raise(cutoff, from, NODE_ROUNDS, 0.05);
  }

  function choose(): number {
    const { size } = domains;
    if (lastConflict >= 0 && size[lastConflict] > 1) return lastConflict;
    let best = -1;
    let most = -1;
    if (count <= COMPARED) {
      for (let i = 0; i < count; i++) {
        const v = order[i];
        if (size[v] < 2) continue;
        const s = score(v);
        if (s > most) {
          most = s;
          best = v;
        }
      }
      return best;
    }
    const until = Math.max(0, domains.mark - 4 * RECENT);
    for (let t = domains.mark; t > until; t -= 4) {
      const v = domains.changedBefore(t);
      if (size[v] < 2) continue;
      const s = score(v);
      if (s > most) {
        most = s;
        best = v;
      }
    }
    if (best >= 0) return best;
    while (size[order[cursor]] < 2) cursor++;
    return order[cursor];
  }

  function score(v: number): number {
    const s = weight[v] / domains.size[v];
    return bound ? s * (0.1 + bound.openTables(v)) : s;
  }

  function pick(v: number): number {
    if (bound && domains.has(v, bound.cheapest[v])) return bound.cheapest[v];
    if (haveSaved && !options.shuffle && domains.has(v, saved[v])) return saved[v];
    const n = domains.list(v, values);
    return values[random.below(n)];
  }
}

/** What no state is below where nothing is graded. */
function constantEnergy({ base, unary, first, count }: Problem): number {
  let sum = base;
  for (let v = 0; v < count; v++) {
    let low = Infinity;
    for (let a = first[v]; a < first[v + 1]; a++) low = Math.min(low, unary[a]);
    sum += low;
  }
  return sum;
}

/** Luby, Sinclair and Zuckerman (1993): 1 1 2 1 1 2 4 … */
export function luby(i: number): number {
  let k = 1;
  while (2 ** k - 1 < i) k++;
  return i === 2 ** k - 1 ? 2 ** (k - 1) : luby(i - 2 ** (k - 1) + 1);
}

/** Energies nearer to each other than this are taken as equal: 10⁻⁹ of the largest difference within a table. */
function tolerance({ soft, unary, first, count }: Problem): number {
  let range = 0;
  let sum = 0;
  const seen = new Map<Float64Array, number>();
  const of = (x: Float64Array): number => {
    let low = Infinity;
    let high = -Infinity;
    for (const e of x) {
      if (e === Infinity) continue;
      if (e < low) low = e;
      if (e > high) high = e;
    }
    return high > low ? high - low : 0;
  };
  for (const { energy } of soft) {
    let r = seen.get(energy);
    if (r === undefined) {
      r = of(energy);
      seen.set(energy, r);
    }
    range = Math.max(range, r);
    sum += r;
  }
  for (let v = 0; v < count; v++) {
    const r = of(unary.subarray(first[v], first[v + 1]));
    range = Math.max(range, r);
    sum += r;
  }
  return Math.max(1e-9 * range, 1e-14 * sum);
}
