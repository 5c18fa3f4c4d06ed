/** Sums in float64 with a compensation for rounding. */

/**
 * Σ items by Neumaier's compensated summation (ZAMM 54, 1974): the error does not
 * grow with the number of items, and large terms that cancel leave small ones exact.
 * Infinite or NaN items give what plain addition gives.
 */
export function compensatedSum(items: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of items) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

/** ln Σ exp(items); −∞ for no items. */
export function logSumExp(items: readonly number[]): number {
  const top = items.reduce((m, x) => Math.max(m, x), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(top)) return top;
  return top + Math.log(compensatedSum(items.map((x) => Math.exp(x - top))));
}
