/** Functions: checked once by themselves, and their calls: the body with the arguments in place. */
import type { Axis, IndexSet } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr, FnItem, Parameter } from '../syntax/tree.ts';
import { align, asArray } from './arrays.ts';
import { type Cx, calleeContext, inner } from './context.ts';
import { indexExpressions, materialise, resolveShape } from './domains.ts';
import { failCircle } from './energies.ts';
import { elaborate } from './expressions.ts';
import { declareParam } from './params.ts';
import {
  bindSetParameter,
  inBindingOrder,
  isSetParameter,
  openIndexSet,
  openSetParameters,
} from './signatures.ts';
import {
  type ArrayValue,
  type DeclaredParam,
  describe,
  type FnValue,
  number,
  type RecordType,
  type Shape,
  showApart,
  showSet,
  type Value,
} from './values.ts';

/** Checks a function once on arguments of its declared domains, so that mistakes show before it is called. */
export function checkFunction(cx: Cx, item: FnItem): void {
  const trial: DeclaredParam[] = [];
  const own = inner(cx, { stack: [...cx.stack, item], trial });
  cx.ck.attempt(() => {
    openSetParameters(own, item.params);
    for (const p of item.params) {
      if (isSetParameter(p)) continue;
      const shape = resolveShape(own, p.domain, (name, span) => openIndexSet(own, name, span));
      own.scope.define(p.name.text, materialise(own, 'input', p.name.text, shape, p.span).value);
    }
    for (const s of item.body) {
      if (s.kind === 'let') own.scope.define(s.name.text, elaborate(own, s.value));
      else if (s.kind === 'param')
        own.scope.define(
          s.item.name.text,
          declareParam(own, s.item, `${item.name.text}.${s.item.name.text}`),
        );
    }
    checkResult(own, item, elaborate(own, item.value));
  });
}

/** A declared result has the index sets that it says. */
function checkResult(own: Cx, item: FnItem, value: Value): void {
  const d = item.result;
  if (!d || value.kind !== 'array') return;
  if (d.name.text === 'set' && d.args === null) return;
  const shape = resolveShape(own, d);
  if (shape.domain.kind === 'record') return;
  const fits = shape.sets.length === value.axes.length && shape.sets.every((s, i) => s === value.axes[i].set);
  if (!fits)
    own.ck.fail(
      'E0302',
      item.value.span,
      `\`${item.name.text}\` is declared to give ${shape.sets.length === 0 ? 'one number' : `an array over [${shape.sets.map(showSet).join(', ')}]`}; this is ${describe(value)}`,
      { notes: [{ message: 'its result is declared here', place: { kind: 'source', span: d.span } }] },
    );
}

export const ownsParams = (item: FnItem): boolean => item.body.some((s) => s.kind === 'param');

/** A function of the user's at its arguments; extra leading indices map elementwise. */
export function callFunction(
  cx: Cx,
  callee: FnValue,
  args: readonly Value[],
  spanOf: (i: number) => Span,
  span: Span,
): Value {
  const { item } = callee;
  const name = item.name.text;
  if (cx.stack.includes(item)) failCircle(cx, item, span);
  if (ownsParams(item))
    cx.ck.fail('E0306', span, `\`${name}\` owns parameters: each set of them is declared by a name`, {
      suggestion: `\`param f = ${name}(…)\`, then call \`f\``,
    });
  const own = calleeContext(cx, callee);
  const lead = bindArguments(own, name, item.params, args, spanOf, span);
  return withLead(cx, evaluateBody(own, item), lead, span);
}

/** The value of a body whose arguments and parameters are in scope. */
export function evaluateBody(own: Cx, item: FnItem): Value {
  for (const s of item.body) if (s.kind === 'let') own.scope.define(s.name.text, elaborate(own, s.value));
  return elaborate(own, item.value);
}

/** A value of the body for each position of the extra leading indices. */
export function withLead(cx: Cx, v: Value, lead: readonly Axis[], span: Span): Value {
  if (lead.length === 0) return v;
  const under = (a: ArrayValue): ArrayValue => ({ ...a, axes: [...lead, ...a.axes], domain: undefined });
  if (v.kind === 'blocks') return { kind: 'blocks', items: v.items.map(under) };
  if (v.kind === 'distribution') return { ...v, args: v.args.map(under) };
  return under(asArray(cx, v, span));
}

interface Prepared {
  readonly value: Value;
  /** Its leading axes beyond what is declared; free in the value. */
  readonly extra: readonly Axis[];
}

/**
 * Defines the parameters of `callee` in its own context.
 * @param args in the order of the parameters
 * @returns the extra leading axes that all arguments share; they are free in what is defined
 */
export function bindArguments(
  own: Cx,
  callee: string,
  params: readonly Parameter[],
  args: readonly Value[],
  spanOf: (i: number) => Span,
  span: Span,
): readonly Axis[] {
  const prepared = new Array<Prepared | null>(params.length).fill(null);
  for (const i of inBindingOrder(params)) {
    const p = params[i];
    if (isSetParameter(p)) bindSetParameter(own, callee, p, args[i], spanOf(i));
    else prepared[i] = prepare(own, callee, p, args[i], spanOf(i));
  }
  const lead = prepared.reduce<readonly Axis[]>((m, p) => (p && p.extra.length > m.length ? p.extra : m), []);
  prepared.forEach((p, i) => {
    if (p) own.scope.define(params[i].name.text, alignTo(own, p.value, p.extra, lead, span));
  });
  return lead;
}

