/**
 * What an optimiser is: a function of parameters, gradients and what it keeps from step to step. The loop of `fit.ts`
 * knows nothing else about it; which one there is, and its options, stand in `src/options.ts`.
 */
import type { RateOptions } from './schedule.ts';

export interface AdamChoice extends RateOptions {
  readonly kind: 'adam';
  readonly beta1: number;
  readonly beta2: number;
}

export interface AdamwChoice extends RateOptions {
  readonly kind: 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  /** λ: a parameter shrinks by the share rate·λ of itself at each step. */
  readonly decay: number;
}

export interface SgdChoice extends RateOptions {
  readonly kind: 'sgd';
  /** 0: none. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface RmspropChoice extends RateOptions {
  readonly kind: 'rmsprop';
  readonly beta2: number;
  /** 0: none. */
  readonly momentum: number;
}

export interface AdagradChoice extends RateOptions {
  readonly kind: 'adagrad';
}

export interface LbfgsChoice {
  readonly kind: 'lbfgs';
  /** Pairs of changes that the curvature is learned from. */
  readonly memory: number;
  /** A gradient this small, relative to the loss where that is larger than 1, is none. */
  readonly tolerance: number;
}

/** Optimisers that take one gradient a step, at the rate of a schedule. */
export type RatedChoice = AdamChoice | AdamwChoice | SgdChoice | RmspropChoice | AdagradChoice;
export type OptimizerChoice = RatedChoice | LbfgsChoice;

/** All that an optimiser knows of its past. */
export interface OptimizerState {
  /** Steps taken. */
  readonly steps: number;
  /** Arrays like the parameters, by name, e.g. moments of gradients. */
  readonly kept: ReadonlyMap<string, readonly Float64Array[]>;
  /** Whole numbers, e.g. how many pairs are in use; their meaning is the optimiser's own. */
  readonly counters: Float64Array;
}

interface Changing extends OptimizerState {
  /** Its arrays are changed in place. */
  steps: number;
}

export interface GradientOptimizer extends Changing {
  readonly kind: 'gradient';
  /**
   * One step down the gradients: changes `params` and what is kept in place, allocates nothing. The result is a
   * function of the arguments and the state alone.
   * @param rate of this step
   */
  step(params: readonly Float64Array[], gradients: readonly Float64Array[], rate: number): void;
}

/** What became of a step with a line search. */
export interface Searched {
  /** False where no lower place was found: at a minimum, up to rounding, or a kink. */
  readonly moved: boolean;
  /** Whether the last evaluation was at the place where the step ended, so that it need not be repeated. */
  readonly evaluated: boolean;
}

export interface SearchOptimizer extends Changing {
  readonly kind: 'search';
  /**
   * One step with a line search. On return `params` is the new place and `gradients` are those there.
   * @param loss at `params`; `gradients` are those there
   * @param evaluate writes the gradients at `params`, as they are then, to `gradients`, and returns the loss
   */
  step(
    params: readonly Float64Array[],
    gradients: readonly Float64Array[],
    loss: number,
    evaluate: () => number,
  ): Searched;
}

export type Optimizer = GradientOptimizer | SearchOptimizer;

/** Gives an optimiser the state of another of its kind and size. */
export function restore(optimizer: Optimizer, state: OptimizerState): void {
  optimizer.steps = state.steps;
  optimizer.counters.set(state.counters);
  for (const [name, arrays] of optimizer.kept) {
    const from = state.kept.get(name)!;
    for (let p = 0; p < arrays.length; p++) arrays[p].set(from[p]);
  }
}

/** An array of zeros for each parameter. */
export const zeros = (lengths: readonly number[]): Float64Array[] => lengths.map((n) => new Float64Array(n));

export const noCounters = (): Float64Array => new Float64Array(0);
