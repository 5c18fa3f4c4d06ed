/**
 * Parameters of functions and energies that are index sets (`unit : set`) or sets of
 * tuples (`bond : set[site, site]`, `left : set[pixel]`), and how arguments meet the
 * index sets that a signature leaves open.
 */
import type { IndexSet } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr, Parameter } from '../syntax/tree.ts';
import type { Cx } from './context.ts';
import { indexExpressions } from './domains.ts';
import { elaborate } from './expressions.ts';
import { asSet, setOf } from './sets.ts';
import { describe, showApart, showSet, type Value } from './values.ts';

export const isSetParameter = (p: Parameter): boolean =>
  p.domain.name.text === 'set' && p.domain.args === null && p.domain.on === null;

/** An index set that stands for any: what a declaration is checked with before it is called. */
export function openIndexSet(own: Cx, name: string, span: Span): IndexSet {
  const set = own.ck.b.set(name, { kind: 'open', generic: true }, span);
  own.scope.define(name, { kind: 'set', set });
  return set;
}

/**
 * Parameters in the order in which they can be understood: index sets first, the others
 * as they are written, but a set of tuples before the first array that is over it.
 */
export function inBindingOrder(params: readonly Parameter[]): readonly number[] {
  const out = new Set<number>();
  params.forEach((p, i) => {
    if (isSetParameter(p) && p.domain.dims.length === 0) out.add(i);
  });
  params.forEach((p, i) => {
    for (const d of indexExpressions(p.domain)) {
      const at = params.findIndex((q) => d.kind === 'name' && q.name.text === d.name && isSetParameter(q));
      if (at >= 0) out.add(at);
    }
    out.add(i);
  });
  return [...out];
}

/** Defines the set parameters of a declaration that is checked by itself as sets that stand for any. */
export function openSetParameters(own: Cx, params: readonly Parameter[]): void {
  for (const i of inBindingOrder(params)) if (isSetParameter(params[i])) openSetParameter(own, params[i]);
}

export function openSetParameter(own: Cx, p: Parameter): IndexSet {
  const { b } = own.ck;
  const name = p.name.text;
  if (p.domain.dims.length === 0) return openIndexSet(own, name, p.span);
  const components = p.domain.dims.map((d) =>
    unknownIn(own, d) ? openIndexSet(own, d.name, d.span) : asSet(own, elaborate(own, d), d.span),
  );
  const tables = components.map((c, i) =>
    b.slot('table', `${name}.${i}`, { kind: 'category', values: c }, [], p.span),
  );
  const set = b.set(name, { kind: 'tuples', components, tables, source: { kind: 'open' } }, p.span);
  for (const t of tables) (t as { sets: readonly IndexSet[] }).sets = [set];
  own.scope.define(name, { kind: 'set', set });
  return set;
}

/** A name that nothing in scope has: an index set that the arguments decide. */
export function unknownIn(cx: Cx, e: Expr): e is Expr & { kind: 'name' } {
  return e.kind === 'name' && cx.scope.lookup(e.name) === undefined;
}

/** Defines a set parameter of `callee` in its own context from the argument. */
export function bindSetParameter(own: Cx, callee: string, p: Parameter, v: Value, span: Span): void {
  const what = `\`${p.name.text}\` of \`${callee}\``;
  const { dims } = p.domain;
  const set = setOf(own, v, span);
  if (set === undefined)
    own.ck.fail('E0306', span, `${what} is ${kindOfSet(dims.length)}, found ${describe(v)}`, {
      suggestion:
        dims.length > 1
          ? 'give a set, for example `neighbours(site)` or the name of one declared with `set`'
          : 'give the name of an index set',
    });
  own.scope.define(p.name.text, { kind: 'set', set });
  if (dims.length === 0) return;
  // A whole index set is a subset of itself.
  const whole = dims.length === 1 && set.kind.kind !== 'tuples';
  const components = whole ? [set] : set.kind.kind === 'tuples' ? set.kind.components : [];
  if (components.length !== dims.length)
    own.ck.fail(
      'E0306',
      span,
      `${what} is ${kindOfSet(dims.length)}; ${showSet(set)} has ${components.length === 0 ? 'single elements' : `${components.length}-tuples`}`,
      dims.length === 2 && components.length === 0
        ? { suggestion: `for example \`neighbours(${set.name || 'site'})\`` }
        : {},
    );
  dims.forEach((d, k) => {
    if (unknownIn(own, d)) {
      own.scope.define(d.name, { kind: 'set', set: components[k] });
      return;
    }
    const declared = asSet(own, elaborate(own, d), d.span);
    const [wanted, found] = showApart(declared, components[k]);
    if (declared !== components[k])
      own.ck.fail(
        'E0302',
        span,
        `${what} is made of elements of ${wanted}; this is made of elements of ${found}`,
        own.ck.namedSets.includes(declared) && declared.span?.file === p.span.file
          ? {
              suggestion: `to take any index set, write a name there that is not declared in the file of \`${callee}\``,
            }
          : {},
      );
  });
}

const kindOfSet = (components: number): string =>
  components === 0
    ? 'an index set'
    : components === 1
      ? 'a subset of an index set'
      : `a set of ${components}-tuples`;
