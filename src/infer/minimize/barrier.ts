/**
 * Requirements on real unknowns. A least energy often lies where one just holds, at a wall that slopes cannot see: the
 * energy gains −μ·Σ ln(b − a) for each required a < b, and μ is led to 0 (the logarithmic barrier; Nocedal & Wright,
 * *Numerical Optimization* (2006), ch. 19.6). States to begin with are found by taking down Σ max(0, a − b + δ)².
 */
import { conjuncts } from '../../analyse/factors.ts';
import { isDiscrete, rangeOf } from '../../domain.ts';
import type { Axis, Node, Slot, Term } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { type Clamp, freeCount, type Model } from '../model.ts';

export interface Walls {
  /** The model with the barrier, whose weight μ is one more unknown. */
  readonly barrier: Model;
  /** How far requirements are from holding, squared, and no requirement on reals. */
  readonly violation: Model;
  readonly clamp: Clamp;
  readonly weight: Slot;
}

/** How far inside states to begin with should lie. */
const MARGIN = 1e-3;

/** @returns null where nothing is required of real unknowns that are free */
export function wallsOf(model: Model, clamp: Clamp): Walls | null {
  const b = model.builder;
  const moving = new Set(
    model.unknowns
      .filter((u) => !isDiscrete(u.slot.domain) && freeCount(clamp, u.slot) > 0)
      .map((u) => u.slot),
  );
  const readsMoving = (n: Node): boolean => [...slotsRead([n])].some((s) => moving.has(s));
  const gaps: { readonly axes: readonly Axis[]; readonly where: Node | null; readonly gap: Node }[] = [];
  const others = model.energy.support.filter((c) => {
    if (!readsMoving(c.condition)) return true;
    conjuncts(b, c.condition, c.axes, c.where, (axes, where, n) => {
      if (n.op !== 'call' || !readsMoving(n)) return;
      const [x, y] = n.args;
      if (n.fn === 'lt' || n.fn === 'le') gaps.push({ axes, where, gap: b.sub(y, x) });
      if (n.fn === 'gt' || n.fn === 'ge') gaps.push({ axes, where, gap: b.sub(x, y) });
    });
    return c.implied !== undefined;
  });
  if (!model.energy.support.some((c) => !c.implied && readsMoving(c.condition)) || gaps.length === 0)
    return null;
  // Walls push towards bounds, which lie infinitely far away in unconstrained coordinates: bounds push back.
  for (const slot of moving) {
    if (slot.domain.kind !== 'real') continue;
    const { lo, hi } = rangeOf(slot.domain);
    const axes = slot.sets.map((s) => b.axis(s));
    const x = b.read(
      slot,
      axes.map((a) => b.axisNode(a)),
    );
    if (Number.isFinite(lo)) gaps.push({ axes, where: null, gap: b.sub(x, b.const(lo)) });
    if (Number.isFinite(hi)) gaps.push({ axes, where: null, gap: b.sub(b.const(hi), x) });
  }
  const { span } = model.energy;
  const weight = b.slot(
    'unknown',
    'weight of the barrier',
    { kind: 'real', lo: -Infinity, hi: Infinity },
    [],
  );
  const summed = (of: (gap: Node) => Node): Node =>
    b.addAll(gaps.map(({ axes, where, gap }) => b.sum(axes, of(gap), where)));
  const wall: Term = {
    name: 'barrier',
    span,
    body: b.neg(
      b.mul(
        b.read(weight, []),
        summed((g) => b.call('log', g)),
      ),
    ),
  };
  const short = (gap: Node): Node => b.call('square', b.call('max', b.const(0), b.sub(b.const(MARGIN), gap)));
  return {
    barrier: {
      ...model,
      unknowns: [...model.unknowns, { slot: weight, shape: [], size: 1 }],
      energy: {
        ...model.energy,
        unknowns: [...model.energy.unknowns, weight],
        terms: [...model.energy.terms, wall],
      },
    },
    violation: {
      ...model,
      energy: { ...model.energy, terms: [{ name: 'violation', span, body: summed(short) }], support: others },
    },
    clamp: {
      fixed: new Map([...clamp.fixed, [weight, Uint8Array.of(1)]]),
      values: new Map([...clamp.values, [weight, Float64Array.of(0)]]),
    },
    weight,
  };
}
