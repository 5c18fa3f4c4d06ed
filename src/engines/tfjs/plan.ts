/**
 * A tensor program ready to run on a tfjs backend: constants lie there, elementwise steps are joined where loops of
 * our own can be had, and it is known where each result is used last, so that a run holds no tensor longer than needed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { opName, type Ref, type Shape, type TensorInput, type TensorProgram } from '../tensors/ops.ts';
import { activate, type Backend } from './backend.ts';
import { implement, type Run } from './execute.ts';
import { fuse } from './fuse.ts';
import { runLanes } from './lanes-op.ts';

/** A step of a run, which may make several results. */
interface PlannedStep {
  readonly op: string;
  readonly ins: readonly Ref[];
  readonly outs: readonly Ref[];
  readonly run: (...xs: tf.Tensor[]) => readonly tf.Tensor[];
}

/** A step as `explain` and `profile` show it. */
export interface StepRecord {
  readonly op: string;
  readonly shape: Shape;
  readonly inputs: readonly Ref[];
  /** Shapes of `inputs`. */
  readonly operands: readonly Shape[];
  readonly result: Ref;
}

export class Plan {
  readonly inputs: readonly TensorInput[];
  private readonly backend: Backend;
  private readonly shapes: readonly Shape[];
  private readonly outputs: readonly Ref[];
  private readonly steps: readonly PlannedStep[];
  /** For each step, the results that nothing after it uses. */
  private readonly done: readonly (readonly Ref[])[];
  private readonly constants = new Map<Ref, tf.Tensor>();
  /** Index tables that steps hold. */
  private readonly tables = new Map<Int32Array, tf.Tensor>();
  /** Inputs and results that are outputs are freed at the end. */
  private readonly values: (tf.Tensor | undefined)[];

  constructor(backend: Backend, program: TensorProgram) {
    const { shapes, outputs } = program;
    this.backend = backend;
    this.inputs = program.inputs;
    this.shapes = shapes;
    this.outputs = outputs;
    activate(backend);
    for (const [ref, data] of program.constants)
      this.constants.set(ref, tf.keep(tf.tensor(data, [...shapes[ref]], 'float32')));
    this.steps = this.planned(program);
    const used = new Set<Ref>([...outputs, ...this.constants.keys()]);
    const done: Ref[][] = this.steps.map(() => []);
    for (let i = this.steps.length - 1; i >= 0; i--)
      for (const r of this.steps[i].ins)
        if (!used.has(r)) {
          used.add(r);
          done[i].push(r);
        }
    this.done = done;
    this.values = shapes.map((_, r) => this.constants.get(r));
  }

  /** @returns the data of each output, valid as long as the caller likes */
  run(data: readonly Float32Array[], times?: Float64Array): Float32Array[] {
    activate(this.backend);
    const { values } = this;
    try {
      this.inputs.forEach(({ ref, shape }, i) => {
        values[ref] = tf.tensor(data[i], [...shape], 'float32');
      });
      for (let i = 0; i < this.steps.length; i++) {
        const s = this.steps[i];
        const start = times ? performance.now() : 0;
        const made = s.run(...s.ins.map((r) => values[r]!));
        for (let k = 0; k < made.length; k++) values[s.outs[k]] = made[k];
        if (times) times[i] += performance.now() - start;
        for (const r of this.done[i]) {
          values[r]!.dispose();
          values[r] = undefined;
        }
      }
      // A copy: the cpu backend hands out its own memory.
      return this.outputs.map((r) => new Float32Array(values[r]!.dataSync()));
    } finally {
      for (const { ref } of this.inputs) this.drop(ref);
      for (const s of this.steps) for (const r of s.outs) this.drop(r);
    }
  }

  records(): readonly StepRecord[] {
    return this.steps.map(({ op, ins, outs: [result] }) => ({
      op,
      shape: this.shapes[result],
      inputs: ins,
      operands: ins.map((r) => this.shapes[r]),
      result,
    }));
  }

  dispose(): void {
    for (const [ref, t] of this.constants) {
      t.dispose();
      this.values[ref] = undefined;
    }
    for (const t of this.tables.values()) t.dispose();
    this.constants.clear();
    this.tables.clear();
  }

  private planned({ steps, shapes, constants, outputs }: TensorProgram): readonly PlannedStep[] {
    const runs = new Map<Ref, Run>();
    const single = (s: TensorProgram['steps'][number]): PlannedStep => {
      const run = runs.get(s.out)!;
      return { op: opName(s.op), ins: s.ins, outs: [s.out], run: (...xs) => [run(...xs)] };
    };
    const context = {
      shape: (r: Ref) => shapes[r],
      number: (r: Ref) => (shapes[r].length === 0 ? constants.get(r)?.[0] : undefined),
      outputs,
    };
    const joined = this.backend.ownLanes ? fuse(steps, context) : steps;
    for (const s of joined)
      if ('op' in s) {
        const facts = { shapes: s.ins.map((r) => shapes[r]), shape: shapes[s.out], table: this.table };
        runs.set(s.out, implement(this.backend, s.op, facts));
      }
    return joined.map((s): PlannedStep => {
      if ('op' in s) return single(s);
      const { program, ins, outs } = s;
      const call = { program, shapes: outs.map((r) => shapes[r]) };
      return { op: 'fused', ins, outs, run: (...xs) => runLanes(call, xs) };
    });
  }

  private readonly table = (index: Int32Array): tf.Tensor => {
    let t = this.tables.get(index);
    if (!t) {
      t = tf.keep(tf.tensor(index, [index.length], 'int32'));
      this.tables.set(index, t);
    }
    return t;
  };

  private drop(ref: Ref): void {
    if (this.constants.has(ref)) return;
    this.values[ref]?.dispose();
    this.values[ref] = undefined;
  }
}
