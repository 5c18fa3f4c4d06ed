/** What stands left of `~`: its domain against what the distribution is on. */
import { isDiscrete, rangeOf, showDomain } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';
import { asNumber } from './arrays.ts';
import type { Cx } from './context.ts';
import type { Distribution, ElementwiseDistribution } from './distribution.ts';
import { type ArrayValue, describe } from './values.ts';

/** Between which numbers the value certainly lies, where that is known. */
export function rangeOfValue(v: ArrayValue): { readonly lo: number; readonly hi: number } | null {
  if (v.elem.kind === 'bool') return { lo: 0, hi: 1 };
  return v.domain ? rangeOf(v.domain) : null;
}

/** The slot that the value is (part of), if it is one. */
function slotOf(v: ArrayValue): Slot | undefined {
  if (!v.domain) return undefined;
  const own = [...slotsRead([v.node])].filter((s) => s.domain === v.domain);
  return own.length === 1 ? own[0] : undefined;
}

/** Expects whole numbers. */
export function wholeTarget(cx: Cx, dist: Distribution, y: ArrayValue, span: Span): ArrayValue {
  const v = asNumber(cx, y, span);
  if (v.elem.kind !== 'number' || v.elem.integer) return v;
  const slot = slotOf(y);
  const found = y.domain ? showDomain(y.domain) : describe(y);
  const declared =
    slot?.role === 'data'
      ? `declare the data \`${slot.name}\` as whole numbers, e.g. \`int(0, …)\``
      : slot
        ? `declare \`${slot.name}\` as whole numbers, e.g. \`int(0, …)\``
        : '`floor` and `round` make whole numbers';
  return cx.ck.fail('E0310', span, `\`${dist.name}\` is on whole numbers (${dist.support}), found ${found}`, {
    suggestion: declared,
  });
}

/** Expects what an elementwise distribution is on. */
export function elementTarget(cx: Cx, dist: ElementwiseDistribution, y: ArrayValue, span: Span): ArrayValue {
  switch (dist.on) {
    case 'whole':
      return wholeTarget(cx, dist, y, span);
    case 'real':
      return asNumber(cx, y, span);
    case 'angle': {
      const slot = slotOf(y);
      const d = y.domain;
      const loose =
        d !== undefined &&
        !isDiscrete(d) &&
        slot?.role !== 'data' &&
        !(Number.isFinite(rangeOf(d).lo) && Number.isFinite(rangeOf(d).hi));
      if (loose && slot)
        cx.ck.fail('E0310', span, `\`${dist.name}\` is on a circle, found ${showDomain(d)}`, {
          suggestion: `declare \`${slot.name}\` as \`angle\``,
        });
      return asNumber(cx, y, span);
    }
  }
}
