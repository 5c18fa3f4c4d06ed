/** Tensor programs as TensorFlow graphs. */
import { sizeOfShape } from '../../arrays.ts';
import type { PortNames } from '../onnx/model.ts';
import type {
  BinaryFn,
  Ref,
  Shape,
  Target,
  TensorOp,
  TensorProgram,
  TensorStep,
  UnaryFn,
} from '../tensors/ops.ts';
import { bool, type Graph, type GraphNode, type Port, type } from './nodes.ts';
import { GraphWriter, type Out } from './writer.ts';

/** What lowering may count on where a graph is to be made of its result. */
export const graphTarget: Target = {
  hostLoops: false,
  plainArithmetic: false,
  transposes: () => true,
  packs: false,
  rowReads: false,
};

/** A loop of our own, for which TensorFlow has no operation. */
export class NotInGraph extends Error {
  /** The `name` of the loop. */
  readonly loop: string;
  constructor(loop: string) {
    super(`a graph cannot hold the loop "${loop}"`);
    this.loop = loop;
  }
}

/**
 * The program as a graph. Its arithmetic is float32 throughout.
 * @param names one for each input and output, all of them different
 * @throws NotInGraph
 */
export function graphOf(program: TensorProgram, names: PortNames): Graph {
  const maker = new Maker(program);
  const placed = program.inputs.map(({ ref }, k) => maker.input(names.inputs[k], ref));
  for (const step of program.steps) maker.step(step);
  const given = program.outputs.map((ref, k) => maker.output(names.outputs[k], ref));
  const ports = (list: readonly string[], outs: readonly Out[]): readonly Port[] =>
    outs.map(({ node, shape, dtype }, k) => ({ name: list[k], node, dtype, shape }));
  return {
    nodes: maker.nodes([...placed, ...given].map((o) => o.node)),
    inputs: ports(names.inputs, placed),
    outputs: ports(names.outputs, given),
  };
}

const unaries: Readonly<Record<Exclude<UnaryFn, 'step' | 'nanToZero' | 'finite'>, string>> = {
  neg: 'Neg',
  square: 'Square',
  sqrt: 'Sqrt',
  abs: 'Abs',
  sign: 'Sign',
  floor: 'Floor',
  ceil: 'Ceil',
  exp: 'Exp',
  expm1: 'Expm1',
  log: 'Log',
  log1p: 'Log1p',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  tanh: 'Tanh',
  erf: 'Erf',
};

const binaries: Readonly<Record<Exclude<BinaryFn, 'greater' | 'notEqual'>, string>> = {
  add: 'AddV2',
  sub: 'Sub',
  mul: 'Mul',
  div: 'RealDiv',
  min: 'Minimum',
  max: 'Maximum',
  pow: 'Pow',
  atan2: 'Atan2',
};

const reductions = { sum: 'Sum', prod: 'Prod', max: 'Max', min: 'Min' } as const;

class Maker {
  private readonly w = new GraphWriter();
  private readonly program: TensorProgram;
  private readonly values = new Map<Ref, Out>();
  /** Results of comparisons as truth values: what `select` asks for. */
  private readonly truths = new Map<Ref, Out>();

  constructor(program: TensorProgram) {
    this.program = program;
  }

  nodes = (roots: readonly string[]): readonly GraphNode[] => this.w.finish(roots);

  input(name: string, ref: Ref): Out {
    const shape = this.program.shapes[ref];
    const attrs = { dtype: type('float'), shape: { kind: 'shape', value: shape } } as const;
    const out = this.w.named(name, 'Placeholder', [], shape, attrs);
    this.values.set(ref, out);
    return out;
  }

  output(name: string, ref: Ref): Out {
    const x = this.w.view(this.value(ref), this.program.shapes[ref]);
    return this.w.named(name, 'Identity', [x], x.shape, { T: type('float') });
  }

  step({ op, ins, out }: TensorStep): void {
    this.values.set(out, this.made(op, ins, out, this.program.shapes[out]));
  }

