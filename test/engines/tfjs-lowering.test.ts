import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type HostArray, sizeOfShape } from '../../src/arrays.ts';
import type { Arrays, Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn, type TfjsEvaluator } from '../../src/engines/tfjs/evaluator.ts';
import { bestBackend, explain, profile, tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Axis, IndexSet, Node, Slot } from '../../src/ir/types.ts';
import { Bench } from './bench.ts';
import { native, nativeGraphs, onnx } from './optional.ts';

const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const portable = engineOn(PORTABLE);
/** ONNX Runtime and native TensorFlow too, where they are installed. */
const engines = [wasm, cpu, portable, onnx, native, nativeGraphs].filter((e) => e !== null);

const only = (arrays: Arrays, keep: (s: Slot) => boolean): Arrays =>
  new Map([...arrays].filter(([s]) => keep(s)));

/** Every engine, with `constant` slots as constants and with all supplied at run time, against the reference. */
function agree(
  t: Bench,
  node: Node,
  axes: readonly Axis[],
  constant: readonly Slot[] = [],
  tolerance = 3e-6,
): void {
  const program = { outputs: [{ name: 'y', axes, node }], sizeOf: t.sizeOf };
  const want = referenceEngine().compile(program, t.arrays).run(new Map()).get('y')!;
  const scale = Math.max(1, ...Array.from(want.data, Math.abs).filter(Number.isFinite));
  for (const engine of engines)
    for (const fixed of constant.length > 0 ? [constant, []] : [[]]) {
      const evaluator = engine.compile(
        program,
        only(t.arrays, (s) => fixed.includes(s)),
      );
      const got = evaluator.run(only(t.arrays, (s) => !fixed.includes(s))).get('y')!;
      evaluator.dispose();
      expect(got.shape).toEqual(want.shape);
      want.data.forEach((x, i) => {
        if (!(Math.abs(got.data[i] - x) <= tolerance * scale || got.data[i] === x))
          throw new Error(`${engine.name}: y[${i}] = ${got.data[i]}, expected ${x}`);
      });
    }
}

/** The steps on wasm with every slot supplied at run time, but for `constant`. */
function stepsOf(t: Bench, node: Node, axes: readonly Axis[], constant: readonly Slot[] = []) {
  const program = { outputs: [{ name: 'y', axes, node }], sizeOf: t.sizeOf };
  const e = wasm.compile(
    program,
    only(t.arrays, (s) => constant.includes(s)),
  ) as TfjsEvaluator;
  const steps = e.steps();
  e.dispose();
  return steps;
}

