/**
 * Sums of products. `plan` finds the cheapest order of pairwise contractions by
 * dynamic programming over subsets of the factors; `contract` carries it out with
 * matrix products, so that the product over all axes is never stored unless
 * that is the cheapest way.
 */
import type { Axis } from '../../ir/types.ts';
import type { Ref } from './tape.ts';
import { align, broadcastShape, type Context, reduceVal, reorder, sizeOfAxes, type Val } from './vals.ts';

/** Nanoseconds an element, as measured on wasm; other backends differ by a factor, hardly in order. */
const COST = {
  step: 5000,
  elementwise: 0.25,
  sum: 0.6,
  product: 0.09,
  /** One side is a vector, or nearly so: memory is read once for each element. */
  thinProduct: 0.5,
  batchProduct: 1.1,
  transpose: 1.5,
  /** XNNPACK copies the second operand into its own layout, once for each tensor. */
  pack: 5,
  /** Our own products copy the second operand, and the first one where it is transposed. */
  lay: 0.5,
};
/** Above this, pairs over the same axes are multiplied before planning. */
const MAX_PLANNED = 8;

type Axes = readonly Axis[];

/** Which axes of a pair play which part. */
interface Roles {
  readonly batch: Axes;
  readonly summed: Axes;
  readonly left: Axes;
  readonly right: Axes;
}

function roles(a: Axes, b: Axes, keep: (x: Axis) => boolean): Roles {
  const shared = a.filter((x) => b.includes(x));
  return {
    batch: shared.filter(keep),
    summed: shared.filter((x) => !keep(x)),
    left: a.filter((x) => !shared.includes(x)),
    right: b.filter((x) => !shared.includes(x)),
  };
}

/** Σ over `over` of the product of `factors`; `over` occurs among the factors' axes. */
export function contract(c: Context, factors: readonly Val[], over: Axes): Val {
  const vals = premultiply(c, factors);
  const count = vals.length;
  const full = (1 << count) - 1;
  // Axes summed inside a subset: those that no factor outside it has.
  const lasting =
    (subset: number) =>
    (a: Axis): boolean =>
      !over.includes(a) || vals.some((v, i) => !(subset & (1 << i)) && v.axes.includes(a));
  const axes: Axes[] = [];
  for (let s = 1; s <= full; s++) {
    const all = new Set(vals.flatMap((v, i) => (s & (1 << i) ? v.axes : [])));
    axes[s] = [...all].filter(lasting(s));
  }
  const constant = (s: number): boolean => vals.every((v, i) => !(s & (1 << i)) || c.tape.isConstant(v.ref));
  const cost = new Array<number>(full + 1).fill(Number.POSITIVE_INFINITY);
  const split = new Array<number>(full + 1).fill(0);
  for (let s = 1; s <= full; s++) {
    if ((s & (s - 1)) === 0) {
      const v = vals[Math.log2(s)];
      cost[s] = v.axes.length === axes[s].length ? 0 : COST.step + COST.sum * sizeOfAxes(c, v.axes);
      continue;
    }
    for (let left = (s - 1) & s; left > 0; left = (left - 1) & s) {
      const right = s ^ left;
      if (left < right) continue;
      const folded = constant(s) && sizeOfAxes(c, axes[s]) < 1 << 20;
      const own = folded ? 0 : pairCost(c, roles(axes[left], axes[right], lasting(s)));
      const total = cost[left] + cost[right] + own;
      if (total < cost[s]) {
        cost[s] = total;
        split[s] = left;
      }
    }
  }
  const build = (s: number): Val => {
    if ((s & (s - 1)) === 0) {
      const v = vals[Math.log2(s)];
      return reduceVal(
        c,
        'sum',
        v,
        v.axes.filter((a) => !axes[s].includes(a)),
      );
    }
    return pair(c, build(split[s]), build(s ^ split[s]), lasting(s));
  };
  return build(full);
}

