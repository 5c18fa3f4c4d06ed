/**
 * `energy J = A * B ^ 0.7`: products of experts. Same-named arguments of equal domains
 * are one; index sets that one expert leaves open are taken from the others.
 */
import type { Constraint, Node, Report, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { EnergyItem, Expr, Parameter } from '../syntax/tree.ts';
import { asArray, asNumber } from './arrays.ts';
import { type Cx, inner } from './context.ts';
import { indexExpressions, materialise, resolveShape, sameDomain } from './domains.ts';
import { expandEnergy, failCircle, uniqueName } from './energies.ts';
import { elaborate } from './expressions.ts';
import { hierarchiesOf } from './hierarchies.ts';
import { domainConstraints } from './requirements.ts';
import { asSet } from './sets.ts';
import { bindSetParameter, isSetParameter, openIndexSet, openSetParameter, unknownIn } from './signatures.ts';
import { type CheckedEnergy, describe, type EnergyValue, type Shape, type Value } from './values.ts';

interface Expert {
  readonly energy: EnergyValue;
  /** Its strength. */
  readonly weight: Node;
  readonly span: Span;
}

/** The factors of an algebra energy's product with their strengths; `own` is a context of its file. */
function expertsOf(own: Cx, item: EnergyItem): readonly Expert[] {
  const { b } = own.ck;
  const out: Expert[] = [];
  const walk = (e: Expr, weight: Node): void => {
    if (e.kind === 'binary' && e.op === '*') {
      walk(e.left, weight);
      walk(e.right, weight);
      return;
    }
    if (e.kind === 'binary' && e.op === '^') {
      const w = asNumber(
        own,
        asArray(own, elaborate(own, e.right), e.right.span, 'a strength'),
        e.right.span,
      );
      if (w.axes.length > 0) own.ck.fail('E0301', e.right.span, 'the strength of an expert is one number');
      walk(e.left, b.mul(weight, w.node));
      return;
    }
    if (e.kind === 'binary')
      own.ck.fail('E0301', e.span, `a product of experts has no \`${e.op}\``, {
        suggestion: 'energies are joined by `*` and given a strength by `^`, e.g. `A * B ^ 0.5`',
      });
    if (e.kind === 'call')
      own.ck.fail('E0301', e.span, 'a product of experts names its energies, without arguments', {
        suggestion: 'for example `energy J = A * B`: arguments of one name are one',
      });
    const v = elaborate(own, e);
    if (v.kind !== 'energy')
      own.ck.fail('E0301', e.span, `a product of experts is made of energies; this is ${describe(v)}`);
    if (own.stack.includes(v.item)) failCircle(own, v.item, e.span);
    out.push({ energy: v, weight, span: e.span });
  };
  if (item.algebra) walk(item.algebra, b.const(1));
  return out;
}

/** An expert that is no algebra itself, with a scope in which the names of its signature get their meaning. */
interface Leaf {
  readonly own: Cx;
  readonly params: readonly Parameter[];
  /** Where the algebra that is being checked names it, or what holds it. */
  readonly span: Span;
}

function leavesOf(cx: Cx, energy: EnergyValue, span: Span): readonly Leaf[] {
  const { item, home } = energy;
  if (cx.stack.includes(item)) failCircle(cx, item, span);
  cx.ck.called(cx.stack.length);
  const own = inner({ ...cx, scope: home.scope }, { stack: [...cx.stack, item] });
  if (!item.algebra) return [{ own, params: item.params, span }];
  return expertsOf(own, item).flatMap((x) => leavesOf(own, x.energy, span));
}

/** The names of an energy's arguments, in order; those of an algebra's experts, each once. */
export function argumentNames(cx: Cx, energy: EnergyValue, span: Span): readonly string[] {
  const names = leavesOf(cx, energy, span).flatMap((l) => l.params.map((p) => p.name.text));
  return [...new Set(names)];
}

/** Energy and reports of an algebra energy at arguments by name. */
export function expandAlgebra(
  own: Cx,
  item: EnergyItem,
  args: ReadonlyMap<string, Value>,
): {
  readonly terms: readonly { name: string; span: Span; node: Node }[];
  readonly reports: readonly Report[];
} {
  const { b } = own.ck;
  const terms: { name: string; span: Span; node: Node }[] = [];
  const reports: Report[] = [];
  for (const { energy, weight, span } of expertsOf(own, item)) {
    const values = argumentNames(own, energy, span).map((n) => args.get(n) ?? { kind: 'poison' as const });
    const made = expandEnergy(own, energy, values, () => span, span);
    const name = uniqueName(energy.item.name.text, terms);
    terms.push({ name, span, node: b.mul(weight, made.node) });
    reports.push(...made.reports.map((r) => ({ ...r, name: `${name}.${r.name}` })));
  }
  return { terms, reports };
}

/** One argument of the product: every expert that has it. */
interface Shared {
  readonly name: string;
  readonly uses: readonly { readonly own: Cx; readonly p: Parameter; readonly span: Span }[];
}

/** Compiles an algebra energy on unknowns of its own; `own` is a context of its file. */
export function checkAlgebra(own: Cx, item: EnergyItem, constraints: Constraint[]): CheckedEnergy {
  const leaves = expertsOf(own, item).flatMap((x) => leavesOf(own, x.energy, x.span));
  const shared = sharedArguments(leaves);
  spreadIndexSets(shared);
  const args: { name: string; value: Value; shape: Shape }[] = [];
  const values = new Map<string, Value>();
  const unknowns: Slot[] = [];
  let generic = false;
  for (const s of shared) {
    const first = s.uses.find(({ own: at, p }) => isClosed(at, p)) ?? s.uses[0];
    if (s.uses.some(({ p }) => isSetParameter(p))) {
      generic = true;
      values.set(s.name, sharedSet(s));
      continue;
    }
    const shape = resolveShape(
      first.own,
      first.p.domain,
      (name, span) => {
        generic = true;
        return openIndexSet(first.own, name, span);
      },
      true,
    );
    const { value, slots } = materialise(own, 'unknown', s.name, shape, first.p.span);
    for (const { slot } of slots) {
      unknowns.push(slot);
      constraints.push(...domainConstraints(own.ck.b, slot, first.p.span));
    }
    for (const use of s.uses) {
      if (use !== first && !sameShape(shape, shapeFrom(use, shape))) clash(own, s, first, use);
      use.own.scope.define(s.name, value);
    }
    values.set(s.name, value);
    args.push({ name: s.name, value, shape });
  }
  const { terms, reports } = expandAlgebra(own, item, values);
  return {
    energy: {
      name: item.name.text,
      span: item.name.span,
      unknowns,
      terms: terms.map((t) => ({ name: t.name, span: t.span, body: t.node })),
      support: constraints,
      reports,
      hierarchies: hierarchiesOf(own.ck, unknowns),
    },
    args,
    generic,
  };
}

function sharedArguments(leaves: readonly Leaf[]): readonly Shared[] {
  const out = new Map<string, Shared['uses'][number][]>();
  for (const { own, params, span } of leaves)
    for (const p of params) {
      const list = out.get(p.name.text);
      if (list) list.push({ own, p, span });
      else out.set(p.name.text, [{ own, p, span }]);
    }
  return [...out].map(([name, uses]) => ({ name, uses }));
}

/** Whether nothing about the index sets of a parameter is left open. */
const isClosed = (own: Cx, p: Parameter): boolean =>
  !isSetParameter(p) && indexExpressions(p.domain).every((d) => !unknownIn(own, d));

/** Index sets that an expert leaves open get the meaning that another expert gives the same argument. */
function spreadIndexSets(shared: readonly Shared[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const { uses } of shared) {
      const known = uses.find(({ own, p }) => isClosed(own, p));
      if (!known) continue;
      const dims = indexExpressions(known.p.domain);
      for (const { own, p } of uses) {
        const mine = indexExpressions(p.domain);
        if (isSetParameter(p) || mine.length !== dims.length) continue;
        mine.forEach((d, k) => {
          if (!unknownIn(own, d)) return;
          const set = asSet(known.own, elaborate(known.own, dims[k]), dims[k].span);
          own.scope.define(d.name, { kind: 'set', set });
          changed = true;
        });
      }
    }
  }
}

