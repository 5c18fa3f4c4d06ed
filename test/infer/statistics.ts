/**
 * Comparing samples with what they should be. Errors are never guessed: chains are
 * independent, so the means of C chains are C independent numbers, and the standard
 * error of their mean is their standard deviation over √C whatever the correlation
 * within a chain.
 */
import { expect } from 'vitest';

/**
 * A mean is accepted within 5 standard errors. For a Student t with 127 degrees of
 * freedom P(|t| > 5) = 2·10⁻⁶, and the tests of this folder compare fewer than 1000
 * numbers: by Bonferroni the chance that a correct program fails for some seed is
 * below 0.2 %. Seeds are fixed, so a test that passes goes on passing.
 */
export const ERRORS = 5;

export interface Estimate {
  readonly mean: number;
  readonly error: number;
}

/** Mean of independent numbers, with its standard error. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((a, x) => a + (x - mean) ** 2, 0) / (n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}

/** @param bias what rounding of the engine may add, e.g. 2⁻²⁴ times the size of the numbers */
export function expectMean(values: readonly number[], want: number, what: string, bias = 1e-6): void {
  const { mean, error } = estimate(values);
  expect(
    Math.abs(mean - want),
    `${what}: ${mean} ± ${error}, expected ${want} (${((mean - want) / error).toFixed(1)} errors)`,
  ).toBeLessThanOrEqual(ERRORS * error + bias);
}

/**
 * Pearson's χ² of counts against probabilities as a standard normal number, by the
 * Wilson–Hilferty transformation. Cells expected fewer than 5 times are put together.
 */
export function chiSquare(counts: readonly number[], probabilities: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b, 0);
  let chi = 0;
  let cells = 0;
  let [restCount, restMean] = [0, 0];
  const add = (count: number, mean: number): void => {
    chi += (count - mean) ** 2 / mean;
    cells++;
  };
  counts.forEach((count, i) => {
    const mean = n * probabilities[i];
    if (mean >= 5) add(count, mean);
    else {
      restCount += count;
      restMean += mean;
    }
  });
  if (restMean > 0) add(restCount, Math.max(restMean, 1e-9));
  else if (restCount > 0) return Number.POSITIVE_INFINITY;
  const df = cells - 1;
  if (df === 0) return 0;
  return (Math.cbrt(chi / df) - (1 - 2 / (9 * df))) / Math.sqrt(2 / (9 * df));
}
