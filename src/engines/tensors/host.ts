/** Tensor operations in plain JavaScript: for what is known at compile time, and to test those who execute programs. */
import { sizeOfShape } from '../../arrays.ts';
import { functions } from '../../ir/functions.ts';
import {
  dynamicGatherLoop,
  gatherLoop,
  map2Loop,
  mapLoop,
  reduceLoop,
  scatterLoop,
  selectLoop,
  transposeLoop,
  weightedSumLoop,
} from './loops.ts';
import type { BinaryFn, HostLoop, Ref, Shape, TensorOp, TensorProgram, UnaryFn } from './ops.ts';

export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** The unary functions, float64. */
export const unaryFunctions: Readonly<Record<UnaryFn, (x: number) => number>> = {
  neg: (x) => -x,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sigmoid: functions.sigmoid.eval,
  relu: (x) => Math.max(0, x),
  step: (x) => (x > 0 ? 1 : 0),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  erf: functions.erf.eval,
  nanToZero: (x) => (Number.isNaN(x) ? 0 : x),
  finite: (x) => (Number.isFinite(x) ? x : 0),
};

/** The binary functions, float64. */
export const binaryFunctions: Readonly<Record<BinaryFn, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  pow: Math.pow,
  atan2: Math.atan2,
  greater: (x, y) => (x > y ? 1 : 0),
  notEqual: (x, y) => (x !== y ? 1 : 0),
};

/** An operation as a loop over its operands' elements. */
export function loopOf(op: TensorOp, shapes: readonly Shape[], out: Shape): HostLoop {
  switch (op.op) {
    case 'unary':
      return mapLoop(unaryFunctions[op.fn]);
    case 'binary':
      return map2Loop(binaryFunctions[op.fn], out, shapes[0], shapes[1]);
    case 'clip':
      return mapLoop((x) => (x < op.lo ? op.lo : x > op.hi ? op.hi : x));
    case 'select':
      return selectLoop(out, shapes);
    case 'reshape':
      return (to, [x]) => to.set(x);
    case 'transpose':
      return transposeLoop(shapes[0], op.permutation);
    case 'concat':
      return (to, xs) => {
        let at = 0;
        for (const x of xs) {
          to.set(x, at);
          at += x.length;
        }
      };
    case 'reduce':
      return reduceLoop(op.kind, op.o, op.k, op.i);
    case 'matMul':
      return matMulLoop(op);
    case 'weightedSum':
      return weightedSumLoop(op.k, op.i);
    case 'gather':
      return op.table ? gatherLoop(op.o, op.n, op.i, op.table) : dynamicGatherLoop(op.o, op.n, op.i);
    case 'scatter':
      return scatterLoop(op.o, op.n, op.i, op.table);
    case 'host':
      return op.loop;
  }
}

/** The result of one operation, of shape `shape`. */
export function evaluateOp(op: TensorOp, ins: readonly HostTensor[], shape: Shape): Float32Array {
  const out = new Float32Array(sizeOfShape(shape));
  const shapes = ins.map((x) => x.shape);
  loopOf(
    op,
    shapes,
    shape,
  )(
    out,
    ins.map((x) => x.data),
  );
  return out;
}

/**
 * The outputs of a whole program.
 * @param inputs in the order of the program's inputs
 */
export function evaluateProgram(
  program: TensorProgram,
  inputs: readonly Float32Array[],
): readonly Float32Array[] {
  const { shapes } = program;
  const values = new Map<Ref, Float32Array>(program.constants);
  program.inputs.forEach(({ ref }, i) => {
    values.set(ref, inputs[i]);
  });
  for (const { op, ins, out } of program.steps) {
    const operands = ins.map((r) => ({ data: values.get(r)!, shape: shapes[r] }));
    values.set(out, evaluateOp(op, operands, shapes[out]));
  }
  return program.outputs.map((r) => values.get(r)!);
}

function matMulLoop(op: Extract<TensorOp, { op: 'matMul' }>): HostLoop {
  const { batch, m, k, n, transposeA, transposeB } = op;
  const [rowA, columnA] = transposeA ? [1, m] : [k, 1];
  const [rowB, columnB] = transposeB ? [1, k] : [n, 1];
  return (out, [a, b]) => {
    const row = new Float64Array(n);
    for (let c = 0; c < batch; c++)
      for (let i = 0; i < m; i++) {
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const w = a[c * m * k + i * rowA + l * columnA];
          const from = c * k * n + l * rowB;
          for (let j = 0; j < n; j++) row[j] += w * b[from + j * columnB];
        }
        out.set(row, (c * m + i) * n);
      }
  };
}
