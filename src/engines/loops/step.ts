/** One rule for each kind of node: how its value is worked out in the step of a loop. */
import { resultSets } from '../../ir/matrix.ts';
import type {
  AtNode,
  Axis,
  CallNode,
  MatrixNode,
  Node,
  ReadNode,
  ReduceNode,
  ScanNode,
  ScatterNode,
} from '../../ir/types.ts';
import { computeMatrices, type Matrices } from '../linear/batch.ts';
import { type Arg, elementwise, type Reduced, reduce, sumOfProducts } from './kernels.ts';
import { type Cell, clamp, fresh, type Operand, rowMajor, volume } from './operand.ts';
import type { Block } from './program.ts';

export interface Dimension {
  readonly axis: Axis;
  readonly size: number;
  readonly stride: number;
}

/** An array that is read at indices. */
export interface Source {
  readonly cell: Cell;
  readonly dims: readonly Dimension[];
}

/** An operand that holds the value at this step; what works it out is appended to the block's steps. */
export function compileNode(c: Block, n: Node): Operand {
  switch (n.op) {
    case 'const':
    case 'size':
      return c.root.node(n);
    case 'axis': {
      const position = c.positionOf(n.axis);
      if (!position) return c.root.node(n);
      const out = fresh(c.root.sizeOf, []);
      c.steps.push(() => {
        out.cell.data[0] = position.at;
      });
      return out;
    }
    case 'read':
      return read(c, n);
    case 'at':
      return at(c, n);
    case 'call':
      return call(c, n);
    case 'reduce':
      return reduction(c, n);
    case 'matrix':
      return matrix(c, n);
    case 'scan':
      return scan(c, n);
    case 'scatter':
      return scatter(c, n);
  }
}

const argOf = (c: Block, o: Operand, axes: readonly Axis[]): Arg => ({
  cell: o.cell,
  base: o.base,
  table: c.root.tables.of(o, axes),
});

// ── Reads ───────────────────────────────────────────────────────────────────

const read = (c: Block, n: ReadNode): Operand => gather(c, c.slot(n.slot), n.indices, n.axes);

const scan = (c: Block, n: ScanNode): Operand => gather(c, c.states(n), n.indices, n.axes);

function at(c: Block, n: AtNode): Operand {
  const body = c.operand(n.body);
  const source: Source = {
    cell: body.cell,
    dims: body.axes.map((axis, d) => ({ axis, size: c.root.sizeOf(axis.set), stride: body.strides[d] })),
  };
  const places = body.axes.map((a) => {
    const k = n.params.indexOf(a);
    return k < 0 ? a : n.indices[k];
  });
  return gather(c, source, places, n.axes, body.base);
}

/** A source at indices: in place where they are axes or one position, else copied. */
function gather(
  c: Block,
  source: Source,
  indices: readonly (Node | Axis)[],
  free: readonly Axis[],
  start: () => number = () => 0,
): Operand {
  const strides = new Map<Axis, number>();
  const offsets: (() => number)[] = [start];
  const moving: { readonly index: Operand; readonly size: number; readonly stride: number }[] = [];
  indices.forEach((i, d) => {
    const { size, stride } = source.dims[d];
    // A param at the position of a loop around has no dimension of its own.
    if (stride === 0) return;
    const axis = 'op' in i ? (i.op === 'axis' ? i.axis : null) : i;
    const position = axis && c.positionOf(axis);
    if (position) offsets.push(() => clamp(position.at, size) * stride);
    else if (axis && c.root.sizeOf(axis.set) <= size) strides.set(axis, (strides.get(axis) ?? 0) + stride);
    else {
      const index = c.operand(i as Node);
      if (index.axes.length > 0) moving.push({ index, size, stride });
      else offsets.push(() => clamp(index.cell.data[index.base()], size) * stride);
    }
  });
  const view: Operand = {
    cell: source.cell,
    axes: [...strides.keys()],
    strides: [...strides.values()],
    base: offsets.length === 1 ? start : () => offsets.reduce((sum, o) => sum + o(), 0),
  };
  if (moving.length === 0) return view;
  const axes = c.moving(free);
  const out = fresh(c.root.sizeOf, axes);
  const from = argOf(c, view, axes);
  const jumps = moving.map((m) => ({ ...m, ...argOf(c, m.index, axes) }));
  c.steps.push(() => {
    const starts = jumps.map((j) => j.base());
    const origin = from.base();
    const z = out.cell.data;
    for (let j = 0; j < z.length; j++) {
      let place = origin + from.table[j];
      for (let k = 0; k < jumps.length; k++) {
        const { cell, table, size, stride } = jumps[k];
        place += clamp(cell.data[starts[k] + table[j]], size) * stride;
      }
      z[j] = from.cell.data[place];
    }
  });
  return out;
}

