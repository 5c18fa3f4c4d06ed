/** Chains without an end or a record: to be looked at while they move, and moved on when the energy changes. */
import type { Slot } from '../ir/types.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import type { Stream } from '../random/stream.ts';
import type { Clamp, Model, States } from './model.ts';
import { openChains } from './run-chains.ts';
import type { Standards } from './standard.ts';
import type { MoveInfo } from './transition.ts';

export interface EndlessOptions {
  readonly chains: number;
  /** Chain c draws from root.fork('chain', c). Chains that go on take another root, or they would draw the same again. */
  readonly root: Stream;
  /** Transitions in which samplers of reals adapt; nothing else does. */
  readonly warmup: number;
  /** Where chains start, chains × elements of each unknown; absent: dispersed. */
  readonly from?: States;
  /** Coordinates of unknowns that are drawn around others, as earlier chains found them; absent: to be found. */
  readonly standards?: Standards;
  readonly method?: string;
}

export interface Endless {
  readonly plan: Plan;
  readonly standards: Standards | undefined;
  /** What moves them: one step is a sweep over what is discrete, and a transition of what is real. */
  readonly warming: boolean;
  /** Whether steps in one call are quicker than as many calls. */
  readonly repeats: boolean;
  /** Moves every chain `steps` times. */
  step(steps: number): void;
  /**
   * The chains' present states; valid until the next step.
   * @throws EnergyError where an element had no value of finite energy
   */
  states(): States;
  info(chain: number): MoveInfo;
  dispose(): void;
}

/**
 * Chains of exp(−E), given the clamped elements, that leave it invariant as soon as they are done warming.
 * @throws EnergyError E0701, E0702 where no start with a finite energy is found
 */
export function openEndless(model: Model, clamp: Clamp, o: EndlessOptions): Endless {
  const planned = makePlan(model, clamp, o.method);
  const { chains, from } = o;
  const rowOf = (slot: Slot, c: number): ArrayLike<number> => {
    const x = from!.get(slot)!;
    const size = x.length / chains;
    return x.subarray(c * size, (c + 1) * size);
  };
  try {
    const run = openChains(model, clamp, planned, {
      chains,
      first: 0,
      all: chains,
      root: o.root,
      warmup: o.warmup,
      leapfrogs: planned.plan.defaults.leapfrogs,
      start: from && { of: rowOf },
      standards: o.standards ?? 'found',
    });
    const { transition, states, streams } = run;
    let left = run.real ? o.warmup : 0;
    if (left === 0) transition.freeze?.();
    const moved = (sweeps: number, warming: boolean): void =>
      transition.step(states, streams, { beta: 1, sweeps, warming });
    return {
      plan: planned.plan,
      standards: run.standards,
      repeats: transition.repeats === true,
      get warming() {
        return left > 0;
      },
      step(steps) {
        let todo = steps;
        for (; left > 0 && todo > 0; todo--) {
          moved(1, true);
          if (--left === 0) transition.freeze?.();
        }
        if (transition.repeats && todo > 0) moved(todo, false);
        else for (; todo > 0; todo--) moved(1, false);
      },
      states() {
        transition.settle?.(states);
        const lost = transition.fault?.(states);
        if (lost) throw lost;
        return states;
      },
      info: (chain) => transition.info?.(chain) ?? {},
      dispose() {
        run.dispose();
        planned.gibbs?.dispose();
      },
    };
  } catch (e) {
    planned.gibbs?.dispose();
    throw e;
  }
}
