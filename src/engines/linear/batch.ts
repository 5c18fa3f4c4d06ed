/** The matrix functions of the IR (`ir/matrix.ts`) on batches of float64 matrices, in one call a batch. */
import type { MatrixFn } from '../../ir/types.ts';
import { choleskyFactor } from './cholesky.ts';
import { determinant, factorise, type LU, logDeterminant, solveWith } from './lu.ts';

/** Matrices one after another, row-major; `same`: one matrix for the whole batch. */
export interface Matrices {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  readonly same: boolean;
}

/** The elements of one result. */
export function resultSize(fn: MatrixFn, args: readonly Matrices[]): number {
  switch (fn) {
    case 'solve':
      return args[0].columns * args[1].columns;
    case 'cholesky':
      return args[0].rows * args[0].columns;
    case 'log_det':
    case 'det':
      return 1;
  }
}

/**
 * Writes the results of `count` batch positions one after another to `out`;
 * NaN where a matrix is not square or a right side has other rows (terms of energies are checked for
 * that when data are bound).
 */
export function computeMatrices(
  fn: MatrixFn,
  args: readonly Matrices[],
  count: number,
  out: { [i: number]: number },
): void {
  const [a, rhs] = args;
  const n = a.rows;
  const size = resultSize(fn, args);
  if (!fits(args)) {
    for (let i = 0; i < count * size; i++) out[i] = Number.NaN;
    return;
  }
  const store = (p: number, result: ArrayLike<number>): void => {
    for (let i = 0; i < size; i++) out[p * size + i] = result[i];
  };
  let lu: LU | null = null;
  for (let p = 0; p < count; p++) {
    const matrix = (): Float64Array => part(a, p);
    if (fn === 'cholesky') {
      store(p, choleskyFactor(matrix(), n));
      continue;
    }
    if (lu === null || !a.same) lu = factorise(matrix(), n);
    if (fn === 'solve') store(p, solveWith(lu, part(rhs, p), rhs.columns));
    else out[p] = fn === 'det' ? determinant(lu) : logDeterminant(lu);
  }
}

function part({ data, rows, columns, same }: Matrices, p: number): Float64Array {
  const size = rows * columns;
  const start = same ? 0 : p * size;
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) out[i] = data[start + i];
  return out;
}

/** Whether the matrix is square and a right side has as many rows. */
const fits = ([a, rhs]: readonly Matrices[]): boolean =>
  a.rows === a.columns && (rhs === undefined || rhs.rows === a.rows);
