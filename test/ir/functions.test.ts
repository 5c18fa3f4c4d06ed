import { describe, expect, it } from 'vitest';
import { dualGradient } from '../../src/engines/reference/dual.ts';
import { evaluateScalar } from '../../src/engines/reference/engine.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import { functions } from '../../src/ir/functions.ts';
import type { FnName, IndexSet, Node, Slot } from '../../src/ir/types.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const sizeOf = (s: IndexSet): number => staticSize(s) ?? Number.NaN;

/** Points away from kinks and jumps, in the domain of each function. */
const line = [[-1.7], [-0.4], [0.3], [2.6]];
const right = [[0.15], [0.8], [2.4], [9.5]];
const unit = [[-0.8], [-0.1], [0.45], [0.9]];
const plane = [
  [0.7, 1.9],
  [-1.3, 0.4],
  [2.2, -0.6],
  [-0.5, -1.8],
];
const truths = [
  [0, 1],
  [1, 1],
  [1, 0],
  [0, 0],
];
const points: Readonly<Record<FnName, readonly (readonly number[])[]>> = {
  add: plane,
  sub: plane,
  mul: plane,
  div: plane,
  neg: line,
  square: line,
  pow: [
    [0.7, 1.9],
    [1.3, -0.4],
    [2.2, 3],
    [0.4, 0.5],
  ],
  exp: line,
  expm1: line,
  log: right,
  log1p: right,
  sqrt: right,
  abs: line,
  sign: line,
  floor: line,
  ceil: line,
  round: line,
  mod: plane,
  min: plane,
  max: plane,
  sin: line,
  cos: line,
  tan: unit,
  asin: unit,
  acos: unit,
  atan: line,
  atan2: plane,
  sinh: line,
  cosh: line,
  tanh: line,
  sigmoid: line,
  softplus: line,
  silu: line,
  relu: line,
  erf: line,
  lgamma: right,
  digamma: right,
  trigamma: right,
  lbeta: [
    [0.6, 1.9],
    [2.3, 0.4],
    [12.2, 3.5],
    [15, 21],
  ],
  erfc: line,
  log_phi: [...line, [-4.5], [6]],
  inverse_mills: [...line, [-4.5], [6]],
  log_i0: [...line, [0], [12.5]],
  bessel_ratio: [
    [0, 0],
    [0, 1.7],
    [1, -0.6],
    [2, 35.5],
  ],
  logaddexp: plane,
  eq: plane,
  ne: plane,
  lt: plane,
  le: plane,
  gt: plane,
  ge: plane,
  and: truths,
  or: truths,
  not: [[0], [1]],
  select: [
    [1, 0.3, -0.8],
    [0, 0.3, -0.8],
  ],
  pick: [
    [0, 0.3, -0.8],
    [1, 0.3, -0.8],
  ],
  stop_gradient: line,
};

/** Arguments that are not differentiated: conditions and positions. */
const discrete: Partial<Record<FnName, readonly number[]>> = {
  and: [0, 1],
  or: [0, 1],
  not: [0],
  select: [0],
  pick: [0],
  bessel_ratio: [0],
};

interface Applied {
  readonly b: Builder;
  readonly slots: readonly Slot[];
  readonly node: Node;
  readonly at: (n: Node, xs: readonly number[]) => number;
}

function applied(fn: FnName, arity: number): Applied {
  const b = new Builder();
  const slots = Array.from({ length: arity }, (_, i) => b.slot('unknown', `x${i}`, REAL, []));
  const at = (n: Node, xs: readonly number[]): number =>
    evaluateScalar(n, new Map(slots.map((s, i) => [s, { shape: [], data: Float64Array.of(xs[i]) }])), sizeOf);
  return { b, slots, node: b.call(fn, ...slots.map((s) => b.read(s, []))), at };
}

/** Five-point central difference in argument i. */
function difference({ at }: Applied, n: Node, xs: readonly number[], i: number): number {
  const h = 2 ** -9;
  const f = (k: number): number =>
    at(
      n,
      xs.map((x, j) => (j === i ? x + k * h : x)),
    );
  return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h);
}

const names = Object.keys(points) as FnName[];

describe('partials of scalar functions', () => {
  it('the table of points names every function', () => {
    expect(names.toSorted()).toEqual(Object.keys(functions).toSorted());
  });

  it.each(names)('%s: first, second and third derivatives against finite differences', (fn) => {
    for (const xs of points[fn]) {
      const f = applied(fn, xs.length);
      let level: Node[] = [f.node];
      for (let order = 1; order <= 3; order++) {
        const next: Node[] = [];
        for (const n of level)
          f.slots.forEach((s, i) => {
            if (discrete[fn]?.includes(i)) return;
            const d = gradient(f.b, n, [s]).get(s)?.body ?? f.b.const(Number.NaN);
            next.push(d);
            if (fn === 'stop_gradient') {
              expect(d).toBe(f.b.const(0));
              return;
            }
            const found = f.at(d, xs);
            const want = difference(f, n, xs, i);
            const scale = 1 + Math.abs(want) + Math.abs(f.at(n, xs));
            if (!(Math.abs(found - want) <= 1e-5 * scale))
              throw new Error(`${fn}(${xs}), order ${order}, argument ${i}: ${found}, expected ${want}`);
          });
        level = [...new Set(next)];
      }
    }
  });

  it('0 to a positive power has no derivative in the exponent', () => {
    const f = applied('pow', 2);
    const d = gradient(f.b, f.node, f.slots);
    expect(f.slots.map((s) => f.at(d.get(s)?.body ?? f.node, [0, 1.5]))).toEqual([0, 0]);
  });

  it('ψ″(1) = −2ζ(3), ψ‴(1) = π⁴/15', () => {
    const f = applied('trigamma', 1);
    const [x] = f.slots;
    const second = gradient(f.b, f.node, [x]).get(x)?.body ?? f.node;
    expect(f.at(second, [1])).toBeCloseTo(-2 * 1.2020569031595942, 13);
    const third = gradient(f.b, second, [x]).get(x)?.body ?? f.node;
    expect(f.at(third, [1])).toBeCloseTo(Math.PI ** 4 / 15, 11);
    expect(
      dualGradient(f.node, x, new Map([[x, { shape: [], data: Float64Array.of(1) }]]), sizeOf).gradient[0],
    ).toBeCloseTo(f.at(second, [1]), 13);
  });
});
