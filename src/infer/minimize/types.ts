/** What minimisation is asked for and what it answers. */
import type { Slot } from '../../ir/types.ts';
import { rest, type Signal } from '../../signal.ts';
import type { Draws } from '../../stats/draws.ts';
import type { Scales } from '../start.ts';

export interface MinimizeOptions {
  /** Independent searches; absent: 8 of reals and of mixtures, 4 annealings of what is discrete. */
  readonly restarts?: number;
  readonly seed?: number;
  /** Elementary steps of a search with proof (`exact/search`); default 4·10⁸, about ten seconds where it proves nothing. */
  readonly budget?: number;
  /** Location and spread of real unknowns, where data tell. */
  readonly scales?: Scales;
}

/** What found the state. */
export const minimizers = {
  given: 'nothing is free',
  enumeration: 'all states were looked at',
  elimination: 'the unknowns were minimised out one by one',
  search: 'branch and bound with propagation',
  annealing: 'simulated annealing and descent',
  newton: 'Newton’s method on a quadratic energy',
  lbfgs: 'L-BFGS from random starts',
  mixed: 'annealing, then reals and discrete unknowns in turn',
} as const;

export type Minimizer = keyof typeof minimizers;

export interface Minimum {
  readonly energy: number;
  /** The state with its reports, its energy and its terms: one draw of one chain. */
  readonly state: Draws;
  /** Whether no state has a lower energy (up to rounding). */
  readonly provedOptimal: boolean;
  /** No state lies below this; null where nothing is known. */
  readonly bound: number | null;
  readonly method: Minimizer;
  /** How it was found and why it is, or is not, proved to be the best: a clause. */
  readonly how: string;
  /** Searches that were made, and how many of them ended at this energy. */
  readonly restarts: number;
  readonly reached: number;
  /** Energies or gradients that were evaluated, sweeps, or branchings. */
  readonly evaluations: number;
  /** The largest element of the gradient of what is real, in the coordinates that were moved; null without reals. */
  readonly gradient: number | null;
  /** False when it was stopped before its budget was spent. */
  readonly complete: boolean;
}

/** What a method comes to; `states` are those of one chain. */
export interface Found extends Omit<Minimum, 'state' | 'complete'> {
  readonly states: ReadonlyMap<Slot, Float64Array>;
}

export interface MinimizeProgress {
  readonly done: number;
  readonly total: number;
  /** The lowest energy so far. */
  readonly value: number | null;
}

/** Lets the event loop run now and then, and says whether somebody asked to stop. */
export interface Work {
  /** Whether it is time to rest. */
  due(): boolean;
  rest(): Promise<void>;
  readonly stopped: boolean;
  /** For whoever watches. */
  done: number;
  total: number;
  value: number | null;
}

/** How long to work before letting the event loop run. */
const SLICE_MS = 40;

export function workFor(onProgress: (p: MinimizeProgress) => void, signal: Signal | undefined): Work {
  let last = performance.now();
  const work: Work = {
    done: 0,
    total: 1,
    value: null,
    due: () => performance.now() - last >= SLICE_MS,
    async rest() {
      onProgress({ done: work.done, total: work.total, value: work.value });
      await rest(signal);
      last = performance.now();
    },
    get stopped() {
      return signal?.aborted === true;
    },
  };
  return work;
}
