/** What the domain of an argument requires of its states, where they are not a product of free elements. */
import type { Builder } from '../ir/build.ts';
import type { Axis, Constraint, Node, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';

interface Requirement {
  readonly axes: readonly Axis[];
  readonly condition: Node;
}

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

function requirementsOf(b: Builder, slot: Slot, axes: readonly Axis[], value: Node): readonly Requirement[] {
  const d = slot.domain;
  const nodes = axes.map((a) => b.axisNode(a));
  switch (d.kind) {
    case 'real': {
      const out: Requirement[] = [];
      if (d.lower)
        out.push({ axes, condition: b.call('ge', value, b.substitute(d.lower.body, d.lower.axes, nodes)) });
      if (d.upper)
        out.push({ axes, condition: b.call('le', value, b.substitute(d.upper.body, d.upper.axes, nodes)) });
      return out;
    }
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
