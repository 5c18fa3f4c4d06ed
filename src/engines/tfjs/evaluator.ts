/** Programs compiled to tapes, behind the engine interface. */
import { type HostArray, sizeOfShape } from '../../arrays.ts';
import { staticSize } from '../../ir/build.ts';
import type { Axis, IndexSet, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../engine.ts';
import { activate, type Backend } from './backend.ts';
import { Lowering } from './lower.ts';
import { type Plan, type StepRecord, Tape } from './tape.ts';
import { reorder } from './vals.ts';

/** One step with the time that it took. */
export interface StepTime extends StepRecord {
  /** Milliseconds a run, on average. */
  readonly ms: number;
}

export class TfjsEvaluator implements Evaluator {
  private readonly plan: Plan;
  private readonly program: ArrayProgram;
  private readonly sizeOf: (set: IndexSet) => number;
  /** The axes of each result, in the order of the output's; an output may have more. */
  private readonly resultAxes: readonly (readonly Axis[])[];

  constructor(backend: Backend, program: ArrayProgram, constants: Arrays) {
    activate(backend);
    this.program = program;
    this.sizeOf = (set) => staticSize(set) ?? program.sizeOf(set);
    for (const slot of slotsRead(program.outputs.map((o) => o.node))) {
      const array = constants.get(slot);
      if (array) checkShape(slot, array, this.sizeOf);
    }
    const tape = new Tape(backend);
    try {
      const lowering = new Lowering(tape, program, constants);
      const results = program.outputs.map((o) => {
        const v = lowering.lower(o.node);
        return reorder(
          lowering,
          v,
          o.axes.filter((a) => v.axes.includes(a)),
        );
      });
      this.resultAxes = results.map((v) => v.axes);
      this.plan = tape.finish(results.map((v) => v.ref));
    } catch (fault) {
      tape.abandon();
      throw fault;
    }
  }

  run(inputs: Arrays): ReadonlyMap<string, HostArray> {
    return this.results(this.plan.run(this.gatherInputs(inputs)));
  }

  steps(): readonly StepRecord[] {
    return this.plan.records();
  }

  /** Runs `repeats` times and says where the time went. */
  profile(inputs: Arrays, repeats: number): readonly StepTime[] {
    const records = this.plan.records();
    const times = new Float64Array(records.length);
    const data = this.gatherInputs(inputs);
    for (let i = 0; i < repeats; i++) this.plan.run(data, times);
    return records.map((r, i) => ({ ...r, ms: times[i] / repeats }));
  }

  inputs(): readonly Slot[] {
    return this.plan.inputs.map((i) => i.slot);
  }

  dispose(): void {
    this.plan.dispose();
  }

  private gatherInputs(inputs: Arrays): Float32Array[] {
    return this.plan.inputs.map(({ slot }) => {
      const array = inputs.get(slot);
      if (!array) throw new Error(`no value was given for the ${slot.role} "${slot.name}"`);
      checkShape(slot, array, this.sizeOf);
      // On the cpu backend a tensor is the array itself, so it must be one of our own.
      return new Float32Array(array.data);
    });
  }

  private results(data: readonly Float32Array[]): ReadonlyMap<string, HostArray> {
    const out = new Map<string, HostArray>();
    this.program.outputs.forEach((o, i) => {
      const shape = o.axes.map((a) => this.sizeOf(a.set));
      out.set(o.name, { shape, data: this.spread(data[i], this.resultAxes[i], o.axes) });
    });
    return out;
  }

  /** Repeats a result along the axes of the output that it lacks. */
  private spread(data: Float32Array, from: readonly Axis[], to: readonly Axis[]): Float32Array {
    let [now, inner] = [data, 1];
    for (const a of [...to].reverse()) {
      const n = this.sizeOf(a.set);
      if (!from.includes(a)) now = repeat(now, inner, n);
      inner *= n;
    }
    return now;
  }
}

/** Every stretch of `length` elements `times` times. */
function repeat(data: Float32Array, length: number, times: number): Float32Array {
  if (times === 1) return data;
  const out = new Float32Array(data.length * times);
  let to = 0;
  for (let from = 0; from < data.length; from += length)
    for (let k = 0; k < times; k++, to += length) out.set(data.subarray(from, from + length), to);
  return out;
}

function checkShape(slot: Slot, array: HostArray, sizeOf: (set: IndexSet) => number): void {
  const want = slot.sets.map(sizeOf);
  const same = array.shape.length === want.length && want.every((n, d) => n === array.shape[d]);
  if (!same) throw new Error(`"${slot.name}" has shape [${array.shape}], expected [${want}]`);
  if (array.data.length !== sizeOfShape(want))
    throw new Error(
      `"${slot.name}" has ${array.data.length} elements, its shape [${want}] needs ${sizeOfShape(want)}`,
    );
}

export const engineOn = (backend: Backend): Engine => ({
  name: `tfjs:${backend.name}`,
  epsilon: 2 ** -24,
  compile: (program, constants) => new TfjsEvaluator(backend, program, constants),
});
