/**
 * Matrix functions of the language. A matrix is an array whose last two indices are
 * rows and columns, a vector one whose last index counts; what comes before them maps:
 * `cholesky(S)` of `S : real[group, k, k]` has one factor for each group.
 */
import { staticSize } from '../ir/build.ts';
import * as matrix from '../ir/matrix.ts';
import type { Axis, IndexSet, Lambda } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { align, asNumber } from './arrays.ts';
import type { Cx } from './context.ts';
import { type ArrayValue, describe, number, showSet } from './values.ts';

interface Named {
  readonly name: string;
  readonly params: readonly string[];
  /** What it is given and what comes of it, further leading indices left out: `[i, j] → [j, i]`. */
  readonly shape: string;
  readonly formula: string;
  readonly doc: string;
  /** An expression and its value; of arrays, row after row. */
  readonly example?: string;
}

/** A function of the language, by what it takes. */
export type MatrixFunction =
  | (Named & {
      readonly takes: 'arrays';
      readonly apply: (cx: Cx, args: readonly Argument[], span: Span) => ArrayValue;
    })
  | (Named & { readonly takes: 'set'; readonly apply: (cx: Cx, set: IndexSet) => ArrayValue });

/** An array of numbers, and where it stands. */
interface Argument {
  readonly v: ArrayValue;
  readonly span: Span;
}

type Build = (cx: Cx, args: readonly Argument[], span: Span) => ArrayValue;

/** A row of the table whose arguments are arrays of numbers. */
const row = (
  name: string,
  params: string,
  shape: string,
  formula: string,
  doc: string,
  build: Build,
  example?: string,
): MatrixFunction => ({
  name,
  params: params.split(' '),
  shape,
  formula,
  doc,
  ...(example === undefined ? {} : { example }),
  takes: 'arrays',
  apply: (cx, args, span) =>
    build(
      cx,
      args.map((a) => ({ ...a, v: asNumber(cx, a.v, a.span) })),
      span,
    ),
});