describe('sums of products', () => {
  const t = new Bench();
  const { b } = t;
  const [I, J, K, C] = [t.set('i', 6), t.set('j', 7), t.set('k', 9), t.set('c', 5)];
  const [i, j, k, c] = t.axes(I, J, K, C);
  const layouts: readonly (readonly [string, Node, readonly Axis[]])[] = [
    ['ik,kj', b.mul(t.read(t.slot('a', [I, K]), i, k), t.read(t.slot('b', [K, J]), k, j)), [i, j]],
    ['ki,kj', b.mul(t.read(t.slot('a', [K, I]), k, i), t.read(t.slot('b', [K, J]), k, j)), [i, j]],
    ['ik,jk', b.mul(t.read(t.slot('a', [I, K]), i, k), t.read(t.slot('b', [J, K]), j, k)), [i, j]],
    ['ki,jk', b.mul(t.read(t.slot('a', [K, I]), k, i), t.read(t.slot('b', [J, K]), j, k)), [j, i]],
    ['k,kj', b.mul(t.read(t.slot('a', [K]), k), t.read(t.slot('b', [K, J]), k, j)), [j]],
    ['ik,k', b.mul(t.read(t.slot('a', [I, K]), i, k), t.read(t.slot('b', [K]), k)), [i]],
    ['k,k', b.mul(t.read(t.slot('a', [K]), k), t.read(t.slot('b', [K]), k)), []],
    [
      'cik,ckj',
      b.mul(t.read(t.slot('a', [C, I, K]), c, i, k), t.read(t.slot('b', [C, K, J]), c, k, j)),
      [c, i, j],
    ],
    [
      'ikc,jck',
      b.mul(t.read(t.slot('a', [I, K, C]), i, k, c), t.read(t.slot('b', [J, C, K]), j, c, k)),
      [i, c, j],
    ],
    ['ck,ck', b.mul(t.read(t.slot('a', [C, K]), c, k), t.read(t.slot('b', [C, K]), c, k)), [c]],
    ['ck,ckj', b.mul(t.read(t.slot('a', [C, K]), c, k), t.read(t.slot('b', [C, K, J]), c, k, j)), [c, j]],
  ];
  it.each(layouts)('contracts %s', (_, body, free) => {
    agree(t, b.sum([k], body), free);
    agree(t, b.sum([k, ...free], body), []);
    agree(t, b.sum(free, b.sum([k], body), t.b.const(1)), []);
  });

  it('over two axes at once, in either order of the operands', () => {
    const [a, w] = [t.slot('a', [C, I, J]), t.slot('w', [J, K, I])];
    agree(t, b.sum([i, j], b.mul(t.read(a, c, i, j), t.read(w, j, k, i))), [c, k]);
  });

  it('of a quadratic form stores nothing larger than its factors', () => {
    const q = new Bench();
    const [M, N, L] = [q.set('m', 40), q.set('n', 50), q.set('l', 30)];
    const [m, n, l] = q.axes(M, N, L);
    const [v, w, h] = [q.slot('v', [L, M]), q.slot('w', [M, N]), q.slot('h', [L, N])];
    const node = q.b.sum([m, n], q.b.mul(q.b.mul(q.read(v, l, m), q.read(w, m, n)), q.read(h, l, n)));
    agree(q, node, [l], [], 1e-5);
    const sizes = stepsOf(q, node, [l]).map((s) => sizeOfShape(s.shape));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40 * 50);
  });

  it('distribute over addends, take out what is not summed and count axes that nothing mentions', () => {
    const [a, w, u, s] = [t.slot('a', [I, K]), t.slot('w', [K, J]), t.slot('u', [J]), t.slot('s', [])];
    const product = b.mul(t.read(a, i, k), t.read(w, k, j));
    agree(t, b.sum([k], b.sub(product, b.div(t.read(u, j), t.read(s)))), [i, j]);
    agree(t, b.sum([k], b.neg(b.mul(b.const(3), b.mul(product, t.read(u, j))))), [j, i]);
    agree(t, b.sum([i, k], b.call('square', product)), [j]);
    agree(t, b.sum([i, j, k], b.div(t.read(a, i, k), b.add(b.const(2), t.read(u, j)))), []);
  });

  it('of eleven factors', () => {
    const slots = Array.from({ length: 11 }, (_, n) =>
      t.slot(`f${n}`, n % 2 ? [I, K] : [K], () => 1 + 0.3 * t.random()),
    );
    const body = slots.map((s, n) => (n % 2 ? t.read(s, i, k) : t.read(s, k))).reduce((x, y) => b.mul(x, y));
    agree(t, b.sum([k], body), [i], [], 1e-5);
  });

  it('batches of products large enough to be taken one by one', () => {
    const big = new Bench();
    const [B, M, L] = [big.set('b', 3), big.set('m', 40), big.set('l', 48)];
    const [p, m, n, l] = big.axes(B, M, M, L);
    const [x, y] = [big.slot('x', [B, M, L]), big.slot('y', [B, M, L])];
    const node = big.b.sum([l], big.b.mul(big.read(x, p, m, l), big.read(y, p, n, l)));
    agree(big, node, [p, n, m], [], 1e-5);
    expect(stepsOf(big, node, [p, n, m]).filter((s) => s.op === 'matMul')).toHaveLength(1);
  });
});

