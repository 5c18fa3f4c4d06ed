/** Index sets: what `index` and `set` declarations and set expressions mean. */
import { staticSize } from '../ir/build.ts';
import { type IndexSet, type Node, type TupleSource, Uses } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { limits } from '../limits.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import { constInteger, constNumber } from './constants.ts';
import type { Cx } from './context.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import { type ArrayValue, describe, number, scalar, showSet, type Value } from './values.ts';

/** Larger index sets are refused: they could not be held in memory. */
export const MAX_SET_SIZE = limits.setSize;

/** What the coordinates of lattice sites are called. */
export const coordinateNames: readonly string[] = ['i', 'row', 'col', 'layer', 'w'];

/** Expects something that can be iterated over. */
export function asSet(cx: Cx, v: Value, span: Span): IndexSet {
  const set = setOf(cx, v, span);
  if (set) return set;
  if (v.kind === 'array' && v.axes.length === 0 && v.node.op === 'const' && v.elem.kind === 'number')
    cx.ck.fail('E0301', span, `expected an index set or a whole number, found ${v.node.value}`);
  return cx.ck.fail('E0301', span, `expected an index set, found ${describe(v)}`);
}

/** What can be iterated over: an index set, an enum, a number of elements, an edge list among the data. */
export function setOf(cx: Cx, v: Value, span: Span): IndexSet | undefined {
  switch (v.kind) {
    case 'set':
      return v.set;
    case 'type':
      if (!('record' in v.shape.domain) && v.shape.domain.kind === 'category' && v.shape.sets.length === 0)
        return v.shape.domain.values;
      return undefined;
    case 'data':
      return setOf(cx, v.value, span);
    case 'array':
      if (v.axes.length === 0 && v.node.op === 'const' && v.elem.kind === 'number' && v.elem.integer)
        return cx.ck.b.range(checkSize(cx, v.node.value, span));
      return v.elem.kind === 'element' && v.axes.length > 0 ? listedSet(cx, v, v.elem.set, span) : undefined;
    default:
      return undefined;
  }
}

/** The set of tuples that data list: `site[e, 2]` lists pairs, `site[e]` a subset. One set for one list. */
function listedSet(cx: Cx, v: ArrayValue, of: IndexSet, span: Span): IndexSet {
  const { node, axes } = v;
  const whole =
    node.op === 'read' && node.indices.every((n, i) => n.op === 'axis' && n.axis === axes[i])
      ? node.slot
      : undefined;
  if (whole?.role !== 'data' && whole?.role !== 'input')
    return cx.ck.fail('E0301', span, `a set is made of data that list its elements; this is ${describe(v)}`, {
      suggestion: 'for example `data edges : site[e, 2]`, then `for (p, q) in edges`',
    });
  const known = cx.ck.edgeSets.get(whole);
  if (known) return known;
  const arity = axes.length === 1 ? 1 : axes.length === 2 ? staticSize(axes[1].set) : undefined;
  if (arity === undefined || (axes.length === 2 && (arity < 2 || arity > 4)))
    return cx.ck.fail(
      'E0301',
      span,
      `a set is listed by data of one index, or of two of which the last is 2, 3 or 4; \`${whole.name}\` is over [${axes.map((a) => showSet(a.set)).join(', ')}]`,
    );
  const set = tupleSet(cx, '', new Array<IndexSet>(arity).fill(of), { kind: 'edges', data: whole }, span);
  cx.ck.edgeSets.set(whole, set);
  return set;
}

/** Whether a set stands for any, wholly or in part: there is nothing to bind before what it occurs in is called. */
export function isGeneric(set: IndexSet): boolean {
  const k = set.kind;
  if (k.kind === 'open') return k.generic === true;
  if (k.kind !== 'tuples') return false;
  // Remembered: sets made of sets share what they are made of.
  let known = genericSets.get(set);
  if (known === undefined) {
    known = hasGenericSource(k);
    genericSets.set(set, known);
  }
  return known;
}

const genericSets = new WeakMap<IndexSet, boolean>();

function hasGenericSource(k: IndexSet['kind'] & { kind: 'tuples' }): boolean {
  if (k.components.some(isGeneric)) return true;
  switch (k.source.kind) {
    case 'open':
      return true;
    case 'neighbours':
      return isGeneric(k.source.of);
    case 'union':
      return k.source.of.some(isGeneric);
    case 'edges':
      return k.source.data.role === 'input';
    case 'comprehension': {
      const { axes, where, elements } = k.source;
      return axes.some((a) => isGeneric(a.set)) || mentionsGeneric(where ? [...elements, where] : elements);
    }
  }
}

