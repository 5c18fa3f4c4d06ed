/**
 * Gibbs sampling of discrete unknowns, block by block, all chains side by side:
 * Geman & Geman, IEEE PAMI 6 (1984) 721. A block's sites do not interact given the
 * rest, so each sweep leaves exp(−E) invariant. Sites that requirements forbid are
 * excluded; where a state already violates some, the least violating values are
 * taken, which repairs a bad start (min-conflicts, Minton et al. 1992) and changes
 * nothing once the state is feasible.
 */
import type { GibbsPlan } from '../plan/gibbs.ts';
import { conditionalSweep } from './conditional-sweep.ts';
import { clusterMoves } from './discrete/cluster.ts';
import { interleaved } from './discrete/interleaved.ts';
import { proposerTransition } from './discrete/proposers.ts';
import { exactDraw } from './exact-draw.ts';
import { makeForest } from './forest.ts';
import { kernelSweep } from './kernel-sweep.ts';
import type { Clamp, Model } from './model.ts';
import { inTurn, type Transition } from './transition.ts';

/**
 * One step of all of them sweeps over every free discrete element. Their fault is E0701 if in the last sweep some
 * element had no value of finite energy: a random start may be such a state (log 0 in a table of probabilities); the
 * element then takes any value, until others have moved.
 * @param all chains of the whole run, of which `chains` are drawn here: how blocks are divided depends on it
 */
export function gibbsTransitions(
  model: Model,
  plan: GibbsPlan,
  clamp: Clamp,
  chains: number,
  all = chains,
): Transition[] {
  if (plan.exact) return [exactDraw(model, plan.exact, chains)];
  const out: Transition[] = [];
  if (plan.kernels) out.push(kernelSweep(model, plan.kernels, chains));
  for (const { info, forest } of plan.forests) {
    const drawn = makeForest(model, info, clamp, chains, forest);
    if (drawn) out.push(drawn);
  }
  if (plan.conditionals.length > 0) out.push(conditionalSweep(model, plan.conditionals, clamp, chains, all));
  const { proposer, clusters } = plan;
  if (proposer) out.push(proposerTransition(model, proposer, clamp, chains));
  if (clusters)
    return [
      interleaved(
        inTurn(out),
        clusterMoves(clusters.tables, clusters.graph, chains, clusters.method),
        clusters.period,
      ),
    ];
  return out;
}