/** Multiplies factors over equal axes until few enough are left to plan. */
function premultiply(c: Context, factors: readonly Val[]): Val[] {
  const vals = [...factors];
  while (vals.length > MAX_PLANNED) {
    vals.sort((a, b) => sizeOfAxes(c, a.axes) - sizeOfAxes(c, b.axes));
    const [a, b, ...rest] = vals;
    vals.splice(0, vals.length, multiply(c, a, b), ...rest);
  }
  return vals;
}

function multiply(c: Context, a: Val, b: Val): Val {
  const { refs, axes } = align(c, [a, b]);
  const shape = broadcastShape(refs.map((r) => c.tape.shape(r)));
  return { ref: c.tape.emit({ op: 'binary', fn: 'mul' }, refs, shape), axes };
}

function pairCost(c: Context, r: Roles): number {
  const [b, k, m, n] = [r.batch, r.summed, r.left, r.right].map((axes) => sizeOfAxes(c, axes));
  const work = b * k * m * n;
  if (r.summed.length === 0) return COST.step + COST.elementwise * work;
  switch (strategy(b, m, n)) {
    case 'elementwise':
      return 2 * COST.step + (COST.elementwise + COST.sum) * work;
    case 'product':
      return COST.step + (Math.min(m, n) >= 4 ? COST.product : COST.thinProduct) * work;
    case 'batch':
      return 3 * COST.step + COST.batchProduct * work;
  }
}

const strategy = (b: number, m: number, n: number): 'elementwise' | 'product' | 'batch' => {
  if (b === 1) return m === 1 && n === 1 ? 'elementwise' : 'product';
  return m === 1 || n === 1 ? 'elementwise' : 'batch';
};

/** The product of two values, summed over the shared axes that `keep` rejects. */
function pair(c: Context, a: Val, b: Val, keep: (x: Axis) => boolean): Val {
  const r = roles(a.axes, b.axes, keep);
  if (r.summed.length === 0) return multiply(c, a, b);
  const [nb, m, n] = [r.batch, r.left, r.right].map((axes) => sizeOfAxes(c, axes));
  switch (strategy(nb, m, n)) {
    case 'elementwise':
      return reduceVal(c, 'sum', multiply(c, a, b), r.summed);
    case 'product':
      return product(c, a, b, r);
    case 'batch':
      return batchProduct(c, a, b, r);
  }
}

/** a[m, k]·b[k, n] or b[n, k]·a[k, m], whichever moves less. */
function product(c: Context, a: Val, b: Val, r: Roles): Val {
  const vector = sizeOfAxes(c, r.left) === 1 ? a : sizeOfAxes(c, r.right) === 1 ? b : null;
  if (c.tape.target.plainArithmetic && vector) {
    const sum = weightedSum(c, vector, vector === a ? b : a, r);
    if (sum) return sum;
  }
  const ordersOfSum = [r.summed, b.axes.filter((x) => r.summed.includes(x))];
  const options: { cost: number; first: Val; second: Val; summed: Axes; m: Axes; n: Axes }[] = [];
  const flagged = (v: Val, rows: Axes, columns: Axes): boolean =>
    moveCost(c, v, [...columns, ...rows]) === 0 && moveCost(c, v, [...rows, ...columns]) > 0;
  for (const summed of ordersOfSum)
    for (const [first, second, m, n] of [
      [a, b, r.left, r.right],
      [b, a, r.right, r.left],
    ] as const) {
      const free = transposes(c, m, summed, n);
      const packs = c.tape.target.packs && !c.tape.isConstant(second.ref);
      const pack = free ? COST.lay : packs ? COST.pack : 0;
      const move = (v: Val, rows: Axes, columns: Axes): number =>
        free && flagged(v, rows, columns)
          ? COST.lay * sizeOfAxes(c, v.axes)
          : moveCost(c, v, [...rows, ...columns]);
      const cost =
        move(first, m, summed) +
        move(second, summed, n) +
        pack * sizeOfAxes(c, second.axes) -
        layoutGain(sizeOfAxes(c, m), sizeOfAxes(c, n));
      options.push({ cost, first, second, summed, m: [...r.batch, ...m], n });
    }
  const best = options.reduce((x, y) => (y.cost < x.cost ? y : x));
  const { summed, m, n } = best;
  const [nm, nk, nn] = [m, summed, n].map((axes) => sizeOfAxes(c, axes));
  const operand = (v: Val, rows: Axes, columns: Axes, size: readonly [number, number]): Operand => {
    const wanted = [...rows, ...columns];
    // Where a flag does the transposition, hand the operand over as it lies.
    if (transposes(c, m, summed, n) && flagged(v, rows, columns))
      return { ref: c.tape.view(v.ref, [size[1], size[0]]), transposed: true };
    return { ref: c.tape.view(reorder(c, v, wanted).ref, size), transposed: false };
  };
  const first = operand(withAxes(best.first, r.batch), m, summed, [nm, nk]);
  const second = operand(dropAxes(best.second, r.batch), summed, n, [nk, nn]);
  const flags = { transposeA: first.transposed, transposeB: second.transposed };
  const op = { op: 'matMul', batch: 1, m: nm, k: nk, n: nn, ...flags } as const;
  return { ref: c.tape.emit(op, [first.ref, second.ref], [nm, nn]), axes: [...m, ...n] };
}

