import { describe, expect, it } from 'vitest';
import { sizeOfShape } from '../../src/arrays.ts';
import { lowerToOnnx, unsupportedStep } from '../../src/engines/onnx/lower.ts';
import { onnxBytes } from '../../src/engines/onnx/model.ts';
import { loadRuntime, type Runtime, tensor } from '../../src/engines/onnx/runtime.ts';
import { sumPlan } from '../../src/engines/onnx/sums.ts';
import { evaluateProgram, unaryFunctions } from '../../src/engines/tensors/host.ts';
import type { BinaryFn, Shape, TensorOp, TensorProgram, UnaryFn } from '../../src/engines/tensors/ops.ts';
import { Builder } from '../../src/ir/build.ts';
import { Stream } from '../../src/random/stream.ts';

let runtime: Runtime | null = null;
try {
  runtime = await loadRuntime();
} catch {
  // The package is optional.
}

const slot = new Builder().slot('input', 'x', { kind: 'real', lo: -1, hi: 1 }, []);
const stream = new Stream(5);
const noise = (shape: Shape, scale = 1): Float32Array =>
  Float32Array.from({ length: sizeOfShape(shape) }, () => scale * (2 * stream.uniform() - 1));

/** One operation on inputs of these shapes. */
function single(op: TensorOp, shapes: readonly Shape[], out: Shape): TensorProgram {
  return {
    inputs: shapes.map((shape, ref) => ({ slot, ref, shape })),
    constants: new Map(),
    steps: [{ op, ins: shapes.map((_, k) => k), out: shapes.length }],
    shapes: [...shapes, out],
    outputs: [shapes.length],
  };
}

const namesOf = (p: TensorProgram) => ({
  inputs: p.inputs.map((_, k) => `in${k}`),
  outputs: p.outputs.map((_, k) => `out${k}`),
});

