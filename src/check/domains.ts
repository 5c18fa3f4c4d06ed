/** Domain expressions: `real(0, inf)[site]`, `category(part)`, `Row[person]`. */
import { type Domain, eventSets, isDiscrete, isNumeric, rangeOf } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import type { IndexSet, Lambda, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { DomainExpr, Expr } from '../syntax/tree.ts';
import { asArray, asNumber } from './arrays.ts';
import { constInteger, constNumber } from './constants.ts';
import { type Cx, unknownName } from './context.ts';
import { elaborate } from './expressions.ts';
import { domainElsewhere } from './other-names.ts';
import { asSet } from './sets.ts';
import {
  type ArrayValue,
  describe,
  elemOf,
  type RecordType,
  type Shape,
  showSet,
  type Value,
} from './values.ts';

export const domainNames = [
  'bit',
  'spin',
  'category',
  'int',
  'ordinal',
  'cyclic',
  'real',
  'angle',
  'simplex',
  'ordered',
  'unit',
  'cholesky_corr',
  'permutation',
  'subset',
] as const;

/** What an index set name that is not declared means. */
export type OnOpenName = (name: string, span: Span) => IndexSet | undefined;

/**
 * @param dependent whether the bounds of a real may depend on what is in scope: so for arguments of energies
 */
export function resolveShape(cx: Cx, d: DomainExpr, onOpen?: OnOpenName, dependent = false): Shape {
  const dims = d.dims.map((dim) => resolveDim(cx, dim, onOpen));
  const base = resolveBase(cx, d, dims, onOpen, dependent);
  const domain = d.on ? onGraph(cx, d, d.on, base.domain) : base.domain;
  return { domain, sets: [...dims, ...base.sets] };
}

/** The expressions of all index sets of a domain, those that a vector domain carries among them, in order. */
export function indexExpressions(d: DomainExpr): readonly Expr[] {
  const own = d.args?.[0]?.value;
  switch (own && d.name.text) {
    case 'simplex':
    case 'ordered':
    case 'unit':
    case 'permutation':
    case 'subset':
      return [...d.dims, own!];
    case 'cholesky_corr':
      return [...d.dims, own!, own!];
    default:
      return d.dims;
  }
}

/** `category(site) on bond`: the pairs of values that are one step apart. */
function onGraph(cx: Cx, d: DomainExpr, on: Expr, domain: Shape['domain']): Domain {
  if (domain.kind !== 'category')
    return cx.ck.fail('E0310', on.span, `\`${d.name.text}\` has a state graph of its own`, {
      suggestion: 'a state graph is given to a category: `category(site) on bond`',
    });
  const graph = asSet(cx, elaborate(cx, on), on.span);
  const { values } = domain;
  const pairs = graph.kind.kind === 'tuples' ? graph.kind.components : [];
  if (pairs.length !== 2 || pairs.some((s) => s !== values))
    cx.ck.fail(
      'E0310',
      on.span,
      `a state graph is a set of pairs of ${showSet(values)}; this is ${describe({ kind: 'set', set: graph })}`,
      { suggestion: 'for example `neighbours(site)` for the values of `category(site)`' },
    );
  return { ...domain, graph };
}

function resolveDim(cx: Cx, dim: Expr, onOpen?: OnOpenName): IndexSet {
  if (dim.kind === 'name' && cx.scope.lookup(dim.name) === undefined) {
    const made = onOpen?.(dim.name, dim.span);
    if (made) return made;
    unknownName(cx, dim.name, dim.span, 'index set');
  }
  return asSet(cx, elaborate(cx, dim), dim.span);
}

/** A domain with the index sets that its states are over. */
function resolveBase(
  cx: Cx,
  d: DomainExpr,
  dims: readonly IndexSet[],
  onOpen: OnOpenName | undefined,
  dependent: boolean,
): Shape {
  const plain = (domain: Domain): Shape => ({ domain, sets: eventSets(domain) });
  const args = d.args ?? [];
  const name = d.name.text;
  const count = (n: number, example: string): void => {
    if (args.length !== n)
      cx.ck.fail(
        'E0305',
        d.span,
        `\`${name}\` takes ${n === 0 ? 'no arguments' : n === 1 ? 'one argument' : `${n} arguments`}, not ${args.length}`,
        {
          suggestion: `write \`${example}\``,
        },
      );
  };
  const states = (): number => {
    const n = constInteger(cx, args[0].value, 'a number of states');
    if (n < 1 || n > 65536) cx.ck.fail('E0306', args[0].span, `a domain has 1 to 65536 states, not ${n}`);
    return n;
  };
  /** The index set that an argument names; a number is an anonymous one. */
  const over = (most: number): IndexSet => {
    const e = args[0].value;
    const set = resolveDim(cx, e, onOpen);
    const n = staticSize(set);
    if (n !== undefined && n > most)
      cx.ck.fail('E0306', args[0].span, `\`${name}\` takes at most ${most} elements, not ${n}`);
    return set;
  };
  const known = cx.scope.lookup(name);
  if (known === undefined || known.kind === 'builtin') {
    switch (name) {
      case 'bit':
      case 'spin':
        count(0, name);
        return plain({ kind: name });
      case 'category': {
        count(1, 'category(5)');
        return plain({ kind: 'category', values: over(65536) });
      }
      case 'int': {
        count(2, 'int(0, 9)');
        const lo = constInteger(cx, args[0].value, 'the lowest value');
        const hi = constInteger(cx, args[1].value, 'the highest value');
        if (hi < lo)
          cx.ck.fail('E0306', d.span, `\`int(${lo}, ${hi})\` has no values: the first number is the lowest`);
        if (hi - lo >= 65536)
          cx.ck.fail(
            'E0306',
            d.span,
            `a domain has at most 65536 states, \`int(${lo}, ${hi})\` has ${hi - lo + 1}`,
          );
        return plain({ kind: 'int', lo, hi });
      }
      case 'ordinal':
      case 'cyclic':
        count(1, `${name}(12)`);
        return plain({ kind: name, size: states() });
      case 'real': {
        if (args.length === 0)
          return plain({ kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY });
        count(2, 'real(0, inf)');
        const lower = bound(cx, args[0].value, dims, 'the lower bound', dependent);
        const upper = bound(cx, args[1].value, dims, 'the upper bound', dependent);
        const lo = typeof lower === 'number' ? lower : Number.NEGATIVE_INFINITY;
        const hi = typeof upper === 'number' ? upper : Number.POSITIVE_INFINITY;
        if (!(lo < hi))
          cx.ck.fail('E0306', d.span, `\`real(${lo}, ${hi})\` is empty: the lower bound comes first`);
        return plain({
          kind: 'real',
          lo,
          hi,
          ...(typeof lower === 'number' ? {} : { lower }),
          ...(typeof upper === 'number' ? {} : { upper }),
        });
      }
      case 'angle':
        count(0, 'angle');
        return plain({ kind: 'angle' });
      case 'simplex':
      case 'ordered':
      case 'unit':
      case 'cholesky_corr':
        count(1, `${name}(3)`);
        return plain({ kind: name, over: over(MAX_VECTOR) });
      case 'permutation':
        count(1, 'permutation(5)');
        return plain({ kind: 'permutation', values: over(65536) });
      case 'subset': {
        count(2, 'subset(item, 3)');
        const of = over(2 ** 24);
        const m = constInteger(cx, args[1].value, 'a number of elements');
        const n = staticSize(of);
        if (m < 0 || (n !== undefined && m > n))
          cx.ck.fail(
            'E0306',
            args[1].span,
            `a subset of ${showSet(of)} has ${n === undefined ? 'a number of' : `0 to ${n}`} elements, not ${m}`,
          );
        return plain({ kind: 'subset', of, count: m });
      }
      default:
    }
    const near = domainElsewhere(name) ?? suggest(name, [...domainNames, ...cx.scope.candidates()]);
    return cx.ck.fail('E0201', d.name.span, `there is no domain \`${name}\``, {
      suggestion: near
        ? `did you mean \`${near}\`?`
        : `domains are ${domainNames.join(', ')}, an enum, a type or an index set`,
    });
  }
  count(0, name);
  const v = elaborate(cx, { kind: 'name', name, span: d.name.span });
  if (v.kind === 'type') return v.shape;
  if (v.kind === 'set') return plain({ kind: 'category', values: v.set });
  return cx.ck.fail('E0310', d.name.span, `${describe(v)} is not a domain`);
}

/** The most elements of a vector whose elements depend on each other. */
const MAX_VECTOR = 4096;

/** A bound: a number, or an expression over the index sets of what it bounds. */
function bound(
  cx: Cx,
  e: Expr,
  dims: readonly IndexSet[],
  what: string,
  dependent: boolean,
): number | Lambda {
  const b = cx.ck.b;
  if (!dependent) return constNumber(cx, e, what);
  const v = asNumber(cx, asArray(cx, elaborate(cx, e), e.span, what), e.span);
  if (v.axes.length === 0 && v.node.op === 'const') return v.node.value;
  const axes = dims.map((s) => b.axis(s));
  const to = v.axes.map((a) => {
    const fitting = axes.filter((x) => x.set === a.set);
    if (fitting.length !== 1)
      cx.ck.fail(
        'E0302',
        e.span,
        `${what} is over ${showSet(a.set)}; a bound is a number or an array over index sets of what it bounds`,
      );
    return b.axisNode(fitting[0]);
  });
  return { axes, body: b.substitute(v.node, v.axes, to) };
}

/** The value and slots of something of that shape: an unknown, data, a parameter. */
export function materialise(
  cx: Cx,
  role: Slot['role'],
  name: string,
  shape: Shape,
  span: Span,
  outer: readonly IndexSet[] = [],
): {
  readonly value: Value;
  readonly slots: readonly { readonly field: string | null; readonly slot: Slot }[];
} {
  const sets = [...outer, ...shape.sets];
  if (shape.domain.kind !== 'record') {
    const domain = shape.domain;
    const slot = cx.ck.b.slot(role, name, domain, sets, span);
    const all = cx.ck.b.readAll(slot);
    const value: ArrayValue = { kind: 'array', elem: elemOf(domain), axes: all.axes, node: all.body, domain };
    return { value, slots: [{ field: null, slot }] };
  }
  const type: RecordType = shape.domain.record;
  const fields = new Map<string, Value>();
  const slots: { field: string; slot: Slot }[] = [];
  for (const f of type.fields) {
    const part = materialise(cx, role, `${name}.${f.name}`, f.type, span, sets);
    fields.set(f.name, part.value);
    for (const s of part.slots)
      slots.push({ field: s.field === null ? f.name : `${f.name}.${s.field}`, slot: s.slot });
  }
  return { value: { kind: 'record', type, fields }, slots };
}

/** Whether two domains are the same set of states. */
export function sameDomain(a: Domain, c: Domain): boolean {
  switch (a.kind) {
    case 'category':
      return c.kind === 'category' && a.values === c.values && a.graph === c.graph;
    case 'int':
      return c.kind === 'int' && a.lo === c.lo && a.hi === c.hi;
    case 'real':
      return (
        c.kind === 'real' &&
        a.lo === c.lo &&
        a.hi === c.hi &&
        sameBound(a.lower, c.lower) &&
        sameBound(a.upper, c.upper)
      );
    case 'ordinal':
    case 'cyclic':
      return c.kind === a.kind && a.size === c.size;
    case 'simplex':
    case 'ordered':
    case 'unit':
    case 'cholesky_corr':
      return c.kind === a.kind && a.over === c.over;
    case 'permutation':
      return c.kind === 'permutation' && a.values === c.values;
    case 'subset':
      return c.kind === 'subset' && a.of === c.of && a.count === c.count;
    case 'bit':
    case 'spin':
    case 'angle':
      return a.kind === c.kind;
  }
}

/** Bounds that depend on other unknowns are the same where they are one expression. */
const sameBound = (a: Lambda | undefined, c: Lambda | undefined): boolean =>
  a === c || (a !== undefined && c !== undefined && a.axes.length === 0 && a.body === c.body);

/** Whether every state of `a` is one of `c`: what may be passed for an argument of domain `c`. */
export function fitsDomain(a: Domain, c: Domain): boolean {
  if (sameDomain(a, c)) return true;
  if (c.kind === 'real' && isNumeric(a)) {
    const r = rangeOf(a);
    return r.lo >= c.lo && r.hi <= c.hi;
  }
  if (c.kind === 'int' && isDiscrete(a) && isNumeric(a) && a.kind !== 'spin') {
    const r = rangeOf(a);
    return r.lo >= c.lo && r.hi <= c.hi;
  }
  if (c.kind === 'category' && !c.graph)
    return (a.kind === 'category' || a.kind === 'permutation') && a.values === c.values;
  return c.kind === 'bit' && a.kind === 'subset';
}
