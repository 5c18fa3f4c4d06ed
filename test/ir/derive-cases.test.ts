import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { dualGradient } from '../../src/engines/reference/dual.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import { showNode } from '../../src/ir/show.ts';
import type { IndexSet, Lambda, Node, Slot } from '../../src/ir/types.ts';
import { visit } from '../../src/ir/walk.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const sizeOf = (s: IndexSet): number => staticSize(s) ?? Number.NaN;

/** A builder, named sets of sizes, and slots with their arrays. */
function world(sizes: Record<string, number> = {}) {
  const b = new Builder();
  const arrays = new Map<Slot, HostArray>();
  const sets: Record<string, IndexSet> = {};
  for (const [name, size] of Object.entries(sizes)) sets[name] = b.set(name, { kind: 'range', size });
  const slot = (name: string, over: readonly IndexSet[], values: readonly number[]): Slot => {
    const s = b.slot('unknown', name, REAL, over);
    arrays.set(s, { shape: over.map(sizeOf), data: Float64Array.from(values) });
    return s;
  };
  const value = (f: Lambda): number[] => {
    const outputs = [{ name: 'f', axes: f.axes, node: f.body }];
    return [...(referenceEngine().compile({ outputs, sizeOf }, arrays).run(new Map()).get('f')?.data ?? [])];
  };
  const grad = (root: Node, s: Slot): Lambda => {
    const f = gradient(b, root, [s]).get(s);
    if (!f) throw new Error('no gradient');
    checkLegal(f.body);
    return f;
  };
  /** The gradient by derive, after it has been compared with dual numbers. */
  const check = (root: Node, s: Slot): number[] => {
    const found = value(grad(root, s));
    const want = dualGradient(root, s, arrays, sizeOf).gradient;
    expect(found.length).toBe(want.length);
    found.forEach((x, i) => {
      expect(x).toBeCloseTo(want[i], 10);
    });
    return found;
  };
  return { b, arrays, sets, slot, value, grad, check };
}

const ops = (n: Node): Set<string> => {
  const out = new Set<string>();
  visit([n], (m) => out.add(m.op === 'call' ? m.fn : m.op));
  return out;
};

describe('the form of gradients', () => {
  it('is a sum of one product for the weights and the inputs of a layer', () => {
    const { b, sets, slot, grad } = world({ row: 2, out: 3, in: 2 });
    const W = slot('W', [sets.out, sets.in], [1, 2, 3, 4, 5, 6]);
    const x = slot('x', [sets.row, sets.in], [1, 2, 3, 4]);
    const c = slot('c', [sets.row], [1, 2]);
    const [r, j, k] = [b.axis(sets.row, 'b'), b.axis(sets.out, 'j'), b.axis(sets.in, 'k')];
    const [br, bj, bk] = [r, j, k].map((a) => b.axisNode(a));
    const z = b.sum([k], b.mul(b.read(W, [bj, bk]), b.read(x, [br, bk])));
    const root = b.sum([r, j], b.mul(b.read(c, [br]), b.call('tanh', z)));
    const shapes = (f: Lambda): unknown => {
      const n = f.body;
      if (n.op !== 'reduce' || n.kind !== 'sum' || n.body.op !== 'call' || n.body.fn !== 'mul')
        return showNode(n);
      return [
        n.over.map((a) => a.set.name),
        n.where,
        n.body.args.map((a) => a.axes.map((s) => s.set.name).sort()),
      ];
    };
    expect(shapes(grad(root, W))).toEqual([
      ['row'],
      null,
      [
        ['out', 'row'],
        ['in', 'row'],
      ],
    ]);
    expect(shapes(grad(root, x))).toEqual([
      ['out'],
      null,
      [
        ['out', 'row'],
        ['in', 'out'],
      ],
    ]);
  });

  it('masks the small factor where a contraction is filtered', () => {
    const { b, sets, slot, grad } = world({ row: 3, in: 2 });
    const W = slot('W', [sets.in], [1, 2]);
    const x = slot('x', [sets.row, sets.in], [1, 2, 3, 4, 5, 6]);
    const [r, k] = [b.axis(sets.row, 'b'), b.axis(sets.in, 'k')];
    const z = b.sum(
      [k],
      b.mul(
        b.read(W, [b.axisNode(k)]),
        b.read(
          x,
          [r, k].map((a) => b.axisNode(a)),
        ),
      ),
    );
    const root = b.sum([r], b.call('sin', z), b.call('lt', b.axisNode(r), b.const(2)));
    const text = showNode(grad(root, W).body);
    expect(text).toMatch(/^sum\[b in row\] \(if b < 2 then cos\(.*\) else 0\)\*x\[b, in\]$/);
  });

  it('reads at the inverse of a shift or a ring instead of scattering', () => {
    const { b, sets, slot, grad, check } = world({ site: 4 });
    const s = slot('s', [sets.site], [1, 2, 3, 4]);
    const i = b.axis(sets.site, 'i');
    const at = b.axisNode(i);
    const here = b.read(s, [at]);
    const line = b.sum([i], b.mul(here, b.read(s, [b.sub(at, b.const(1))])), b.call('gt', at, b.const(0)));
    const ring = b.sum([i], b.mul(here, b.read(s, [b.call('mod', b.add(at, b.const(3)), b.const(4))])));
    expect(check(line, s)).toEqual([2, 4, 6, 3]);
    expect(check(ring, s)).toEqual([6, 4, 6, 4]);
    for (const root of [line, ring]) expect(ops(grad(root, s).body).has('scatter')).toBe(false);
  });

  it('restricts a read through a smaller set, and selects a fixed position', () => {
    const { b, sets, slot, grad, check } = world({ site: 4, few: 2 });
    const s = slot('s', [sets.site], [1, 2, 3, 4]);
    const i = b.axis(sets.few);
    const root = b.add(b.sum([i], b.call('square', b.read(s, [b.axisNode(i)]))), b.read(s, [b.const(3)]));
    expect(check(root, s)).toEqual([2, 4, 0, 1]);
    expect(ops(grad(root, s).body).has('scatter')).toBe(false);
  });

  it('is zero for a slot that the root does not depend on, or only through indices and conditions', () => {
    const { b, sets, slot, grad } = world({ site: 2 });
    const s = slot('s', [sets.site], [0, 1]);
    const other = slot('t', [sets.site], [5, 6]);
    const i = b.axisNode(b.axis(sets.site));
    const k = b.read(s, [i]);
    const condition = b.call('gt', k, b.const(0));
    const root = b.sum(
      i.axes,
      b.call('select', condition, b.read(other, [k]), b.call('stop_gradient', k)),
      condition,
    );
    expect(grad(root, s).body).toBe(b.const(0));
  });

  it('of a root with free axes is that of its sum', () => {
    const { b, sets, slot, value, grad } = world({ site: 3 });
    const c = slot('c', [], [2]);
    const i = b.axisNode(b.axis(sets.site));
    expect(value(grad(b.mul(i, b.read(c, [])), c))).toEqual([3]);
  });
});

