/**
 * A static list of tensor steps. Recording folds what depends on constants only
 * (it is computed at once and kept), shares equal steps, and at the end drops
 * dead ones and notes where each result is used last, so that a run holds no
 * tensor longer than needed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOfShape } from '../../arrays.ts';
import type { Slot } from '../../ir/types.ts';
import { activate, type Backend } from './backend.ts';
import { fuse } from './fuse.ts';
import { runLanes } from './lanes-op.ts';

/** The number of a result. */
export type Ref = number;
export type Shape = readonly number[];

interface Step {
  readonly op: string;
  readonly ins: readonly Ref[];
  readonly out: Ref;
  readonly run: (...xs: tf.Tensor[]) => tf.Tensor;
}

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
  readonly result: Ref;
}

export interface InputRef {
  readonly slot: Slot;
  readonly ref: Ref;
  readonly shape: Shape;
}

export class Tape {
  readonly backend: Backend;
  private readonly shapes: Shape[] = [];
  private readonly steps: Step[] = [];
  private readonly constants = new Map<Ref, tf.Tensor>();
  private readonly scalars = new Map<Ref, number>();
  private readonly inputs = new Map<Slot, InputRef>();
  private readonly known = new Map<string, Ref>();

  constructor(backend: Backend) {
    this.backend = backend;
  }

  shape(ref: Ref): Shape {
    return this.shapes[ref];
  }

  isConstant(ref: Ref): boolean {
    return this.constants.has(ref);
  }

  /** The number that a scalar constant is, if it is one. */
  scalarValue(ref: Ref): number | undefined {
    return this.scalars.get(ref);
  }

  scalar(value: number): Ref {
    return this.shared(`scalar ${Object.is(value, -0) ? '-0' : value}`, () => {
      const ref = this.keep(tf.scalar(value, 'float32'));
      this.scalars.set(ref, value);
      return ref;
    });
  }

  /** A constant array; `key` shares it among equal requests. */
  constant(data: Float32Array, shape: Shape, key?: string): Ref {
    const make = (): Ref => this.keep(tf.tensor(data, [...shape], 'float32'));
    return key === undefined ? make() : this.shared(`constant ${key}`, make);
  }

  /** A constant of index type for kernels that want int32; never an operand of arithmetic. */
  indexTensor(data: Int32Array, shape: Shape, key: string): Ref {
    return this.shared(`index ${key}[${shape}]`, () => this.keep(tf.tensor(data, [...shape], 'int32')));
  }

  input(slot: Slot, shape: Shape): Ref {
    const made = this.inputs.get(slot);
    if (made) return made.ref;
    const ref = this.fresh(shape);
    this.inputs.set(slot, { slot, ref, shape });
    return ref;
  }

  /**
   * Records a step.
   * @param key what distinguishes steps of the same `op` and operands; null if the step is not to be shared
   */
  emit(
    op: string,
    ins: readonly Ref[],
    shape: Shape,
    run: (...xs: tf.Tensor[]) => tf.Tensor,
    key: string | null = '',
  ): Ref {
    const make = (): Ref => {
      if (ins.every((r) => this.constants.has(r))) {
        activate(this.backend);
        return this.keep(run(...ins.map((r) => this.constants.get(r)!)));
      }
      const out = this.fresh(shape);
      this.steps.push({ op, ins, out, run });
      return out;
    };
    return key === null ? make() : this.shared(`${op}(${ins.join(',')})${key}`, make);
  }

  /** The same elements in another shape. */
  view(ref: Ref, shape: Shape): Ref {
    const now = this.shapes[ref];
    if (now.length === shape.length && now.every((n, d) => n === shape[d])) return ref;
    if (sizeOfShape(now) !== sizeOfShape(shape)) throw new Error(`cannot view [${now}] as [${shape}]`);
    return this.emit('reshape', [ref], shape, (x) => tf.reshape(x, [...shape]), `[${shape}]`);
  }

  transpose(ref: Ref, shape: Shape, permutation: readonly number[]): Ref {
    const x = this.view(ref, shape);
    const out = permutation.map((d) => shape[d]);
    return this.emit('transpose', [x], out, (t) => tf.transpose(t, [...permutation]), `[${permutation}]`);
  }

