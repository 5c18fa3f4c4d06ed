/** Making of graph nodes: names, constants that are shared, results in the shapes in which they are read. */
import { sizeOfShape } from '../../arrays.ts';
import type { Shape } from '../tensors/ops.ts';
import { type Attr, bool, type DType, dtypeOf, type GraphNode, type } from './nodes.ts';

/** A node with what is known of its result. */
export interface Out {
  readonly node: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

export class GraphWriter {
  private readonly nodes: GraphNode[] = [];
  private readonly taken = new Set<string>();
  private readonly small = new Map<string, Out>();
  private readonly tables = new Map<Int32Array, Out>();
  /** Of results, by node: the same elements in other shapes. */
  private readonly views = new Map<string, { readonly root: Out; readonly made: Map<string, Out> }>();
  private readonly sources = new Map<string, string>();

  // ── Nodes ─────────────────────────────────────────────────────────────────

  /** A node under a number. */
  emit(
    op: string,
    inputs: readonly Out[],
    shape: Shape,
    attrs: Readonly<Record<string, Attr>> = {},
    dtype: DType = 'float',
  ): Out {
    return this.add(`n/${this.nodes.length}`, op, inputs, shape, attrs, dtype);
  }

  /** A node under a name like `name`, of which it has what TensorFlow allows and that is free. */
  named(
    name: string,
    op: string,
    inputs: readonly Out[],
    shape: Shape,
    attrs: Readonly<Record<string, Attr>>,
  ): Out {
    return this.add(this.free(name), op, inputs, shape, attrs, 'float');
  }

  private add(
    node: string,
    op: string,
    inputs: readonly Out[],
    shape: Shape,
    attrs: Readonly<Record<string, Attr>>,
    dtype: DType,
  ): Out {
    this.taken.add(node);
    this.nodes.push({ name: node, op, inputs: inputs.map((i) => i.node), attrs });
    return { node, shape, dtype };
  }

