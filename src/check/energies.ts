/** Energies: their statements, and calls of one energy in another. */
import { type Domain, showDomain, wholeLine } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import {
  type Axis,
  type Constraint,
  type Energy,
  type Node,
  type Report,
  type Slot,
  type Term,
  Uses,
} from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { EnergyItem, Expr, FnItem, Parameter, Statement } from '../syntax/tree.ts';
import { argumentNames, checkAlgebra, expandAlgebra } from './algebra.ts';
import { asArray, asNumber } from './arrays.ts';
import { type Cx, calleeContext, inner, Stop } from './context.ts';
import { densityOf } from './densities.ts';
import { fitsDomain, indexExpressions, materialise, resolveShape } from './domains.ts';
import { elaborate } from './expressions.ts';
import { asCondition, bindGenerator } from './generators.ts';
import { hierarchiesOf } from './hierarchies.ts';
import { boundRequirements, domainConstraints } from './requirements.ts';
import {
  bindSetParameter,
  inBindingOrder,
  isSetParameter,
  openIndexSet,
  openSetParameters,
} from './signatures.ts';
import { requireThat } from './support.ts';
import { outerAxes } from './user-functions.ts';
import {
  type ArrayValue,
  type CheckedEnergy,
  describe,
  type EnergyValue,
  elemOf,
  type Shape,
  showApart,
  type Value,
} from './values.ts';

interface Body {
  readonly terms: Term[];
  readonly reports: Report[];
}

/** Compiles a declared energy on unknowns of its own. Generic ones (over undeclared index sets) get an open set. */
export function checkEnergy(cx: Cx, item: EnergyItem): CheckedEnergy {
  const constraints: Constraint[] = [];
  const own = inner(cx, { constraints, stack: [...cx.stack, item] });
  const unknowns: Slot[] = [];
  if (item.algebra) return checkAlgebra(own, item, constraints);
  openSetParameters(own, item.params);
  let generic = item.params.some(isSetParameter);
  const args = item.params.flatMap((p) => {
    if (isSetParameter(p)) return [];
    const shape = resolveShape(
      own,
      p.domain,
      (name, span) => {
        generic = true;
        warnOfNearSet(own, name, span);
        return openIndexSet(own, name, span);
      },
      true,
    );
    const { value, slots } = materialise(own, 'unknown', p.name.text, shape, p.span);
    for (const { slot } of slots) {
      unknowns.push(slot);
      constraints.push(...domainConstraints(own.ck.b, slot, p.span));
    }
    own.scope.define(p.name.text, value);
    return [{ name: p.name.text, value, shape }];
  });
  const body: Body = { terms: [], reports: [] };
  for (const s of item.body) own.ck.attempt(() => statement(own, s, body));
  const energy: Energy = {
    name: item.name.text,
    span: item.name.span,
    unknowns,
    terms: body.terms,
    support: constraints,
    reports: body.reports,
    hierarchies: hierarchiesOf(own.ck, unknowns),
  };
  return { energy, args, generic };
}

/** A set that an energy leaves open and that is spelt nearly like one of its file was probably meant to be it. */
function warnOfNearSet(own: Cx, name: string, span: Span): void {
  const declared = own.ck.namedSets.flatMap((s) => (s.span?.file === span.file ? [s.name] : []));
  const near = name.length < 4 ? undefined : suggest(name, declared);
  if (near)
    own.ck.report(
      'warning',
      'W0201',
      span,
      `\`${name}\` stands for any index set here: none of this name is declared`,
      {
        suggestion: `did you mean \`${near}\`?`,
      },
    );
}

/** `energy` at given arguments, as one number; what it requires joins the caller's support. */
export const callEnergy = (
  cx: Cx,
  energy: EnergyValue,
  args: readonly Value[],
  spanOf: (i: number) => Span,
  span: Span,
): Node => expandEnergy(cx, energy, args, spanOf, span).node;

