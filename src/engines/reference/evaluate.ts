/**
 * The meaning of the IR (`ir/types.ts`) as a recursion over nodes, for any kind of
 * number: plain ones (`engine.ts`) and dual ones (`dual.ts`).
 *
 * Nodes with binders, bodies of `at` and calls used more than once are memoised for
 * each position of their free axes.
 */
import type { HostArray } from '../../arrays.ts';
import type {
  Axis,
  FnName,
  IndexSet,
  MatrixFn,
  Node,
  ReadNode,
  ReduceKind,
  ScatterNode,
  Slot,
} from '../../ir/types.ts';
import { children } from '../../ir/walk.ts';
import type { Arrays } from '../engine.ts';
import { type Dense, matrixReader } from './matrix.ts';
import { scanReader } from './scan.ts';

export interface Algebra<T> {
  constant(x: number): T;
  /** The number as indices and conditions see it. */
  value(t: T): number;
  /** Element `flat` (row-major) of a slot, which is x. */
  element(slot: Slot, flat: number, x: number): T;
  /** Every function but those that are evaluated lazily. */
  call(fn: FnName, args: readonly T[]): T;
  reduce(kind: ReduceKind, items: readonly T[]): T;
  /** A function of matrices, its result row-major. */
  matrix(fn: MatrixFn, args: readonly Dense<T>[]): readonly T[];
}

/** A read outside of the slot, or of an array `[…]` (then the name is that of the array's axes). */
export class OutOfRange extends Error {
  readonly slot: string;
  readonly indices: readonly number[];

  constructor(slot: string, indices: readonly number[], shape: readonly number[]) {
    super(`${slot}[${indices.join(', ')}] is out of range: its shape is [${shape.join(', ')}]`);
    this.name = 'OutOfRange';
    this.slot = slot;
    this.indices = indices;
  }
}

export type SizeOf = (set: IndexSet) => number;

/** Positions of the axes that are bound, by axis id. */
export type Environment = Map<number, number>;

/** What the recursion knows of a node before it starts. */
interface Plan<T> {
  readonly sizes: readonly number[];
  readonly memo: Map<number, T> | null;
  /** For a scatter: its sums by position, for each position of the axes that are not scattered into. */
  readonly scattered: Map<number, ReadonlyMap<number, T>> | null;
}

/**
 * An evaluator of `roots` on given arrays. It throws `OutOfRange` where a read is
 * outside, and Error if a slot is missing or has another shape than its sets.
 */
export function evaluator<T>(
  roots: readonly Node[],
  algebra: Algebra<T>,
  arrays: Arrays,
  sizeOf: SizeOf,
): (node: Node, env: Environment) => T {
  const plans = plan<T>(roots, sizeOf);
  for (const n of plans.keys())
    if (n.op === 'read' && n.slot.role !== 'state') checkArray(n.slot, arrays.get(n.slot), sizeOf);

  const evaluate = (n: Node, env: Environment): T => {
    const { memo, sizes } = planOf(n);
    if (memo === null) return step(n, env);
    const key = positionOf(n.axes, sizes, env);
    const known = memo.get(key);
    if (known !== undefined) return known;
    const made = step(n, env);
    memo.set(key, made);
    return made;
  };

  const planOf = (n: Node): Plan<T> => {
    const p = plans.get(n);
    if (!p) throw new Error('the expression is not part of the program');
    return p;
  };

  const sizesOf = (axes: readonly Axis[]): number[] => axes.map((a) => sizeOf(a.set));
  const numberOf = (n: Node, env: Environment): number => algebra.value(evaluate(n, env));
  const holds = (n: Node | null, env: Environment): boolean => n === null || numberOf(n, env) !== 0;

  const scans = scanReader(algebra, sizeOf, evaluate, (n) => {
    const { memo, scattered } = planOf(n);
    memo?.clear();
    scattered?.clear();
  });
  const readMatrix = matrixReader(algebra, sizeOf, evaluate);

  const step = (n: Node, env: Environment): T => {
    switch (n.op) {
      case 'const':
        return algebra.constant(n.value);
      case 'axis':
        return algebra.constant(at(n.axis, env));
      case 'size':
        return algebra.constant(sizeOf(n.set));
      case 'read':
        return n.slot.role === 'state' ? scans.state(n, env) : read(n, env);
      case 'at': {
        const positions = n.indices.map((i) => numberOf(i, env));
        const shape = sizesOf(n.params);
        if (!inside(positions, shape))
          throw new OutOfRange(`[… for ${n.params.map((p) => p.name).join(', ')}]`, positions, shape);
        return evaluate(n.body, new Map([...env, ...n.params.map((p, d) => [p.id, positions[d]] as const)]));
      }
      case 'call':
        switch (n.fn) {
          case 'select':
            return evaluate(holds(n.args[0], env) ? n.args[1] : n.args[2], env);
          case 'and':
            return algebra.constant(holds(n.args[0], env) && holds(n.args[1], env) ? 1 : 0);
          case 'or':
            return algebra.constant(holds(n.args[0], env) || holds(n.args[1], env) ? 1 : 0);
          case 'pick': {
            const [k, ...elements] = n.args;
            const position = numberOf(k, env);
            if (!inside([position], [elements.length]))
              throw new OutOfRange('[…]', [position], [elements.length]);
            return evaluate(elements[position], env);
          }
          case 'stop_gradient':
            return algebra.constant(numberOf(n.args[0], env));
          default:
            return algebra.call(
              n.fn,
              n.args.map((a) => evaluate(a, env)),
            );
        }
      case 'reduce': {
        const items: T[] = [];
        forEachPosition(n.over, sizeOf, env, (inner) => {
          if (holds(n.where, inner)) items.push(evaluate(n.body, inner));
        });
        return algebra.reduce(n.kind, items);
      }
      case 'matrix':
        return readMatrix(n, env);
      case 'scan':
        return scans.scan(n, env);
      case 'scatter':
        return scatter(n, env).get(positionOf(n.into, sizesOf(n.into), env)) ?? algebra.constant(0);
    }
  };

  const read = (n: ReadNode, env: Environment): T => {
    const array = arrays.get(n.slot);
    if (!array) throw new Error(`no array for ${n.slot.name}`);
    const positions = n.indices.map((i) => numberOf(i, env));
    if (!inside(positions, array.shape)) throw new OutOfRange(n.slot.name, positions, array.shape);
    const flat = positions.reduce((f, p, d) => f * array.shape[d] + p, 0);
    return algebra.element(n.slot, flat, array.data[flat]);
  };

  const scatter = (n: ScatterNode, env: Environment): ReadonlyMap<number, T> => {
    const others = n.axes.filter((a) => !n.into.includes(a));
    const rest = positionOf(others, sizesOf(others), env);
    const { scattered } = planOf(n);
    const known = scattered?.get(rest);
    if (known) return known;
    const shape = sizesOf(n.into);
    const items = new Map<number, T[]>();
    forEachPosition(n.over, sizeOf, env, (inner) => {
      if (!holds(n.where, inner)) return;
      const positions = n.indices.map((i) => numberOf(i, inner));
      if (!inside(positions, shape)) return;
      const flat = positions.reduce((f, p, d) => f * shape[d] + p, 0);
      const list = items.get(flat);
      const item = evaluate(n.body, inner);
      if (list) list.push(item);
      else items.set(flat, [item]);
    });
    const sums = new Map([...items].map(([p, list]) => [p, algebra.reduce('sum', list)]));
    scattered?.set(rest, sums);
    return sums;
  };

  return evaluate;
}

