/** What gradients spend their time on in generated code: sums by group, triangular systems, results on loan. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Output } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { computeMatrices } from '../../src/engines/linear/batch.ts';
import { factorise, solveWith } from '../../src/engines/linear/lu.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { gradient } from '../../src/ir/derive.ts';
import { solve } from '../../src/ir/matrix.ts';
import { Bench, numbers, sizeOf } from '../ir/matrices.ts';

const kernels = kernelsEngine();

function near(x: HostArray, y: HostArray, tolerance: number): void {
  expect(x.shape).toEqual(y.shape);
  const scale = Array.from(y.data).reduce((a, v) => Math.max(a, Math.abs(v)), 1);
  Array.from(y.data).forEach((v, i) => {
    if (!(Math.abs(x.data[i] - v) <= tolerance * scale))
      throw new Error(`[${i}]: ${x.data[i]}, expected ${v}`);
  });
}

/** Σ sin(a[g[n], h[n]] x[n]) over rows, where `w[n]` is positive, for some chains: its energies and gradients. */
function grouped(
  rows: number,
  groups: number,
  kinds: number,
  index: (n: number) => readonly [number, number],
  guarded: boolean,
) {
  const t = new Bench();
  const { b } = t;
  const [row, group, kind] = [b.range(rows), b.range(groups), b.range(kinds)];
  const a = t.slot('a', [group, kind], numbers(groups * kinds, 1));
  const x = t.slot('x', [row], numbers(rows, 2));
  const w = t.slot('w', [row], numbers(rows, 3));
  const all = Array.from({ length: rows }, (_, n) => index(n));
  const g = t.slot(
    'g',
    [row],
    all.map(([i]) => i),
  );
  const h = t.slot(
    'h',
    [row],
    all.map(([, j]) => j),
  );
  const n = b.axis(row);
  const at = b.axisNode(n);
  const body = b.call('sin', b.mul(b.read(a, [b.read(g, [at]), b.read(h, [at])]), b.read(x, [at])));
  const root = guarded ? b.sum([n], body, b.call('gt', b.read(w, [at]), b.const(0))) : b.sum([n], body);
  const of = (states: readonly Float64Array[]) => {
    const chain = b.axis(b.range(states.length), 'chain');
    const batch = makeBatch(b, [a], [chain]);
    const energy = batch.on(root);
    const z = batch.slots.get(a)!;
    const f = gradient(b, b.sum([chain], energy), [z]).get(z)!;
    const outputs: Output[] = [
      { name: 'energy', axes: [chain], node: energy },
      { name: 'gradient', axes: f.axes, node: f.body },
    ];
    const data = Float64Array.from(states.flatMap((s) => [...s]));
    const inputs: Arrays = new Map([[z, { shape: [states.length, groups, kinds], data }]]);
    const constants: Arrays = new Map([...t.arrays].filter(([s]) => s !== a));
    return { program: { outputs, sizeOf }, inputs, constants };
  };
  return { of, start: t.arrays.get(a)!.data as Float64Array };
}

describe('sums by group', () => {
  const shapes = fc.record({
    rows: fc.integer({ min: 1, max: 120 }),
    groups: fc.integer({ min: 1, max: 9 }),
    kinds: fc.integer({ min: 1, max: 3 }),
    sorted: fc.boolean(),
    guarded: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1000 }),
  });

  it('agree with the reference, and chains do not depend on each other, to the last bit', () => {
    fc.assert(
      fc.property(shapes, ({ rows, groups, kinds, sorted, guarded, seed }) => {
        const random = numbers(rows, seed).map((u) => Math.floor(0.5 * (u + 1) * groups));
        if (sorted) random.sort((x, y) => x - y);
        const { of, start } = grouped(rows, groups, kinds, (n) => [random[n], n % kinds], guarded);
        const states = [1, 0.7, -0.4].map((by) => start.map((x) => by * x));
        const run = (some: readonly Float64Array[]) => {
          const { program, inputs, constants } = of(some);
          const evaluator = kernels.compile(program, constants);
          // Twice: nothing is left from the run before.
          evaluator.run(inputs);
          const out = evaluator.run(inputs);
          evaluator.dispose();
          return out;
        };
        const all = run(states);
        const { program, inputs, constants } = of(states);
        const want = referenceEngine().compile(program, constants).run(inputs);
        for (const name of ['energy', 'gradient']) near(all.get(name)!, want.get(name)!, 1e-12);
        states.forEach((state, k) => {
          for (const [name, { data }] of run([state]))
            expect(all.get(name)!.data.slice(k * data.length, (k + 1) * data.length)).toEqual(data);
        });
      }),
      { numRuns: 60, seed: 41 },
    );
  }, 60_000);
});

