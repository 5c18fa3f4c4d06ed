/**
 * Recurrences as loops over arrays, in float64 on the host.
 *
 * A step is a fixed list of array operations, one for each node that depends on the
 * state; instances (chains, persons) are axes of these arrays. What does not depend on
 * the state is worked out before, for all positions at once, by whoever supplies the
 * inputs. A recurrence in the step of another is a loop in the list, and what in it
 * depends on the outer state only is worked out before that loop.
 */
import { freeStates } from '../../ir/scan.ts';
import type { Axis, Node, Recurrence, ScanNode, Slot } from '../../ir/types.ts';
import { visit } from '../../ir/walk.ts';
import type { Run } from './kernels.ts';
import { atZero, constant, fresh, type Operand, rowMajor, type SizeOf, Tables, volume } from './operand.ts';
import { compileNode, type Dimension, type Source } from './step.ts';

/** An array over axes, row-major, given at every run. */
export interface Inputs {
  /** The axes of an expression's value: its free ones, in any order; one along which it is constant may lack. */
  readonly node: (n: Node) => readonly Axis[];
  /** A whole slot: one axis for each dimension. */
  readonly slot: (slot: Slot) => readonly Axis[];
  /** All states of a recurrence: over its own axes, in any order. */
  readonly states: (n: ScanNode) => readonly Axis[];
}

export interface LoopProgram {
  /** The position, params and the state's own axes: how the result lies, row-major. */
  readonly axes: readonly Axis[];
  /**
   * @param inputs one array for each call of `Inputs`, in order
   * @returns all states; overwritten by the next run
   */
  readonly run: (inputs: readonly ArrayLike<number>[]) => Float64Array;
}

/** Arrays of more elements are not made ahead of a loop, but step by step. */
const MOST_AHEAD = 2 ** 23;

/** The position that a loop is at. */
export interface Position {
  at: number;
}

/** @param inputs is asked, while this function runs, for each array that the loop reads */
export function compileLoop(loop: Recurrence, sizeOf: SizeOf, inputs: Inputs): LoopProgram {
  const root = new Root(sizeOf, inputs);
  const steps: Run[] = [];
  const out = compileStates(root, null, loop, loop.params, steps);
  return {
    axes: [loop.over, ...loop.params, ...loop.axes],
    run: (arrays) => {
      root.fill(arrays);
      for (const s of steps) s();
      return out.cell.data;
    },
  };
}

/** What loops read from outside. */
export class Root {
  readonly sizeOf: SizeOf;
  readonly tables: Tables;
  private readonly inputs: Inputs;
  private readonly given: Operand[] = [];
  private readonly nodes = new Map<Node, Operand>();
  private readonly sources = new Map<Slot | Recurrence, Source>();

  constructor(sizeOf: SizeOf, inputs: Inputs) {
    this.sizeOf = sizeOf;
    this.tables = new Tables(sizeOf);
    this.inputs = inputs;
  }

  node(n: Node): Operand {
    if (n.op === 'const') return constant(n.value);
    if (n.op === 'size') return constant(this.sizeOf(n.set));
    let known = this.nodes.get(n);
    if (!known) {
      known = this.input(this.inputs.node(n));
      this.nodes.set(n, known);
    }
    return known;
  }

  slot(slot: Slot): Source {
    return this.source(slot, () => this.inputs.slot(slot));
  }

  states(n: ScanNode): Source {
    const { params, over, axes } = n.loop;
    const { cell, dims } = this.source(n.loop, () => this.inputs.states(n));
    return { cell, dims: [...params, over, ...axes].map((a) => dims.find((d) => d.axis === a)!) };
  }

  fill(arrays: readonly ArrayLike<number>[]): void {
    this.given.forEach(({ cell }, i) => {
      if (cell.data.length !== arrays[i].length) cell.data = new Float64Array(arrays[i]);
      else cell.data.set(arrays[i]);
    });
  }

  private source(key: Slot | Recurrence, axesOf: () => readonly Axis[]): Source {
    let known = this.sources.get(key);
    if (!known) {
      const { cell, axes, strides } = this.input(axesOf());
      known = {
        cell,
        dims: axes.map((axis, d): Dimension => ({ axis, size: this.sizeOf(axis.set), stride: strides[d] })),
      };
      this.sources.set(key, known);
    }
    return known;
  }

  private input(axes: readonly Axis[]): Operand {
    const made: Operand = {
      cell: { data: new Float64Array(0) },
      axes,
      strides: rowMajor(this.sizeOf, axes),
      base: atZero,
    };
    this.given.push(made);
    return made;
  }
}

/** The step of one loop while it is compiled. */
export class Block {
  readonly root: Root;
  readonly steps: Run[] = [];
  readonly position: Position = { at: 0 };
  readonly loop: Recurrence;
  private readonly parent: Block | null;
  /** The state before. */
  private readonly before: Operand;
  /** Axes that stand for one position at a time. */
  private readonly fixed = new Map<Axis, Position>();
  private readonly known = new Map<Node, Operand>();
  private readonly loops = new Map<Recurrence, Source>();

  constructor(root: Root, parent: Block | null, loop: Recurrence, before: Operand) {
    this.root = root;
    this.parent = parent;
    this.loop = loop;
    this.before = before;
    this.fixed.set(loop.over, this.position);
  }

