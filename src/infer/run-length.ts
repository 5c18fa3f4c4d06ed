/**
 * How long a run that does not say so goes on: its draws are looked at, and while some number is not to be trusted
 * yet, twice as many transitions are made between those that are kept, up to a budget. The limits are those of
 * Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021). Budgets are counted in transitions and gradients, not in
 * time, so that the same run has the same length everywhere.
 */
import { machines, nanoseconds, workOf } from '../engines/cost.ts';
import { evaluationsOf } from '../plan/discrete.ts';
import type { Planned } from '../plan/plan.ts';
import type { Draws } from '../stats/draws.ts';
import { essLimit, rHatLimit } from '../stats/findings.ts';
import { worstOf } from '../stats/worst.ts';
import { energyOutputs, type Model } from './model.ts';
import type { Transition } from './transition.ts';

/**
 * What a look at the draws comes to: `enough`; `more`: every second draw is kept, and as many are made at twice the
 * distance; `again`: the chains had not met yet, so nothing is kept; `temper`: they do not meet by themselves.
 */
export type Verdict = 'enough' | 'more' | 'again' | 'temper';

/** Chains so far apart that what they have drawn belongs to the warm-up. */
const APART = 1.05;

/** Chains that are this far apart after so many doublings are in different modes. */
const MODES = 1.2;
const PATIENCE = 2;

/** The largest number of times that a run is made twice as long. */
const MAX_DOUBLINGS = 5;

/** Estimated nanoseconds of one thread that a run may take by its own choice. */
const BUDGET = 30e9;

export interface Look {
  readonly draws: Draws;
  /** Estimated nanoseconds so far, of these chains. */
  readonly spent: number;
  readonly doublings: number;
  readonly tempered: boolean;
}

/** @param look of all chains of the run */
export function verdictOn({ draws, spent, doublings, tempered }: Look): Verdict {
  if (draws.draws < 8 || doublings >= MAX_DOUBLINGS || 2 * spent > BUDGET) return 'enough';
  const { rHat, ess } = worstOf(draws);
  if (!tempered && rHat > MODES && doublings === PATIENCE) return 'temper';
  if (rHat > APART) return 'again';
  return rHat > rHatLimit || ess < essLimit ? 'more' : 'enough';
}

/** Nanoseconds to draw an element by code made for it, at most, and from the tables of an elimination. */
const KERNEL_ELEMENT = 20;
const EXACT_ELEMENT = 100;

/** What chains cost by the cost model, which knows no clock. */
export interface Expense {
  /** Of one step of one chain, its gradients apart. */
  readonly step: number;
  readonly gradient: number;
}

export function expenseOf(model: Model, { plan, gibbs, sums }: Planned): Expense {
  const energies = (sums?.model ?? model).energy;
  const program = { outputs: energyOutputs(model.builder, energies, 1), sizeOf: model.sizeOf };
  const energy = nanoseconds(workOf(program), machines[model.engine.name] ?? machines['tfjs:cpu']);
  // What is summed out is drawn from the numbers that are summed.
  let step = sums ? energy : EXACT_ELEMENT * (gibbs?.exact?.graph.variables.length ?? 0);
  plan.unknowns.forEach((u, i) => {
    const { slot } = model.unknowns[i];
    if (gibbs?.proposer?.slots.includes(slot)) step += evaluationsOf(gibbs.proposer, u.free) * energy;
    else if (u.method === 'exchange' || gibbs?.conditionals.some((c) => c.slot === slot))
      step += u.free * energy;
    else if (u.blocks !== null) step += u.free * KERNEL_ELEMENT;
  });
  return { step, gradient: 3 * energy };
}

/** @param steps so far, warm-up included */
export function spentBy(
  { step, gradient }: Expense,
  steps: number,
  chains: number,
  moves: Transition,
): number {
  let leapfrogs = 0;
  for (let c = 0; c < chains; c++) leapfrogs += moves.info?.(c).leapfrogs ?? 0;
  return steps * chains * step + leapfrogs * gradient;
}
