/** What jobs report while they run and what they come to. */
import type { ParamValues } from '../bind/bound.ts';
import type { Completion } from '../infer/complete.ts';
import type { LogZ } from '../infer/log-z.ts';
import type { EnergyPath, Minimum } from '../infer/minimize/index.ts';
import type { SampleResult } from '../infer/sample.ts';
import type { Slot } from '../ir/types.ts';
import type { Checkpoint } from '../learn/checkpoint.ts';
import type { Plan } from '../plan/plan.ts';
import type { ChainProgress } from '../scale/chain-progress.ts';
import type { Spread } from '../scale/split.ts';
import type { Calibration } from '../stats/calibration.ts';
import type { Comparison } from '../stats/comparison.ts';
import type { Draws } from '../stats/draws.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';

export type RunEvent =
  | { readonly event: 'start'; readonly job: string; readonly verb: string; readonly energy: string | null }
  | { readonly event: 'plan'; readonly job: string; readonly plan: Plan }
  | {
      readonly event: 'progress';
      readonly job: string;
      /** `summing`: of what has been drawn, scalar by scalar. */
      readonly phase: 'warmup' | 'sampling' | 'training' | 'working' | 'searching' | 'summing';
      readonly done: number;
      readonly total: number;
      /** Steps or sweeps a second. */
      readonly rate: number;
      /** Loss, mean or lowest energy, of `working` on ln Z the estimate so far. */
      readonly value: number | null;
      /** Of a step of learning. */
      readonly training?: TrainingValues;
      /** Of chains, a few times a second: each of them, or of very many some that are spread evenly. */
      readonly chains?: readonly ChainProgress[];
      /** With `chains`: how many there are. */
      readonly chainCount?: number;
      /** The worst R-hat so far over what has one number in a draw; null or absent while nothing can be said. */
      readonly rHat?: number | null;
    };

/** What a step of learning shows besides its loss. */
export interface TrainingValues {
  readonly gradientNorm: number;
  readonly dataEnergy: number;
  /** Null for a loss without negatives. */
  readonly negativeEnergy: number | null;
  /** The last loss of held-out rows; null where none are kept aside. */
  readonly heldOut: number | null;
}

/** Chains or a search at work, for whoever draws them while they run. Its arrays are valid during the call only. */
export interface LiveChains {
  readonly job: string;
  readonly phase: 'warmup' | 'sampling' | 'searching';
  /** The present states of the unknowns, one draw of each chain; of a search the best state so far with its energy. */
  readonly now: Draws;
  /** The whole record; the first `recorded` draws of each chain are filled. */
  readonly record: Draws;
  readonly recorded: number;
  /** Of a search, which records nothing: how the lowest energy came down so far. */
  readonly path?: EnergyPath;
  /** What an end at this moment would come to, null for nothing; absent where only an end can tell. */
  readonly soFar?: () => Promise<JobResult | null>;
}

/** A training curve, thinned for display. */
export interface History {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly gradientNorm: readonly number[];
  readonly dataEnergy: readonly number[];
  /** Empty for a loss without negatives. */
  readonly negativeEnergy: readonly number[];
  /** Looks at the rows that are kept aside, and at the terms of the energy. */
  readonly looks: readonly Look[];
}

export interface Look {
  readonly step: number;
  /** Loss of the rows that are kept aside; null where there are none. */
  readonly heldOut: number | null;
  /** Mean energies of each term over rows and negatives (null without). */
  readonly terms: readonly {
    readonly name: string;
    readonly rows: number;
    readonly negatives: number | null;
  }[];
}

/** Completions, and where the cells are. */
export interface CompletedRows extends Completion {
  /** The data that hold each unknown's values. */
  readonly data: ReadonlyMap<Slot, Slot>;
  readonly seconds: number;
}

export type JobResult =
  | {
      readonly verb: 'fit';
      readonly params: ParamValues;
      readonly history: History;
      readonly checkpoint: Checkpoint;
      readonly steps: number;
      readonly loss: number;
      /** The least loss of held-out rows and the step of `params`; null where no rows are kept aside. */
      readonly best: { readonly step: number; readonly loss: number } | null;
      /** Parameters of the loss itself, e.g. ln Z of noise-contrastive estimation. */
      readonly own: ReadonlyMap<string, number>;
      readonly seconds: number;
      readonly complete: boolean;
      /** Why it failed, if it did; `params` are then those of the last good checkpoint. */
      readonly failure: readonly Diagnostic[];
      /** What was noticed by the way, e.g. that hardly any negative was in the support. */
      readonly warnings: readonly Diagnostic[];
    }
  | ({
      readonly verb: 'sample';
      /** How many workers drew. The draws do not depend on it. */
      readonly spread: Spread;
    } & SampleResult)
  | ({ readonly verb: 'logz' } & LogZ)
  | ({ readonly verb: 'minimize' } & Minimum)
  | {
      readonly verb: 'score';
      /** Of as many rows as were looked at. */
      readonly energy: Float64Array;
      readonly terms: ReadonlyMap<string, Float64Array>;
      /** False when it was stopped before the last row. */
      readonly complete: boolean;
    }
  | {
      readonly verb: 'predict';
      readonly unknown: string;
      readonly labels: readonly string[];
      /** rows × states */
      readonly probabilities: Float64Array;
      readonly truth: Int32Array;
      readonly calibration: Calibration;
      /** False when it was stopped before the last row: there are as many as were looked at. */
      readonly complete: boolean;
    }
  | ({ readonly verb: 'complete' } & CompletedRows)
  | ({
      readonly verb: 'compare';
      /** False when it was stopped before the last of its tests. */
      readonly complete: boolean;
    } & Comparison);
