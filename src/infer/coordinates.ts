/** The free real coordinates of a model: which elements move, and how values and coordinates become each other. */
import { isDiscrete, isVector, type RealDomain, rangeOf } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { type Bounds, constrainValue, unconstrainValue, wrapAngleValue } from '../transforms/scalars.ts';
import { activeElements, constrainVector, unconstrainVector, vectorLength } from '../transforms/vectors.ts';
import { type Clamp, fault, type Model, type UnknownLayout } from './model.ts';

/** Bounds of element i where they depend on other unknowns. */
export type BoundsOf = ((i: number) => Bounds) | null;

/** One real unknown with free elements. Arrays are those of one chain, of the slot's size. */
export interface Coordinates {
  readonly slot: Slot;
  readonly layout: UnknownLayout;
  readonly domain: RealDomain;
  readonly size: number;
  /** Elements of the unconstrained array that move. */
  readonly free: Int32Array;
  /** 1 at elements that are given; null where none is. */
  readonly isHeld: Int32Array | null;
  readonly toFree: (x: Float64Array, chain: number, bounds: BoundsOf) => Float64Array;
  /** Writes the values of free elements into x. */
  readonly toValues: (z: Float64Array, x: Float64Array, chain: number, bounds: BoundsOf) => void;
}

/** @throws EnergyError E0705 where some but not all elements of a vector are given */
export function coordinatesOf(model: Model, clamp: Clamp, chains: number): Coordinates[] {
  const out: Coordinates[] = [];
  for (const u of model.unknowns) {
    const { domain } = u.slot;
    if (isDiscrete(domain)) continue;
    const fixed = clamp.fixed.get(u.slot)!;
    const free = freeElements(model, u, domain, fixed);
    if (free.length === 0) continue;
    const isHeld = fixed.some((f) => f !== 0) ? Int32Array.from(fixed) : null;
    const base = { slot: u.slot, layout: u, domain, size: u.size, free, isHeld };
    out.push({ ...base, ...(isVector(domain) ? vectors(model, u, fixed, chains) : scalars(domain, fixed)) });
  }
  return out;
}

function freeElements(model: Model, u: UnknownLayout, d: RealDomain, fixed: Uint8Array): Int32Array {
  if (!isVector(d)) return Int32Array.from(fixed.keys()).filter((i) => fixed[i] === 0);
  const k = model.sizeOf(d.over);
  const length = vectorLength(d, k);
  const active = activeElements(d, k);
  const out: number[] = [];
  for (let from = 0; from < u.size; from += length) {
    let given = 0;
    for (let i = 0; i < length; i++) given += fixed[from + i] === 0 ? 0 : 1;
    if (given > 0 && given < length)
      throw fault(
        'E0705',
        u.slot.span ?? model.energy.span,
        `some elements of \`${u.slot.name}\` are given and others are not; those of one ${d.kind} depend on each other`,
        'give all of them or none',
      );
    if (given === 0) for (let i = 0; i < length; i++) if (active[i] !== 0) out.push(from + i);
  }
  return Int32Array.from(out);
}

type Both = Pick<Coordinates, 'toFree' | 'toValues'>;

function scalars(d: RealDomain, fixed: Uint8Array): Both {
  const own = rangeOf(d);
  if (d.kind === 'angle')
    return {
      toFree: (x) => x.slice(),
      toValues: (z, x) => {
        for (let i = 0; i < x.length; i++) if (fixed[i] === 0) x[i] = wrapAngleValue(z[i]);
      },
    };
  return {
    toFree: (x, _, bounds) => x.map((v, i) => unconstrainValue(v, bounds ? bounds(i) : own)),
    toValues: (z, x, _, bounds) => {
      for (let i = 0; i < x.length; i++)
        if (fixed[i] === 0) x[i] = constrainValue(z[i], bounds ? bounds(i) : own);
    },
  };
}

function vectors(model: Model, u: UnknownLayout, fixed: Uint8Array, chains: number): Both {
  const d = u.slot.domain;
  if (!isVector(d)) throw new Error('not a vector');
  const k = model.sizeOf(d.over);
  const length = vectorLength(d, k);
  const count = u.size / length;
  // The length of z is a variable of its own that directions do not tell: it is remembered.
  const norms = d.kind === 'unit' ? new Float64Array(chains * count).fill(Math.sqrt(k)) : null;
  return {
    toFree: (x, chain) => {
      const z = new Float64Array(u.size);
      for (let v = 0; v < count; v++) {
        const part = z.subarray(v * length, (v + 1) * length);
        unconstrainVector(d, k, x.subarray(v * length, (v + 1) * length), part);
        if (norms) for (let i = 0; i < length; i++) part[i] *= norms[chain * count + v] / Math.sqrt(k);
      }
      return z;
    },
    toValues: (z, x, chain) => {
      for (let v = 0; v < count; v++) {
        if (fixed[v * length] !== 0) continue;
        const part = z.subarray(v * length, (v + 1) * length);
        if (norms) norms[chain * count + v] = Math.hypot(...part);
        constrainVector(d, k, part, x.subarray(v * length, (v + 1) * length));
      }
    },
  };
}
