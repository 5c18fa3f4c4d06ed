/** `for i in S, (p, q) in T where cond`: binders to axes. */
import { staticSize } from '../ir/build.ts';
import type { Axis, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Binder, Generator } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import { type Cx, inner } from './context.ts';
import { elaborate } from './expressions.ts';
import { asSet } from './sets.ts';
import { type ArrayValue, describe, number, showSet, type Value } from './values.ts';

export interface Bound {
  readonly cx: Cx;
  readonly axes: readonly Axis[];
  readonly where: Node | null;
}

/** Opens the binders: a context in which their names are defined. */
export function bindGenerator(cx: Cx, g: Generator): Bound {
  let scope = inner(cx);
  const axes: Axis[] = [];
  for (const binder of g.binders) {
    axes.push(bindOne(scope, binder));
    scope = inner(scope);
  }
  let where: Node | null = null;
  if (g.where) {
    const c = asArray(scope, elaborate(scope, g.where), g.where.span, 'a condition');
    where = asCondition(scope, c, g.where.span).node;
    if (c.axes.length > 0)
      cx.ck.fail('E0301', g.where.span, 'a condition must be one truth value, not an array');
  }
  const around = {
    axes: [...cx.around.axes, ...axes],
    where:
      where === null
        ? cx.around.where
        : cx.around.where === null
          ? where
          : cx.ck.b.call('and', cx.around.where, where),
  };
  return { cx: { ...scope, around }, axes, where };
}

export function asCondition(cx: Cx, v: ArrayValue, span: Span): ArrayValue {
  if (v.elem.kind !== 'bool')
    return cx.ck.fail('E0301', span, `expected a condition, found ${describe(v)}`, {
      suggestion: v.elem.kind === 'number' ? 'compare it, e.g. `… == 1` or `… > 0`' : undefined,
    });
  return v;
}

function bindOne(cx: Cx, binder: Binder): Axis {
  const b = cx.ck.b;
  const v = elaborate(cx, binder.set);
  if (v.kind === 'range') {
    if (binder.names.length !== 1) cx.ck.fail('E0301', binder.span, 'a range has single numbers, not tuples');
    const axis = b.axis(b.range(v.hi - v.lo), binder.names[0].text);
    cx.scope.define(binder.names[0].text, {
      kind: 'array',
      elem: number(true),
      axes: [],
      node: b.add(b.axisNode(axis), b.const(v.lo)),
    });
    return axis;
  }
  const set = asSet(cx, v, binder.set.span);
  const axis = b.axis(set, binder.names.map((n) => n.text).join(''));
  const position: ArrayValue = {
    kind: 'array',
    elem: { kind: 'element', set, ordered: true },
    axes: [],
    node: b.axisNode(axis),
  };
  if (set.kind.kind === 'tuples') {
    const { components, tables } = set.kind;
    const items = components.map(
      (c, i): ArrayValue => ({
        kind: 'array',
        elem: { kind: 'element', set: c, ordered: true },
        axes: [],
        node: b.read(tables[i], [b.axisNode(axis)]),
      }),
    );
    if (binder.names.length === 1) {
      const whole: Value = items.length === 1 ? items[0] : { kind: 'tuple', items, position };
      cx.scope.define(binder.names[0].text, whole);
      return axis;
    }
    if (binder.names.length !== items.length)
      cx.ck.fail(
        'E0301',
        binder.span,
        `${showSet(set)} has ${items.length}-tuples; ${binder.names.length} names are given`,
      );
    binder.names.forEach((n, i) => {
      cx.scope.define(n.text, items[i]);
    });
    return axis;
  }
  if (binder.names.length !== 1)
    cx.ck.fail(
      'E0301',
      binder.span,
      `${showSet(set)} has single elements, not ${binder.names.length}-tuples`,
    );
  // An anonymous range counts plain numbers.
  cx.scope.define(
    binder.names[0].text,
    set.name === '' && staticSize(set) !== undefined && set.kind.kind === 'range'
      ? { ...position, elem: number(true) }
      : set.kind.kind === 'labels'
        ? { ...position, elem: { kind: 'element', set, ordered: false } }
        : position,
  );
  return axis;
}
