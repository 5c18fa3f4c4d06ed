/** Tensor operations on tfjs: by its own kernels, or by loops of ours where a backend lacks one or is slow. */
import * as tf from '@tensorflow/tfjs-core';
import { loopOf } from '../tensors/host.ts';
import type { BinaryFn, Shape, TensorOp, UnaryFn } from '../tensors/ops.ts';
import type { Backend } from './backend.ts';
import { heapOp, matrixProduct } from './heap.ts';
import { ownProduct } from './product-op.ts';
import { worthwhile } from './products.ts';
import { rowsOp } from './rows-op.ts';

export type Run = (...xs: tf.Tensor[]) => tf.Tensor;

export interface StepFacts {
  /** Of the operands. */
  readonly shapes: readonly Shape[];
  /** Of the result. */
  readonly shape: Shape;
  /** An index table as a tensor, kept as long as the program. */
  readonly table: (index: Int32Array) => tf.Tensor;
}

const unary: Readonly<Record<UnaryFn, (x: tf.Tensor) => tf.Tensor>> = {
  neg: tf.neg,
  square: tf.square,
  sqrt: tf.sqrt,
  abs: tf.abs,
  sign: tf.sign,
  floor: tf.floor,
  ceil: tf.ceil,
  exp: tf.exp,
  expm1: tf.expm1,
  log: tf.log,
  log1p: tf.log1p,
  sigmoid: tf.sigmoid,
  relu: tf.relu,
  step: (x) => tf.step(x),
  sin: tf.sin,
  cos: tf.cos,
  tan: tf.tan,
  asin: tf.asin,
  acos: tf.acos,
  atan: tf.atan,
  sinh: tf.sinh,
  cosh: tf.cosh,
  tanh: tf.tanh,
  erf: tf.erf,
  nanToZero: (x) => tf.tidy(() => tf.where(tf.isNaN(x), tf.zerosLike(x), x)),
  finite: (x) => tf.tidy(() => tf.where(tf.isFinite(x), x, tf.zerosLike(x))),
};

const binary: Readonly<Record<BinaryFn, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
  add: (x, y) => tf.add(x, y),
  sub: (x, y) => tf.sub(x, y),
  mul: (x, y) => tf.mul(x, y),
  div: (x, y) => tf.div(x, y),
  min: (x, y) => tf.minimum(x, y),
  max: (x, y) => tf.maximum(x, y),
  pow: (x, y) => tf.pow(x, y),
  atan2: (x, y) => tf.atan2(x, y),
  greater: (x, y) => tf.tidy(() => tf.cast(tf.greater(x, y), 'float32')),
  notEqual: (x, y) => tf.tidy(() => tf.cast(tf.notEqual(x, y), 'float32')),
};

/** Where loops of our own reach, these beat the kernels, or are more exact. */
const inLoops: ReadonlySet<UnaryFn | BinaryFn> = new Set(['finite', 'nanToZero', 'pow', 'atan2']);
/** On wasm alone; its own take 20–500 times as long as a sum. */
const slowOnWasm: ReadonlySet<UnaryFn | BinaryFn> = new Set(['min', 'max', 'greater', 'notEqual']);

const reducers = { sum: tf.sum, prod: tf.prod, min: tf.min, max: tf.max };

/** Work of one product above which a loop of plain products beats tfjs's batched one (1 against 20 GFLOP/s). */
const WORTH_SLICING = 32768;

/** A step as a function of tensors; makes no tensors but the result. */
export function implement(backend: Backend, op: TensorOp, facts: StepFacts): Run {
  const { shapes, shape } = facts;
  const looped = (): Run => {
    const loop = loopOf(op, shapes, shape);
    return (...xs) => heapOp(shape, loop, xs);
  };
  switch (op.op) {
    case 'unary':
      return backend.heap && inLoops.has(op.fn) ? looped() : unary[op.fn];
    case 'binary': {
      const slow = inLoops.has(op.fn) || (backend.xnn && slowOnWasm.has(op.fn));
      return backend.heap && slow ? looped() : binary[op.fn];
    }
    case 'clip':
      return (x) => tf.clipByValue(x, op.lo, op.hi);
    case 'select':
      if (backend.heap) return looped();
      return (c, x, y) => tf.tidy(() => tf.where(tf.cast(c, 'bool'), x, y));
    case 'reshape':
      return (x) => tf.reshape(x, [...shape]);
    case 'transpose':
      // 2 against 50 nanoseconds an element on wasm.
      if (backend.heap) return looped();
      return (x) => tf.transpose(x, [...op.permutation]);
    case 'concat':
      return (...xs) => tf.concat(xs, 0);
    case 'reduce':
      if (backend.ownRows && op.kind === 'sum' && op.i > 1)
        return (x) => rowsOp('sum', [x], [op.o, op.k, op.i], shape);
      if (backend.heap) return looped();
      return (x) =>
        tf.tidy(() => tf.reshape(reducers[op.kind](tf.reshape(x, [op.o, op.k, op.i]), 1), [...shape]));
    case 'matMul':
      return product(backend, op);
    case 'weightedSum':
      if (backend.ownRows) return (w, x) => rowsOp('weightedSum', [w, x], [op.k, op.i], shape);
      return looped();
    case 'gather':
      return (backend.ownRows ? rows(op, facts) : null) ?? gather(backend, op, facts) ?? looped();
    case 'scatter':
      return (backend.ownRows ? rows(op, facts) : null) ?? scatter(backend, op, facts) ?? looped();
    case 'host':
      if (backend.heap) return looped();
      return (...xs) => {
        const out = new Float32Array(tf.util.sizeFromShape([...shape]));
        op.loop(
          out,
          xs.map((x) => x.dataSync<'float32'>()),
        );
        return tf.tensor(out, [...shape], 'float32');
      };
  }
}

