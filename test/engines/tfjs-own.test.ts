/** Our own loops in the memory of tfjs's wasm: products of every layout, and elementwise steps joined. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { explain, tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { type LaneNode, laneKernel } from '../../src/engines/tfjs/lanes.ts';
import { productKernel, worthwhile } from '../../src/engines/tfjs/products.ts';
import { rowKernels } from '../../src/engines/tfjs/rows.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { IndexSet, Node, Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';

const real: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
const sizeOf = (s: IndexSet): number => staticSize(s)!;

describe('products', () => {
  const heap = new Heap(1024);
  const dimension = fc.integer({ min: 1, max: 70 });

  it('are those of float64 in every layout and for every remainder', () => {
    fc.assert(
      fc.property(
        fc.record({
          m: dimension,
          // Long sums are cut into blocks.
          k: fc.oneof(dimension, fc.integer({ min: 250, max: 530 })),
          // Wide ones are gone through in parts where they lie.
          n: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 125, max: 270 })).map((x) => 4 * x),
          transposeA: fc.boolean(),
          transposeB: fc.boolean(),
        }),
        (shape) => {
          const { m, n, k, transposeA, transposeB } = shape;
          const kernel = productKernel(heap.memory, shape);
          const sizes = [m * k, k * n, m * n, kernel.scratch];
          const [a, b, c, scratch] = sizes.map((size) => heap.allocate(4 * size));
          const s = new Stream(3);
          heap.f32(a, m * k).forEach((_, i, x) => {
            x[i] = s.normal();
          });
          heap.f32(b, k * n).forEach((_, i, x) => {
            x[i] = s.normal();
          });
          heap.f32(c, m * n).fill(Number.NaN);
          kernel.run(a, b, c, scratch);
          const [x, y, z] = [heap.f32(a, m * k), heap.f32(b, k * n), heap.f32(c, m * n)];
          let worst = 0;
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) {
              let sum = 0;
              for (let q = 0; q < k; q++)
                sum +=
                  (transposeA ? x[q * m + i] : x[i * k + q]) * (transposeB ? y[j * k + q] : y[q * n + j]);
              worst = Math.max(worst, Math.abs(sum - z[i * n + j]));
            }
          for (const p of [a, b, c, scratch]) heap.release(p);
          return worst < 2e-6 * (Math.sqrt(k) + 1) * 4;
        },
      ),
      { numRuns: 80, seed: 11 },
    );
  });

  it('are made where they are worth their code', () => {
    const shape = { m: 1024, n: 128, k: 128, transposeA: false, transposeB: false };
    expect(worthwhile(shape)).toBe(true);
    expect(worthwhile({ ...shape, n: 1 })).toBe(false);
    expect(worthwhile({ ...shape, n: 126 })).toBe(false);
  });
});

describe('loops over lanes', () => {
  const heap = new Heap(256);
  const run = (nodes: readonly LaneNode[], rows: number, columns: number, inputs: readonly number[][]) => {
    const ins = inputs.map((x) => {
      const at = heap.allocate(4 * x.length);
      heap.f32(at, x.length).set(x);
      return at;
    });
    const out = heap.allocate(4 * rows * columns);
    const program = { rows, columns, nodes, inputs: inputs.length, outputs: [nodes.length - 1] };
    laneKernel(heap.memory, program)(ins, [out]);
    return [...heap.f32(out, rows * columns)];
  };

  it('take the sigmoid to a few units of the last place, to the ends of the range', () => {
    const x = [-Infinity, -200, -87.4, -87, -40.3, -5, -1e-3, -0, 0, 1e-7, 0.3, 4, 17.2, 88, 200, Infinity];
    const nodes: LaneNode[] = [
      { kind: 'input', input: 0, reach: 'all' },
      { kind: 'call', fn: 'sigmoid', args: [0] },
    ];
    run(nodes, 1, x.length, [x]).forEach((y, i) => {
      const exact = 1 / (1 + Math.exp(-Math.fround(x[i])));
      // What is smaller than the least normal number counts as 0.
      expect(Math.abs(y - exact)).toBeLessThanOrEqual(exact < 1.2e-38 ? 1.2e-38 : 5e-7 * exact);
    });
    expect(run(nodes, 1, 4, [[Number.NaN, 1, Number.NaN, 2]]).map(Number.isNaN)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('read rows, columns, single numbers and whole arrays', () => {
    const [rows, columns] = [3, 8];
    const all = Array.from({ length: rows * columns }, (_, i) => i / 4);
    const row = Array.from({ length: columns }, (_, j) => 10 * j);
    const column = [0.5, -2, 3];
    const nodes: LaneNode[] = [
      { kind: 'input', input: 0, reach: 'all' },
      { kind: 'input', input: 1, reach: 'row' },
      { kind: 'input', input: 2, reach: 'column' },
      { kind: 'input', input: 3, reach: 'one' },
      { kind: 'number', value: 0.25 },
      { kind: 'call', fn: 'mul', args: [0, 2] },
      { kind: 'call', fn: 'add', args: [5, 1] },
      { kind: 'call', fn: 'sub', args: [6, 3] },
      { kind: 'call', fn: 'div', args: [7, 4] },
    ];
    const out = run(nodes, rows, columns, [all, row, column, [7]]);
    out.forEach((y, i) => {
      const [r, c] = [Math.floor(i / columns), i % columns];
      expect(y).toBe((all[i] * column[r] + row[c] - 7) / 0.25);
    });
  });
});

describe('a network on wasm', () => {
  /** A loss of a network with two hidden layers and its gradient by everything. */
  function network(rows: number, inputs: number, width: number) {
    const b = new Builder();
    const arrays = new Map<Slot, HostArray>();
    const stream = new Stream(8);
    const slot = (name: string, sets: readonly IndexSet[]): Slot => {
      const s = b.slot(name === 'x' ? 'input' : 'param', name, real, [...sets]);
      const shape = sets.map(sizeOf);
      const data = Float64Array.from(
        { length: shape.reduce((p, q) => p * q, 1) },
        () => 0.5 * stream.normal(),
      );
      arrays.set(s, { shape, data });
      return s;
    };
    const [row, from, first, second] = [rows, inputs, width, width].map((n) => b.range(n));
    const r = b.axis(row, 'row');
    const x = slot('x', [row, from]);
    const params: Slot[] = [];
    const layer = (below: (i: Node) => Node, ins: IndexSet, outs: IndexSet, name: string) => {
      const [w, c] = [slot(`w${name}`, [ins, outs]), slot(`c${name}`, [outs])];
      params.push(w, c);
      const [i, j] = [b.axis(ins), b.axis(outs)];
      const sum = b.sum([i], b.mul(below(b.axisNode(i)), b.read(w, [b.axisNode(i), b.axisNode(j)])));
      const out = b.call('silu', b.add(sum, b.read(c, [b.axisNode(j)])));
      return (k: Node): Node => b.substitute(out, [j], [k]);
    };
    const one = layer((i) => b.read(x, [b.axisNode(r), i]), from, first, '1');
    const two = layer(one, first, second, '2');
    const k = b.axis(second);
    const last = slot('last', [second]);
    const y = b.sum([k], b.mul(two(b.axisNode(k)), b.read(last, [b.axisNode(k)])));
    const loss = b.mean([r], b.call('softplus', y));
    params.push(last);
    const g = gradient(b, loss, params);
    const outputs = [
      { name: 'loss', axes: [], node: loss },
      ...params.map((p) => ({ name: p.name, axes: g.get(p)!.axes, node: g.get(p)!.body })),
    ];
    return { outputs, arrays };
  }

  it.each([
    [1030, 8, 16],
    [822, 7, 20],
  ])('agrees with the reference: %i rows, %i → %i', async (rows, inputs, width) => {
    const { outputs, arrays } = network(rows, inputs, width);
    const wasm = (await tfjsEngine('wasm')).compile({ outputs, sizeOf }, new Map());
    expect(explain(wasm)).toMatch(/fused/);
    const found = wasm.run(arrays);
    const again = wasm.run(arrays);
    const exact = referenceEngine().compile({ outputs, sizeOf }, new Map()).run(arrays);
    for (const { name } of outputs) {
      const [f, e] = [found.get(name)!.data, exact.get(name)!.data];
      const largest = Math.max(...Array.from(e, Math.abs));
      for (let i = 0; i < e.length; i++) expect(Math.abs(f[i] - e[i])).toBeLessThan(2e-5 * largest + 1e-9);
      expect([...again.get(name)!.data]).toEqual([...f]);
    }
    wasm.dispose();
  });
});

