import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { choleskyFactor } from '../../src/engines/linear/cholesky.ts';
import { determinant, factorise, isRegular, solveWith } from '../../src/engines/linear/lu.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { type Dense, matrixBy, plainMatrix } from '../../src/engines/reference/matrix.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import { explain } from '../../src/engines/tfjs/index.ts';
import { functions } from '../../src/ir/functions.ts';
import { cholesky, det, diagonal, inverse, logDet, product, solve, transpose } from '../../src/ir/matrix.ts';
import type { Lambda, MatrixFn, Slot } from '../../src/ir/types.ts';
import { Bench, distance, numbers, positiveDefinite, sizeOf } from '../ir/matrices.ts';
import { native } from './optional.ts';

const reference = referenceEngine();
const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const engines: readonly (readonly [string, Engine])[] = [
  ['wasm', wasm],
  ['cpu', cpu],
  ['portable', engineOn(PORTABLE)],
  ...(native ? ([['tensorflow', native]] as const) : []),
];

/** The value on an engine, with slots as inputs or as constants. */
function run(engine: Engine, t: Bench, f: Lambda, constants: readonly Slot[] = []): number[] {
  const own = new Map([...t.arrays].filter(([s]) => constants.includes(s)));
  const inputs = new Map([...t.arrays].filter(([s]) => !constants.includes(s)));
  const evaluator = engine.compile({ outputs: [{ name: 'f', axes: f.axes, node: f.body }], sizeOf }, own);
  const out = Array.from(evaluator.run(inputs).get('f')!.data);
  evaluator.dispose();
  return out;
}

/** A batch of positive definite matrices A[g, i, j], one K[i, j], and vectors y[g, i]. */
function batch(groups = 5, n = 4) {
  const t = new Bench();
  const { b } = t;
  const [gs, s] = [b.range(groups), b.range(n)];
  const A = t.slot(
    'A',
    [gs, s, s],
    Array.from({ length: groups }, (_, k) => positiveDefinite(n, k + 1)).flat(),
  );
  const K = t.slot('K', [s, s], positiveDefinite(n, 77));
  const y = t.slot('y', [gs, s], numbers(groups * n, 5));
  const g = b.axis(gs);
  const at = b.axisNode(g);
  const [i, j, k] = [b.axis(s), b.axis(s), b.axis(s)];
  const own: Lambda = { axes: [i, j], body: b.read(A, [at, b.axisNode(i), b.axisNode(j)]) };
  const right: Lambda = { axes: [k], body: b.read(y, [at, b.axisNode(k)]) };
  const over = (f: Lambda): Lambda => ({ axes: [g, ...f.axes], body: f.body });
  return { t, b, g, own, right, over, K, A, y };
}

const cases: Readonly<Record<string, (k: ReturnType<typeof batch>) => Lambda>> = {
  'one matrix': ({ b, K }) => inverse(b, b.readAll(K)),
  'a batch of factors': ({ b, own, over }) => over(cholesky(b, own)),
  'a batch of solutions': ({ b, own, right, over }) => over(solve(b, own, right)),
  'one matrix, a batch of right sides': ({ b, K, right, over }) => over(solve(b, b.readAll(K), right)),
  'a batch of matrices, one right side': ({ b, K, own, over }) => over(solve(b, own, b.readAll(K))),
  determinants: ({ b, own, over }) => over({ axes: [], body: det(b, own) }),
  logarithms: ({ b, own, over }) => over({ axes: [], body: logDet(b, own) }),
  'a diagonal': ({ b, own, over }) => over(diagonal(b, cholesky(b, own))),
  'the square of a factor, transposed': ({ b, own, over }) => {
    const l = cholesky(b, own);
    return over(transpose(product(b, l, transpose(l))));
  },
  'a gradient': ({ t, b, own, right, over, A, g }) => {
    const { body } = over(solve(b, cholesky(b, own), right));
    return t.derivative(b.sum([g], t.mix({ axes: body.axes.filter((a) => a !== g), body })), A);
  },
  'a factor read at indices that are computed': ({ b, own, over, y, g }) => {
    const k = b.axis(b.range(3));
    const at = b.call(
      'mod',
      b.call('floor', b.mul(b.const(7), b.call('abs', b.read(y, [b.axisNode(g), b.axisNode(k)])))),
      b.const(4),
    );
    const l = cholesky(b, own);
    return over({ axes: [k], body: b.apply(l, [at, b.const(0)]) });
  },
};

