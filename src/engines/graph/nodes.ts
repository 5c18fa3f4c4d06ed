/**
 * TensorFlow graphs as data: what a GraphModel of tfjs and a SavedModel have in common (TensorFlow's `graph.proto`,
 * `node_def.proto`, `attr_value.proto`). Only operations that tfjs's converter executes occur.
 */
import type { Shape } from '../tensors/ops.ts';

export type DType = 'float' | 'int32' | 'bool';

export type Attr =
  | { readonly kind: 'type'; readonly value: DType }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'shape'; readonly value: Shape }
  /** The value of a constant: a file of its own in one format, a part of the graph in the other. */
  | { readonly kind: 'tensor'; readonly shape: Shape; readonly value: Float32Array | Int32Array };

export interface GraphNode {
  /** Letters, digits, `_`, `.`, `-` and `/`; the first is no `_`, `-` or `/`. */
  readonly name: string;
  readonly op: string;
  /** Names of nodes; each node has one result. */
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, Attr>>;
}

/** What a graph takes or gives, under a name that is free. */
export interface Port {
  readonly name: string;
  /** The node. */
  readonly node: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Graph {
  /** Operands before what reads them. */
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export const type = (value: DType): Attr => ({ kind: 'type', value });
export const bool = (value: boolean): Attr => ({ kind: 'bool', value });

export const dtypeOf = (data: Float32Array | Int32Array): DType =>
  data instanceof Float32Array ? 'float' : 'int32';