function product(backend: Backend, op: Extract<TensorOp, { op: 'matMul' }>): Run {
  const { batch, m, k, n, transposeA, transposeB } = op;
  const shape = { m, n, k, transposeA, transposeB };
  if (batch === 1 && backend.ownProducts && worthwhile(shape)) return (x, y) => ownProduct(x, y, shape);
  if (batch === 1 || !backend.xnn || m * k * n < WORTH_SLICING)
    return (x, y) => matrixProduct(x, y, transposeA, transposeB, backend.xnn);
  return (x, y) =>
    tf.tidy(() => {
      const parts = Array.from({ length: batch }, (_, b) => {
        const u = tf.reshape(tf.slice(x, [b, 0, 0], [1, m, k]), [m, k]);
        const v = tf.reshape(tf.slice(y, [b, 0, 0], [1, k, n]), [k, n]);
        return tf.matMul(u, v);
      });
      return tf.reshape(tf.concat(parts, 0), [batch, m, n]);
    });
}

/** Whole rows: on wasm tfjs copies them, ten times as fast as picking elements. */
const wide = (backend: Backend, o: number, m: number, i: number): boolean =>
  backend.xnn && o === 1 && i >= 8 && m >= 16;

/** null: a loop of our own. */
function gather(backend: Backend, op: Extract<TensorOp, { op: 'gather' }>, facts: StepFacts): Run | null {
  const { o, n, i, m, table } = op;
  if (table?.includes(-1)) return backend.heap ? null : gatherGaps(op, table, facts);
  if (table && wide(backend, o, m, i)) {
    const index = facts.table(table);
    return (x) =>
      tf.tidy(() => tf.reshape(tf.gatherND(tf.reshape(x, [n, i]), tf.reshape(index, [m, 1])), [1, m, i]));
  }
  if (backend.heap) return null;
  if (table) {
    const index = facts.table(table) as tf.Tensor1D;
    return (x) => tf.tidy(() => tf.gather(tf.reshape(x, [o, n, i]), index, 1));
  }
  return (x, k) =>
    tf.tidy(() => {
      const index = tf.cast(tf.clipByValue(tf.reshape(k, [m]), 0, n - 1), 'int32') as tf.Tensor1D;
      return tf.gather(tf.reshape(x, [o, n, i]), index, 1);
    });
}

/** At known places, in WebAssembly of our own. */
function rows(op: Extract<TensorOp, { op: 'gather' | 'scatter' }>, facts: StepFacts): Run | null {
  const { o, n, i, m, table } = op;
  if (!table) return null;
  const index = facts.table(table);
  return (x) => rowsOp(op.op, [x, index], [o, n, i, m], facts.shape);
}

/** Gaps read a row of zeros behind the last. */
function gatherGaps(
  { o, n, i }: Extract<TensorOp, { op: 'gather' }>,
  table: Int32Array,
  facts: StepFacts,
): Run {
  const index = facts.table(table.map((k) => (k < 0 ? n : k))) as tf.Tensor1D;
  return (x) =>
    tf.tidy(() => {
      const rows = tf.reshape(x, [o, n, i]);
      const padded = tf.concat([rows, tf.zeros([o, 1, i])], 1);
      return tf.gather(padded, index, 1);
    });
}

/** null: a loop of our own. */
function scatter(backend: Backend, op: Extract<TensorOp, { op: 'scatter' }>, facts: StepFacts): Run | null {
  const { o, m, i, n, table } = op;
  if (backend.heap) return null;
  const known = table ? facts.table(table) : null;
  return (x, k) =>
    tf.tidy(() => {
      // tfjs's own segment sum wants the summed dimension first.
      const y = tf.transpose(tf.reshape(x, [o, m, i]), [1, 0, 2]);
      const ids = known ?? tf.cast(tf.round(tf.reshape(k, [m])), 'int32');
      const sums = tf.unsortedSegmentSum(tf.reshape(y, [m, o * i]), ids as tf.Tensor1D, n);
      return tf.transpose(tf.reshape(sums, [n, o, i]), [1, 0, 2]);
    });
}
