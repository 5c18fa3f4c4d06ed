/**
 * Static expressions at many positions at once: what sets of tuples are made with. The
 * meaning is that of the IR (`ir/types.ts`), a block of positions at a time on float64
 * arrays, without an object for each position. What has no value (a read outside its
 * array, a function outside its domain) is NaN, and so is whatever is computed from it
 * and not left out by `select`, `and`, `or`, `pick` or `where`.
 */
import type { HostArray } from '../arrays.ts';
import { plainNumbers } from '../engines/reference/engine.ts';
import { evaluator, OutOfRange } from '../engines/reference/evaluate.ts';
import { functions } from '../ir/functions.ts';
import type { Axis, FnName, IndexSet, Node, ReadNode, ReduceNode, Slot } from '../ir/types.ts';

/** A number for each position of the block, or one for all. */
type Vec = Float64Array | number;

/** Positions of a block. */
const BLOCK = 4096;

export interface Columns {
  /** Of the block's first position among all, row-major. */
  readonly start: number;
  readonly length: number;
  /** The values of a node at the block's positions; valid until the next block. */
  readonly of: (n: Node) => Float64Array;
}

/**
 * Visits all positions of `axes` in blocks, row-major.
 * @param arrays what the expressions read; slots without an array are a fault of the caller
 */
export function eachBlock(
  axes: readonly Axis[],
  sizeOf: (set: IndexSet) => number,
  arrays: ReadonlyMap<Slot, HostArray>,
  visit: (c: Columns) => void,
): void {
  const sizes = axes.map((a) => sizeOf(a.set));
  const total = sizes.reduce((n, s) => n * s, 1);
  const positions = axes.map(() => new Float64Array(Math.min(BLOCK, total)));
  for (let start = 0; start < total; start += BLOCK) {
    const length = Math.min(BLOCK, total - start);
    let stride = 1;
    for (let d = axes.length - 1; d >= 0; d--) {
      const to = positions[d];
      const size = sizes[d];
      for (let i = 0; i < length; i++) to[i] = Math.floor((start + i) / stride) % size;
      stride *= size;
    }
    const env = new Map<Axis, Vec>(axes.map((a, d) => [a, positions[d].subarray(0, length)]));
    const evaluate = blockEvaluator(length, env, sizeOf, arrays);
    visit({
      start,
      length,
      of: (n) => {
        const v = evaluate(n);
        return typeof v === 'number' ? new Float64Array(length).fill(v) : v;
      },
    });
  }
}

/** Values that hold as long as the axes bound at one level have their positions. */
interface Frame {
  readonly axes: ReadonlySet<Axis>;
  readonly memo: Map<Node, Vec>;
}

