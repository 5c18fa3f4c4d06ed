import { describe, expect, it } from 'vitest';
import { autoEngine, isAuto } from '../../src/engines/choice.ts';
import { machines, nanoseconds, workOf } from '../../src/engines/cost.ts';
import type { ArrayProgram, Engine } from '../../src/engines/engine.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import type { Node } from '../../src/ir/types.ts';

const real = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const sizeOf: ArrayProgram['sizeOf'] = (s) => staticSize(s)!;
const named = (name: string): Engine => ({
  name,
  epsilon: 1,
  compile: () => ({
    run: () => new Map([['engine', { shape: [], data: Float64Array.of(0) }]]),
    dispose: () => {},
  }),
});

/** Σ_i (Σ_k W[i,k] x[k])² over an n × n matrix and a batch. */
function quadratic(n: number, batch: number): ArrayProgram {
  const b = new Builder();
  const [i, k, c] = [b.axis(b.range(n)), b.axis(b.range(n)), b.axis(b.range(batch))];
  const w = b.slot('data', 'W', real, [i.set, k.set]);
  const x = b.slot('input', 'x', real, [c.set, k.set]);
  const read = (slot: typeof w, ...axes: (typeof i)[]): Node =>
    b.read(
      slot,
      axes.map((a) => b.axisNode(a)),
    );
  const layer = b.sum([k], b.mul(read(w, i, k), read(x, c, k)));
  return { outputs: [{ name: 'e', axes: [c], node: b.sum([i], b.call('exp', layer)) }], sizeOf };
}

describe('the cost model', () => {
  it('counts what is done', () => {
    const w = workOf(quadratic(10, 3));
    expect(w.products).toBe(300);
    expect(w.transcendentals).toBe(30);
    expect(w.elements).toBe(30);
    expect(w.operations).toBe(3);
    expect(w.recurrences).toBe(0);
  });

  it('counts nothing for what never changes', () => {
    const b = new Builder();
    const i = b.axis(b.range(1000));
    const d = b.slot('data', 'd', real, [i.set]);
    const node = b.sum([i], b.call('exp', b.read(d, [b.axisNode(i)])));
    expect(workOf({ outputs: [{ name: 'e', axes: [], node }], sizeOf })).toEqual({
      operations: 0,
      elements: 0,
      transcendentals: 0,
      products: 0,
      matrices: 0,
      recurrences: 0,
    });
  });

  it('gives small programs to kernels and large products to tensors', () => {
    const auto = autoEngine([named('kernels'), named('tfjs:wasm')]);
    expect(isAuto(auto)).toBe(true);
    expect(auto.choose(quadratic(20, 4)).engine.name).toBe('kernels');
    expect(auto.choose(quadratic(512, 512)).engine.name).toBe('tfjs:wasm');
    expect(auto.choose(quadratic(20, 4)).why).toMatch(/^about .* an evaluation \(tfjs:wasm .*\)$/);
  });

  it('gives ONNX Runtime what it can say, and recurrences and functions of matrices to others', () => {
    const auto = autoEngine([named('kernels'), named('tfjs:wasm'), named('onnx')]);
    expect(auto.choose(quadratic(20, 4)).engine.name).toBe('kernels');
    expect(auto.choose(quadratic(512, 512)).engine.name).toBe('onnx');
    const b = new Builder();
    const [c, i, j] = [b.axis(b.range(5000)), b.axis(b.range(3)), b.axis(b.range(3))];
    const a = b.slot('input', 'a', real, [c.set, i.set, j.set]);
    const body = b.read(a, [b.axisNode(c), b.axisNode(i), b.axisNode(j)]);
    const node = b.matrix('log_det', [{ axes: [i, j], body }], []);
    const program = { outputs: [{ name: 'e', axes: [c], node }], sizeOf };
    expect(workOf(program).matrices).toBe(45_000);
    expect(auto.choose(program).engine.name).not.toBe('onnx');
  });

  it('knows every engine that is chosen from', () => {
    const work = workOf(quadratic(8, 2));
    for (const m of Object.values(machines)) expect(nanoseconds(work, m)).toBeGreaterThan(0);
  });
});
