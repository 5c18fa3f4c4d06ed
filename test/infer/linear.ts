/** Small systems of equations, for exact references. */

/** x with A x = b, and ln det A, for a symmetric positive definite A. */
export function solveCholesky(
  a: readonly (readonly number[])[],
  b: readonly number[],
): { readonly x: number[]; readonly logDet: number } {
  const n = b.length;
  const l = a.map((row) => [...row]);
  let logDet = 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let s = a[i][j];
      for (let k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(s) : s / l[j][j];
    }
    logDet += 2 * Math.log(l[j][j]);
  }
  const x = [...b];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return { x, logDet };
}
