/** In which order loops run around each other, and which statements share them. */
import type { Axis, Node } from '../../../ir/types.ts';
import { affineOf } from './affine.ts';
import type { Recurring } from './graph.ts';
import { LARGEST_KEPT, type Plan } from './plan.ts';
import type { Access, Axes, Stmt } from './types.ts';

export type Item = Leaf | Loop;

export interface Leaf {
  readonly kind: 'leaf';
  readonly stmt: Stmt;
}

export interface Loop {
  readonly kind: 'loop';
  readonly axis: Axis;
  /** The loops inside run over the axis themselves, so many positions at a time. */
  readonly block: number | null;
  /** Of a recurrence: position after position, in this direction. */
  readonly steps: 'forward' | 'backward' | null;
  readonly items: readonly Item[];
  /** All statements inside. */
  readonly stmts: readonly Stmt[];
}

/** Loops of a statement: batches outside, then by the longest step in memory, so that the innermost one is dense. */
export function orderLoops(plan: Plan, s: Stmt): Axes {
  const all = [...s.free, ...s.over];
  if (all.length < 2) return all;
  const { batch } = plan.graph;
  const step = new Map<Axis, number>();
  const note = ({ arr, indices }: Access): void => {
    // As they would be for one instance: the order of the loops, and so that of sums, is the same for many.
    const strides = new Array<number>(arr.shape.length);
    let size = 1;
    for (let d = arr.shape.length - 1; d >= 0; d--) {
      strides[d] = size;
      if (!arr.axes || !batch.has(arr.axes[d])) size *= arr.shape[d];
    }
    indices.forEach((index, d) => {
      const affine = affineOf(index);
      const stride = strides[d];
      if (affine)
        for (const [axis, c] of affine.terms)
          step.set(axis, Math.max(step.get(axis) ?? 0, Math.abs(c) * stride));
      else for (const axis of index.axes) step.set(axis, Math.max(step.get(axis) ?? 0, 2));
    });
  };
  if (s.out.axes && s.kind !== 'host')
    note({ arr: s.out, indices: s.out.axes.map((a) => plan.make.axis(a)) });
  for (const n of plan.inline(s)) {
    const access = n === s.node ? plan.source(n) : plan.access(n);
    if (access) note(access);
  }
  const key = (a: Axis): number => (batch.has(a) ? Number.POSITIVE_INFINITY : (step.get(a) ?? 0));
  const isFree = (a: Axis): number => (s.free.includes(a) ? 0 : 1);
  return [...all].sort((x, y) => key(y) - key(x) || isFree(x) - isFree(y) || x.id - y.id);
}

/** Expressions in the statements that share a loop, at most: functions are compiled whole. */
const LARGEST_GROUP = 3000;

/** Statements looked at for a loop to share, at most. */
const WINDOW = 500;

/** Longer loops than this are cut into blocks where loops of different kinds follow each other. */
const LONG = 1024;
/** Numbers that a block reads of one array, about. */
const BLOCK = 2048;

export const isInnermost = (loop: Loop): boolean => loop.items.every((i) => i.kind === 'leaf');

/**
 * Statements in a possible order, as loops.
 * @param bound the axes of loops around
 * @param cut the axes that loops around have cut into blocks
 * @param inside the recurrence whose steps these are
 */
