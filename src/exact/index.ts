/** Exact answers about finite graphs of small width, by summing variables out one by one. */
import type { Stream } from '../random/stream.ts';
import { drawer, type Marginals, marginalsOf } from './backward.ts';
import { type Best, bestOf } from './best.ts';
import type { DiscreteGraph } from './graph.ts';
import { type Elimination, eliminationOrder, type OrderOptions } from './order.ts';
import { type Summed, sumOut } from './sum.ts';

export type { Marginals } from './backward.ts';
export type { Best } from './best.ts';
export { type Elimination, eliminationOrder, type OrderOptions } from './order.ts';

export interface Exact {
  readonly elimination: Elimination;
  /** Whether marginals and draws can be had: their tables fit into memory. */
  readonly keeps: boolean;
  /** ln Σ exp(−E), −∞ where no state is allowed. */
  logZ(): number;
  /** Probabilities of the states of each variable, and of the joint states of scopes; null where no state is allowed. */
  marginals(wanted?: readonly ArrayLike<number>[]): Marginals | null;
  /** A state of lowest energy, and that it is the lowest is proved; null where no state is allowed. */
  map(): Best | null;
  /** Independent draws: a function that writes codes; null where no state is allowed. */
  drawer(): ((stream: Stream, codes: Uint16Array | Int32Array) => void) | null;
}

/** Numbers that a sum may hold at one time, and those that marginals and draws may keep: 1 GiB. */
const MAX_PEAK = 2 ** 27;
const MAX_KEPT = 2 ** 27;

/** @returns what can be asked, or why the graph is too much for it: a clause that follows `because` */
export function exactly(graph: DiscreteGraph, options: OrderOptions = {}): Exact | { readonly why: string } {
  const found = eliminationOrder(graph, options);
  if ('why' in found) return found;
  if (found.peak > MAX_PEAK) return { why: 'summing its unknowns out one by one takes too much memory' };
  return withOrder(graph, found);
}

/** The same with an order that is known. */
export function withOrder(graph: DiscreteGraph, elimination: Elimination): Exact {
  const { order } = elimination;
  let kept: Summed | undefined;
  let sum: number | undefined;
  const all = (): Summed => {
    kept ??= sumOut(graph, order, true);
    sum = kept.logZ;
    return kept;
  };
  const empty = (s: Summed): boolean => s.logZ === Number.NEGATIVE_INFINITY;
  return {
    elimination,
    keeps: elimination.kept <= MAX_KEPT,
    logZ() {
      sum ??= sumOut(graph, order, false).logZ;
      return sum;
    },
    marginals(wanted = []) {
      const s = all();
      return empty(s) ? null : marginalsOf(graph.states, order, s.buckets, wanted);
    },
    map: () => bestOf(graph, order),
    drawer() {
      const s = all();
      return empty(s) ? null : drawer(graph.states, s.buckets);
    },
  };
}
