/** What the domain of an argument requires of its states, where they are not a product of free elements. */
import type { Domain } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Constraint, Node, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Requirement } from './distribution.ts';

/**
 * Bounds that depend on other unknowns, arrangements without repeats, subsets of their
 * size. Samplers keep them by the way they move; `implied` says whose moves.
 */
export function domainConstraints(b: Builder, slot: Slot, span: Span): readonly Constraint[] {
  const axes = slot.sets.map((s) => b.axis(s));
  const value = b.read(
    slot,
    axes.map((a) => b.axisNode(a)),
  );
  return requirementsOf(b, slot, axes, value).map((r) => ({ ...r, span, where: null, implied: slot }));
}

/** That a value lies within bounds that depend on other slots; nothing for any other domain. */
export function boundRequirements(
  b: Builder,
  d: Domain,
  axes: readonly Axis[],
  value: Node,
): readonly Requirement[] {
  if (d.kind !== 'real') return [];
  const at = axes.map((a) => b.axisNode(a));
  return (
    [
      ['ge', d.lower],
      ['le', d.upper],
    ] as const
  ).flatMap(([fn, bound]) =>
    bound ? [{ axes, condition: b.call(fn, value, b.substitute(bound.body, bound.axes, at)) }] : [],
  );
}

function requirementsOf(b: Builder, slot: Slot, axes: readonly Axis[], value: Node): readonly Requirement[] {
  const d = slot.domain;
  switch (d.kind) {
    case 'real':
      return boundRequirements(b, d, axes, value);
    case 'permutation': {
      const i = axes[axes.length - 1];
      const j = b.axis(i.set, `${i.name}'`);
      const other = b.substitute(value, [i], [b.axisNode(j)]);
      const before = b.call('lt', b.axisNode(i), b.axisNode(j));
      const differ = b.call('ne', value, other);
      return [{ axes: [...axes, j], condition: b.call('or', b.call('not', before), differ) }];
    }
    case 'subset': {
      const i = axes[axes.length - 1];
      return [{ axes: axes.slice(0, -1), condition: b.call('eq', b.sum([i], value), b.const(d.count)) }];
    }
    default:
      return [];
  }
}
