/** The optimiser that is asked for. */
import { makeAdagrad } from './adagrad.ts';
import { makeAdam } from './adam.ts';
import { makeLbfgs } from './lbfgs.ts';
import type { GradientOptimizer, Optimizer, OptimizerChoice, RatedChoice } from './optimizer.ts';
import { makeRmsprop } from './rmsprop.ts';
import { makeSgd } from './sgd.ts';

export interface OptimizerSpec {
  /** Numbers of elements of the parameters. */
  readonly lengths: readonly number[];
  /** Which of them weight decay concerns; absent: all. */
  readonly decays?: readonly boolean[];
  /** Relative precision of the losses that line searches compare; default 2⁻⁵³. */
  readonly epsilon?: number;
}

/** A new optimiser, before its first step. */
export function makeOptimizer(choice: RatedChoice, spec: OptimizerSpec): GradientOptimizer;
export function makeOptimizer(choice: OptimizerChoice, spec: OptimizerSpec): Optimizer;
export function makeOptimizer(choice: OptimizerChoice, spec: OptimizerSpec): Optimizer {
  const { lengths, decays, epsilon = 2 ** -53 } = spec;
  switch (choice.kind) {
    case 'adam':
      return makeAdam({ beta1: choice.beta1, beta2: choice.beta2 }, lengths);
    case 'adamw':
      return makeAdam(choice, lengths, decays);
    case 'sgd':
      return makeSgd(choice, lengths);
    case 'rmsprop':
      return makeRmsprop(choice, lengths);
    case 'adagrad':
      return makeAdagrad(lengths);
    case 'lbfgs':
      return makeLbfgs({ ...choice, epsilon: 8 * epsilon }, lengths);
  }
}
