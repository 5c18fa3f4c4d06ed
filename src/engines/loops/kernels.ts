/** Loops over arrays: elementwise functions and reductions, each a closure that runs once a step. */
import { functions } from '../../ir/functions.ts';
import type { FnName, ReduceKind } from '../../ir/types.ts';
import type { Cell } from './operand.ts';

/** Element j is data[base() + table[j]]. */
export interface Arg {
  readonly cell: Cell;
  readonly base: () => number;
  readonly table: Int32Array;
}

export type Run = () => void;

/** out[j] = fn(args[j]…) */
export function elementwise(fn: FnName, out: Cell, args: readonly Arg[]): Run {
  if (fn === 'pick') return pick(out, args[0], args.slice(1));
  switch (args.length) {
    case 1:
      return unary(fn, out, args[0]);
    case 2:
      return binary(fn, out, args[0], args[1]);
    default:
      return fn === 'select' ? select(out, args) : general(fn, out, args);
  }
}

function unary(fn: FnName, out: Cell, { cell, base, table }: Arg): Run {
  const f = functions[fn].eval;
  const n = table.length;
  switch (fn) {
    case 'neg':
      return () => {
        const [z, x, o] = [out.data, cell.data, base()];
        for (let j = 0; j < n; j++) z[j] = -x[o + table[j]];
      };
    case 'square':
      return () => {
        const [z, x, o] = [out.data, cell.data, base()];
        for (let j = 0; j < n; j++) {
          const v = x[o + table[j]];
          z[j] = v * v;
        }
      };
    case 'exp':
      return () => {
        const [z, x, o] = [out.data, cell.data, base()];
        for (let j = 0; j < n; j++) z[j] = Math.exp(x[o + table[j]]);
      };
    default:
      return () => {
        const [z, x, o] = [out.data, cell.data, base()];
        for (let j = 0; j < n; j++) z[j] = f(x[o + table[j]]);
      };
  }
}

function binary(fn: FnName, out: Cell, a: Arg, b: Arg): Run {
  const f = functions[fn].eval;
  const [s, t] = [a.table, b.table];
  const n = s.length;
  switch (fn) {
    case 'add':
      return () => {
        const [z, x, y, o, p] = [out.data, a.cell.data, b.cell.data, a.base(), b.base()];
        for (let j = 0; j < n; j++) z[j] = x[o + s[j]] + y[p + t[j]];
      };
    case 'sub':
      return () => {
        const [z, x, y, o, p] = [out.data, a.cell.data, b.cell.data, a.base(), b.base()];
        for (let j = 0; j < n; j++) z[j] = x[o + s[j]] - y[p + t[j]];
      };
    case 'mul':
      return () => {
        const [z, x, y, o, p] = [out.data, a.cell.data, b.cell.data, a.base(), b.base()];
        for (let j = 0; j < n; j++) z[j] = x[o + s[j]] * y[p + t[j]];
      };
    case 'div':
      return () => {
        const [z, x, y, o, p] = [out.data, a.cell.data, b.cell.data, a.base(), b.base()];
        for (let j = 0; j < n; j++) z[j] = x[o + s[j]] / y[p + t[j]];
      };
    default:
      return () => {
        const [z, x, y, o, p] = [out.data, a.cell.data, b.cell.data, a.base(), b.base()];
        for (let j = 0; j < n; j++) z[j] = f(x[o + s[j]], y[p + t[j]]);
      };
  }
}

function select(out: Cell, [c, a, b]: readonly Arg[]): Run {
  const n = c.table.length;
  return () => {
    const z = out.data;
    const [q, o, p] = [c.base(), a.base(), b.base()];
    for (let j = 0; j < n; j++)
      z[j] = c.cell.data[q + c.table[j]] !== 0 ? a.cell.data[o + a.table[j]] : b.cell.data[p + b.table[j]];
  };
}

function pick(out: Cell, k: Arg, items: readonly Arg[]): Run {
  const n = k.table.length;
  return () => {
    const starts = items.map((i) => i.base());
    const q = k.base();
    for (let j = 0; j < n; j++) {
      const i = Math.max(0, Math.min(items.length - 1, Math.round(k.cell.data[q + k.table[j]]) || 0));
      out.data[j] = items[i].cell.data[starts[i] + items[i].table[j]];
    }
  };
}

function general(fn: FnName, out: Cell, args: readonly Arg[]): Run {
  const f = functions[fn].eval;
  const n = args[0].table.length;
  const xs = new Array<number>(args.length);
  return () => {
    const starts = args.map((a) => a.base());
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < xs.length; k++) xs[k] = args[k].cell.data[starts[k] + args[k].table[j]];
      out.data[j] = f(...xs);
    }
  };
}

// ── Reductions ──────────────────────────────────────────────────────────────

/** Element (j, k), of the result and of what is reduced, is data[base() + table[j] + inner[k]]. */
export interface Reduced extends Arg {
  readonly inner: Int32Array;
}

/** out[j] = Σ_k a(j, k)·b(j, k) */
export function sumOfProducts(out: Cell, a: Reduced, b: Reduced): Run {
  const [n, m] = [a.table.length, a.inner.length];
  return () => {
    const [x, y] = [a.cell.data, b.cell.data];
    const [s, t] = [a.inner, b.inner];
    const [o, p] = [a.base(), b.base()];
    for (let j = 0; j < n; j++) {
      const [u, v] = [o + a.table[j], p + b.table[j]];
      let sum = 0;
      for (let k = 0; k < m; k++) sum += x[u + s[k]] * y[v + t[k]];
      out.data[j] = sum;
    }
  };
}

/** out[j] = ⊕_k of the body where the condition holds; of nothing, what is neutral. */
export function reduce(kind: ReduceKind, out: Cell, body: Reduced, where: Reduced | null): Run {
  const n = body.table.length;
  const fold = folds[kind];
  const keep = new Float64Array(body.inner.length);
  return () => {
    const x = body.cell.data;
    const o = body.base();
    const q = where ? where.base() : 0;
    for (let j = 0; j < n; j++) {
      const start = o + body.table[j];
      let count = 0;
      for (let k = 0; k < body.inner.length; k++)
        if (where === null || where.cell.data[q + where.table[j] + where.inner[k]] !== 0)
          keep[count++] = x[start + body.inner[k]];
      out.data[j] = fold(keep, count);
    }
  };
}

const folds: Readonly<Record<ReduceKind, (items: Float64Array, count: number) => number>> = {
  sum: (items, count) => {
    let sum = 0;
    for (let k = 0; k < count; k++) sum += items[k];
    return sum;
  },
  prod: (items, count) => {
    let product = 1;
    for (let k = 0; k < count; k++) product *= items[k];
    return product;
  },
  max: (items, count) => {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) top = Math.max(top, items[k]);
    return top;
  },
  min: (items, count) => {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) least = Math.min(least, items[k]);
    return least;
  },
  logsumexp: (items, count) => {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) top = Math.max(top, items[k]);
    if (!Number.isFinite(top)) return top;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(items[k] - top);
    return top + Math.log(sum);
  },
};
