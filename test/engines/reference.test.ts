import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { dualGradient, partial } from '../../src/engines/reference/dual.ts';
import { evaluateScalar, referenceEngine } from '../../src/engines/reference/engine.ts';
import { OutOfRange } from '../../src/engines/reference/evaluate.ts';
import { compensatedSum, logSumExp } from '../../src/engines/reference/sum.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { IndexSet, Node, Slot } from '../../src/ir/types.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const INF = Number.POSITIVE_INFINITY;

function setUp() {
  const b = new Builder();
  const site = b.set('site', { kind: 'range', size: 3 });
  const row = b.set('row', { kind: 'open' });
  const s = b.slot('unknown', 's', REAL, [site]);
  const t = b.slot('data', 't', REAL, [row, site]);
  const sizeOf = (set: IndexSet): number => (set === row ? 2 : (staticSize(set) ?? Number.NaN));
  const arrays = new Map<Slot, HostArray>([
    [s, { shape: [3], data: Float64Array.of(1, 2, 4) }],
    [t, { shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
  ]);
  const [i, r] = [b.axis(site, 'i'), b.axis(row, 'r')];
  const value = (n: Node): number => evaluateScalar(n, arrays, sizeOf);
  return { b, site, row, s, t, sizeOf, arrays, i, r, value, at: b.axisNode(i), rt: b.axisNode(r) };
}

describe('the reference engine', () => {
  it('says what it is', () => {
    expect(referenceEngine()).toMatchObject({ name: 'reference', epsilon: 2 ** -53 });
  });

  it('evaluates outputs over their axes in the order asked for, others repeated', () => {
    const { b, s, t, sizeOf, arrays, i, r, at, rt } = setUp();
    const node = b.mul(b.read(t, [rt, at]), b.const(10));
    const program = {
      sizeOf,
      outputs: [
        { name: 'transposed', axes: [i, r], node },
        { name: 'repeated', axes: [r, i], node: b.read(s, [at]) },
        { name: 'scalar', axes: [], node: b.sum([i, r], node) },
      ],
    };
    const evaluator = referenceEngine().compile(program, new Map([...arrays].filter(([slot]) => slot === t)));
    const out = evaluator.run(new Map([...arrays].filter(([slot]) => slot === s)));
    evaluator.dispose();
    expect(out.get('transposed')).toEqual({ shape: [3, 2], data: Float64Array.of(0, 30, 10, 40, 20, 50) });
    expect(out.get('repeated')).toEqual({ shape: [2, 3], data: Float64Array.of(1, 2, 4, 1, 2, 4) });
    expect(out.get('scalar')).toEqual({ shape: [], data: Float64Array.of(150) });
  });

  it('reduces by each operation, with and without a condition', () => {
    const { b, s, i, at, value } = setUp();
    const x = b.read(s, [at]);
    const some = b.call('ge', at, b.const(1));
    const none = b.call('gt', at, b.const(5));
    const all = (kind: 'sum' | 'prod' | 'max' | 'min' | 'logsumexp'): number[] =>
      [null, some, none].map((where) => value(b.reduce(kind, [i], x, where)));
    expect(all('sum')).toEqual([7, 6, 0]);
    expect(all('prod')).toEqual([8, 8, 1]);
    expect(all('max')).toEqual([4, 4, -INF]);
    expect(all('min')).toEqual([1, 2, INF]);
    const lse = (...xs: number[]): number => Math.log(xs.reduce((a, y) => a + Math.exp(y), 0));
    expect(all('logsumexp')[0]).toBeCloseTo(lse(1, 2, 4), 14);
    expect(all('logsumexp')[1]).toBeCloseTo(lse(2, 4), 14);
    expect(all('logsumexp')[2]).toBe(-INF);
  });

  it('scatters with sums, and zero where nothing arrives', () => {
    const { b, site, s, i, at, value } = setUp();
    const p = b.axis(site);
    const n = b.scatter([p], [i], [b.call('min', at, b.const(1))], b.read(s, [at]));
    const kept = b.scatter([p], [i], [at], b.read(s, [at]), b.call('ne', at, b.const(1)));
    const values = (f: Node): number[] => [0, 1, 2].map((k) => value(b.substitute(f, [p], [b.const(k)])));
    expect(values(n)).toEqual([1, 6, 0]);
    expect(values(kept)).toEqual([1, 0, 4]);
  });

  it('reads outside of a slot or of an array throw OutOfRange with name and indices', () => {
    const { b, site, s, t, i, at, value } = setUp();
    const thrown = (n: Node): OutOfRange => {
      try {
        value(n);
      } catch (e) {
        if (e instanceof OutOfRange) return e;
      }
      throw new Error('did not throw OutOfRange');
    };
    const after = b.read(t, [b.const(1), b.add(at, b.const(1))]);
    expect(thrown(b.sum([i], after))).toMatchObject({ slot: 't', indices: [1, 3] });
    expect(thrown(b.sum([i], after)).message).toBe('t[1, 3] is out of range: its shape is [2, 3]');
    expect(thrown(b.read(s, [b.const(-1)])).indices).toEqual([-1]);
    expect(thrown(b.read(s, [b.const(0.5)])).indices).toEqual([0.5]);
    const p = b.axis(site, 'p');
    expect(thrown(b.at([p], b.call('exp', b.read(s, [b.axisNode(p)])), [b.const(7)])).slot).toBe('[… for p]');
    expect(thrown(b.call('pick', b.read(s, [b.const(2)]), at, at)).indices).toEqual([4]);
  });

  it('leaves out what select, and, or, pick and where leave out', () => {
    const { b, s, i, at, value } = setUp();
    const before = b.read(s, [b.sub(at, b.const(1))]);
    const inside = b.call('gt', at, b.const(0));
    expect(value(b.sum([i], before, inside))).toBe(3);
    expect(value(b.sum([i], b.call('select', inside, before, b.const(10))))).toBe(13);
    const small = b.call('lt', before, b.const(2));
    expect(value(b.sum([i], b.call('and', inside, small)))).toBe(1);
    expect(value(b.sum([i], b.call('or', b.call('not', inside), small)))).toBe(2);
    expect(value(b.sum([i], b.call('pick', b.call('min', at, b.const(1)), b.const(5), before)))).toBe(8);
  });

  it('refuses a missing slot and one of the wrong shape', () => {
    const { b, s, i, at, sizeOf } = setUp();
    const n = b.sum([i], b.read(s, [at]));
    expect(() => evaluateScalar(n, new Map(), sizeOf)).toThrow('no array for s');
    const wrong = new Map([[s, { shape: [2], data: Float64Array.of(1, 2) }]]);
    expect(() => evaluateScalar(n, wrong, sizeOf)).toThrow('s has shape [2], expected [3]');
  });

  it('memoises: the gradient of a three-layer network ends, and is right', () => {
    const b = new Builder();
    const sizes = [32, 64, 64];
    const sets = sizes.map((n) => b.range(n));
    const row = b.set('row', { kind: 'range', size: 8 });
    const arrays = new Map<Slot, HostArray>();
    const slot = (name: string, over: readonly IndexSet[]): Slot => {
      const made = b.slot('param', name, REAL, over);
      const shape = over.map((o) => staticSize(o) ?? 0);
      const size = shape.reduce((x, y) => x * y, 1);
      const data = Float64Array.from({ length: size }, (_, k) => Math.sin(k + 1) / 4);
      arrays.set(made, { shape, data });
      return made;
    };
    const r = b.axis(row);
    const x = slot('x', [row, sets[0]]);
    const layer = (input: (k: Node) => Node, from: IndexSet, W: Slot, j: Node | null): Node => {
      const k = b.axis(from);
      const at = b.axisNode(k);
      return b.sum([k], b.mul(b.read(W, j ? [j, at] : [at]), input(at)));
    };
    const [W1, W2, w3] = [
      slot('W1', [sets[1], sets[0]]),
      slot('W2', [sets[2], sets[1]]),
      slot('w3', [sets[2]]),
    ];
    const h1 = (j: Node): Node =>
      b.call(
        'silu',
        layer((k) => b.read(x, [b.axisNode(r), k]), sets[0], W1, j),
      );
    const h2 = (j: Node): Node => b.call('silu', layer(h1, sets[1], W2, j));
    const root = b.sum([r], b.call('square', layer(h2, sets[2], w3, null)));
    const sizeOf = (s: IndexSet): number => staticSize(s) ?? Number.NaN;
    const f = gradient(b, root, [W1]).get(W1);
    if (!f) throw new Error('no gradient');
    const outputs = [{ name: 'g', axes: f.axes, node: f.body }];
    const g = referenceEngine().compile({ outputs, sizeOf }, arrays).run(new Map()).get('g');
    // One element against a finite difference.
    const at = (shift: number): number => {
      const W = arrays.get(W1);
      if (!W) throw new Error('no array');
      const data = Float64Array.from(W.data);
      data[100] += shift;
      return evaluateScalar(root, new Map([...arrays, [W1, { shape: W.shape, data }]]), sizeOf);
    };
    expect(g?.data[100]).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 5);
  });
});

describe('sums', () => {
  it('are compensated', () => {
    expect(compensatedSum([1, 1e100, 1, -1e100])).toBe(2);
    expect(compensatedSum(Array.from({ length: 1_000_000 }, () => 0.1))).toBe(100_000);
    expect(compensatedSum([])).toBe(0);
  });

  it('keep infinities', () => {
    expect(compensatedSum([1, INF, 2])).toBe(INF);
    expect(compensatedSum([INF, -INF])).toBeNaN();
  });

  it('of exponentials neither overflow nor lose what is small', () => {
    expect(logSumExp([1000, 1000])).toBe(1000 + Math.LN2);
    expect(logSumExp([-1000, -INF])).toBe(-1000);
    expect(logSumExp([-INF])).toBe(-INF);
    expect(logSumExp([INF, 0])).toBe(INF);
  });
});

describe('dual numbers', () => {
  it('give value and gradient of a quadratic form', () => {
    const { b, s, t, i, r, at, rt, arrays, sizeOf } = setUp();
    const root = b.sum([r], b.call('square', b.sum([i], b.mul(b.read(t, [rt, at]), b.read(s, [at])))));
    // t s = (10, 31); gradient 2 tᵀ t s.
    expect(dualGradient(root, s, arrays, sizeOf)).toEqual({
      value: 1061,
      gradient: Float64Array.of(186, 268, 350),
    });
  });

  it('are zero for a slot that is not read, and stop at stop_gradient', () => {
    const { b, s, t, i, at, arrays, sizeOf } = setUp();
    const root = b.sum([i], b.call('stop_gradient', b.read(s, [at])));
    expect(dualGradient(root, s, arrays, sizeOf)).toEqual({ value: 7, gradient: new Float64Array(3) });
    expect(dualGradient(root, t, arrays, sizeOf).gradient).toEqual(new Float64Array(6));
  });

  it('take slopes from the table of partials', () => {
    expect(partial('mul', 0, [3, 5])).toBe(5);
    expect(partial('pow', 1, [2, 3])).toBeCloseTo(8 * Math.LN2, 14);
    expect(partial('floor', 0, [2.5])).toBe(0);
  });
});
