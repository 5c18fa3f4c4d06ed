/** Matrices whose rows and columns are over different sets: that they are square is known when data are bound. */
import { showSet } from '../ir/show.ts';
import type { Energy, IndexSet, MatrixFn, Node } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { BindCode } from './codes.ts';

const uses: Readonly<Record<MatrixFn, string>> = {
  solve: 'inverts',
  cholesky: 'takes the Cholesky factor of',
  log_det: 'takes the determinant of',
  det: 'takes the determinant of',
};

/** @throws EnergyError E0541 for the first matrix that should be square and is not */
export function checkMatrices(energy: Energy, sizeOf: (set: IndexSet) => number): void {
  for (const t of energy.terms) checkSquare(`the term \`${t.name}\``, t.span, [t.body], sizeOf);
  for (const c of energy.support)
    checkSquare('this requirement', c.span, c.where ? [c.condition, c.where] : [c.condition], sizeOf);
  for (const r of energy.reports) checkSquare(`the report \`${r.name}\``, r.span, [r.value.body], sizeOf);
}

/**
 * @param what where the expressions stand: the subject of the sentence
 * @throws EnergyError E0541
 */
export function checkSquare(
  what: string,
  span: Span,
  roots: readonly Node[],
  sizeOf: (set: IndexSet) => number,
): void {
  visit(roots, (n) => {
    if (n.op !== 'matrix') return;
    const [rows, columns] = n.args[0].axes.map((a) => a.set);
    if (rows === columns || sizeOf(rows) === sizeOf(columns)) return;
    throw new EnergyError([
      {
        severity: 'error',
        code: 'E0541' satisfies BindCode,
        place: at(span),
        message: `${what} ${uses[n.fn]} a matrix that is not square: its rows are over \`${showSet(rows)}\` with ${sizeOf(rows)} elements, its columns over \`${showSet(columns)}\` with ${sizeOf(columns)}`,
        suggestion: 'index rows and columns by one set',
      },
    ]);
  });
}
