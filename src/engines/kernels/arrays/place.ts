/** Where in memory an access goes: an address that loops move, tables of offsets, computed indices. */
import type { Axis, Node } from '../../../ir/types.ts';
import { type Affine, affineOf } from './affine.ts';
import type { Plan } from './plan.ts';
import type { Access } from './types.ts';

/** A table of byte offsets (or −1: outside) over axes. */
export interface OffsetTable {
  address: number;
  /** Bytes of a step along each axis. */
  readonly terms: readonly (readonly [Axis, number])[];
  readonly axes: readonly Axis[];
  readonly data: Int32Array;
  readonly checked: boolean;
}

export interface Place {
  /** In bytes. */
  readonly base: number;
  readonly terms: readonly (readonly [Axis, number])[];
  readonly tables: readonly OffsetTable[];
  readonly computed: readonly { readonly node: Node; readonly size: number; readonly stride: number }[];
  /** Affine indices that may be outside. */
  readonly bounds: readonly { readonly index: Affine; readonly size: number }[];
  /** There is no such element. */
  readonly outside: boolean;
}

/** Elements of tables that are combined into one, at most. */
const LARGEST = 2 ** 16;

export class Places {
  private readonly plan: Plan;
  private readonly valuesOf: (n: Node) => { readonly axes: readonly Axis[]; readonly data: Float64Array };
  readonly tables: OffsetTable[] = [];
  /** Told when a table was made: its address is needed at once. */
  onTable: () => void = () => {};
  private readonly known = new Map<string, OffsetTable>();

  /** @param valuesOf the values of an index that is known */
  constructor(
    plan: Plan,
    valuesOf: (n: Node) => { readonly axes: readonly Axis[]; readonly data: Float64Array },
  ) {
    this.plan = plan;
    this.valuesOf = valuesOf;
  }

  of({ arr, indices }: Access): Place {
    const { plan } = this;
    let base = arr.address;
    let outside = false;
    const terms = new Map<Axis, number>();
    const computed: { node: Node; size: number; stride: number }[] = [];
    const bounds: { index: Affine; size: number }[] = [];
    const known: { node: Node; size: number; stride: number }[] = [];
    indices.forEach((node, d) => {
      const [size, stride] = [arr.shape[d], 8 * arr.strides[d]];
      const index = affineOf(node);
      if (!index) {
        (plan.isComputed(node) ? computed : known).push({ node, size, stride });
        return;
      }
      let [lo, hi] = [index.constant, index.constant];
      let some = true;
      for (const [axis, c] of index.terms) {
        const n = plan.size(axis);
        if (n === 0) some = false;
        if (c > 0) hi += c * (n - 1);
        else lo += c * (n - 1);
      }
      if (some && (lo < 0 || hi >= size)) {
        if (hi < 0 || lo >= size) outside = true;
        else bounds.push({ index, size });
      }
      base += index.constant * stride;
      for (const [axis, c] of index.terms) terms.set(axis, (terms.get(axis) ?? 0) + c * stride);
    });
    return {
      base,
      terms: [...terms].filter(([, s]) => s !== 0),
      tables: outside ? [] : this.combine(known),
      computed,
      bounds,
      outside,
    };
  }

  private combine(
    known: readonly { readonly node: Node; readonly size: number; readonly stride: number }[],
  ): readonly OffsetTable[] {
    const { plan } = this;
    if (known.length === 0) return [];
    const axes = [...new Set(known.flatMap((k) => [...k.node.axes]))].sort((x, y) => x.id - y.id);
    if (known.length > 1 && plan.volume(axes) > LARGEST)
      return known.map((k) => this.table([k], [...k.node.axes]));
    return [this.table(known, axes)];
  }

  private table(
    known: readonly { readonly node: Node; readonly size: number; readonly stride: number }[],
    axes: readonly Axis[],
  ): OffsetTable {
    const key = `${known.map((k) => `${k.node.id},${k.size},${k.stride}`).join(';')}`;
    const before = this.known.get(key);
    if (before) return before;
    const { plan } = this;
    const count = plan.volume(axes);
    const data = new Int32Array(count);
    let checked = false;
    for (const { node, size, stride } of known) {
      const values = this.valuesOf(node);
      const at = offsets(axes, values.axes, plan.size);
      for (let j = 0; j < count; j++) {
        const i = values.data[at === null ? j : at[j]];
        if (data[j] < 0 || !(Number.isInteger(i) && i >= 0 && i < size)) {
          data[j] = -1;
          checked = true;
        } else data[j] += i * stride;
      }
    }
    let step = 4;
    const terms: [Axis, number][] = [];
    for (let d = axes.length - 1; d >= 0; d--) {
      if (plan.size(axes[d]) > 1) terms.push([axes[d], step]);
      step *= plan.size(axes[d]);
    }
    const made: OffsetTable = { address: -1, terms, axes, data, checked };
    this.known.set(key, made);
    this.tables.push(made);
    this.onTable();
    return made;
  }
}

/** Where each position of `axes` lies in an array over some of them; null where it is the same order. */
function offsets(axes: readonly Axis[], own: readonly Axis[], size: (a: Axis) => number): Int32Array | null {
  if (own.length === axes.length && own.every((a, d) => a === axes[d])) return null;
  const stride = new Map<Axis, number>();
  let step = 1;
  for (let d = own.length - 1; d >= 0; d--) {
    stride.set(own[d], step);
    step *= size(own[d]);
  }
  let out = new Int32Array(1);
  for (const a of axes) {
    const [n, s] = [size(a), stride.get(a) ?? 0];
    const next = new Int32Array(out.length * n);
    for (let j = 0; j < out.length; j++) for (let i = 0; i < n; i++) next[j * n + i] = out[j] + i * s;
    out = next;
  }
  return out;
}
