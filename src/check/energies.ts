/** Energies: their statements, and calls of one energy in another. */
import { type Domain, showDomain } from '../domain.ts';
import type { Axis, Constraint, Energy, Node, Report, Slot, Term } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';
import type { EnergyItem, Expr, Statement } from '../syntax/tree.ts';
import { align, asArray, asNumber } from './arrays.ts';
import { type Cx, inner, Stop } from './context.ts';
import { materialise, resolveShape, sameDomain } from './domains.ts';
import { elaborate } from './expressions.ts';
import { asCondition, bindGenerator } from './generators.ts';
import {
  type ArrayValue,
  type CheckedEnergy,
  describe,
  elemOf,
  type Shape,
  showSet,
  type Value,
} from './values.ts';

interface Body {
  readonly terms: Term[];
  readonly reports: Report[];
}

/** Compiles a declared energy on unknowns of its own. Generic ones (over undeclared index sets) get an open set. */
export function checkEnergy(cx: Cx, item: EnergyItem): CheckedEnergy {
  const constraints: Constraint[] = [];
  const own = inner(cx, { constraints, stack: [...cx.stack, item.name.text] });
  const unknowns: Slot[] = [];
  if (item.algebra) return checkAlgebra(own, item, constraints);
  const args = item.params.map((p) => {
    const shape = resolveShape(own, p.domain, (name, span) => {
      const set = own.ck.b.set(name, { kind: 'open' }, span);
      own.scope.define(name, { kind: 'set', set });
      return set;
    });
    const { value, slots } = materialise(own, 'unknown', p.name.text, shape, p.span);
    unknowns.push(...slots.map((s) => s.slot));
    own.scope.define(p.name.text, value);
    return { name: p.name.text, value, shape };
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
  };
  return { energy, args };
}

/** `energy J = A * B ^ 0.7`: same-named arguments of equal domains are one. */
function checkAlgebra(cx: Cx, item: EnergyItem, constraints: Constraint[]): CheckedEnergy {
  const b = cx.ck.b;
  const factors: { item: EnergyItem; weight: Node; span: Span }[] = [];
  const walk = (e: Expr, weight: Node): void => {
    if (e.kind === 'binary' && e.op === '*') {
      walk(e.left, weight);
      walk(e.right, weight);
      return;
    }
    if (e.kind === 'binary' && e.op === '^') {
      const w = asNumber(cx, asArray(cx, elaborate(cx, e.right), e.right.span, 'a strength'), e.right.span);
      if (w.axes.length > 0) cx.ck.fail('E0301', e.right.span, 'the strength of an expert is one number');
      walk(e.left, b.mul(weight, w.node));
      return;
    }
    const v = elaborate(cx, e);
    if (v.kind !== 'energy')
      cx.ck.fail('E0301', e.span, `a product of experts is made of energies; this is ${describe(v)}`);
    factors.push({ item: v.item, weight, span: e.span });
  };
  walk(item.algebra!, b.const(1));
  const args = new Map<string, { name: string; value: Value; shape: Shape; span: Span }>();
  const unknowns: Slot[] = [];
  const body: Body = { terms: [], reports: [] };
  for (const f of factors) {
    const values = f.item.params.map((p) => {
      const shape = resolveShape(cx, p.domain);
      const known = args.get(p.name.text);
      if (!known) {
        const { value, slots } = materialise(cx, 'unknown', p.name.text, shape, p.span);
        unknowns.push(...slots.map((s) => s.slot));
        args.set(p.name.text, { name: p.name.text, value, shape, span: p.span });
        return value;
      }
      if (!sameShape(known.shape, shape))
        cx.ck.fail('E0311', f.span, `the experts disagree about \`${p.name.text}\``, {
          notes: [
            { message: 'it is declared so here', place: { kind: 'source', span: known.span } },
            { message: 'and so here', place: { kind: 'source', span: p.span } },
          ],
        });
      return known.value;
    });
    const node = callEnergy(cx, f.item, values, f.span);
    addTerm(cx, body, f.item.name.text, f.span, b.mul(f.weight, node), true);
  }
  return {
    energy: {
      name: item.name.text,
      span: item.name.span,
      unknowns,
      terms: body.terms,
      support: constraints,
      reports: [],
    },
    args: [...args.values()],
  };
}

function sameShape(a: Shape, c: Shape): boolean {
  if (a.sets.length !== c.sets.length || a.sets.some((s, i) => s !== c.sets[i])) return false;
  if (a.domain.kind === 'record' || c.domain.kind === 'record')
    return a.domain.kind === 'record' && c.domain.kind === 'record' && a.domain.record === c.domain.record;
  return sameDomain(a.domain, c.domain);
}

/** The energy of `item` at given arguments, as one number; what it requires joins the caller's support. */
export function callEnergy(cx: Cx, item: EnergyItem, args: readonly Value[], span: Span): Node {
  const name = item.name.text;
  const b = cx.ck.b;
  if (cx.stack.includes(name)) failCircle(cx, name, span);
  const nested: Constraint[] = [];
  const own = inner(cx, { constraints: nested, stack: [...cx.stack, name] });
  if (item.algebra) return cx.ck.fail('E0901', span, `call the experts of \`${name}\` one by one here`);
  item.params.forEach((p, i) => {
    const v = args[i];
    const declared = p.domain.dims;
    const shape = resolveShape(own, p.domain, (set, _s) => {
      const at = declared.findIndex((d) => d.kind === 'name' && d.name === set);
      const axis = v.kind === 'array' ? v.axes[at] : undefined;
      if (!axis) return undefined;
      own.scope.define(set, { kind: 'set', set: axis.set });
      return axis.set;
    });
    checkArgument(own, v, shape, p.name.text, name, span);
    own.scope.define(p.name.text, v);
  });
  const body: Body = { terms: [], reports: [] };
  for (const s of item.body) statement(own, s, body);
  if (cx.constraints === null && nested.length > 0)
    cx.ck.fail('E0301', span, `\`${name}\` restricts its support, so it can only be called inside an energy`);
  for (const c of nested) cx.constraints?.push(c);
  return b.addAll(body.terms.map((t) => t.body));
}

/** An energy or a function that is being expanded is called again. */
export function failCircle(cx: Cx, name: string, span: Span): never {
  const circle = cx.stack.slice(cx.stack.indexOf(name));
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
    return;
  }
  if (v.kind !== 'array') wrong();
  const sets = shape.sets;
  if (v.axes.length !== sets.length) wrong();
  sets.forEach((s, i) => {
    if (v.axes[i].set !== s)
      cx.ck.fail(
        'E0302',
        span,
        `\`${param}\` of \`${energy}\` is indexed by ${showSet(s)}; this is indexed by ${showSet(v.axes[i].set)}`,
      );
  });
  const domain: Domain = shape.domain;
  const elem = elemOf(domain);
  if (
    v.domain
      ? !sameDomain(v.domain, domain)
      : elem.kind !== v.elem.kind && !(elem.kind === 'number' && v.elem.kind === 'bool')
  ) {
    if (
      v.domain &&
      domain.kind === 'real' &&
      v.domain.kind === 'real' &&
      v.domain.lo >= domain.lo &&
      v.domain.hi <= domain.hi
    )
      return;
    cx.ck.fail(
      'E0310',
      span,
      `\`${param}\` of \`${energy}\` is ${showDomain(domain)}, found ${v.domain ? showDomain(v.domain) : describe(v)}`,
    );
  }
}

