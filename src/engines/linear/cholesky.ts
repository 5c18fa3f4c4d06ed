/** Cholesky decomposition, float64, row-major: Golub and Van Loan, *Matrix Computations* (2013), §4.2. */

/**
 * The lower L with LLᵀ = (A + Aᵀ)/2, zeros above its diagonal; NaN everywhere if
 * that is not positive definite.
 */
export function choleskyFactor(a: ArrayLike<number>, n: number): Float64Array {
  const l = new Float64Array(n * n);
  factorInto(new Float64Array(a), 0, n, l, 0);
  return l;
}

/** As `choleskyFactor`, of the matrix that starts at `from`; its factor is written from `to` on. */
export function factorInto(a: Float64Array, from: number, n: number, l: Float64Array, to: number): void {
  for (let i = 0; i < n; i++) {
    const row = to + i * n;
    let j = 0;
    // Four elements of a row at a time: sums that do not wait for each other, up to the first of them.
    for (; j + 4 <= i; j += 4) {
      const [r0, r1, r2, r3] = [to + j * n, to + (j + 1) * n, to + (j + 2) * n, to + (j + 3) * n];
      let s0 = 0.5 * (a[from + i * n + j] + a[from + j * n + i]);
      let s1 = 0.5 * (a[from + i * n + j + 1] + a[from + (j + 1) * n + i]);
      let s2 = 0.5 * (a[from + i * n + j + 2] + a[from + (j + 2) * n + i]);
      let s3 = 0.5 * (a[from + i * n + j + 3] + a[from + (j + 3) * n + i]);
      for (let k = 0; k < j; k++) {
        const x = l[row + k];
        s0 -= x * l[r0 + k];
        s1 -= x * l[r1 + k];
        s2 -= x * l[r2 + k];
        s3 -= x * l[r3 + k];
      }
      s0 /= l[r0 + j];
      s1 = (s1 - s0 * l[r1 + j]) / l[r1 + j + 1];
      s2 = (s2 - s0 * l[r2 + j] - s1 * l[r2 + j + 1]) / l[r2 + j + 2];
      s3 = (s3 - s0 * l[r3 + j] - s1 * l[r3 + j + 1] - s2 * l[r3 + j + 2]) / l[r3 + j + 3];
      l[row + j] = s0;
      l[row + j + 1] = s1;
      l[row + j + 2] = s2;
      l[row + j + 3] = s3;
    }
    for (; j < i; j++) {
      let s = 0.5 * (a[from + i * n + j] + a[from + j * n + i]);
      for (let k = 0; k < j; k++) s -= l[row + k] * l[to + j * n + k];
      l[row + j] = s / l[to + j * n + j];
    }
    let s = a[from + i * n + i];
    for (let k = 0; k < i; k++) s -= l[row + k] * l[row + k];
    if (!(s > 0 && s < Number.POSITIVE_INFINITY)) {
      l.fill(Number.NaN, to, to + n * n);
      return;
    }
    l[row + i] = Math.sqrt(s);
    l.fill(0, row + i + 1, row + n);
  }
}
