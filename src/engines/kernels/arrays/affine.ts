/** Index expressions that move evenly with the loops. */
import type { Axis, Node } from '../../../ir/types.ts';

/** Index expressions: Σ coefficient · axis + constant. */
export interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<Axis, number>;
}

const affines = new WeakMap<Node, Affine | null>();

/** The index as a sum of whole multiples of axes, or null. */
export function affineOf(n: Node): Affine | null {
  let known = affines.get(n);
  if (known === undefined) {
    known = findAffine(n);
    affines.set(n, known);
  }
  return known;
}

function findAffine(n: Node): Affine | null {
  if (n.op === 'const')
    return Number.isInteger(n.value) && Math.abs(n.value) < 2 ** 30
      ? { constant: n.value, terms: new Map() }
      : null;
  if (n.op === 'axis') return { constant: 0, terms: new Map([[n.axis, 1]]) };
  if (n.op !== 'call') return null;
  const linear = (parts: readonly (readonly [Node, number])[]): Affine | null => {
    let constant = 0;
    const terms = new Map<Axis, number>();
    for (const [part, by] of parts) {
      const a = affineOf(part);
      if (!a) return null;
      constant += by * a.constant;
      for (const [axis, c] of a.terms) terms.set(axis, (terms.get(axis) ?? 0) + by * c);
    }
    for (const [axis, c] of terms) if (c === 0) terms.delete(axis);
    return { constant, terms };
  };
  const [x, y] = n.args;
  switch (n.fn) {
    case 'add':
      return linear([
        [x, 1],
        [y, 1],
      ]);
    case 'sub':
      return linear([
        [x, 1],
        [y, -1],
      ]);
    case 'neg':
      return linear([[x, -1]]);
    case 'mul':
      if (x.op === 'const' && Number.isInteger(x.value)) return linear([[y, x.value]]);
      if (y.op === 'const' && Number.isInteger(y.value)) return linear([[x, y.value]]);
      return null;
    default:
      return null;
  }
}
