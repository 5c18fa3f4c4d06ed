/**
 * ln ∫ exp(−κE) dx of an energy that is quadratic in all its unknowns, as an expression of the parameters:
 *
 *   −κE(0) + (κ/2) gᵀH⁻¹g − ½ ln det(κH) + (d/2) ln 2π
 *
 * with g and H the gradient at 0 and the second derivative. With H = LLᵀ the second summand is (κ/2)·|L⁻¹g|².
 */
import { sizeOfShape } from '../../arrays.ts';
import { shapeOf } from '../../bind/bound.ts';
import { makeModel, noClamp } from '../../infer/model.ts';
import { quadraticIn } from '../../infer/quadratic.ts';
import type { Builder } from '../../ir/build.ts';
import { elementOf, tabulate } from '../../ir/matrix.ts';
import type { IndexSet, Lambda, Node, Slot } from '../../ir/types.ts';
import type { TableSpec } from './joint-table.ts';

/** Real unknowns beyond which a factorisation at every step is too much. */
const MOST = 512;

/** An element of the joined vector of all unknowns: `offset` … `offset + size − 1` are those of one slot. */
interface Part {
  readonly slot: Slot;
  readonly offset: number;
  readonly size: number;
  readonly shape: readonly number[];
}

/**
 * @param inverse κ > 0
 * @returns NaN as a value where H is not positive definite; or why there is no closed form, a clause
 */
export function gaussianIntegral(spec: TableSpec, inverse: number): Node | { readonly why: string } {
  const { bound, energy, engine } = spec;
  const b = bound.program.builder;
  const model = makeModel(bound, energy, new Map(), engine);
  const q = quadraticIn(model, noClamp(model));
  if ('why' in q) return q;
  const parts: Part[] = [];
  let dim = 0;
  for (const slot of q.slots) {
    const shape = shapeOf(slot, bound.sizeOf);
    const size = sizeOfShape(shape);
    parts.push({ slot, offset: dim, size, shape });
    dim += size;
  }
  if (dim > MOST) return { why: `it has ${dim} real unknowns; Gaussian integrals are over at most ${MOST}` };
  const set = b.set('element', { kind: 'range', size: dim });
  const atZero = (n: Node): Node =>
    b.mapReads(n, (slot) => (parts.some((p) => p.slot === slot) ? b.const(0) : undefined));
  const along = (arrays: ReadonlyMap<Slot, Lambda>, i: Node): Node => joined(b, parts, arrays, i);
  const g = tabulate(b, [set, b.range(1)], (i) => atZero(along(q.gradient, i)));
  const h = tabulate(b, [set, set], (i, j) =>
    b.mapReads(atZero(along(q.product, i)), (slot, indices) => {
      const part = parts.find((p) => q.direction.get(p.slot) === slot);
      return part && b.call('eq', flat(b, part, indices), j);
    }),
  );
  const factor = matrixOf(b, 'cholesky', [h], [set, set]);
  const solved = matrixOf(b, 'solve', [factor, g], [set, g.axes[1].set]);
  const k = b.axis(set, 'element');
  const at = b.axisNode(k);
  const square = b.sum([k], b.call('square', elementOf(b, solved, at, b.const(0))));
  const logDet = b.mul(b.const(2), b.sum([k], b.call('log', elementOf(b, factor, at, at))));
  return b.addAll([
    b.mul(b.const(-inverse), atZero(q.energy)),
    b.mul(b.const(inverse / 2), square),
    b.mul(b.const(-0.5), logDet),
    b.const((dim / 2) * Math.log((2 * Math.PI) / inverse)),
  ]);
}

const matrixOf = (
  b: Builder,
  fn: 'cholesky' | 'solve',
  args: readonly Lambda[],
  sets: readonly [IndexSet, IndexSet],
): Lambda => tabulate(b, sets, (i, j) => b.matrix(fn, args, [i, j]));

/** Element i of arrays over the slots, laid end to end. */
function joined(b: Builder, parts: readonly Part[], arrays: ReadonlyMap<Slot, Lambda>, i: Node): Node {
  return parts.reduceRight<Node | null>((rest, { slot, offset, shape }) => {
    const from = b.sub(i, b.const(offset));
    const indices = shape.map((side, d) => {
      const below = shape.slice(d + 1).reduce((n, s) => n * s, 1);
      return b.call('mod', b.call('floor', b.div(from, b.const(below))), b.const(side));
    });
    const own = b.apply(arrays.get(slot)!, indices);
    return rest ? b.call('select', b.call('lt', i, b.const(offset + sizeOfShape(shape))), own, rest) : own;
  }, null)!;
}

/** The place in the joined vector of an element of a slot. */
const flat = (b: Builder, { shape, offset }: Part, indices: readonly Node[]): Node =>
  b.add(
    indices.reduce<Node>((sum, x, d) => b.add(b.mul(sum, b.const(shape[d])), x), b.const(0)),
    b.const(offset),
  );
