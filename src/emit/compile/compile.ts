/**
 * An energy with its data and parameters as a graph of tensor operations that other programs run: a GraphModel of
 * tfjs, a SavedModel of TensorFlow, an ONNX model. One lowering serves all three (`engines/tensors`).
 */
import type { ArrayProgram } from '../../engines/engine.ts';
import { graphTarget } from '../../engines/graph/graph.ts';
import type { ModelFile } from '../../engines/graph/model-json.ts';
import { lowerProgram } from '../../engines/tensors/lower.ts';
import { wholeProgram } from '../../engines/tensors/whole.ts';
import type { Model } from '../../infer/model.ts';
import type { Node, Slot } from '../../ir/types.ts';
import { TooManySteps } from '../../ir/unroll.ts';
import { slotsRead } from '../../ir/walk.ts';
import { fault, filesOf, type GraphNames, refuseLarge, refuseMatricesOf, spanOf } from './files.ts';
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
  most?: number,
): CompiledEnergy {
  refuseMatricesOf(rootsOf(model), model.energy, target);
  const e = exportedOf(model, target, batch);
  const program: ArrayProgram = { outputs: e.outputs, sizeOf: model.sizeOf };
  const slots = e.inputs.map((i) => i.slot);
  const lowered = lowerProgram(program, model.constants, graphTarget);
  const tensors = wholeProgram(lowered, program, slots, model.sizeOf);
  refuseLarge(tensors, model.energy, 'compile it with fewer data, or with a smaller `--batch`', most);
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
    files: filesOf(target, tensors, namesOf(e), model.energy.name, generatedBy),
  };
}

const namesOf = (e: Exported): GraphNames => ({
  inputs: e.inputs.map((i) => i.name),
  outputs: e.outputs.map((o) => o.name),
});

function exportedOf(model: Model, target: CompileTarget, batch: number | null): Exported {
  try {
    return exported(model, batch);
  } catch (e) {
    if (!(e instanceof TooManySteps)) throw e;
    throw fault(
      'E0801',
      spanOf(model.energy, (n) => n.op === 'scan'),
      `\`${model.energy.name}\` has a recurrence of ${e.steps} steps, which ${formats[target]} can only hold written out; expected at most ${e.most}`,
      'make its index set shorter, or run it with `energy` itself',
    );
  }
}

/** All that the energy and its support are made of. */
const rootsOf = ({ energy }: Model): readonly Node[] => [
  ...energy.terms.map((t) => t.body),
  ...energy.support.flatMap((c) => [c.condition, ...(c.where ? [c.where] : [])]),
];

/** Parameters and data that the outputs read, by name. */
function heldBy(model: Model, e: Exported): readonly Slot[] {
  const read = slotsRead(e.outputs.map((o) => o.node));
  return [...model.constants.keys()]
    .filter((s) => (s.role === 'param' || s.role === 'data') && read.has(s))
    .sort((x, y) => (x.name < y.name ? -1 : 1));
}
