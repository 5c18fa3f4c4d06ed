/** Means of numbers that are known by their logarithms, with standard errors. */
import { paretoShape } from './pareto.ts';

export interface LogMean {
  /** ln of the mean; −∞ where all are 0. */
  readonly value: number;
  /** Standard error of `value`. */
  readonly error: number;
  /** Effective sample size (Σw)²/Σw². */
  readonly ess: number;
  /** Shape of the tail of large weights; NaN where there are too few. */
  readonly shape: number;
}

/** Effective draws below which the largest decide, and the spread of logarithms is the better guide. */
const FEW = 10;

/**
 * ln((1/n)·Σ exp(lᵢ)) of independent weights. The error is the larger of the delta method's and the jackknife's
 * (Efron, *The Jackknife, the Bootstrap* (1982), ch. 3); where fewer than ten of the draws count, it is no smaller
 * than the standard deviation of the logarithms, because the mean is then decided by draws that were perhaps not seen.
 */
export function logMeanOf(logWeights: ArrayLike<number>): LogMean {
  const n = logWeights.length;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) if (logWeights[i] > top) top = logWeights[i];
  if (top === Number.NEGATIVE_INFINITY)
    return { value: top, error: Number.POSITIVE_INFINITY, ess: 0, shape: Number.NaN };
  const w = Float64Array.from(logWeights, (l) => Math.exp(l - top));
  let sum = 0;
  let squares = 0;
  for (const x of w) {
    sum += x;
    squares += x * x;
  }
  const mean = sum / n;
  const ess = (sum * sum) / squares;
  let deviations = 0;
  for (const x of w) deviations += (x - mean) ** 2;
  const delta = Math.sqrt(deviations / (n * (n - 1))) / mean;
  let error = n > 1 ? Math.max(delta, jackknife(w, sum)) : Number.POSITIVE_INFINITY;
  if (ess < Math.min(FEW, n / 4)) error = Math.max(error, spread(logWeights));
  return { value: top + Math.log(mean), error, ess, shape: paretoShape(logWeights) };
}

function jackknife(w: Float64Array, sum: number): number {
  const n = w.length;
  const left = w.map((x) => Math.log(Math.max(sum - x, 1e-300 * sum)));
  const mean = left.reduce((a, x) => a + x, 0) / n;
  return Math.sqrt((left.reduce((a, x) => a + (x - mean) ** 2, 0) * (n - 1)) / n);
}

/** Standard deviation of the logarithms of weights that are not 0. */
function spread(logWeights: ArrayLike<number>): number {
  const l = Array.from(logWeights).filter((x) => x > Number.NEGATIVE_INFINITY);
  if (l.length < 2) return 0;
  const mean = l.reduce((a, x) => a + x, 0) / l.length;
  return Math.sqrt(l.reduce((a, x) => a + (x - mean) ** 2, 0) / (l.length - 1));
}

/** ln Σ exp(lᵢ) */
export function logSumOf(l: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < l.length; i++) if (l[i] > top) top = l[i];
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (let i = 0; i < l.length; i++) sum += Math.exp(l[i] - top);
  return top + Math.log(sum);
}