function blockEvaluator(
  length: number,
  outer: ReadonlyMap<Axis, Vec>,
  sizeOf: (set: IndexSet) => number,
  arrays: ReadonlyMap<Slot, HostArray>,
): (n: Node) => Vec {
  const env = new Map(outer);
  const frames: Frame[] = [{ axes: new Set(outer.keys()), memo: new Map() }];

  const evaluate = (n: Node): Vec => {
    let f = frames.length - 1;
    while (f > 0 && !n.axes.some((a) => frames[f].axes.has(a))) f--;
    const { memo } = frames[f];
    const known = memo.get(n);
    if (known !== undefined) return known;
    const made = step(n);
    memo.set(n, made);
    return made;
  };

  const step = (n: Node): Vec => {
    switch (n.op) {
      case 'const':
        return n.value;
      case 'axis': {
        const v = env.get(n.axis);
        if (v === undefined) throw new Error(`axis ${n.axis.name} is not bound`);
        return v;
      }
      case 'size':
        return sizeOf(n.set);
      case 'read':
        return read(n);
      case 'call':
        return call(n.fn, n.args.map(evaluate), length);
      case 'at': {
        const indices = n.indices.map(evaluate);
        const shape = n.params.map((p) => sizeOf(p.set));
        const body = under(
          n.params,
          indices.map((v, d) => within(v, shape[d], length)),
          () => evaluate(n.body),
        );
        return map(length, [body, ...indices], ([x, ...at]) =>
          at.every((p, d) => isPosition(p, shape[d])) ? x : Number.NaN,
        );
      }
      case 'reduce':
        return reduce(n);
      case 'scatter':
        throw new Error('a derivative where a set is made');
      default:
        return oneByOne(n);
    }
  };

  /** Recurrences and matrix functions, which sets are hardly made with, a position at a time. */
  const oneByOne = (n: Node): Vec => {
    const at = evaluator([n], plainNumbers, arrays, sizeOf);
    const positions = n.axes.map((a) => env.get(a) ?? 0);
    return map(length, positions, (x) => {
      try {
        return at(n, new Map(n.axes.map((a, d) => [a.id, x[d]])));
      } catch (e) {
        if (e instanceof OutOfRange) return Number.NaN;
        throw e;
      }
    });
  };

  const read = (n: ReadNode): Vec => {
    const array = arrays.get(n.slot);
    if (!array) throw new Error(`no array for ${n.slot.name}`);
    const { data, shape } = array;
    const indices = n.indices.map(evaluate);
    return map(length, indices, (at) => {
      let flat = 0;
      for (let d = 0; d < at.length; d++) {
        if (!isPosition(at[d], shape[d])) return Number.NaN;
        flat = flat * shape[d] + at[d];
      }
      return data[flat];
    });
  };

  /** Evaluates with axes at given positions. */
  const under = (axes: readonly Axis[], at: readonly Vec[], work: () => Vec): Vec => {
    const before = axes.map((a) => env.get(a));
    axes.forEach((a, d) => {
      env.set(a, at[d]);
    });
    frames.push({ axes: new Set(axes), memo: new Map() });
    const v = work();
    frames.pop();
    axes.forEach((a, d) => {
      const b = before[d];
      if (b === undefined) env.delete(a);
      else env.set(a, b);
    });
    return v;
  };

  const reduce = (n: ReduceNode): Vec => {
    const sizes = n.over.map((a) => sizeOf(a.set));
    const total = sizes.reduce((p, s) => p * s, 1);
    const out = new Float64Array(length).fill(unitOf[n.kind]);
    // What the sum lost to rounding (Neumaier 1974); for log-sum-exp the largest term so far.
    const rest = new Float64Array(length).fill(n.kind === 'logsumexp' ? Number.NEGATIVE_INFINITY : 0);
    for (let k = 0; k < total; k++) {
      let stride = total;
      const at = sizes.map((s) => {
        stride /= s;
        return Math.floor(k / stride) % s;
      });
      under(n.over, at, () => {
        const where = n.where ? evaluate(n.where) : 1;
        const body = evaluate(n.body);
        for (let i = 0; i < length; i++) {
          const w = typeof where === 'number' ? where : where[i];
          if (w === 0) continue;
          accumulate(n.kind, out, rest, i, Number.isNaN(w) ? w : typeof body === 'number' ? body : body[i]);
        }
        return 0;
      });
    }
    if (n.kind === 'sum') for (let i = 0; i < length; i++) out[i] += rest[i];
    if (n.kind === 'logsumexp') for (let i = 0; i < length; i++) out[i] = Math.log(out[i]) + rest[i];
    return out;
  };

  return evaluate;
}

const unitOf: Readonly<Record<ReduceNode['kind'], number>> = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  logsumexp: 0,
};

function accumulate(
  kind: ReduceNode['kind'],
  out: Float64Array,
  rest: Float64Array,
  i: number,
  x: number,
): void {
  switch (kind) {
    case 'sum': {
      const s = out[i];
      const t = s + x;
      if (Number.isFinite(t)) rest[i] += Math.abs(s) >= Math.abs(x) ? s - t + x : x - t + s;
      out[i] = t;
      return;
    }
    case 'prod':
      out[i] *= x;
      return;
    case 'max':
      out[i] = Math.max(out[i], x);
      return;
    case 'min':
      out[i] = Math.min(out[i], x);
      return;
    case 'logsumexp': {
      const top = rest[i];
      if (x === Number.NEGATIVE_INFINITY) return;
      if (x > top) {
        out[i] = out[i] * Math.exp(top - x) + 1;
        rest[i] = x;
      } else out[i] += Math.exp(x - top);
      return;
    }
  }
}

const isPosition = (p: number, size: number): boolean => Number.isInteger(p) && p >= 0 && p < size;

