import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Output } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import { functions } from '../../src/ir/functions.ts';
import { cholesky, det, logDet, solve } from '../../src/ir/matrix.ts';
import type { Axis, FnName, IndexSet, Lambda, Node, Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../ir/arbitrary.ts';
import { Bench, numbers, positiveDefinite, sizeOf } from '../ir/matrices.ts';
import { type Model, models } from '../ir/scan-models.ts';

const kernels = kernelsEngine();

interface Case {
  readonly outputs: readonly Output[];
  readonly arrays: Arrays;
  readonly sizeOf: (set: IndexSet) => number;
}

/** The difference to the reference is a matter of rounding: relative to the largest element, times `tolerance`. */
function compare(t: Case, constants: (s: Slot) => boolean, tolerance = 1e-12): void {
  const program = { outputs: t.outputs, sizeOf: t.sizeOf };
  const want = referenceEngine().compile(program, new Map()).run(t.arrays);
  const evaluator = kernels.compile(program, new Map([...t.arrays].filter(([s]) => constants(s))));
  const inputs = new Map([...t.arrays].filter(([s]) => !constants(s)));
  for (let repeat = 0; repeat < 2; repeat++) {
    const found = evaluator.run(inputs);
    for (const o of t.outputs) close(o.name, found.get(o.name)!, want.get(o.name)!, tolerance);
  }
  evaluator.dispose();
}

function close(name: string, x: HostArray, y: HostArray, tolerance: number): void {
  expect(x.shape).toEqual(y.shape);
  expect(x.data.length).toBe(y.data.length);
  const scale = Array.from(y.data).reduce((a, v) => Math.max(a, Math.abs(v)), 1);
  for (let i = 0; i < y.data.length; i++)
    if (!(Math.abs(x.data[i] - y.data[i]) <= tolerance * scale) && !Object.is(x.data[i], y.data[i]))
      throw new Error(`${name}[${i}]: ${x.data[i]}, expected ${y.data[i]}`);
}

const withGradients = (p: Program): Case => ({
  arrays: p.arrays,
  sizeOf: p.sizeOf,
  outputs: [
    { name: 'energy', axes: [], node: p.root },
    ...[...gradient(p.builder, p.root, p.real)].map(([s, f]) => ({
      name: s.name,
      axes: f.axes,
      node: f.body,
    })),
  ],
});

describe('random programs with gradients agree with the reference', () => {
  it('everything supplied at run time', () => {
    fc.assert(
      fc.property(arbitraryProgram(), (p) => compare(withGradients(p), () => false)),
      { numRuns: 150, seed: 21 },
    );
  }, 60_000);

  it('discrete slots constant', () => {
    fc.assert(
      fc.property(arbitraryProgram(), (p) => compare(withGradients(p), (s) => !p.real.includes(s))),
      { numRuns: 150, seed: 22 },
    );
  }, 60_000);

  it('everything constant', () => {
    fc.assert(
      fc.property(arbitraryProgram({ depth: 3 }), (p) => compare(withGradients(p), () => true)),
      { numRuns: 60, seed: 23 },
    );
  }, 60_000);
});

/** The root, its gradient, and the gradient of a function of that. */
function twice({ k, root, slots }: Model): Case {
  const { b } = k;
  const first = gradient(b, root, slots);
  const scalar = b.addAll(
    [...first.values()].map((f) => b.sum(f.axes, b.call('sin', b.add(f.body, b.const(0.3))))),
  );
  const second = gradient(b, scalar, slots);
  const all = (name: string, m: typeof first): Output[] =>
    [...m].map(([s, f]) => ({ name: `${name} ${s.name}`, axes: f.axes, node: f.body as Node }));
  return {
    arrays: k.arrays,
    sizeOf: k.sizeOf,
    outputs: [{ name: 'root', axes: [], node: root }, ...all('first', first), ...all('second', second)],
  };
}

describe('recurrences with first and second derivatives', () => {
  it.each(Object.entries(models))('%s', (_name, make) => {
    compare(twice(make()), (s) => s.role === 'data', 1e-11);
    compare(twice(make()), () => true, 1e-11);
  });
});

const output = (name: string, f: Lambda): Output => ({ name, axes: f.axes, node: f.body });

describe('scalar functions', () => {
  const special = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-9, -1e-9, 30, -30, 800, -800, 1e9];
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const names = (Object.keys(functions) as FnName[]).filter((fn) => functions[fn].arity > 0);

  /** Where a function is meant; elsewhere engines may differ. */
  const domains: Partial<Record<FnName, (row: readonly number[]) => boolean>> = {
    lbeta: ([x, y]) => x > 0 && y > 0,
    bessel_ratio: ([nu, x]) => Number.isInteger(nu) && nu >= 0 && nu < 100 && Math.abs(x) < 1e4,
  };

  it.each(names)('%s is that of the reference, in lanes and alone', (fn) => {
    const { arity } = functions[fn];
    const xs = [...special, ...odd, ...numbers(20, 3), ...numbers(20, 7).map((x) => 6 * x)];
    const all = arity === 1 ? xs.map((x) => [x]) : xs.flatMap((x) => xs.map((y) => [x, y, x * y]));
    const rows = all.filter(domains[fn] ?? (() => true));
    const t = new Bench();
    const { b } = t;
    for (const n of [rows.length, rows.length - 1]) {
      const set = b.range(n);
      const i = b.axis(set);
      const slots = Array.from({ length: arity }, (_, k) =>
        t.slot(
          `x${k}`,
          [set],
          rows.slice(0, n).map((r) => r[k]),
        ),
      );
      const node = b.call(fn, ...slots.map((s) => b.read(s, [b.axisNode(i)])));
      const evaluator = kernels.compile({ outputs: [{ name: 'y', axes: [i], node }], sizeOf }, new Map());
      const found = evaluator.run(t.arrays).get('y')!.data;
      evaluator.dispose();
      rows.slice(0, n).forEach((r, k) => {
        const want = functions[fn].eval(...r.slice(0, arity));
        const near = Math.abs(found[k] - want) <= 1e-13 * Math.max(Math.abs(want), 1e-300);
        if (!near && !(Number.isNaN(want) && Number.isNaN(found[k])) && found[k] !== want)
          throw new Error(`${fn}(${r.slice(0, arity)}): ${found[k]}, expected ${want}`);
      });
    }
  });
});

