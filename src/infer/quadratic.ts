/**
 * Energies that are quadratic in the free real unknowns, shown symbolically: such an energy is a polynomial in them
 * (only sums, products and what is linear lead from them to it) and its second derivative reads none of them.
 */
import { isArranged, isDiscrete } from '../domain.ts';
import { totalEnergy } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import { gradient } from '../ir/derive.ts';
import type { Lambda, Node, Slot } from '../ir/types.ts';
import { slotsRead, visit } from '../ir/walk.ts';
import { type Clamp, freeCount, type Model } from './model.ts';

export interface Quadratic {
  /** Real unknowns with free elements. */
  readonly slots: readonly Slot[];
  readonly energy: Node;
  /** ∂E/∂x over the index sets of each. */
  readonly gradient: ReadonlyMap<Slot, Lambda>;
  /** (∂²E/∂x∂x)·v, where `direction` holds v for each slot; reads no real unknown that is free. */
  readonly product: ReadonlyMap<Slot, Lambda>;
  readonly direction: ReadonlyMap<Slot, Slot>;
  /** Whether the second derivative depends on discrete unknowns that are free. */
  readonly varies: boolean;
}

export interface Unfit {
  readonly why: string;
  /** Whether a real unknown is free at all. */
  readonly real: boolean;
}

/** @returns why it is not quadratic, or not on the whole space */
export function quadraticIn(model: Model, clamp: Clamp): Quadratic | Unfit {
  const b = model.builder;
  const free = model.unknowns.filter((u) => freeCount(clamp, u.slot) > 0);
  const slots = free.map((u) => u.slot).filter((s) => !isDiscrete(s.domain));
  if (slots.length === 0) return { why: 'no real unknown is free', real: false };
  for (const s of slots) {
    const d = s.domain;
    const line =
      d.kind === 'real' &&
      !d.lower &&
      !d.upper &&
      d.lo === Number.NEGATIVE_INFINITY &&
      d.hi === Number.POSITIVE_INFINITY;
    if (!line) return { why: `\`${s.name}\` does not range over the whole line`, real: true };
  }
  const moving = new Set(slots);
  for (const c of model.energy.support) {
    if (c.implied && isArranged(c.implied.domain)) continue;
    const roots = c.where ? [c.condition, c.where] : [c.condition];
    for (const s of slotsRead(roots))
      if (moving.has(s)) return { why: `a requirement reads \`${s.name}\``, real: true };
  }
  const energy = totalEnergy(b, model.energy);
  if (!isPolynomial(energy, moving))
    return { why: 'the energy is not a polynomial of the real unknowns', real: true };
  const first = gradient(b, energy, slots);
  const direction = new Map(
    slots.map((s) => [s, b.slot('input', `direction of ${s.name}`, s.domain, s.sets)] as const),
  );
  const along = slots.map((s) => alongDirection(b, first.get(s)!, direction.get(s)!));
  const product = gradient(b, b.addAll(along), slots);
  const read = slotsRead([...product.values()].map((l) => l.body));
  for (const s of slots)
    if (read.has(s))
      return { why: `the energy is not quadratic: its curvature depends on \`${s.name}\``, real: true };
  const varies = free.some((u) => isDiscrete(u.slot.domain) && read.has(u.slot));
  return { slots, energy, gradient: first, product, direction, varies };
}

const alongDirection = (b: Builder, g: Lambda, v: Slot): Node =>
  b.sum(
    g.axes,
    b.mul(
      g.body,
      b.read(
        v,
        g.axes.map((a) => b.axisNode(a)),
      ),
    ),
  );

/** Whether only sums, products and linear maps lead from reads of the slots to the root. */
function isPolynomial(root: Node, slots: ReadonlySet<Slot>): boolean {
  /** What depends on the slots. The state of a recurrence is taken to. */
  const depends = new Set<Node>();
  let fits = true;
  const on = (n: Node): boolean => depends.has(n);
  visit([root], (n) => {
    switch (n.op) {
      case 'const':
      case 'axis':
      case 'size':
        return;
      case 'read':
        if (slots.has(n.slot) || n.slot.role === 'state') depends.add(n);
        if (n.indices.some(on)) fits = false;
        return;
      case 'at':
        if (n.indices.some(on)) fits = false;
        if (on(n.body)) depends.add(n);
        return;
      case 'reduce':
        if (n.where && on(n.where)) fits = false;
        if (!on(n.body)) return;
        if (n.kind !== 'sum' && n.kind !== 'prod') fits = false;
        depends.add(n);
        return;
      case 'scatter':
        if (n.indices.some(on) || (n.where && on(n.where))) fits = false;
        if (on(n.body)) depends.add(n);
        return;
      case 'matrix': {
        if (n.indices.some(on)) fits = false;
        const which = n.args.map((a) => on(a.body));
        if (!which.includes(true)) return;
        if (n.fn !== 'solve' || which[0]) fits = false;
        depends.add(n);
        return;
      }
      case 'scan':
        if (n.indices.some(on)) fits = false;
        if (reads(n.loop.init, slots) || reads(n.loop.body, slots)) depends.add(n);
        return;
      case 'call': {
        if (!n.args.some(on)) return;
        depends.add(n);
        switch (n.fn) {
          case 'add':
          case 'sub':
          case 'neg':
          case 'mul':
          case 'square':
            return;
          case 'div':
            if (on(n.args[1])) fits = false;
            return;
          case 'pow': {
            const exponent = n.args[1];
            const whole = exponent.op === 'const' && Number.isInteger(exponent.value) && exponent.value >= 0;
            if (!whole) fits = false;
            return;
          }
          case 'select':
          case 'pick':
            if (on(n.args[0])) fits = false;
            return;
          default:
            fits = false;
        }
      }
    }
  });
  return fits;
}

const reads = (n: Node, slots: ReadonlySet<Slot>): boolean => {
  for (const s of slotsRead([n])) if (slots.has(s)) return true;
  return false;
};