function prepare(own: Cx, callee: string, p: Parameter, v: Value, span: Span): Prepared {
  const what = `\`${p.name.text}\` of \`${callee}\``;
  const declared = indexExpressions(p.domain);
  const count = declared.length;
  if (v.kind !== 'array' && v.kind !== 'record' && v.kind !== 'blocks' && v.kind !== 'poison')
    own.ck.fail('E0306', span, `${what} takes a value; this is ${describe(v)}`);
  if (v.kind !== 'array' && v.kind !== 'record') return { value: v, extra: [] };
  const axes = outerAxes(v);
  const total = axes.length;
  if (total < count)
    own.ck.fail(
      'E0306',
      span,
      `${what} has ${count} ${count === 1 ? 'index' : 'indices'}; this is ${describe(v)}`,
    );
  const mine = axes.slice(total - count, total);
  const shape = matchShape(
    own,
    p,
    mine.map((a) => a.set),
    what,
    span,
    v.kind === 'array' && v.elem.kind === 'element' ? v.elem.set : undefined,
  );
  const isRecord = shape.domain.kind === 'record';
  if (
    isRecord !== (v.kind === 'record') ||
    (shape.domain.kind === 'record' && v.kind === 'record' && v.type !== shape.domain.record)
  )
    own.ck.fail(
      'E0306',
      span,
      `${what} is ${shape.domain.kind === 'record' ? `a record ${shape.domain.record.name}` : 'an array or a number'}, found ${describe(v)}`,
    );
  const extra = axes.slice(0, total - count);
  return v.kind === 'array'
    ? { value: { ...v, axes: mine }, extra }
    : { value: dropLead(own, v, extra, span), extra };
}

/**
 * The declared shape with its open index sets taken from `sets`, which must be those that it names.
 * @param values what the elements are elements of: the open `k` of `category(k)[n]`
 */
export function matchShape(
  own: Cx,
  p: Parameter,
  sets: readonly Shape['sets'][number][],
  what: string,
  span: Span,
  values?: IndexSet,
): Shape {
  const declared = indexExpressions(p.domain);
  const shape = resolveShape(own, p.domain, (name) => {
    const at = declared.findIndex((d) => d.kind === 'name' && d.name === name);
    const set = at < 0 ? values : sets[at];
    if (set) own.scope.define(name, { kind: 'set', set });
    return set;
  });
  declared.forEach((_, k) => {
    if (shape.sets[k] === sets[k]) return;
    const [expected, found] = showApart(shape.sets[k], sets[k]);
    own.ck.fail('E0302', span, `${what} is indexed by ${expected}; this is indexed by ${found}`);
  });
  return shape;
}

/** The axes of an array, or those that all arrays of a record share before their own. */
export function outerAxes(v: Value): readonly Axis[] {
  if (v.kind === 'array') return v.axes;
  if (v.kind !== 'record') return [];
  const axes = firstLeaf(v)?.axes ?? [];
  return axes.slice(0, axes.length - leafSets(v.type));
}

/** One of a record's arrays. */
function firstLeaf(v: Value): ArrayValue | undefined {
  if (v.kind === 'array') return v;
  return v.kind === 'record' ? firstLeaf([...v.fields.values()][0]) : undefined;
}

/** How many indices the first field has of its own. */
function leafSets(type: RecordType): number {
  const shape = type.fields[0].type;
  return shape.sets.length + (shape.domain.kind === 'record' ? leafSets(shape.domain.record) : 0);
}

/** The arrays of a record without their leading axes, which all become `lead`. */
function dropLead(cx: Cx, v: Value, lead: readonly Axis[], span: Span): Value {
  if (v.kind === 'record')
    return { ...v, fields: new Map([...v.fields].map(([k, f]) => [k, dropLead(cx, f, lead, span)])) };
  const a = asArray(cx, v, span);
  const { b } = cx.ck;
  const node = b.substitute(
    a.node,
    a.axes.slice(0, lead.length),
    lead.map((x) => b.axisNode(x)),
  );
  return { ...a, axes: a.axes.slice(lead.length), node };
}

/** Brings the leading axes that are free in a value to the common ones. */
function alignTo(cx: Cx, v: Value, from: readonly Axis[], to: readonly Axis[], span: Span): Value {
  if (from.length === 0 || from === to) return v;
  if (v.kind === 'record')
    return { ...v, fields: new Map([...v.fields].map(([k, f]) => [k, alignTo(cx, f, from, to, span)])) };
  const a = asArray(cx, v, span);
  const base: ArrayValue = { kind: 'array', elem: number(), axes: to, node: cx.ck.b.const(0) };
  return { ...a, node: align(cx, span, [base, { ...a, axes: from }]).nodes[1] };
}

/** The span of the argument that stands for each parameter. */
export function argumentSpans(e: Expr & { kind: 'call' }, names: readonly string[]): (i: number) => Span {
  const positional = e.args.filter((a) => a.name === null);
  return (i) => (e.args.find((a) => a.name?.text === names[i]) ?? positional[i])?.span ?? e.span;
}
