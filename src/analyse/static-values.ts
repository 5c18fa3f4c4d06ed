/**
 * The numbers of expressions that depend on no unknown, at all positions of some axes: index maps, masks, weights.
 * What index maps are made of (axes, tables, arithmetic) is evaluated here, a loop for each node; anything else by
 * an engine.
 */
import { tame } from '../bind/ranges.ts';
import type { Engine } from '../engines/engine.ts';
import type { Builder } from '../ir/build.ts';
import { functions } from '../ir/functions.ts';
import type { Axis, Node, Slot } from '../ir/types.ts';
import type { Tables } from './incidence.ts';

/**
 * One number for each position, row-major over `axes`, which are all the free axes of `root` or more. A read outside
 * its array is −1: a guard keeps it from being used. The result may be one of the constants: not to be written.
 */
export function staticValues(
  b: Builder,
  root: Node,
  axes: readonly Axis[],
  tables: Tables,
  engine: Engine,
): Float64Array {
  const { sizeOf, constants } = tables;
  const total = axes.reduce((n, a) => n * sizeOf(a.set), 1);
  const memo = new Map<Node, Float64Array>();
  const go = (n: Node): Float64Array => {
    const known = memo.get(n);
    if (known) return known;
    const made = step(n);
    memo.set(n, made);
    return made;
  };
  const byEngine = (n: Node): Float64Array => {
    const program = { outputs: [{ name: 'value', axes, node: tame(b, n, sizeOf) }], sizeOf };
    const run = engine.compile(program, constants);
    const out = Float64Array.from(run.run(new Map()).get('value')!.data);
    run.dispose();
    return out;
  };
  const step = (n: Node): Float64Array => {
    switch (n.op) {
      case 'const':
        return new Float64Array(total).fill(n.value);
      case 'size':
        return new Float64Array(total).fill(sizeOf(n.set));
      case 'axis':
        return positionsOf(axes, n.axis, sizeOf, total);
      case 'read': {
        const array = constants.get(n.slot);
        if (!array) return byEngine(n);
        const { data, shape } = array;
        if (
          n.indices.length === axes.length &&
          n.indices.every((x, d) => isAxis(x, axes[d], shape[d], sizeOf))
        )
          return data instanceof Float64Array ? data : Float64Array.from(data);
        const at = affine(n.indices, shape, axes, sizeOf) ?? flatten(n.indices.map(go), shape, total);
        const out = new Float64Array(total);
        for (let e = 0; e < total; e++) out[e] = at[e] < 0 ? -1 : data[at[e]];
        return out;
      }
      case 'call':
        return call(n, n.args.map(go), total);
      default:
        return byEngine(n);
    }
  };
  return go(root);
}

/** The elements of an unknown that an index map reads, flat, row-major over `axes`; −1 where it is outside. */
export function siteColumn(
  b: Builder,
  slot: Slot,
  indices: readonly Node[],
  axes: readonly Axis[],
  tables: Tables,
  engine: Engine,
): Int32Array {
  const shape = slot.sets.map(tables.sizeOf);
  const direct = affine(indices, shape, axes, tables.sizeOf);
  if (direct) return direct;
  const total = axes.reduce((n, a) => n * tables.sizeOf(a.set), 1);
  const columns = indices.map((i) => staticValues(b, i, axes, tables, engine));
  return flatten(columns, shape, total);
}

/** Row-major positions where every index is one of the axes, within its side; else null. */
function affine(
  indices: readonly Node[],
  shape: readonly number[],
  axes: readonly Axis[],
  sizeOf: Tables['sizeOf'],
): Int32Array | null {
  const strides = new Map<Axis, number>();
  for (const [d, i] of indices.entries()) {
    if (i.op !== 'axis' || sizeOf(i.axis.set) > shape[d]) return null;
    const below = shape.slice(d + 1).reduce((x, y) => x * y, 1);
    strides.set(i.axis, (strides.get(i.axis) ?? 0) + below);
  }
  const out = new Int32Array(axes.reduce((n, a) => n * sizeOf(a.set), 1));
  let made = 1;
  for (const axis of [...axes].reverse()) {
    const stride = strides.get(axis) ?? 0;
    const width = made;
    made *= sizeOf(axis.set);
    for (let e = width; e < made; e++) out[e] = out[e - width] + stride;
  }
  return out;
}

const isAxis = (n: Node, axis: Axis, side: number, sizeOf: Tables['sizeOf']): boolean =>
  n.op === 'axis' && n.axis === axis && sizeOf(axis.set) === side;

/** Row-major positions; −1 where an index is outside. */
function flatten(indices: readonly Float64Array[], shape: readonly number[], total: number): Int32Array {
  const out = new Int32Array(total);
  indices.forEach((column, d) => {
    const side = shape[d];
    for (let e = 0; e < total; e++) {
      const i = column[e];
      out[e] = out[e] >= 0 && i >= 0 && i < side ? out[e] * side + i : -1;
    }
  });
  return out;
}

/** The position along one axis, at all positions of several. */
function positionsOf(
  axes: readonly Axis[],
  axis: Axis,
  sizeOf: Tables['sizeOf'],
  total: number,
): Float64Array {
  const d = axes.indexOf(axis);
  const side = sizeOf(axis.set);
  const below = axes.slice(d + 1).reduce((n, a) => n * sizeOf(a.set), 1);
  const out = new Float64Array(total);
  for (let e = 0; e < total; )
    for (let i = 0; i < side; i++) {
      out.fill(i, e, e + below);
      e += below;
    }
  return out;
}

function call(n: Node & { op: 'call' }, args: readonly Float64Array[], total: number): Float64Array {
  const out = new Float64Array(total);
  const [x, y, z] = args;
  switch (n.fn) {
    case 'add':
      for (let e = 0; e < total; e++) out[e] = x[e] + y[e];
      return out;
    case 'sub':
      for (let e = 0; e < total; e++) out[e] = x[e] - y[e];
      return out;
    case 'mul':
      for (let e = 0; e < total; e++) out[e] = x[e] * y[e];
      return out;
    case 'neg':
      for (let e = 0; e < total; e++) out[e] = -x[e];
      return out;
    case 'lt':
      for (let e = 0; e < total; e++) out[e] = x[e] < y[e] ? 1 : 0;
      return out;
    case 'and':
      for (let e = 0; e < total; e++) out[e] = x[e] !== 0 && y[e] !== 0 ? 1 : 0;
      return out;
    case 'or':
      for (let e = 0; e < total; e++) out[e] = x[e] !== 0 || y[e] !== 0 ? 1 : 0;
      return out;
    case 'select':
      for (let e = 0; e < total; e++) out[e] = x[e] !== 0 ? y[e] : z[e];
      return out;
    case 'pick':
      for (let e = 0; e < total; e++) out[e] = x[e] >= 0 && x[e] < args.length - 1 ? args[1 + x[e]][e] : -1;
      return out;
    case 'stop_gradient':
      return x;
    default: {
      const { eval: f } = functions[n.fn];
      if (args.length === 1) for (let e = 0; e < total; e++) out[e] = f(x[e]);
      else if (args.length === 2) for (let e = 0; e < total; e++) out[e] = f(x[e], y[e]);
      else for (let e = 0; e < total; e++) out[e] = f(...args.map((a) => a[e]));
      return out;
    }
  }
}
