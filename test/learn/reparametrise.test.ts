import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateScalar } from '../../src/engines/reference/engine.ts';
import { Builder } from '../../src/ir/build.ts';
import { gradient } from '../../src/ir/derive.ts';
import { coordinatesOf, transformOf } from '../../src/learn/reparametrise.ts';
import { span } from './toy.ts';

const inf = Number.POSITIVE_INFINITY;
const domains = [
  { lo: -inf, hi: inf },
  { lo: 0, hi: inf },
  { lo: -3, hi: inf },
  { lo: -inf, hi: 2 },
  { lo: -1, hi: 4 },
].map((d) => ({ kind: 'real' as const, ...d }));

describe.each(domains)('coordinates of real($lo, $hi)', (domain) => {
  const t = transformOf(domain) ?? { forward: (u: number) => u, inverse: (x: number) => x };

  it('go and come back, inside the domain and increasing', () => {
    fc.assert(
      fc.property(fc.double({ min: -15, max: 15, noNaN: true }), (u) => {
        const x = t.forward(u);
        expect(x).toBeGreaterThan(domain.lo);
        expect(x).toBeLessThan(domain.hi);
        expect(t.forward(u + 0.1)).toBeGreaterThan(x);
        // Near a bound x − bound is known to about 1e-16 of e⁻¹⁵.
        expect(Math.abs(t.inverse(x) - u)).toBeLessThan(1e-8);
      }),
    );
  });

  it('start inside for a value on a bound', () => {
    for (const bound of [domain.lo, domain.hi]) {
      if (!Number.isFinite(bound)) continue;
      const x = t.forward(t.inverse(bound));
      expect(Math.abs(x - bound)).toBeGreaterThan(1e-4);
      expect(Math.abs(x - bound)).toBeLessThan(0.01);
    }
  });

  it('are the expression that programs evaluate, with its derivative', () => {
    const b = new Builder();
    const w = b.slot('param', 'w', domain, [], span);
    const c = coordinatesOf(b, [w]);
    const node = c.on(b.call('square', b.read(w, [])));
    const u = c.free.get(w)!;
    const derivative = gradient(b, node, [u]).get(u)!.body;
    const at = (n: typeof node, x: number): number =>
      evaluateScalar(n, new Map([[u, { shape: [], data: Float64Array.of(x) }]]), () => 0);
    for (const x of [-2, -0.3, 0, 1.7]) {
      expect(at(node, x)).toBeCloseTo(t.forward(x) ** 2, 12);
      expect(at(derivative, x)).toBeCloseTo((at(node, x + 1e-6) - at(node, x - 1e-6)) / 2e-6, 6);
    }
  });
});

describe('coordinates', () => {
  it('keep the parameter itself where it has no bounds', () => {
    const b = new Builder();
    const free = b.slot('param', 'a', domains[0], [], span);
    const positive = b.slot('param', 'b', domains[1], [], span);
    const c = coordinatesOf(b, [free, positive]);
    expect(c.free.get(free)).toBe(free);
    expect(c.free.get(positive)).not.toBe(positive);
    const arrays = c.toFree(
      new Map([
        [free, { shape: [], data: Float64Array.of(-4) }],
        [positive, { shape: [], data: Float64Array.of(2) }],
      ]),
    );
    const values = c.toValues(arrays, [[], []]);
    expect(values.get(free)!.data[0]).toBe(-4);
    expect(values.get(positive)!.data[0]).toBeCloseTo(2, 14);
  });
});
