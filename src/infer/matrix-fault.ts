/** Why a term with matrices is not a number: the matrix that has no factor or no inverse. */
import type { Batch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import { type MatrixFn, type MatrixNode, type Node, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { EnergyError } from '../syntax/diagnostic.ts';

export interface MatrixFault {
  readonly why: string;
  readonly suggestion: string;
}

const singular: MatrixFault = {
  why: 'a matrix in it is singular',
  suggestion: 'add a small multiple of the identity to the matrix, e.g. `A + 1e-6 * identity(k)`',
};

const faults: Readonly<Record<MatrixFn, MatrixFault>> = {
  cholesky: {
    why: 'a matrix in it is not positive definite',
    suggestion:
      'a covariance matrix needs positive variances and no more correlation than they allow; rounding is made up for by `A + 1e-6 * identity(k)`',
  },
  solve: singular,
  log_det: singular,
  det: singular,
};

/**
 * The fault of the innermost matrix function of a term whose result is NaN though its
 * arguments are not; undefined if there is none.
 * @param evaluate the values of expressions without free axes but those of the batch, at the state in question
 */
export function matrixFault(
  b: Builder,
  batch: Batch,
  term: Node,
  evaluate: (nodes: readonly Node[]) => readonly number[],
): MatrixFault | undefined {
  const all: MatrixNode[] = [];
  visit([term], (n) => {
    if (n.op === 'matrix' && (n.uses & Uses.state) === 0) all.push(n);
  });
  const total = (n: Node): Node => batch.on(b.sum(n.axes, n));
  try {
    const isFault = (n: MatrixNode): boolean => {
      const [result, ...args] = evaluate([n, ...n.args.map((a) => a.body)].map(total));
      return Number.isNaN(result) && args.every(Number.isFinite);
    };
    const found = all.find(isFault);
    return found && faults[found.fn];
  } catch (e) {
    // What a condition leaves out may be read outside its arrays; then nothing more is known.
    if (e instanceof EnergyError) return undefined;
    throw e;
  }
}
