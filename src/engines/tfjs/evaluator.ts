/** Programs compiled to tapes, behind the engine interface. */
import { type HostArray, sizeOfShape } from '../../arrays.ts';
import { staticSize } from '../../ir/build.ts';
import type { Axis, IndexSet, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../engine.ts';
import { activate, type Backend } from './backend.ts';
import { Lowering } from './lower.ts';
import { type Plan, type StepRecord, Tape } from './tape.ts';

/** One step with the time that it took. */
export interface StepTime extends StepRecord {
  /** Milliseconds a run, on average. */
  readonly ms: number;
}

export class TfjsEvaluator implements Evaluator {
  private readonly plan: Plan;
  private readonly program: ArrayProgram;
  private readonly sizeOf: (set: IndexSet) => number;
  /** The axes of each result in the order of its dimensions; outputs may want another. */
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
      const results = program.outputs.map((o) => lowering.lower(o.node));
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
      if (!array) throw new Error(`no value was given for "${slot.name}" (a ${slot.role})`);
      checkShape(slot, array, this.sizeOf);
      // On the cpu backend a tensor is the array itself, so it must be one of our own.
      return new Float32Array(array.data);
    });
  }

  private results(data: readonly Float32Array[]): ReadonlyMap<string, HostArray> {
    const out = new Map<string, HostArray>();
    this.program.outputs.forEach((o, i) => {
      const shape = o.axes.map((a) => this.sizeOf(a.set));
      out.set(o.name, { shape, data: this.arrange(data[i], this.resultAxes[i], o.axes) });
    });
    return out;
  }

  /** Transposes and repeats a result into the order of dimensions that the output asks for. */
  private arrange(data: Float32Array, from: readonly Axis[], to: readonly Axis[]): Float32Array {
    if (from.length === to.length && from.every((a, d) => a === to[d])) return data;
    const steps = to.map(() => 0);
    let step = 1;
    for (let d = from.length - 1; d >= 0; d--) {
      steps[to.indexOf(from[d])] = step;
      step *= this.sizeOf(from[d].set);
    }
    const shape = to.map((a) => this.sizeOf(a.set));
    const out = new Float32Array(sizeOfShape(shape));
    const go = (d: number, at: number, offset: number): number => {
      if (d === shape.length) {
        out[at] = data[offset];
        return at + 1;
      }
      for (let i = 0; i < shape[d]; i++) at = go(d + 1, at, offset + i * steps[d]);
      return at;
    };
    go(0, 0, 0);
    return out;
  }
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
