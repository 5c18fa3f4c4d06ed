/** Index sets: what `index` and `set` declarations and set expressions mean. */
import type { IndexSet, TupleSource } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import { constInteger } from './constants.ts';
import type { Cx } from './context.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import { type ArrayValue, describe, showSet, type Value } from './values.ts';

/** Larger index sets are refused: they could not be held in memory. */
export const MAX_SET_SIZE = 2 ** 27;

/** Expects something that can be iterated over. */
export function asSet(cx: Cx, v: Value, span: Span): IndexSet {
  switch (v.kind) {
    case 'set':
      return v.set;
    case 'type':
      if (!('record' in v.shape.domain) && v.shape.domain.kind === 'category' && v.shape.sets.length === 0)
        return v.shape.domain.values;
      break;
    case 'array':
      if (v.axes.length === 0 && v.node.op === 'const' && v.elem.kind === 'number' && v.elem.integer)
        return cx.ck.b.range(checkSize(cx, v.node.value, span));
      break;
    default:
  }
  return cx.ck.fail('E0301', span, `expected an index set, found ${describe(v)}`);
}

/** The index set that `index name = expr` declares. */
export function indexSet(cx: Cx, name: string, value: Expr | null, span: Span): IndexSet {
  const b = cx.ck.b;
  if (value === null) return b.set(name, { kind: 'open' }, span);
  if (value.kind === 'call' && value.callee.kind === 'name') {
    const builder = value.callee.name;
    if (builder === 'grid' || builder === 'ring' || builder === 'line') {
      const dims = value.args.map((a) => {
        const n = constInteger(cx, a.value, 'a number of sites');
        return checkSize(cx, n, a.value.span);
      });
      const count = builder === 'grid' ? [1, 2, 3, 4] : [1];
      if (!count.includes(dims.length))
        cx.ck.fail(
          'E0305',
          value.span,
          `\`${builder}\` takes ${builder === 'grid' ? 'one to four sizes' : 'one size'}, not ${dims.length}`,
        );
      checkSize(
        cx,
        dims.reduce((a, c) => a * c, 1),
        value.span,
      );
      return b.set(
        name,
        {
          kind: 'lattice',
          dims,
          coordinates:
            dims.length === 1
              ? ['i']
              : dims.length === 2
                ? ['row', 'col']
                : ['layer', 'row', 'col', 'w'].slice(0, dims.length),
          wrap: builder === 'ring',
        },
        span,
      );
    }
  }
  const n = constInteger(cx, value, 'a number of elements, `grid(…)`, `ring(n)` or `line(n)`');
  return b.set(name, { kind: 'range', size: checkSize(cx, n, value.span) }, span);
}

function checkSize(cx: Cx, n: number, span: Span): number {
  if (n < 1) cx.ck.fail('E0306', span, `an index set needs at least one element, this is ${n}`);
  if (n > MAX_SET_SIZE)
    cx.ck.fail('E0306', span, `this index set would have ${n} elements; the most is ${MAX_SET_SIZE} (2²⁷)`);
  return n;
}

/** A set of tuples with its tables. */
export function tupleSet(
  cx: Cx,
  name: string,
  components: readonly IndexSet[],
  source: TupleSource,
  span: Span,
): IndexSet {
  const b = cx.ck.b;
  const size = b.set(`${name || 'set'}`, { kind: 'open' }, span);
  const tables = components.map((c, i) =>
    b.slot('table', `${name || 'set'}.${i}`, { kind: 'category', values: c }, [size], span),
  );
  const set = b.set(name, { kind: 'tuples', components, tables, source }, span);
  // The tables are indexed by the set itself.
  for (const t of tables) (t as { sets: readonly IndexSet[] }).sets = [set];
  cx.ck.tupleSets.push(set);
  return set;
}

/** `neighbours(site, wrap = true)` */
export function neighbours(cx: Cx, of: IndexSet, wrap: boolean, span: Span): Value {
  if (of.kind.kind !== 'lattice')
    return cx.ck.fail(
      'E0306',
      span,
      `\`neighbours\` needs a lattice (grid, ring or line); ${showSet(of)} is none`,
    );
  return {
    kind: 'set',
    set: tupleSet(cx, '', [of, of], { kind: 'neighbours', of, wrap: wrap || of.kind.wrap }, span),
  };
}

/** `{ p for p in pixel where p.col < 14 }` */
export function comprehensionSet(cx: Cx, e: Expr & { kind: 'set' }): Value {
  const g = bindGenerator(cx, e.generator);
  const body = elaborate(g.cx, e.body);
  const items: ArrayValue[] =
    body.kind === 'tuple'
      ? body.items.map((i) => asArray(g.cx, i, e.body.span))
      : [asArray(g.cx, body, e.body.span, 'an index')];
  const components = items.map((i) => {
    if (i.elem.kind === 'element' && i.axes.length === 0) return i.elem.set;
    return cx.ck.fail('E0301', e.body.span, `a set holds elements of index sets; this is ${describe(i)}`);
  });
  return {
    kind: 'set',
    set: tupleSet(
      cx,
      '',
      components,
      { kind: 'comprehension', axes: g.axes, where: g.where, elements: items.map((i) => i.node) },
      e.span,
    ),
  };
}

/** The same set under the name of its declaration. */
export function nameSet(set: IndexSet, name: string, span: Span): IndexSet {
  if (set.name === '' && set.kind.kind === 'tuples') {
    const mutable = set as { name: string; span?: Span };
    mutable.name = name;
    mutable.span = span;
    set.kind.tables.forEach((t, i) => {
      (t as { name: string }).name = `${name}.${i}`;
    });
  }
  return set;
}
