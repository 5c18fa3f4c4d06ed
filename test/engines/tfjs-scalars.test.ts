import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/domain.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import { Builder } from '../../src/ir/build.ts';
import { functions } from '../../src/ir/functions.ts';
import type { FnName } from '../../src/ir/types.ts';
import { native, onnx } from './optional.ts';

const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const portable = engineOn(PORTABLE);

/** f over columns of arguments. */
function evaluate(engine: Engine, fn: FnName, columns: readonly (readonly number[])[]): ArrayLike<number> {
  const b = new Builder();
  const n = columns[0].length;
  const i = b.axis(b.range(n));
  const slots = columns.map((_, k) => b.slot('input', `x${k}`, REAL, [i.set]));
  const node = b.call(fn, ...slots.map((s) => b.read(s, [b.axisNode(i)])));
  const evaluator = engine.compile({ outputs: [{ name: 'f', axes: [i], node }], sizeOf: () => n }, new Map());
  const arrays = new Map(
    slots.map((s, k) => [s, { shape: [n], data: Float64Array.from(columns[k]) }] as const),
  );
  const out = evaluator.run(arrays).get('f')!.data;
  evaluator.dispose();
  return out;
}

const line = (lo: number, hi: number, n = 61): number[] =>
  Array.from({ length: n }, (_, k) => Math.fround(lo + ((hi - lo) * k) / (n - 1)));
const positive = (lo: number, hi: number): number[] =>
  line(Math.log(lo), Math.log(hi)).map((x) => Math.fround(Math.exp(x)));
const pairs = (a: readonly number[], b: readonly number[]): number[][] => [
  a.flatMap((x) => b.map(() => x)),
  a.flatMap(() => b.map((y) => y)),
];
const small = [-3, -1.5, -1, -0.25, 0, 0.25, 1, 1.5, 3];

/** Arguments, and the tolerance: relative, and absolute where a function passes through zero. */
const cases: readonly (readonly [FnName, readonly (readonly number[])[], number, number])[] = [
  ['add', pairs(small, small), 1e-6, 0],
  ['sub', pairs(small, small), 1e-6, 0],
  ['mul', pairs(small, small), 1e-6, 0],
  ['div', pairs(small, [-3, 0.7, 2]), 1e-6, 0],
  ['neg', [line(-3, 3)], 0, 0],
  ['square', [line(-3, 3)], 1e-6, 0],
  ['pow', pairs([0.2, 1, 1.7, 5], [-2.5, -2, -0.5, 0.3, 1.5, 3, 4]), 3e-6, 0],
  ['exp', [[...line(-80, 80), -0.001, 0.001]], 1e-6, 0],
  ['expm1', [[...line(-5, 5), 1e-4, -1e-4]], 2e-6, 1e-7],
  ['log', [positive(1e-30, 1e30)], 1e-6, 1e-6],
  ['log1p', [[...line(-0.9, 5), 1e-4]], 2e-6, 1e-7],
  ['sqrt', [line(0, 9)], 1e-6, 0],
  ['abs', [line(-3, 3)], 0, 0],
  ['sign', [[-3, -0.1, 0, 0.1, 3]], 0, 0],
  ['floor', [[-1.5, -1, -0.2, 0, 0.2, 1, 1.7]], 0, 0],
  ['ceil', [[-1.5, -1, -0.2, 0, 0.2, 1, 1.7]], 0, 0],
  ['round', [[-1.6, -1.5, -0.5, 0.4, 0.5, 1.5, 2.5]], 0, 0],
  ['mod', pairs([-7, -4, -1, 0, 1, 3, 4, 9, 2.5], [4, 3, 1]), 1e-6, 0],
  ['min', pairs(small, small), 0, 0],
  ['max', pairs(small, small), 0, 0],
  ['sin', [line(-20, 20)], 0, 2e-6],
  ['cos', [line(-20, 20)], 0, 2e-6],
  ['tan', [line(-1.5, 1.5)], 2e-6, 1e-6],
  ['asin', [line(-1, 1)], 2e-6, 1e-6],
  ['acos', [line(-1, 1)], 2e-6, 1e-6],
  ['atan', [line(-20, 20)], 1e-6, 1e-7],
  ['atan2', pairs(small, [-3, -1, 0.5, 2]), 1e-6, 1e-7],
  ['sinh', [line(-5, 5)], 2e-6, 1e-6],
  ['cosh', [line(-5, 5)], 2e-6, 0],
  ['tanh', [line(-10, 10)], 0, 3e-7],
  ['sigmoid', [line(-30, 30)], 1e-6, 1e-7],
  ['softplus', [[...line(-30, 30), -80, 80, 1e4, -1e4]], 2e-6, 0],
  ['silu', [line(-30, 30)], 1e-6, 1e-7],
  ['relu', [line(-3, 3)], 0, 0],
  ['erf', [line(-4, 4)], 0, 1e-6],
  ['lgamma', [positive(0.01, 1e4)], 2e-6, 3e-5],
  ['digamma', [positive(0.01, 1e4)], 2e-6, 1e-5],
  ['trigamma', [positive(0.01, 1e4)], 5e-6, 1e-6],
  ['lbeta', pairs([0.05, 0.5, 1, 3, 12, 40], [0.1, 1, 2.5, 20]), 2e-6, 1e-4],
  ['erfc', [line(-4, 6)], 1e-5, 0],
  ['log_phi', [[...line(-40, 6), -1e4]], 1e-5, 1e-7],
  ['inverse_mills', [[...line(-40, 6), -1e4]], 1e-5, 1e-7],
  ['log_i0', [[...line(-60, 60), 1e-3, 1e4]], 2e-6, 1e-6],
  ['bessel_ratio', pairs([0, 1, 2, 5], [...line(-30, 30, 13), 1e-3, 200]), 2e-5, 1e-7],
  ['logaddexp', pairs(line(-20, 20, 9), line(-20, 20, 9)), 2e-6, 1e-6],
  ['eq', pairs(small, small), 0, 0],
  ['ne', pairs(small, small), 0, 0],
  ['lt', pairs(small, small), 0, 0],
  ['le', pairs(small, small), 0, 0],
  ['gt', pairs(small, small), 0, 0],
  ['ge', pairs(small, small), 0, 0],
  ['and', pairs([0, 1, 2], [0, 1, -3]), 0, 0],
  ['or', pairs([0, 1, 2], [0, 1, -3]), 0, 0],
  ['not', [[0, 1, 2, -3]], 0, 0],
  ['select', [...pairs([0, 1, 2], [5, -5]), [1, 2, 3, 4, 5, 6]], 0, 0],
  [
    'pick',
    [
      [0, 1, 2, 1],
      [5, 6, 7, 8],
      [-5, -6, -7, -8],
      [1, 2, 3, 4],
    ],
    0,
    0,
  ],
  ['stop_gradient', [line(-3, 3)], 0, 0],
];

