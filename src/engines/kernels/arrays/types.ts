/** What a program is made of on its way to loops: arrays, reads of them, statements. */
import type { Axis, IndexSet, MatrixNode, Node, ReduceKind, Slot } from '../../../ir/types.ts';
import type { LoopProgram } from '../../loops/program.ts';
import type { Recurring } from './graph.ts';

export type Axes = readonly Axis[];
export type SizeOf = (set: IndexSet) => number;

/** A dense array in memory, row-major. */
export interface Arr {
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  readonly size: number;
  /** What its dimensions are over; null for a slot, which is read at any indices. */
  readonly axes: Axes | null;
  /** In bytes; −1 until memory is allotted. */
  address: number;
  readonly role:
    | { readonly kind: 'slot'; readonly slot: Slot }
    | { readonly kind: 'known'; readonly node: Node }
    | { readonly kind: 'made' }
    /** A part of the states of a recurrence. */
    | { readonly kind: 'states' }
    | { readonly kind: 'output'; readonly name: string };
}

/** An element of an array: one index for each dimension. */
export interface Access {
  readonly arr: Arr;
  readonly indices: readonly Node[];
}

export type HostStep =
  | {
      readonly kind: 'matrix';
      readonly node: MatrixNode;
      readonly args: readonly Arr[];
      readonly same: readonly boolean[];
      readonly count: number;
    }
  | { readonly kind: 'scan'; readonly program: LoopProgram; readonly args: readonly Arr[] };

export interface Stmt {
  readonly kind: 'store' | 'reduce' | 'scatter' | 'host';
  /** The expression whose value it is; null for the copy of one to an output. */
  readonly node: Node | null;
  readonly reduce: ReduceKind;
  /** Loop axes that the result has, and loop axes that it is summed over; those of one position are left out. */
  readonly free: Axes;
  readonly over: Axes;
  readonly body: Node | null;
  readonly where: Node | null;
  /** Of a scatter: where the body is added, along the dimensions `into` of the result. */
  readonly into: Axes;
  readonly indices: readonly Node[];
  readonly out: Arr;
  readonly host: HostStep | null;
  /** The recurrence in whose steps it is done. */
  loop: Recurring | null;
  /** The loops, outermost first; decided by `order.ts`. */
  order: Axes;
  /** What has to be done before, and how it is read. */
  readonly uses: Map<Stmt, Access[]>;
  /** Whether anything reads the result from memory. */
  kept: boolean;
  /** In the order of the program. */
  rank: number;
}

/** The states of a recurrence in memory: one block for each step, and one for what was before the first. */
export interface States {
  readonly now: Arr;
  readonly before: Arr;
  readonly init: Arr;
  readonly step: Stmt;
}

/** An array of a shape that has no place in memory yet. */
export function denseArray(shape: readonly number[], axes: Axes | null, role: Arr['role']): Arr {
  const strides = new Array<number>(shape.length);
  let size = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = size;
    size *= shape[d];
  }
  return { shape, strides, size, axes, address: -1, role };
}
