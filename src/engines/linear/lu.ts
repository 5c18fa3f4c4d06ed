/**
 * LU decomposition with partial pivoting, float64, row-major: G. H. Golub and
 * C. F. Van Loan, *Matrix Computations* (2013), algorithm 3.4.1.
 */

export interface LU {
  readonly n: number;
  /** Unit lower and upper factor in one matrix. */
  readonly factors: Float64Array;
  /** Row k of the product of the factors is row `rows[k]` of the matrix. */
  readonly rows: Int32Array;
  /** The sign of that permutation. */
  readonly sign: 1 | -1;
}

/** The factors of an n×n matrix; a pivot is 0 where it is singular, and all are NaN if an element is not finite. */
export function factorise(matrix: ArrayLike<number>, n: number): LU {
  const a = new Float64Array(matrix);
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  let sign: 1 | -1 = 1;
  if (!a.every(Number.isFinite)) a.fill(Number.NaN);
  for (let k = 0; k < n; k++) {
    let top = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[top * n + k])) top = i;
    if (top !== k) {
      swapRows(a, n, k, top);
      const row = rows[k];
      rows[k] = rows[top];
      rows[top] = row;
      sign = sign === 1 ? -1 : 1;
    }
    const pivot = a[k * n + k];
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const m = a[i * n + k] / pivot;
      a[i * n + k] = m;
      if (m === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j] -= m * a[k * n + j];
    }
  }
  return { n, factors: a, rows, sign };
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[i * n + k];
    a[i * n + k] = a[j * n + k];
    a[j * n + k] = x;
  }
}

/** det A */
export function determinant({ n, factors, sign }: LU): number {
  let d: number = sign;
  for (let k = 0; k < n; k++) d *= factors[k * n + k];
  return d;
}

/** ln |det A|; NaN if A is singular. */
export function logDeterminant({ n, factors }: LU): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += Math.log(Math.abs(factors[k * n + k]));
  return Number.isFinite(sum) ? sum : Number.NaN;
}

/** Whether A has an inverse, as far as its factors show. */
export function isRegular({ n, factors }: LU): boolean {
  for (let k = 0; k < n; k++) {
    const pivot = factors[k * n + k];
    if (pivot === 0 || !Number.isFinite(pivot)) return false;
  }
  return true;
}

/** A⁻¹B for an n×m right side; NaN if A is singular. */
export function solveWith(lu: LU, rhs: ArrayLike<number>, m: number): Float64Array {
  const { n, factors, rows } = lu;
  const x = new Float64Array(n * m);
  if (!isRegular(lu)) return x.fill(Number.NaN);
  for (let i = 0; i < n; i++) for (let c = 0; c < m; c++) x[i * m + c] = rhs[rows[i] * m + c];
  for (let i = 0; i < n; i++) for (let k = 0; k < i; k++) subtractRow(x, m, i, k, factors[i * n + k]);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtractRow(x, m, i, k, factors[i * n + k]);
    for (let c = 0; c < m; c++) x[i * m + c] /= factors[i * n + i];
  }
  return x;
}

/** Row i less `by` times row k. */
function subtractRow(x: Float64Array, m: number, i: number, k: number, by: number): void {
  if (by === 0) return;
  for (let c = 0; c < m; c++) x[i * m + c] -= by * x[k * m + c];
}