  finish(outputs: readonly Ref[]): Plan {
    const live = new Set<Ref>(outputs);
    const steps: Step[] = [];
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const s = this.steps[i];
      if (!live.has(s.out)) continue;
      for (const r of s.ins) live.add(r);
      steps.push(s);
    }
    steps.reverse();
    const planned = this.planned(steps, outputs);
    const read = new Set([...outputs, ...planned.flatMap((s) => s.ins)]);
    for (const [ref, t] of this.constants) {
      if (read.has(ref)) continue;
      t.dispose();
      this.constants.delete(ref);
    }
    const inputs = [...this.inputs.values()].filter((x) => read.has(x.ref));
    return new Plan(this.backend, planned, this.shapes, this.constants, inputs, outputs);
  }

  /** Elementwise steps joined where loops of our own can be had. */
  private planned(steps: readonly Step[], outputs: readonly Ref[]): readonly PlannedStep[] {
    const single = (s: Step): PlannedStep => ({
      op: s.op,
      ins: s.ins,
      outs: [s.out],
      run: (...xs) => [s.run(...xs)],
    });
    if (!this.backend.ownLanes) return steps.map(single);
    const context = {
      shape: (r: Ref) => this.shapes[r],
      number: (r: Ref) => this.scalars.get(r),
      outputs,
    };
    return fuse(steps, context).map((s): PlannedStep => {
      if ('run' in s) return single(s);
      const { program, ins, outs } = s;
      const call = { program, shapes: outs.map((r) => this.shapes[r]) };
      return { op: 'fused', ins, outs, run: (...xs) => runLanes(call, xs) };
    });
  }

  /** Frees what has been computed so far, when recording fails. */
  abandon(): void {
    for (const t of this.constants.values()) t.dispose();
    this.constants.clear();
  }

  private shared(key: string, make: () => Ref): Ref {
    let ref = this.known.get(key);
    if (ref === undefined) {
      ref = make();
      this.known.set(key, ref);
    }
    return ref;
  }

  private fresh(shape: Shape): Ref {
    this.shapes.push(shape);
    return this.shapes.length - 1;
  }

  private keep(t: tf.Tensor): Ref {
    const ref = this.fresh(t.shape);
    this.constants.set(ref, tf.keep(t));
    return ref;
  }
}

export class Plan {
  readonly inputs: readonly InputRef[];
  private readonly backend: Backend;
  private readonly steps: readonly PlannedStep[];
  private readonly shapes: readonly Shape[];
  private readonly constants: ReadonlyMap<Ref, tf.Tensor>;
  private readonly outputs: readonly Ref[];
  /** For each step, the results that nothing after it uses. */
  private readonly done: readonly (readonly Ref[])[];
  /** Inputs and results that are outputs are freed at the end. */
  private readonly values: (tf.Tensor | undefined)[];

  constructor(
    backend: Backend,
    steps: readonly PlannedStep[],
    shapes: readonly Shape[],
    constants: ReadonlyMap<Ref, tf.Tensor>,
    inputs: readonly InputRef[],
    outputs: readonly Ref[],
  ) {
    this.backend = backend;
    this.steps = steps;
    this.shapes = shapes;
    this.constants = constants;
    this.inputs = inputs;
    this.outputs = outputs;
    const used = new Set<Ref>([...outputs, ...constants.keys()]);
    const done: Ref[][] = steps.map(() => []);
    for (let i = steps.length - 1; i >= 0; i--)
      for (const r of steps[i].ins)
        if (!used.has(r)) {
          used.add(r);
          done[i].push(r);
        }
    this.done = done;
    this.values = shapes.map((_, r) => constants.get(r));
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
      result,
    }));
  }

  constantCount(): number {
    return this.constants.size;
  }

  dispose(): void {
    for (const [ref, t] of this.constants) {
      t.dispose();
      this.values[ref] = undefined;
    }
  }

  private drop(ref: Ref): void {
    this.values[ref]?.dispose();
    this.values[ref] = undefined;
  }
}
