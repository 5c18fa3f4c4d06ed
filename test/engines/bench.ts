/** Arrays to try the lowering rules on. */
import { type HostArray, sizeOfShape } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import { Builder } from '../../src/ir/build.ts';
import type { Axis, IndexSet, Node, Slot } from '../../src/ir/types.ts';

const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

/** A builder with slots that are filled as they are made, and the sizes of open sets. */
export class Bench {
  readonly b = new Builder();
  readonly arrays = new Map<Slot, HostArray>();
  private readonly sizes = new Map<IndexSet, number>();
  private state = 12345;

  readonly sizeOf = (s: IndexSet): number =>
    s.kind.kind === 'range' ? s.kind.size : (this.sizes.get(s) ?? Number.NaN);

  set(name: string, size: number): IndexSet {
    const s = this.b.set(name, { kind: 'open' });
    this.sizes.set(s, size);
    return s;
  }

  axes(...sets: readonly IndexSet[]): Axis[] {
    return sets.map((s) => this.b.axis(s));
  }

  /** Uniform on −1 … 1 unless filled otherwise; float32 numbers. */
  slot(
    name: string,
    sets: readonly IndexSet[],
    fill = (_: number) => this.random(),
    role: Slot['role'] = 'input',
  ): Slot {
    const s = this.b.slot(role, name, REAL, sets);
    const shape = sets.map(this.sizeOf);
    this.arrays.set(s, { shape, data: Float64Array.from({ length: sizeOfShape(shape) }, (_, i) => fill(i)) });
    return s;
  }

  read(slot: Slot, ...indices: readonly (Axis | Node)[]): Node {
    return this.b.read(
      slot,
      indices.map((i) => ('op' in i ? i : this.b.axisNode(i))),
    );
  }

  random(): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) >>> 0;
    return Math.fround(this.state / 2 ** 31 - 1);
  }
}
