/** Tensor programs as ONNX graphs. */
import { sizeOfShape } from '../../arrays.ts';
import type { Ref, Shape, TensorOp, TensorProgram, TensorStep } from '../tensors/ops.ts';
import { opName } from '../tensors/ops.ts';
import { Emitter } from './emitter.ts';
import { asTruths, binary, type Truth, unary } from './functions.ts';
import { addComputed, addTable, readComputed, readTable } from './moves.ts';
import type { OnnxGraph, OnnxNode, PortNames } from './types.ts';

/** The first step that ONNX cannot say, by its name; null where there is none. */
export function unsupportedStep(program: TensorProgram): string | null {
  const step = program.steps.find((s) => s.op.op === 'host');
  return step ? opName(step.op) : null;
}

/**
 * @param names one for each input and output
 * @throws Error on a step that ONNX cannot say, on names that are missing or not all different
 */
export function lowerToOnnx(program: TensorProgram, names: PortNames): OnnxGraph {
  checkNames(program, names);
  return new Lowering(program).graph(names);
}

function checkNames(program: TensorProgram, { inputs, outputs }: PortNames): void {
  const all = [...inputs, ...outputs];
  if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
    throw new Error(
      `${inputs.length} and ${outputs.length} names for ${program.inputs.length} inputs and ${program.outputs.length} outputs`,
    );
  if (new Set(all).size !== all.length || all.some((n) => n === '' || /^[#%]/.test(n)))
    throw new Error(`inputs and outputs need names of their own, found ${all.join(', ')}`);
}

type Of<K extends TensorOp['op']> = Extract<TensorOp, { readonly op: K }>;

/** Products with sums so long are thought about. */
const LONG_SUM = 4096;

class Lowering {
  private readonly e = new Emitter();
  private readonly program: TensorProgram;
  private readonly values = new Map<Ref, string>();
  /** Truth values that exist as such, by the name of their numbers. */
  private readonly truths = new Map<string, string>();
  /**
   * Products that stay as they are: ONNX Runtime turns (A·B)ᵀ into Bᵀ·Aᵀ, which takes twice as long where sums are long
   * and the first operand is the one with more rows. A transposition in three dimensions it leaves alone.
   */
  private readonly settled = new Set<string>();

  constructor(program: TensorProgram) {
    this.program = program;
  }

  graph(names: PortNames): OnnxGraph {
    const { program, e } = this;
    program.inputs.forEach((input, k) => {
      this.values.set(input.ref, e.declare(names.inputs[k], input.shape));
    });
    for (const s of program.steps) this.values.set(s.out, this.step(s));
    const named = new Map<string, string>();
    const outputs = program.outputs.map((ref, k) => {
      const shape = program.shapes[ref];
      let value = e.view(this.value(ref), shape);
      // The name of a result is free to choose, but for inputs, constants and what is an output already.
      if (!e.isMade(value) || named.has(value)) value = e.node('Identity', [value], shape);
      named.set(value, names.outputs[k]);
      return { name: names.outputs[k], shape };
    });
    const nodes = this.needed(new Set(named.keys()));
    const read = new Set(nodes.flatMap((n) => n.ins));
    const rename = (name: string): string => named.get(name) ?? name;
    return {
      nodes: nodes.map((n) => ({ ...n, ins: n.ins.map(rename), out: rename(n.out) })),
      initializers: [...e.initializers.values()].filter((i) => read.has(i.name)),
      inputs: program.inputs.map(({ shape }, k) => ({ name: names.inputs[k], shape })),
      outputs,
    };
  }

  /** The nodes that some output depends on. */
  private needed(live: Set<string>): readonly OnnxNode[] {
    const kept: OnnxNode[] = [];
    for (const n of [...this.e.nodes].reverse()) {
      if (!live.has(n.out)) continue;
      for (const name of n.ins) live.add(name);
      kept.push(n);
    }
    return kept.reverse();
  }

  private value(ref: Ref): string {
    let name = this.values.get(ref);
    if (name === undefined) {
      const data = this.program.constants.get(ref)!;
      const shape = this.program.shapes[ref];
      name = data.length === 1 && shape.length === 0 ? this.e.number(data[0]) : this.e.array(data, shape);
      this.values.set(ref, name);
    }
    return name;
  }

  private step({ op, ins, out }: TensorStep): string {
    const made = this.make(
      op,
      ins.map((r) => this.value(r)),
      this.program.shapes[out],
    );
    const shape = this.program.shapes[out];
    if (typeof made === 'string') return this.e.view(made, shape);
    const numbers = this.e.view(made.numbers, shape);
    this.truths.set(numbers, this.e.view(made.truths, shape));
    return numbers;
  }

  private make(op: TensorOp, ins: readonly string[], shape: Shape): string | Truth {
    const { e } = this;
    const [x, y] = ins;
    switch (op.op) {
      case 'unary':
        return unary(e, op.fn, x);
      case 'binary':
        return binary(e, op.fn, x, y);
      case 'clip':
        return this.clip(x, op.lo, op.hi);
      case 'select':
        return e.each('Where', this.truths.get(x) ?? asTruths(e, x), y, ins[2]);
      case 'reshape': {
        const truths = this.truths.get(x);
        const numbers = e.view(x, shape);
        return truths === undefined ? numbers : { numbers, truths: e.view(truths, shape) };
      }
      case 'transpose':
        return this.transpose(x, op.permutation, shape);
      case 'concat': {
        const flat = ins.map((n) => e.view(n, [sizeOfShape(e.shape(n))]));
        return flat.length === 1 ? x : e.node('Concat', flat, [sizeOfShape(shape)], { axis: 0 });
      }
      case 'reduce':
        return this.reduce(op, x);
      case 'matMul':
        return this.matMul(op, x, y);
      case 'weightedSum':
        return e.node('MatMul', [e.view(x, [1, op.k]), e.view(y, [op.k, op.i])], [1, op.i]);
      case 'gather':
        return op.table ? readTable(e, x, op, op.table) : readComputed(e, x, op, y);
      case 'scatter':
        return op.table ? addTable(e, x, op, op.table) : addComputed(e, x, op, y);
      case 'host':
        throw new Error(`ONNX has no "${op.name}"`);
    }
  }

  private clip(x: string, lo: number, hi: number): string {
    const { e } = this;
    const above = lo === Number.NEGATIVE_INFINITY ? '' : e.number(lo);
    if (hi === Number.POSITIVE_INFINITY) return above === '' ? x : e.node('Clip', [x, above], e.shape(x));
    return e.node('Clip', [x, above, e.number(hi)], e.shape(x));
  }

  private reduce({ kind, o, k, i }: Of<'reduce'>, x: string): string {
    const { e } = this;
    if (k === 1) return e.view(x, [o, i]);
    const op = { sum: 'ReduceSum', prod: 'ReduceProd', max: 'ReduceMax', min: 'ReduceMin' }[kind];
    const [from, axis, to] = i === 1 ? [[o, k], 1, [o]] : o === 1 ? [[k, i], 0, [i]] : [[o, k, i], 1, [o, i]];
    return e.node(op, [e.view(x, from), e.wholeNumbers([axis])], to, { keepdims: 0 });
  }

  private matMul({ batch, m, k, n, transposeA, transposeB }: Of<'matMul'>, x: string, y: string): string {
    const { e } = this;
    if (batch > 1)
      return e.node('MatMul', [e.view(x, [batch, m, k]), e.view(y, [batch, k, n])], [batch, m, n]);
    const a = e.view(x, transposeA ? [k, m] : [m, k]);
    const b = e.view(y, transposeB ? [n, k] : [k, n]);
    const product =
      !transposeA && !transposeB
        ? e.node('MatMul', [a, b], [m, n])
        : e.node('Gemm', [a, b], [m, n], { transA: Number(transposeA), transB: Number(transposeB) });
    if (k >= LONG_SUM && m > n) this.settled.add(product);
    return product;
  }

  private transpose(x: string, permutation: readonly number[], shape: Shape): string {
    const { e } = this;
    if (!this.settled.has(x) || permutation.length !== 2)
      return e.node('Transpose', [x], shape, { perm: permutation });
    const turned = e.node('Transpose', [e.view(x, [...e.shape(x), 1])], [...shape, 1], { perm: [1, 0, 2] });
    return e.view(turned, shape);
  }
}