/** Positions that exist: the first one stands for those that do not. */
const within = (v: Vec, size: number, length: number): Vec =>
  map(length, [v], ([p]) => (isPosition(p, size) ? p : 0));

function map(length: number, args: readonly Vec[], f: (x: number[]) => number): Vec {
  const x = args.map((a) => (typeof a === 'number' ? a : 0));
  if (args.every((a) => typeof a === 'number')) return f(x);
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < args.length; k++) {
      const a = args[k];
      if (typeof a !== 'number') x[k] = a[i];
    }
    out[i] = f(x);
  }
  return out;
}

/** A function at every position; those that sets are mostly made with have loops of their own. */
function call(fn: FnName, args: readonly Vec[], length: number): Vec {
  if (args.every((a) => typeof a === 'number'))
    return columnOf(
      fn,
      args.map((a) => Float64Array.of(a as number)),
      1,
    )[0];
  const columns = args.map((a) => (typeof a === 'number' ? new Float64Array(length).fill(a) : a));
  return columnOf(fn, columns, length);
}

function columnOf(fn: FnName, args: readonly Float64Array[], length: number): Float64Array {
  const out = new Float64Array(length);
  const [x, y, z] = args;
  const undecided = (i: number): boolean => Number.isNaN(x[i]) || Number.isNaN(y[i]);
  switch (fn) {
    case 'add':
      for (let i = 0; i < length; i++) out[i] = x[i] + y[i];
      return out;
    case 'sub':
      for (let i = 0; i < length; i++) out[i] = x[i] - y[i];
      return out;
    case 'mul':
      for (let i = 0; i < length; i++) out[i] = x[i] * y[i];
      return out;
    case 'floor':
      for (let i = 0; i < length; i++) out[i] = Math.floor(x[i]);
      return out;
    case 'lt':
      for (let i = 0; i < length; i++) out[i] = x[i] < y[i] ? 1 : undecided(i) ? Number.NaN : 0;
      return out;
    case 'le':
      for (let i = 0; i < length; i++) out[i] = x[i] <= y[i] ? 1 : undecided(i) ? Number.NaN : 0;
      return out;
    case 'gt':
      for (let i = 0; i < length; i++) out[i] = x[i] > y[i] ? 1 : undecided(i) ? Number.NaN : 0;
      return out;
    case 'ge':
      for (let i = 0; i < length; i++) out[i] = x[i] >= y[i] ? 1 : undecided(i) ? Number.NaN : 0;
      return out;
    case 'eq':
      for (let i = 0; i < length; i++) out[i] = x[i] === y[i] ? 1 : undecided(i) ? Number.NaN : 0;
      return out;
    case 'ne':
      for (let i = 0; i < length; i++) out[i] = undecided(i) ? Number.NaN : x[i] !== y[i] ? 1 : 0;
      return out;
    // The lazy ones: what is left out may have no value.
    case 'select':
      for (let i = 0; i < length; i++) out[i] = Number.isNaN(x[i]) ? x[i] : x[i] !== 0 ? y[i] : z[i];
      return out;
    case 'and':
      for (let i = 0; i < length; i++)
        out[i] = x[i] === 0 ? 0 : undecided(i) ? Number.NaN : y[i] !== 0 ? 1 : 0;
      return out;
    case 'or':
      for (let i = 0; i < length; i++)
        out[i] = Number.isNaN(x[i]) ? x[i] : x[i] !== 0 ? 1 : Number.isNaN(y[i]) ? y[i] : y[i] !== 0 ? 1 : 0;
      return out;
    case 'pick':
      for (let i = 0; i < length; i++)
        out[i] = isPosition(x[i], args.length - 1) ? args[1 + x[i]][i] : Number.NaN;
      return out;
    default: {
      const { eval: evaluate } = functions[fn];
      if (args.length === 1)
        for (let i = 0; i < length; i++) out[i] = Number.isNaN(x[i]) ? x[i] : evaluate(x[i]);
      else if (args.length === 2)
        for (let i = 0; i < length; i++) out[i] = undecided(i) ? Number.NaN : evaluate(x[i], y[i]);
      else
        for (let i = 0; i < length; i++)
          out[i] = args.some((a) => Number.isNaN(a[i])) ? Number.NaN : evaluate(...args.map((a) => a[i]));
      return out;
    }
  }
}
