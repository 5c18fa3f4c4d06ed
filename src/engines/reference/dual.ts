/**
 * Forward-mode differentiation by dual numbers through the recursion of
 * `evaluate.ts`: an oracle for `ir/derive.ts` that shares nothing with it but the
 * partials of the scalar functions.
 *
 * Ties of max and min over axes share the derivative equally.
 */
import { sizeOfShape } from '../../arrays.ts';
import { Builder } from '../../ir/build.ts';
import { functions } from '../../ir/functions.ts';
import type { FnName, Node, ReduceKind, Slot } from '../../ir/types.ts';
import type { Arrays } from '../engine.ts';
import { evaluateScalar, plainNumbers } from './engine.ts';
import { type Algebra, evaluator, type SizeOf } from './evaluate.ts';
import { matrixBy } from './matrix.ts';
import { compensatedSum } from './sum.ts';

/** x + ε·d; null is a zero vector. */
interface Dual {
  readonly x: number;
  readonly d: Float64Array | null;
}

/**
 * The value of an expression without free axes, and its derivative with respect to
 * each element of a slot (row-major).
 */
export function dualGradient(
  node: Node,
  slot: Slot,
  arrays: Arrays,
  sizeOf: SizeOf,
): { readonly value: number; readonly gradient: Float64Array } {
  const n = sizeOfShape(slot.sets.map(sizeOf));
  const out = evaluator([node], duals(slot, n), arrays, sizeOf)(node, new Map());
  return { value: out.x, gradient: out.d ?? new Float64Array(n) };
}

function duals(wrt: Slot, n: number): Algebra<Dual> {
  const scalars: Omit<Algebra<Dual>, 'matrix'> = {
    constant: (x) => ({ x, d: null }),
    value: (t) => t.x,
    element: (slot, flat, x) => {
      if (slot !== wrt) return { x, d: null };
      const d = new Float64Array(n);
      d[flat] = 1;
      return { x, d };
    },
    call: (fn, args) => {
      const xs = args.map((a) => a.x);
      const weights = args.map((a, i) => (a.d === null ? 0 : partial(fn, i, xs)));
      return { x: functions[fn].eval(...xs), d: combination(args, weights, n) };
    },
    reduce: (kind, items) => {
      const xs = items.map((t) => t.x);
      const x = plainNumbers.reduce(kind, xs);
      if (items.every((t) => t.d === null)) return { x, d: null };
      return { x, d: combination(items, slopes(kind, xs, x), n) };
    },
  };
  return { ...scalars, matrix: (fn, args) => matrixBy(scalars, fn, args) };
}

/** ∂reduce/∂item for each item. */
function slopes(kind: ReduceKind, xs: readonly number[], x: number): readonly number[] {
  switch (kind) {
    case 'sum':
      return xs.map(() => 1);
    case 'prod':
      return xs.map((_, i) => xs.reduce((p, y, j) => (i === j ? p : p * y), 1));
    case 'max':
    case 'min': {
      const ties = xs.filter((y) => y === x).length;
      return xs.map((y) => (y === x ? 1 / ties : 0));
    }
    case 'logsumexp':
      return xs.map((y) => (y === Number.NEGATIVE_INFINITY ? 0 : Math.exp(y - x)));
  }
}

/** Σ weights·d; a weight of 0 leaves an item out. */
function combination(items: readonly Dual[], weights: readonly number[], n: number): Float64Array | null {
  const used = items.flatMap(({ d }, i) => (d === null || weights[i] === 0 ? [] : [{ d, w: weights[i] }]));
  if (used.length === 0) return null;
  return Float64Array.from({ length: n }, (_, k) => compensatedSum(used.map(({ d, w }) => w * d[k])));
}

// ── The table of partials, at numbers ───────────────────────────────────────

interface PartialRow {
  readonly arguments: readonly Slot[];
  readonly partials: readonly (Node | null)[];
}

const rows = new Map<FnName, PartialRow>();

/** The partial derivative of a function with respect to argument i, by the table. */
export function partial(fn: FnName, i: number, xs: readonly number[]): number {
  let row = rows.get(fn);
  if (!row) {
    const b = new Builder();
    const unbounded = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
    const slots = xs.map((_, k) => b.slot('input', `x${k}`, unbounded, []));
    const nodes = slots.map((s) => b.read(s, []));
    row = { arguments: slots, partials: functions[fn].partials?.(b, nodes, b.call(fn, ...nodes)) ?? [] };
    rows.set(fn, row);
  }
  const node = row.partials[i];
  if (!node) return 0;
  if (node.op === 'const') return node.value;
  const arrays = new Map(row.arguments.map((s, k) => [s, { shape: [], data: Float64Array.of(xs[k]) }]));
  return evaluateScalar(node, arrays, (set) => (set.kind.kind === 'range' ? set.kind.size : Number.NaN));
}
