/** What minimisation is asked for and what it answers. */
import type { Slot } from '../../ir/types.ts';
import { rest, type Signal } from '../../signal.ts';
import type { Draws } from '../../stats/draws.ts';
import type { States } from '../model.ts';
import { copyStates, type Scales } from '../start.ts';
import { type EnergyPath, pathRecorder } from './path.ts';
import { same } from './whole.ts';

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
  /**
   * The largest element of the gradient of what is real, in the coordinates that were moved; null without reals, and
   * of a state that a search only came through.
   */
  readonly gradient: number | null;
  /** How the lowest energy came down to `energy`. */
  readonly path: EnergyPath;
  /** False when it was stopped before its budget was spent. */
  readonly complete: boolean;
}

/** What a method comes to; `states` are those of one chain. */
export interface Found extends Omit<Minimum, 'state' | 'path' | 'complete'> {
  readonly states: ReadonlyMap<Slot, Float64Array>;
}

export interface MinimizeProgress {
  readonly done: number;
  readonly total: number;
  /** The lowest state so far. */
  readonly best: Best | null;
  /** How its energy came down until now. */
  path(): EnergyPath;
}

/** A state that was met, of one chain. */
export interface Best {
  readonly energy: number;
  states(): States;
}

/** Lets the event loop run now and then, hears of states, and says whether somebody asked to stop. */
export interface Work {
  /** Whether it is time to rest. */
  due(): boolean;
  rest(): Promise<void>;
  /** Tells how far it is, if that was not told for a while: for work that cannot rest. */
  tell(): void;
  readonly stopped: boolean;
  /** For whoever watches. */
  done: number;
  total: number;
  /** Moves of single elements, states looked at, gradients, branchings so far. */
  steps: number;
  readonly best: Best | null;
  /**
   * A state of the support that the search has come to; the lowest one is kept.
   * @param states may be called later or never: what it reads must not change
   * @param ahead steps that `steps` does not count yet
   */
  met(energy: number, states: () => States, ahead?: number): void;
  /** The same, with states that will change. */
  passed(energy: number, states: States): void;
  /** The path of a search that has come to `energy`. */
  path(energy: number): EnergyPath;
}

/** How long to work before letting the event loop run. */
const SLICE_MS = 40;
/** How long work that cannot rest keeps to itself what it has found. */
const SILENT_MS = 250;
/** Energies that differ by less are those of one state. */
const ROUNDING = 1e-13;

export function workFor(onProgress: (p: MinimizeProgress) => void, signal: Signal | undefined): Work {
  let last = performance.now();
  let told = last;
  const path = pathRecorder();
  const lower = (energy: number): boolean =>
    work.best === null
      ? energy < Number.POSITIVE_INFINITY
      : energy < work.best.energy && !same(energy, work.best.energy, ROUNDING);
  const tellNow = (): void => {
    const { done, total, best } = work;
    onProgress({ done, total, best, path: () => work.path(best?.energy ?? Number.POSITIVE_INFINITY) });
    told = performance.now();
  };
  const work: Work & { best: Best | null } = {
    done: 0,
    total: 1,
    steps: 0,
    best: null,
    due: () => performance.now() - last >= SLICE_MS,
    async rest() {
      tellNow();
      await rest(signal);
      last = performance.now();
    },
    tell() {
      if (performance.now() - told >= SILENT_MS) tellNow();
    },
    met(energy, states, ahead = 0) {
      if (!lower(energy)) return;
      work.best = { energy, states };
      path.push(work.steps + ahead, energy);
    },
    passed(energy, states) {
      if (!lower(energy)) return;
      const kept = copyStates(states);
      work.met(energy, () => kept);
    },
    path: (energy) => path.until(work.steps, energy),
    get stopped() {
      return signal?.aborted === true;
    },
  };
  return work;
}