const table: readonly MatrixFunction[] = [
  row('transpose', 'A', '[i, j] → [j, i]', 'Aᵀ', 'Rows and columns exchanged.', (cx, [a]) => {
    needMatrix(cx, 'transpose', a);
    const { axes } = a.v;
    const [rows, columns] = axes.slice(-2);
    return { ...a.v, axes: [...axes.slice(0, -2), columns, rows], domain: undefined };
  }),
  row('trace', 'A', '[k, k] → a number', 'Σ A[i, i]', 'Sum of the diagonal.', (cx, [a], span) => {
    needSquare(cx, 'trace', a, 'now');
    return mapped(cx, span, [[a, 2]], ([m]) => ({ axes: [], body: matrix.trace(cx.ck.b, m) }), a.v.elem);
  }),
  row('diag', 'A', '[k, k] → [k]', 'vᵢ = A[i, i]', 'The diagonal of a square matrix.', (cx, [a], span) => {
    needSquare(cx, 'diag', a, 'now');
    return mapped(cx, span, [[a, 2]], ([m]) => matrix.diagonal(cx.ck.b, m), a.v.elem);
  }),
  row(
    'diag_matrix',
    'v',
    '[k] → [k, k]',
    'A[i, i] = vᵢ',
    'A vector on the diagonal, 0 elsewhere.',
    (cx, [v], span) => {
      needVector(cx, 'diag_matrix', v);
      return mapped(cx, span, [[v, 1]], ([x]) => matrix.diagonalMatrix(cx.ck.b, x), v.v.elem);
    },
  ),
  {
    name: 'identity',
    params: ['S'],
    shape: 'an index set or a number → [k, k]',
    formula: 'A[i, j] = 1 for i = j, else 0',
    doc: 'The identity matrix over an index set, `identity(k)`, or of a size, `identity(3)`.',
    example: 'identity(2) = 1, 0, 0, 1',
    takes: 'set',
    apply: (cx, set) => {
      const { axes, body } = matrix.identity(cx.ck.b, set);
      return { kind: 'array', elem: number(true), axes, node: body };
    },
  },
  row('det', 'A', '[k, k] → a number', 'det A', 'Determinant, by an LU factorisation.', (cx, [a], span) => {
    needSquare(cx, 'det', a);
    return mapped(cx, span, [[a, 2]], ([m]) => ({ axes: [], body: matrix.det(cx.ck.b, m) }));
  }),
  row(
    'log_det',
    'A',
    '[k, k] → a number',
    'ln |det A|',
    'Logarithm of the absolute determinant; of a singular matrix not a number.',
    (cx, [a], span) => {
      needSquare(cx, 'log_det', a);
      return mapped(cx, span, [[a, 2]], ([m]) => ({ axes: [], body: matrix.logDet(cx.ck.b, m) }));
    },
  ),
  row(
    'inverse',
    'A',
    '[k, k] → [k, k]',
    'A⁻¹',
    'Inverse; of a singular matrix not a number.',
    (cx, [a], span) => {
      needSquare(cx, 'inverse', a);
      return mapped(cx, span, [[a, 2]], ([m]) => matrix.inverse(cx.ck.b, m));
    },
  ),
  row(
    'solve',
    'A b',
    '[k, k], [k] → [k]; [k, k], [k, j] → [k, j]',
    'A⁻¹ b',
    'The x with `A @ x = b`, of a vector or a matrix b; cheaper and more exact than `inverse(A) @ b`.',
    (cx, [a, b], span) => {
      const { rows } = needSquare(cx, 'solve', a);
      const sets = b.v.axes.map((x) => x.set);
      const rank = sets.length > 1 && sets.at(-2) === rows ? 2 : sets.at(-1) === rows ? 1 : 0;
      if (rank === 0)
        return cx.ck.fail(
          'E0302',
          b.span,
          `\`solve\` expects a vector or a matrix over ${showSet(rows)}, the rows of the matrix; found ${describe(b.v)}`,
        );
      return mapped(
        cx,
        span,
        [
          [a, 2],
          [b, rank],
        ],
        ([m, x]) => matrix.solve(cx.ck.b, m, x),
      );
    },
  ),
  row(
    'cholesky',
    'A',
    '[k, k] → [k, k]',
    'L with L Lᵀ = A',
    'Lower triangular factor with a positive diagonal, of the symmetric part of A; not a number where that is not positive definite.',
    (cx, [a], span) => {
      needSquare(cx, 'cholesky', a);
      return mapped(cx, span, [[a, 2]], ([m]) => matrix.cholesky(cx.ck.b, m));
    },
  ),
  row('quad', 'A x', '[k, k], [k] → a number', 'xᵀ A x', 'Quadratic form.', (cx, [a, x], span) => {
    const { rows, columns } = needSquare(cx, 'quad', a, 'now');
    needVector(cx, 'quad', x, rows, columns);
    return mapped(
      cx,
      span,
      [
        [a, 2],
        [x, 1],
      ],
      ([m, v]) => ({ axes: [], body: matrix.quadratic(cx.ck.b, m, v) }),
    );
  }),
  row(
    'dot',
    'x y',
    '[k], [k] → a number',
    'Σ xᵢ yᵢ',
    'Scalar product; x and y are over one index set.',
    (cx, [x, y], span) => {
      needVector(cx, 'dot', x);
      needVector(cx, 'dot', y, x.v.axes[x.v.axes.length - 1].set);
      return mapped(
        cx,
        span,
        [
          [x, 1],
          [y, 1],
        ],
        ([u, v]) => ({ axes: [], body: matrix.dot(cx.ck.b, u, v) }),
      );
    },
  ),
  row('outer', 'x y', '[i], [j] → [i, j]', 'A[i, j] = xᵢ yⱼ', 'Outer product.', (cx, [x, y], span) => {
    needVector(cx, 'outer', x);
    needVector(cx, 'outer', y);
    const { b } = cx.ck;
    return mapped(
      cx,
      span,
      [
        [x, 1],
        [y, 1],
      ],
      ([u, v]) => ({ axes: [...u.axes, ...v.axes], body: b.mul(u.body, v.body) }),
    );
  }),
  row('norm', 'x', '[k] → a number', '√(Σ xᵢ²)', 'Euclidean length of a vector.', (cx, [x], span) => {
    needVector(cx, 'norm', x);
    const { b } = cx.ck;
    return mapped(cx, span, [[x, 1]], ([v]) => ({ axes: [], body: b.call('sqrt', matrix.dot(b, v, v)) }));
  }),
];