function run(p: TensorProgram, inputs: readonly Float32Array[]): Float32Array[] {
  const names = namesOf(p);
  const session = runtime!.open(onnxBytes(p, names), {
    intraOpNumThreads: 2,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
  const feeds = Object.fromEntries(p.inputs.map((x, k) => [`in${k}`, tensor(inputs[k], x.shape)]));
  const results = session.run(feeds, Object.fromEntries(names.outputs.map((n) => [n, null])), {});
  session.dispose();
  return names.outputs.map((n) => results[n].data);
}

/** Within a relative and an absolute tolerance of plain JavaScript, the same where that is not finite. */
function agree(p: TensorProgram, inputs: readonly Float32Array[], relative = 1e-6, absolute = 1e-6): void {
  const found = run(p, inputs);
  evaluateProgram(p, inputs).forEach((want, o) => {
    expect(found[o].length).toBe(want.length);
    want.forEach((x, k) => {
      const got = found[o][k];
      const same = Object.is(got, x) || got === x;
      if (!same && !(Math.abs(got - x) <= relative * Math.abs(x) + absolute))
        throw new Error(`output ${o}, element ${k}: ${got}, expected ${x}`);
    });
  });
}

const line = (lo: number, hi: number, n = 81): number[] =>
  Array.from({ length: n }, (_, k) => lo + ((hi - lo) * k) / (n - 1));
const tiny = [1e-30, 1e-8, 1e-5, 1e-3, -1e-30, -1e-8, -1e-5, -1e-3, 0];
const infinite = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Arguments, relative and absolute tolerance. */
const unaryCases: Readonly<Record<UnaryFn, readonly [readonly number[], number, number]>> = {
  neg: [[...line(-3, 3), ...infinite], 0, 0],
  square: [line(-3, 3), 1e-6, 0],
  sqrt: [line(0, 9), 1e-6, 0],
  abs: [[...line(-3, 3), ...infinite], 0, 0],
  sign: [line(-3, 3), 0, 0],
  floor: [line(-3, 3), 0, 0],
  ceil: [line(-3, 3), 0, 0],
  exp: [[...line(-80, 80), ...tiny, ...infinite], 1e-6, 0],
  expm1: [[...line(-5, 5), ...tiny, ...infinite, 88], 2e-6, 0],
  log: [[...line(1e-6, 1e6), 0, 1e-30, 1e30], 1e-6, 1e-7],
  log1p: [[...line(-0.99, 5), ...tiny, -1, 1e10, Number.POSITIVE_INFINITY], 2e-6, 0],
  sigmoid: [line(-30, 30), 1e-6, 1e-7],
  relu: [line(-3, 3), 0, 0],
  step: [[...line(-3, 3), Number.NaN], 0, 0],
  sin: [line(-20, 20), 0, 2e-6],
  cos: [line(-20, 20), 0, 2e-6],
  tan: [line(-1.5, 1.5), 2e-6, 1e-6],
  asin: [line(-1, 1), 2e-6, 1e-6],
  acos: [line(-1, 1), 2e-6, 1e-6],
  atan: [line(-20, 20), 1e-6, 1e-7],
  sinh: [[...line(-5, 5), ...tiny], 2e-6, 0],
  cosh: [line(-5, 5), 2e-6, 0],
  tanh: [[...line(-10, 10), ...tiny], 2e-6, 0],
  erf: [[...line(-4, 4), ...tiny], 2e-6, 1e-7],
  nanToZero: [[Number.NaN, ...infinite, -2, 0], 0, 0],
  finite: [[Number.NaN, ...infinite, -2, 0], 0, 0],
};

const some = [-3, -1.5, -1, -0.25, 0, 0.25, 1, 1.5, 3];
const binaryCases: Readonly<Record<BinaryFn, readonly [readonly number[], readonly number[]]>> = {
  add: [some, some],
  sub: [some, some],
  mul: [some, some],
  div: [some, [-3, 0.7, 2]],
  min: [
    [...some, Number.NaN],
    [...some, Number.NaN],
  ],
  max: [
    [...some, Number.NaN],
    [...some, Number.NaN],
  ],
  pow: [
    [0.2, 1, 1.7, 5],
    [-2.5, -2, -0.5, 0, 0.3, 1, 2, 3, 4],
  ],
  atan2: [[...some, 1e-20, -1e-20], some],
  greater: [[...some, ...infinite, Number.NaN], some],
  notEqual: [[...some, ...infinite, Number.NaN], some],
};

describe('ONNX files', () => {
  it('need names for all inputs and outputs, each its own', () => {
    const p = single({ op: 'binary', fn: 'add' }, [[2], [2]], [2]);
    expect(() => lowerToOnnx(p, { inputs: ['a'], outputs: ['b'] })).toThrow('1 and 1 names for 2 inputs');
    expect(() => lowerToOnnx(p, { inputs: ['a', 'b'], outputs: ['b'] })).toThrow('names of their own');
  });

  it('hold no loops of our own', () => {
    const p = single({ op: 'host', name: 'cholesky', loop: () => {} }, [[2]], [2]);
    expect(unsupportedStep(p)).toBe('cholesky');
    expect(() => onnxBytes(p, namesOf(p))).toThrow('ONNX has no "cholesky"');
    expect(unsupportedStep(single({ op: 'reshape' }, [[2]], [1, 2]))).toBeNull();
  });

  it('begin with their version and are the same every time', () => {
    const p = single({ op: 'transpose', permutation: [1, 0] }, [[2, 3]], [3, 2]);
    const bytes = onnxBytes(p, namesOf(p), { docs: new Map([['in0', 'the rows']]) });
    expect([...bytes.slice(0, 2)]).toEqual([8, 8]);
    expect(onnxBytes(p, namesOf(p), { docs: new Map([['in0', 'the rows']]) })).toEqual(bytes);
    expect(new TextDecoder().decode(bytes)).toContain('the rows');
  });
});

describe('sums over lists of sources', () => {
  const apply = (targets: readonly number[], n: number): number[] => {
    const { groups, order } = sumPlan(Int32Array.from(targets), n);
    const rows = groups.flatMap(({ count, width, positions }) =>
      Array.from({ length: count }, (_, j) =>
        // Source s is worth 1 + s.
        positions
          .slice(j * width, (j + 1) * width)
          .reduce((sum, s) => sum + (s < targets.length ? 1 + s : 0), 0),
      ),
    );
    return order ? Array.from(order, (row) => rows[row] ?? 0) : rows;
  };
  const direct = (targets: readonly number[], n: number): number[] =>
    Array.from({ length: n }, (_, j) => targets.reduce((sum, t, s) => sum + (t === j ? 1 + s : 0), 0));

  it.each([
    ['a permutation', [2, 0, 1], 3, 1],
    ['nothing', [-1, -1], 2, 1],
    ['some left out', [3, -1, 0], 5, 1],
    ['two each', [0, 1, 0, 1], 2, 1],
    ['all to one', Array.from({ length: 700 }, () => 0), 1, 1],
    ['a few lists among many short ones', [...Array(300).fill(2), 9, 9, 9, 0, 1, 3, 4, 5, 6, 7], 400, 3],
  ])('%s', (_, targets, n, groups) => {
    expect(apply(targets, n)).toEqual(direct(targets, n));
    expect(sumPlan(Int32Array.from(targets), n).groups).toHaveLength(groups);
  });

  it('never read much more than there is', () => {
    const targets = Array.from({ length: 5000 }, () => Math.floor(1000 * stream.uniform() ** 6));
    expect(apply(targets, 1000)).toEqual(direct(targets, 1000));
    const read = sumPlan(Int32Array.from(targets), 1000).groups.reduce(
      (sum, g) => sum + g.positions.length,
      0,
    );
    expect(read).toBeLessThan(1.5 * 5000);
  });
});

describe.skipIf(runtime === null)('ONNX Runtime against plain JavaScript', () => {
  it.each(Object.keys(unaryFunctions) as UnaryFn[])('%s', (fn) => {
    const [xs, relative, absolute] = unaryCases[fn];
    agree(
      single({ op: 'unary', fn }, [[xs.length]], [xs.length]),
      [Float32Array.from(xs)],
      relative,
      absolute,
    );
  });

  it.each(Object.keys(binaryCases) as BinaryFn[])('%s, broadcast', (fn) => {
    const [xs, ys] = binaryCases[fn];
    const shapes = [[xs.length, 1], [ys.length]];
    agree(single({ op: 'binary', fn }, shapes, [xs.length, ys.length]), [
      Float32Array.from(xs),
      Float32Array.from(ys),
    ]);
  });

  it.each([
    [-1, 2],
    [Number.NEGATIVE_INFINITY, 0.5],
    [0, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('clip to %d … %d', (lo, hi) => {
    agree(single({ op: 'clip', lo, hi }, [[81]], [81]), [Float32Array.from(line(-3, 3))], 0, 0);
  });

  it('select, also by comparisons and by numbers', () => {
    const c = Float32Array.of(0, 1, -2, 0.5);
    const p = single({ op: 'select' }, [[4], [3, 4], []], [3, 4]);
    agree(p, [c, noise([3, 4]), Float32Array.of(Number.NaN)], 0, 0);
    const compared: TensorProgram = {
      inputs: [0, 1].map((ref) => ({ slot, ref, shape: [2, 2] })),
      constants: new Map([[2, Float32Array.of(7)]]),
      steps: [
        { op: { op: 'binary', fn: 'greater' }, ins: [0, 1], out: 3 },
        { op: { op: 'reshape' }, ins: [3], out: 4 },
        { op: { op: 'reshape' }, ins: [0], out: 5 },
        { op: { op: 'select' }, ins: [4, 5, 2], out: 6 },
        { op: { op: 'unary', fn: 'step' }, ins: [6], out: 7 },
      ],
      shapes: [[2, 2], [2, 2], [], [2, 2], [4], [4], [4], [4]],
      outputs: [6, 3, 7],
    };
    agree(compared, [noise([2, 2]), noise([2, 2])], 0, 0);
  });

  it('reshape, transpose, concat', () => {
    agree(single({ op: 'reshape' }, [[2, 3, 4]], [4, 6]), [noise([24])], 0, 0);
    agree(single({ op: 'transpose', permutation: [2, 0, 1] }, [[2, 3, 4]], [4, 2, 3]), [noise([24])], 0, 0);
    agree(
      single(
        { op: 'concat' },
        [
          [2, 3],
          [1, 3],
          [4, 3],
        ],
        [7, 3],
      ),
      [6, 3, 12].map((n) => noise([n])),
      0,
      0,
    );
    agree(single({ op: 'concat' }, [[2, 3]], [2, 3]), [noise([6])], 0, 0);
  });

  it.each(['sum', 'prod', 'max', 'min'] as const)('reduce by %s', (kind) => {
    for (const [o, k, i] of [
      [1, 7, 1],
      [5, 7, 1],
      [1, 7, 3],
      [5, 7, 3],
      [5, 1, 3],
    ])
      agree(single({ op: 'reduce', kind, o, k, i }, [[o * k, i]], [o, i]), [noise([o * k * i])]);
  });

  it.each([
    [1, 5, 7, 3],
    [1, 1, 7, 3],
    [1, 5, 7, 1],
    [1, 70, 130, 65],
    [4, 5, 7, 3],
  ])('products, %d of [%d, %d]·[·, %d]', (batch, m, k, n) => {
    for (const transposeA of batch === 1 ? [false, true] : [false])
      for (const transposeB of batch === 1 ? [false, true] : [false])
        agree(
          single(
            { op: 'matMul', batch, m, k, n, transposeA, transposeB },
            [[batch, m * k], [batch * k * n]],
            [batch, m, n],
          ),
          [noise([batch * m * k]), noise([batch * k * n])],
          1e-5,
          1e-5,
        );
  });

  it('sums weighted by a vector', () => {
    agree(single({ op: 'weightedSum', k: 6, i: 4 }, [[6], [6, 4]], [4]), [noise([6]), noise([24])]);
  });

  const layouts = [
    [1, 6, 1],
    [1, 6, 3],
    [4, 6, 1],
    [2, 6, 3],
    [300, 1000, 1],
  ] as const;

  it.each(layouts)('reads along [%d, %d, %d]', (o, n, i) => {
    for (const list of [
      [1, 2, 3],
      [0, 1, 2, 3, 4, 5],
    ]) {
      const range = Int32Array.from(list);
      const op = { op: 'gather', o, n, i, m: list.length, table: range } as const;
      agree(single(op, [[o * n * i]], [o, list.length, i]), [noise([o * n * i])], 0, 0);
    }
    const table = Int32Array.of(5, 0, 0, 3, 1, 2, 5);
    const m = table.length;
    agree(single({ op: 'gather', o, n, i, m, table }, [[o * n * i]], [o, m, i]), [noise([o * n * i])], 0, 0);
    const positions = Float32Array.of(0, 5, 2, -3, 9, 1e7, 3.9999);
    agree(
      single({ op: 'gather', o, n, i, m, table: null }, [[o, n * i], [m]], [o, m, i]),
      [noise([o * n * i]), positions],
      0,
      0,
    );
  });

  it('reads somewhere where the position is not a number', () => {
    const p = single({ op: 'gather', o: 1, n: 3, i: 1, m: 2, table: null }, [[3], [2]], [2]);
    expect(run(p, [Float32Array.of(1, 1, 1), Float32Array.of(Number.NaN, 2)])[0]).toEqual(
      Float32Array.of(1, 1),
    );
  });

  it.each(layouts)('adds up along [%d, %d, %d]', (o, n, i) => {
    for (const list of [
      [5, 0, 4, 3, 1, 2],
      [5, 0, 3],
      [5, 0, 0, 3, -1, 2, 5],
      Array.from({ length: 90 }, (_, s) => (s % 7 === 0 ? 2 : 4)),
      [-1, -1],
    ]) {
      const table = Int32Array.from(list);
      const m = table.length;
      agree(single({ op: 'scatter', o, m, i, n, table }, [[o, m, i]], [o, n, i]), [noise([o * m * i])]);
    }
    const positions = Float32Array.of(0, 5, 2, -3, 6, 1.9999, 1e7);
    agree(single({ op: 'scatter', o, m: 7, i, n, table: null }, [[o, 7, i], [7]], [o, n, i]), [
      noise([o * 7 * i]),
      positions,
    ]);
  });

  it('outputs that are inputs, constants, or the same', () => {
    const p: TensorProgram = {
      inputs: [{ slot, ref: 0, shape: [2] }],
      constants: new Map([[1, Float32Array.of(3, 4)]]),
      steps: [{ op: { op: 'binary', fn: 'add' }, ins: [0, 1], out: 2 }],
      shapes: [[2], [2], [2]],
      outputs: [2, 0, 1, 2],
    };
    agree(p, [Float32Array.of(1, 2)], 0, 0);
  });
});