  positionOf(axis: Axis): Position | undefined {
    return this.fixed.get(axis) ?? this.parent?.positionOf(axis);
  }

  /** The axes of an expression that are not at one position. */
  moving(axes: readonly Axis[]): readonly Axis[] {
    return axes.filter((a) => this.positionOf(a) === undefined);
  }

  /** The value of an expression at this step. */
  operand(n: Node): Operand {
    let known = this.known.get(n);
    if (!known) {
      known = this.here(n) ? compileNode(this, n) : this.at(this.parent?.operand(n) ?? this.root.node(n));
      this.known.set(n, known);
    }
    return known;
  }

  /** The values of a slot: of a state, what it was before. */
  slot(slot: Slot): Source {
    if (slot.role !== 'state') return this.root.slot(slot);
    if (slot !== this.loop.state) return this.parent!.slot(slot);
    const { cell, axes, strides } = this.before;
    const dims = [...this.loop.params, ...this.loop.axes].map((axis): Dimension => {
      const d = axes.indexOf(axis);
      return { axis, size: this.root.sizeOf(axis.set), stride: d < 0 ? 0 : strides[d] };
    });
    return { cell, dims };
  }

  /** All states of a recurrence that is read in the step. */
  states(n: ScanNode): Source {
    const { loop } = n;
    const mine = [loop.init, loop.body].some((part) => freeStates(part).has(this.loop.state));
    if (!mine) return this.parent?.states(n) ?? this.root.states(n);
    let known = this.loops.get(loop);
    if (!known) {
      const moving = this.alias(loop);
      const { cell, axes, strides } = compileStates(this.root, this, loop, moving, this.steps);
      const dims = [...loop.params, loop.over, ...loop.axes].map((axis): Dimension => {
        const d = axes.indexOf(axis);
        return { axis, size: this.root.sizeOf(axis.set), stride: d < 0 ? 0 : strides[d] };
      });
      known = { cell, dims };
      this.loops.set(loop, known);
    }
    return known;
  }

  /** Params of an inner recurrence that are always given the position of a loop around are fixed there; the others. */
  private alias(inner: Recurrence): readonly Axis[] {
    const readers: ScanNode[] = [];
    visit([this.loop.body], (n) => {
      if (n.op === 'scan' && n.loop === inner) readers.push(n);
    });
    return inner.params.filter((p, k) => {
      const [first, ...others] = readers.map(({ indices }) => {
        const index = indices[k];
        return index.op === 'axis' ? this.positionOf(index.axis) : undefined;
      });
      if (first === undefined || others.some((o) => o !== first)) return true;
      this.fixed.set(p, first);
      return false;
    });
  }

  /** Whether an expression is worked out in this step rather than before the loop. */
  private here(n: Node): boolean {
    if (freeStates(n).has(this.loop.state)) return true;
    const leaf = n.op === 'read' || n.op === 'scan';
    return !leaf && n.axes.includes(this.loop.over) && volume(this.root.sizeOf, n.axes) > MOST_AHEAD;
  }

  /** An operand at the positions where axes are fixed. */
  private at(o: Operand): Operand {
    const moves = o.axes.flatMap((a, d) => {
      const position = this.positionOf(a);
      return position ? [{ position, stride: o.strides[d] }] : [];
    });
    if (moves.length === 0) return o;
    const rest = o.axes.flatMap((a, d) => (this.positionOf(a) ? [] : [d]));
    const [{ position, stride }] = moves;
    return {
      cell: o.cell,
      axes: rest.map((d) => o.axes[d]),
      strides: rest.map((d) => o.strides[d]),
      base:
        moves.length === 1
          ? () => o.base() + position.at * stride
          : () => moves.reduce((b, m) => b + m.position.at * m.stride, o.base()),
    };
  }
}

/**
 * Appends the loop to `steps`; the result lies over the position, the params `moving` and the state's axes.
 * @param around the step that the loop is in
 */
function compileStates(
  root: Root,
  around: Block | null,
  loop: Recurrence,
  moving: readonly Axis[],
  steps: Run[],
): Operand {
  const { sizeOf, tables } = root;
  const axes = [...moving, ...loop.axes];
  const before = fresh(sizeOf, axes);
  const out = fresh(sizeOf, [loop.over, ...axes]);
  const init = around?.operand(loop.init) ?? root.node(loop.init);
  const block = new Block(root, around, loop, before);
  const body = block.operand(loop.body);
  const [start, step] = [tables.of(init, axes), tables.of(body, axes)];
  const [count, size] = [sizeOf(loop.over.set), volume(sizeOf, axes)];
  const { position, steps: inner } = block;
  steps.push(() => {
    const state = before.cell.data;
    const states = out.cell.data;
    const [x, o] = [init.cell.data, init.base()];
    for (let j = 0; j < size; j++) state[j] = x[o + start[j]];
    for (let i = 0; i < count; i++) {
      const t = loop.backward ? count - 1 - i : i;
      position.at = t;
      for (const s of inner) s();
      const [y, p] = [body.cell.data, body.base()];
      // The new state may be the old one with its axes exchanged: written elsewhere first.
      for (let j = 0; j < size; j++) states[t * size + j] = y[p + step[j]];
      for (let j = 0; j < size; j++) state[j] = states[t * size + j];
    }
  });
  return out;
}
