/** What several densities are made of. */
import type { Builder } from '../ir/build.ts';
import { signOf } from '../ir/signs.ts';
import type { Node } from '../ir/types.ts';

export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

export const num = (b: Builder, x: number): Node => b.const(x);
export const log = (b: Builder, x: Node): Node => b.call('log', x);
export const log1p = (b: Builder, x: Node): Node => b.call('log1p', x);
export const square = (b: Builder, x: Node): Node => b.call('square', x);
export const lgamma = (b: Builder, x: Node): Node => b.call('lgamma', x);
export const lbeta = (b: Builder, x: Node, y: Node): Node => b.call('lbeta', x, y);
export const half = (b: Builder, x: Node): Node => b.mul(b.const(0.5), x);
export const plusOne = (b: Builder, x: Node): Node => b.add(x, b.const(1));
export const minusOne = (b: Builder, x: Node): Node => b.sub(x, b.const(1));
export const total = (b: Builder, ...xs: Node[]): Node => b.addAll(xs);

/** Certainly > 0: by its form, or because it is an unknown of an open domain. */
export const isPositive = (n: Node): boolean =>
  signOf(n) === 'positive' || (n.op === 'read' && n.slot.role !== 'data' && n.slot.domain.kind === 'simplex');

/** Certainly < 1. */
function isBelowOne(n: Node): boolean {
  if (n.op === 'const') return n.value < 1;
  if (n.op !== 'read' || n.slot.role === 'data') return false;
  const d = n.slot.domain;
  return d.kind === 'simplex' || (d.kind === 'real' && d.hi <= 1);
}

const bothZero = (b: Builder, x: Node, y: Node): Node =>
  b.call('and', b.call('eq', x, b.const(0)), b.call('eq', y, b.const(0)));

/** x ln y with 0 ln 0 = 0. */
export function xlogy(b: Builder, x: Node, y: Node): Node {
  const product = b.mul(x, log(b, y));
  const safe = isPositive(y) || (x.op === 'const' && x.value !== 0);
  return safe ? product : b.call('select', bothZero(b, x, y), b.const(0), product);
}

/** x ln(1 − p) with 0 ln 0 = 0. */
export function xlog1mp(b: Builder, x: Node, p: Node): Node {
  const product = b.mul(x, log1p(b, b.neg(p)));
  const safe = isBelowOne(p) || (x.op === 'const' && x.value !== 0);
  return safe ? product : b.call('select', bothZero(b, x, b.sub(b.const(1), p)), b.const(0), product);
}

/** −∞ at y = 0 where the formula has ∞ − ∞ there. */
export const zeroAtZero = (b: Builder, y: Node, density: Node): Node =>
  isPositive(y)
    ? density
    : b.call('select', b.call('gt', y, b.const(0)), density, b.const(Number.NEGATIVE_INFINITY));

/** ln(1 − eˣ), x < 0 (M. Mächler, *Accurately computing log(1 − exp(−|a|))*, 2012). */
export const log1mexp = (b: Builder, x: Node): Node =>
  b.call(
    'select',
    b.call('gt', x, b.const(-Math.LN2)),
    log(b, b.neg(b.call('expm1', x))),
    log1p(b, b.neg(b.call('exp', x))),
  );

/** ln of the binomial coefficient, −∞ where it is 0. */
export const lchoose = (b: Builder, n: Node, k: Node): Node =>
  b.neg(b.add(log(b, plusOne(b, n)), lbeta(b, plusOne(b, b.sub(n, k)), plusOne(b, k))));
