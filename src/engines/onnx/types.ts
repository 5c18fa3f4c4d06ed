/** ONNX graphs as data: named nodes, each with one result; constants; float32 inputs and outputs of fixed shape. */
import type { Shape } from '../tensors/ops.ts';

/** Element types by their numbers in files. */
export const elementTypes = { float: 1, int32: 6, int64: 7, bool: 9 } as const;

export type Attribute = number | string | readonly number[];

export interface OnnxNode {
  readonly op: string;
  readonly ins: readonly string[];
  readonly out: string;
  /** Whole numbers, lists of them, or words. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** A float32 array of fixed shape. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: Shape;
  readonly doc?: string;
}

export interface OnnxGraph {
  /** Each after those whose results it reads. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Names of the inputs and outputs of a program, in its order; all different. */
export interface PortNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}