/** An index set or set of tuples that all experts of this argument are over. */
function sharedSet(s: Shared): Value {
  const [first, ...others] = s.uses;
  const wrong = s.uses.find(({ p }) => !isSetParameter(p));
  if (wrong) clash(first.own, s, first === wrong ? others[0] : first, wrong);
  const value: Value = { kind: 'set', set: openSetParameter(first.own, first.p) };
  for (const { own, p, span } of others) bindSetParameter(own, s.name, p, value, span);
  return value;
}

/** The shape that another expert declares, with its open index sets taken from `shape`. */
function shapeFrom({ own, p }: Shared['uses'][number], shape: Shape): Shape {
  const declared = indexExpressions(p.domain);
  return resolveShape(
    own,
    p.domain,
    (name) => {
      const set = shape.sets[declared.findIndex((d) => d.kind === 'name' && d.name === name)];
      if (set) own.scope.define(name, { kind: 'set', set });
      return set;
    },
    true,
  );
}

function clash(own: Cx, s: Shared, a: Shared['uses'][number], c: Shared['uses'][number]): never {
  return own.ck.fail('E0311', c.span, `the experts disagree about \`${s.name}\``, {
    notes: [
      { message: 'it is declared so here', place: { kind: 'source', span: a.p.span } },
      { message: 'and so here', place: { kind: 'source', span: c.p.span } },
    ],
  });
}

function sameShape(a: Shape, c: Shape): boolean {
  if (a.sets.length !== c.sets.length || a.sets.some((s, i) => s !== c.sets[i])) return false;
  if (a.domain.kind === 'record' || c.domain.kind === 'record')
    return a.domain.kind === 'record' && c.domain.kind === 'record' && a.domain.record === c.domain.record;
  return sameDomain(a.domain, c.domain);
}
