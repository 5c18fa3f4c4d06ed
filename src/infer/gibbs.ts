/**
 * Gibbs sampling of discrete unknowns, block by block, all chains side by side:
 * Geman & Geman, IEEE PAMI 6 (1984) 721. A block's sites do not interact given the
 * rest, so each sweep leaves exp(−E) invariant. Sites that requirements forbid are
 * excluded; where a state already violates some, the least violating values are
 * taken, which repairs a bad start (min-conflicts, Minton et al. 1992) and changes
 * nothing once the state is feasible.
 */
import type { Slot } from '../ir/types.ts';
import type { GibbsPlan } from '../plan/gibbs.ts';
import type { Stream } from '../random/stream.ts';
import { conditionalSweep } from './conditional-sweep.ts';
import { makeForest } from './forest.ts';
import { kernelSweep } from './kernel-sweep.ts';
import type { Clamp, Model, States } from './model.ts';

/** What draws some of the discrete unknowns anew, given all else. */
export interface Updater {
  /** Sweeps over its free elements, one if not said otherwise, in place. Chain c draws from streams[c] only. */
  sweep(states: States, streams: readonly Stream[], beta: number, sweeps?: number): void;
  /** Whether it makes several sweeps in one call. */
  readonly repeats?: boolean;
  /** What was wrong in the last sweep: some element had no value of finite energy. */
  fault?(states: States): Error | undefined;
  /** It may keep states to itself: writes them. */
  settle?(states: States): void;
  /** Something else has moved. */
  changed?(): void;
  dispose(): void;
}

export interface Gibbs {
  /**
   * Sweeps over every free discrete element. Chain c draws from streams[c] only.
   * The states are as they are after the sweep once `settle` is called.
   * @param beta inverse temperature: draws from exp(−β·E); 1 but in an annealed warm-up
   * @param sweeps how many; default 1
   */
  sweep(states: Map<Slot, Float64Array>, streams: readonly Stream[], beta?: number, sweeps?: number): void;
  /** Makes `states` those after the last sweep. */
  settle(states: Map<Slot, Float64Array>): void;
  /** To be called when something else has changed the states. */
  changed(): void;
  /**
   * E0701 if in the last sweep some element had no value of finite energy. A random start may be such a state
   * (log 0 in a table of probabilities); the element then takes any value, until others have moved.
   */
  fault(states: Map<Slot, Float64Array>): Error | undefined;
  dispose(): void;
}

/** @param all chains of the whole run, of which `chains` are drawn here: how blocks are divided depends on it */
export function makeGibbs(model: Model, plan: GibbsPlan, clamp: Clamp, chains: number, all = chains): Gibbs {
  const updaters: Updater[] = [];
  if (plan.kernels) updaters.push(kernelSweep(model, plan.kernels, chains));
  for (const { info, forest } of plan.forests) {
    const drawn = makeForest(model, info, clamp, chains, forest);
    if (drawn) updaters.push(drawn);
  }
  if (plan.conditionals.length > 0)
    updaters.push(conditionalSweep(model, plan.conditionals, clamp, chains, all));
  const alone = updaters.length === 1;
  const settle = (states: States): void => {
    for (const u of updaters) u.settle?.(states);
  };
  return {
    sweep(states, streams, beta = 1, sweeps = 1) {
      const [first] = updaters;
      if (alone && first.repeats) {
        first.sweep(states, streams, beta, sweeps);
        return;
      }
      for (let i = 0; i < sweeps; i++)
        for (const u of updaters) {
          if (!alone) u.changed?.();
          u.sweep(states, streams, beta);
          if (!alone) u.settle?.(states);
        }
    },
    settle,
    changed() {
      for (const u of updaters) u.changed?.();
    },
    fault(states) {
      settle(states);
      for (const u of updaters) {
        const found = u.fault?.(states);
        if (found) return found;
      }
      return undefined;
    },
    dispose() {
      for (const u of updaters) u.dispose();
    },
  };
}
