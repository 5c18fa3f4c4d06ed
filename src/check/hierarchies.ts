/** Which real unknowns are drawn around others: remembered with the energy, for samplers to choose coordinates by. */
import type { RealDomain } from '../domain.ts';
import { type Axis, type Hierarchy, type Node, type Slot, Uses } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';
import type { Checker } from './context.ts';
import type { Density, Place } from './distribution.ts';

/**
 * Remembers `x ~ dist(…)` where x, element by element, is an unknown and the place of the distribution depends on
 * other unknowns. Anything else is left out: coordinates are a matter of speed, not of meaning.
 * @param axes those of the statement: of its generator and of the value
 */
export function noteHierarchy(
  ck: Checker,
  density: Density,
  axes: readonly Axis[],
  where: Node | null,
  span: Span,
): void {
  const { placed } = density;
  if (!placed) return;
  const { value } = placed;
  if (value.op !== 'read' || value.slot.role !== 'unknown') return;
  const { slot } = value;
  if (ck.hierarchies.some((h) => h.slot === slot)) return;
  const own = wholeSlot(slot, value.indices, axes);
  if (!own) return;
  const place = onDomain(ck, slot, placed.place());
  if (!place) return;
  const parts = [place.loc, place.scale, where, density.node].filter((n) => n !== null);
  if (parts.some((n) => n.axes.some((a) => !own.includes(a)))) return;
  const { b } = ck;
  if (where && (where.uses & Uses.unknown) !== 0) return;
  const there = (n: Node, otherwise: number): Node =>
    where ? b.call('select', where, n, b.const(otherwise)) : n;
  const loc = place.loc && there(place.loc, 0);
  const scale = place.scale && there(place.scale, 1);
  const places = [loc, scale].filter((n) => n !== null);
  // Elements that are drawn around each other, a walk, are left as they are.
  if (slotsRead(places).has(slot)) return;
  if (!places.some((n) => (n.uses & Uses.unknown) !== 0)) return;
  ck.hierarchies.push({
    slot,
    span,
    axes: own,
    on: place.on,
    loc: loc && loc.op === 'const' && loc.value === 0 ? null : loc,
    scale: scale && scale.op === 'const' && scale.value === 1 ? null : scale,
    logDensity: there(density.node, 0),
  });
}

/** The hierarchies of an energy with these unknowns. */
export const hierarchiesOf = (ck: Checker, unknowns: readonly Slot[]): readonly Hierarchy[] =>
  ck.hierarchies.filter((h) => unknowns.includes(h.slot));

/** The axes of a read that takes every element of a slot once, all of them the statement's own. */
function wholeSlot(slot: Slot, indices: readonly Node[], axes: readonly Axis[]): readonly Axis[] | undefined {
  const own: Axis[] = [];
  for (const [d, n] of indices.entries()) {
    if (n.op !== 'axis' || n.axis.set !== slot.sets[d] || own.includes(n.axis) || !axes.includes(n.axis))
      return undefined;
    own.push(n.axis);
  }
  return own;
}

const isWholeLine = (d: RealDomain & { kind: 'real' }): boolean =>
  d.lo === Number.NEGATIVE_INFINITY && d.hi === Number.POSITIVE_INFINITY && !d.lower && !d.upper;

/** The place in terms of the unconstrained coordinate of the unknown's domain; undefined where there is no such. */
function onDomain(ck: Checker, slot: Slot, place: Place): Place | undefined {
  const d = slot.domain;
  if (d.kind !== 'real') return undefined;
  if (place.on === 'line' && isWholeLine(d)) return place;
  const half = d.lo === 0 && d.hi === Number.POSITIVE_INFINITY && !d.lower && !d.upper;
  if (!half) return undefined;
  if (place.on === 'log') return place;
  // The upper half of a distribution around 0.
  if (place.loc?.op !== 'const' || place.loc.value !== 0 || !place.scale) return undefined;
  return { on: 'log', loc: ck.b.call('log', place.scale), scale: null };
}
