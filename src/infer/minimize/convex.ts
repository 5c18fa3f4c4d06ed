/**
 * Energies that are convex in the free real unknowns, shown by the rules of disciplined convex programming (Grant, Boyd
 * & Ye, "Disciplined convex programming" (2006)): a place without a slope is then the lowest of all.
 */
import { isDiscrete, type RealDomain, showDomain } from '../../domain.ts';
import { totalEnergy } from '../../ir/batch.ts';
import type { Node, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { type Clamp, freeCount, type Model } from '../model.ts';

/** How an expression bends as a function of the unknowns; what is affine bends neither way. */
interface Shape {
  readonly convex: boolean;
  readonly concave: boolean;
}

const constant: Shape = { convex: true, concave: true };
const neither: Shape = { convex: false, concave: false };
const both = (a: Shape, b: Shape): Shape => ({
  convex: a.convex && b.convex,
  concave: a.concave && b.concave,
});
const turned = (a: Shape): Shape => ({ convex: a.concave, concave: a.convex });

export type Convexity = { readonly convex: true } | { readonly convex: false; readonly why: string };

/** Whether the sets of values are convex and the energy is, in the declared coordinates. */
export function convexIn(model: Model, clamp: Clamp): Convexity {
  const free = model.unknowns.filter((u) => freeCount(clamp, u.slot) > 0);
  const moving = new Set<Slot>();
  for (const { slot } of free) {
    if (isDiscrete(slot.domain)) return { convex: false, why: `\`${slot.name}\` is discrete` };
    if (!isConvexSet(slot.domain))
      return {
        convex: false,
        why: `\`${slot.name}\` is ${showDomain(slot.domain)}, which is not a convex set`,
      };
    moving.add(slot);
  }
  const shapes = shapesIn(model, moving);
  return shapes(totalEnergy(model.builder, model.energy)).convex
    ? { convex: true }
    : { convex: false, why: 'the energy could not be shown to be convex' };
}

function isConvexSet(d: RealDomain): boolean {
  switch (d.kind) {
    case 'real':
      return !d.lower && !d.upper;
    case 'simplex':
      return true;
    default:
      return false;
  }
}

/** Functions that are convex and do not fall, convex and do not rise, convex; and concave likewise. */
const bends: Readonly<Record<string, readonly ['convex' | 'concave', 'rising' | 'falling' | 'any']>> = {
  exp: ['convex', 'rising'],
  expm1: ['convex', 'rising'],
  softplus: ['convex', 'rising'],
  relu: ['convex', 'rising'],
  square: ['convex', 'any'],
  abs: ['convex', 'any'],
  cosh: ['convex', 'any'],
  log: ['concave', 'rising'],
  log1p: ['concave', 'rising'],
  sqrt: ['concave', 'rising'],
};

function shapesIn(model: Model, moving: ReadonlySet<Slot>): (n: Node) => Shape {
  const known = new Map<Node, Shape>();
  const reads = new Map<Node, boolean>();
  const depends = (n: Node): boolean => {
    let found = reads.get(n);
    if (found === undefined) {
      found = [...slotsRead([n])].some((s) => moving.has(s));
      reads.set(n, found);
    }
    return found;
  };
  const shape = (n: Node): Shape => {
    let found = known.get(n);
    if (!found) {
      found = depends(n) ? shapeOf(n) : constant;
      known.set(n, found);
    }
    return found;
  };
  const composed = (outer: 'convex' | 'concave', way: 'rising' | 'falling' | 'any', inner: Shape): Shape => {
    const affine = inner.convex && inner.concave;
    const up = way === 'rising' && inner[outer];
    const down = way === 'falling' && turned(inner)[outer];
    const fits = affine || up || down;
    return outer === 'convex' ? { convex: fits, concave: false } : { convex: false, concave: fits };
  };
  const scaled = (of: Node, by: Node): Shape => {
    const s = shape(of);
    if (s.convex && s.concave) return s;
    const sign = signOf(model, by);
    return sign === null ? neither : sign >= 0 ? s : turned(s);
  };
  const shapeOf = (n: Node): Shape => {
    switch (n.op) {
      case 'read':
        return n.indices.some(depends) ? neither : constant;
      case 'at':
        return n.indices.some(depends) ? neither : shape(n.body);
      case 'reduce': {
        if (n.where && depends(n.where)) return neither;
        const s = shape(n.body);
        switch (n.kind) {
          case 'sum':
            return s;
          case 'max':
          case 'logsumexp':
            return { convex: s.convex, concave: false };
          case 'min':
            return { convex: false, concave: s.concave };
          default:
            return neither;
        }
      }
      case 'call': {
        const [x, y] = n.args;
        const rule = Object.hasOwn(bends, n.fn) ? bends[n.fn] : undefined;
        if (rule) return composed(rule[0], rule[1], shape(x));
        switch (n.fn) {
          case 'add':
            return both(shape(x), shape(y));
          case 'sub':
            return both(shape(x), turned(shape(y)));
          case 'neg':
            return turned(shape(x));
          case 'mul':
            if (x === y) return composed('convex', 'any', shape(x));
            return depends(x) ? (depends(y) ? neither : scaled(x, y)) : scaled(y, x);
          case 'div':
            return depends(y) ? neither : scaled(x, y);
          case 'max':
            return { convex: both(shape(x), shape(y)).convex, concave: false };
          case 'min':
            return { convex: false, concave: both(shape(x), shape(y)).concave };
          case 'pow': {
            if (depends(y) || y.op !== 'const') return neither;
            return y.value >= 2 && y.value % 2 === 0 ? composed('convex', 'any', shape(x)) : neither;
          }
          case 'select':
            return depends(x) ? neither : both(shape(y), shape(n.args[2]));
          default:
            return neither;
        }
      }
      default:
        return neither;
    }
  };
  return shape;
}

/** The sign of an expression that reads no moving unknown, where it can be told: 1 above 0, 0 not below, −1 not above. */
function signOf(model: Model, n: Node): 1 | -1 | 0 | null {
  switch (n.op) {
    case 'const':
      return n.value < 0 ? -1 : n.value > 0 ? 1 : 0;
    case 'read': {
      const held = model.constants.get(n.slot)?.data;
      if (!held) return null;
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (const x of held) {
        if (x < least) least = x;
        if (x > most) most = x;
      }
      return least >= 0 ? (least > 0 ? 1 : 0) : most <= 0 ? -1 : null;
    }
    case 'size':
    case 'axis':
      return 0;
    case 'reduce':
      if (n.kind !== 'sum') return null;
      return signOf(model, n.body) === 1 ? 0 : signOf(model, n.body);
    case 'call': {
      const [x, y] = n.args;
      switch (n.fn) {
        case 'exp':
          return 1;
        case 'square':
        case 'abs':
        case 'sqrt':
        case 'softplus':
        case 'eq':
        case 'ne':
        case 'lt':
        case 'le':
        case 'gt':
        case 'ge':
          return 0;
        case 'neg': {
          const s = signOf(model, x);
          return s === null ? null : s >= 0 ? -1 : 0;
        }
        case 'add': {
          const s = signOf(model, x);
          const t = signOf(model, y);
          return s === null || t === null
            ? null
            : s >= 0 && t >= 0
              ? (Math.max(s, t) as 0 | 1)
              : s < 0 && t < 0
                ? -1
                : null;
        }
        case 'mul':
        case 'div': {
          if (x === y) return 0;
          const s = signOf(model, x);
          const t = signOf(model, y);
          if (s === null || t === null) return null;
          if (s >= 0 && t >= 0) return Math.min(s, t) as 0 | 1;
          return s < 0 && t < 0 ? 0 : s > 0 || t > 0 ? -1 : null;
        }
        default:
          return null;
      }
    }
    default:
      return null;
  }
}