describe('axes bound in one place and free in another', () => {
  it('differentiates h − mean(h) with one axis object', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [1, 2, 6]);
    const j = b.axis(sets.site);
    const h = b.read(s, [b.axisNode(j)]);
    const root = b.sum([j], b.call('square', b.sub(h, b.mean([j], h))));
    expect(check(root, s)).toEqual([-4, -2, 6]);
  });

  it('differentiates an array read at an index that mentions its own parameter', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [1, 2, 6]);
    const t = slot('t', [sets.site], [2, 2, 0]);
    const j = b.axis(sets.site);
    const node = b.axisNode(j);
    const array = b.call('square', b.read(s, [node]));
    const root = b.sum([j], b.mul(b.add(node, b.const(1)), b.at([j], array, [b.read(t, [node])])));
    expect(check(root, s)).toEqual([6, 0, 36]);
  });
});

describe('what is left out by a condition', () => {
  it('is not evaluated where another axis alone decides: Σ_{i<j} exp(s[i+1])·t[j]', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [0, 1, 2]);
    const t = slot('t', [sets.site], [3, 4, 5]);
    const [i, j] = [b.axisNode(b.axis(sets.site)), b.axisNode(b.axis(sets.site))];
    const next = b.read(s, [b.add(i, b.const(1))]);
    const root = b.sum(
      [...i.axes, ...j.axes],
      b.mul(b.call('exp', next), b.read(t, [j])),
      b.call('lt', i, j),
    );
    const found = check(root, s);
    expect(found[0]).toBe(0);
    expect(found[1]).toBeCloseTo(9 * Math.E, 12);
  });

  it('may guard a condition that is itself out of range elsewhere', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [0.5, 1, 2]);
    const t = slot('t', [sets.site], [3, 4, 5]);
    const [i, j] = [b.axisNode(b.axis(sets.site)), b.axisNode(b.axis(sets.site))];
    const both = [...i.axes, ...j.axes];
    const positive = (k: Node): Node => b.call('gt', b.read(t, [k]), b.const(0));
    // t[i + 1] is in range only where some j > i exists.
    const inner = b.call('select', positive(b.add(i, b.const(1))), b.read(s, [i]), b.const(0));
    expect(check(b.sum(both, b.mul(b.read(t, [j]), inner), b.call('lt', i, j)), s)).toEqual([9, 5, 0]);
    // t[j − 1] is in range only where some i < j exists, and must be asked after it.
    const where = b.call('and', b.call('lt', i, j), positive(b.sub(j, b.const(1))));
    expect(check(b.sum(both, b.mul(b.read(t, [i]), b.read(s, [j])), where), s)).toEqual([0, 3, 7]);
  });

  it('never makes 0·∞: the derivative of a masked logarithm at 0', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [0, 2, 4]);
    const i = b.axis(sets.site);
    const x = b.read(s, [b.axisNode(i)]);
    const log = b.call('log', x);
    const positive = b.call('gt', x, b.const(0));
    expect(check(b.sum([i], b.call('select', positive, log, b.const(0))), s)).toEqual([0, 0.5, 0.25]);
    expect(check(b.sum([i], log, positive), s)).toEqual([0, 0.5, 0.25]);
  });
});

