/**
 * Adam: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015 (arXiv 1412.6980), Algorithm 1 in
 * the order of its section 2: √(1 − β₂ᵗ)/(1 − β₁ᵗ) goes into the rate, so an element costs one root and one division.
 *
 * AdamW: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019, Algorithm 2, with its schedule
 * η·α as the rate and λ/α as `decay`: a step shrinks θ by rate·decay·θ, whatever the moments are.
 */
import { type GradientOptimizer, noCounters, zeros } from './optimizer.ts';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  /** Default 0. */
  readonly decay?: number;
}

/** Added to the root of the second moment. */
const EPSILON = 1e-8;

/**
 * @param lengths of the parameters
 * @param decays which of them decay; absent: all
 */
export function makeAdam(
  { beta1, beta2, decay = 0 }: AdamOptions,
  lengths: readonly number[],
  decays?: readonly boolean[],
): GradientOptimizer {
  const first = zeros(lengths);
  const second = zeros(lengths);
  return {
    kind: 'gradient',
    steps: 0,
    kept: new Map([
      ['first', first],
      ['second', second],
    ]),
    counters: noCounters(),
    step(params, gradients, rate) {
      const t = ++this.steps;
      // β⁰ = 1 also for β = 0, and 1 − βᵗ > 0 for every t ≥ 1 as long as β < 1.
      const root = Math.sqrt(1 - beta2 ** t);
      const scaled = (rate * root) / (1 - beta1 ** t);
      for (let p = 0; p < params.length; p++) {
        const keep = decays && !decays[p] ? 1 : 1 - rate * decay;
        adamPass(params[p], gradients[p], first[p], second[p], beta1, beta2, keep, scaled, EPSILON * root);
      }
    },
  };
}

function adamPass(
  theta: Float64Array,
  gradient: Float64Array,
  first: Float64Array,
  second: Float64Array,
  beta1: number,
  beta2: number,
  keep: number,
  rate: number,
  epsilon: number,
): void {
  const new1 = 1 - beta1;
  const new2 = 1 - beta2;
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i];
    const m = beta1 * first[i] + new1 * g;
    const v = beta2 * second[i] + new2 * g * g;
    first[i] = m;
    second[i] = v;
    theta[i] = keep * theta[i] - (rate * m) / (Math.sqrt(v) + epsilon);
  }
}