function addTerm(cx: Cx, body: Body, name: string, span: Span, node: Node, rename: boolean): void {
  let unique = name;
  for (let i = 2; body.terms.some((t) => t.name === unique); i++) {
    if (!rename)
      cx.ck.fail('E0401', span, `there is already a term \`${name}\` in this energy`, {
        notes: [
          {
            message: 'the first one',
            place: { kind: 'source', span: body.terms.find((t) => t.name === name)!.span },
          },
        ],
      });
    unique = `${name} (${i})`;
  }
  body.terms.push({ name: unique, span, body: node });
}

function statement(cx: Cx, s: Statement, body: Body): void {
  switch (s.kind) {
    case 'let': {
      if (cx.scope.lookup(s.name.text)?.kind === 'type')
        cx.ck.fail('E0202', s.name.span, `\`${s.name.text}\` already names a type`);
      const v = cx.ck.attempt(() => elaborate(cx, s.value));
      cx.scope.define(s.name.text, v ?? { kind: 'poison' });
      return;
    }
    case 'term': {
      const v = asArray(cx, elaborate(cx, s.value), s.value.span, 'a number');
      if (v.axes.length > 0)
        cx.ck.fail('E0309', s.value.span, `a term is one number, this is ${describe(v)}`, {
          suggestion: 'sum it: `sum(…)`',
        });
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
      require(cx, s.span, [...g.axes, ...v.axes], g.where, v.node);
      return;
    }
    case 'report': {
      const v = asArray(cx, elaborate(cx, s.value), s.value.span, 'a number or an array');
      const domain: Domain =
        v.elem.kind === 'element'
          ? { kind: 'category', values: v.elem.set }
          : v.elem.kind === 'bool'
            ? { kind: 'bit' }
            : { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
      body.reports.push({ name: s.name.text, span: s.span, value: { axes: v.axes, body: v.node }, domain });
      return;
    }
    case 'param':
      cx.ck.fail('E0901', s.span, 'parameters inside an energy are not available in this version', {
        suggestion: 'declare the parameter at the top of the file',
      });
  }
}

function require(cx: Cx, span: Span, axes: readonly Axis[], where: Node | null, condition: Node): void {
  const b = cx.ck.b;
  if (cx.constraints === null) cx.ck.fail('E0301', span, '`require` belongs inside an energy');
  // Conjunctions over index sets are lifted, so that each instance touches as little as it can.
  if (condition.op === 'reduce' && condition.kind === 'min') {
    const inner =
      condition.where && where ? b.call('and', where, condition.where) : (condition.where ?? where);
    require(cx, span, [...axes, ...condition.over], inner, condition.body);
    return;
  }
  if (condition.op === 'call' && condition.fn === 'and') {
    for (const c of condition.args) require(cx, span, axes, where, c);
    return;
  }
  const outer = cx.around;
  const joined = outer.where && where ? b.call('and', outer.where, where) : (where ?? outer.where);
  const all = [...outer.axes.filter((a) => !axes.includes(a)), ...axes];
  const free = new Set([...condition.axes, ...(joined?.axes ?? [])]);
  cx.constraints.push({ span, axes: all.filter((a) => free.has(a)), where: joined, condition });
}

/** `x ~ dist(…)`: minus the log-density, constants included. */
function sampleStatement(cx: Cx, s: Statement & { kind: 'sample' }, body: Body): void {
  const b = cx.ck.b;
  const g = s.generator ? bindGenerator(cx, s.generator) : { cx, axes: [] as readonly Axis[], where: null };
  const target = asArray(g.cx, elaborate(g.cx, s.target), s.target.span, 'an unknown or data');
  const { node, axes } = densityOf(g.cx, target, s.dist, s.span, g.axes, g.where);
  for (const slot of slotsRead([target.node])) cx.ck.drawn.add(slot);
  cx.ck.drawn.add(s.span);
  addTerm(cx, body, nameOf(s.target), s.span, b.neg(b.sum([...g.axes, ...axes], node, g.where)), true);
}

/** The log-density of `target` under `dist`, elementwise; its support joins the energy's. */
export function densityOf(
  cx: Cx,
  target: ArrayValue,
  distExpr: Expr,
  span: Span,
  outer: readonly Axis[] = [],
  where: Node | null = null,
): { readonly node: Node; readonly axes: readonly Axis[] } {
  const b = cx.ck.b;
  const d = elaborate(cx, distExpr);
  if (d.kind !== 'distribution')
    return cx.ck.fail('E0301', distExpr.span, `expected a distribution after \`~\`, found ${describe(d)}`, {
      suggestion: 'for example `x ~ normal(0, 1)`',
    });
  const y = asNumber(cx, target, span);
  const { axes, nodes } = align(cx, span, [y, ...d.args]);
  if (d.dist.support && cx.constraints !== null) {
    const { lo, hi } = d.dist.support(b, nodes.slice(1));
    const known = target.domain ? boundsOf(target.domain) : null;
    const static_ = (n: Node, ok: (value: number) => boolean): boolean =>
      n.op === 'const' && known !== null && ok(n.value);
    const all = [...outer, ...axes];
    if (lo && !static_(lo, (v) => known!.lo >= v)) require(cx, span, all, where, b.call('ge', nodes[0], lo));
    if (hi && !static_(hi, (v) => known!.hi <= v)) require(cx, span, all, where, b.call('le', nodes[0], hi));
  }
  return { node: d.dist.density(b, nodes[0], nodes.slice(1)), axes };
}

function boundsOf(d: Domain): { readonly lo: number; readonly hi: number } {
  switch (d.kind) {
    case 'real':
    case 'int':
      return { lo: d.lo, hi: d.hi };
    case 'bit':
      return { lo: 0, hi: 1 };
    case 'spin':
      return { lo: -1, hi: 1 };
    case 'ordinal':
    case 'cyclic':
      return { lo: 0, hi: d.size - 1 };
    case 'category':
      return { lo: 0, hi: Number.POSITIVE_INFINITY };
  }
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