describe('masks', () => {
  const t = new Bench();
  const { b } = t;
  const [I, J] = [t.set('i', 6), t.set('j', 6)];
  const [i, j] = t.axes(I, J);
  const [u, v] = [t.slot('u', [I]), t.slot('v', [J])];
  const below = b.call('lt', b.axisNode(i), b.axisNode(j));

  it('static ones, and none where always true or never', () => {
    agree(t, b.sum([i, j], b.mul(t.read(u, i), t.read(v, j)), below), []);
    const always = b.call('ge', b.axisNode(i), b.const(0));
    expect(stepsOf(t, b.sum([i], t.read(u, i), always), [])).toHaveLength(1);
    agree(t, b.sum([i], t.read(u, i), always), []);
    agree(t, b.reduce('max', [i], t.read(u, i), b.call('lt', b.axisNode(i), b.const(0))), []);
  });

  it('hide what is not finite', () => {
    const holes = t.slot('holes', [I], (n) => (n % 2 ? Number.NaN : n), 'data');
    const there = b.call('eq', b.call('mod', b.axisNode(i), b.const(2)), b.const(0));
    agree(t, b.sum([i], b.mul(t.read(holes, i), t.read(u, i)), there), [], [holes]);
    agree(t, b.sum([i], b.call('log', t.read(u, i)), b.call('gt', t.read(u, i), b.const(0))), []);
    agree(t, b.call('select', there, t.read(holes, i), b.const(0)), [i], [holes]);
  });

  it('keep other reductions neutral where false', () => {
    for (const kind of ['sum', 'prod', 'max', 'min', 'logsumexp'] as const) {
      agree(t, b.reduce(kind, [j], b.add(t.read(u, i), t.read(v, j)), below), [i]);
      agree(t, b.reduce(kind, [i, j], t.read(u, i), null), []);
    }
  });

  it('the previous element only where there is one', () => {
    const before = t.read(u, b.sub(b.axisNode(i), b.const(1)));
    const first = b.call('eq', b.axisNode(i), b.const(0));
    agree(t, b.call('select', first, b.const(7), before), [i]);
  });
});

describe('log-sum-exp', () => {
  it('is stable, and −∞ where every addend is', () => {
    const t = new Bench();
    const [I, K] = [t.set('i', 4), t.set('k', 3)];
    const [i, k] = t.axes(I, K);
    const x = t.slot('x', [I, K], (n) =>
      n < 3
        ? Number.NEGATIVE_INFINITY
        : n === 4
          ? Number.NEGATIVE_INFINITY
          : n < 6
            ? 1000 + n
            : n < 9
              ? -1000 - n
              : t.random(),
    );
    agree(t, t.b.reduce('logsumexp', [k], t.read(x, i, k)), [i], [x], 1e-6);
    agree(t, t.b.reduce('logsumexp', [i], t.read(x, i, k)), [k], [x], 1e-6);
  });
});

