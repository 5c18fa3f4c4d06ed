/**
 * Which elementwise steps of a tape become one loop.
 *
 * A group stands where its first step stood. A later step joins it if it is elementwise over as many elements, reads
 * something that the group makes, and everything else that it reads is there before the group begins. Changes of shape
 * are seen through. What nothing outside of the group reads is never written to memory.
 */
import { sizeOfShape } from '../../arrays.ts';
import { opName, type Ref, type Shape, type TensorStep } from '../tensors/ops.ts';
import { type LaneFunction, type LaneNode, type LaneProgram, laneFunctions, type Reach } from './lanes.ts';

export interface Fused {
  readonly program: LaneProgram;
  readonly ins: readonly Ref[];
  readonly outs: readonly Ref[];
}

export interface FuseContext {
  readonly shape: (ref: Ref) => Shape;
  /** The value of a scalar constant. */
  readonly number: (ref: Ref) => number | undefined;
  readonly outputs: readonly Ref[];
}

/** Fewer elements are not worth code of their own. */
const LEAST = 1 << 14;

interface Group {
  /** Where it stands: the number of its first step. */
  readonly first: number;
  readonly size: number;
  /** Rows and columns, as soon as a broadcast says so. */
  layout: readonly [number, number] | null;
  readonly members: number[];
  readonly made: Set<Ref>;
}

const functions: ReadonlySet<string> = new Set(laneFunctions);

/** The steps in order, groups of two functions and more in place of theirs. */
export function fuse(steps: readonly TensorStep[], c: FuseContext): readonly (TensorStep | Fused)[] {
  const { groups, of } = grouped(steps, c);
  const worth = groups.filter((g) => g.members.filter((i) => steps[i].op.op !== 'reshape').length >= 2);
  if (worth.length === 0) return steps;
  const kept = new Set(steps.keys());
  for (const g of worth) for (const i of g.members) kept.delete(i);
  // What is read outside of the group that makes it.
  const needed = new Set<Ref>(c.outputs);
  for (const i of kept) for (const r of steps[i].ins) needed.add(r);
  for (const g of worth)
    for (const i of g.members) for (const r of steps[i].ins) if (!g.made.has(r)) needed.add(r);
  // Changes of shape that are read outside stay steps of their own. Later ones first: they may read earlier ones.
  for (let i = steps.length - 1; i >= 0; i--) {
    const { op, ins, out } = steps[i];
    const g = of.get(i);
    if (kept.has(i) || op.op !== 'reshape' || !g || !worth.includes(g) || !needed.has(out)) continue;
    kept.add(i);
    needed.add(ins[0]);
  }
  const at = new Map(worth.map((g) => [g.first, g]));
  return steps.flatMap((s, i): (TensorStep | Fused)[] => {
    const g = at.get(i);
    const here = g ? [fusedGroup(g, steps, needed, c)] : [];
    return kept.has(i) ? [...here, s] : here;
  });
}

function grouped(
  steps: readonly TensorStep[],
  c: FuseContext,
): { readonly groups: readonly Group[]; readonly of: ReadonlyMap<number, Group> } {
  const groups: Group[] = [];
  const of = new Map<number, Group>();
  /** Where a result is there: inputs and constants before everything. */
  const there = new Map<Ref, number>();
  steps.forEach((s, i) => {
    there.set(s.out, i);
    const size = sizeOfShape(c.shape(s.out));
    const view = s.op.op === 'reshape';
    if (size < LEAST || size % 4 !== 0 || !(view || functions.has(opName(s.op)))) return;
    const layout = view ? null : layoutOf(s, c);
    if (layout === 'none') return;
    let found: Group | null = null;
    for (const g of groups) {
      if (g.size !== size || !s.ins.some((r) => g.made.has(r))) continue;
      if (!s.ins.every((r) => g.made.has(r) || (there.get(r) ?? -1) < g.first)) continue;
      if (layout && g.layout && (layout[0] !== g.layout[0] || layout[1] !== g.layout[1])) continue;
      found = g;
    }
    if (!found) {
      if (view) return;
      found = { first: i, size, layout: null, members: [], made: new Set() };
      groups.push(found);
    }
    found.layout ??= layout;
    found.members.push(i);
    found.made.add(s.out);
    of.set(i, found);
    if (!view) there.set(s.out, found.first);
  });
  return { groups, of };
}

/** Rows and columns that a step's operands ask for; null: any. */
function layoutOf(s: TensorStep, c: FuseContext): readonly [number, number] | null | 'none' {
  const out = c.shape(s.out).filter((n) => n !== 1);
  const size = sizeOfShape(out);
  const partial = s.ins.some((r) => {
    const n = sizeOfShape(c.shape(r));
    return n !== 1 && n !== size;
  });
  if (!partial) return null;
  if (out.length !== 2 || out[1] % 4 !== 0 || c.shape(s.out).at(-1) === 1) return 'none';
  const layout: readonly [number, number] = [out[0], out[1]];
  return s.ins.every((r) => reachOf(c.shape(r), layout) !== null) ? layout : 'none';
}

/** How an operand is read over rows and columns; null where it is neither. */
function reachOf(shape: Shape, [rows, columns]: readonly [number, number]): Reach | null {
  const size = sizeOfShape(shape);
  if (size === 1) return 'one';
  if (size === rows * columns) return 'all';
  // By position from the right: a last dimension of 1 is a number for each row.
  if (shape.at(-1) === 1) return size === rows ? 'column' : null;
  return size === columns && shape.at(-1) === columns ? 'row' : null;
}

function fusedGroup(g: Group, steps: readonly TensorStep[], needed: ReadonlySet<Ref>, c: FuseContext): Fused {
  const [rows, columns] = g.layout ?? [1, g.size];
  const nodes: LaneNode[] = [];
  const known = new Map<Ref, number>();
  const ins: Ref[] = [];
  const outs: Ref[] = [];
  const put = (ref: Ref, node: LaneNode): number => {
    known.set(ref, nodes.length);
    return nodes.push(node) - 1;
  };
  const operand = (ref: Ref): number => {
    const before = known.get(ref);
    if (before !== undefined) return before;
    const value = c.number(ref);
    if (value !== undefined) return put(ref, { kind: 'number', value });
    const reach = reachOf(c.shape(ref), [rows, columns])!;
    return put(ref, { kind: 'input', input: ins.push(ref) - 1, reach });
  };
  for (const i of g.members) {
    const { op, ins: args, out } = steps[i];
    if (op.op === 'reshape') {
      known.set(out, operand(args[0]));
      continue;
    }
    put(out, { kind: 'call', fn: opName(op) as LaneFunction, args: args.map(operand) });
    if (needed.has(out)) outs.push(out);
  }
  const outputs = outs.map((r) => known.get(r)!);
  return { program: { rows, columns, nodes, inputs: ins.length, outputs }, ins, outs };
}