// ── Elementwise, sums ───────────────────────────────────────────────────────

function call(c: Block, n: CallNode): Operand {
  const axes = c.moving(n.axes);
  const out = fresh(c.root.sizeOf, axes);
  const args = n.args.map((a) => argOf(c, c.operand(a), axes));
  c.steps.push(elementwise(n.fn, out.cell, args));
  return out;
}

function reduction(c: Block, n: ReduceNode): Operand {
  const axes = c.moving(n.axes);
  const out = fresh(c.root.sizeOf, axes);
  const reduced = (m: Node): Reduced => {
    const o = c.operand(m);
    return { ...argOf(c, o, axes), inner: c.root.tables.of(o, n.over) };
  };
  const { body, where } = n;
  c.steps.push(
    n.kind === 'sum' && where === null && body.op === 'call' && body.fn === 'mul'
      ? sumOfProducts(out.cell, reduced(body.args[0]), reduced(body.args[1]))
      : reduce(n.kind, out.cell, reduced(body), where && reduced(where)),
  );
  return out;
}

function scatter(c: Block, n: ScatterNode): Operand {
  const { sizeOf } = c.root;
  const rest = c.moving(n.axes.filter((a) => !n.into.includes(a)));
  const into = n.into;
  const out = fresh(sizeOf, [...rest, ...into]);
  const strides = out.strides.slice(rest.length);
  const every = [...rest, ...n.over];
  const body = argOf(c, c.operand(n.body), every);
  const where = n.where && argOf(c, c.operand(n.where), every);
  const to = c.root.tables.of({ axes: rest, strides: out.strides.slice(0, rest.length) }, every);
  const places = n.indices.map((i, d) => ({
    ...argOf(c, c.operand(i), every),
    size: sizeOf(into[d].set),
    stride: strides[d],
  }));
  c.steps.push(() => {
    const z = out.cell.data.fill(0);
    const starts = places.map((p) => p.base());
    const [o, q] = [body.base(), where ? where.base() : 0];
    next: for (let j = 0; j < to.length; j++) {
      if (where && where.cell.data[q + where.table[j]] === 0) continue;
      let place = to[j];
      for (let k = 0; k < places.length; k++) {
        const i = Math.round(places[k].cell.data[starts[k] + places[k].table[j]]);
        if (!(i >= 0 && i < places[k].size)) continue next;
        place += i * places[k].stride;
      }
      z[place] += body.cell.data[o + body.table[j]];
    }
  });
  return out;
}

// ── Matrices ────────────────────────────────────────────────────────────────

function matrix(c: Block, n: MatrixNode): Operand {
  const { sizeOf } = c.root;
  const free = n.args.flatMap(({ axes, body }) => body.axes.filter((a) => !axes.includes(a)));
  const batch = c.moving([...new Set(free)]);
  const args = n.args.map(({ axes, body }) => ({
    from: argOf(c, c.operand(body), [...batch, ...axes]),
    to: new Float64Array(volume(sizeOf, [...batch, ...axes])),
    rows: sizeOf(axes[0].set),
    columns: sizeOf(axes[1].set),
  }));
  const own = resultSets(n).map((set): Axis => ({ id: -1, name: '', set }));
  const axes = [...batch, ...own];
  const result = fresh(sizeOf, axes);
  const count = volume(sizeOf, batch);
  c.steps.push(() => {
    const given = args.map(({ from, to, rows, columns }): Matrices => {
      const start = from.base();
      for (let j = 0; j < to.length; j++) to[j] = from.cell.data[start + from.table[j]];
      return { data: to, rows, columns, same: false };
    });
    computeMatrices(n.fn, given, count, result.cell.data);
  });
  const strides = rowMajor(sizeOf, axes);
  const dims = axes.map((axis, d): Dimension => ({ axis, size: sizeOf(axis.set), stride: strides[d] }));
  return gather(c, { cell: result.cell, dims }, [...batch, ...n.indices], n.axes);
}
