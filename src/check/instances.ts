/**
 * Functions that own parameters. `param f = dense(real[pixel], hidden)` is an instance:
 * a domain says the shape of an argument that stays open, a set or a value is fixed;
 * the instance has parameters of its own (`f.W`) and is called with the open arguments.
 */
import { showDomain } from '../domain.ts';
import { Uses } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Arg, DomainExpr, Expr, Parameter } from '../syntax/tree.ts';
import { argumentsInOrder } from './arguments.ts';
import { type Cx, calleeContext, inner } from './context.ts';
import { domainNames, fitsDomain, indexExpressions, materialise, resolveShape } from './domains.ts';
import { failCircle } from './energies.ts';
import { elaborate } from './expressions.ts';
import { declareParam } from './params.ts';
import { bindSetParameter, inBindingOrder, isSetParameter } from './signatures.ts';
import { bindArguments, evaluateBody, matchShape, ownsParams, withLead } from './user-functions.ts';
import { describe, type FnValue, type Instance, type Shape, type Value } from './values.ts';

/** Declares the parameters of one instance of a function; they are named `name.W`. */
export function declareInstance(
  cx: Cx,
  name: string,
  callee: FnValue,
  args: readonly Arg[],
  span: Span,
): Instance {
  const { item } = callee;
  const fn = item.name.text;
  if (cx.stack.includes(item)) failCircle(cx, item, span);
  if (!ownsParams(item))
    cx.ck.fail('E0306', span, `\`${fn}\` owns no parameters: there is nothing to declare`, {
      suggestion: `call it where its value is needed, or declare its parameters in it with \`param\``,
    });
  const given = argumentsInOrder(
    cx,
    args,
    item.params.map((p) => p.name.text),
    span,
  );
  const base = calleeContext(cx, callee);
  const open: { readonly p: Parameter; readonly shape: Shape }[] = [];
  for (const i of inBindingOrder(item.params)) {
    const p = item.params[i];
    if (isSetParameter(p)) {
      const e = given[i].value;
      const isType = e.kind === 'name' && cx.scope.lookup(e.name)?.kind === 'type';
      if (!isType && domainOf(cx, e))
        cx.ck.fail(
          'E0306',
          given[i].span,
          `\`${p.name.text}\` of \`${fn}\` is an index set; this is a domain`,
          {
            suggestion: 'give the name of an index set, or a number of elements',
          },
        );
      bindSetParameter(base, fn, p, elaborate(cx, e), given[i].span);
      continue;
    }
    const shape = openShape(cx, base, fn, p, given[i]);
    if (shape) open.push({ p, shape });
    else fixArgument(cx, base, fn, p, given[i]);
  }
  open.sort((x, y) => item.params.indexOf(x.p) - item.params.indexOf(y.p));
  const body = inner(base);
  for (const { p, shape } of open)
    body.scope.define(p.name.text, materialise(body, 'input', p.name.text, shape, p.span).value);
  const names = new Set(item.params.map((p) => p.name.text));
  for (const s of item.body) {
    const own = s.kind === 'let' ? s.name : s.kind === 'param' ? s.item.name : null;
    if (own === null) continue;
    if (names.has(own.text)) cx.ck.fail('E0202', own.span, `\`${own.text}\` is declared twice in \`${fn}\``);
    names.add(own.text);
    if (s.kind === 'let') body.scope.define(own.text, elaborate(body, s.value));
    else if (s.kind === 'param')
      base.scope.define(own.text, declareParam(body, s.item, `${name}.${own.text}`));
  }
  elaborate(body, item.value);
  return { name, item, scope: base.scope, open: open.map((o) => o.p) };
}

/** The instance at the arguments that were left open; extra leading indices map elementwise. */
export function callInstance(
  cx: Cx,
  { item, name, scope, open }: Instance,
  args: readonly Value[],
  spanOf: (i: number) => Span,
  span: Span,
): Value {
  if (cx.stack.includes(item)) failCircle(cx, item, span);
  cx.ck.called(cx.stack.length);
  const own = inner({ ...cx, scope }, { stack: [...cx.stack, item] });
  const lead = bindArguments(own, name, open, args, spanOf, span);
  return withLead(cx, evaluateBody(own, item), lead, span);
}

