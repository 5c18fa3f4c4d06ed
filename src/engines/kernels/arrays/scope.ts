/** What is known while the body of a loop is written: where loops stand, and values in variables. */
import type { Axis, Node } from '../../../ir/types.ts';
import type { Local } from '../wasm/code.ts';
import type { Stmt } from './types.ts';

/** A value in variables, in one or several forms. */
export interface Val {
  readonly constant?: number;
  /** A number, the same in all lanes. */
  f64?: Local;
  /** A truth value as i32, the same in all lanes. */
  truth?: Local;
  /** A number for each lane. */
  lanes?: Local;
  /** A truth value for each lane: all bits set or none. */
  mask?: Local;
}

/** Where an axis stands: at a constant, or at a variable that counts in steps of eight. */
export interface Binding {
  readonly axis: Axis;
  readonly counter: Local | null;
  readonly offset: number;
  readonly depth: number;
}

/** The part of an axis that loops inside run over; `start` counts in steps of eight. */
export interface Range {
  readonly axis: Axis;
  readonly start: Local | null;
  readonly offset: number;
  readonly count: number;
}

/** A sum in variables. */
export interface Accumulator {
  /** One for each copy of the loop's body, of two lanes each. */
  readonly lanes: readonly Local[];
  readonly single: Local | null;
}

export class Scope {
  readonly parent: Scope | null;
  /** Another scope at the same place, for what several bodies side by side share. */
  beside: Scope | null = null;
  range: Range | null = null;
  readonly binding: Binding | null;
  /** The axis along which two positions are worked out side by side. */
  readonly lanes: Axis | null;
  /** Which of several copies of the body this is. */
  readonly copy: number;
  readonly depth: number;
  readonly values = new Map<Node, Val>();
  readonly sums = new Map<string, Local>();
  readonly totals = new Map<Stmt, Accumulator>();
  readonly reciprocals = new Map<Node, Local>();
  /** Variables that end with the scope. */
  readonly locals: Local[] = [];

  constructor(
    parent: Scope | null,
    at: { readonly axis: Axis; readonly counter: Local | null; readonly offset: number } | null,
    lanes = false,
    copy = 0,
  ) {
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    this.binding = at && { ...at, depth: this.depth };
    this.lanes = lanes && at ? at.axis : (parent?.lanes ?? null);
    this.copy = copy;
  }

  find(n: Node): Val | undefined {
    for (let s: Scope | null = this; s; s = s.parent) {
      const known = s.values.get(n) ?? s.beside?.values.get(n);
      if (known) return known;
    }
    return undefined;
  }

  total(of: Stmt): Accumulator | undefined {
    for (let s: Scope | null = this; s; s = s.parent) {
      const known = s.totals.get(of);
      if (known) return known;
    }
    return undefined;
  }

  rangeOf(axis: Axis): Range | null {
    for (let s: Scope | null = this; s; s = s.parent) if (s.range?.axis === axis) return s.range;
    return null;
  }

  sum(key: string): Local | undefined {
    for (let s: Scope | null = this; s; s = s.parent) {
      const known = s.sums.get(key);
      if (known) return known;
    }
    return undefined;
  }

  reciprocal(n: Node): Local | undefined {
    for (let s: Scope | null = this; s; s = s.parent) {
      const known = s.reciprocals.get(n);
      if (known) return known;
    }
    return undefined;
  }

  bindingOf(a: Axis): Binding | null {
    for (let s: Scope | null = this; s; s = s.parent) if (s.binding?.axis === a) return s.binding;
    return null;
  }
}
