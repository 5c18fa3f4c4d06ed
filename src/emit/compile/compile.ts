/**
 * An energy with its data and parameters as a graph of tensor operations that other programs run: a GraphModel of
 * tfjs, a SavedModel of TensorFlow, an ONNX model. One lowering serves all three (`engines/tensors`).
 */
import type { ArrayProgram } from '../../engines/engine.ts';
import { graphOf, graphTarget } from '../../engines/graph/graph.ts';
import { type ModelFile, modelJson } from '../../engines/graph/model-json.ts';
import { savedModel } from '../../engines/graph/saved-model.ts';
import { onnxBytes } from '../../engines/onnx/model.ts';
import { lowerProgram } from '../../engines/tensors/lower.ts';
import type { TensorProgram } from '../../engines/tensors/ops.ts';
import { wholeProgram } from '../../engines/tensors/whole.ts';
import { showBytes } from '../../infer/memory.ts';
import type { Model } from '../../infer/model.ts';
import type { MatrixNode, Node, Slot, Term } from '../../ir/types.ts';
import { TooManySteps } from '../../ir/unroll.ts';
import { slotsRead, visit } from '../../ir/walk.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { Span } from '../../syntax/span.ts';
import type { EmitCode } from '../codes.ts';
import { type Exported, exported } from './outputs.ts';
import { type CompileTarget, formats } from './targets.ts';

export interface CompiledEnergy {
  readonly target: CompileTarget;
  readonly exported: Exported;
  /** States side by side; null: one, without a dimension for that. */
  readonly batch: number | null;
  /** Shapes of inputs and outputs, in their order. */
  readonly shapes: {
    readonly inputs: readonly (readonly number[])[];
    readonly outputs: readonly (readonly number[])[];
  };
  /** What the graph holds of the program: parameters and data that it reads. */
  readonly holds: readonly Slot[];
  /** Operations of the tensor program. */
  readonly steps: number;
  readonly files: readonly ModelFile[];
}

/** Bytes of weights: files of all formats end at 2 GiB. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;

/**
 * @param batch states that are evaluated side by side; null: one, whose arrays have no dimension for that
 * @param generatedBy who says to have made it
 * @param most bytes of weights
 * @throws EnergyError E0801 where the energy has what no graph can say, E0802 where its weights are too many
 */
export function compileEnergy(
  model: Model,
  target: CompileTarget,
  batch: number | null,
  generatedBy: string,
  most: number = MOST_BYTES,
): CompiledEnergy {
  refuseMatrices(model, target);
  const e = exportedOf(model, target, batch);
  const program: ArrayProgram = { outputs: e.outputs, sizeOf: model.sizeOf };
  const slots = e.inputs.map((i) => i.slot);
  const lowered = lowerProgram(program, model.constants, graphTarget);
  const tensors = wholeProgram(lowered, program, slots, model.sizeOf);
  const bytes = bytesOf(tensors);
  if (bytes > most)
    throw fault(
      'E0802',
      model.energy.span,
      `\`${model.energy.name}\` has ${showBytes(bytes)} of constants with its data; expected at most ${showBytes(most)}`,
      'compile it with fewer data, or with a smaller `--batch`',
    );
  return {
    target,
    exported: e,
    batch,
    shapes: {
      inputs: tensors.inputs.map((i) => i.shape),
      outputs: tensors.outputs.map((r) => tensors.shapes[r]),
    },
    holds: heldBy(model, e),
    steps: tensors.steps.length,
    files: filesOf(target, tensors, e, model, generatedBy),
  };
}

function filesOf(
  target: CompileTarget,
  tensors: TensorProgram,
  e: Exported,
  model: Model,
  generatedBy: string,
): readonly ModelFile[] {
  const names = { inputs: e.inputs.map((i) => i.name), outputs: e.outputs.map((o) => o.name) };
  switch (target) {
    case 'tfjs':
      return modelJson(graphOf(tensors, names), generatedBy);
    case 'savedmodel':
      return [{ name: 'saved_model.pb', content: savedModel(graphOf(tensors, names)) }];
    case 'onnx': {
      const meta = { name: model.energy.name, doc: generatedBy };
      return [{ name: 'model.onnx', content: onnxBytes(tensors, names, meta) }];
    }
  }
}

function exportedOf(model: Model, target: CompileTarget, batch: number | null): Exported {
  try {
    return exported(model, batch);
  } catch (e) {
    if (!(e instanceof TooManySteps)) throw e;
    throw fault(
      'E0801',
      spanOf(model, (n) => n.op === 'scan'),
      `\`${model.energy.name}\` has a recurrence of ${e.steps} steps, which ${formats[target]} can only hold written out; expected at most ${e.most}`,
      'make its index set shorter, or run it with `energy` itself',
    );
  }
}

function refuseMatrices(model: Model, target: CompileTarget): void {
  for (const found of nodesOf(model)) {
    if (found.op !== 'matrix') continue;
    throw fault(
      'E0801',
      spanOf(model, (n) => n === found),
      `\`${model.energy.name}\` computes ${matrixWords[found.fn]}, for which ${formats[target]} has no operation`,
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

/** All that the energy and its support are made of. */
function nodesOf({ energy }: Model): readonly Node[] {
  const roots = [
    ...energy.terms.map((t) => t.body),
    ...energy.support.flatMap((c) => [c.condition, ...(c.where ? [c.where] : [])]),
  ];
  return allOf(roots);
}

function allOf(roots: readonly Node[]): readonly Node[] {
  const out: Node[] = [];
  visit(roots, (n) => {
    out.push(n);
    if (n.op === 'scan') out.push(...allOf([n.loop.init, n.loop.body]));
  });
  return out;
}

/** The term in which such a node is, else the energy. */
const spanOf = ({ energy }: Model, is: (n: Node) => boolean): Span =>
  energy.terms.find((t: Term) => allOf([t.body]).some(is))?.span ?? energy.span;

/** Parameters and data that the outputs read, by name. */
function heldBy(model: Model, e: Exported): readonly Slot[] {
  const read = slotsRead(e.outputs.map((o) => o.node));
  return [...model.constants.keys()]
    .filter((s) => (s.role === 'param' || s.role === 'data') && read.has(s))
    .sort((x, y) => (x.name < y.name ? -1 : 1));
}

function bytesOf({ constants, steps }: TensorProgram): number {
  let bytes = 0;
  for (const data of constants.values()) bytes += data.byteLength;
  for (const { op } of steps)
    if (op.op === 'gather' || op.op === 'scatter') bytes += 2 * (op.table?.byteLength ?? 0);
  return bytes;
}

function fault(code: EmitCode, span: Span, message: string, suggestion: string): EnergyError {
  return new EnergyError([{ severity: 'error', code, place: at(span), message, suggestion }]);
}