  private value(ref: Ref): Out {
    let known = this.values.get(ref);
    if (!known) {
      const data = this.program.constants.get(ref);
      if (!data) throw new Error(`result ${ref} is read before it is there`);
      known =
        data.length === 1 && this.program.shapes[ref].length === 0
          ? this.w.number(data[0])
          : this.w.constant(data, this.program.shapes[ref]);
      this.values.set(ref, known);
    }
    return known;
  }

  private made(op: TensorOp, ins: readonly Ref[], out: Ref, shape: Shape): Out {
    const { w } = this;
    const of = (k: number): Out => this.value(ins[k]);
    switch (op.op) {
      case 'unary':
        return this.unary(op.fn, of(0), out);
      case 'binary': {
        if (op.fn !== 'greater' && op.fn !== 'notEqual') return w.map2(binaries[op.fn], of(0), of(1), shape);
        const truth = w.compare(op.fn === 'greater' ? 'Greater' : 'NotEqual', of(0), of(1), shape);
        return this.numberOf(truth, out);
      }
      case 'clip':
        return w.clip(of(0), op.lo, op.hi);
      case 'select':
        return w.select(this.truth(ins[0]), of(1), of(2), shape);
      case 'reshape':
        return w.view(of(0), shape);
      case 'transpose':
        return w.transpose(of(0), op.permutation);
      case 'concat':
        return w.concat(
          ins.map((r) => this.value(r)),
          0,
        );
      case 'reduce': {
        const x = along(w, of(0), op.o, op.k, op.i);
        return w.view(w.reduce(reductions[op.kind], x.of, x.axis), shape);
      }
      case 'matMul':
        return this.product(op, of(0), of(1), shape);
      case 'weightedSum': {
        const plain = {
          op: 'matMul',
          batch: 1,
          m: 1,
          k: op.k,
          n: op.i,
          transposeA: false,
          transposeB: false,
        } as const;
        return this.product(plain, of(0), of(1), shape);
      }
      case 'gather':
        return w.view(this.gathered(op, ins), shape);
      case 'scatter':
        return w.view(this.scattered(op, ins), shape);
      case 'host':
        throw new NotInGraph(op.name);
    }
  }

  private unary(fn: UnaryFn, x: Out, out: Ref): Out {
    const { w } = this;
    switch (fn) {
      case 'step':
        return this.numberOf(w.compare('Greater', x, w.number(0), x.shape), out);
      case 'nanToZero':
        return w.select(w.emit('IsNan', [x], x.shape, { T: type('float') }, 'bool'), w.number(0), x, x.shape);
      case 'finite':
        return w.select(
          w.emit('IsFinite', [x], x.shape, { T: type('float') }, 'bool'),
          x,
          w.number(0),
          x.shape,
        );
      default:
        return w.map(unaries[fn], x);
    }
  }

  private numberOf(truth: Out, out: Ref): Out {
    this.truths.set(out, truth);
    return this.w.cast(truth, 'float');
  }

  private truth(ref: Ref): Out {
    const known = this.truths.get(ref);
    if (known) return known;
    const x = this.value(ref);
    return this.w.compare('NotEqual', x, this.w.number(0), x.shape);
  }

  private product(op: Extract<TensorOp, { op: 'matMul' }>, a: Out, b: Out, shape: Shape): Out {
    const { w } = this;
    const { batch, m, k, n, transposeA, transposeB } = op;
    const lead = batch === 1 ? [] : [batch];
    const x = w.view(a, [...lead, ...(transposeA ? [k, m] : [m, k])]);
    const y = w.view(b, [...lead, ...(transposeB ? [n, k] : [k, n])]);
    const flags = batch === 1 ? (['transpose_a', 'transpose_b'] as const) : (['adj_x', 'adj_y'] as const);
    const attrs = { T: type('float'), [flags[0]]: bool(transposeA), [flags[1]]: bool(transposeB) };
    const out = w.emit(batch === 1 ? 'MatMul' : 'BatchMatMulV2', [x, y], [...lead, m, n], attrs);
    return w.view(out, shape);
  }

