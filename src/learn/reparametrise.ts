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
 * | simplex, ordered, unit, cholesky_corr | see `transforms/vectors.ts` |
 *
 * All are increasing. Softplus rather than exp: away from the bound a step of the
 * optimiser has the same length in u and in x, and a large gradient is not
 * multiplied by x. Priors are densities in x and get no Jacobian: what is
 * minimised is the same function of x in any coordinates.
 */
import type { HostArray } from '../arrays.ts';
import type { ParamValues } from '../bind/bound.ts';
import { type Domain, isVector, type VectorDomain, wholeLine } from '../domain.ts';
import type { Arrays } from '../engines/engine.ts';
import type { Builder } from '../ir/build.ts';
import { sigmoid, softplus } from '../ir/special.ts';
import type { Node, Slot } from '../ir/types.ts';
import { slotTransform } from '../transforms/slot.ts';
import { constrainVector, unconstrainVector, vectorLength } from '../transforms/vectors.ts';

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

/** How one parameter's array becomes coordinates and back. */
interface ArrayTransform {
  readonly inverse: (x: ArrayLike<number>, shape: readonly number[]) => Float64Array;
  readonly forward: (u: Float64Array, shape: readonly number[]) => Float64Array;
  /** Its value at indices, in terms of the coordinates' slot. */
  readonly express: (b: Builder, u: Slot, indices: readonly Node[]) => Node;
}

function arrayTransform(slot: Slot): ArrayTransform | null {
  const d = slot.domain;
  if (isVector(d)) {
    const each = (from: ArrayLike<number>, shape: readonly number[], step: VectorStep): Float64Array => {
      const k = shape[shape.length - 1];
      const length = vectorLength(d, k);
      const source = Float64Array.from(from);
      const to = new Float64Array(source.length);
      for (let at = 0; at < source.length; at += length)
        step(d, k, source.subarray(at, at + length), to.subarray(at, at + length));
      return to;
    };
    return {
      inverse: (x, shape) => each(x, shape, unconstrainVector),
      forward: (u, shape) => each(u, shape, constrainVector),
      express: (b, u, indices) =>
        slotTransform(b, { domain: d, sets: slot.sets, z: (at) => b.read(u, at), held: null }).at(indices),
    };
  }
  const t = d.kind === 'real' ? transformOf(d) : null;
  return (
    t && {
      inverse: (x) => Float64Array.from(x, t.inverse),
      forward: (u) => u.map(t.forward),
      express: (b, u, indices) => t.express(b, b.read(u, indices)),
    }
  );
}

type VectorStep = (d: VectorDomain, k: number, from: Float64Array, to: Float64Array) => void;

/** @param params the parameters that are learned; all are real */
export function coordinatesOf(b: Builder, params: readonly Slot[]): Coordinates {
  const transforms = new Map(params.map((p) => [p, arrayTransform(p)]));
  const free = new Map(
    params.map((p) => [p, transforms.get(p) ? b.slot('input', p.name, wholeLine, p.sets, p.span) : p]),
  );
  return {
    free,
    on: (node) =>
      b.mapReads(node, (slot, indices) => transforms.get(slot)?.express(b, free.get(slot)!, indices)),
    toFree: (values) =>
      params.map((p) => {
        const { data, shape } = givenValue(values, p);
        return transforms.get(p)?.inverse(data, shape) ?? Float64Array.from(data);
      }),
    toValues: (arrays, shapes) =>
      new Map(
        params.map((p, i) => [
          p,
          { shape: shapes[i], data: transforms.get(p)?.forward(arrays[i], shapes[i]) ?? arrays[i].slice() },
        ]),
      ),
    inputs: (arrays, shapes) =>
      new Map(params.map((p, i) => [free.get(p)!, { shape: shapes[i], data: arrays[i] }])),
  };
}

function givenValue(values: ParamValues, p: Slot): HostArray {
  const value = values.get(p);
  if (!value) throw new Error(`no value for the parameter ${p.name}`);
  return value;
}
