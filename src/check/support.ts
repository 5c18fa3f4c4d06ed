/** Requirements on the support of an energy. */
import type { Axis, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Cx } from './context.ts';

/**
 * The condition joins the support, for every position of the axes. Conjunctions over
 * index sets are lifted, so that each instance touches as little as it can.
 */
export function requireThat(
  cx: Cx,
  span: Span,
  axes: readonly Axis[],
  where: Node | null,
  condition: Node,
): void {
  const b = cx.ck.b;
  if (cx.constraints === null) cx.ck.fail('E0301', span, '`require` belongs inside an energy');
  if (condition.op === 'reduce' && condition.kind === 'min') {
    const inner =
      condition.where && where ? b.call('and', where, condition.where) : (condition.where ?? where);
    requireThat(cx, span, [...axes, ...condition.over], inner, condition.body);
    return;
  }
  if (condition.op === 'call' && condition.fn === 'and') {
    for (const c of condition.args) requireThat(cx, span, axes, where, c);
    return;
  }
  const outer = cx.around;
  const joined = outer.where && where ? b.call('and', outer.where, where) : (where ?? outer.where);
  const all = [...outer.axes.filter((a) => !axes.includes(a)), ...axes];
  const free = new Set([...condition.axes, ...(joined?.axes ?? [])]);
  cx.constraints.push({ span, axes: all.filter((a) => free.has(a)), where: joined, condition });
}
