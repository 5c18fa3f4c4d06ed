/** What a fit is asked, what it tells while it runs, and what comes of it. */
import type { BoundProgram, ParamValues } from '../bind/bound.ts';
import type { DataRows } from '../check/values.ts';
import type { Engine } from '../engines/engine.ts';
import type { Energy } from '../ir/types.ts';
import type { Signal } from '../signal.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { FitHistory } from './history.ts';
import type { FitOptions } from './options.ts';
import type { TermEnergies } from './training.ts';

export interface FitArgs {
  readonly bound: BoundProgram;
  readonly energy: Energy;
  readonly rows: DataRows;
  /** Where learning starts, e.g. `initialParams`; every parameter of the program. */
  readonly params: ParamValues;
  readonly options: FitOptions;
  readonly engine: Engine;
  /** After every step. */
  readonly onStep?: (e: FitProgress) => void;
  /** After every 100 steps: something to write to disk. */
  readonly onCheckpoint?: (c: Checkpoint) => void | Promise<void>;
  /** Heard after at most about 50 ms and a step. */
  readonly signal?: Signal;
  readonly resume?: Checkpoint;
}

export interface FitProgress {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Mean energy of the rows of the step, and of their negatives in the support. */
  readonly rowEnergy: number;
  readonly negativeEnergy: number;
  /** Steps a second, lately. */
  readonly rate: number;
  /** After every hundredth of the run, but at least 10 steps apart, and at its end. */
  readonly terms?: readonly TermEnergies[];
  /** As often: the loss of the rows that are kept aside. */
  readonly heldOut?: number;
}

export interface FitResult {
  /** `failed`: something was not finite, see `diagnostics`; `params` are those of the last checkpoint. */
  readonly status: 'done' | 'stopped' | 'failed';
  readonly diagnostics: readonly Diagnostic[];
  /** Every parameter of the program in its own coordinates, float64: learned ones averaged if `average` > 0. */
  readonly params: ParamValues;
  /** Steps that led to `params`, those before a resumption included. */
  readonly steps: number;
  readonly history: FitHistory;
  readonly terms: readonly { readonly step: number; readonly terms: readonly TermEnergies[] }[];
  /** Looks at the rows that are kept aside; `params` are those of the best one. */
  readonly heldOut: readonly { readonly step: number; readonly loss: number }[];
  /** The best of them; null where there are none. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /** Parameters of the loss itself, by name, e.g. ln Z of noise-contrastive estimation. */
  readonly own: ReadonlyMap<string, number>;
  readonly checkpoint: Checkpoint;
  /** Seconds. */
  readonly timings: {
    readonly compile: number;
    readonly perturb: number;
    /** Loss and gradients. */
    readonly evaluate: number;
    /** Energies of terms. */
    readonly observe: number;
    /** The optimiser and averaging. */
    readonly update: number;
    readonly total: number;
  };
}