/** ONNX Runtime's sigmoid is a quotient of polynomials, right to 1.2e-7 absolutely. */
const coarser: Partial<Record<FnName, number>> = { silu: 2e-6 };

describe.each([
  ['wasm', wasm],
  ['cpu', cpu],
  ['portable', portable],
  ['onnx', onnx],
  ['tensorflow', native],
])('scalar functions on %s', (_, opened) => {
  const engine = opened!;
  it('covers every function of the IR', () => {
    expect(new Set(cases.map(([fn]) => fn))).toEqual(new Set(Object.keys(functions)));
  });

  it.skipIf(opened === null).each(cases)('%s', (fn, columns, relative, usual) => {
    const absolute = (opened === onnx && coarser[fn]) || usual;
    const got = evaluate(engine, fn, columns);
    columns[0].forEach((_, i) => {
      const want = functions[fn].eval(...columns.map((c) => Math.fround(c[i])));
      const error = Math.abs(got[i] - want);
      const arguments_ = columns.map((c) => c[i]).join(', ');
      if (!(error <= relative * Math.abs(want) + absolute))
        throw new Error(`${fn}(${arguments_}) = ${got[i]}, expected ${want}`);
    });
  });

  it.skipIf(opened === null)('keeps infinities and NaN where they mean something', () => {
    const inf = Number.POSITIVE_INFINITY;
    const at = (fn: FnName, ...x: number[]): number =>
      evaluate(
        engine,
        fn,
        x.map((v) => [v, v, v, v, v]),
      )[0];
    expect(at('exp', -inf)).toBe(0);
    expect(at('exp', inf)).toBe(inf);
    expect(at('exp', Number.NaN)).toBeNaN();
    expect(at('log', 0)).toBe(-inf);
    expect(at('logaddexp', -inf, -inf)).toBe(-inf);
    expect(at('logaddexp', -inf, 2)).toBe(2);
    expect(at('max', Number.NaN, 1)).toBeNaN();
    expect(at('lt', 3, inf)).toBe(1);
    expect(at('gt', 3, inf)).toBe(0);
    expect(at('select', 1, 2, Number.NaN)).toBe(2);
  });
});
