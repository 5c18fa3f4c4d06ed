/** ONNX graphs in the making: nodes with the shapes of their results, constants shared, views without repetition. */
import { sizeOfShape } from '../../arrays.ts';
import type { Shape } from '../tensors/ops.ts';
import type { Attribute, Initializer, OnnxNode } from './types.ts';

const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, d) => n === b[d]);

/** The shape that arrays of these shapes broadcast to, by position from the right. */
export function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((s) => s[s.length - rank + d] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}

export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  private readonly shapes = new Map<string, Shape>();
  /** What a view is a view of. */
  private readonly bases = new Map<string, string>();
  private readonly known = new Map<string, string>();
  private readonly arrays = new Map<Float32Array | Int32Array, number>();
  private count = 0;

  shape(name: string): Shape {
    return this.shapes.get(name)!;
  }

  /** A value that comes from outside of the graph. */
  declare(name: string, shape: Shape): string {
    this.shapes.set(name, shape);
    return name;
  }

  /** Whether a node makes it. */
  isMade(name: string): boolean {
    return name.startsWith('#');
  }

  node(
    op: string,
    ins: readonly string[],
    shape: Shape,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const out = this.declare(`#${this.count++}`, shape);
    this.nodes.push({ op, ins, out, attributes });
    return out;
  }

  /** A node on arrays that broadcast. */
  each(op: string, ...ins: readonly string[]): string {
    return this.node(op, ins, broadcast(ins.map((n) => this.shape(n))));
  }

  cast(x: string, to: number): string {
    return this.node('Cast', [x], this.shape(x), { to });
  }

  /** The same elements in another shape. */
  view(name: string, shape: Shape): string {
    if (sameShape(this.shape(name), shape)) return name;
    const base = this.bases.get(name) ?? name;
    if (sameShape(this.shape(base), shape)) return base;
    return this.shared(`view ${base} [${shape}]`, () => {
      // A zero in the shape would otherwise mean: as it is.
      const attributes: Record<string, number> = shape.includes(0) ? { allowzero: 1 } : {};
      const out = this.node('Reshape', [base, this.wholeNumbers(shape)], shape, attributes);
      this.bases.set(out, base);
      return out;
    });
  }

  /** An array taken as [rows, columns], with the two exchanged. */
  turned(name: string, rows: number, columns: number): string {
    const x = this.view(name, [rows, columns]);
    if (rows === 1 || columns === 1) return this.view(x, [columns, rows]);
    return this.shared(`turned ${x}`, () => this.node('Transpose', [x], [columns, rows], { perm: [1, 0] }));
  }

  /** An array taken as [o, n, i], with zeros behind the last of its n. */
  padded(name: string, o: number, n: number, i: number): string {
    const x = this.view(name, [o, n, i]);
    return this.shared(`padded ${x}`, () => {
      const zeros = this.array(new Float32Array(o * i), [o, 1, i]);
      return this.node('Concat', [x, zeros], [o, n + 1, i], { axis: 1 });
    });
  }

  number(value: number): string {
    return this.shared(`number ${Object.is(value, -0) ? '-0' : value}`, () =>
      this.array(Float32Array.of(value), []),
    );
  }

  /** The same array in the same shape is one constant. */
  array(data: Float32Array | Int32Array, shape: Shape): string {
    if (data.length !== sizeOfShape(shape)) throw new Error(`${data.length} elements for [${shape}]`);
    let number = this.arrays.get(data);
    if (number === undefined) {
      number = this.arrays.size;
      this.arrays.set(data, number);
    }
    return this.shared(`array ${number} [${shape}]`, () => this.initial(data, shape));
  }

  /** A list of int64, as shapes and axes are given. */
  wholeNumbers(values: readonly number[]): string {
    return this.shared(`list ${values}`, () =>
      this.initial(BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  private initial(data: Initializer['data'], shape: Shape): string {
    const name = this.declare(`%${this.initializers.size}`, shape);
    this.initializers.set(name, { name, shape, data });
    return name;
  }

  private shared(key: string, make: () => string): string {
    let name = this.known.get(key);
    if (name === undefined) {
      name = make();
      this.known.set(key, name);
    }
    return name;
  }
}