describe('reads through index maps', () => {
  const t = new Bench();
  const { b } = t;
  const [N, E, C, Z] = [t.set('n', 20), t.set('e', 33), t.set('c', 9), t.set('z', 4)];
  const [n, e, c, m] = t.axes(N, E, C, N);
  const into = (size: number) => (): number => Math.floor(((t.random() + 1) / 2) * size);
  const p = t.slot('p', [E], into(20), 'table');
  const q = t.slot('q', [E], into(20), 'table');
  const z = t.slot('z', [C, N], into(4));
  const s = t.slot('s', [C, N]);
  const r = t.slot('r', [N, C]);
  const a = t.slot('a', [N, N]);
  const mu = t.slot('mu', [Z]);
  const nu = t.slot('nu', [C, Z]);
  const at = (slot: Slot, ...x: Axis[]): Node => t.read(slot, ...x);
  const shift = (x: Axis, by: number): Node => b.call('mod', b.add(b.axisNode(x), b.const(by)), b.size(N));

  const cases: readonly (readonly [string, Node, readonly Axis[]])[] = [
    ['a table, batch axis in front', t.read(s, c, at(p, e)), [c, e]],
    ['a table, batch axis behind', t.read(r, at(p, e), c), [c, e]],
    ['a product of two', b.mul(t.read(s, c, at(p, e)), t.read(s, c, at(q, e))), [c, e]],
    ['two tables at once', t.read(a, at(p, e), at(q, e)), [e]],
    ['two tables on axes of their own', t.read(a, at(p, e), shift(n, 3)), [n, e]],
    ['a transposition', t.read(a, m, n), [n, m]],
    ['a diagonal', t.read(a, n, n), [n]],
    ['a diagonal beside a shift', t.read(a, n, shift(n, 1)), [n]],
    ['a ring, forwards', t.read(s, c, shift(n, 1)), [c, n]],
    ['a ring, backwards', t.read(s, c, shift(n, -1)), [c, n]],
    ['a fixed position', t.read(a, b.const(3), n), [n]],
    ['a fixed position behind', t.read(a, n, b.const(3)), [n]],
    ['values of unknowns', t.read(mu, at(z, c, n)), [c, n]],
    ['values of unknowns, a table for each chain', t.read(nu, c, at(z, c, n)), [c, n]],
    ['values of unknowns among fixed maps', t.read(a, at(z, c, n), shift(n, 2)), [c, n]],
    ['an array made on the way', b.at([m], b.call('exp', t.read(s, c, m)), [at(p, e)]), [c, e]],
    [
      'an array whose axis shadows that of the index',
      b.at([n], b.call('exp', t.read(s, c, n)), [shift(n, 1)]),
      [c, n],
    ],
    [
      'an array of which an outer axis indexes',
      b.at([m], b.call('exp', t.read(a, n, m)), [b.axisNode(n)]),
      [n],
    ],
  ];
  it.each(cases)('%s', (_, node, axes) => {
    agree(t, node, axes, [p, q]);
    agree(t, node, axes, [p, q, z, s, a]);
    agree(t, b.sum([axes[0]], b.mul(node, node)), axes.slice(1), [p, q], 1e-5);
  });

  it('vectors written out, read at their own axis and elsewhere', () => {
    const parts = [t.read(s, c, b.const(0)), at(mu, t.axes(Z)[0])];
    const [y] = t.axes(Z);
    const vector = (k: Node): Node =>
      b.call('pick', k, parts[0], b.const(2), t.read(s, c, b.const(5)), t.read(mu, y));
    agree(t, b.sum([y], b.mul(vector(b.axisNode(y)), t.read(mu, y))), [c]);
    agree(t, vector(at(z, c, n)), [c, n, y]);
  });

  it('of the same array share one transposition', () => {
    const node = b.sum([e], b.mul(t.read(s, c, at(p, e)), t.read(s, c, at(q, e))));
    expect(stepsOf(t, node, [c], [p, q]).filter((x) => x.op === 'transpose')).toHaveLength(1);
  });
});

describe('scatters', () => {
  const t = new Bench();
  const { b } = t;
  const [N, E, C] = [t.set('n', 20), t.set('e', 33), t.set('c', 9)];
  const [n, e, c, m] = t.axes(N, E, C, N);
  const within = (): number => Math.floor(((t.random() + 1) / 2) * 20);
  const p = t.slot('p', [E], within, 'table');
  const q = t.slot('q', [E], within, 'table');
  const z = t.slot('z', [C, E], within);
  const w = t.slot('w', [C, E]);
  const u = t.slot('u', [E]);
  const at = (slot: Slot, ...x: Axis[]): Node => t.read(slot, ...x);

  const cases: readonly (readonly [string, Node, readonly Axis[]])[] = [
    ['by a table', b.scatter([n], [e], [at(p, e)], at(w, c, e)), [c, n]],
    ['of what lacks a summed axis', b.scatter([n], [e, c], [at(p, e)], at(u, e)), [n]],
    ['of a constant', b.scatter([n], [e], [at(p, e)], b.const(2)), [n]],
    ['by two tables', b.scatter([n, m], [e], [at(p, e), at(q, e)], at(u, e)), [n, m]],
    ['by a table and an axis', b.scatter([n, m], [e, c], [at(p, e), b.axisNode(c)], at(w, c, e)), [n, m]],
    ['by values of unknowns', b.scatter([n], [e], [at(z, c, e)], at(w, c, e)), [c, n]],
    ['by values of unknowns, chains summed', b.scatter([n], [e, c], [at(z, c, e)], at(w, c, e)), [n]],
    ['by an outer axis', b.scatter([n], [e], [b.axisNode(c)], at(w, c, e)), [c, n]],
    ['by a fixed position', b.scatter([n], [e], [b.const(3)], at(w, c, e)), [c, n]],
    [
      'where only some count and others are out of range',
      b.scatter([n], [e], [b.sub(at(p, e), b.const(4))], at(w, c, e), b.call('ge', at(p, e), b.const(4))),
      [c, n],
    ],
  ];
  it.each(cases)('%s', (_, node, axes) => agree(t, node, axes, [p, q], 1e-5));
});

