/** The change of variables of a whole slot: its reads in terms of an unconstrained array of the same shape. */
import { eventRank, isVector, type RealDomain } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { IndexSet, Lambda, Node } from '../ir/types.ts';
import { boundNodes, constrain, logJacobian, wrapAngle } from './scalars.ts';
import { vectorExpression } from './vectors.ts';

export interface SlotTransform {
  /** x at indices of the slot. */
  readonly at: (indices: readonly Node[]) => Node;
  /** ln |dx/dz| of all elements together; free axes are those of the surroundings (chains). */
  readonly logJacobian: Node;
}

export interface SlotSpec {
  readonly domain: RealDomain;
  readonly sets: readonly IndexSet[];
  /** The unconstrained array at indices. Elements that are held contain x itself. */
  readonly z: (indices: readonly Node[]) => Node;
  /** 1 where an element is held (given), at indices; of a vector all elements or none. */
  readonly held: ((indices: readonly Node[]) => Node) | null;
  /** Bounds that depend on other slots, already in terms of what is read here. */
  readonly lower?: Lambda;
  readonly upper?: Lambda;
}

export function slotTransform(b: Builder, spec: SlotSpec): SlotTransform {
  const { domain, sets, z, held } = spec;
  const axes = sets.map((s) => b.axis(s));
  const nodes = axes.map((a) => b.axisNode(a));
  const unlessHeld = (at: readonly Node[], own: Node, other: Node): Node =>
    held ? b.call('select', held(at), other, own) : own;
  if (isVector(domain)) {
    const rank = eventRank(domain);
    const lead = nodes.slice(0, nodes.length - rank);
    const event = axes.slice(axes.length - rank);
    const { x, logJacobian: jacobian } = vectorExpression(b, domain, (at) => z([...lead, ...at]));
    const own = b.substitute(
      x.body,
      x.axes,
      event.map((a) => b.axisNode(a)),
    );
    const body = unlessHeld(nodes, own, z(nodes));
    const first = [...lead, ...event.map(() => b.const(0))];
    return {
      at: (indices) => b.at(axes, body, indices),
      logJacobian: b.sum(axes.slice(0, axes.length - rank), unlessHeld(first, jacobian, b.const(0))),
    };
  }
  if (domain.kind === 'angle')
    return {
      at: (indices) => unlessHeld(indices, wrapAngle(b, z(indices)), z(indices)),
      logJacobian: b.const(0),
    };
  const fixed = boundNodes(b, domain);
  const boundsAt = (at: readonly Node[]) => ({
    lo: spec.lower ? b.substitute(spec.lower.body, spec.lower.axes, at) : fixed.lo,
    hi: spec.upper ? b.substitute(spec.upper.body, spec.upper.axes, at) : fixed.hi,
  });
  return {
    at: (indices) => unlessHeld(indices, constrain(b, z(indices), boundsAt(indices)), z(indices)),
    logJacobian: b.sum(axes, unlessHeld(nodes, logJacobian(b, z(nodes), boundsAt(nodes)), b.const(0))),
  };
}