describe('results on loan', () => {
  it('are those of a run, in arrays that the next one overwrites', () => {
    const heap = new Heap();
    const { program, inputs, constants } = grouped(37, 4, 1, (n) => [n % 4, 0], false).of([
      Float64Array.of(1, 2, 3, 4),
    ]);
    const evaluator = kernelsEngine(heap).compile(program, constants);
    const want = evaluator.run(inputs);
    const lent = evaluator.borrow!(inputs);
    expect([...lent]).toEqual([...want]);
    const [[slot, { shape }]] = inputs;
    const other = new Map([[slot, { shape, data: Float64Array.of(0, 0, 0, 0) }]]);
    expect(evaluator.borrow!(other)).toBe(lent);
    expect([...lent.get('energy')!.data]).toEqual([0]);
    expect([...want.get('energy')!.data]).not.toEqual([0]);
    heap.allocate(2 ** 22);
    expect([...evaluator.borrow!(inputs)]).toEqual([...want]);
  });

  it('are refused where inputs do not fit, also after some that did', () => {
    const { program, inputs, constants } = grouped(9, 3, 1, () => [0, 0], false).of([
      Float64Array.of(1, 2, 3),
    ]);
    const evaluator = kernels.compile(program, constants);
    evaluator.run(inputs);
    const [[slot, { shape }]] = inputs;
    const short = new Map([[slot, { shape, data: Float64Array.of(1) }]]);
    expect(() => evaluator.borrow!(short)).toThrow(/a has shape|no array for a/);
    evaluator.dispose();
  });
});

describe('triangular systems', () => {
  const matrix = (n: number, seed: number, keep: (i: number, j: number) => boolean): Float64Array =>
    Float64Array.from(numbers(n * n, seed), (x, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return i === j ? 1.5 + x : keep(i, j) ? x : 0;
    });
  const forms = { lower: (i: number, j: number) => j < i, upper: (i: number, j: number) => j > i };
  const solved = (a: Float64Array, n: number, y: Float64Array, m: number): Float64Array => {
    const out = new Float64Array(n * m);
    const operands = [
      { data: a, rows: n, columns: n, same: true },
      { data: y, rows: n, columns: m, same: true },
    ];
    computeMatrices('solve', operands, 1, out);
    return out;
  };

  for (const [name, keep] of Object.entries(forms))
    it(`${name} ones are solved as by elimination, in generated code to the same bits`, () => {
      for (const n of [1, 2, 3, 6, 13])
        for (const m of [1, 2, 3, 8, 11, 18]) {
          const a = matrix(n, n, keep);
          const y = Float64Array.from(numbers(n * m, m));
          const found = solved(a, n, y, m);
          near(
            { shape: [n, m], data: found },
            { shape: [n, m], data: solveWith(factorise(a, n), y, m) },
            1e-11,
          );
          const t = new Bench();
          const { b } = t;
          const [rows, columns] = [b.range(n), b.range(m)];
          const A = t.slot('A', [rows, rows], [...a]);
          const Y = t.slot('Y', [rows, columns], [...y]);
          const [i, j, k, l] = [b.axis(rows), b.axis(rows), b.axis(rows), b.axis(columns)];
          const x = solve(
            b,
            { axes: [i, j], body: b.read(A, [b.axisNode(i), b.axisNode(j)]) },
            { axes: [k, l], body: b.read(Y, [b.axisNode(k), b.axisNode(l)]) },
          );
          const outputs = [{ name: 'x', axes: x.axes, node: x.body }];
          const evaluator = kernels.compile({ outputs, sizeOf }, new Map());
          expect(evaluator.run(t.arrays).get('x')!.data).toEqual(found);
          evaluator.dispose();
        }
    });

  it('have no solution with a zero on the diagonal, or an element that is not finite', () => {
    for (const keep of Object.values(forms))
      for (const [at, value] of [
        [4, 0],
        [0, Number.POSITIVE_INFINITY],
        [8, Number.NaN],
      ]) {
        const a = matrix(3, 1, keep);
        a[at] = value;
        for (const m of [1, 2])
          expect([...solved(a, 3, new Float64Array(3 * m), m)].every(Number.isNaN)).toBe(true);
      }
  });
});

describe('reads outside of an array', () => {
  it('are NaN in both lanes, where an index of a loop around is outside', () => {
    const t = new Bench();
    const { b } = t;
    const [rows, columns] = [b.range(3), b.range(6)];
    const x = t.slot('x', [rows, columns], numbers(18, 4));
    const [i, j] = [b.axis(rows), b.axis(columns)];
    const body = b.read(x, [b.sub(b.axisNode(i), b.const(1)), b.axisNode(j)]);
    const evaluator = kernels.compile(
      { outputs: [{ name: 'f', axes: [i, j], node: body }], sizeOf },
      new Map(),
    );
    const { data } = evaluator.run(t.arrays).get('f')!;
    expect([...data]).toEqual([...new Array(6).fill(Number.NaN), ...t.arrays.get(x)!.data.slice(0, 12)]);
    evaluator.dispose();
  });
});
