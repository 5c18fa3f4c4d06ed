/**
 * Tensor programs: what a program of IR expressions is lowered to, whoever runs it. A list of few, large operations
 * on dense row-major float32 arrays of known shape. tfjs executes it step by step, ONNX Runtime as one graph, and
 * files are written from it.
 *
 * Conventions: truth values are 0 and 1; positions are floats where they are computed and int32 where they are known;
 * binary operations broadcast by position from the right; a scalar has the shape []. "[o, k, i]" means that the
 * operand's elements are taken in their order as an array of that shape, whatever its own shape is.
 */
import type { ReduceKind, Slot } from '../../ir/types.ts';

/** The number of a result. */
export type Ref = number;
export type Shape = readonly number[];

export type UnaryFn =
  | 'neg'
  | 'square'
  | 'sqrt'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sigmoid'
  | 'relu'
  /** 1 where x > 0, else 0. */
  | 'step'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'erf'
  /** 0 in place of NaN. */
  | 'nanToZero'
  /** 0 in place of ±∞ and NaN. */
  | 'finite';

export type BinaryFn =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'min'
  | 'max'
  | 'pow'
  | 'atan2'
  /** x > y as 0 or 1. */
  | 'greater'
  | 'notEqual';

/** Fills `out` from `ins`; row-major. */
export type HostLoop = (out: Float32Array, ins: readonly Float32Array[]) => void;

export type TensorOp =
  | { readonly op: 'unary'; readonly fn: UnaryFn }
  | { readonly op: 'binary'; readonly fn: BinaryFn }
  /** One operand, between `lo` and `hi` (which may be infinite). */
  | { readonly op: 'clip'; readonly lo: number; readonly hi: number }
  /** (c, x, y): x where c ≠ 0, else y; all three broadcast. */
  | { readonly op: 'select' }
  | { readonly op: 'reshape' }
  /** Dimension d of the result is dimension permutation[d] of the operand. */
  | { readonly op: 'transpose'; readonly permutation: readonly number[] }
  /** Any number of operands, one after another along their first dimension. */
  | { readonly op: 'concat' }
  /** The operand as [o, k, i], reduced over k; the result has o·i elements. */
  | {
      readonly op: 'reduce';
      readonly kind: Exclude<ReduceKind, 'logsumexp'>;
      readonly o: number;
      readonly k: number;
      readonly i: number;
    }
  /**
   * (x, y): `batch` products [m, k]·[k, n]; an operand that is flagged lies as [k, m] or [n, k]. Flags occur only
   * where `batch` is 1 and the target says that it takes them.
   */
  | {
      readonly op: 'matMul';
      readonly batch: number;
      readonly m: number;
      readonly k: number;
      readonly n: number;
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    }
  /** (w, x): Σₖ w[k]·x[k, i], for targets that ask for it. */
  | { readonly op: 'weightedSum'; readonly k: number; readonly i: number }
  /**
   * The first operand as [o, n, i], read along its middle dimension: out[a, j, b] = x[a, index[j], b]; 0 where a
   * table has −1.
   * Without a table the second operand holds the m positions, to be clamped to 0 … n − 1.
   */
  | {
      readonly op: 'gather';
      readonly o: number;
      readonly n: number;
      readonly i: number;
      readonly m: number;
      /** Each in −1 … n − 1. */
      readonly table: Int32Array | null;
    }
  /**
   * The transpose of a read: the first operand as [o, m, i], out as [o, n, i], out[a, index[j], b] += x[a, j, b].
   * Without a table the second operand holds the m positions; what is outside of 0 … n − 1 is left out (−1 in a table).
   */
  | {
      readonly op: 'scatter';
      readonly o: number;
      readonly m: number;
      readonly i: number;
      readonly n: number;
      readonly table: Int32Array | null;
    }
  /** A loop of our own: recurrences, functions of matrices, special functions for targets that ask for them. */
  | { readonly op: 'host'; readonly name: string; readonly loop: HostLoop };

export interface TensorStep {
  readonly op: TensorOp;
  readonly ins: readonly Ref[];
  readonly out: Ref;
}

export interface TensorInput {
  readonly slot: Slot;
  readonly ref: Ref;
  readonly shape: Shape;
}

export interface TensorProgram {
  readonly inputs: readonly TensorInput[];
  /** Float32, of the shape that `shapes` says. */
  readonly constants: ReadonlyMap<Ref, Float32Array>;
  /** In order; each is needed for some output. */
  readonly steps: readonly TensorStep[];
  /** Of every result, by its number. */
  readonly shapes: readonly Shape[];
  /** May be inputs, constants or results of steps, and may repeat. */
  readonly outputs: readonly Ref[];
}

/** What a target does well, for the choices that lowering makes. */
export interface Target {
  /** Loops of our own (`host`) cost nothing extra: it computes where they can read and write. */
  readonly hostLoops: boolean;
  /**
   * Sums, products, sigmoid, clip and step are much faster than comparisons, exponentials and the like, and products
   * of vectors want `weightedSum` (tfjs's wasm).
   */
  readonly plainArithmetic: boolean;
  /** Whether a product [m, k]·[k, n] may have transposed operands at no extra cost. */
  readonly transposes: (m: number, k: number, n: number) => boolean;
  /** The second operand of a product that is not `transposes` is copied first (XNNPACK). */
  readonly packs: boolean;
  /** Reads along the first dimension are much faster than along others. */
  readonly rowReads: boolean;
}

/** A name for the operation, for explanations and profiles. */
export function opName(op: TensorOp): string {
  switch (op.op) {
    case 'unary':
    case 'binary':
      return op.fn;
    case 'reduce':
      return op.kind;
    case 'host':
      return op.name;
    default:
      return op.op;
  }
}
