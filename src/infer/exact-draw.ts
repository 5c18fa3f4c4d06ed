/**
 * Independent exact draws of all discrete unknowns together: variables are summed out one by one, then each is drawn
 * given those that were summed out after it (Dechter, Artificial Intelligence 113 (1999) 41; Dawid, Stat. Comput. 2
 * (1992) 25). A draw forgets the state before, so each leaves exp(−βE) invariant.
 */

import type { DiscreteGraph } from '../exact/graph.ts';
import { withOrder } from '../exact/index.ts';
import type { ExactPlan } from '../plan/exact.ts';
import { emptySupport } from './exact.ts';
import type { Model } from './model.ts';
import type { Transition } from './transition.ts';

/** @throws EnergyError E0702 when the support is empty */
export function exactDraw(model: Model, { graph: made, elimination }: ExactPlan, chains: number): Transition {
  const { graph } = made;
  const drawerAt = (beta: number) => {
    const next = withOrder(beta === 1 ? graph : heated(graph, beta), elimination).drawer();
    if (!next) throw emptySupport(model);
    return { beta, next };
  };
  let present = drawerAt(1);
  const codes = new Int32Array(made.variables.length);
  return {
    name: 'exact',
    repeats: true,
    step(states, streams, { beta, sweeps }) {
      if (beta !== present.beta) present = drawerAt(beta);
      for (let c = 0; c < chains; c++) {
        for (let i = 0; i < sweeps; i++) present.next(streams[c], codes);
        made.write(codes, states, c);
      }
    },
    dispose() {},
  };
}

/** The graph with all energies times β; what is forbidden stays so, at β = 0 too. */
function heated(graph: DiscreteGraph, beta: number): DiscreteGraph {
  const made = new Map<Float64Array, Float64Array>();
  const times = (e: number): number => (e === Number.POSITIVE_INFINITY ? e : beta * e);
  return {
    states: graph.states,
    constant: times(graph.constant),
    factors: graph.factors.map(({ scope, energy }) => {
      const own = made.get(energy) ?? energy.map(times);
      made.set(energy, own);
      return { scope, energy: own };
    }),
  };
}
