import { describe, expect, it } from 'vitest';
import { checkLegal } from '../../src/ir/legal.ts';
import {
  cholesky,
  det,
  diagonal,
  diagonalMatrix,
  dot,
  identity,
  inverse,
  logDet,
  product,
  quadratic,
  solve,
  trace,
  transpose,
} from '../../src/ir/matrix.ts';
import { showNode } from '../../src/ir/show.ts';
import type { Lambda, Node, Slot } from '../../src/ir/types.ts';
import { Bench, distance, numbers, positiveDefinite } from './matrices.ts';

/** A bench with a positive definite A, a general G, a right side B and a vector x. */
function bench(n = 4, m = 2, seed = 1) {
  const t = new Bench();
  const { b } = t;
  const s = b.range(n);
  const general = numbers(n * n, seed + 50).map((v, i) => v + (i % (n + 1) === 0 ? 2 : 0));
  const slots = {
    A: t.slot('A', [s, s], positiveDefinite(n, seed)),
    G: t.slot('G', [s, s], general),
    B: t.slot('B', [s, b.range(m)], numbers(n * m, seed + 100)),
    x: t.slot('x', [s], numbers(n, seed + 200)),
  };
  const array = (slot: Slot): Lambda => b.readAll(slot);
  return { t, b, s, n, m, ...slots, array };
}

/** Every function of the module as a scalar, by name: of A, or of G where any regular matrix will do. */
const functions: Readonly<Record<string, (k: ReturnType<typeof bench>) => readonly [Node, Slot]>> = {
  'solve, by the matrix': ({ t, b, G, B, array }) => [t.mix(solve(b, array(G), array(B))), G],
  'solve, by the right side': ({ t, b, G, B, array }) => [t.mix(solve(b, array(G), array(B))), B],
  'solve, of a vector': ({ t, b, G, x, array }) => [t.mix(solve(b, array(G), array(x))), G],
  'solve, by both': ({ t, b, G, array }) => {
    const g = array(G);
    return [t.mix(solve(b, product(b, g, transpose(g)), g)), G];
  },
  inverse: ({ t, b, G, array }) => [t.mix(inverse(b, array(G))), G],
  log_det: ({ b, G, array }) => [logDet(b, array(G)), G],
  det: ({ b, G, array }) => [det(b, array(G)), G],
  cholesky: ({ t, b, A, array }) => [t.mix(cholesky(b, array(A))), A],
  'cholesky read twice': ({ t, b, A, x, array }) => {
    const l = cholesky(b, array(A));
    return [b.add(t.mix(product(b, l, array(x))), t.mix(diagonal(b, l))), A];
  },
  quadratic: ({ b, G, x, array }) => [quadratic(b, array(G), array(x)), x],
  'inverse of a Cholesky factor': ({ t, b, A, array }) => [t.mix(inverse(b, cholesky(b, array(A)))), A],
};