describe('whole programs', () => {
  it('a network of three layers and its gradient', () => {
    const t = new Bench();
    const { b } = t;
    const [R, F, H, G] = [t.set('row', 13), t.set('f', 4), t.set('h', 16), t.set('g', 12)];
    const [row, f, h, g] = t.axes(R, F, H, G);
    const x = t.slot('x', [R, F]);
    const params = [
      t.slot('w1', [F, H], undefined, 'param'),
      t.slot('b1', [H], undefined, 'param'),
      t.slot('w2', [H, G], undefined, 'param'),
      t.slot('w3', [G], undefined, 'param'),
    ];
    const [w1, b1, w2, w3] = params;
    const one = b.call('silu', b.add(b.sum([f], b.mul(t.read(x, row, f), t.read(w1, f, h))), t.read(b1, h)));
    const two = b.call('tanh', b.sum([h], b.mul(one, t.read(w2, h, g))));
    const energy = b.sum([g], b.mul(two, t.read(w3, g)));
    agree(t, energy, [row], params, 1e-5);
    for (const d of gradient(b, b.sum([row], energy), [x, ...params]).values())
      agree(t, d.body, d.axes, [], 1e-5);
    const matMuls = stepsOf(t, energy, [row]).filter((s) => s.op === 'matMul');
    expect(matMuls).toHaveLength(3);
  });

  it('the Ising energy of a 16×16 torus by an edge table, and its gradient', () => {
    const n = 16;
    const t = new Bench();
    const { b } = t;
    const [S, B, C] = [t.set('site', n * n), t.set('bond', 2 * n * n), t.set('chain', 10)];
    const [i, e, c] = t.axes(S, B, C);
    const from = t.slot('from', [B], (k) => k >> 1, 'table');
    const to = t.slot('to', [B], (k) => neighbour(k >> 1, k % 2 === 0, n), 'table');
    const s = t.slot('s', [C, S], () => (t.random() > 0 ? 1 : -1));
    const h = t.slot('h', [S], undefined, 'param');
    const bond = b.mul(t.read(s, c, t.read(from, e)), t.read(s, c, t.read(to, e)));
    const energy = b.neg(b.add(b.sum([e], bond), b.sum([i], b.mul(t.read(h, i), t.read(s, c, i)))));
    agree(t, energy, [c], [from, to]);
    const d = gradient(b, b.sum([c], energy), [s]).get(s)!;
    agree(t, d.body, d.axes, [from, to]);
    // Without tables: two shifts of the lattice, and exact for integers.
    const right = t.read(s, c, b.add(b.mul(b.const(n), row(b, i, n)), wrapped(b, i, n)));
    agree(t, b.sum([i], b.mul(t.read(s, c, i), right)), [c], [], 0);
  });
});

const neighbour = (p: number, right: boolean, n: number): number => {
  const [r, c] = [Math.floor(p / n), p % n];
  return right ? r * n + ((c + 1) % n) : ((r + 1) % n) * n + c;
};
const row = (b: Builder, i: Axis, n: number): Node => b.call('floor', b.div(b.axisNode(i), b.const(n)));
const wrapped = (b: Builder, i: Axis, n: number): Node =>
  b.call('mod', b.add(b.axisNode(i), b.const(1)), b.const(n));

