/** In which order loops run around each other, and which statements share them. */
import type { Axis } from '../../../ir/types.ts';
import { type Access, affineOf, type Axes, type Plan, type Stmt } from './plan.ts';

export type Item = { readonly kind: 'leaf'; readonly stmt: Stmt } | Loop;

export interface Loop {
  readonly kind: 'loop';
  readonly axis: Axis;
  readonly items: readonly Item[];
  /** All statements inside. */
  readonly stmts: readonly Stmt[];
}

/** Loops of a statement: batches outside, then by the longest step in memory, so that the innermost one is dense. */
export function orderLoops(plan: Plan, s: Stmt): Axes {
  const all = [...s.free, ...s.over];
  if (all.length < 2) return all;
  const step = new Map<Axis, number>();
  const note = ({ arr, indices }: Access): void => {
    indices.forEach((index, d) => {
      const affine = affineOf(index);
      const stride = arr.strides[d];
      if (affine)
        for (const [axis, c] of affine.terms)
          step.set(axis, Math.max(step.get(axis) ?? 0, Math.abs(c) * stride));
      else for (const axis of index.axes) step.set(axis, Math.max(step.get(axis) ?? 0, 2));
    });
  };
  if (s.out.axes && s.kind !== 'host') note({ arr: s.out, indices: s.out.axes.map((a) => plan.make.axis(a)) });
  for (const n of plan.inline(s)) {
    const access = n === s.node ? plan.source(n) : plan.access(n);
    if (access) note(access);
  }
  const { batch } = plan.graph;
  const key = (a: Axis): number => (batch.has(a) ? Number.POSITIVE_INFINITY : (step.get(a) ?? 0));
  const isFree = (a: Axis): number => (s.free.includes(a) ? 0 : 1);
  return [...all].sort((x, y) => key(y) - key(x) || isFree(x) - isFree(y) || x.id - y.id);
}

/** Statements looked at for a loop to share, at most. */
const WINDOW = 500;

/** Statements in a possible order, as loops. */
export function schedule(stmts: readonly Stmt[], bound: ReadonlySet<Axis>): readonly Item[] {
  const out: Item[] = [];
  const rest = new Set(stmts);
  const next = (s: Stmt): Axis | undefined => s.order.find((a) => !bound.has(a));
  const left = (s: Stmt): number => s.order.reduce((n, a) => (bound.has(a) ? n : n + 1), 0);
  for (const first of stmts) {
    if (!rest.has(first)) continue;
    const axis = next(first);
    if (axis === undefined) {
      rest.delete(first);
      out.push({ kind: 'leaf', stmt: first });
      continue;
    }
    const isLeaf = left(first) === 1;
    const group = new Set<Stmt>([first]);
    let seen = 0;
    for (const s of rest) {
      if (s === first) continue;
      if (++seen > WINDOW) break;
      if (next(s) !== axis || (left(s) === 1) !== isLeaf) continue;
      let fits = true;
      for (const [from, accesses] of s.uses) {
        if (!rest.has(from)) continue;
        if (!group.has(from) || !together(from, accesses, axis)) {
          fits = false;
          break;
        }
      }
      if (fits) group.add(s);
    }
    const members = [...group];
    for (const s of members) rest.delete(s);
    out.push({ kind: 'loop', axis, items: schedule(members, new Set([...bound, axis])), stmts: members });
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