/** Calls `visit` with the environment extended by every position of the axes, row-major. */
export function forEachPosition(
  axes: readonly Axis[],
  sizeOf: SizeOf,
  env: Environment,
  visit: (env: Environment) => void,
): void {
  const inner = new Map(env);
  const go = (d: number): void => {
    if (d === axes.length) {
      visit(inner);
      return;
    }
    const size = sizeOf(axes[d].set);
    for (let i = 0; i < size; i++) {
      inner.set(axes[d].id, i);
      go(d + 1);
    }
  };
  go(0);
}

/** The row-major position in the product of the axes' sets. */
const positionOf = (axes: readonly Axis[], sizes: readonly number[], env: Environment): number =>
  axes.reduce((key, a, d) => key * sizes[d] + at(a, env), 0);

const at = (axis: Axis, env: Environment): number => {
  const position = env.get(axis.id);
  if (position === undefined) throw new Error(`axis ${axis.name} is not bound`);
  return position;
};

const inside = (positions: readonly number[], shape: readonly number[]): boolean =>
  positions.every((p, d) => Number.isInteger(p) && p >= 0 && p < shape[d]);

function checkArray(slot: Slot, array: HostArray | undefined, sizeOf: SizeOf): void {
  if (!array) throw new Error(`no array for ${slot.name}`);
  const shape = slot.sets.map(sizeOf);
  if (array.shape.length !== shape.length || array.shape.some((s, d) => s !== shape[d]))
    throw new Error(`${slot.name} has shape [${array.shape.join(', ')}], expected [${shape.join(', ')}]`);
}

function plan<T>(roots: readonly Node[], sizeOf: SizeOf): ReadonlyMap<Node, Plan<T>> {
  const uses = new Map<Node, number>(roots.map((r) => [r, 1]));
  const stack = [...new Set(roots)];
  for (let n = stack.pop(); n; n = stack.pop())
    for (const child of children(n)) {
      const before = uses.get(child);
      uses.set(child, (before ?? 0) + (n.op === 'at' && child === n.body ? 2 : 1));
      if (before === undefined) stack.push(child);
    }
  return new Map(
    [...uses].map(([n, count]) => {
      const binder = n.op === 'reduce' || (n.op === 'call' && count > 1);
      return [
        n,
        {
          sizes: n.axes.map((a) => sizeOf(a.set)),
          memo: binder ? new Map() : null,
          scattered: n.op === 'scatter' ? new Map() : null,
        },
      ];
    }),
  );
}