/**
 * The same with what the called energy reports.
 * @param args in the order of its arguments (see `argumentNames`), whose places `spanOf` knows
 */
export function expandEnergy(
  cx: Cx,
  energy: EnergyValue,
  args: readonly Value[],
  spanOf: (i: number) => Span,
  span: Span,
): { readonly node: Node; readonly reports: readonly Report[] } {
  const { item } = energy;
  const name = item.name.text;
  const b = cx.ck.b;
  cx.ck.parts.add(item.name.span);
  if (cx.stack.includes(item)) failCircle(cx, item, span);
  const nested: Constraint[] = [];
  const own = calleeContext(cx, energy, { constraints: nested });
  const body: Body = { terms: [], reports: [] };
  if (item.algebra) {
    const names = argumentNames(cx, energy, span);
    const made = expandAlgebra(own, item, new Map(names.map((n, i) => [n, args[i]])));
    body.terms.push(...made.terms.map((t) => ({ name: t.name, span: t.span, body: t.node })));
    body.reports.push(...made.reports);
  } else {
    for (const i of inBindingOrder(item.params)) {
      const p = item.params[i];
      if (isSetParameter(p)) bindSetParameter(own, name, p, args[i], spanOf(i));
      else bindArgument(own, name, p, args[i], spanOf(i));
    }
    for (const s of item.body) statement(own, s, body);
  }
  if (cx.constraints === null && nested.length > 0)
    cx.ck.fail('E0301', span, `\`${name}\` restricts its support, so it can only be called inside an energy`);
  for (const c of nested) cx.constraints?.push(c);
  return { node: b.addAll(body.terms.map((t) => t.body)), reports: body.reports };
}

/** Defines a parameter of a called energy; index sets that it leaves open are those of the argument. */
function bindArgument(own: Cx, energy: string, p: Parameter, v: Value, span: Span): void {
  const declared = indexExpressions(p.domain);
  const shape = resolveShape(
    own,
    p.domain,
    (set, _s) => {
      const at = declared.findIndex((d) => d.kind === 'name' && d.name === set);
      // What is no index is what the values are of: the open `k` of `category(k)[n]`.
      const values = v.kind === 'array' && v.elem.kind === 'element' ? v.elem.set : undefined;
      const found = at < 0 ? values : outerAxes(v)[at]?.set;
      if (found) own.scope.define(set, { kind: 'set', set: found });
      return found;
    },
    true,
  );
  const given = asValueOf(v, shape);
  checkArgument(own, given, shape, p.name.text, energy, span);
  own.scope.define(p.name.text, given);
}

/** A whole number, or a loop variable of `for k in 3`, as the value of `category(3)` that it names. */
function asValueOf(v: Value, shape: Shape): Value {
  if (v.kind !== 'array' || v.elem.kind !== 'number' || v.axes.length > 0) return v;
  const { domain } = shape;
  if (domain.kind !== 'category' || domain.values.kind.kind === 'labels') return v;
  const { node } = v;
  const size = staticSize(domain.values);
  const named =
    node.op === 'const'
      ? v.elem.integer && node.value >= 0 && size !== undefined && node.value < size
      : node.op === 'axis' && node.axis.set === domain.values;
  return named ? { ...v, elem: elemOf(domain) } : v;
}

/** An energy or a function that is being expanded is called again. */
export function failCircle(cx: Cx, item: EnergyItem | FnItem, span: Span): never {
  const name = item.name.text;
  const circle = cx.stack.slice(cx.stack.indexOf(item)).map((i) => i.name.text);
  const key = [...circle].sort().join(' ');
  if (cx.ck.circles.has(key)) throw new Stop();
  cx.ck.circles.add(key);
  const through = circle.slice(1).map((n) => `\`${n}\``);
  cx.ck.fail(
    'E0207',
    span,
    `\`${name}\` calls itself${through.length > 0 ? ` through ${through.join(', ')}` : ''}; recursion is not part of the language`,
  );
}

