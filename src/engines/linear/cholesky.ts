/** Cholesky decomposition, float64, row-major: Golub and Van Loan, *Matrix Computations* (2013), §4.2. */

/**
 * The lower L with LLᵀ = (A + Aᵀ)/2, zeros above its diagonal; NaN everywhere if
 * that is not positive definite.
 */
export function choleskyFactor(a: ArrayLike<number>, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let s = 0.5 * (a[i * n + j] + a[j * n + i]);
      for (let k = 0; k < j; k++) s -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = s / l[j * n + j];
      else if (s > 0 && s < Number.POSITIVE_INFINITY) l[i * n + i] = Math.sqrt(s);
      else return l.fill(Number.NaN);
    }
  return l;
}