/** A bit of everything over n rows, k columns and three groups. */
function everything(n: number, k: number): { t: Bench; outputs: Output[]; slots: Slot[] } {
  const t = new Bench();
  const { b } = t;
  const [row, col, group] = [b.range(n), b.range(k), b.range(3)];
  const x = t.slot('x', [row, col], numbers(n * k, 1));
  const w = t.slot('w', [col], numbers(k, 2));
  const a = t.slot('a', [group], [0.3, -0.2, 0.5]);
  const of = t.slot(
    'of',
    [row],
    Array.from({ length: n }, (_, i) => (5 * i + 1) % 3),
  );
  const [i, j, g] = [b.axis(row), b.axis(col), b.axis(group)];
  const at = b.axisNode(i);
  const cell = b.read(x, [at, b.axisNode(j)]);
  const eta = b.add(b.sum([j], b.mul(cell, b.read(w, [b.axisNode(j)]))), b.read(a, [b.read(of, [at])]));
  const kept = b.call('gt', b.read(x, [at, b.const(0)]), b.const(0));
  const loss = b.sum([i], b.sub(b.call('softplus', eta), b.mul(b.const(0.3), eta)));
  const spread = b.sum([i], b.call('exp', b.mul(b.const(-1), b.call('square', eta))), kept);
  const tops = (['max', 'min', 'logsumexp'] as const).map((kind) => b.reduce(kind, [i], eta));
  const some = (['max', 'min', 'logsumexp', 'prod'] as const).map((kind) =>
    b.reduce(kind, [j], b.add(b.const(1.2), cell), b.call('lt', cell, b.const(0.7))),
  );
  const groups = b.sum([g], b.call('exp', b.read(a, [b.axisNode(g)])));
  const pairs = b.sum([i, j], b.call('select', kept, b.mul(cell, eta), b.call('exp', cell)));
  const root = b.addAll([loss, spread, tops[2], groups, b.mul(b.const(0.01), pairs)]);
  return {
    t,
    slots: [x, w, a],
    outputs: [
      { name: 'root', axes: [], node: root },
      ...tops.map((node, d) => ({ name: `top ${d}`, axes: [], node })),
      ...some.map((node, d) => ({ name: `some ${d}`, axes: [i], node })),
      { name: 'transposed', axes: [j, i], node: b.mul(cell, eta) },
      { name: 'wider', axes: [g, i], node: eta },
      ...[...gradient(b, root, [x, w, a])].map(([s, f]) => output(`d${s.name}`, f)),
    ],
  };
}

