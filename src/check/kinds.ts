/** Which kinds of values stand beside each other: items of arrays, branches, the two sides of a comparison. */
import { suggest } from '../syntax/suggest.ts';
import type { Expr } from '../syntax/tree.ts';
import type { Cx } from './context.ts';
import { type ArrayValue, describe, type Elem, number, type Value } from './values.ts';

/** A value that is compared and looked up, and never a number. */
export const isCategory = (v: ArrayValue): boolean => v.elem.kind === 'element' && !v.elem.ordered;

/** What the items of `[a, b, …]` are together. */
export function commonElem(cx: Cx, written: readonly Expr[], items: readonly ArrayValue[]): Elem {
  const [first] = items;
  const other = items.findIndex(
    (i) =>
      i.elem.kind !== first.elem.kind ||
      (i.elem.kind === 'element' && first.elem.kind === 'element' && i.elem.set !== first.elem.set),
  );
  if (other < 0) return first.elem;
  if (isCategory(first) || items.some(isCategory))
    cx.ck.fail(
      'E0301',
      written[other].span,
      `the elements of an array are of one kind: the first is ${describe(first)}, this is ${describe(items[other])}`,
    );
  return number();
}

/** `job == "nurse"` */
export function refuseTexts(cx: Cx, e: Expr & { kind: 'binary' }, left: Value, right: Value): void {
  const text = left.kind === 'string' ? left : right.kind === 'string' ? right : undefined;
  if (!text) return;
  const other = left.kind === 'string' ? right : left;
  const set = other.kind === 'array' && other.elem.kind === 'element' ? other.elem.set : undefined;
  const label =
    set?.kind.kind === 'labels' ? (suggest(text.value, set.kind.labels) ?? text.value) : undefined;
  const known = set?.kind.kind === 'labels' && label !== undefined && set.kind.labels.includes(label);
  cx.ck.fail('E0301', (left.kind === 'string' ? e.left : e.right).span, 'nothing is compared with a text', {
    suggestion: known ? `write \`${set.name}.${label}\`` : undefined,
  });
}
