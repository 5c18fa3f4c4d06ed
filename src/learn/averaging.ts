/** What is done to gradients before a step, and to parameters after it, whatever the optimiser. */

/** The Euclidean norm of all gradients together. */
export function globalNorm(gradients: readonly Float64Array[]): number {
  let sum = 0;
  for (const g of gradients) for (let i = 0; i < g.length; i++) sum += g[i] * g[i];
  return Math.sqrt(sum);
}

/**
 * Scales the gradients in place so that their norm is at most `largest` (R. Pascanu,
 * T. Mikolov, Y. Bengio, ICML 2013, Algorithm 1).
 * @param largest 0: no limit
 * @returns the norm before
 */
export function clipByNorm(gradients: readonly Float64Array[], largest: number): number {
  const norm = globalNorm(gradients);
  if (largest > 0 && norm > largest && norm < Number.POSITIVE_INFINITY) {
    const scale = largest / norm;
    for (const g of gradients) for (let i = 0; i < g.length; i++) g[i] *= scale;
  }
  return norm;
}

/** Exponential moving average of parameters, biased towards 0; see `averaged`. The arrays are updated in place. */
export interface Average {
  /** Number of steps averaged. */
  step: number;
  readonly sums: readonly Float64Array[];
}

export const averageStart = (params: readonly Float64Array[]): Average => ({
  step: 0,
  sums: params.map((p) => new Float64Array(p.length)),
});

/** a ← decay·a + (1 − decay)·θ */
export function averageStep(average: Average, params: readonly Float64Array[], decay: number): void {
  average.step++;
  params.forEach((theta, p) => {
    const a = average.sums[p];
    for (let i = 0; i < a.length; i++) a[i] = decay * a[i] + (1 - decay) * theta[i];
  });
}

/**
 * The average without its bias towards 0: a/(1 − decayᵗ) (Kingma and Ba 2015, §7.2), a
 * mean of the iterates with weights that sum to 1. New arrays.
 * @param average of at least one step
 * @param decay in 0 … 1, not 1
 */
export const averaged = (average: Average, decay: number): Float64Array[] =>
  average.sums.map((a) => a.map((x) => x / (1 - decay ** average.step)));
