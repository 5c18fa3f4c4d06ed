/**
 * The shape k of a generalised Pareto distribution fitted to the largest of some weights: below 1/2 their variance is
 * finite, above 0.7 averages of them say little (Vehtari, Simpson, Gelman, Yao & Gabry, JMLR 25 (2024) 72). The fit is
 * that of Zhang & Stephens, Technometrics 51 (2009) 316, drawn towards 1/2 with the weight of ten draws.
 */

/** Draws below which nothing is said. */
const MIN_DRAWS = 25;

/**
 * @param logWeights logarithms; −∞ is a weight of 0
 * @returns NaN of fewer than 25 draws; −∞ where the largest weights are all equal
 */
export function paretoShape(logWeights: ArrayLike<number>): number {
  const n = logWeights.length;
  if (n < MIN_DRAWS) return Number.NaN;
  const sorted = Float64Array.from(logWeights).sort();
  const top = sorted[n - 1];
  const tail = Math.max(5, Math.floor(Math.min(0.2 * n, 3 * Math.sqrt(n))));
  const cut = Math.exp(sorted[n - tail - 1] - top);
  const excess = sorted.slice(n - tail).map((l) => Math.exp(l - top) - cut);
  if (!(excess[tail - 1] > 1e-12) || Number.isNaN(cut)) return Number.NEGATIVE_INFINITY;
  return (tail * shapeOf(excess) + 5) / (tail + 10);
}

/** @param x ascending, not negative, the last one positive */
function shapeOf(x: Float64Array): number {
  const n = x.length;
  const grid = 30 + Math.floor(Math.sqrt(n));
  const quartile = Math.max(x[Math.floor(n / 4 + 0.5) - 1], 1e-300);
  const largest = x[n - 1];
  const theta = Float64Array.from(
    { length: grid },
    (_, j) => 1 / largest + (1 - Math.sqrt(grid / (j + 0.5))) / (3 * quartile),
  );
  const shapeAt = (t: number): number => {
    let sum = 0;
    for (const v of x) sum += Math.log1p(-t * v);
    return sum / n;
  };
  const profile = theta.map((t) => {
    const k = shapeAt(t);
    return n * (Math.log(-t / k) - k - 1);
  });
  let top = Number.NEGATIVE_INFINITY;
  for (const p of profile) if (p > top) top = p;
  let total = 0;
  let mean = 0;
  profile.forEach((p, j) => {
    if (Number.isNaN(p)) return;
    const w = Math.exp(p - top);
    total += w;
    mean += w * theta[j];
  });
  return shapeAt(mean / total);
}
