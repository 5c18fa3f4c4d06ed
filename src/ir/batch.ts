/**
 * Energies on batches of states: every read of an unknown becomes a read of an
 * input slot with leading batch axes. A batch axis is an axis like any other, so
 * losses over data and negatives are ordinary IR expressions.
 */
import type { Builder } from './build.ts';
import type { Axis, Constraint, Energy, Node, Slot } from './types.ts';

export interface Batch {
  readonly axes: readonly Axis[];
  /** The batched input slot of each unknown: shape [...batch, ...unknown]. */
  readonly slots: ReadonlyMap<Slot, Slot>;
  /** The expression on the batch; free axes gain the batch axes where it reads unknowns. */
  readonly on: (node: Node) => Node;
}

export function makeBatch(b: Builder, unknowns: readonly Slot[], axes: readonly Axis[], suffix = ''): Batch {
  const slots = new Map(
    unknowns.map((u) => [
      u,
      b.slot('input', `${u.name}${suffix}`, u.domain, [...axes.map((a) => a.set), ...u.sets], u.span),
    ]),
  );
  const lead = axes.map((a) => b.axisNode(a));
  return {
    axes,
    slots,
    on: (node) =>
      b.mapReads(node, (slot, indices) => {
        const to = slots.get(slot);
        return to && b.read(to, [...lead, ...indices]);
      }),
  };
}

/** The total energy, no free axes beyond those of what it reads. */
export const totalEnergy = (b: Builder, energy: Energy): Node => b.addAll(energy.terms.map((t) => t.body));

/** At how many of its positions a constraint is broken, in the states that `on` reads. */
export const violationsOf = (b: Builder, c: Constraint, on: (node: Node) => Node): Node =>
  b.sum(c.axes, b.call('not', on(c.condition)), c.where && on(c.where));
