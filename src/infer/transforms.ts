/**
 * Changes of variables for bounded reals: samplers move on the whole line, the
 * energy gains minus the log-derivative. Half-lines: x = lo + eᶻ; intervals:
 * x = lo + (hi − lo)·σ(z) (Stan Reference Manual, 'Constraint transforms').
 */
import type { Builder } from '../ir/build.ts';
import { sigmoid, softplus } from '../ir/special.ts';
import type { Node } from '../ir/types.ts';

export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}

const isFree = ({ lo, hi }: Bounds): boolean =>
  lo === Number.NEGATIVE_INFINITY && hi === Number.POSITIVE_INFINITY;
const isInterval = ({ lo, hi }: Bounds): boolean => Number.isFinite(lo) && Number.isFinite(hi);

/** x(z) as an expression. */
export function constrain(b: Builder, z: Node, d: Bounds): Node {
  if (isFree(d)) return z;
  if (isInterval(d)) return b.add(b.const(d.lo), b.mul(b.const(d.hi - d.lo), b.call('sigmoid', z)));
  return Number.isFinite(d.lo)
    ? b.add(b.const(d.lo), b.call('exp', z))
    : b.sub(b.const(d.hi), b.call('exp', z));
}

/** ln |dx/dz| as an expression. */
export function logJacobian(b: Builder, z: Node, d: Bounds): Node {
  if (isFree(d)) return b.const(0);
  if (isInterval(d))
    return b.sub(b.const(Math.log(d.hi - d.lo)), b.add(b.call('softplus', z), b.call('softplus', b.neg(z))));
  return z;
}

export function constrainValue(z: number, d: Bounds): number {
  if (isFree(d)) return z;
  if (isInterval(d)) return d.lo + (d.hi - d.lo) * sigmoid(z);
  return Number.isFinite(d.lo) ? d.lo + Math.exp(z) : d.hi - Math.exp(z);
}

/** z(x); a value on the boundary is moved inside by one part in 10¹². */
export function unconstrainValue(x: number, d: Bounds): number {
  if (isFree(d)) return x;
  if (isInterval(d)) {
    const u = Math.min(1 - 1e-12, Math.max(1e-12, (x - d.lo) / (d.hi - d.lo)));
    return Math.log(u) - Math.log1p(-u);
  }
  const u = Math.max(1e-300, Number.isFinite(d.lo) ? x - d.lo : d.hi - x);
  return Math.log(u);
}

export function logJacobianValue(z: number, d: Bounds): number {
  if (isFree(d)) return 0;
  if (isInterval(d)) return Math.log(d.hi - d.lo) - softplus(z) - softplus(-z);
  return z;
}