describe('sizes', () => {
  const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 34, 67];
  it.each(sizes)('%i rows', (n) => {
    for (const k of [1, 2, 3, 5, 8, 11]) {
      const { t, outputs } = everything(n, k);
      for (const names of [[], ['of'], ['of', 'x'], ['w', 'a']])
        compare({ outputs, arrays: t.arrays, sizeOf }, (s) => names.includes(s.name));
    }
  });

  it.each([
    [1100, 3],
    [2051, 2],
    [5, 301],
  ])('%i rows of %i', (n, k) => {
    const { t, outputs } = everything(n, k);
    compare({ outputs, arrays: t.arrays, sizeOf }, (s) => s.name === 'of');
  });

  it('no columns', () => {
    const t = new Bench();
    const { b } = t;
    const [i, j] = [b.axis(b.range(4)), b.axis(b.range(0))];
    const x = t.slot('x', [b.range(4), b.range(0)], []);
    const cell = b.read(x, [b.axisNode(i), b.axisNode(j)]);
    const kinds = ['sum', 'prod', 'max', 'min', 'logsumexp'] as const;
    const outputs = kinds.map((kind) => ({ name: kind, axes: [i], node: b.reduce(kind, [j], cell) }));
    compare({ outputs, arrays: t.arrays, sizeOf }, () => false);
  });
});