/**
 * Results much longer than wide are best laid in few long rows: what reads or scatters along their length moves long
 * stretches then (convolutions: [channel and offset, site and image]).
 */
const layoutGain = (m: number, n: number): number => (n >= 64 * m ? 0.25 * COST.transpose * m * n : 0);

/** Whether transposed operands of a product [m, k]·[k, n] cost nothing extra. */
const transposes = (c: Context, m: Axes, k: Axes, n: Axes): boolean =>
  c.tape.target.transposes(sizeOfAxes(c, m), sizeOfAxes(c, k), sizeOfAxes(c, n));

/** Vector times matrix where the matrix lies with the summed axes first; null where it does not. */
function weightedSum(c: Context, vector: Val, matrix: Val, r: Roles): Val | null {
  const { tape } = c;
  const summed = matrix.axes.filter((x) => r.summed.includes(x));
  const rest = matrix.axes.filter((x) => !r.summed.includes(x));
  if (moveCost(c, matrix, [...summed, ...rest]) > 0 || tape.isConstant(matrix.ref)) return null;
  const ones = vector.axes.filter((x) => !r.summed.includes(x) && !rest.includes(x));
  const weights = reorder(c, vector, [...vector.axes.filter((x) => !r.summed.includes(x)), ...summed]);
  const [k, i] = [summed, rest].map((axes) => sizeOfAxes(c, axes));
  const ref = tape.emit({ op: 'weightedSum', k, i }, [weights.ref, matrix.ref], [i]);
  return { ref, axes: [...ones, ...rest] };
}

interface Operand {
  readonly ref: Ref;
  readonly transposed: boolean;
}

// Batch axes of a plain product have one element each: they may be moved to either side.
const dropAxes = (v: Val, axes: Axes): Val => ({ ref: v.ref, axes: v.axes.filter((a) => !axes.includes(a)) });
const withAxes = (v: Val, axes: Axes): Val => ({ ref: v.ref, axes: [...axes, ...dropAxes(v, axes).axes] });

function moveCost(c: Context, v: Val, order: Axes): number {
  const real = (axes: Axes): Axes => axes.filter((x) => c.sizeOf(x.set) !== 1);
  const from = real(v.axes);
  const to = real(order);
  return from.every((x, i) => x === to[i]) ? 0 : COST.transpose * sizeOfAxes(c, v.axes);
}

function batchProduct(c: Context, a: Val, b: Val, r: Roles): Val {
  const { tape } = c;
  const { batch, summed, left, right } = r;
  const x = reorder(c, a, [...batch, ...left, ...summed]);
  const y = reorder(c, b, [...batch, ...summed, ...right]);
  const [nb, m, k, n] = [batch, left, summed, right].map((axes) => sizeOfAxes(c, axes));
  const refs = [tape.view(x.ref, [nb, m, k]), tape.view(y.ref, [nb, k, n])];
  const axes = [...batch, ...left, ...right];
  const op = { op: 'matMul', batch: nb, m, k, n, transposeA: false, transposeB: false } as const;
  return { ref: tape.emit(op, refs, [nb, m, n]), axes };
}
