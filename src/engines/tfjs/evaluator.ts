/** Programs compiled to tapes, behind the engine interface. */
import type { HostArray } from '../../arrays.ts';
import { staticSize } from '../../ir/build.ts';
import type { Axis, IndexSet, Slot } from '../../ir/types.ts';
import { machines, nanoseconds, workOf } from '../cost.ts';
import type { ArrayProgram, Arrays, Engine, Evaluator } from '../engine.ts';
import { given, spreadResults } from '../tensors/arrays.ts';
import { lowerProgram } from '../tensors/lower.ts';
import { plannedMemory } from '../tensors/memory.ts';
import { type Backend, targetOf } from './backend.ts';
import { Plan, type StepRecord } from './plan.ts';
import { WholeGraph } from './whole-graph.ts';

/** One step with the time that it took. */
export interface StepTime extends StepRecord {
  /** Milliseconds of a run, the median of several. */
  readonly ms: number;
}

export class TfjsEvaluator implements Evaluator {
  readonly memory: number;
  /** All at once, where the backend can. */
  private readonly graph: WholeGraph | null;
  /** One operation after another; made when it is needed. */
  private readonly plan: () => Plan;
  private planned: Plan | null = null;
  private readonly program: ArrayProgram;
  private readonly sizeOf: (set: IndexSet) => number;
  /** The axes of each result, in the order of the output's; an output may have more. */
  private readonly resultAxes: readonly (readonly Axis[])[];

  constructor(backend: Backend, program: ArrayProgram, constants: Arrays) {
    this.program = program;
    this.sizeOf = (set) => staticSize(set) ?? program.sizeOf(set);
    const { tensors, resultAxes } = lowerProgram(program, constants, targetOf(backend));
    this.resultAxes = resultAxes;
    this.memory = plannedMemory(tensors, backend.memory);
    const expected = nanoseconds(workOf(program), machines[`tfjs:${backend.name}`]);
    this.graph = expected >= backend.graphsFrom ? WholeGraph.open(tensors) : null;
    this.plan = () => {
      this.planned ??= new Plan(backend, tensors);
      return this.planned;
    };
    if (this.graph === null) this.plan();
  }

  run(inputs: Arrays): ReadonlyMap<string, HostArray> {
    return this.results((this.graph ?? this.plan()).run(this.gatherInputs(inputs)));
  }

  steps(): readonly StepRecord[] {
    return this.plan().records();
  }

  /** Runs `repeats` times, after as many that warm up, and says where the time went. */
  profile(inputs: Arrays, repeats: number): readonly StepTime[] {
    const plan = this.plan();
    const data = this.gatherInputs(inputs);
    const runs = Array.from({ length: 2 * repeats }, () => {
      const times = new Float64Array(plan.records().length);
      plan.run(data, times);
      return times;
    }).slice(repeats);
    return plan.records().map((r, i) => ({ ...r, ms: median(runs.map((times) => times[i])) }));
  }

  inputs(): readonly Slot[] {
    return (this.graph ?? this.plan()).inputs.map((i) => i.slot);
  }

  dispose(): void {
    this.graph?.dispose();
    this.planned?.dispose();
  }

  private gatherInputs(inputs: Arrays): Float32Array[] {
    // On the cpu backend a tensor is the array itself, so it must be one of our own.
    return (this.graph ?? this.plan()).inputs.map(
      ({ slot }) => new Float32Array(given(slot, inputs, this.sizeOf).data),
    );
  }

  private results(data: readonly Float32Array[]): ReadonlyMap<string, HostArray> {
    return spreadResults(this.program, this.resultAxes, this.sizeOf, data);
  }
}

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[x.length >> 1];

export const engineOn = (backend: Backend): Engine => ({
  name: `tfjs:${backend.name}`,
  epsilon: 2 ** -24,
  compile: (program, constants) => new TfjsEvaluator(backend, program, constants),
});