  private gathered(op: Extract<TensorOp, { op: 'gather' }>, ins: readonly Ref[]): Out {
    const { w } = this;
    const x = along(w, this.value(ins[0]), op.o, op.n, op.i);
    if (!op.table) {
      const at = w.view(this.value(ins[1]), [op.m]);
      return w.gather(x.of, w.positions(at, 0, op.n - 1), x.axis);
    }
    return readAt(w, x.of, x.axis, op.table);
  }

  private scattered(op: Extract<TensorOp, { op: 'scatter' }>, ins: readonly Ref[]): Out {
    const { w } = this;
    const { o, m, i, n, table } = op;
    const x = this.value(ins[0]);
    if (table) {
      const sources = inverse(table, n);
      if (n * sources.width <= 4 * m + 64) return gatheredBack(w, along(w, x, o, m, i), sources, n);
    }
    // Rows come first where they are added; what belongs nowhere goes to a row before or behind.
    const front =
      o === 1 ? w.view(x, [m, i]) : w.view(w.transpose(w.view(x, [o, m, i]), [1, 0, 2]), [m, o * i]);
    const at = table
      ? w.table(table.map((k) => (k < 0 ? 0 : k + 1)))
      : w.view(
          w.map2('AddV2', w.positions(this.value(ins[1]), -1, n), w.integer(1), this.value(ins[1]).shape),
          [m],
        );
    const rows = w.slice(w.scatterRows(front, at, n + 2), 0, 1, n);
    return o === 1 ? rows : w.transpose(w.view(rows, [n, o, i]), [1, 0, 2]);
  }
}

interface Along {
  readonly of: Out;
  readonly axis: number;
}

/** x as [o, k, i] without leading or trailing 1, and which dimension is the middle one. */
function along(w: GraphWriter, x: Out, o: number, k: number, i: number): Along {
  const shape = [...(o === 1 ? [] : [o]), k, ...(i === 1 ? [] : [i])];
  return { of: w.view(x, shape), axis: o === 1 ? 0 : 1 };
}

function readAt(w: GraphWriter, x: Out, axis: number, table: Int32Array): Out {
  if (table.includes(-1)) {
    const n = x.shape[axis];
    const closed = table.map((k) => (k < 0 ? n : k));
    return w.gather(w.pad(x, axis, 1), w.table(closed), axis);
  }
  if (table.length > 0 && table.every((k, j) => k === table[0] + j))
    return w.slice(x, axis, table[0], table.length);
  return w.gather(x, w.table(table), axis);
}

/** For each of n targets the positions of a table that name it, as many as any has; the table's length where it has fewer. */
interface Sources {
  readonly width: number;
  /** Targets × width. */
  readonly at: Int32Array;
  /** Whether some entry is the table's length. */
  readonly short: boolean;
}

function inverse(table: Int32Array, n: number): Sources {
  const counts = new Int32Array(n);
  for (const k of table) if (k >= 0) counts[k]++;
  const width = counts.reduce((a, b) => Math.max(a, b), 1);
  // Wide ones are not looked at.
  if (n * width > 4 * table.length + 64) return { width, at: new Int32Array(0), short: false };
  const at = new Int32Array(n * width).fill(table.length);
  counts.fill(0);
  table.forEach((k, j) => {
    if (k >= 0) at[k * width + counts[k]++] = j;
  });
  return { width, at, short: at.includes(table.length) };
}

/** A scatter as a read: every target reads its sources, or zero, and adds them. */
function gatheredBack(w: GraphWriter, { of, axis }: Along, { width, at, short }: Sources, n: number): Out {
  const read = readAt(w, short ? w.pad(of, axis, 1) : of, axis, at);
  if (width === 1) return read;
  const shape = [...read.shape.slice(0, axis), n, width, ...read.shape.slice(axis + 1)];
  return w.reduce('Sum', w.view(read, shape), axis + 1);
}

/** Numbers that a graph keeps. */
export const weightsOf = (graph: Graph): number =>
  graph.nodes.reduce(
    (n, { attrs: { value } }) => n + (value?.kind === 'tensor' ? sizeOfShape(value.shape) : 0),
    0,
  );