describe('reductions', () => {
  /** The Hessian of the product of the elements of v, by two applications of `gradient`. */
  const hessian = (values: readonly number[]): number[][] => {
    const { b, sets, slot, value, grad } = world({ site: values.length });
    const v = slot('v', [sets.site], values);
    const i = b.axis(sets.site);
    const first = grad(b.reduce('prod', [i], b.read(v, [b.axisNode(i)])), v);
    return values.map((_, k) => value(grad(b.substitute(first.body, first.axes, [b.const(k)]), v)));
  };

  it.each([[[2, 3, 5, 7]], [[0, 3, 5, 7]], [[0, 3, 0, 7]], [[0, 0, 0, 7]]])(
    'prod of %j has exact first and second derivatives',
    (values) => {
      const others = (...skip: number[]): number =>
        values.reduce((p, x, i) => (skip.includes(i) ? p : p * x), 1);
      const { b, sets, slot, check } = world({ site: values.length });
      const v = slot('v', [sets.site], values);
      const i = b.axis(sets.site);
      expect(check(b.reduce('prod', [i], b.read(v, [b.axisNode(i)])), v)).toEqual(
        values.map((_, k) => others(k)),
      );
      hessian(values).forEach((row, k) => {
        row.forEach((x, l) => {
          expect(x).toBeCloseTo(k === l ? 0 : others(k, l), 10);
        });
      });
    },
  );

  it('third derivatives of prod are exact at one zero', () => {
    const { b, sets, slot, value, grad } = world({ site: 4 });
    const v = slot('v', [sets.site], [0, 3, 5, 7]);
    const i = b.axis(sets.site);
    const at = (f: Lambda, k: number): Node => b.substitute(f.body, f.axes, [b.const(k)]);
    const first = grad(b.reduce('prod', [i], b.read(v, [b.axisNode(i)])), v);
    for (const [k, l] of [
      [0, 1],
      [1, 0],
      [1, 2],
    ]) {
      const want = [0, 1, 2, 3].map((m) =>
        m === k || m === l
          ? 0
          : [0, 3, 5, 7].reduce((p, x, j) => (j === k || j === l || j === m ? p : p * x), 1),
      );
      value(grad(at(grad(at(first, k), v), l), v)).forEach((x, m) => {
        expect(x).toBeCloseTo(want[m], 10);
      });
    }
  });

  it('max shares the derivative among ties', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [4, 1, 4]);
    const i = b.axis(sets.site);
    expect(check(b.reduce('max', [i], b.read(s, [b.axisNode(i)])), s)).toEqual([0.5, 0, 0.5]);
  });

  it('logsumexp leaves out elements that are −∞, and a sum of nothing', () => {
    const { b, sets, slot, check } = world({ site: 3 });
    const s = slot('s', [sets.site], [0, 1, 3]);
    const i = b.axis(sets.site);
    const logs = b.call('log', b.read(s, [b.axisNode(i)]));
    expect(check(b.reduce('logsumexp', [i], logs), s)).toEqual([0, 0.25, 0.25]);
    expect(check(b.reduce('logsumexp', [i], logs, b.call('lt', b.axisNode(i), b.const(1))), s)).toEqual([
      0, 0, 0,
    ]);
  });

  it('counts axes that the body does not mention', () => {
    const { b, sets, slot, check } = world({ site: 3, row: 2 });
    const s = slot('s', [sets.site], [1, 2, 3]);
    const [i, r] = [b.axis(sets.site), b.axis(sets.row)];
    const x = b.read(s, [b.axisNode(i)]);
    const first = b.call('lt', b.axisNode(i), b.const(2));
    expect(check(b.sum([i, r], x, first), s)).toEqual([2, 2, 0]);
    check(b.reduce('logsumexp', [i, r], x), s);
    check(b.reduce('prod', [i, r], x), s);
    check(b.reduce('min', [i, r], x), s);
  });
});

describe('pick', () => {
  it('gives each element the derivative at its position', () => {
    const { b, slot, check, grad } = world();
    const c = slot('c', [], [3]);
    const k = b.axis(b.range(2));
    const x = b.read(c, []);
    const root = b.sum(
      [k],
      b.mul(b.add(b.axisNode(k), b.const(1)), b.call('pick', b.axisNode(k), x, b.call('square', x))),
    );
    expect(check(root, c)).toEqual([13]);
    expect(ops(grad(root, c).body).has('select')).toBe(false);
  });

  it('ignores elements beyond the axis', () => {
    const { b, slot, check } = world();
    const c = slot('c', [], [3]);
    const k = b.axis(b.range(1));
    const x = b.read(c, []);
    expect(check(b.sum([k], b.call('pick', b.axisNode(k), x, b.call('square', x))), c)).toEqual([1]);
  });
});