describe('functions of matrices', () => {
  it.each([1, 2, 3, 5, 9])('a matrix times its inverse is the identity (%i)', (n) => {
    const { t, b, s, A, G, array } = bench(n, 1, n);
    for (const slot of [A, G])
      for (const p of [
        product(b, array(slot), inverse(b, array(slot))),
        product(b, inverse(b, array(slot)), array(slot)),
      ])
        expect(distance(t.values(p), t.values(identity(b, s)))).toBeLessThan(1e-12);
  });

  it.each([1, 2, 4, 8])('the Cholesky factor is lower and its square is the matrix (%i)', (n) => {
    const { t, b, A, array } = bench(n, 1, n);
    const l = cholesky(b, array(A));
    expect(distance(t.values(product(b, l, transpose(l))), t.values(array(A)))).toBeLessThan(1e-13);
    t.values(l).forEach((v, at) => {
      if (at % n > Math.floor(at / n)) expect(v).toBe(0);
    });
    for (const v of t.values(diagonal(b, l))) expect(v).toBeGreaterThan(0);
  });

  it('solves linear equations, with pivots of 0 on the way', () => {
    const t = new Bench();
    const { b } = t;
    const s = b.range(3);
    const a = b.readAll(t.slot('A', [s, s], [0, 2, 1, 3, 0, 0, 0, 0, 5]));
    const y = b.readAll(t.slot('y', [s], [8, 9, 10]));
    expect(t.values(solve(b, a, y))).toEqual([3, 3, 2]);
    expect(t.value(det(b, a))).toBeCloseTo(-30, 12);
    expect(t.value(logDet(b, a))).toBeCloseTo(Math.log(30), 12);
  });

  it('has the closed forms of 2 by 2 matrices', () => {
    const t = new Bench();
    const { b } = t;
    const s = b.range(2);
    const a = b.readAll(t.slot('A', [s, s], [4, 2, 2, 3]));
    expect(distance(t.values(inverse(b, a)), [3 / 8, -2 / 8, -2 / 8, 4 / 8])).toBeLessThan(1e-14);
    expect(distance(t.values(cholesky(b, a)), [2, 0, 1, Math.SQRT2])).toBeLessThan(1e-15);
    expect(t.value(det(b, a))).toBeCloseTo(8, 13);
    expect(t.value(trace(b, a))).toBe(7);
    const v = b.readAll(t.slot('v', [s], [1, -2]));
    expect(t.value(quadratic(b, a, v))).toBe(4 - 8 + 12);
    expect(t.value(dot(b, v, v))).toBe(5);
    expect(t.values(diagonalMatrix(b, v))).toEqual([1, 0, 0, -2]);
  });

  it('is not a number where there is no result', () => {
    const t = new Bench();
    const { b } = t;
    const s = b.range(2);
    const singular = b.readAll(t.slot('S', [s, s], [1, 2, 2, 4]));
    const indefinite = b.readAll(t.slot('I', [s, s], [1, 2, 2, 1]));
    const missing = b.readAll(t.slot('N', [s, s], [1, Number.NaN, 0, 1]));
    expect(t.values(inverse(b, singular))).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(t.value(logDet(b, singular))).toBeNaN();
    expect(Math.abs(t.value(det(b, singular)))).toBe(0);
    expect(t.value(det(b, missing))).toBeNaN();
    for (const a of [singular, indefinite, missing])
      expect(t.values(cholesky(b, a)).every(Number.isNaN)).toBe(true);
    expect(t.values(inverse(b, indefinite)).every(Number.isFinite)).toBe(true);
  });

  it('has an empty product for a determinant of nothing', () => {
    const t = new Bench();
    const s = t.b.range(0);
    const a = t.b.readAll(t.slot('A', [s, s], []));
    expect(t.value(det(t.b, a))).toBe(1);
    expect(t.values(inverse(t.b, a))).toEqual([]);
  });

  it('takes rows and columns over different sets of equal size', () => {
    const t = new Bench();
    const { b } = t;
    const rows = b.set('row', { kind: 'range', size: 3 });
    const columns = b.set('column', { kind: 'range', size: 3 });
    const A = t.slot('A', [rows, columns], positiveDefinite(3, 7));
    const inv = inverse(b, b.readAll(A));
    expect(inv.axes.map((a) => a.set)).toEqual([columns, rows]);
    const id = product(b, b.readAll(A), inv);
    expect(distance(t.values(id), t.values(identity(b, rows)))).toBeLessThan(1e-12);
    const root = t.mix(cholesky(b, b.readAll(A)));
    expect(distance(t.values(t.derivative(root, A)), t.differences(root, A))).toBeLessThan(1e-9);
  });
});

describe('the IR of matrices', () => {
  it('is legal, and the same for equal matrices whatever their axes are called', () => {
    const { b, A, array } = bench();
    const [f, g] = [cholesky(b, array(A)), cholesky(b, array(A))];
    const at = [b.const(1), b.const(0)];
    const [x, y] = [b.apply(f, at), b.apply(g, at)];
    expect(x).toBe(y);
    checkLegal(x);
    expect(showNode(x)).toMatch(/^cholesky\(\[A\[\w+, \w+\] for .*\]\)\[1, 0\]$/);
  });

  it('keeps batch axes apart from its own when they are replaced', () => {
    const t = new Bench();
    const { b } = t;
    const s = b.range(3);
    const A = t.slot(
      'A',
      [s, s, s],
      [3, 4, 5].flatMap((k) => positiveDefinite(3, k)),
    );
    const [g, i, j] = [b.axis(s), b.axis(s), b.axis(s)];
    const at = [g, i, j].map((a) => b.axisNode(a));
    const one = b.matrix('cholesky', [{ axes: [i, j], body: b.read(A, at) }], [at[1], at[2]]);
    // L_i[j, i] of the i-th matrix, and the batch axis moved to a row of the argument.
    const node = b.substitute(one, [g, i, j], [at[1], at[2], at[1]]);
    checkLegal(node);
    const all = t.values({ axes: [g, i, j], body: one });
    const found = t.values({ axes: [i, j], body: node });
    expect(found).toEqual([0, 1, 2].flatMap((p) => [0, 1, 2].map((q) => all[p * 9 + q * 3 + p])));
    const inner = b.matrix('log_det', [{ axes: [j, g], body: b.mul(one, one) }], []);
    checkLegal(inner);
    expect(inner.axes).toEqual([i]);
  });

  it('solves nothing for a right side of 0', () => {
    const { b, s, A, array } = bench();
    const zero = { axes: [b.axis(s), b.axis(s)], body: b.const(0) };
    expect(solve(b, array(A), zero).body).toBe(b.const(0));
  });
});

