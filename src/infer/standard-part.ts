/** Standardised coordinates in the energy that reals move on, and between their values and their coordinates. */
import type { HostArray } from '../arrays.ts';
import { wholeLine } from '../domain.ts';
import type { Builder } from '../ir/build.ts';
import type { Node, Slot } from '../ir/types.ts';
import { type AtIndices, type StandardSpec, standardise, unstandardise } from '../transforms/standard.ts';
import type { Coordinates } from './coordinates.ts';
import type { Model, States } from './model.ts';
import { placeOf, placesOf, type Standard, type Standards } from './standard.ts';

/**
 * The expressions of an unknown's coordinates; numbers that differ between its elements go to `arrays`.
 * @param onLine expressions of unknowns in terms of what is moved
 */
export function standardSpec(
  b: Builder,
  { slot, layout }: Coordinates,
  { hierarchy, precision, pull, width }: Standard,
  onLine: (n: Node) => Node,
  u: StandardSpec['u'],
  held: StandardSpec['held'],
  arrays: Map<Slot, HostArray>,
): StandardSpec {
  const numbers = (data: Float64Array, what: string, none: number): AtIndices | null => {
    if (data.every((x) => x === none)) return null;
    if (data.every((x) => x === data[0])) return () => b.const(data[0]);
    const input = b.slot('input', `${slot.name} ${what}`, wholeLine, slot.sets);
    arrays.set(input, { shape: layout.shape, data });
    return (indices) => b.read(input, indices);
  };
  const { axes, loc, scale } = hierarchy;
  return {
    axes,
    loc: loc && onLine(loc),
    scale: scale && onLine(scale),
    precision: numbers(precision, 'precision', 0),
    pull: numbers(pull, 'pull', 0),
    width: numbers(width, 'width', 1),
    u,
    held,
  };
}

export interface StandardValues {
  /** Unconstrained values of a whole unknown to its coordinates, in place, in the chain's states. */
  readonly toFree: (c: Coordinates, z: Float64Array, states: States, chain: number) => void;
  /** And back. */
  readonly toLine: (c: Coordinates, u: Float64Array, states: States, chain: number) => void;
  dispose(): void;
}

export function standardValues(model: Model, standards: Standards): StandardValues {
  const places = placesOf(
    model,
    [...standards.values()].map((s) => s.hierarchy),
  );
  const convert =
    (by: typeof standardise) => (c: Coordinates, x: Float64Array, states: States, k: number) => {
      const standard = standards.get(c.slot);
      if (!standard) return;
      const place = places.of(c.slot, states, k);
      for (const i of c.free) x[i] = by(x[i], placeOf(standard, place, i));
    };
  return {
    toFree: convert(unstandardise),
    toLine: convert(standardise),
    dispose: () => places.dispose(),
  };
}
