/**
 * Functions of matrices: none that all targets run, so they are loops of our own: all batches are computed in
 * float64, and the results are one tensor: one step a result.
 */
import { resultKey, resultSets } from '../../ir/matrix.ts';
import type { Axis, IndexSet, MatrixNode, Node } from '../../ir/types.ts';
import { computeMatrices, type Matrices } from '../linear/batch.ts';
import { gather, type IndexingContext } from './indexing.ts';
import type { HostLoop } from './ops.ts';
import { type HostVal, type Static, union } from './static.ts';
import { expand, reorder, shapeOf, sizeOfAxes, type Val } from './vals.ts';

type Axes = readonly Axis[];

const free = (n: MatrixNode): Axes =>
  union(n.args.map(({ axes, body }) => body.axes.filter((a) => !axes.includes(a))));

/** One matrix for the whole batch where no batch axis matters. */
interface Operand {
  readonly rows: number;
  readonly columns: number;
  readonly same: boolean;
}

const runLoop =
  (n: MatrixNode, operands: readonly Operand[], count: number): HostLoop =>
  (out, ins) => {
    const args = operands.map((o, k): Matrices => ({ ...o, data: ins[k] }));
    computeMatrices(n.fn, args, count, out);
  };

/** The elements that a node reads, over its axes. */
export function matrixVal(c: IndexingContext, n: MatrixNode): Val {
  const result = resultOf(c, n);
  const batch = free(n).filter((a) => result.axes.includes(a));
  const dims = result.axes.slice(batch.length).map((axis, d) => ({ axis, at: place(n.indices[d]) }));
  return gather(c, result, [...batch.map((axis) => ({ axis, at: axis })), ...dims]);
}

const place = (i: Node): Axis | Node => (i.op === 'axis' ? i.axis : i);

/** The whole result over the batch axes that matter, then axes of its own. */
function resultOf(c: IndexingContext, n: MatrixNode): Val {
  const { tape } = c;
  const own = resultSets(n).map((set): Axis => ({ id: -1, name: '', set }));
  const args = n.args.map(({ axes, body }) => {
    const v = c.lower(body);
    return { axes, v, batch: v.axes.filter((a) => !axes.includes(a)) };
  });
  const batch = union(args.map((a) => a.batch));
  const operands = args.map(({ axes, v, batch: mine }) => {
    const order = [...(mine.length === 0 ? [] : batch), ...axes];
    const { ref } = reorder(c, expand(c, v, order), order);
    return { ref, rows: c.sizeOf(axes[0].set), columns: c.sizeOf(axes[1].set), same: mine.length === 0 };
  });
  const axes = [...batch, ...own];
  const shape = shapeOf(c, axes);
  if (sizeOfAxes(c, axes) === 0) return { ref: tape.constant(new Float32Array(0), shape), axes };
  const loop = runLoop(n, operands, sizeOfAxes(c, batch));
  const ins = operands.map((o) => o.ref);
  return { ref: tape.emit({ op: 'host', name: n.fn, loop }, ins, shape, `${resultKey(n)} ${shape}`), axes };
}

/** The same at compile time, in float64. */
export function staticMatrix(
  known: Pick<Static, 'spread' | 'gather'>,
  sizeOf: (set: IndexSet) => number,
  n: MatrixNode,
  at: readonly HostVal[],
): HostVal {
  const batch = free(n);
  const size = (axes: Axes): number => axes.reduce((k, a) => k * sizeOf(a.set), 1);
  const args = n.args.map(
    ({ axes, body }): Matrices => ({
      data: known.spread(body, [...batch, ...axes]),
      rows: sizeOf(axes[0].set),
      columns: sizeOf(axes[1].set),
      same: false,
    }),
  );
  const sets = resultSets(n);
  const data = new Float64Array(size(batch) * sets.reduce((k, s) => k * sizeOf(s), 1));
  computeMatrices(n.fn, args, size(batch), data);
  const positions = batch.map(
    (a): HostVal => ({ axes: [a], data: Float64Array.from({ length: sizeOf(a.set) }, (_, i) => i) }),
  );
  return known.gather(data, [...batch.map((a) => a.set), ...sets], [...positions, ...at]);
}