describe('reads', () => {
  const values = (f: Lambda, t: Bench, constants: readonly Slot[] = []): number[] => {
    const own = new Map([...t.arrays].filter(([s]) => constants.includes(s)));
    const evaluator = kernels.compile({ outputs: [output('f', f)], sizeOf }, own);
    const out = Array.from(evaluator.run(t.arrays).get('f')!.data);
    evaluator.dispose();
    return out;
  };
  const line = () => {
    const t = new Bench();
    const set = t.b.range(5);
    const x = t.slot('x', [set], [1, 2, 3, 4, 5]);
    const p = t.slot('p', [set], [0, 4, -1, 5, 1.5]);
    const i = t.b.axis(set);
    return { t, b: t.b, x, p, i, at: t.b.axisNode(i) };
  };
  const nan = Number.NaN;

  it('outside of an array are NaN, whatever says where', () => {
    const { t, b, x, p, i, at } = line();
    const shifted = b.read(x, [b.sub(at, b.const(1))]);
    const doubled = b.read(x, [b.mul(b.const(2), at)]);
    const reversed = b.read(x, [b.sub(b.const(3), at)]);
    const computed = b.read(x, [b.read(p, [at])]);
    const none = b.read(x, [b.const(7)]);
    const squared = b.at([i], b.call('exp', b.read(x, [at])), [b.read(p, [at])]);
    for (const constants of [[], [p]]) {
      expect(values({ axes: [i], body: shifted }, t, constants)).toEqual([nan, 1, 2, 3, 4]);
      expect(values({ axes: [i], body: doubled }, t, constants)).toEqual([1, 3, 5, nan, nan]);
      expect(values({ axes: [i], body: reversed }, t, constants)).toEqual([4, 3, 2, 1, nan]);
      expect(values({ axes: [i], body: computed }, t, constants)).toEqual([1, 5, nan, nan, nan]);
      expect(values({ axes: [], body: none }, t, constants)).toEqual([nan]);
      const there = values({ axes: [i], body: squared }, t, constants);
      expect(there.map(Number.isNaN)).toEqual([false, false, true, true, true]);
      expect(there[1]).toBeCloseTo(Math.exp(5), 10);
    }
  });

  it('outside of an array do no harm where they are left out', () => {
    const { t, b, x, p, i, at } = line();
    const before = b.call('log', b.read(x, [b.sub(at, b.const(1))]));
    const inner = b.call('gt', at, b.const(0));
    const there = b.read(x, [b.read(p, [at])]);
    const fits = b.call(
      'and',
      b.call('ge', b.read(p, [at]), b.const(0)),
      b.call('le', b.read(p, [at]), b.const(1)),
    );
    const whole = b.call('eq', b.read(p, [at]), b.call('floor', b.read(p, [at])));
    const root = b.addAll([
      b.sum([i], before, inner),
      b.sum([i], b.call('select', inner, before, b.const(3))),
      b.sum([i], b.call('square', there), b.call('and', fits, whole)),
      b.reduce('max', [i], before, inner),
    ]);
    const outputs = [
      { name: 'root', axes: [], node: root },
      ...[...gradient(b, root, [x])].map(([s, f]) => output(s.name, f)),
    ];
    for (const constants of [[], ['p'], ['x']])
      compare({ outputs, arrays: t.arrays, sizeOf }, (s) => constants.includes(s.name));
  });

  it('scatter only to what is inside', () => {
    const { t, b, x, p, i, at } = line();
    const into = b.axis(b.range(5));
    const node = b.scatter([into], [i], [b.read(p, [at])], b.read(x, [at]));
    for (const constants of [[], [p], [x, p]])
      expect(values({ axes: [into], body: node }, t, constants)).toEqual([1, 0, 0, 0, 2]);
  });

  it('complain of missing slots and wrong shapes as the reference does', () => {
    const { t, b, x, i, at } = line();
    const program = { outputs: [{ name: 'x', axes: [i], node: b.read(x, [at]) }], sizeOf };
    const short = { shape: [4], data: new Float64Array(4) };
    for (const given of [new Map(), new Map([[x, short]])]) {
      const told = (): unknown => referenceEngine().compile(program, new Map()).run(given);
      let message = '';
      try {
        told();
      } catch (e) {
        message = (e as Error).message;
      }
      expect(message).not.toBe('');
      expect(() => kernels.compile(program, new Map()).run(given)).toThrow(message);
    }
    expect(() => kernels.compile(program, new Map([[x, short]]))).toThrow('has shape [4], expected [5]');
    expect(kernels.compile(program, t.arrays).run(new Map()).get('x')!.data[4]).toBe(5);
  });

  it('take integers and bytes', () => {
    const { t, b, x, i, at } = line();
    t.arrays.set(x, { shape: [5], data: Uint8Array.of(1, 0, 255, 3, 4) });
    expect(values({ axes: [i], body: b.read(x, [at]) }, t)).toEqual([1, 0, 255, 3, 4]);
    t.arrays.set(x, { shape: [5], data: Int32Array.of(-1, 0, 9, 3, 4) });
    expect(values({ axes: [i], body: b.read(x, [at]) }, t, [x])).toEqual([-1, 0, 9, 3, 4]);
  });
});

