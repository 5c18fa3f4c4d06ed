/** Domain expressions: `real(0, inf)[site]`, `category(part)`, `Row[person]`. */
import type { Domain } from '../domain.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { DomainExpr, Expr } from '../syntax/tree.ts';
import { constInteger, constNumber } from './constants.ts';
import { type Cx, unknownName } from './context.ts';
import { elaborate } from './expressions.ts';
import { asSet } from './sets.ts';
import { type ArrayValue, describe, elemOf, type RecordType, type Shape, type Value } from './values.ts';

export const domainNames = ['bit', 'spin', 'category', 'int', 'ordinal', 'cyclic', 'real'] as const;

const later = ['angle', 'simplex', 'ordered', 'unit', 'cholesky_corr', 'permutation', 'subset'];

/** What an index set name that is not declared means. */
export type OnOpenName = (name: string, span: Span) => IndexSet | undefined;

export function resolveShape(cx: Cx, d: DomainExpr, onOpen?: OnOpenName): Shape {
  const sets = d.dims.map((dim) => resolveDim(cx, dim, onOpen));
  if (d.on)
    cx.ck.fail('E0901', d.on.span, 'a state graph of your own (`on …`) is not available in this version');
  const base = resolveBase(cx, d);
  return { domain: base.domain, sets: [...sets, ...base.sets] };
}

function resolveDim(cx: Cx, dim: Expr, onOpen?: OnOpenName): IndexSet {
  if (dim.kind === 'name' && cx.scope.lookup(dim.name) === undefined) {
    const made = onOpen?.(dim.name, dim.span);
    if (made) return made;
    unknownName(cx, dim.name, dim.span, 'index set');
  }
  return asSet(cx, elaborate(cx, dim), dim.span);
}

function resolveBase(cx: Cx, d: DomainExpr): Shape {
  const plain = (domain: Domain): Shape => ({ domain, sets: [] });
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
  const known = cx.scope.lookup(name);
  if (known === undefined || known.kind === 'builtin') {
    switch (name) {
      case 'bit':
      case 'spin':
        count(0, name);
        return plain({ kind: name });
      case 'category': {
        count(1, 'category(5)');
        const v = elaborate(cx, args[0].value);
        return plain({
          kind: 'category',
          values: v.kind === 'array' ? cx.ck.b.range(states()) : asSet(cx, v, args[0].span),
        });
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
        const lo = constNumber(cx, args[0].value, 'the lower bound');
        const hi = constNumber(cx, args[1].value, 'the upper bound');
        if (!(lo < hi))
          cx.ck.fail('E0306', d.span, `\`real(${lo}, ${hi})\` is empty: the lower bound comes first`);
        return plain({ kind: 'real', lo, hi });
      }
      default:
    }
    if (later.includes(name))
      cx.ck.fail('E0901', d.name.span, `the domain \`${name}\` is not available in this version`);
    const near = suggest(name, [...domainNames, ...cx.scope.candidates()]);
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
  if (a.kind !== c.kind) return false;
  switch (a.kind) {
    case 'category':
      return c.kind === 'category' && a.values === c.values;
    case 'int':
    case 'real':
      return (c.kind === 'int' || c.kind === 'real') && a.lo === c.lo && a.hi === c.hi;
    case 'ordinal':
    case 'cyclic':
      return (c.kind === 'ordinal' || c.kind === 'cyclic') && a.size === c.size;
    default:
      return true;
  }
}