export function schedule(
  plan: Plan,
  stmts: readonly Stmt[],
  bound: ReadonlySet<Axis> = new Set(),
  cut: ReadonlySet<Axis> = new Set(),
  inside: Recurring | null = null,
): readonly Item[] {
  const out: Item[] = [];
  const rest = new Set(stmts);
  const next = (s: Stmt): Axis | undefined => s.order.find((a) => !bound.has(a));
  const left = (s: Stmt): number => s.order.reduce((n, a) => (bound.has(a) ? n : n + 1), 0);
  const share = (first: Stmt, axis: Axis, mixed: boolean): readonly Stmt[] => {
    const group = new Set<Stmt>([first]);
    const isLeaf = left(first) === 1;
    let seen = 0;
    let work = plan.inline(first).length;
    for (const s of rest) {
      if (s === first || s.loop !== inside) continue;
      if (++seen > WINDOW || work > LARGEST_GROUP) break;
      if (next(s) !== axis || (!mixed && (left(s) === 1) !== isLeaf)) continue;
      let fits = true;
      for (const [from, accesses] of s.uses) {
        if (!rest.has(from)) continue;
        if (!group.has(from) || !together(from, accesses, axis)) {
          fits = false;
          break;
        }
      }
      if (!fits) continue;
      group.add(s);
      work += plan.inline(s).length;
    }
    return [...group];
  };
  for (const first of stmts) {
    if (!rest.has(first)) continue;
    if (first.loop !== inside) {
      // All that happens in a step, once the last of it can.
      const l = first.loop!;
      if (plan.recurrences.get(l)!.step !== first) continue;
      const members = stmts.filter((s) => s.loop === l);
      for (const s of members) rest.delete(s);
      const items = schedule(plan, members, new Set([...bound, l.over]), cut, l);
      const steps = l.backward ? 'backward' : 'forward';
      out.push({ kind: 'loop', axis: l.over, block: null, steps, items, stmts: members });
      continue;
    }
    const axis = next(first);
    if (axis === undefined) {
      rest.delete(first);
      out.push({ kind: 'leaf', stmt: first });
      continue;
    }
    const isBatch = plan.graph.batch.has(axis);
    let members = share(first, axis, isBatch);
    let block: number | null = null;
    if (!isBatch && !cut.has(axis) && plan.size(axis) > LONG) {
      const all = share(first, axis, true);
      if (all.length > members.length) {
        members = all;
        const inner = Math.max(
          ...all.map((s) => plan.volume(s.order.filter((a) => a !== axis && !bound.has(a)))),
        );
        block = Math.max(16, Math.min(512, 8 * Math.floor(BLOCK / inner / 8)));
      }
    }
    for (const s of members) rest.delete(s);
    const items =
      block === null
        ? schedule(plan, members, new Set([...bound, axis]), cut, inside)
        : schedule(plan, members, bound, new Set([...cut, axis]), inside);
    out.push({ kind: 'loop', axis, block, steps: null, items, stmts: members });
  }
  return out;
}

/** Whether what a statement makes is read at the position of the loop only. */
function together(from: Stmt, accesses: readonly Access[], axis: Axis): boolean {
  if (!from.free.includes(axis) || from.out.axes === null) return false;
  const d = from.out.axes.indexOf(axis);
  return accesses.every(({ indices }) => {
    const index = indices[d];
    return index !== undefined && index.op === 'axis' && index.axis === axis;
  });
}

/** From this weight on an expression over some of the loops has a loop of its own, over lanes. */
const DEAR = 8;

/** The parts of a statement that do not move with all of its loops and are worth an array. */
export function dearParts(plan: Plan, s: Stmt): readonly Node[] {
  if (s.order.length < 2 && s.loop === null) return [];
  const out: Node[] = [];
  const { batch } = plan.graph;
  const loops = s.order.filter((a) => plan.size(a) > 1 || batch.has(a));
  plan.reach(plan.roots(s), s.node, (n) => {
    const own = loops.filter((a) => n.axes.includes(a));
    // What a step does not have to wait for is worked out before, for all steps.
    const early = s.loop !== null && !plan.isInside(n);
    if (own.length === loops.length && !early) return false;
    const inner = own.filter((a) => !batch.has(a));
    if (n.op === 'call' && inner.length > 0 && plan.volume(inner) >= 4 && plan.access(n) === null)
      if (plan.weightOf(n) >= DEAR && n !== s.node && plan.volume(n.axes) <= LARGEST_KEPT) out.push(n);
    return true;
  });
  return out;
}

/** Marks results that have to be in memory: others are only read where they are made, from variables. */
export function markKept(items: readonly Item[]): void {
  const made = new Map<Stmt, readonly Loop[]>();
  const go = (list: readonly Item[], path: readonly Loop[]): void => {
    for (const item of list) {
      if (item.kind === 'loop') {
        go(item.items, [...path, item]);
        continue;
      }
      const { stmt } = item;
      for (const from of stmt.uses.keys()) {
        const there = made.get(from);
        if (!there || there.length === 0 || there.some((l, k) => path[k] !== l)) from.kept = true;
      }
      const first = stmt.kind === 'reduce' ? path.findIndex((l) => stmt.over.includes(l.axis)) : -1;
      made.set(stmt, first < 0 ? path : path.slice(0, first));
      // Sums in memory are read from there.
      if (
        stmt.kind === 'scatter' ||
        stmt.order.slice(first).some((a) => first >= 0 && !stmt.over.includes(a))
      )
        stmt.kept = true;
    }
  };
  go(items, []);
}
