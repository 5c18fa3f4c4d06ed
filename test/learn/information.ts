/**
 * How well an energy that is linear in its parameters, U = −θ·f(x), can be learned.
 *
 * With w = 1 the loss of a row is the cross-entropy of telling x among x, x′_1 … x′_M,
 *   −log exp(θ·f(x)) / Σ_k exp(θ·f(x_k)),  k = 0 … M,
 * and given the corruption y these M + 1 points are one draw of p(x|y) among draws of
 * q(x|y) = q(y|x)/Σ q(y|x) in unknown order: where exp(θ·f) ∝ p, the softmax is the
 * exact posterior of which one is the draw of p, whatever M. So the loss is minus the
 * log of a correctly specified conditional likelihood: its minimiser is consistent, and
 * by the information equality (E[∇ℓ ∇ℓᵀ] = E[∇²ℓ] = H) the error of a fit to n rows
 * has covariance H⁻¹/n, with H the mean over rows of Cov_softmax(f). (Fresh negatives
 * in every pass only make it smaller.)
 */
export function information(
  features: (x: Float64Array) => number[],
  theta: readonly number[],
  rows: Float64Array,
  negatives: Float64Array,
  count: number,
  draws: number,
): number[][] {
  const width = rows.length / count;
  const k = theta.length;
  const H = Array.from({ length: k }, () => new Array<number>(k).fill(0));
  for (let n = 0; n < count; n++) {
    const points = [
      features(rows.subarray(n * width, (n + 1) * width)),
      ...Array.from({ length: draws }, (_, m) =>
        features(negatives.subarray((n * draws + m) * width, (n * draws + m + 1) * width)),
      ),
    ];
    const scores = points.map((f) => f.reduce((s, x, i) => s + x * theta[i], 0));
    const top = Math.max(...scores);
    const weights = scores.map((s) => Math.exp(s - top));
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = theta.map((_, i) => points.reduce((s, f, p) => s + (weights[p] / total) * f[i], 0));
    points.forEach((f, p) => {
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          H[i][j] += ((weights[p] / total) * (f[i] - mean[i]) * (f[j] - mean[j])) / count;
    });
  }
  return H;
}

/** The inverse, by Gauss–Jordan elimination with pivoting. */
export function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const a = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let c = 0; c < n; c++) {
    let best = c;
    for (let r = c; r < n; r++) if (Math.abs(a[r][c]) > Math.abs(a[best][c])) best = r;
    [a[c], a[best]] = [a[best], a[c]];
    const pivot = a[c][c];
    if (pivot === 0) throw new Error('the matrix is singular');
    a[c] = a[c].map((x) => x / pivot);
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = a[r][c];
      a[r] = a[r].map((x, j) => x - factor * a[c][j]);
    }
  }
  return a.map((row) => row.slice(n));
}
