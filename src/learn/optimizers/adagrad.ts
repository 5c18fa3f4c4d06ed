/**
 * Adagrad: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
 * optimization", JMLR 12 (2011) 2121, Algorithm 1 with diagonal matrices: G ← G + g², θ ← θ − rate·g/(√G + ε).
 */
import { type GradientOptimizer, noCounters, zeros } from './optimizer.ts';

/** δ of the paper: where gradients were 0 so far, nothing moves. */
const EPSILON = 1e-10;

/** @param lengths of the parameters */
export function makeAdagrad(lengths: readonly number[]): GradientOptimizer {
  const squares = zeros(lengths);
  return {
    kind: 'gradient',
    steps: 0,
    kept: new Map([['squares', squares]]),
    counters: noCounters(),
    step(params, gradients, rate) {
      this.steps++;
      for (let p = 0; p < params.length; p++) pass(params[p], gradients[p], squares[p], rate);
    },
  };
}

function pass(theta: Float64Array, gradient: Float64Array, squares: Float64Array, rate: number): void {
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    const s = squares[i] + g * g;
    squares[i] = s;
    theta[i] -= (rate * g) / (Math.sqrt(s) + EPSILON);
  }
}
