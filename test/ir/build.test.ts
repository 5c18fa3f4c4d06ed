import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateScalar, plainNumbers } from '../../src/engines/reference/engine.ts';
import { evaluator, forEachPosition } from '../../src/engines/reference/evaluate.ts';
import { Builder } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import { showNode } from '../../src/ir/show.ts';
import type { Axis, IndexSet, Node } from '../../src/ir/types.ts';
import { arbitraryProgram } from './arbitrary.ts';

const REAL = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } as const;
const sizeOf = (s: IndexSet): number => (s.kind.kind === 'range' ? s.kind.size : Number.NaN);

describe('interning', () => {
  it('makes equal structure the same object', () => {
    const b = new Builder();
    const site = b.set('site', { kind: 'range', size: 3 });
    const s = b.slot('unknown', 's', REAL, [site]);
    const i = b.axis(site);
    const make = (): Node => b.sum([i], b.mul(b.const(3), b.call('exp', b.read(s, [b.axisNode(i)]))));
    expect(make()).toBe(make());
    expect(b.const(0)).not.toBe(b.const(-0));
    expect(b.sum([b.axis(site)], b.const(2))).toBe(b.const(6));
  });

  it('merges constant factors, in front or behind', () => {
    const b = new Builder();
    const x = b.read(b.slot('unknown', 'x', REAL, []), []);
    expect(b.mul(b.const(2), b.mul(b.const(3), x))).toBe(b.mul(b.const(6), x));
    expect(b.mul(b.mul(b.const(3), x), b.const(2))).toBe(b.mul(b.const(6), x));
  });
});

describe('substitution', () => {
  const setUp = () => {
    const b = new Builder();
    const site = b.set('site', { kind: 'range', size: 4 });
    const s = b.slot('unknown', 's', REAL, [site]);
    const t = b.slot('table', 't', { kind: 'category', values: site }, [site]);
    const arrays = new Map([
      [s, { shape: [4], data: Float64Array.of(1, 10, 100, 1000) }],
      [t, { shape: [4], data: Float64Array.of(2, 0, 3, 1) }],
    ]);
    const [i, j, k] = ['i', 'j', 'k'].map((name) => b.axis(site, name));
    /** The value where each axis has a position. */
    const at = (n: Node, env: readonly (readonly [Axis, number])[]): number =>
      evaluator([n], plainNumbers, arrays, sizeOf)(n, new Map(env.map(([a, p]) => [a.id, p])));
    return { b, site, s, t, i, j, k, at, arrays };
  };

  it('renames a bound axis that would capture the replacement', () => {
    const { b, s, i, j, at } = setUp();
    // Σ_j (s[i] + s[j]) with i := j must not become Σ_j 2 s[j].
    const n = b.sum([j], b.add(b.read(s, [b.axisNode(i)]), b.read(s, [b.axisNode(j)])));
    const out = b.substitute(n, [i], [b.axisNode(j)]);
    checkLegal(out);
    expect(out.axes).toEqual([j]);
    expect(at(out, [[j, 2]])).toBe(4 * 100 + 1111);
  });

  it('leaves bound axes alone, also where the same axis is free elsewhere', () => {
    const { b, s, i, at } = setUp();
    const free = b.read(s, [b.axisNode(i)]);
    const n = b.sub(free, b.sum([i], free));
    const out = b.substitute(n, [i], [b.const(1)]);
    expect(out.axes).toEqual([]);
    expect(at(out, [])).toBe(10 - 1111);
  });

  it('exchanges axes at once', () => {
    const { b, s, i, j, at } = setUp();
    const n = b.sub(b.read(s, [b.axisNode(i)]), b.read(s, [b.axisNode(j)]));
    const out = b.substitute(n, [i, j], [b.axisNode(j), b.axisNode(i)]);
    expect(
      at(out, [
        [i, 0],
        [j, 1],
      ]),
    ).toBe(9);
  });

  it('is capture-avoiding in arrays read at indices', () => {
    const { b, s, t, i, j, at } = setUp();
    // [exp(s[j] − s[i]) for j][t[i]] with i := j.
    const body = b.call('exp', b.sub(b.read(s, [b.axisNode(j)]), b.read(s, [b.axisNode(i)])));
    const n = b.at([j], body, [b.read(t, [b.axisNode(i)])]);
    const out = b.substitute(n, [i], [b.axisNode(j)]);
    checkLegal(out);
    expect(at(out, [[j, 1]])).toBe(Math.exp(1 - 10));
  });

  it('renames the axes that a scatter goes into, and keeps it legal', () => {
    const { b, s, t, i, j, k, at } = setUp();
    // k ↦ Σ_i [t[i] = k] s[i]·s[j]
    const body = b.mul(b.read(s, [b.axisNode(i)]), b.read(s, [b.axisNode(j)]));
    const n = b.scatter([k], [i], [b.read(t, [b.axisNode(i)])], body);
    expect(
      at(n, [
        [k, 2],
        [j, 1],
      ]),
    ).toBe(10);
    for (const [axes, by, env, want] of [
      [
        [k],
        [b.axisNode(i)],
        [
          [i, 2],
          [j, 1],
        ],
        10,
      ],
      [[k], [b.axisNode(j)], [[j, 3]], 100 * 1000],
      [[j], [b.axisNode(k)], [[k, 3]], 100 * 1000],
      [
        [j],
        [b.axisNode(i)],
        [
          [k, 3],
          [i, 1],
        ],
        1000,
      ],
      [
        [k],
        [b.read(t, [b.axisNode(i)])],
        [
          [i, 0],
          [j, 1],
        ],
        10,
      ],
      [
        [k, j],
        [b.axisNode(j), b.axisNode(k)],
        [
          [j, 2],
          [k, 1],
        ],
        10,
      ],
      [[k], [b.const(0)], [[j, 1]], 100],
    ] as const) {
      const out = b.substitute(n, axes, by);
      checkLegal(out);
      expect(at(out, env), showNode(out)).toBe(want);
    }
  });

  it('of positions equals evaluation at them, in gradients of random programs', () => {
    fc.assert(
      fc.property(arbitraryProgram({ depth: 3 }), (p) => {
        for (const [slot, f] of gradient(p.builder, p.root, p.real)) {
          const shape = f.axes.map((a) => p.sizeOf(a.set));
          const evaluate = evaluator([f.body], plainNumbers, p.arrays, p.sizeOf);
          forEachPosition(f.axes, p.sizeOf, new Map(), (env) => {
            const where = f.axes.map((a) => env.get(a.id) ?? Number.NaN);
            const fixed = p.builder.substitute(
              f.body,
              f.axes,
              where.map((x) => p.builder.const(x)),
            );
            checkLegal(fixed);
            expect(fixed.axes).toEqual([]);
            const want = evaluate(f.body, env);
            const found = evaluateScalar(fixed, p.arrays, p.sizeOf);
            expect(Math.abs(found - want), `${slot.name}[${where}] of ${shape}`).toBeLessThanOrEqual(
              1e-12 * (1 + Math.abs(want)),
            );
          });
        }
      }),
      { numRuns: 80, seed: 4 },
    );
  });
});