/** The shape of an argument that stays open; undefined where a value is given. */
function openShape(cx: Cx, base: Cx, fn: string, p: Parameter, arg: Arg): Shape | undefined {
  const what = `\`${p.name.text}\` of \`${fn}\``;
  const e = arg.value;
  const written = domainOf(cx, e);
  if (!written) {
    const set = e.kind === 'name' ? cx.scope.lookup(e.name) : undefined;
    if (set?.kind !== 'set') return undefined;
    if (indexExpressions(p.domain).length !== 1)
      cx.ck.fail(
        'E0306',
        arg.span,
        `an index set alone says the shape of an array of one index; ${what} has ${indexExpressions(p.domain).length}`,
        { suggestion: `write its domain, e.g. \`real[${set.set.name}]\`` },
      );
    return matchShape(base, p, [set.set], what, arg.span);
  }
  const shape = resolveShape(cx, written);
  const count = indexExpressions(p.domain).length;
  if (shape.sets.length !== count)
    cx.ck.fail(
      'E0306',
      arg.span,
      `${what} has ${count} ${count === 1 ? 'index' : 'indices'}; this domain has ${shape.sets.length}`,
    );
  const values = shape.domain.kind === 'category' ? shape.domain.values : undefined;
  const declared = matchShape(base, p, shape.sets, what, arg.span, values);
  const [a, d] = [shape.domain, declared.domain];
  const fits =
    a.kind === 'record' || d.kind === 'record'
      ? a.kind === 'record' && d.kind === 'record' && a.record === d.record
      : fitsDomain(a, d);
  if (!fits) cx.ck.fail('E0310', arg.span, `${what} is ${show(declared)}, found ${show(shape)}`);
  return shape;
}

const show = (s: Shape): string => (s.domain.kind === 'record' ? s.domain.record.name : showDomain(s.domain));

/** An expression that says a domain: `real[pixel]`, `category(5)`, an enum, a record type. */
function domainOf(cx: Cx, e: Expr): DomainExpr | undefined {
  switch (e.kind) {
    case 'name': {
      const v = cx.scope.lookup(e.name);
      const isDomain =
        v === undefined || v.kind === 'builtin'
          ? (domainNames as readonly string[]).includes(e.name)
          : v.kind === 'type';
      return isDomain
        ? { name: { text: e.name, span: e.span }, args: null, dims: [], on: null, span: e.span }
        : undefined;
    }
    case 'call': {
      const base = domainOf(cx, e.callee);
      return base && base.args === null && base.dims.length === 0
        ? { ...base, args: e.args, span: e.span }
        : undefined;
    }
    case 'index': {
      const base = domainOf(cx, e.target);
      if (!base) return undefined;
      const dims = e.indices.map((i) =>
        i.kind === 'at'
          ? i.value
          : cx.ck.fail('E0303', i.span, 'a domain is indexed by index sets, not by slices'),
      );
      return { ...base, dims: [...base.dims, ...dims], span: e.span };
    }
    default:
      return undefined;
  }
}

/** An argument that the instance keeps. */
function fixArgument(cx: Cx, base: Cx, fn: string, p: Parameter, arg: Arg): void {
  const v = elaborate(cx, arg.value);
  if (v.kind === 'encoding')
    cx.ck.fail('E0306', arg.span, `\`${p.name.text}\` of \`${fn}\` does not take ${describe(v)}`, {
      suggestion: 'give the record type, and encode the record inside the function',
    });
  const lead = bindArguments(base, fn, [p], [v], () => arg.span, arg.span);
  if (lead.length > 0)
    cx.ck.fail(
      'E0306',
      arg.span,
      `\`${p.name.text}\` of \`${fn}\` has ${indexExpressions(p.domain).length} indices; this is ${describe(v)}`,
    );
  if (cx.trial === undefined && dependsOnInput(v))
    cx.ck.fail(
      'E0306',
      arg.span,
      'this argument is not known where the instance is declared: it depends on one that stays open',
      {
        suggestion: 'say its domain instead, e.g. `real[n]`, and give the value where the instance is called',
      },
    );
}

function dependsOnInput(v: Value): boolean {
  switch (v.kind) {
    case 'array':
      return (v.node.uses & Uses.input) !== 0;
    case 'record':
      return [...v.fields.values()].some(dependsOnInput);
    case 'blocks':
      return v.items.some(dependsOnInput);
    default:
      return false;
  }
}
