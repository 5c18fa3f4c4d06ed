/**
 * Changes of variables for bounded reals: samplers move on the whole line, the
 * energy gains minus the log-derivative. Half-lines: x = lo + eᶻ; intervals:
 * x = lo + (hi − lo)·σ(z) (Stan Reference Manual, 'Constraint transforms'). Angles
 * are wrapped: x = z − 2π·⌊(z + π)/2π⌋, whose derivative is 1.
 */
import type { Builder } from '../ir/build.ts';
import { sigmoid, softplus } from '../ir/special.ts';
import type { Node } from '../ir/types.ts';

/** −∞ and ∞ where there is no bound. */
export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}

/** Bounds as expressions; null where there is none. */
export interface BoundNodes {
  readonly lo: Node | null;
  readonly hi: Node | null;
}

export const boundNodes = (b: Builder, { lo, hi }: Bounds): BoundNodes => ({
  lo: Number.isFinite(lo) ? b.const(lo) : null,
  hi: Number.isFinite(hi) ? b.const(hi) : null,
});

/** x(z) as an expression. */
export function constrain(b: Builder, z: Node, { lo, hi }: BoundNodes): Node {
  if (lo && hi) return b.add(lo, b.mul(b.sub(hi, lo), b.call('sigmoid', z)));
  if (lo) return b.add(lo, b.call('exp', z));
  return hi ? b.sub(hi, b.call('exp', z)) : z;
}

/** ln |dx/dz| as an expression. */
export function logJacobian(b: Builder, z: Node, { lo, hi }: BoundNodes): Node {
  if (lo && hi)
    return b.sub(b.call('log', b.sub(hi, lo)), b.add(b.call('softplus', z), b.call('softplus', b.neg(z))));
  return lo || hi ? z : b.const(0);
}

const isInterval = ({ lo, hi }: Bounds): boolean => Number.isFinite(lo) && Number.isFinite(hi);

export function constrainValue(z: number, d: Bounds): number {
  if (isInterval(d)) return d.lo + (d.hi - d.lo) * sigmoid(z);
  if (Number.isFinite(d.lo)) return d.lo + Math.exp(z);
  return Number.isFinite(d.hi) ? d.hi - Math.exp(z) : z;
}

/** z(x); a value on the boundary is moved inside by one part in 10¹². */
export function unconstrainValue(x: number, d: Bounds): number {
  if (isInterval(d)) {
    const u = Math.min(1 - 1e-12, Math.max(1e-12, (x - d.lo) / (d.hi - d.lo)));
    return Math.log(u) - Math.log1p(-u);
  }
  if (!Number.isFinite(d.lo) && !Number.isFinite(d.hi)) return x;
  const u = Math.max(1e-300, Number.isFinite(d.lo) ? x - d.lo : d.hi - x);
  return Math.log(u);
}

export function logJacobianValue(z: number, d: Bounds): number {
  if (isInterval(d)) return Math.log(d.hi - d.lo) - softplus(z) - softplus(-z);
  return Number.isFinite(d.lo) || Number.isFinite(d.hi) ? z : 0;
}

/** The angle in [−π, π). */
export function wrapAngle(b: Builder, z: Node): Node {
  const turns = b.call('floor', b.mul(b.add(z, b.const(Math.PI)), b.const(1 / (2 * Math.PI))));
  return b.sub(z, b.mul(b.const(2 * Math.PI), turns));
}

export function wrapAngleValue(z: number): number {
  const x = z - 2 * Math.PI * Math.floor((z + Math.PI) / (2 * Math.PI));
  // Rounding may land on π itself.
  return x >= Math.PI ? -Math.PI : x;
}
