/** The matrix functions of the IR (`ir/matrix.ts`) on batches of float64 matrices, in one call a batch. */
import type { MatrixFn } from '../../ir/types.ts';
import { factorInto } from './cholesky.ts';
import { determinant, factoriseInPlace, type LU, logDeterminant, solveInto } from './lu.ts';
import { type Form, formOf, isInvertible, type SubtractRows, solveLower, solveUpper } from './triangular.ts';

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
 * @param subtract a quicker way to change rows, for operands and results that are Float64Arrays
 */
export function computeMatrices(
  fn: MatrixFn,
  args: readonly Matrices[],
  count: number,
  out: { [i: number]: number },
  subtract?: SubtractRows,
): void {
  const size = resultSize(fn, args);
  if (!fits(args)) {
    for (let i = 0; i < count * size; i++) out[i] = Number.NaN;
    return;
  }
  const doubles = args.map(({ data }) => (data instanceof Float64Array ? data : new Float64Array(data)));
  const results = out instanceof Float64Array ? out : new Float64Array(count * size);
  compute(fn, args, doubles, count, results, subtract);
  if (results !== out) for (let i = 0; i < count * size; i++) out[i] = results[i];
}

function compute(
  fn: MatrixFn,
  [a, rhs]: readonly Matrices[],
  [data, right]: readonly Float64Array[],
  count: number,
  out: Float64Array,
  subtract: SubtractRows | undefined,
): void {
  const n = a.rows;
  const area = n * n;
  const at = (p: number): number => (a.same ? 0 : p * area);
  if (fn === 'cholesky') {
    for (let p = 0; p < count; p++) factorInto(data, at(p), n, out, p * area);
    return;
  }
  let factors: Factors | null = null;
  /** Factors of the matrix of a position. */
  const factored = (p: number): LU => {
    if (factors === null || !a.same) {
      factors ??= { n, factors: new Float64Array(area), rows: new Int32Array(n), sign: 1 };
      const from = at(p);
      for (let i = 0; i < area; i++) factors.factors[i] = data[from + i];
      factors.sign = factoriseInPlace(factors.factors, n, factors.rows);
    }
    return factors;
  };
  if (fn !== 'solve') {
    for (let p = 0; p < count; p++) {
      const lu = factored(p);
      out[p] = fn === 'det' ? determinant(lu) : logDeterminant(lu);
    }
    return;
  }
  const m = rhs.columns;
  let form: Form = 'full';
  for (let p = 0; p < count; p++) {
    const [from, to] = [rhs.same ? 0 : p * n * m, p * n * m];
    if (p === 0 || !a.same) form = formOf(data, at(p), n);
    if (form === 'full') solveInto(factored(p), right, from, m, out, to);
    else if (!isInvertible(data, at(p), n)) out.fill(Number.NaN, to, to + n * m);
    else {
      copy(right, from, n * m, out, to);
      if (form === 'lower') solveLower(data, at(p), n, out, to, m, false, subtract);
      else solveUpper(data, at(p), n, out, to, m, subtract);
    }
  }
}

function copy(from: Float64Array, first: number, count: number, to: Float64Array, at: number): void {
  if (count > 128) to.set(from.subarray(first, first + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[first + i];
}

/** Factors in arrays that are used again. */
interface Factors extends LU {
  sign: 1 | -1;
}

/** Whether the matrix is square and a right side has as many rows. */
const fits = ([a, rhs]: readonly Matrices[]): boolean =>
  a.rows === a.columns && (rhs === undefined || rhs.rows === a.rows);