function mentionsGeneric(nodes: readonly Node[]): boolean {
  let found = false;
  visit(nodes, (n) => {
    if (n.op === 'size') found ||= isGeneric(n.set);
    else if (n.op === 'read') found ||= n.slot.role === 'input' || n.slot.sets.some(isGeneric);
    else if (n.op === 'reduce') found ||= n.over.some((a) => isGeneric(a.set));
    else if (n.op === 'at') found ||= n.params.some((a) => isGeneric(a.set));
    else if (n.op === 'scan') found ||= isGeneric(n.loop.over.set);
    else if (n.op === 'matrix') found ||= n.args.some((m) => m.axes.some((a) => isGeneric(a.set)));
  });
  return found;
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
  const n = constNumber(cx, value, 'a number of elements, `grid(…)`, `ring(n)` or `line(n)`');
  if (!Number.isInteger(n))
    cx.ck.fail('E0306', value.span, `an index set has a whole number of elements, found ${n}`);
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
  if (!isGeneric(set)) cx.ck.tupleSets.push(set);
  return set;
}

/** `neighbours(site, wrap = true)` */
export function neighbours(cx: Cx, of: IndexSet, wrap: boolean, span: Span): Value {
  if (of.kind.kind !== 'lattice' && !isGeneric(of))
    return cx.ck.fail(
      'E0306',
      span,
      `\`neighbours\` needs a lattice (grid, ring or line); ${showSet(of)} is none`,
    );
  return {
    kind: 'set',
    set: tupleSet(
      cx,
      '',
      [of, of],
      { kind: 'neighbours', of, wrap: wrap || (of.kind.kind === 'lattice' && of.kind.wrap) },
      span,
    ),
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
  for (const n of [...items.map((i) => i.node), ...(g.where ? [g.where] : [])]) {
    if ((n.uses & (Uses.unknown | Uses.param)) !== 0)
      cx.ck.fail(
        'E0308',
        e.span,
        'a set is made before anything is sampled or learned: it cannot depend on unknowns or parameters',
      );
    const outer = n.axes.find((a) => !g.axes.includes(a));
    if (outer)
      cx.ck.fail(
        'E0308',
        e.span,
        `a set is made once: it cannot depend on \`${outer.name}\` of the loop around it`,
        {
          suggestion: 'loop over both at once, e.g. `for p in site, q in site where …`',
        },
      );
  }
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

/** `union(a, b, …)`: one set after another. */
export function unionSet(
  cx: Cx,
  of: readonly { readonly set: IndexSet; readonly span: Span }[],
  span: Span,
): Value {
  const components = of.map(({ set, span: here }) =>
    set.kind.kind === 'tuples'
      ? set.kind.components
      : cx.ck.fail(
          'E0306',
          here,
          `\`union\` joins sets of tuples or subsets; ${showSet(set)} is a whole index set`,
        ),
  );
  components.forEach((c, i) => {
    if (c.length === components[0].length && c.every((s, k) => s === components[0][k])) return;
    const list = (sets: readonly IndexSet[]): string => `(${sets.map(showSet).join(', ')})`;
    cx.ck.fail(
      'E0302',
      of[i].span,
      `\`union\` joins sets of the same tuples: these are ${list(c)}, those of the first are ${list(components[0])}`,
    );
  });
  const source: TupleSource = { kind: 'union', of: of.map((o) => o.set) };
  return { kind: 'set', set: tupleSet(cx, '', components[0], source, span) };
}

/** `site.rows`, `site.cols`, `site.layers`; `site.length` of what has one side. */
export function latticeField(cx: Cx, set: IndexSet, name: string, span: Span): ArrayValue {
  const b = cx.ck.b;
  const generic = ['rows', 'cols', 'layers', 'length'];
  if (isGeneric(set) && generic.includes(name)) return scalar(b.size(set), number(true));
  const sides = set.kind.kind === 'lattice' ? set.kind : { dims: [], coordinates: [] };
  const names: Readonly<Record<string, string>> = { i: 'length', row: 'rows', col: 'cols', layer: 'layers' };
  const d = sides.coordinates.findIndex((c) => names[c] === name);
  if (d >= 0) return scalar(b.const(sides.dims[d]), number(true));
  const known = sides.coordinates.flatMap((c) => (names[c] ? [names[c]] : []));
  return cx.ck.fail('E0204', span, `${showSet(set)} has no field \`${name}\``, {
    suggestion:
      known.length > 0
        ? `its ${known.length === 1 ? 'field is' : 'fields are'} ${known.join(', ')}`
        : `the number of its elements is \`size(${set.name || '…'})\``,
  });
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
