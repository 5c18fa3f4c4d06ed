/**
 * What is known at compile time: expressions over axes, sizes and constant slots,
 * evaluated on the host in float64. Index maps and masks are such expressions, and
 * so they become tables. Reads out of range are clamped: what lazy expressions
 * leave out is computed and then left out.
 */
import { sizeOfShape } from '../../arrays.ts';
import { functions } from '../../ir/functions.ts';
import { axesOfLoop } from '../../ir/scan.ts';
import type { Axis, IndexSet, Node, ReduceKind, Slot } from '../../ir/types.ts';
import { children } from '../../ir/walk.ts';
import type { Arrays } from '../engine.ts';
import { staticMatrix } from './matrix.ts';
import { staticScan } from './scan.ts';

/** A dense array over `axes`, row-major. */
export interface HostVal {
  readonly axes: readonly Axis[];
  readonly data: Float64Array;
}

const MAX_WORK = 1 << 24;

export class Static {
  private readonly constants: Arrays;
  private readonly sizeOf: (set: IndexSet) => number;
  private readonly known = new Map<Node, boolean>();
  private readonly works = new Map<Node, number>();
  private readonly values = new Map<Node, HostVal>();

  constructor(constants: Arrays, sizeOf: (set: IndexSet) => number) {
    this.constants = constants;
    this.sizeOf = sizeOf;
  }

  /** Whether the expression depends on nothing that a run supplies. */
  has(n: Node): boolean {
    let known = this.known.get(n);
    if (known === undefined) {
      // The state of a recurrence is known where the whole recurrence is.
      const given = n.op !== 'read' || n.slot.role === 'state' || this.constants.has(n.slot);
      known = given && children(n).every((c) => this.has(c));
      this.known.set(n, known);
    }
    return known;
  }

  /** The largest number of positions at which some part of the expression is evaluated. */
  work(n: Node): number {
    let w = this.works.get(n);
    if (w === undefined) {
      const bound =
        n.op === 'reduce' || n.op === 'scatter'
          ? n.over
          : n.op === 'matrix'
            ? n.args.flatMap((a) => [...a.axes])
            : n.op === 'scan'
              ? axesOfLoop(n.loop)
              : [];
      w = this.size(union([n.axes, bound]));
      for (const c of children(n)) w = Math.max(w, this.work(c));
      if (n.op === 'read') w = Math.max(w, sizeOfShape(n.slot.sets.map(this.sizeOf)));
      this.works.set(n, w);
    }
    return w;
  }

  /** Whether `evaluate` is affordable. */
  canEvaluate = (n: Node): boolean => this.has(n) && this.work(n) <= MAX_WORK;

  /** The value over some of the node's axes (an axis along which it is constant may be absent). */
  evaluate(n: Node): HostVal {
    let v = this.values.get(n);
    if (!v) {
      v = this.compute(n);
      this.values.set(n, v);
    }
    return v;
  }

  /** The values at every position of `axes`, row-major. */
  spread(n: Node, axes: readonly Axis[]): Float64Array {
    const v = this.evaluate(n);
    const out = new Float64Array(this.size(axes));
    this.walk(axes, [v], (at, [p]) => {
      out[at] = v.data[p];
    });
    return out;
  }

  /** A constant slot, over one axis for each dimension. */
  whole(slot: Slot): { readonly axes: readonly Axis[]; readonly data: ArrayLike<number> } {
    return {
      axes: slot.sets.map((set, d) => ({ id: -1 - d, name: '', set })),
      data: this.constants.get(slot)!.data,
    };
  }

  private size(axes: readonly Axis[]): number {
    return axes.reduce((n, a) => n * this.sizeOf(a.set), 1);
  }