describe.each([
  ['wasm', wasm],
  ['cpu', cpu],
  ['portable', portable],
  ...(native ? ([['tensorflow', native]] as const) : []),
] as const)('the evaluator on %s', (_, engine: Engine) => {
  const t = new Bench();
  const { b } = t;
  const [I, J] = [t.set('i', 5), t.set('j', 3)];
  const [i, j, empty] = t.axes(I, J, t.set('empty', 0));
  const w = t.slot('w', [I, J]);
  const x = t.slot('x', [J]);
  const none = t.slot('none', [empty.set]);
  const product = b.sum([j], b.mul(t.read(w, i, j), t.read(x, j)));
  const compile = (node: Node, axes: readonly Axis[], constants: Arrays = new Map()) =>
    engine.compile({ outputs: [{ name: 'y', axes, node }], sizeOf: t.sizeOf }, constants);

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const exp = b.call('exp', product);
    const evaluator = compile(
      b.sum([i], b.call('softplus', b.add(exp, b.call('max', exp, product)))),
      [],
      only(t.arrays, (s) => s === w),
    );
    const inputs = only(t.arrays, (s) => s === x);
    evaluator.run(inputs);
    const settled = tf.memory().numTensors;
    const bytes = tf.memory().numBytes;
    for (let n = 0; n < 1000; n++) evaluator.run(inputs);
    expect(tf.memory().numTensors).toBe(settled);
    expect(tf.memory().numBytes).toBe(bytes);
    evaluator.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensor behind when a run or a compilation fails', () => {
    const evaluator = compile(
      product,
      [i],
      only(t.arrays, (s) => s === w),
    );
    const settled = tf.memory().numTensors;
    expect(() => evaluator.run(new Map())).toThrow('no value was given for the input "x"');
    const bad: HostArray = { shape: [4], data: new Float64Array(4) };
    expect(() => evaluator.run(new Map([[x, bad]]))).toThrow('"x" has shape [4], expected [3]');
    expect(() => compile(product, [i], new Map([[x, bad]]))).toThrow('"x" has shape [4], expected [3]');
    const short: HostArray = { shape: [3], data: new Float64Array(2) };
    expect(() => evaluator.run(new Map([[x, short]]))).toThrow('"x" has 2 elements, its shape [3] needs 3');
    expect(tf.memory().numTensors).toBe(settled);
    evaluator.dispose();
  });

  it('returns arrays that later runs do not touch, and reads inputs once', () => {
    const evaluator = compile(t.read(x, j), [j]);
    const data = Float32Array.of(1, 2, 3);
    const first = evaluator.run(new Map([[x, { shape: [3], data }]])).get('y')!;
    data.fill(9);
    evaluator.run(new Map([[x, { shape: [3], data }]]));
    expect(Array.from(first.data)).toEqual([1, 2, 3]);
    first.data.fill(0);
    expect(Array.from(evaluator.run(new Map([[x, { shape: [3], data }]])).get('y')!.data)).toEqual([9, 9, 9]);
    evaluator.dispose();
  });

  it('repeats outputs along axes that they do not mention, in the order asked for', () => {
    agree(t, t.read(w, i, j), [j, t.b.axis(I), i, t.b.axis(J)]);
    const evaluator = compile(t.read(x, j), [j, i]);
    const y = evaluator.run(t.arrays).get('y')!;
    expect(y.shape).toEqual([3, 5]);
    const xs = t.arrays.get(x)!.data;
    expect(Array.from(y.data)).toEqual(Array.from({ length: 15 }, (_, k) => xs[Math.floor(k / 5)]));
    evaluator.dispose();
  });

  it('gives empty sums and empty arrays for empty sets', () => {
    const sum = compile(b.add(b.sum([empty], t.read(none, empty)), b.sum([j], t.read(x, j))), []);
    const want = Array.from(t.arrays.get(x)!.data).reduce((p, q) => p + q, 0);
    expect(sum.run(t.arrays).get('y')!.data[0]).toBeCloseTo(want, 5);
    sum.dispose();
    const array = compile(b.call('exp', b.mul(t.read(none, empty), t.read(x, j))), [empty, j]);
    expect(array.run(t.arrays).get('y')!.shape).toEqual([0, 3]);
    array.dispose();
  });

  it('computes what depends on constants only when it compiles', () => {
    const evaluator = compile(product, [i], t.arrays);
    expect(explain(evaluator)).toBe('\n');
    evaluator.dispose();
  });

  it('takes int32 data', () => {
    const evaluator = compile(b.sum([j], t.read(x, j)), []);
    const y = evaluator.run(new Map([[x, { shape: [3], data: Int32Array.of(1, 2, 4) }]])).get('y')!;
    expect(y.data[0]).toBe(7);
    evaluator.dispose();
  });
});