/** The functions by the name that users write. */
export const matrixFunctions: ReadonlyMap<string, MatrixFunction> = new Map(table.map((f) => [f.name, f]));

// ── Shapes ──────────────────────────────────────────────────────────────────

/**
 * A function of matrices and vectors, for each position of what comes before their
 * own indices; that is matched by index set, as everywhere.
 * @param args arrays with the number of their own, last indices
 */
function mapped(
  cx: Cx,
  span: Span,
  args: readonly (readonly [Argument, number])[],
  on: (own: readonly Lambda[]) => Lambda,
  elem: ArrayValue['elem'] = number(),
): ArrayValue {
  const { b } = cx.ck;
  const own: (readonly Axis[])[] = [];
  const outer = args.map(([{ v }, rank]): ArrayValue => {
    // Axes of its own keep an argument apart from the others, which may be the same array.
    const last = v.axes.slice(v.axes.length - rank);
    const fresh = last.map((a) => b.axis(a.set, a.name));
    own.push(fresh);
    const node = b.substitute(
      v.node,
      last,
      fresh.map((a) => b.axisNode(a)),
    );
    return { kind: 'array', elem: v.elem, axes: v.axes.slice(0, v.axes.length - rank), node };
  });
  const lead = align(cx, span, outer);
  const { axes, body } = on(lead.nodes.map((node, i) => ({ axes: own[i], body: node })));
  return { kind: 'array', elem, axes: [...lead.axes, ...axes], node: body };
}

function needMatrix(cx: Cx, name: string, { v, span }: Argument): readonly [IndexSet, IndexSet] {
  if (v.axes.length < 2)
    cx.ck.fail(
      'E0301',
      span,
      `\`${name}\` expects a matrix, an array over two index sets; found ${describe(v)}`,
    );
  const [rows, columns] = v.axes.slice(-2).map((a) => a.set);
  return [rows, columns];
}

/**
 * Rows and columns of equal number. With different sets whose sizes come from data, that is
 * checked when data are bound, or refused if `when` is 'now'.
 */
function needSquare(
  cx: Cx,
  name: string,
  a: Argument,
  when: 'now' | 'bound' = 'bound',
): { readonly rows: IndexSet; readonly columns: IndexSet } {
  const [rows, columns] = needMatrix(cx, name, a);
  if (rows === columns) return { rows, columns };
  const [m, n] = [staticSize(rows), staticSize(columns)];
  const known = m !== undefined && n !== undefined;
  if (known ? m !== n : when === 'now')
    cx.ck.fail(
      'E0302',
      a.span,
      `\`${name}\` expects a square matrix; the rows of this one are over ${showSet(rows)}, its columns over ${showSet(columns)}${
        known && rows.name && columns.name ? `, which have ${m} and ${n} elements` : ''
      }`,
    );
  return { rows, columns };
}

/** A vector, over one of the given sets if any are given. */
function needVector(cx: Cx, name: string, { v, span }: Argument, ...over: readonly IndexSet[]): void {
  const last = v.axes.at(-1);
  if (!last) cx.ck.fail('E0301', span, `\`${name}\` expects a vector, found ${describe(v)}`);
  if (over.length > 0 && !over.includes(last.set))
    cx.ck.fail(
      'E0302',
      span,
      `\`${name}\` expects a vector over ${[...new Set(over)].map(showSet).join(' or ')}, found ${describe(v)}`,
    );
}
