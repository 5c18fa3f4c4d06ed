/**
 * Coordinates of an unknown that is drawn around others. Let z be the unknown, or its logarithm on a half-line, m the
 * location and s the scale of its prior, and let the rest of the energy be near (d/2)·z² − b·z. Then, with p = 1/(w s)²,
 *   z = (p·m + b) / (p + d) + u / √(p + d),   ln dz/du = −½ ln(p + d):
 * u is z less its mean given m and s, in units of its spread given s. d = b = 0 makes z = m + s·u, the non-centred
 * form; a large d makes z = b/d + u/√d, the centred one; between, elements shrink as they do in the posterior
 * (Papaspiliopoulos, Roberts & Sköld, *A general framework for the parametrization of hierarchical models*,
 * Statistical Science 22 (2007) 59, §4). Where everything is normal, u is independent of m and s. The map is one to
 * one for whatever d ≥ 0, b and w > 0 are taken, so these are never wrong, at worst of little use.
 */
import type { Builder } from '../ir/build.ts';
import type { Axis, Node } from '../ir/types.ts';

/** A number for each element: at indices. */
export type AtIndices = (indices: readonly Node[]) => Node;

export interface StandardSpec {
  /** One for each dimension; what is free in `loc` and `scale` besides are axes of the surroundings. */
  readonly axes: readonly Axis[];
  readonly loc: Node | null;
  readonly scale: Node | null;
  /** d, b and w; null: 0, 0 and 1. */
  readonly precision: AtIndices | null;
  readonly pull: AtIndices | null;
  readonly width: AtIndices | null;
  /** u; where an element is held, its value. */
  readonly u: AtIndices;
  readonly held: AtIndices | null;
}

export interface StandardTransform {
  /** z; the value where an element is held. */
  readonly z: AtIndices;
  /** ln |dz/du| of all elements together. */
  readonly logJacobian: Node;
}

export function standardTransform(b: Builder, spec: StandardSpec): StandardTransform {
  const { axes, precision, pull, width, u, held } = spec;
  const one = b.const(1);
  const placed = (n: Node, at: readonly Node[]): Node => b.substitute(n, axes, at);
  const locAt = (at: readonly Node[]): Node => (spec.loc ? placed(spec.loc, at) : b.const(0));
  const scaleAt = (at: readonly Node[]): Node => {
    const scale = spec.scale ? placed(spec.scale, at) : one;
    return width ? b.mul(width(at), scale) : scale;
  };
  /** p and p + d. */
  const precisions = (at: readonly Node[], d: AtIndices): readonly [Node, Node] => {
    const p = b.div(one, b.call('square', scaleAt(at)));
    return [p, b.add(p, d(at))];
  };
  const own = (at: readonly Node[]): Node => {
    if (!precision) return b.add(locAt(at), b.mul(scaleAt(at), u(at)));
    const [p, both] = precisions(at, precision);
    const spread = b.div(one, b.call('sqrt', both));
    const known = b.mul(p, locAt(at));
    return b.mul(spread, b.add(b.mul(spread, pull ? b.add(known, pull(at)) : known), u(at)));
  };
  const unlessHeld = (at: readonly Node[], free: Node, other: Node): Node =>
    held ? b.call('select', held(at), other, free) : free;
  const nodes = axes.map((a) => b.axisNode(a));
  // Read through an index map, elements are computed once, not at each of its places.
  const all = unlessHeld(nodes, own(nodes), u(nodes));
  const spread = precision
    ? b.mul(b.const(-0.5), b.call('log', precisions(nodes, precision)[1]))
    : b.call('log', scaleAt(nodes));
  return {
    z: (at) => b.apply({ axes, body: all }, at),
    logJacobian: b.sum(axes, unlessHeld(nodes, spread, b.const(0))),
  };
}

/** The numbers of one element. */
export interface Place {
  readonly loc: number;
  /** w·s */
  readonly scale: number;
  readonly precision: number;
  readonly pull: number;
}

/** z of u. */
export function standardise(u: number, { loc, scale, precision, pull }: Place): number {
  if (precision === 0) return loc + scale * u;
  const p = 1 / scale ** 2;
  return (p * loc + pull) / (p + precision) + u / Math.sqrt(p + precision);
}

/** u of z. */
export function unstandardise(z: number, { loc, scale, precision, pull }: Place): number {
  if (precision === 0) return (z - loc) / scale;
  const p = 1 / scale ** 2;
  return (z - (p * loc + pull) / (p + precision)) * Math.sqrt(p + precision);
}
