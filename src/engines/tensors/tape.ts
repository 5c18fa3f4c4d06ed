/**
 * Recording of a tensor program. What depends on constants only is computed at once
 * and kept (`host.ts`), equal steps are shared, and at the end dead ones are dropped.
 */
import { sizeOfShape } from '../../arrays.ts';
import type { Slot } from '../../ir/types.ts';
import { evaluateOp } from './host.ts';
import type { Ref, Shape, Target, TensorInput, TensorOp, TensorProgram, TensorStep } from './ops.ts';

export type { Ref, Shape } from './ops.ts';

export class Tape {
  readonly target: Target;
  private readonly shapes: Shape[] = [];
  private readonly steps: TensorStep[] = [];
  private readonly constants = new Map<Ref, Float32Array>();
  private readonly scalars = new Map<Ref, number>();
  private readonly inputs = new Map<Slot, TensorInput>();
  private readonly known = new Map<string, Ref>();
  private readonly tables = new Map<Int32Array, number>();

  constructor(target: Target) {
    this.target = target;
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
      const ref = this.keep(Float32Array.of(value), []);
      this.scalars.set(ref, value);
      return ref;
    });
  }

  /** A constant array, shared by all that ask for the same contents, or by the same `key`. */
  constant(data: Float32Array, shape: Shape, key?: string): Ref {
    if (key !== undefined) return this.shared(`constant ${key}`, () => this.keep(data, shape));
    for (let k = 0; ; k++) {
      const name = `constant [${shape}] ${hashOf(data)} ${k}`;
      const other = this.known.get(name);
      if (other === undefined) return this.shared(name, () => this.keep(data, shape));
      if (this.constants.get(other)!.every((x, i) => Object.is(x, data[i]))) return other;
    }
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
   * @param shape of the result
   * @param key what distinguishes loops (`host`) of the same name and operands
   */
  emit(op: TensorOp, ins: readonly Ref[], shape: Shape, key = ''): Ref {
    return this.shared(`${this.nameOf(op)}(${ins.join(',')})${key}`, () => {
      if (ins.every((r) => this.constants.has(r))) {
        const operands = ins.map((r) => ({ data: this.constants.get(r)!, shape: this.shapes[r] }));
        return this.keep(evaluateOp(op, operands, shape), shape);
      }
      const out = this.fresh(shape);
      this.steps.push({ op, ins, out });
      return out;
    });
  }

  /** The same elements in another shape. */
  view(ref: Ref, shape: Shape): Ref {
    const now = this.shapes[ref];
    if (now.length === shape.length && now.every((n, d) => n === shape[d])) return ref;
    if (sizeOfShape(now) !== sizeOfShape(shape)) throw new Error(`cannot view [${now}] as [${shape}]`);
    return this.shared(`reshape(${ref})[${shape}]`, () => {
      const data = this.constants.get(ref);
      if (data) return this.keep(data, shape);
      const out = this.fresh(shape);
      this.steps.push({ op: { op: 'reshape' }, ins: [ref], out });
      return out;
    });
  }

  /** As `view` where the target reads operands by their shape; loops of our own read them as they lie. */
  viewed(ref: Ref, shape: Shape): Ref {
    return this.target.hostLoops ? ref : this.view(ref, shape);
  }

  transpose(ref: Ref, shape: Shape, permutation: readonly number[]): Ref {
    const x = this.view(ref, shape);
    const out = permutation.map((d) => shape[d]);
    return this.emit({ op: 'transpose', permutation }, [x], out);
  }

  finish(outputs: readonly Ref[]): TensorProgram {
    const live = new Set<Ref>(outputs);
    const steps: TensorStep[] = [];
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const s = this.steps[i];
      if (!live.has(s.out)) continue;
      for (const r of s.ins) live.add(r);
      steps.push(s);
    }
    return {
      inputs: [...this.inputs.values()].filter((x) => live.has(x.ref)),
      constants: new Map([...this.constants].filter(([ref]) => live.has(ref))),
      steps: steps.reverse(),
      shapes: this.shapes,
      outputs,
    };
  }

  /** All of an operation but its operands; tables by their identity. */
  private nameOf(op: TensorOp): string {
    switch (op.op) {
      case 'host':
        return `host ${op.name}`;
      case 'gather':
      case 'scatter': {
        const { table, ...rest } = op;
        return `${Object.values(rest).join()} ${table ? this.tableNumber(table) : 'computed'}`;
      }
      default:
        return Object.values(op).join();
    }
  }

  private tableNumber(table: Int32Array): number {
    let n = this.tables.get(table);
    if (n === undefined) {
      n = this.tables.size;
      this.tables.set(table, n);
    }
    return n;
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

  private keep(data: Float32Array, shape: Shape): Ref {
    const ref = this.fresh(shape);
    this.constants.set(ref, data);
    return ref;
  }
}

function hashOf(data: Float32Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let h = 2166136261;
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 16777619);
  return h;
}