function checkArgument(cx: Cx, v: Value, shape: Shape, param: string, energy: string, span: Span): void {
  const wrong: () => never = () =>
    cx.ck.fail('E0306', span, `\`${param}\` of \`${energy}\` does not take ${describe(v)}`);
  if (shape.domain.kind === 'record') {
    if (v.kind !== 'record' || v.type !== shape.domain.record) wrong();
    const outer = outerAxes(v);
    if (outer.length !== shape.sets.length) wrong();
    checkSets(cx, outer, shape, param, energy, span);
    return;
  }
  if (v.kind !== 'array') wrong();
  const count = shape.sets.length;
  if (v.axes.length !== count)
    cx.ck.fail(
      'E0306',
      span,
      `\`${param}\` of \`${energy}\` has ${count === 0 ? 'no indices' : count === 1 ? '1 index' : `${count} indices`}; this is ${describe(v)}`,
    );
  checkSets(cx, v.axes, shape, param, energy, span);
  const domain: Domain = shape.domain;
  const elem = elemOf(domain);
  const fits = v.domain
    ? fitsDomain(v.domain, domain)
    : elem.kind === 'element'
      ? v.elem.kind === 'element' && v.elem.set === elem.set
      : v.elem.kind !== 'element' || v.elem.ordered;
  if (!fits)
    cx.ck.fail(
      'E0310',
      span,
      `\`${param}\` of \`${energy}\` is ${showDomain(domain)}, found ${v.domain ? showDomain(v.domain) : describe(v)}`,
    );
  requireBounds(cx, v, domain, span);
}

function checkSets(
  cx: Cx,
  axes: readonly Axis[],
  shape: Shape,
  param: string,
  energy: string,
  span: Span,
): void {
  shape.sets.forEach((s, i) => {
    if (axes[i].set === s) return;
    const [declared, found] = showApart(s, axes[i].set);
    cx.ck.fail(
      'E0302',
      span,
      `\`${param}\` of \`${energy}\` is indexed by ${declared}; this is indexed by ${found}`,
      s.name === ''
        ? {}
        : {
            suggestion: `to take any index set, write a name there that is not declared in the file of \`${energy}\``,
          },
    );
  });
}

/** Bounds of the called energy's argument that depend on its other arguments become requirements here. */
function requireBounds(cx: Cx, v: ArrayValue, domain: Domain, span: Span): void {
  if (cx.constraints === null) return;
  for (const { axes, condition } of boundRequirements(cx.ck.b, domain, v.axes, v.node))
    requireThat(cx, span, axes, null, condition);
}

function addTerm(cx: Cx, body: Body, name: string, span: Span, node: Node, rename: boolean): void {
  const first = body.terms.find((t) => t.name === name);
  if (first && !rename)
    cx.ck.fail('E0401', span, `there is already a term \`${name}\` in this energy`, {
      notes: [{ message: 'the first one', place: { kind: 'source', span: first.span } }],
    });
  body.terms.push({ name: uniqueName(name, body.terms), span, body: node });
}

/** `name`, or `name (2)` and so on where it is taken. */
export function uniqueName(name: string, taken: readonly { readonly name: string }[]): string {
  let unique = name;
  const last = lastNumbers.get(taken) ?? new Map<string, number>();
  lastNumbers.set(taken, last);
  for (let i = last.get(name) ?? 1; taken.some((t) => t.name === unique); last.set(name, i))
    unique = `${name} (${++i})`;
  return unique;
}

/** By list and name: the last number that was given, below which none is free. */
const lastNumbers = new WeakMap<readonly { readonly name: string }[], Map<string, number>>();

