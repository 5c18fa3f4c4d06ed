/**
 * Functions of matrices in the recursion of `evaluate.ts`: on plain numbers by the
 * float64 routines, on any other kind of number by elimination written in its own
 * arithmetic, which so differentiates the algorithm itself.
 */
import { resultKey, resultSets } from '../../ir/matrix.ts';
import { type Axis, type MatrixFn, type MatrixNode, type Node, Uses } from '../../ir/types.ts';
import { computeMatrices, type Matrices, resultSize } from '../linear/batch.ts';
import { type Algebra, type Environment, forEachPosition, OutOfRange, type SizeOf } from './evaluate.ts';

/** A dense matrix, row-major. */
export interface Dense<T> {
  readonly rows: number;
  readonly columns: number;
  readonly items: readonly T[];
}

/** The result on plain numbers, row-major. */
export function plainMatrix(fn: MatrixFn, args: readonly Dense<number>[]): readonly number[] {
  const matrices = args.map(
    ({ rows, columns, items }): Matrices => ({ data: items, rows, columns, same: true }),
  );
  const out = new Array<number>(resultSize(fn, matrices)).fill(0);
  computeMatrices(fn, matrices, 1, out);
  return out;
}

export interface MatrixReader<T> {
  /** An element of the result. */
  (n: MatrixNode, env: Environment): T;
  /** Drops what is known of the result that a node reads: its arguments have changed. */
  forget(n: Node): void;
}

/** Reads elements of results; each result is computed once for each position of its batch axes. */
export function matrixReader<T>(
  algebra: Algebra<T>,
  sizeOf: SizeOf,
  evaluate: (n: Node, env: Environment) => T,
): MatrixReader<T> {
  const results = new Map<string, Map<string, readonly T[]>>();
  const read = (n: MatrixNode, env: Environment): T => {
    const batch = [
      ...new Set(n.args.flatMap(({ axes, body }) => body.axes.filter((a) => !axes.includes(a)))),
    ];
    const key = resultKey(n);
    const position = batch.map((a) => env.get(a.id)).join(',');
    let known = results.get(key);
    if (!known) {
      known = new Map();
      results.set(key, known);
    }
    let result = known.get(position);
    if (!result) {
      result = algebra.matrix(
        n.fn,
        n.args.map(({ axes, body }) => dense(axes, sizeOf, env, (inner) => evaluate(body, inner))),
      );
      // Not what depends on the state of a recurrence, which changes.
      if ((n.uses & Uses.state) === 0) known.set(position, result);
    }
    const shape = resultSets(n).map(sizeOf);
    const at = n.indices.map((i) => algebra.value(evaluate(i, env)));
    if (!at.every((p, d) => Number.isInteger(p) && p >= 0 && p < shape[d]))
      throw new OutOfRange(n.fn, at, shape);
    return result[at.reduce((f, p, d) => f * shape[d] + p, 0)];
  };
  return Object.assign(read, {
    forget: (n: Node): void => {
      if (n.op === 'matrix') results.delete(resultKey(n));
    },
  });
}

function dense<T>(
  axes: readonly Axis[],
  sizeOf: SizeOf,
  env: Environment,
  element: (env: Environment) => T,
): Dense<T> {
  const items: T[] = [];
  forEachPosition(axes, sizeOf, env, (inner) => {
    items.push(element(inner));
  });
  return { rows: sizeOf(axes[0].set), columns: sizeOf(axes[1].set), items };
}

/** The result in the arithmetic of an algebra, by elimination; pivots are chosen by value. */
export function matrixBy<T>(
  algebra: Pick<Algebra<T>, 'call' | 'constant' | 'value'>,
  fn: MatrixFn,
  [a, rhs]: readonly Dense<T>[],
): readonly T[] {
  const op = (name: 'add' | 'sub' | 'mul' | 'div', x: T, y: T): T => algebra.call(name, [x, y]);
  const n = a.rows;
  const rowsOf = (m: Dense<T>): T[][] =>
    Array.from({ length: m.rows }, (_, i) => m.items.slice(i * m.columns, (i + 1) * m.columns));
  if (fn === 'cholesky') {
    const s = rowsOf(a);
    const half = algebra.constant(0.5);
    const l: T[][] = s.map((row) => row.map(() => algebra.constant(0)));
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let x = op('mul', half, op('add', s[i][j], s[j][i]));
        for (let k = 0; k < j; k++) x = op('sub', x, op('mul', l[i][k], l[j][k]));
        l[i][j] = i === j ? algebra.call('sqrt', [x]) : op('div', x, l[j][j]);
      }
    return l.flat();
  }
  // Gauss–Jordan elimination of [A | B].
  const left = rowsOf(a);
  const right = fn === 'solve' ? rowsOf(rhs) : left.map((): T[] => []);
  let det = algebra.constant(1);
  for (let k = 0; k < n; k++) {
    let top = k;
    for (let i = k + 1; i < n; i++)
      if (Math.abs(algebra.value(left[i][k])) > Math.abs(algebra.value(left[top][k]))) top = i;
    if (top !== k) {
      [left[k], left[top]] = [left[top], left[k]];
      [right[k], right[top]] = [right[top], right[k]];
      det = algebra.call('neg', [det]);
    }
    const pivot = left[k][k];
    det = op('mul', det, pivot);
    for (let i = 0; i < n; i++) {
      if (i === k || (fn !== 'solve' && i < k)) continue;
      const m = op('div', left[i][k], pivot);
      left[i] = left[i].map((x, j) => (j < k ? x : op('sub', x, op('mul', m, left[k][j]))));
      right[i] = right[i].map((x, j) => op('sub', x, op('mul', m, right[k][j])));
    }
  }
  switch (fn) {
    case 'det':
      return [det];
    case 'log_det':
      return [algebra.call('log', [algebra.call('abs', [det])])];
    case 'solve':
      return right.flatMap((row, i) => row.map((x) => op('div', x, left[i][i])));
  }
}
