/**
 * Reads with gaps instead of reads and masks. A sum over the neighbours that exist (the windows of a convolution at the
 * edges of an image, bonds of an open lattice) reads something for those that do not, and multiplies by 0. Where the
 * mask is known and depends on the position alone, it goes into the index table: −1 reads 0, and adds nothing.
 */
import { sizeOfShape } from '../../arrays.ts';
import type { Ref, Shape, TensorOp, TensorProgram, TensorStep } from './ops.ts';

type Along = { readonly o: number; readonly m: number; readonly i: number };
type Gather = Extract<TensorOp, { op: 'gather' }>;
type Scatter = Extract<TensorOp, { op: 'scatter' }>;

/** The same program with such products taken away. */
export function withGaps(program: TensorProgram): TensorProgram {
  const { constants } = program;
  if (!program.steps.some((s) => isTabled(s.op))) return program;
  const shapes: Shape[] = [...program.shapes];
  const makers = new Map(program.steps.map((s) => [s.out, s]));
  const masked = new Map<Int32Array, Map<Float32Array, Int32Array>>();
  /** One table for each pair, so that equal reads share it. */
  const tableOf = (table: Int32Array, mask: Float32Array): Int32Array => {
    const known = masked.get(table) ?? new Map<Float32Array, Int32Array>();
    masked.set(table, known);
    const made = known.get(mask) ?? table.map((k, j) => (mask[j] === 0 ? -1 : k));
    known.set(mask, made);
    return made;
  };
  /** What a result is another shape of. */
  const source = (r: Ref): TensorStep | undefined => {
    const s = makers.get(r);
    return s?.op.op === 'reshape' ? source(s.ins[0]) : s;
  };
  /** The operand and the mask of a product with a known mask that depends on the position alone. */
  const maskedBy = (s: TensorStep, along: Along): { readonly x: Ref; readonly mask: Float32Array } | null => {
    if (s.op.op !== 'binary' || s.op.fn !== 'mul') return null;
    for (const [x, c] of [s.ins, [...s.ins].reverse()]) {
      const mask = constants.get(c);
      if (mask?.length !== along.m || sizeOfShape(shapes[x]) !== sizeOfShape(shapes[s.out])) continue;
      if (runsAlong(shapes[c], shapes[s.out], along) && mask.every((v) => v === 0 || v === 1))
        return { x, mask };
    }
    return null;
  };
  const steps: TensorStep[] = [];
  const viewed = (r: Ref, shape: Shape, out = shapes.push(shape) - 1): Ref => {
    steps.push({ op: { op: 'reshape' }, ins: [r], out });
    return out;
  };
  for (const s of program.steps) {
    const read = s.op.op === 'binary' ? readOf(s, source, constants) : null;
    const found = read && maskedBy(s, read.op);
    if (found && read) {
      const { o, m, i } = read.op;
      const out = shapes.push([o, m, i]) - 1;
      steps.push({ op: { ...read.op, table: tableOf(read.table, found.mask) }, ins: read.ins, out });
      viewed(out, shapes[s.out], s.out);
      continue;
    }
    if (s.op.op === 'scatter' && s.op.table) {
      const { o, m, i, table } = s.op;
      const made = source(s.ins[0]);
      const product = made && maskedBy(made, s.op);
      if (product) {
        const op: Scatter = { ...s.op, table: tableOf(table, product.mask) };
        steps.push({ op, ins: [viewed(product.x, [o, m, i])], out: s.out });
        continue;
      }
    }
    steps.push(s);
  }
  return needed({ ...program, steps, shapes });
}

const isTabled = (op: TensorOp): boolean => (op.op === 'gather' || op.op === 'scatter') && op.table !== null;

/** The read at a known table that a factor of the product is. */
function readOf(
  { ins }: TensorStep,
  source: (r: Ref) => TensorStep | undefined,
  constants: TensorProgram['constants'],
): { readonly op: Gather; readonly table: Int32Array; readonly ins: readonly Ref[] } | null {
  const s = source(ins.find((r) => !constants.has(r)) ?? ins[0]);
  return s?.op.op === 'gather' && s.op.table ? { op: s.op, table: s.op.table, ins: s.ins } : null;
}

/** Whether an array of shape `mask`, broadcast to `shape`, runs along the middle of [o, m, i] and nothing else. */
function runsAlong(mask: Shape, shape: Shape, { m, i }: Along): boolean {
  const dims = shape.map((_, d) => mask[d - shape.length + mask.length] ?? 1);
  const first = dims.findIndex((n) => n !== 1);
  const last = dims.findLastIndex((n) => n !== 1);
  if (first < 0) return false;
  const inside = dims.slice(first, last + 1);
  return (
    inside.every((n, d) => n === shape[first + d]) &&
    sizeOfShape(inside) === m &&
    sizeOfShape(shape.slice(last + 1)) === i
  );
}

/** The program without what nothing reads any more. */
function needed(program: TensorProgram): TensorProgram {
  const live = new Set(program.outputs);
  const steps: TensorStep[] = [];
  for (const s of [...program.steps].reverse()) {
    if (!live.has(s.out)) continue;
    for (const r of s.ins) live.add(r);
    steps.push(s);
  }
  return {
    ...program,
    steps: steps.reverse(),
    inputs: program.inputs.filter((x) => live.has(x.ref)),
    constants: new Map([...program.constants].filter(([r]) => live.has(r))),
  };
}
