/**
 * RMSProp: T. Tieleman, G. Hinton, "Lecture 6.5: divide the gradient by a running average of its recent magnitude",
 * Coursera: Neural Networks for Machine Learning, 2012. v ← β₂v + (1 − β₂)g², u = g/(√v + ε), then θ ← θ − rate·u, or
 * with momentum b ← μb + u, θ ← θ − rate·b.
 */
import { type GradientOptimizer, noCounters, zeros } from './optimizer.ts';

export interface RmspropOptions {
  readonly beta2: number;
  readonly momentum: number;
}

/** Added to the root of the second moment. */
const EPSILON = 1e-8;

/** @param lengths of the parameters */
export function makeRmsprop(
  { beta2, momentum }: RmspropOptions,
  lengths: readonly number[],
): GradientOptimizer {
  const second = zeros(lengths);
  const velocity = momentum > 0 ? zeros(lengths) : null;
  return {
    kind: 'gradient',
    steps: 0,
    kept: new Map([['second', second], ...(velocity ? ([['velocity', velocity]] as const) : [])]),
    counters: noCounters(),
    step(params, gradients, rate) {
      this.steps++;
      for (let p = 0; p < params.length; p++) {
        if (velocity) momentumPass(params[p], gradients[p], second[p], velocity[p], beta2, momentum, rate);
        else plainPass(params[p], gradients[p], second[p], beta2, rate);
      }
    },
  };
}

function plainPass(
  theta: Float64Array,
  gradient: Float64Array,
  second: Float64Array,
  beta2: number,
  rate: number,
): void {
  const new2 = 1 - beta2;
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    const v = beta2 * second[i] + new2 * g * g;
    second[i] = v;
    theta[i] -= (rate * g) / (Math.sqrt(v) + EPSILON);
  }
}

function momentumPass(
  theta: Float64Array,
  gradient: Float64Array,
  second: Float64Array,
  velocity: Float64Array,
  beta2: number,
  momentum: number,
  rate: number,
): void {
  const new2 = 1 - beta2;
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    const v = beta2 * second[i] + new2 * g * g;
    const b = momentum * velocity[i] + g / (Math.sqrt(v) + EPSILON);
    second[i] = v;
    velocity[i] = b;
    theta[i] -= rate * b;
  }
}
