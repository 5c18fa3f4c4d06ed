/**
 * Unconstrained coordinates for bounded parameters, so that every step of an
 * optimiser stays inside the domain.
 *
 * | domain | value x of the coordinate u |
 * | --- | --- |
 * | real | u |
 * | real(lo, inf) | lo + softplus(u) |
 * | real(-inf, hi) | hi − softplus(−u) |
 * | real(lo, hi) | lo + (hi − lo)·sigmoid(u) |
 *
 * All are increasing. Softplus rather than exp: away from the bound a step of the
 * optimiser has the same length in u and in x, and a large gradient is not
 * multiplied by x. Priors are densities in x and get no Jacobian: what is
 * minimised is the same function of x in any coordinates.
 */
import type { HostArray } from '../arrays.ts';
import type { ParamValues } from '../bind/bound.ts';
import type { Domain } from '../domain.ts';
import type { Arrays } from '../engines/engine.ts';
import type { Builder } from '../ir/build.ts';
import { sigmoid, softplus } from '../ir/special.ts';
import type { Node, Slot } from '../ir/types.ts';

type Real = Extract<Domain, { kind: 'real' }>;

export interface Transform {
  /** u → x */
  readonly forward: (u: number) => number;
  /** x → u; a value on a bound (or closer than 1e-12 to it) is taken to be 1e-3 inside. */
  readonly inverse: (x: number) => number;
  /** x as an expression of u. */
  readonly express: (b: Builder, u: Node) => Node;
}

/** ln(eʸ − 1), y > 0 */
const softplusInverse = (y: number): number => y + Math.log(-Math.expm1(-y));

/** The distance to a bound, in units of the domain; see `inverse`. */
const away = (gap: number, unit: number): number => (gap > 1e-12 * unit ? gap : 1e-3 * unit);

/** The transform of a domain; null for the whole line. */
export function transformOf(domain: Real): Transform | null {
  const { lo, hi } = domain;
  const below = Number.isFinite(lo);
  const above = Number.isFinite(hi);
  if (below && above) {
    const width = hi - lo;
    return {
      forward: (u) => lo + width * sigmoid(u),
      inverse: (x) => Math.log(away(x - lo, width)) - Math.log(away(hi - x, width)),
      express: (b, u) => b.add(b.const(lo), b.mul(b.const(width), b.call('sigmoid', u))),
    };
  }
  if (below)
    return {
      forward: (u) => lo + softplus(u),
      inverse: (x) => softplusInverse(away(x - lo, 1)),
      express: (b, u) => b.add(b.const(lo), b.call('softplus', u)),
    };
  if (above)
    return {
      forward: (u) => hi - softplus(-u),
      inverse: (x) => -softplusInverse(away(hi - x, 1)),
      express: (b, u) => b.sub(b.const(hi), b.call('softplus', b.neg(u))),
    };
  return null;
}

/** Parameters in unconstrained coordinates. */
export interface Coordinates {
  /** The slot that expressions read in place of each parameter; the parameter itself where it has no bounds. */
  readonly free: ReadonlyMap<Slot, Slot>;
  /** The expression with its reads of bounded parameters replaced. */
  readonly on: (node: Node) => Node;
  /** Constrained values → a new array of coordinates for each parameter, in the order of `params`. */
  readonly toFree: (values: ParamValues) => Float64Array[];
  /** Coordinates → constrained values, new arrays. */
  readonly toValues: (free: readonly Float64Array[], shapes: readonly (readonly number[])[]) => ParamValues;
  /** Coordinates as inputs of programs; the arrays are not copied. */
  readonly inputs: (free: readonly Float64Array[], shapes: readonly (readonly number[])[]) => Arrays;
}

/** @param params the parameters that are learned; all are real */
export function coordinatesOf(b: Builder, params: readonly Slot[]): Coordinates {
  const transforms = params.map((p) => (p.domain.kind === 'real' ? transformOf(p.domain) : null));
  const real: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
  const free = new Map(
    params.map((p, i) => [p, transforms[i] ? b.slot('input', p.name, real, p.sets, p.span) : p]),
  );
  const express = new Map(params.map((p, i) => [p, transforms[i]?.express]));
  const map = (x: ArrayLike<number>, f: ((v: number) => number) | undefined): Float64Array =>
    f ? Float64Array.from(x, f) : Float64Array.from(x);
  return {
    free,
    on: (node) =>
      b.mapReads(node, (slot, indices) => express.get(slot)?.(b, b.read(free.get(slot)!, indices))),
    toFree: (values) => params.map((p, i) => map(givenValue(values, p).data, transforms[i]?.inverse)),
    toValues: (arrays, shapes) =>
      new Map(params.map((p, i) => [p, { shape: shapes[i], data: map(arrays[i], transforms[i]?.forward) }])),
    inputs: (arrays, shapes) =>
      new Map(params.map((p, i) => [free.get(p)!, { shape: shapes[i], data: arrays[i] }])),
  };
}

function givenValue(values: ParamValues, p: Slot): HostArray {
  const value = values.get(p);
  if (!value) throw new Error(`no value for the parameter ${p.name}`);
  return value;
}