describe('derivatives of functions of matrices', () => {
  it.each(Object.keys(functions))('%s: equal differences and dual numbers', (name) => {
    const k = bench(3, 2, 5);
    const [root, slot] = functions[name](k);
    const found = k.t.values(k.t.derivative(root, slot));
    expect(distance(found, k.t.differences(root, slot))).toBeLessThan(1e-7);
    expect(distance(found, k.t.forward(root, slot))).toBeLessThan(1e-11);
  });

  it.each(Object.keys(functions))('%s: so do those of the derivatives', (name) => {
    const k = bench(2, 1, 3);
    const [root, slot] = functions[name](k);
    const first = k.t.mix(k.t.derivative(root, slot));
    const found = k.t.values(k.t.derivative(first, slot));
    expect(distance(found, k.t.differences(first, slot))).toBeLessThan(1e-6);
    expect(distance(found, k.t.forward(first, slot))).toBeLessThan(1e-10);
  });

  it('third ones of a Gaussian energy equal dual numbers', () => {
    const { t, b, A, x, array } = bench(2, 1, 9);
    const energy = b.add(dot(b, array(x), solve(b, array(A), array(x))), logDet(b, array(A)));
    const second = t.mix(t.derivative(t.mix(t.derivative(energy, A)), A));
    expect(distance(t.values(t.derivative(second, A)), t.forward(second, A))).toBeLessThan(1e-10);
  });

  it('of a batch are those of its matrices, and sum what they share', () => {
    const t = new Bench();
    const { b } = t;
    const [groups, s] = [b.range(3), b.range(2)];
    const A = t.slot('A', [s, s], positiveDefinite(2, 4));
    const w = t.slot('w', [groups], [0.5, 1, 2]);
    const y = t.slot('y', [groups, s], numbers(6, 8));
    const g = b.axis(groups);
    const at = b.axisNode(g);
    const [i, j] = [b.axis(s), b.axis(s)];
    const one = b.call('eq', b.axisNode(i), b.axisNode(j));
    const own: Lambda = {
      axes: [i, j],
      body: b.add(b.mul(b.read(w, [at]), b.read(A, [b.axisNode(i), b.axisNode(j)])), one),
    };
    const k = b.axis(s);
    const right: Lambda = { axes: [k], body: b.read(y, [at, b.axisNode(k)]) };
    const mine = b.sum([g], b.add(dot(b, right, solve(b, own, right)), logDet(b, own)));
    const shared = b.sum([g], dot(b, right, solve(b, b.readAll(A), right)));
    for (const root of [mine, shared, b.mul(mine, shared)])
      for (const slot of [A, w, y]) {
        const found = t.values(t.derivative(root, slot));
        expect(distance(found, t.forward(root, slot))).toBeLessThan(1e-11);
      }
  });

  it('does not look at matrices that a condition leaves out', () => {
    const t = new Bench();
    const { b } = t;
    const [groups, s] = [b.range(2), b.range(2)];
    const A = t.slot('A', [groups, s, s], [1, 2, 2, 1, ...positiveDefinite(2, 6)]);
    const [g, i, j] = [b.axis(groups), b.axis(s), b.axis(s)];
    const at = [g, i, j].map((a) => b.axisNode(a));
    const l = cholesky(b, { axes: [i, j], body: b.read(A, at) });
    const root = b.sum([g], t.mix(l), b.call('gt', at[0], b.const(0)));
    const found = t.values(t.derivative(root, A));
    expect(found.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(distance(found, t.differences(root, A))).toBeLessThan(1e-8);
    const chosen = b.sum([g], b.call('select', b.call('gt', at[0], b.const(0)), t.mix(l), b.const(1)));
    expect(distance(t.values(t.derivative(chosen, A)), found)).toBeLessThan(1e-15);
  });

  it('of a determinant are cofactors', () => {
    const t = new Bench();
    const { b } = t;
    const s = b.range(2);
    const A = t.slot('A', [s, s], [4, 1, 3, 2]);
    expect(distance(t.values(t.derivative(det(b, b.readAll(A)), A)), [2, -3, -1, 4])).toBeLessThan(1e-14);
  });
});