describe.each(engines)('matrices on %s', (_, engine) => {
  it.each(Object.keys(cases))('%s: as the reference', (name) => {
    const k = batch();
    const f = cases[name](k);
    const want = run(reference, k.t, f);
    expect(want.every(Number.isFinite)).toBe(true);
    expect(distance(run(engine, k.t, f), want)).toBeLessThan(2e-5);
    for (const constants of [[k.A], [k.K], [k.A, k.K, k.y]])
      expect(distance(run(engine, k.t, f, constants), want)).toBeLessThan(2e-5);
  });

  it('takes one step for a whole batch, and for every read of a result', () => {
    const { b, own, over } = batch();
    const l = cholesky(b, own);
    const f = over({ axes: [], body: b.add(b.sum(l.axes, l.body), b.apply(l, [b.const(0), b.const(0)])) });
    const evaluator = engine.compile(
      { outputs: [{ name: 'f', axes: f.axes, node: f.body }], sizeOf },
      new Map(),
    );
    const lines = explain(evaluator).split('\n');
    expect(lines.filter((s) => s.includes('cholesky('))).toHaveLength(1);
    evaluator.dispose();
  });

  it('is not a number for the matrices of a batch that have no result, and only for those', () => {
    const t = new Bench();
    const { b } = t;
    const [gs, s] = [b.range(3), b.range(2)];
    const A = t.slot('A', [gs, s, s], [4, 2, 2, 3, 1, 2, 2, 1, 1, 2, 2, 4]);
    const [g, i, j] = [b.axis(gs), b.axis(s), b.axis(s)];
    const own = {
      axes: [i, j],
      body: b.read(
        A,
        [g, i, j].map((a) => b.axisNode(a)),
      ),
    };
    const l = cholesky(b, own);
    const inv = inverse(b, own);
    const nan = (f: Lambda): boolean[] => {
      const all = run(engine, t, { axes: [g, ...f.axes], body: f.body });
      return [0, 1, 2].map((k) => all.slice(4 * k, 4 * k + 4).every(Number.isNaN));
    };
    expect(nan(l)).toEqual([false, true, true]);
    expect(nan(inv)).toEqual([false, false, true]);
  });

  it('has results over empty sets', () => {
    const { t, b, own, over } = batch(0, 3);
    expect(run(engine, t, over(cholesky(b, own)))).toEqual([]);
  });
});

describe('linear algebra in float64', () => {
  it('factorises: rows in order of their pivots are the product of the factors', () => {
    const n = 6;
    const a = numbers(n * n, 3);
    const { factors, rows } = factorise(a, n);
    const at = (i: number, j: number): number => {
      let s = 0;
      for (let k = 0; k <= Math.min(i, j); k++) s += (k === i ? 1 : factors[i * n + k]) * factors[k * n + j];
      return s;
    };
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) expect(at(i, j)).toBeCloseTo(a[rows[i] * n + j], 13);
  });

  it('has the determinants of a permutation, and knows singular matrices', () => {
    expect(determinant(factorise([0, 1, 0, 0, 0, 1, 1, 0, 0], 3))).toBe(1);
    expect(determinant(factorise([0, 1, 1, 0], 2))).toBe(-1);
    expect(isRegular(factorise([1, 2, 2, 4], 2))).toBe(false);
    expect(isRegular(factorise([1, Number.POSITIVE_INFINITY, 0, 1], 2))).toBe(false);
    expect([...solveWith(factorise([1, 2, 2, 4], 2), [1, 1], 1)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('solves the Hilbert matrix of order 8 to what its condition leaves', () => {
    const n = 8;
    const h = Array.from({ length: n * n }, (_, k) => 1 / (Math.floor(k / n) + (k % n) + 1));
    const y = Array.from({ length: n }, (_, i) => h.slice(i * n, (i + 1) * n).reduce((s, x) => s + x, 0));
    const x = solveWith(factorise(h, n), y, 1);
    // Its condition number is 1.5e10.
    for (const v of x) expect(Math.abs(v - 1)).toBeLessThan(1e-5);
  });

  it('takes the Cholesky factor of the symmetric part', () => {
    const skew = [4, 3, 1, 3];
    expect([...choleskyFactor(skew, 2)]).toEqual([...choleskyFactor([4, 2, 2, 3], 2)]);
    expect([...choleskyFactor([0], 1)]).toEqual([Number.NaN]);
  });

  it('agrees with elimination in any arithmetic', () => {
    const scalars = {
      constant: (x: number): number => x,
      value: (x: number): number => x,
      call: (fn: keyof typeof functions, xs: readonly number[]): number => functions[fn].eval(...xs),
    };
    const a: Dense<number> = { rows: 5, columns: 5, items: positiveDefinite(5, 2) };
    const y: Dense<number> = { rows: 5, columns: 2, items: numbers(10, 4) };
    for (const fn of ['solve', 'cholesky', 'det', 'log_det'] as const satisfies readonly MatrixFn[])
      expect(distance([...matrixBy(scalars, fn, [a, y])], [...plainMatrix(fn, [a, y])])).toBeLessThan(1e-12);
  });
});