describe('functions of matrices', () => {
  const make = (n: number) => {
    const t = new Bench();
    const { b } = t;
    const [gs, s] = [b.range(3), b.range(n)];
    const A = t.slot(
      'A',
      [gs, s, s],
      [1, 2, 3].flatMap((k) => positiveDefinite(n, k)),
    );
    const y = t.slot('y', [gs, s], numbers(3 * n, 5));
    const g = b.axis(gs);
    const [i, j, k] = [b.axis(s), b.axis(s), b.axis(s)];
    const own: Lambda = { axes: [i, j], body: b.read(A, [b.axisNode(g), b.axisNode(i), b.axisNode(j)]) };
    const right: Lambda = { axes: [k], body: b.read(y, [b.axisNode(g), b.axisNode(k)]) };
    return { t, b, g, own, right, A, y };
  };

  it.each([1, 2, 5])('of order %i with gradients', (n) => {
    const { t, b, g, own, right, A, y } = make(n);
    const x = solve(b, own, right);
    const l = cholesky(b, own);
    const diagonal = b.axis(b.range(n));
    const root = b.sum(
      [g],
      b.addAll([
        b.sum(x.axes, b.call('sin', x.body)),
        logDet(b, own),
        det(b, own),
        b.sum([diagonal], b.apply(l, [b.axisNode(diagonal), b.const(0)])),
      ]),
    );
    const outputs = [
      { name: 'root', axes: [], node: root },
      { name: 'l', axes: [g, ...l.axes], node: l.body },
      ...[...gradient(b, root, [A, y])].map(([s, f]) => output(s.name, f)),
    ];
    for (const constants of [[], ['A'], ['A', 'y']])
      compare({ outputs, arrays: t.arrays, sizeOf }, (s) => constants.includes(s.name), 1e-11);
  });
});

describe('chains', () => {
  /** The energies and gradients of some chains, from the arrays of each. */
  const run = (p: Program, states: readonly Arrays[]): ReadonlyMap<string, HostArray> => {
    const { builder: b } = p;
    const chain = b.axis(b.range(states.length), 'chain');
    const batch = makeBatch(b, p.real, [chain]);
    const energy = batch.on(p.root);
    const slots = p.real.map((s) => batch.slots.get(s)!);
    const outputs = [
      { name: 'energy', axes: [chain], node: energy },
      ...[...gradient(b, b.sum([chain], energy), slots)].map(([s, f]) => output(s.name, f)),
    ];
    const constants = new Map([...p.arrays].filter(([s]) => !p.real.includes(s)));
    const evaluator = kernels.compile({ outputs, sizeOf: p.sizeOf }, constants);
    const inputs = new Map(
      p.real.map((s) => {
        const data = states.flatMap((x) => Array.from(x.get(s)!.data));
        return [
          batch.slots.get(s)!,
          { shape: [states.length, ...p.arrays.get(s)!.shape], data: Float64Array.from(data) },
        ];
      }),
    );
    const out = evaluator.run(inputs);
    evaluator.dispose();
    return out;
  };

  it('do not depend on each other, to the last bit', () => {
    fc.assert(
      fc.property(arbitraryProgram(), fc.integer({ min: 2, max: 5 }), (p, count) => {
        const states = Array.from(
          { length: count },
          (_, k): Arrays =>
            new Map([...p.arrays].map(([s, a]) => [s, { ...a, data: a.data.map((x) => x * (1 - 0.1 * k)) }])),
        );
        const all = run(p, states);
        states.forEach((state, k) => {
          for (const [name, { data }] of run(p, [state])) {
            const mine = all.get(name)!.data.slice(k * data.length, (k + 1) * data.length);
            expect(Array.from(mine)).toEqual(Array.from(data));
          }
        });
      }),
      { numRuns: 80, seed: 31 },
    );
  }, 60_000);
});

