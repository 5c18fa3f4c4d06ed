/**
 * Stochastic gradient descent (H. Robbins, S. Monro, Ann. Math. Stat. 22 (1951) 400), with momentum b ← μb + g,
 * θ ← θ − rate·b (B. T. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1) or Nesterov's, θ ← θ − rate·(g + μb)
 * (I. Sutskever, J. Martens, G. Dahl, G. Hinton, ICML 2013, equations 3 and 4, written for the place where gradients are taken).
 */
import { type GradientOptimizer, noCounters, zeros } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** @param lengths of the parameters; without momentum nothing is kept */
export function makeSgd({ momentum, nesterov }: SgdOptions, lengths: readonly number[]): GradientOptimizer {
  const velocity = momentum > 0 ? zeros(lengths) : null;
  return {
    kind: 'gradient',
    steps: 0,
    kept: new Map(velocity ? [['velocity', velocity]] : []),
    counters: noCounters(),
    step(params, gradients, rate) {
      this.steps++;
      // A step is rate·(ofGradient·g + ofVelocity·b).
      const ofGradient = nesterov ? 1 : 0;
      const ofVelocity = nesterov ? momentum : 1;
      for (let p = 0; p < params.length; p++) {
        if (velocity)
          momentumPass(params[p], gradients[p], velocity[p], momentum, rate * ofGradient, rate * ofVelocity);
        else plainPass(params[p], gradients[p], rate);
      }
    },
  };
}

function plainPass(theta: Float64Array, gradient: Float64Array, rate: number): void {
  for (let i = 0; i < theta.length; i++) theta[i] -= rate * gradient[i];
}

function momentumPass(
  theta: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  momentum: number,
  ofGradient: number,
  ofVelocity: number,
): void {
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    const b = momentum * velocity[i] + g;
    velocity[i] = b;
    theta[i] -= ofGradient * g + ofVelocity * b;
  }
}
