/**
 * LU decomposition with partial pivoting, float64, row-major: G. H. Golub and
 * C. F. Van Loan, *Matrix Computations* (2013), algorithm 3.4.1.
 */
import { isInvertible, solveLower, solveUpper } from './triangular.ts';

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
  const factors = new Float64Array(matrix);
  const rows = new Int32Array(n);
  return { n, factors, rows, sign: factoriseInPlace(factors, n, rows) };
}

/** As `factorise`, the matrix overwritten by its factors; returns the sign of the permutation. */
export function factoriseInPlace(a: Float64Array, n: number, rows: Int32Array): 1 | -1 {
  let sign: 1 | -1 = 1;
  let finite = 0;
  for (let i = 0; i < n * n; i++) finite += 0 * a[i];
  if (finite !== 0) a.fill(Number.NaN, 0, n * n);
  for (let i = 0; i < n; i++) rows[i] = i;
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
      const [to, from] = [i * n, k * n];
      for (let j = k + 1; j < n; j++) a[to + j] -= m * a[from + j];
    }
  }
  return sign;
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
  return isInvertible(factors, 0, n);
}

/** A⁻¹B for an n×m right side; NaN if A is singular. */
export function solveWith(lu: LU, rhs: ArrayLike<number>, m: number): Float64Array {
  const x = new Float64Array(lu.n * m);
  solveInto(lu, new Float64Array(rhs), 0, m, x, 0);
  return x;
}

/** As `solveWith`, of the right side that starts at `from`, written from `to` on. */
export function solveInto(
  lu: LU,
  rhs: Float64Array,
  from: number,
  m: number,
  x: Float64Array,
  to: number,
): void {
  const { n, factors, rows } = lu;
  if (!isRegular(lu)) {
    x.fill(Number.NaN, to, to + n * m);
    return;
  }
  for (let i = 0; i < n; i++) for (let c = 0; c < m; c++) x[to + i * m + c] = rhs[from + rows[i] * m + c];
  solveLower(factors, 0, n, x, to, m, true);
  solveUpper(factors, 0, n, x, to, m);
}