function statement(cx: Cx, s: Statement, body: Body): void {
  switch (s.kind) {
    case 'let': {
      if (cx.scope.lookup(s.name.text)?.kind === 'type')
        cx.ck.fail('E0202', s.name.span, `\`${s.name.text}\` already names a type`);
      if (cx.scope.defines(s.name.text))
        cx.ck.fail('E0202', s.name.span, `\`${s.name.text}\` already has a value in this energy`, {
          suggestion: 'nothing is changed once it has its value: choose another name',
        });
      const v = cx.ck.attempt(() => elaborate(cx, s.value));
      cx.scope.define(s.name.text, v ?? { kind: 'poison' });
      return;
    }
    case 'term': {
      const required = cx.constraints?.length ?? 0;
      const v = asArray(cx, elaborate(cx, s.value), s.value.span, 'a number');
      if (v.axes.length > 0)
        cx.ck.fail('E0309', s.value.span, `a term is one number, this is ${describe(v)}`, {
          suggestion: 'sum it: `sum(…)`',
        });
      // A called energy that is constant on its support is called for what it requires.
      if ((cx.constraints?.length ?? 0) > required) cx.ck.drawn.add(s.span);
      addTerm(cx, body, s.name.text, s.span, asNumber(cx, v, s.value.span).node, false);
      return;
    }
    case 'sample':
      sampleStatement(cx, s, body);
      return;
    case 'require': {
      const g = s.generator
        ? bindGenerator(cx, s.generator)
        : { cx, axes: [] as readonly Axis[], where: null };
      const v = asCondition(
        g.cx,
        asArray(g.cx, elaborate(g.cx, s.condition), s.condition.span, 'a condition'),
        s.condition.span,
      );
      requireThat(cx, s.span, [...g.axes, ...v.axes], g.where, v.node);
      return;
    }
    case 'report': {
      const v = asArray(cx, elaborate(cx, s.value), s.value.span, 'a number or an array');
      const domain: Domain =
        v.elem.kind === 'element'
          ? { kind: 'category', values: v.elem.set }
          : v.elem.kind === 'bool'
            ? { kind: 'bit' }
            : wholeLine;
      const first = body.reports.find((r) => r.name === s.name.text);
      if (first)
        cx.ck.fail('E0401', s.span, `there is already a report \`${s.name.text}\` in this energy`, {
          notes: [{ message: 'the first one', place: { kind: 'source', span: first.span } }],
        });
      body.reports.push({ name: s.name.text, span: s.span, value: { axes: v.axes, body: v.node }, domain });
      // What is reported has a name from here on, unless the name means something already.
      const known = cx.scope.lookup(s.name.text);
      if (known === undefined || known.kind === 'builtin')
        cx.scope.define(s.name.text, { ...v, domain: undefined });
      return;
    }
    case 'param':
      cx.scope.define(s.item.name.text, { kind: 'poison' });
      cx.ck.fail('E0312', s.span, 'parameters are declared at the top of a file or in a function', {
        suggestion: `move \`param ${s.item.name.text}\` out of the energy`,
      });
  }
}

/** `x ~ dist(…)`: minus the log-density, constants included. */
function sampleStatement(cx: Cx, s: Statement & { kind: 'sample' }, body: Body): void {
  const b = cx.ck.b;
  const g = s.generator ? bindGenerator(cx, s.generator) : { cx, axes: [] as readonly Axis[], where: null };
  const target = asArray(g.cx, elaborate(g.cx, s.target), s.target.span, 'an unknown or data');
  const { node, axes } = densityOf(g.cx, target, s.dist, s.span, g.axes, g.where);
  for (const slot of slotsRead([target.node])) cx.ck.drawn.add(slot);
  cx.ck.drawn.add(s.span);
  if ((target.node.uses & Uses.unknown) === 0) cx.ck.likelihoods.add(s.span);
  addTerm(cx, body, nameOf(s.target), s.span, b.neg(b.sum([...g.axes, ...axes], node, g.where)), true);
}

function nameOf(e: Expr): string {
  switch (e.kind) {
    case 'name':
      return e.name;
    case 'field':
      return `${nameOf(e.target)}.${e.field.text}`;
    case 'index':
      return nameOf(e.target);
    default:
      return 'density';
  }
}
