/**
 * Values: a tensor together with the axes that its dimensions run over. The order
 * of the axes is whatever the step that made it produced; operands are
 * transposed only where two orders meet. A value may lack an axis of its node: it
 * is then constant along it.
 */
import type { Axis, IndexSet, ReduceKind } from '../../ir/types.ts';
import type { Ref, Shape, Tape } from './tape.ts';

export interface Val {
  readonly ref: Ref;
  readonly axes: readonly Axis[];
}

/** What the lowering rules share. */
export interface Context {
  readonly tape: Tape;
  readonly sizeOf: (set: IndexSet) => number;
}

export const sizeOfAxes = (c: Context, axes: Iterable<Axis>): number => {
  let n = 1;
  for (const a of axes) n *= c.sizeOf(a.set);
  return n;
};
export const shapeOf = (c: Context, axes: readonly Axis[]): Shape => axes.map((a) => c.sizeOf(a.set));

/**
 * An order of axes that depends on their sets, not on their names, so that equal steps of expressions that differ in
 * names alone are recognised; long ones last, where neighbours lie side by side.
 */
export const settled = (c: Context, axes: readonly Axis[]): readonly Axis[] =>
  [...axes].sort((a, b) => c.sizeOf(a.set) - c.sizeOf(b.set) || a.set.id - b.set.id || a.id - b.id);

/** Operands of an elementwise operation, brought to one order and to shapes that broadcast by position. */
export interface Aligned {
  readonly axes: readonly Axis[];
  readonly refs: readonly Ref[];
}

/** Axes of all values: the order of the largest one, before it what that one lacks. */
export function jointOrder(c: Context, vals: readonly Val[]): readonly Axis[] {
  let base = vals[0];
  for (const v of vals) if (sizeOfAxes(c, v.axes) > sizeOfAxes(c, base.axes)) base = v;
  const extra: Axis[] = [];
  for (const v of vals)
    for (const a of v.axes) if (!base.axes.includes(a) && !extra.includes(a)) extra.push(a);
  return [...extra, ...base.axes];
}

export function align(c: Context, vals: readonly Val[], order = jointOrder(c, vals)): Aligned {
  const ordered = vals.map((v) =>
    reorder(
      c,
      v,
      order.filter((a) => v.axes.includes(a)),
    ),
  );
  // Neighbouring axes that occur in the same operands become one dimension.
  const groups: { size: number; key: string; has: boolean[] }[] = [];
  for (const a of order) {
    const size = c.sizeOf(a.set);
    if (size === 1) continue;
    const has = ordered.map((v) => v.axes.includes(a));
    const key = has.join();
    const last = groups.at(-1);
    if (last?.key === key) last.size *= size;
    else groups.push({ size, key, has });
  }
  const refs = ordered.map((v, i) => {
    const shape = groups.map((g) => (g.has[i] ? g.size : 1));
    // Leading ones are implied.
    while (shape.length > 0 && shape[0] === 1 && groups.length > 0) shape.shift();
    return c.tape.view(v.ref, shape);
  });
  return { axes: order, refs };
}

export function broadcastShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    let n = 1;
    for (const s of shapes) n = Math.max(n, s[s.length - rank + d] ?? 1);
    return n;
  });
}

/** The value with its axes in the given order (a permutation of its own). */
export function reorder(c: Context, v: Val, order: readonly Axis[]): Val {
  const real = (axes: readonly Axis[]): readonly Axis[] => axes.filter((a) => c.sizeOf(a.set) !== 1);
  const from = real(v.axes);
  const to = real(order);
  if (from.every((a, i) => a === to[i])) return { ref: v.ref, axes: order };
  // Axes that stay neighbours move as one.
  const blocks: Axis[][] = [];
  for (const a of from) {
    const last = blocks.at(-1);
    if (last && to[to.indexOf(last.at(-1)!) + 1] === a) last.push(a);
    else blocks.push([a]);
  }
  const permutation = blocks
    .map((block, i) => ({ i, at: to.indexOf(block[0]) }))
    .sort((x, y) => x.at - y.at)
    .map(({ i }) => i);
  const shape = blocks.map((block) => sizeOfAxes(c, block));
  return { ref: c.tape.transpose(v.ref, shape, permutation), axes: order };
}

/** The value with every one of `axes` present. */
export function expand(c: Context, v: Val, axes: readonly Axis[]): Val {
  const missing = axes.filter((a) => !v.axes.includes(a));
  if (missing.length === 0) return v;
  const n = sizeOfAxes(c, missing);
  const zeros: Val = { ref: c.tape.constant(new Float32Array(n), [n], `zeros ${n}`), axes: missing };
  const { refs, axes: order } = align(c, [zeros, v], [...missing, ...v.axes]);
  const shape = broadcastShape(refs.map((r) => c.tape.shape(r)));
  return { ref: c.tape.emit({ op: 'binary', fn: 'add' }, refs, shape), axes: order };
}

export type PlainReduce = Exclude<ReduceKind, 'logsumexp'>;

/** Reduces over those of `over` that the value has, one stretch of neighbouring axes at a time. */
export function reduceVal(c: Context, kind: PlainReduce, v: Val, over: readonly Axis[]): Val {
  let { ref, axes } = v;
  for (;;) {
    const start = axes.findIndex((a) => over.includes(a));
    if (start < 0) return { ref, axes };
    let end = start;
    while (end < axes.length && over.includes(axes[end])) end++;
    const outer = axes.slice(0, start);
    const inner = axes.slice(end);
    ref = reduceMiddle(
      c.tape,
      kind,
      ref,
      sizeOfAxes(c, outer),
      sizeOfAxes(c, axes.slice(start, end)),
      sizeOfAxes(c, inner),
    );
    axes = [...outer, ...inner];
  }
}

function reduceMiddle(tape: Tape, kind: PlainReduce, ref: Ref, o: number, k: number, i: number): Ref {
  if (k === 1) return tape.view(ref, [o * i]);
  const x = tape.viewed(ref, [o, k, i]);
  return tape.emit({ op: 'reduce', kind, o, k, i }, [x], o * i === 1 ? [] : [o * i]);
}