  private compute(n: Node): HostVal {
    switch (n.op) {
      case 'const':
        return { axes: [], data: Float64Array.of(n.value) };
      case 'size':
        return { axes: [], data: Float64Array.of(this.sizeOf(n.set)) };
      case 'axis':
        return { axes: [n.axis], data: Float64Array.from({ length: this.sizeOf(n.axis.set) }, (_, i) => i) };
      case 'read': {
        const { data } = this.constants.get(n.slot)!;
        return this.gather(
          data,
          n.slot.sets,
          n.indices.map((i) => this.evaluate(i)),
        );
      }
      case 'at': {
        const free = n.body.axes.filter((a) => !n.params.includes(a));
        const dims = [...n.params, ...free];
        const indices = [
          ...n.indices.map((i) => this.evaluate(i)),
          ...free.map((a) => ({
            axes: [a],
            data: Float64Array.from({ length: this.sizeOf(a.set) }, (_, i) => i),
          })),
        ];
        return this.gather(
          this.spread(n.body, dims),
          dims.map((a) => a.set),
          indices,
        );
      }
      case 'call': {
        const args = n.args.map((a) => this.evaluate(a));
        const axes = union(args.map((a) => a.axes));
        const data = new Float64Array(this.size(axes));
        const f = functions[n.fn].eval;
        this.walk(axes, args, (at, from) => {
          data[at] = f(...args.map((a, k) => a.data[from[k]]));
        });
        return { axes, data };
      }
      case 'reduce': {
        const parts = [n.body, ...(n.where ? [n.where] : [])].map((p) => this.evaluate(p));
        const axes = n.axes;
        const data = new Float64Array(this.size(axes)).fill(identity(n.kind));
        const into: HostVal = { axes, data };
        this.walk([...axes, ...n.over], [into, ...parts], (_, [to, body, where]) => {
          if (where === undefined || parts[1].data[where] !== 0)
            data[to] = combine(n.kind, data[to], parts[0].data[body]);
        });
        return into;
      }
      case 'matrix':
        return staticMatrix(
          this,
          this.sizeOf,
          n,
          n.indices.map((i) => this.evaluate(i)),
        );
      case 'scan':
        return staticScan(
          this,
          this.sizeOf,
          n,
          n.indices.map((i) => this.evaluate(i)),
        );
      case 'scatter': {
        const rest = n.axes.filter((a) => !n.into.includes(a));
        const parts = [n.body, ...(n.where ? [n.where] : []), ...n.indices].map((p) => this.evaluate(p));
        const first = n.where ? 2 : 1;
        const axes = [...rest, ...n.into];
        const data = new Float64Array(this.size(axes));
        const block = this.size(n.into);
        this.walk([...rest, ...n.over], [{ axes: rest, data }, ...parts], (_, from) => {
          if (n.where && parts[1].data[from[2]] === 0) return;
          let to = 0;
          for (let k = 0; k < n.into.length; k++) {
            const i = Math.round(parts[first + k].data[from[1 + first + k]]);
            const size = this.sizeOf(n.into[k].set);
            if (!(i >= 0 && i < size)) return;
            to = to * size + i;
          }
          data[from[0] * block + to] += parts[0].data[from[1]];
        });
        return { axes, data };
      }
    }
  }

  /** The array over `sets` read at indices. */
  gather(data: ArrayLike<number>, sets: readonly IndexSet[], indices: readonly HostVal[]): HostVal {
    const axes = union(indices.map((i) => i.axes));
    const out = new Float64Array(this.size(axes));
    const sizes = sets.map(this.sizeOf);
    this.walk(axes, indices, (at, from) => {
      let flat = 0;
      for (let d = 0; d < sizes.length; d++)
        flat = flat * sizes[d] + clamp(indices[d].data[from[d]], sizes[d]);
      out[at] = data[flat];
    });
    return { axes, data: out };
  }

  /** Visits every position of `axes` in row-major order with the offset into each operand. */
  private walk(
    axes: readonly Axis[],
    operands: readonly HostVal[],
    visit: (at: number, from: readonly number[]) => void,
  ): void {
    const shape = axes.map((a) => this.sizeOf(a.set));
    const total = sizeOfShape(shape);
    const steps = operands.map((v) => {
      const s = axes.map(() => 0);
      let step = 1;
      for (let d = v.axes.length - 1; d >= 0; d--) {
        s[axes.indexOf(v.axes[d])] = step;
        step *= this.sizeOf(v.axes[d].set);
      }
      return s;
    });
    const from = operands.map(() => 0);
    const position = shape.map(() => 0);
    for (let at = 0; at < total; at++) {
      visit(at, from);
      for (let d = shape.length - 1; d >= 0; d--) {
        for (let k = 0; k < from.length; k++) from[k] += steps[k][d];
        if (++position[d] < shape[d]) break;
        for (let k = 0; k < from.length; k++) from[k] -= steps[k][d] * shape[d];
        position[d] = 0;
      }
    }
  }
}

export function union(lists: readonly (readonly Axis[])[]): readonly Axis[] {
  const out = new Set<Axis>();
  for (const list of lists) for (const a of list) out.add(a);
  return [...out].sort((a, b) => a.id - b.id);
}

/** The nearest position in range; 0 for NaN. */
export const clamp = (v: number, size: number): number => {
  const i = Math.round(v);
  return i > 0 ? Math.min(i, size - 1) : 0;
};

/** What an empty reduction is. */
export function identity(kind: ReduceKind): number {
  switch (kind) {
    case 'sum':
      return 0;
    case 'prod':
      return 1;
    case 'min':
      return Number.POSITIVE_INFINITY;
    case 'max':
    case 'logsumexp':
      return Number.NEGATIVE_INFINITY;
  }
}

function combine(kind: ReduceKind, a: number, b: number): number {
  switch (kind) {
    case 'sum':
      return a + b;
    case 'prod':
      return a * b;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    case 'logsumexp':
      return functions.logaddexp.eval(a, b);
  }
}
