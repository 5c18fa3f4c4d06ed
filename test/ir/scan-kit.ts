/** What tests of recurrences share: slots, arrays, gradients against finite differences. */
import { expect } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import { evaluateScalar, referenceEngine } from '../../src/engines/reference/index.ts';
import { Builder } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Axis, IndexSet, Lambda, Node, Slot } from '../../src/ir/types.ts';

export const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

/** Numbers between −1 and 1 that look random. */
export const wiggle = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * (i + 1) * seed + seed * seed));

export class Kit {
  readonly b = new Builder();
  readonly arrays = new Map<Slot, HostArray>();
  readonly sizes = new Map<IndexSet, number>();

  readonly sizeOf = (s: IndexSet): number => {
    if (s.kind.kind === 'range') return s.kind.size;
    const n = this.sizes.get(s);
    if (n === undefined) throw new Error(`no size for ${s.name}`);
    return n;
  };

  set(name: string, size: number): IndexSet {
    const s = this.b.set(name, { kind: 'open' });
    this.sizes.set(s, size);
    return s;
  }

  slot(
    name: string,
    sets: readonly IndexSet[],
    data: ArrayLike<number>,
    role: Slot['role'] = 'unknown',
  ): Slot {
    const s = this.b.slot(role, name, REAL, sets);
    this.arrays.set(s, { shape: sets.map(this.sizeOf), data: Float64Array.from(data) });
    return s;
  }

  read(s: Slot, ...at: readonly (Axis | Node)[]): Node {
    return this.b.read(
      s,
      at.map((a) => ('op' in a ? a : this.b.axisNode(a))),
    );
  }

  n(x: number): Node {
    return this.b.const(x);
  }

  /** A recurrence over `over` whose state is over `axes`, read at these axes. */
  scan(
    over: Axis,
    axes: readonly Axis[],
    init: Node,
    step: (prev: (...at: Node[]) => Node) => Node,
    backward = false,
  ): Node {
    const { b } = this;
    const state = b.slot(
      'state',
      'prev',
      REAL,
      axes.map((a) => a.set),
    );
    const body = step((...at) => b.read(state, at));
    return b.scan(
      { over, axes, state, init, body, backward },
      b.axisNode(over),
      axes.map((a) => b.axisNode(a)),
    );
  }

  value(n: Node): number {
    return evaluateScalar(n, this.arrays, this.sizeOf);
  }

  array(f: Lambda): Float64Array {
    const out = referenceEngine()
      .compile({ outputs: [{ name: 'x', axes: f.axes, node: f.body }], sizeOf: this.sizeOf }, this.arrays)
      .run(new Map());
    return Float64Array.from(out.get('x')!.data);
  }

  gradients(root: Node, slots: readonly Slot[]): Map<Slot, Lambda> {
    return gradient(this.b, root, slots);
  }

  /** Central differences of order 4. */
  differences(root: Node, slot: Slot, h = 1e-3): Float64Array {
    const array = this.arrays.get(slot)!;
    return Float64Array.from(array.data, (x, i) => {
      const at = (shift: number): number => {
        const data = Float64Array.from(array.data);
        data[i] = x + shift;
        return evaluateScalar(
          root,
          new Map([...this.arrays, [slot, { shape: array.shape, data }]]),
          this.sizeOf,
        );
      };
      return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    });
  }
}

export function close(found: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(want.length);
  const scale = Array.from(want).reduce((m, x) => Math.max(m, Math.abs(x)), 1);
  for (let i = 0; i < want.length; i++)
    if (!(Math.abs(found[i] - want[i]) <= tolerance * scale))
      throw new Error(`element ${i}: ${found[i]}, expected ${want[i]}`);
}
