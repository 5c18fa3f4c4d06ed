import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import type { ArrayProgram, Arrays, Engine } from '../../src/engines/engine.ts';
import { onnxEngine, onnxWhenNeeded } from '../../src/engines/onnx/index.ts';
import { loadRuntime, loadRuntimeNow, runtimeIsThere } from '../../src/engines/onnx/runtime.ts';
import { openEngine } from '../../src/engines/open.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Slot } from '../../src/ir/types.ts';
import { onnx } from './optional.ts';

const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
const sizeOf: ArrayProgram['sizeOf'] = (s) => staticSize(s)!;
const engine = onnx!;

/** Energies Σ_j exp(tanh(Σ_i x[c, i] W[i, j])) of rows, and their gradients: an input x, a constant W. */
function network(rows: number, inputs: number, hidden: number) {
  const b = new Builder();
  const [c, i, j] = [b.axis(b.range(rows)), b.axis(b.range(inputs)), b.axis(b.range(hidden))];
  const x = b.slot('unknown', 'x', REAL, [c.set, i.set]);
  const w = b.slot('data', 'W', REAL, [i.set, j.set]);
  const read = (slot: Slot, ...axes: (typeof c)[]) =>
    b.read(
      slot,
      axes.map((a) => b.axisNode(a)),
    );
  const layer = b.sum([i], b.mul(read(x, c, i), read(w, i, j)));
  const energies = b.sum([j], b.call('exp', b.call('tanh', layer)));
  const slope = gradient(b, b.sum([c], energies), [x]).get(x)!;
  const program: ArrayProgram = {
    outputs: [
      { name: 'energies', axes: [c], node: energies },
      { name: 'gradient', axes: slope.axes, node: slope.body },
      { name: 'same', axes: [c], node: energies },
      { name: 'x', axes: [c, i], node: read(x, c, i) },
      { name: 'W', axes: [i, j], node: read(w, i, j) },
      { name: 'two', axes: [c], node: b.const(2) },
    ],
    sizeOf,
  };
  const fill = (n: number, k: number): Float32Array =>
    Float32Array.from({ length: n }, (_, t) => Math.sin(1 + t * k));
  const constants: Arrays = new Map([[w, { shape: [inputs, hidden], data: fill(inputs * hidden, 1.7) }]]);
  const given: Map<Slot, HostArray> = new Map([
    [x, { shape: [rows, inputs], data: fill(rows * inputs, 0.3) }],
  ]);
  return { program, constants, given, x };
}

describe('the package of ONNX Runtime', () => {
  it('is named where it is missing', async () => {
    await expect(loadRuntime(() => Promise.reject(new Error('no such module')))).rejects.toThrow(
      'the "onnx" engine needs the optional package onnxruntime-node',
    );
  });

  it('is refused where its native part is made otherwise', async () => {
    await expect(loadRuntime(async () => ({ version: '9.1.0', binding: null }))).rejects.toThrow(
      'knows onnxruntime-node 1.30, found 9.1.0',
    );
  });
});

describe('a runtime that cannot be loaded', () => {
  const require = Object.assign(
    () => {
      throw new Error('made for another machine');
    },
    { resolve: (name: string) => name },
  );

  it('is there, and named when it is needed', () => {
    expect(runtimeIsThere(require)).toBe(true);
    expect(() => loadRuntimeNow(require)).toThrow('needs the optional package onnxruntime-node');
  });
});

