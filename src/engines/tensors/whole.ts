/** Tensor programs that stand by themselves, for files: inputs in a given order, outputs in their whole shapes. */
import { sizeOfShape } from '../../arrays.ts';
import type { IndexSet, Slot } from '../../ir/types.ts';
import type { ArrayProgram } from '../engine.ts';
import type { LoweredProgram } from './lower.ts';
import type { Ref, Shape, TensorInput, TensorProgram, TensorStep } from './ops.ts';

/**
 * The program with one input for each of `slots`, in their order, whether or not it is read, and with outputs of the
 * shapes that the axes of `program` say: results are repeated along those that they lack.
 * @throws Error where the program reads an input that is not among `slots` (a fault of the caller)
 */
export function wholeProgram(
  { tensors, resultAxes }: LoweredProgram,
  program: ArrayProgram,
  slots: readonly Slot[],
  sizeOf: (set: IndexSet) => number,
): TensorProgram {
  const shapes: Shape[] = [...tensors.shapes];
  const steps: TensorStep[] = [...tensors.steps];
  const constants = new Map(tensors.constants);
  const fresh = (shape: Shape): Ref => shapes.push(shape) - 1;
  const step = (op: TensorStep['op'], ins: readonly Ref[], shape: Shape): Ref => {
    const out = fresh(shape);
    steps.push({ op, ins, out });
    return out;
  };
  const inputs = slots.map(
    (slot): TensorInput =>
      tensors.inputs.find((i) => i.slot === slot) ?? {
        slot,
        ref: fresh(slot.sets.map(sizeOf)),
        shape: slot.sets.map(sizeOf),
      },
  );
  const foreign = tensors.inputs.find((i) => !inputs.includes(i));
  if (foreign) throw new Error(`no input is named for the ${foreign.slot.role} "${foreign.slot.name}"`);
  const outputs = program.outputs.map(({ axes }, k) => {
    const has = resultAxes[k];
    const whole = axes.map((a) => sizeOf(a.set));
    const own = axes.map((a, d) => (has.includes(a) ? whole[d] : 1));
    const rest = axes.map((a, d) => (has.includes(a) ? 1 : whole[d]));
    let ref = tensors.outputs[k];
    if (!same(shapes[ref], own)) ref = step({ op: 'reshape' }, [ref], own);
    if (same(own, whole)) return ref;
    const zeros = fresh(rest);
    constants.set(zeros, new Float32Array(sizeOfShape(rest)));
    return step({ op: 'binary', fn: 'add' }, [ref, zeros], whole);
  });
  return { inputs, constants, steps, shapes, outputs };
}

const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, d) => n === b[d]);
