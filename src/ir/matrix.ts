/**
 * Functions of matrices, as arrays of the IR.
 *
 * A matrix is a `Lambda` with two axes, row and column; further free axes of its
 * body are batch axes. Row and column may run over different sets of equal size;
 * results say which of them each dimension is over. What a sum of products can say
 * is one; the others are `matrix` nodes:
 *   solve(A, B)  A⁻¹B by elimination with partial pivoting; NaN if A is singular
 *   cholesky(A)  the lower L with LLᵀ = (A + Aᵀ)/2; NaN if that is not positive definite
 *   log_det(A)   ln |det A|; NaN if A is singular
 *   det(A)       0 if A is singular
 */
import type { Builder } from './build.ts';
import type { IndexSet, Lambda, MatrixFn, MatrixNode, Node } from './types.ts';

/** Number of arguments, and of indices of the result. */
export const matrixFunctions: Readonly<Record<MatrixFn, { readonly arity: number; readonly rank: 0 | 2 }>> = {
  solve: { arity: 2, rank: 2 },
  cholesky: { arity: 1, rank: 2 },
  log_det: { arity: 1, rank: 0 },
  det: { arity: 1, rank: 0 },
};

/** Equal for the nodes that read one result at different indices. */
export const resultKey = (n: MatrixNode): string =>
  `${n.fn} ${n.args.map((a) => `${a.axes.map((x) => x.id)}:${a.body.id}`).join(' ')}`;

/** The index sets that the result is over. */
export function resultSets(n: MatrixNode): readonly IndexSet[] {
  const [a, b] = n.args;
  switch (n.fn) {
    case 'solve':
      return [a.axes[1].set, b.axes[1].set];
    case 'cholesky':
      return a.axes.map((x) => x.set);
    case 'log_det':
    case 'det':
      return [];
  }
}

/** The array over fresh axes of the given sets. */
export function tabulate(
  b: Builder,
  sets: readonly IndexSet[],
  element: (...indices: readonly Node[]) => Node,
): Lambda {
  const axes = sets.map((s) => b.axis(s));
  return { axes, body: element(...axes.map((a) => b.axisNode(a))) };
}

/** The element of an array. */
export const elementOf = (b: Builder, f: Lambda, ...indices: readonly Node[]): Node => b.apply(f, indices);

const setsOf = (f: Lambda): readonly IndexSet[] => f.axes.map((a) => a.set);

/** Aᵀ */
export const transpose = ({ axes: [row, column], body }: Lambda): Lambda => ({
  axes: [column, row],
  body,
});

/** The identity over rows and columns of equal number. */
export const identity = (b: Builder, rows: IndexSet, columns: IndexSet = rows): Lambda =>
  tabulate(b, [rows, columns], (i, j) => b.call('eq', i, j));

/** The diagonal, over the rows. */
export const diagonal = (b: Builder, a: Lambda): Lambda =>
  tabulate(b, [a.axes[0].set], (i) => elementOf(b, a, i, i));

/** The matrix with the vector on its diagonal. */
export const diagonalMatrix = (b: Builder, v: Lambda): Lambda => {
  const { set } = v.axes[0];
  return tabulate(b, [set, set], (i, j) =>
    b.call('select', b.call('eq', i, j), elementOf(b, v, i), b.const(0)),
  );
};

/** Σ A[i, i] */
export function trace(b: Builder, a: Lambda): Node {
  const d = diagonal(b, a);
  return b.sum(d.axes, d.body);
}

/** The product of two matrices, or of a matrix and a vector: over A's rows and what B has beyond its first axis. */
export function product(b: Builder, a: Lambda, x: Lambda): Lambda {
  const k = b.axis(a.axes[1].set);
  const at = b.axisNode(k);
  return tabulate(b, [a.axes[0].set, ...setsOf(x).slice(1)], (i, ...rest) =>
    b.sum([k], b.mul(elementOf(b, a, i, at), elementOf(b, x, at, ...rest))),
  );
}

/** Σ x[i]·y[i] */
export function dot(b: Builder, x: Lambda, y: Lambda): Node {
  const i = b.axis(x.axes[0].set);
  const at = b.axisNode(i);
  return b.sum([i], b.mul(elementOf(b, x, at), elementOf(b, y, at)));
}

/** Σ x[i]·A[i, j]·x[j] */
export function quadratic(b: Builder, a: Lambda, x: Lambda): Node {
  const axes = a.axes.map((r) => b.axis(r.set));
  const [i, j] = axes.map((r) => b.axisNode(r));
  return b.sum(axes, b.mul(b.mul(elementOf(b, x, i), elementOf(b, a, i, j)), elementOf(b, x, j)));
}

/**
 * A⁻¹B: the X with Σ_c A[r, c]·X[c, k] = B[r, k], over A's columns and, if B is a matrix, B's columns.
 * @param rhs a vector or a matrix whose first axis is over A's rows
 */
export function solve(b: Builder, a: Lambda, rhs: Lambda): Lambda {
  if (rhs.axes.length === 2)
    return tabulate(b, [a.axes[1].set, rhs.axes[1].set], (...at) => b.matrix('solve', [a, rhs], at));
  const one = b.axis(b.range(1));
  const column: Lambda = { axes: [rhs.axes[0], one], body: rhs.body };
  return tabulate(b, [a.axes[1].set], (c) => b.matrix('solve', [a, column], [c, b.const(0)]));
}

/** A⁻¹, over A's columns and rows. */
export const inverse = (b: Builder, a: Lambda): Lambda => solve(b, a, identity(b, a.axes[0].set));

/** The lower Cholesky factor of the symmetric part of A. */
export const cholesky = (b: Builder, a: Lambda): Lambda =>
  tabulate(b, setsOf(a), (...at) => b.matrix('cholesky', [a], at));

/** ln |det A| */
export const logDet = (b: Builder, a: Lambda): Node => b.matrix('log_det', [a], []);

/** det A */
export const det = (b: Builder, a: Lambda): Node => b.matrix('det', [a], []);
