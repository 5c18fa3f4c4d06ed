/** What both kinds of graphs, energies and steps of training, are written with. */
import { graphOf } from '../../engines/graph/graph.ts';
import { type ModelFile, modelJson } from '../../engines/graph/model-json.ts';
import { savedModel } from '../../engines/graph/saved-model.ts';
import { onnxBytes } from '../../engines/onnx/model.ts';
import type { TensorProgram } from '../../engines/tensors/ops.ts';
import { showBytes } from '../../infer/memory.ts';
import type { Energy, MatrixNode, Node, Term } from '../../ir/types.ts';
import { visit } from '../../ir/walk.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { Span } from '../../syntax/span.ts';
import type { EmitCode } from '../codes.ts';
import { type CompileTarget, formats } from './targets.ts';

export interface GraphNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @param name of the graph */
export function filesOf(
  target: CompileTarget,
  tensors: TensorProgram,
  names: GraphNames,
  name: string,
  generatedBy: string,
): readonly ModelFile[] {
  switch (target) {
    case 'tfjs':
      return modelJson(graphOf(tensors, names), generatedBy);
    case 'savedmodel':
      return [{ name: 'saved_model.pb', content: savedModel(graphOf(tensors, names)) }];
    case 'onnx':
      return [{ name: 'model.onnx', content: onnxBytes(tensors, names, { name, doc: generatedBy }) }];
  }
}

/** Bytes of weights: files of all formats end at 2 GiB. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;

/** @throws EnergyError E0802 where a graph has too many bytes of constants */
export function refuseLarge(
  { constants, steps }: TensorProgram,
  energy: Energy,
  suggestion: string,
  most: number = MOST_BYTES,
): void {
  let bytes = 0;
  for (const data of constants.values()) bytes += data.byteLength;
  for (const { op } of steps)
    if (op.op === 'gather' || op.op === 'scatter') bytes += 2 * (op.table?.byteLength ?? 0);
  if (bytes <= most) return;
  throw fault(
    'E0802',
    energy.span,
    `\`${energy.name}\` has ${showBytes(bytes)} of constants with its data; expected at most ${showBytes(most)}`,
    suggestion,
  );
}

/** @throws EnergyError E0801 where what `roots` compute has a function of a matrix */
export function refuseMatricesOf(roots: readonly Node[], energy: Energy, target: CompileTarget): void {
  for (const found of allOf(roots)) {
    if (found.op !== 'matrix') continue;
    throw fault(
      'E0801',
      spanOf(energy, (n) => n === found),
      `\`${energy.name}\` computes ${matrixWords[found.fn]}, for which ${formats[target]} has no operation`,
      'write what it needs as sums of products, or run it with `energy` itself',
    );
  }
}

const matrixWords: Readonly<Record<MatrixNode['fn'], string>> = {
  solve: 'the solution of linear equations',
  cholesky: 'a Cholesky factor',
  log_det: 'the logarithm of a determinant',
  det: 'a determinant',
};

function allOf(roots: readonly Node[]): readonly Node[] {
  const out: Node[] = [];
  visit(roots, (n) => {
    out.push(n);
    if (n.op === 'scan') out.push(...allOf([n.loop.init, n.loop.body]));
  });
  return out;
}

/** The term in which such a node is, else the energy. */
export const spanOf = (energy: Energy, is: (n: Node) => boolean): Span =>
  energy.terms.find((t: Term) => allOf([t.body]).some(is))?.span ?? energy.span;

export function fault(code: EmitCode, span: Span, message: string, suggestion: string): EnergyError {
  return new EnergyError([{ severity: 'error', code, place: at(span), message, suggestion }]);
}