describe('chains of recurrences', () => {
  it.each(Object.entries(models))('%s: each as it would be alone', (_name, make) => {
    const run = (factors: readonly number[]): ReadonlyMap<string, HostArray> => {
      const { k, root, slots } = make();
      const { b } = k;
      const chain = b.axis(b.range(factors.length), 'chain');
      const batch = makeBatch(b, slots, [chain]);
      const energy = batch.on(root);
      const inputs = slots.map((s) => batch.slots.get(s)!);
      const arrays = new Map(k.arrays);
      slots.forEach((s, i) => {
        const { shape, data } = k.arrays.get(s)!;
        const all = factors.flatMap((f) => Array.from(data, (x) => f * x));
        arrays.set(inputs[i], { shape: [factors.length, ...shape], data: Float64Array.from(all) });
      });
      const outputs = [
        { name: 'energy', axes: [chain], node: energy },
        ...[...gradient(b, b.sum([chain], energy), inputs)].map(([s, f]) => output(s.name, f)),
      ];
      compare({ outputs, arrays, sizeOf: k.sizeOf }, (s) => !inputs.includes(s), 1e-11);
      const evaluator = kernels.compile({ outputs, sizeOf: k.sizeOf }, k.arrays);
      const out = evaluator.run(arrays);
      evaluator.dispose();
      return out;
    };
    const factors = [1, 0.9, 0.8];
    const all = run(factors);
    factors.forEach((f, c) => {
      for (const [name, { data }] of run([f])) {
        const mine = all.get(name)!.data.slice(c * data.length, (c + 1) * data.length);
        expect(Array.from(mine)).toEqual(Array.from(data));
      }
    });
  });
});

describe('memory', () => {
  it('is given back, and does not grow with calls', () => {
    const heap = new Heap();
    const engine = kernelsEngine(heap);
    const { t, outputs } = everything(33, 5);
    const program = { outputs, sizeOf };
    const constants = new Map([...t.arrays].filter(([s]) => s.name === 'of' || s.name === 'x'));
    const first = engine.compile(program, constants);
    const second = engine.compile(program, constants);
    const before = heap.used;
    expect(before).toBeGreaterThan(0);
    const bytes = heap.memory.buffer.byteLength;
    const want = first.run(t.arrays);
    for (let k = 0; k < 10_000; k++) first.run(t.arrays);
    expect(heap.used).toBe(before);
    expect(heap.memory.buffer.byteLength).toBe(bytes);
    first.dispose();
    expect(second.run(t.arrays)).toEqual(want);
    second.dispose();
    second.dispose();
    expect(heap.used).toBe(0);
  });

  it('may move while a program lives', () => {
    const heap = new Heap();
    const engine = kernelsEngine(heap);
    const { t, outputs } = everything(7, 3);
    const first = engine.compile({ outputs, sizeOf }, new Map());
    const want = first.run(t.arrays);
    heap.allocate(2 ** 22);
    expect(first.run(t.arrays)).toEqual(want);
  });
});

describe('large programs', () => {
  it('of thousands of operations on one another compile and agree', () => {
    const t = new Bench();
    const { b } = t;
    const x = t.slot('x', [b.range(7)], numbers(7, 3));
    const i: Axis = b.axis(b.range(7));
    let y = b.read(x, [b.axisNode(i)]);
    for (let k = 0; k < 20_000; k++) y = b.add(b.mul(b.const(0.999), y), b.const(1 / (k + 2)));
    const evaluator = kernels.compile(
      { outputs: [{ name: 'y', axes: [], node: b.sum([i], y) }], sizeOf },
      new Map(),
    );
    let want = 0;
    for (const start of t.arrays.get(x)!.data) {
      let z = start;
      for (let k = 0; k < 20_000; k++) z = 0.999 * z + 1 / (k + 2);
      want += z;
    }
    expect(evaluator.run(t.arrays).get('y')!.data[0]).toBeCloseTo(want, 10);
    evaluator.dispose();
  }, 60_000);

  it('of thousands of statements do too', () => {
    const t = new Bench();
    const { b } = t;
    const x = t.slot('x', [b.range(6)], numbers(6, 3));
    const i = b.axis(b.range(6));
    const sums = Array.from({ length: 1500 }, (_, k) =>
      b.sum([i], b.call('tanh', b.mul(b.const(1 + k / 1000), b.read(x, [b.axisNode(i)])))),
    );
    const outputs = [{ name: 'y', axes: [], node: b.addAll(sums) }];
    compare({ outputs, arrays: t.arrays, sizeOf }, () => false, 1e-11);
  }, 60_000);
});
