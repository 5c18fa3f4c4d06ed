/**
 * What an exchange of two elements of an arrangement changes: the factors that read
 * its unknown. Where no factor reads two arrangements of the unknown, each has an
 * energy of its own and all are moved at once.
 */
import { eventRank } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Energy, Node, Slot } from '../ir/types.ts';
import { type Factor, factorsOf, readsOf } from './factors.ts';

export interface ExchangeEnergy {
  /** One axis for each leading index of the unknown where arrangements do not share factors; else null. */
  readonly each: readonly Axis[] | null;
  /** Energy of the factors that read the unknown, over `each`. */
  readonly energy: Node;
  /** Requirements that are broken, without those that exchanges keep by themselves; null where there are none. */
  readonly violations: Node | null;
}

export function exchangeEnergy(b: Builder, energy: Energy, slot: Slot): ExchangeEnergy {
  const support = energy.support.filter((c) => c.implied !== slot);
  const touching = factorsOf(b, { ...energy, support }).filter((f) => readsIn(f, slot).length > 0);
  const lead = slot.sets.slice(0, slot.sets.length - eventRank(slot.domain));
  const own = touching.map((f) => leadAxes(f, slot, lead.length));
  const each =
    lead.length > 0 && own.every((axes) => axes !== null) ? lead.map((s) => b.axis(s, s.name)) : null;
  const to = each?.map((a) => b.axisNode(a)) ?? [];
  const share = (f: Factor, i: number): Node => {
    const body = f.kind === 'energy' ? f.body : b.call('not', f.body);
    if (!each) return b.sum(f.axes, body, f.where);
    const from = own[i]!;
    return b.sum(
      f.axes.filter((a) => !from.includes(a)),
      b.substitute(body, from, to),
      f.where && b.substitute(f.where, from, to),
    );
  };
  const energies: Node[] = [];
  const broken: Node[] = [];
  touching.forEach((f, i) => {
    (f.kind === 'energy' ? energies : broken).push(share(f, i));
  });
  return { each, energy: b.addAll(energies), violations: broken.length > 0 ? b.addAll(broken) : null };
}

const readsIn = (f: Factor, slot: Slot) => readsOf(f.where ? [f.body, f.where] : [f.body], slot);

/** The axes of a factor that say which arrangement it reads, if every instance reads one only. */
function leadAxes(f: Factor, slot: Slot, rank: number): readonly Axis[] | null {
  const [first, ...others] = readsIn(f, slot).map((r) => r.indices.slice(0, rank));
  if (others.some((o) => o.some((n, k) => n !== first[k]))) return null;
  const axes = first.flatMap((n, k) =>
    n.op === 'axis' && f.axes.includes(n.axis) && n.axis.set === slot.sets[k] ? [n.axis] : [],
  );
  return axes.length === rank && new Set(axes).size === rank ? axes : null;
}