describe.skipIf(onnx === null)('the engine on ONNX Runtime', () => {
  it('gives inputs, constants and repeated results as outputs, apart from the arrays that it was given', () => {
    const { program, constants, given, x } = network(3, 4, 5);
    const evaluator = engine.compile(program, constants);
    const want = referenceEngine().compile(program, constants).run(given);
    const got = evaluator.run(given);
    for (const [name, { shape, data }] of want) {
      expect(got.get(name)!.shape).toEqual(shape);
      data.forEach((v, k) => {
        expect(got.get(name)!.data[k]).toBeCloseTo(v, 5);
      });
    }
    expect(got.get('x')!.data).not.toBe(given.get(x)!.data);
    got.get('W')!.data.fill(0);
    expect(evaluator.run(given).get('W')!.data[0]).toBeCloseTo(Math.sin(1), 6);
    evaluator.dispose();
  });

  it('takes float64 and bytes, and says what is missing or misshapen', () => {
    const { program, constants, given, x } = network(3, 4, 5);
    const evaluator = engine.compile(program, constants);
    const { shape, data } = given.get(x)!;
    const run = (a: HostArray) => evaluator.run(new Map([[x, a]])).get('energies')!.data;
    expect(run({ shape, data: Float64Array.from(data) })).toEqual(run({ shape, data }));
    const bytes = Uint8Array.from(data, (_, k) => k % 2);
    expect(run({ shape, data: bytes })).toEqual(run({ shape, data: Float64Array.from(bytes) }));
    expect(() => evaluator.run(new Map())).toThrow('no value was given for the unknown "x"');
    expect(() => run({ shape: [4, 3], data })).toThrow('"x" has shape [4,3], expected [3,4]');
    evaluator.dispose();
    evaluator.dispose();
    expect(() => run({ shape, data })).toThrow('has been disposed of');
  });

  it('gives the same bytes in every run, session and engine of as many threads', async () => {
    const { program, constants, given } = network(300, 64, 80);
    const bytes: Record<string, ArrayLike<number>>[] = [];
    for (const threads of [2, 2]) {
      const other = await onnxEngine({ fallback: referenceEngine(), threads });
      const evaluator = other.compile(program, constants);
      for (let k = 0; k < 3; k++)
        bytes.push(Object.fromEntries([...evaluator.run(given)].map(([name, a]) => [name, a.data])));
      evaluator.dispose();
    }
    for (const b of bytes) expect(b).toEqual(bytes[0]);
  });

  it('hands recurrences and functions of matrices to the other engine', async () => {
    const b = new Builder();
    const [i, j] = [b.axis(b.range(2)), b.axis(b.range(2))];
    const a = b.slot('input', 'a', REAL, [i.set, j.set]);
    const body = b.read(a, [b.axisNode(i), b.axisNode(j)]);
    const node = b.matrix('log_det', [{ axes: [i, j], body }], []);
    const asked: ArrayProgram[] = [];
    const fallback: Engine = {
      ...referenceEngine(),
      compile: (p, c) => {
        asked.push(p);
        return referenceEngine().compile(p, c);
      },
    };
    const other = await onnxEngine({ fallback });
    const program = { outputs: [{ name: 'y', axes: [], node }], sizeOf };
    const evaluator = other.compile(program, new Map());
    expect(asked).toEqual([program]);
    const given = new Map([[a, { shape: [2, 2], data: Float64Array.of(3, 1, 1, 2) }]]);
    expect(evaluator.run(given).get('y')!.data[0]).toBeCloseTo(Math.log(5), 12);
  });

  it('is loaded when it is needed', async () => {
    const { program, constants, given } = network(3, 4, 5);
    const lazy = (await onnxWhenNeeded({ fallback: referenceEngine(), threads: 1 }))!;
    const evaluator = lazy.compile(program, constants);
    expect(evaluator.run(given)).toEqual(engine.compile(program, constants).run(given));
    evaluator.dispose();
  });

  it('is had by its name', async () => {
    const opened = await openEngine('onnx');
    expect(opened.name).toBe('onnx');
    expect(opened.epsilon).toBe(2 ** -24);
  });
});

const megabytes = (): number => process.memoryUsage().rss / 2 ** 20;

describe.skipIf(onnx === null)('memory of ONNX Runtime', () => {
  it('stays as it is over 1,000 runs', () => {
    const { program, constants, given } = network(2000, 64, 16);
    const evaluator = engine.compile(program, constants);
    for (let k = 0; k < 100; k++) evaluator.run(given);
    const before = megabytes();
    // A megabyte of results a run.
    for (let k = 0; k < 1000; k++) evaluator.run(given);
    expect(megabytes() - before).toBeLessThan(300);
    evaluator.dispose();
  }, 60_000);

  it('is given back when evaluators are disposed of', () => {
    // 4 MB of constants each.
    const { program, constants, given } = network(4, 1000, 1000);
    const once = (): void => {
      const evaluator = engine.compile(program, constants);
      evaluator.run(given);
      evaluator.dispose();
    };
    for (let k = 0; k < 10; k++) once();
    const before = megabytes();
    for (let k = 0; k < 100; k++) once();
    expect(megabytes() - before).toBeLessThan(300);
  }, 60_000);
});