it('keeps a masked contraction a contraction', async () => {
  const b = new Builder();
  const [row, left, right] = [300, 40, 48].map((n) => b.range(n));
  const stream = new Stream(4);
  const arrays = new Map<Slot, HostArray>();
  const slot = (name: string, sets: readonly IndexSet[]): Slot => {
    const s = b.slot('input', name, real, [...sets]);
    const shape = sets.map(sizeOf);
    const data = Float64Array.from({ length: shape.reduce((p, q) => p * q, 1) }, () => stream.normal());
    arrays.set(s, { shape, data });
    return s;
  };
  const [m, x, y] = [slot('m', [row]), slot('x', [row, left]), slot('y', [row, right])];
  // A value that the mask has to keep out.
  arrays.get(x)!.data[0] = 1e6;
  arrays.get(m)!.data[0] = -1;
  const [r, i, j] = [row, left, right].map((set) => b.axis(set));
  const at = (s: Slot, ...axes: (typeof r)[]): Node =>
    b.read(
      s,
      axes.map((a) => b.axisNode(a)),
    );
  const where = b.call('gt', at(m, r), b.const(0));
  const node = b.sum([r], b.mul(b.call('exp', at(x, r, i)), at(y, r, j)), where);
  const outputs = [{ name: 'sum', axes: [i, j], node }];
  const wasm = (await tfjsEngine('wasm')).compile({ outputs, sizeOf }, new Map());
  expect(explain(wasm)).not.toMatch(/300, 40, 48|12000, 48/);
  const [found, exact] = [wasm, referenceEngine().compile({ outputs, sizeOf }, new Map())].map(
    (e) => e.run(arrays).get('sum')!.data,
  );
  for (let k = 0; k < exact.length; k++) expect(Math.abs(found[k] - exact[k])).toBeLessThan(1e-3);
  wasm.dispose();
});