describe('the front door', () => {
  it('loads engines by name', async () => {
    const engine = await tfjsEngine('wasm');
    expect(engine.name).toBe('tfjs:wasm');
    expect(engine.epsilon).toBe(2 ** -24);
    expect(['tensorflow', 'wasm']).toContain(await bestBackend());
  });

  it('says what is missing where native TensorFlow is not installed', async () => {
    const outcome = await tfjsEngine('tensorflow').then(
      (engine) => engine.name,
      (fault: Error) => fault.message,
    );
    expect(outcome).toMatch(/^tfjs:tensorflow$|needs the optional package @tensorflow\/tfjs-node/);
  });

  it('lists steps, and times them', () => {
    const t = new Bench();
    const [I] = [t.set('i', 5)];
    const [i] = t.axes(I);
    const x = t.slot('x', [I]);
    const node = t.b.sum([i], t.b.call('sigmoid', t.read(x, i)));
    const evaluator = wasm.compile({ outputs: [{ name: 'y', axes: [], node }], sizeOf: t.sizeOf }, new Map());
    expect(explain(evaluator)).toBe('%1 = sigmoid(%0) : [5]\n%2 = sum(%1) : []\n');
    const times = profile(evaluator, t.arrays, 3);
    expect(times.map((s) => s.op)).toEqual(['sigmoid', 'sum']);
    expect(times.every((s) => s.ms >= 0)).toBe(true);
    expect(() => explain(referenceEngine().compile({ outputs: [], sizeOf: t.sizeOf }, new Map()))).toThrow(
      'not a program compiled by a tfjs engine',
    );
    evaluator.dispose();
  });
});

describe('products of one buffer in two shapes', () => {
  it('are computed in the shape that is asked for', async () => {
    const b = new Builder();
    const [i, j] = [
      b.axis(b.set('i', { kind: 'range', size: 3 })),
      b.axis(b.set('j', { kind: 'range', size: 3 })),
    ];
    const real = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
    const state = b.axis(b.set('state', { kind: 'range', size: 4 }));
    const table = b.slot('data', 'table', real, [i.set, j.set]);
    const x = b.slot('input', 'x', real, [state.set, i.set]);
    const y = b.slot('input', 'y', real, [state.set, i.set, j.set]);
    const at = (...axes: readonly Axis[]) => axes.map((a) => b.axisNode(a));
    // The table as a matrix, and as a vector of nine: XNNPACK once packed, always packed.
    const rows = b.sum([i], b.mul(b.read(x, at(state, i)), b.read(table, at(i, j))));
    const whole = b.sum([i, j], b.mul(b.read(y, at(state, i, j)), b.read(table, at(i, j))));
    const data = (n: number) => Float64Array.from({ length: n }, (_, k) => Math.sin(k + 1));
    const constants = new Map([[table, { shape: [3, 3], data: data(9) }]]);
    const inputs = new Map([
      [x, { shape: [4, 3], data: data(12) }],
      [y, { shape: [4, 3, 3], data: data(36) }],
    ]);
    const outputs = [
      { name: 'whole', axes: [state], node: whole },
      { name: 'rows', axes: [state, j], node: rows },
    ];
    const program = { outputs, sizeOf: (s: IndexSet) => staticSize(s)! };
    const want = referenceEngine().compile(program, constants).run(inputs);
    for (const backend of ['wasm', 'cpu', ...(native ? (['tensorflow'] as const) : [])] as const) {
      const got = (await tfjsEngine(backend)).compile(program, constants).run(inputs);
      for (const { name } of outputs)
        want.get(name)!.data.forEach((v, k) => {
          expect(Math.abs(got.get(name)!.data[k] - v), `${backend} ${name}[${k}]`).toBeLessThan(1e-5);
        });
    }
  });
});
