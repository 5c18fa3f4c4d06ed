/** Numbers in float64 that loops read and write, and how they lie over axes. */
import type { Axis, IndexSet } from '../../ir/types.ts';

export type SizeOf = (set: IndexSet) => number;

/** An array that is filled before it is read; inputs are put in at every run. */
export interface Cell {
  data: Float64Array;
}

/** The element at positions p is data[base() + Σ strides·p]. */
export interface Operand {
  readonly cell: Cell;
  readonly axes: readonly Axis[];
  readonly strides: readonly number[];
  /** Where it starts now; it moves with the steps around. */
  readonly base: () => number;
}

export const atZero = (): number => 0;

export const volume = (sizeOf: SizeOf, axes: readonly Axis[]): number =>
  axes.reduce((n, a) => n * sizeOf(a.set), 1);

/** Row-major. */
export function rowMajor(sizeOf: SizeOf, axes: readonly Axis[]): readonly number[] {
  const strides = new Array<number>(axes.length);
  let step = 1;
  for (let d = axes.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= sizeOf(axes[d].set);
  }
  return strides;
}

/** A new array over axes. */
export function fresh(sizeOf: SizeOf, axes: readonly Axis[]): Operand {
  return {
    cell: { data: new Float64Array(volume(sizeOf, axes)) },
    axes,
    strides: rowMajor(sizeOf, axes),
    base: atZero,
  };
}

export const constant = (value: number): Operand => ({
  cell: { data: Float64Array.of(value) },
  axes: [],
  strides: [],
  base: atZero,
});

/** Offsets of an operand at every position of axes, row-major; axes that it lacks do not move it. */
export class Tables {
  private readonly known = new Map<string, Int32Array>();
  private readonly sizeOf: SizeOf;

  constructor(sizeOf: SizeOf) {
    this.sizeOf = sizeOf;
  }

  of(operand: Pick<Operand, 'axes' | 'strides'>, axes: readonly Axis[]): Int32Array {
    const sizes = axes.map((a) => this.sizeOf(a.set));
    const strides = axes.map((a) => {
      const d = operand.axes.indexOf(a);
      return d < 0 ? 0 : operand.strides[d];
    });
    const key = `${sizes}|${strides}`;
    let table = this.known.get(key);
    if (!table) {
      table = new Int32Array(sizes.reduce((n, s) => n * s, 1));
      let filled = 1;
      for (let d = 0; d < sizes.length; d++) {
        // From the last position back, so that what is read is not yet overwritten.
        for (let j = filled - 1; j >= 0; j--)
          for (let i = sizes[d] - 1; i >= 0; i--) table[j * sizes[d] + i] = table[j] + i * strides[d];
        filled *= sizes[d];
      }
      this.known.set(key, table);
    }
    return table;
  }
}

/** The nearest position in range; 0 for NaN. */
export const clamp = (v: number, size: number): number => {
  const i = Math.round(v);
  return i > 0 ? Math.min(i, size - 1) : 0;
};
