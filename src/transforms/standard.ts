/**
 * Coordinates of an unknown that is drawn around others. With a location m, a scale s and a share λ for each element,
 *   z = (1 − λ)·m + c + s^(1 − λ)·u,   ln dz/du = (1 − λ)·ln s,
 * where z is the unknown itself, or its logarithm on a half-line, and c a constant. λ = 1 leaves z as it is
 * (centred), λ = 0 is z = m + s·u (non-centred); between, u is z less what m tells of it, in the units of what s tells
 * (Papaspiliopoulos, Roberts & Sköld, *A general framework for the parametrization of hierarchical models*,
 * Statistical Science 22 (2007) 59, §4).
 */
import type { Builder } from '../ir/build.ts';
import type { Axis, Node } from '../ir/types.ts';

export interface StandardSpec {
  /** One for each dimension; what is free in `loc` and `scale` besides are axes of the surroundings. */
  readonly axes: readonly Axis[];
  readonly loc: Node | null;
  readonly scale: Node | null;
  /** λ and c at indices: a constant, or a read. */
  readonly centred: (indices: readonly Node[]) => Node;
  readonly shift: (indices: readonly Node[]) => Node;
  /** u at indices; where an element is held, its value. */
  readonly u: (indices: readonly Node[]) => Node;
  readonly held: ((indices: readonly Node[]) => Node) | null;
}

export interface StandardTransform {
  /** z at indices; the value where an element is held. */
  readonly z: (indices: readonly Node[]) => Node;
  /** ln |dz/du| of all elements together. */
  readonly logJacobian: Node;
}

export function standardTransform(b: Builder, spec: StandardSpec): StandardTransform {
  const { axes, centred, shift, u, held } = spec;
  const left = (at: readonly Node[]): Node => b.sub(b.const(1), centred(at));
  const placed = (n: Node | null, at: readonly Node[]): Node | null => n && b.substitute(n, axes, at);
  const spread = (at: readonly Node[]): Node => {
    const scale = placed(spec.scale, at);
    if (!scale) return b.const(1);
    const power = left(at);
    if (power.op === 'const') return power.value === 0 ? b.const(1) : powered(b, scale, power);
    return powered(b, scale, power);
  };
  const own = (at: readonly Node[]): Node => {
    const loc = placed(spec.loc, at);
    const place = b.add(loc ? b.mul(left(at), loc) : b.const(0), shift(at));
    return b.add(place, b.mul(spread(at), u(at)));
  };
  const unlessHeld = (at: readonly Node[], free: Node, other: Node): Node =>
    held ? b.call('select', held(at), other, free) : free;
  const nodes = axes.map((a) => b.axisNode(a));
  const scale = spec.scale && b.mul(left(nodes), b.call('log', spec.scale));
  return {
    z: (at) => unlessHeld(at, own(at), u(at)),
    logJacobian: scale ? b.sum(axes, unlessHeld(nodes, scale, b.const(0))) : b.const(0),
  };
}

/** s^p, s > 0. */
const powered = (b: Builder, s: Node, p: Node): Node =>
  p.op === 'const' && (p.value === 1 || p.value === 0.5)
    ? b.call('pow', s, p)
    : b.call('exp', b.mul(p, b.call('log', s)));

/** z of u. */
export const standardise = (u: number, centred: number, shift: number, loc: number, scale: number): number =>
  (1 - centred) * loc + shift + scale ** (1 - centred) * u;

/** u of z. */
export const unstandardise = (
  z: number,
  centred: number,
  shift: number,
  loc: number,
  scale: number,
): number => (z - (1 - centred) * loc - shift) / scale ** (1 - centred);