  private free(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9_./-]/g, '_').replace(/^(?![A-Za-z0-9.])/, 'x');
    let found = plain;
    for (let k = 1; this.taken.has(found); k++) found = `${plain}_${k}`;
    return found;
  }

  /** The nodes that `roots` need, in order. */
  finish(roots: readonly string[]): readonly GraphNode[] {
    const live = new Set(roots);
    const kept: GraphNode[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const n = this.nodes[i];
      if (!live.has(n.name)) continue;
      for (const x of n.inputs) live.add(x);
      kept.push(n);
    }
    return kept.reverse();
  }

  // ── Constants ─────────────────────────────────────────────────────────────

  constant(value: Float32Array | Int32Array, shape: Shape): Out {
    const dtype = dtypeOf(value);
    const attrs: Readonly<Record<string, Attr>> = {
      dtype: type(dtype),
      value: { kind: 'tensor', shape, value },
    };
    return this.emit('Const', [], shape, attrs, dtype);
  }

  number(value: number): Out {
    return this.shared(`number ${Object.is(value, -0) ? '-0' : value}`, () =>
      this.constant(Float32Array.of(value), []),
    );
  }

  /** A list of whole numbers: a shape, a permutation. */
  integers(values: readonly number[]): Out {
    return this.shared(`integers ${values}`, () => this.constant(Int32Array.from(values), [values.length]));
  }

  /** A whole number: an axis. */
  integer(value: number): Out {
    return this.shared(`integer ${value}`, () => this.constant(Int32Array.of(value), []));
  }

  /** A table of positions; one node for each array. */
  table(values: Int32Array): Out {
    let known = this.tables.get(values);
    if (!known) {
      known = this.constant(values, [values.length]);
      this.tables.set(values, known);
    }
    return known;
  }

  private shared(key: string, make: () => Out): Out {
    let known = this.small.get(key);
    if (!known) {
      known = make();
      this.small.set(key, known);
    }
    return known;
  }

  // ── Shapes ────────────────────────────────────────────────────────────────

  /** The same elements in another shape; changes of shape do not pile up. */
  view(x: Out, shape: Shape): Out {
    if (same(x.shape, shape)) return x;
    const source = this.sources.get(x.node) ?? x.node;
    let views = this.views.get(source);
    if (!views) {
      views = { root: x, made: new Map() };
      this.views.set(source, views);
    }
    if (same(views.root.shape, shape)) return views.root;
    const key = shape.join();
    let made = views.made.get(key);
    if (!made) {
      const attrs = { T: type(x.dtype), Tshape: type('int32') };
      made = this.emit('Reshape', [views.root, this.integers(shape)], shape, attrs, x.dtype);
      views.made.set(key, made);
      this.sources.set(made.node, source);
    }
    return made;
  }

  // ── Operations that several rules share ───────────────────────────────────

  /** A function of one array, elementwise. */
  map(op: string, x: Out): Out {
    return this.emit(op, [x], x.shape, { T: type(x.dtype) }, x.dtype);
  }

  /** A function of two arrays, elementwise, of the shape that they broadcast to. */
  map2(op: string, x: Out, y: Out, shape: Shape): Out {
    return this.emit(op, [x, y], shape, { T: type(x.dtype) }, x.dtype);
  }

  /** A comparison, as a truth value. */
  compare(op: 'Greater' | 'NotEqual', x: Out, y: Out, shape: Shape): Out {
    const attrs: Record<string, Attr> = { T: type('float') };
    if (op === 'NotEqual') attrs.incompatible_shape_error = bool(true);
    return this.emit(op, [x, y], shape, attrs, 'bool');
  }

  cast(x: Out, to: DType): Out {
    return this.emit('Cast', [x], x.shape, { SrcT: type(x.dtype), DstT: type(to) }, to);
  }

  select(c: Out, x: Out, y: Out, shape: Shape): Out {
    return this.emit('SelectV2', [c, x, y], shape, { T: type('float') });
  }

  clip(x: Out, lo: number, hi: number): Out {
    if (lo === Number.NEGATIVE_INFINITY && hi === Number.POSITIVE_INFINITY) return x;
    if (lo === Number.NEGATIVE_INFINITY) return this.map2('Minimum', x, this.number(hi), x.shape);
    if (hi === Number.POSITIVE_INFINITY) return this.map2('Maximum', x, this.number(lo), x.shape);
    return this.emit('ClipByValue', [x, this.number(lo), this.number(hi)], x.shape, { T: type('float') });
  }

  /** The nearest whole numbers, between `lo` and `hi`, as int32. */
  positions(x: Out, lo: number, hi: number): Out {
    const rounded = this.map('Floor', this.map2('AddV2', x, this.number(0.5), x.shape));
    return this.cast(this.clip(rounded, lo, hi), 'int32');
  }

  reduce(kind: 'Sum' | 'Prod' | 'Max' | 'Min', x: Out, axis: number): Out {
    const attrs = { T: type('float'), Tidx: type('int32'), keep_dims: bool(false) };
    const shape = x.shape.filter((_, d) => d !== axis);
    return this.emit(kind, [x, this.integers([axis])], shape, attrs);
  }

  transpose(x: Out, permutation: readonly number[]): Out {
    const shape = permutation.map((d) => x.shape[d]);
    const attrs = { T: type(x.dtype), Tperm: type('int32') };
    return this.emit('Transpose', [x, this.integers(permutation)], shape, attrs, x.dtype);
  }

  concat(parts: readonly Out[], axis: number): Out {
    if (parts.length === 1) return parts[0];
    const length = parts.reduce((n, p) => n + p.shape[axis], 0);
    const shape = parts[0].shape.map((n, d) => (d === axis ? length : n));
    const attrs = {
      N: { kind: 'int', value: parts.length },
      T: type('float'),
      Tidx: type('int32'),
    } as const;
    return this.emit('ConcatV2', [...parts, this.integer(axis)], shape, attrs);
  }

  slice(x: Out, axis: number, from: number, length: number): Out {
    const begin = x.shape.map((_, d) => (d === axis ? from : 0));
    const shape = x.shape.map((n, d) => (d === axis ? length : n));
    const attrs = { T: type(x.dtype), Index: type('int32') };
    return this.emit('Slice', [x, this.integers(begin), this.integers(shape)], shape, attrs, x.dtype);
  }

  /** x read along a dimension at int32 positions that lie in it. */
  gather(x: Out, positions: Out, axis: number): Out {
    const shape = x.shape.map((n, d) => (d === axis ? sizeOfShape(positions.shape) : n));
    const attrs = {
      Tparams: type('float'),
      Tindices: type('int32'),
      Taxis: type('int32'),
      batch_dims: { kind: 'int', value: 0 },
    } as const;
    return this.emit('GatherV2', [x, positions, this.integer(axis)], shape, attrs);
  }

  /** Rows of x added into `rows` rows of zeros, at int32 positions that lie in them. */
  scatterRows(x: Out, positions: Out, rows: number): Out {
    const shape = [rows, ...x.shape.slice(1)];
    const at = this.view(positions, [x.shape[0], 1]);
    const attrs = { T: type('float'), Tindices: type('int32') };
    return this.emit('ScatterNd', [at, x, this.integers(shape)], shape, attrs);
  }

  /** x with zeros behind it along a dimension. */
  pad(x: Out, axis: number, count: number): Out {
    const shape = x.shape.map((n, d) => (d === axis ? n + count : n));
    const paddings = x.shape.flatMap((_, d) => [0, d === axis ? count : 0]);
    const list = this.shared(`paddings ${paddings}`, () =>
      this.constant(Int32Array.from(paddings), [x.shape.length, 2]),
    );
    const attrs = { T: type('float'), Tpaddings: type('int32') };
    return this.emit('PadV2', [x, list, this.number(0)], shape, attrs);
  }
}

const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, d) => n === b[d]);
