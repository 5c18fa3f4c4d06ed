/** Triangular systems, float64, row-major: Golub and Van Loan, *Matrix Computations* (2013), §3.1. */

export type Form = 'lower' | 'upper' | 'full';

/** Where elements of the n×n matrix that starts at `at` are not 0; a diagonal matrix is lower. */
export function formOf(a: Float64Array, at: number, n: number): Form {
  let isLower = true;
  let isUpper = true;
  for (let i = 0; i < n && (isLower || isUpper); i++) {
    const row = at + i * n;
    for (let j = 0; isUpper && j < i; j++) if (a[row + j] !== 0) isUpper = false;
    for (let j = i + 1; isLower && j < n; j++) if (a[row + j] !== 0) isLower = false;
  }
  return isLower ? 'lower' : isUpper ? 'upper' : 'full';
}

/** Whether all elements are finite and none on the diagonal is 0. */
export function isInvertible(a: Float64Array, at: number, n: number): boolean {
  for (let k = 0; k < n; k++) if (a[at + k * (n + 1)] === 0) return false;
  // Not a number where an element is not finite; sums that do not wait for each other.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = at + n * n;
  let k = at;
  for (; k + 4 <= end; k += 4) {
    s0 += 0 * a[k];
    s1 += 0 * a[k + 1];
    s2 += 0 * a[k + 2];
    s3 += 0 * a[k + 3];
  }
  for (; k < end; k++) s0 += 0 * a[k];
  return s0 + s1 + s2 + s3 === 0;
}

/**
 * X := L⁻¹X for the n×m matrix X from `to` on; `unit`: the diagonal of L is 1, whatever is there.
 * @param subtract a quicker `subtractRows`, if there is one for these arrays
 */
export function solveLower(
  l: Float64Array,
  at: number,
  n: number,
  x: Float64Array,
  to: number,
  m: number,
  unit: boolean,
  subtract: SubtractRows = subtractRows,
): void {
  for (let i = 0; i < n; i++) {
    if (m === 1) subtractColumn(l, at + i * n, 0, i, x, to + i, to);
    else subtract(l, at + i * n, 0, i, x, to + i * m, to, m);
    if (!unit) divide(x, to + i * m, m, l[at + i * n + i]);
  }
}

/**
 * X := U⁻¹X for the n×m matrix X from `to` on.
 * @param subtract as of `solveLower`
 */
export function solveUpper(
  u: Float64Array,
  at: number,
  n: number,
  x: Float64Array,
  to: number,
  m: number,
  subtract: SubtractRows = subtractRows,
): void {
  for (let i = n - 1; i >= 0; i--) {
    if (m === 1) subtractColumn(u, at + i * n, i + 1, n, x, to + i, to);
    else subtract(u, at + i * n, i + 1, n, x, to + i * m, to, m);
    divide(x, to + i * m, m, u[at + i * n + i]);
  }
}

function divide(x: Float64Array, row: number, m: number, by: number): void {
  for (let c = 0; c < m; c++) x[row + c] /= by;
}

/** The row of X at `row` less the product of a row and X itself, where that has one column. */
function subtractColumn(
  a: Float64Array,
  at: number,
  from: number,
  end: number,
  x: Float64Array,
  row: number,
  to: number,
): void {
  let s0 = x[row];
  let s1 = 0;
  let k = from;
  for (; k + 2 <= end; k += 2) {
    s0 -= a[at + k] * x[to + k];
    s1 -= a[at + k + 1] * x[to + k + 1];
  }
  if (k < end) s0 -= a[at + k] * x[to + k];
  x[row] = s0 + s1;
}

/** The row of X at `row` less Σ a[k] · row k of X over from ≤ k < end; `a` starts at `at`, X, of m columns, at `to`. */
export type SubtractRows = (
  a: Float64Array,
  at: number,
  from: number,
  end: number,
  x: Float64Array,
  row: number,
  to: number,
  m: number,
) => void;

const subtractRows: SubtractRows = (a, at, from, end, x, row, to, m) => {
  let k = from;
  // Four rows at a time, so that the row itself is read and written less often.
  for (; k + 4 <= end; k += 4) {
    const [b0, b1, b2, b3] = [a[at + k], a[at + k + 1], a[at + k + 2], a[at + k + 3]];
    const r0 = to + k * m;
    const [r1, r2, r3] = [r0 + m, r0 + 2 * m, r0 + 3 * m];
    for (let c = 0; c < m; c++)
      x[row + c] -= b0 * x[r0 + c] + b1 * x[r1 + c] + (b2 * x[r2 + c] + b3 * x[r3 + c]);
  }
  for (; k < end; k++) {
    const b = a[at + k];
    const r = to + k * m;
    for (let c = 0; c < m; c++) x[row + c] -= b * x[r + c];
  }
};
