/**
 * Reads along a dimension and their transposes as ONNX operators. Which operator is quickest was measured on ONNX
 * Runtime 1.30, for 262,144 elements on one thread: Gather copies row by row, 8 ns each, however short; GatherElements
 * takes 1 ns an element, but wants an index for each; ScatterElements takes 4 ns an element and is serial, ScatterND
 * adds in an order that changes from run to run.
 */
import type { Emitter } from './emitter.ts';
import { type SumPlan, sumPlan } from './sums.ts';
import { elementTypes } from './types.ts';

/** A read or its transpose: [o, n, i] on one side, [o, m, i] on the other. */
export interface Along {
  readonly o: number;
  readonly n: number;
  readonly i: number;
  readonly m: number;
}

/** Indices may be repeated for every row of so many elements altogether. */
const REPEATED = 1 << 18;

/** out[a, j, b] = x[a, table[j], b], 0 where the table has −1. */
export function readTable(e: Emitter, x: string, along: Along, table: Int32Array): string {
  const { o, n, i, m } = along;
  if (table.includes(-1)) {
    const closed = table.map((k) => (k < 0 ? n : k));
    return readTable(e, e.padded(x, o, n, i), { ...along, n: n + 1 }, closed);
  }
  const first = table[0] ?? 0;
  if (table.every((p, j) => p === first + j)) {
    if (m === n) return x;
    const [start, stop, axis] = [first, first + m, 1].map((v) => e.wholeNumbers([v]));
    return e.node('Slice', [e.view(x, [o, n, i]), start, stop, axis], [o, m, i]);
  }
  return readAt(e, x, along, e.array(table, [m]));
}

/** out[a, j, b] = x[a, index[j], b], where every index is within 0 … n − 1 and rounded already. */
function readAt(e: Emitter, x: string, { o, n, i, m }: Along, index: string): string {
  if (i > 1)
    return o === 1
      ? e.node('Gather', [e.view(x, [n, i]), index], [m, i], { axis: 0 })
      : e.node('Gather', [e.view(x, [o, n, i]), index], [o, m, i], { axis: 1 });
  if (o === 1) return e.node('GatherElements', [e.view(x, [n]), index], [m], { axis: 0 });
  if (o < 4 || o * m <= REPEATED) {
    const all = e.node('Expand', [e.view(index, [1, m]), e.wholeNumbers([o, m])], [o, m]);
    return e.node('GatherElements', [e.view(x, [o, n]), all], [o, m], { axis: 1 });
  }
  const rows = e.node('Gather', [e.turned(x, o, n), index], [m, o], { axis: 0 });
  return e.turned(rows, m, o);
}

/** out[a, j, b] = x[a, positions[j], b], positions clamped to 0 … n − 1. */
export function readComputed(e: Emitter, x: string, along: Along, positions: string): string {
  const last = along.n - 1;
  const near = e.node('Clip', [nearest(e, positions), e.number(0), e.number(last)], e.shape(positions));
  const whole = e.view(e.cast(near, elementTypes.int32), [along.m]);
  // Once more, for what is not a number.
  const bounds = [0, last].map((b) => e.array(Int32Array.of(b), []));
  return readAt(e, x, along, e.node('Clip', [whole, ...bounds], [along.m]));
}

/** out[a, table[j], b] += x[a, j, b]; what is outside of 0 … n − 1 is left out. */
export function addTable(e: Emitter, x: string, along: Along, table: Int32Array): string {
  const { o, n, i, m } = along;
  const plan = sumPlan(table, n);
  if (i === 1 && o > 1)
    return e.turned(addPlanned(e, e.turned(x, o, m), { ...along, o: 1, i: o }, plan), n, o);
  if (i > 1 || plan.order === null) return addPlanned(e, x, along, plan);
  const index = e.array(
    table.map((j) => (j >= 0 && j < n ? j : n)),
    [1, m, 1],
  );
  return addAt(e, x, along, index);
}

function addPlanned(e: Emitter, x: string, { o, n, i, m }: Along, plan: SumPlan): string {
  const zeros = (): string => e.array(new Float32Array(o * i), [o, 1, i]);
  const join = (parts: readonly string[], rows: number): string =>
    parts.length === 1 ? parts[0] : e.node('Concat', parts, [o, rows, i], { axis: 1 });
  const rows = e.view(x, [o, m, i]);
  const padded = plan.short ? e.padded(rows, o, m, i) : rows;
  const from = plan.short ? m + 1 : m;
  const sums = plan.groups.map(({ count, width, positions }) => {
    const read = readTable(e, padded, { o, n: from, i, m: positions.length }, positions);
    return width === 1 ? e.view(read, [o, count, i]) : sum(e, read, o, count, width, i);
  });
  if (plan.order === null) return sums[0];
  const found = plan.groups.reduce((total, g) => total + g.count, 0);
  const empty = plan.order.includes(found);
  const all = join(empty ? [...sums, zeros()] : sums, found + Number(empty));
  return readTable(e, all, { o, n: found + Number(empty), i, m: n }, plan.order);
}

/** [o·count, width, i] summed over the middle. */
function sum(e: Emitter, x: string, o: number, count: number, width: number, i: number): string {
  const outer = o * count;
  const [from, to] =
    i === 1
      ? [[outer, width], [outer]]
      : [
          [outer, width, i],
          [outer, i],
        ];
  const sums = e.node('ReduceSum', [e.view(x, from), e.wholeNumbers([1])], to, { keepdims: 0 });
  return e.view(sums, [o, count, i]);
}

/** As `addTable`, for positions known at run time only. */
export function addComputed(e: Emitter, x: string, along: Along, positions: string): string {
  const { m, n } = along;
  const p = e.view(nearest(e, positions), [1, m, 1]);
  const inside = e.each('And', e.each('GreaterOrEqual', p, e.number(0)), e.each('Less', p, e.number(n)));
  return addAt(e, x, along, e.cast(e.each('Where', inside, p, e.number(n)), elementTypes.int32));
}

/** Index n is a row of its own, which is cut off. */
function addAt(e: Emitter, x: string, { o, n, i, m }: Along, index: string): string {
  const [from, to] = [
    [o, m, i],
    [o, n + 1, i],
  ];
  const places = o * i === 1 ? index : e.node('Expand', [index, e.wholeNumbers(from)], from);
  const zeros = e.node('ConstantOfShape', [e.wholeNumbers(to)], to);
  const attributes = { axis: 1, reduction: 'add' };
  const sums = e.node('ScatterElements', [zeros, places, e.view(x, from)], to, attributes);
  const [start, stop, axis] = [0, n, 1].map((v) => e.wholeNumbers([v]));
  return e.node('Slice', [sums, start, stop, axis], [o, n, i]);
}

/** Positions are whole numbers, but for rounding where they were computed. */
const nearest = (e: Emitter, positions: string): string =>
  e.each('Floor', e.each('Add', positions, e.number(0.5)));
