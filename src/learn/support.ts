/** Whether states satisfy what an energy requires, and means over those that do, as expressions. */
import type { Builder } from '../ir/build.ts';
import type { Axis, Constraint, Node } from '../ir/types.ts';

/** The mean over all axes, or over those positions where the condition holds. */
export function meanWithin(b: Builder, axes: readonly Axis[], value: Node, where: Node | null): Node {
  if (!where) return b.mean(axes, value);
  // A free axis that only the condition has must be bound as well.
  return b.div(b.sum(axes, value, where), b.sum(axes, where));
}

/** Whether a state satisfies every constraint, 1 or 0; null where there are none. */
export function supportOf(b: Builder, support: readonly Constraint[]): Node | null {
  if (support.length === 0) return null;
  return support.map((c) => holds(b, c)).reduce((x, y) => b.call('and', x, y));
}

/** Whether one constraint holds at all its positions. */
export function holds(b: Builder, c: Constraint): Node {
  const broken = c.where ? b.call('and', c.where, b.call('not', c.condition)) : b.call('not', c.condition);
  return b.call('eq', b.sum(c.axes, broken), b.const(0));
}
