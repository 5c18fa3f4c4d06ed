/** The best state of a graph, proved where the budget allows: parts that share nothing are searched one by one. */
import { Stream } from '../../random/stream.ts';
import type { DiscreteGraph } from '../graph.ts';
import { energyOf } from '../graph.ts';
import { type BranchOptions, branch } from './branch.ts';
import { FastRandom } from './fast-random.ts';
import { satisfy } from './feasible.ts';
import { localSearch } from './local-search.ts';
import { partsOf } from './parts.ts';
import { makeProblem, tooLarge } from './problem.ts';
import { Propagator } from './propagate.ts';
import type { Solution, SolveOptions } from './types.ts';

const NODES = 1_000_000;
const WORK = 4e9;
/** Steps of the local search for the first state: so many for each state of each variable in each table, and at most. */
const LOCAL_EACH = 2000;
const LOCAL_MOST = 5e7;

/**
 * The state of lowest energy, by branch and bound with constraint propagation. Deterministic for its options.
 *
 * When the budget ends, the best state so far comes back with `proved` false and a bound that no state is below.
 * An empty support is proved: `empty`. A graph that is too large is not searched, and `why` says so.
 */
export function solve(graph: DiscreteGraph, options: SolveOptions = {}): Solution {
  const why = tooLarge(graph);
  if (why !== null) return { ...nothing, why };
  const parts = partsOf(graph);
  const codes = new Uint16Array(graph.states.length);
  let bound = parts.constant;
  let nodes = 0;
  let moves = 0;
  let work = 0;
  let proved = true;
  let found = true;
  if (bound === Infinity) return { ...nothing, proved: true, bound: Infinity, empty: true };
  for (const part of parts.parts) {
    const one = solvePart(part.graph, {
      ...options,
      start: options.start && part.variables.map((v) => options.start![v]),
      improved: parts.parts.length === 1 ? options.improved && widened(part.variables) : undefined,
      nodes: (options.nodes ?? NODES) - nodes,
      work: (options.work ?? WORK) - work,
    });
    nodes += one.nodes;
    moves += one.moves;
    work += one.work;
    if (one.empty) return { ...nothing, proved: true, bound: Infinity, nodes, moves, empty: true };
    bound += one.bound;
    proved &&= one.proved;
    found &&= one.codes !== null;
    one.codes?.forEach((a, i) => {
      codes[part.variables[i]] = a;
    });
  }
  if (!found) return { ...nothing, bound, nodes, moves };
  const energy = energyOf(graph, codes);
  return {
    codes,
    energy,
    proved,
    bound: proved ? energy : Math.min(bound, energy),
    nodes,
    moves,
    empty: false,
  };

  function widened(variables: Int32Array): NonNullable<SolveOptions['improved']> {
    return (part, energy, steps) => {
      part.forEach((a, i) => {
        codes[variables[i]] = a;
      });
      options.improved?.(codes.slice(), energy + parts.constant, steps);
    };
  }
}

const nothing: Solution = {
  codes: null,
  energy: Infinity,
  proved: false,
  bound: -Infinity,
  nodes: 0,
  moves: 0,
  empty: false,
};

function solvePart(graph: DiscreteGraph, options: SolveOptions): Solution & { readonly work: number } {
  const problem = makeProblem(graph);
  const propagator = new Propagator(problem);
  if (!propagator.begin())
    return { ...nothing, proved: true, bound: Infinity, empty: true, work: propagator.work };
  const seed = options.seed ?? 1;
  let start: Uint16Array | null = null;
  let work = 0;
  let moves = 0;
  const given = options.start && Uint16Array.from(options.start);
  if (given && energyOf(graph, given) < Infinity) start = given;
  if (problem.graded && options.local !== false && propagator.domains.open > 0) {
    let cells = 0;
    for (const d of graph.states) cells += d;
    for (const { scope } of graph.factors) for (const v of scope) cells += graph.states[v];
    const budget = Math.min(LOCAL_MOST, LOCAL_EACH * cells, (options.work ?? WORK) / 4);
    const { stop, improved } = options;
    const local = localSearch(graph, { seed, work: budget, start: given, stop, improved });
    work += budget;
    moves = local.moves;
    if (local.codes && (start === null || local.energy < energyOf(graph, start))) start = local.codes;
  }
  const random = new FastRandom(new Stream(seed, 'search'));
  const asked: BranchOptions = {
    nodes: options.nodes ?? NODES,
    work: (options.work ?? WORK) - work,
    random,
    start,
    stop: options.stop,
    improved:
      options.improved && ((codes, energy, nodes) => options.improved?.(codes, energy, moves + nodes)),
  };
  const one = problem.graded
    ? branch(problem, propagator, asked)
    : start
      ? { codes: start, energy: energyOf(graph, start), exhausted: true, lower: 0, nodes: 0, work: 0 }
      : satisfy(problem, propagator, { ...asked, seed });
  work += one.work;
  const { codes, energy, exhausted, nodes } = one;
  if (codes === null)
    return exhausted
      ? { ...nothing, proved: true, bound: Infinity, nodes, moves, empty: true, work }
      : { ...nothing, bound: one.lower, nodes, moves, work };
  const proved = exhausted || one.lower >= energy;
  return {
    codes,
    energy,
    proved,
    bound: proved ? energy : Math.min(one.lower, energy),
    nodes,
    moves,
    empty: false,
    work,
  };
}
