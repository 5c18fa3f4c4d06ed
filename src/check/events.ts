/**
 * Values with index sets of their own: the last indices of an array are those of one
 * draw (the event), the ones before are draws, which map. Parameters are fitted to the
 * event by position and to the draws by name, as everywhere.
 */
import { type Builder, staticSize } from '../ir/build.ts';
import type { Axis, IndexSet, Lambda, Node } from '../ir/types.ts';
import { align, asNumber } from './arrays.ts';
import type { Drawn } from './distribution.ts';
import { type ArrayValue, describe, number, showSet } from './values.ts';

/** y and its parameters as arrays over axes of their own, for each of the common draws. */
export interface Events {
  /** The axes of the draws. */
  readonly axes: readonly Axis[];
  readonly y: Lambda;
  /** In the order of the parameters; no axes: one number. */
  readonly args: readonly Lambda[];
}

/** Whether two index sets can stand for each other: the same, or one is anonymous and of the other's size. */
export function sameExtent(a: IndexSet, c: IndexSet): boolean {
  if (a === c) return true;
  const size = staticSize(a);
  return (a.name === '' || c.name === '') && size !== undefined && size === staticSize(c);
}

/** An element; of one number for all, that number. */
export const element = (b: Builder, of: Lambda, ...indices: Node[]): Node =>
  of.axes.length === 0 ? of.body : b.apply(of, indices);

/**
 * Splits y and its parameters.
 * @param rank how many of y's indices are the event's
 * @param shapes of the parameters: numbers, vectors or square matrices over the event's
 *   index; 'any' is a vector or one number for all elements
 */
export function events(
  { cx, dist, y, args, spans, span }: Drawn,
  rank: 1 | 2,
  shapes: readonly ('number' | 'vector' | 'any' | 'matrix')[],
): Events {
  const { b } = cx.ck;
  const target = asNumber(cx, y, span);
  const size = target.axes[target.axes.length - rank]?.set;
  const square = rank === 1 || (size && sameExtent(size, target.axes[target.axes.length - 1].set));
  if (!size || !square)
    return cx.ck.fail(
      'E0310',
      span,
      `\`${dist.name}\` is on ${rank === 1 ? 'vectors' : 'square matrices'}, found ${describe(y)}`,
    );
  const draws = target.axes.slice(0, target.axes.length - rank);
  /** The array without its last axes, which the returned list names. */
  const split = (v: ArrayValue, own: number): { rest: ArrayValue; axes: readonly Axis[] } => {
    const from = v.axes.slice(v.axes.length - own);
    const to = from.map((a) => b.axis(a.set, a.name));
    const node = b.substitute(
      v.node,
      from,
      to.map((a) => b.axisNode(a)),
    );
    const axes = v.axes.slice(0, v.axes.length - own);
    return { rest: { kind: 'array', elem: number(), axes, node }, axes: to };
  };
  const ranks = { number: 0, vector: 1, any: 1, matrix: 2 } as const;
  const parts = args.map((v, i) => {
    const own = ranks[shapes[i]];
    const last = v.axes.slice(Math.max(0, v.axes.length - own));
    if (last.length === own && last.every((a) => sameExtent(a.set, size))) return split(v, own);
    const each = v.axes.every((a) => draws.some((d) => d.set === a.set));
    if (shapes[i] === 'any' && each) return split(v, 0);
    return cx.ck.fail(
      'E0302',
      spans[i],
      `\`${dist.params[i]}\` of \`${dist.name}\` is a ${own === 1 ? 'vector' : 'square matrix'} over ${showSet(size)} here; found ${describe(v)}`,
    );
  });
  const whole = split(target, rank);
  const { axes, nodes } = align(cx, span, [whole.rest, ...parts.map((p) => p.rest)]);
  return {
    axes,
    y: { axes: whole.axes, body: nodes[0] },
    args: parts.map((p, i) => ({ axes: p.axes, body: nodes[1 + i] })),
  };
}