describe('rows', () => {
  const heap = new Heap(256);
  const kernels = rowKernels(heap.memory);
  const size = fc.integer({ min: 1, max: 9 });
  const inner = fc.integer({ min: 1, max: 41 });
  const stream = new Stream(5);
  /** Runs `f` on arrays in the heap, the last of them the result, which holds nonsense before. */
  const on = (arrays: readonly (Float32Array | Int32Array)[], out: number, f: (...at: number[]) => void) => {
    const places = [...arrays.map((a) => a.length), out].map((n) => heap.allocate(4 * n));
    arrays.forEach((a, k) => {
      if (a instanceof Float32Array) heap.f32(places[k], a.length).set(a);
      else heap.i32(places[k], a.length).set(a);
    });
    const result = places[arrays.length];
    heap.f32(result, out).fill(Number.NaN);
    f(...places);
    const found = heap.f32(result, out).slice();
    for (const p of places) heap.release(p);
    return found;
  };
  const normals = (n: number): Float32Array => Float32Array.from({ length: n }, () => stream.normal());
  const table = (m: number, n: number): Int32Array =>
    Int32Array.from({ length: m }, () => stream.int(n + 1) - 1);

  it('are summed, weighted or not', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 30 }), inner, (o, k, i) => {
        const x = normals(o * k * i);
        const sums = on([x], o * i, (a, out) => kernels.sum(a, out, o, k, i));
        for (let a = 0; a < o; a++)
          for (let b = 0; b < i; b++) {
            let sum = 0;
            for (let j = 0; j < k; j++) sum += x[(a * k + j) * i + b];
            expect(sums[a * i + b]).toBe(Math.fround(sum));
          }
        const w = normals(k);
        const weighted = on([w, x], i, (c, a, out) => kernels.weightedSum(c, a, out, k, i));
        for (let b = 0; b < i; b++) {
          let sum = 0;
          for (let j = 0; j < k; j++) sum += w[j] * x[j * i + b];
          expect(weighted[b]).toBe(Math.fround(sum));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('are read and scattered by a table, with gaps', () => {
    fc.assert(
      fc.property(size, size, inner, fc.integer({ min: 0, max: 20 }), (o, n, i, m) => {
        const index = table(m, n);
        const x = normals(o * n * i);
        const read = on([x, index], o * m * i, (a, t, out) => kernels.gather(a, t, out, o, n, i, m));
        const y = normals(o * m * i);
        const sums = on([y, index], o * n * i, (a, t, out) => kernels.scatter(a, t, out, o, n, i, m));
        const want = new Float32Array(o * n * i);
        for (let a = 0; a < o; a++)
          for (let j = 0; j < m; j++)
            for (let b = 0; b < i; b++) {
              const from = (a * n + index[j]) * i + b;
              expect(read[(a * m + j) * i + b]).toBe(index[j] < 0 ? 0 : x[from]);
              if (index[j] >= 0) want[from] += y[(a * m + j) * i + b];
            }
        expect(sums).toEqual(want);
      }),
      { numRuns: 150 },
    );
  });
});
