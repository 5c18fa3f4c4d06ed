/** States in the support, at random as far as a search goes: starts for chains; and all of them, to count. */
import { Stream } from '../../random/stream.ts';
import type { DiscreteGraph } from '../graph.ts';
import { type BranchOptions, type BranchResult, branch } from './branch.ts';
import { FastRandom } from './fast-random.ts';
import { localSearch } from './local-search.ts';
import { makeProblem, type Problem, tooLarge } from './problem.ts';
import { Propagator } from './propagate.ts';
import type { Enumeration } from './types.ts';

/** Steps of the local search. */
const LOCAL_WORK = 5e7;

/** What a search for one state may cost. */
export interface FeasibleOptions {
  readonly nodes?: number;
  readonly work?: number;
}

/**
 * A state in the support: variables and states are tried in an order that the seed shuffles. Not uniform, but every
 * solution can come out. null: none was found within the budget (default 200,000 branchings, 10⁹ steps), or the graph
 * is too large; 'empty': proved that there is none.
 */
export function feasible(
  graph: DiscreteGraph,
  seed: number | Stream,
  options: FeasibleOptions = {},
): Uint16Array | null | 'empty' {
  if (graph.constant === Infinity) return 'empty';
  if (tooLarge(graph) !== null) return null;
  const problem = makeProblem(graph);
  const propagator = new Propagator(problem);
  if (!propagator.begin()) return 'empty';
  const stream = typeof seed === 'number' ? new Stream(seed, 'feasible') : seed;
  const { codes, exhausted } = satisfy(problem, propagator, {
    nodes: options.nodes ?? 200_000,
    work: options.work ?? 1e9,
    seed: stream.fork('local').int(2 ** 32),
    random: new FastRandom(stream.fork('order')),
    shuffle: true,
    ungraded: true,
  });
  return codes ?? (exhausted ? 'empty' : null);
}

/** Branchings before a local search has its turn: so many, and so many for each variable. */
const FIRST_NODES = 2000;
const FIRST_EACH = 2;

/**
 * A state of the support: by a short complete search, then a local one, which is better at large problems that have
 * many solutions, then a complete one with the weights that the first has learnt.
 */
export function satisfy(
  problem: Problem,
  propagator: Propagator,
  options: BranchOptions & { readonly seed: number },
): BranchResult {
  const { domains } = propagator;
  const mark = domains.mark;
  const few = FIRST_NODES + FIRST_EACH * problem.count;
  const first = branch(problem, propagator, { ...options, nodes: Math.min(few, options.nodes) });
  if (first.exhausted || first.codes || first.nodes >= options.nodes || first.work >= options.work)
    return first;
  const local = localSearch(problem.graph, {
    seed: options.seed,
    work: Math.min((options.work - first.work) / 4, LOCAL_WORK),
    target: Number.MAX_VALUE,
    stop: options.stop,
  });
  if (local.codes) return { ...first, codes: local.codes, energy: local.energy, exhausted: !problem.graded };
  propagator.abandon();
  domains.undo(mark);
  const rest = branch(problem, propagator, { ...options, nodes: options.nodes - first.nodes });
  return { ...rest, nodes: first.nodes + rest.nodes };
}

/** The states of the support, up to `limit` of them, whatever their energy. */
export function enumerateSolutions(
  graph: DiscreteGraph,
  limit: number,
  options: FeasibleOptions = {},
): Enumeration {
  const why = tooLarge(graph);
  if (why !== null) return { solutions: [], complete: false, why };
  const solutions: Uint16Array[] = [];
  if (graph.constant === Infinity) return { solutions, complete: true };
  const problem = makeProblem(graph);
  const propagator = new Propagator(problem);
  if (!propagator.begin()) return { solutions, complete: true };
  let more = false;
  const { exhausted } = branch(problem, propagator, {
    nodes: options.nodes ?? 10_000_000,
    work: options.work ?? 4e9,
    random: new FastRandom(new Stream(1, 'search')),
    ungraded: true,
    each: (codes) => {
      more = solutions.length >= limit;
      if (!more) solutions.push(codes);
      return !more;
    },
  });
  return { solutions, complete: exhausted && !more };
}
