import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Arrays } from '../../src/engines/engine.ts';
import { dualGradient } from '../../src/engines/reference/dual.ts';
import { evaluateScalar, referenceEngine } from '../../src/engines/reference/engine.ts';
import { gradient } from '../../src/ir/derive.ts';
import { checkLegal } from '../../src/ir/legal.ts';
import type { IndexSet, Lambda, Node, Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from './arbitrary.ts';

const evaluateArray = (f: Lambda, arrays: Arrays, sizeOf: (s: IndexSet) => number): Float64Array => {
  const outputs = [{ name: 'g', axes: f.axes, node: f.body }];
  const out = referenceEngine().compile({ outputs, sizeOf }, arrays).run(new Map()).get('g');
  return Float64Array.from(out?.data ?? []);
};

const closeTo = (
  found: ArrayLike<number>,
  want: ArrayLike<number>,
  relative: number,
  absolute: number,
): void => {
  expect(found.length).toBe(want.length);
  const scale = Array.from(want).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(found[i] - want[i]);
    if (!(error <= relative * scale + absolute))
      throw new Error(`element ${i}: ${found[i]}, expected ${want[i]}`);
  }
};

const lambda = (m: ReadonlyMap<Slot, Lambda>, s: Slot): Lambda => {
  const f = m.get(s);
  if (!f) throw new Error(`no gradient for ${s.name}`);
  return f;
};

describe('gradient of random programs', () => {
  it('equals forward mode by dual numbers', () => {
    fc.assert(
      fc.property(arbitraryProgram(), (p) => {
        const all = gradient(p.builder, p.root, p.real);
        checkLegal(...new Set([p.root, ...[...all.values()].map((f) => f.body)]));
        for (const slot of p.real) {
          const f = lambda(all, slot);
          expect(f.body.axes.every((a) => f.axes.includes(a))).toBe(true);
          const want = dualGradient(p.root, slot, p.arrays, p.sizeOf);
          closeTo(evaluateArray(f, p.arrays, p.sizeOf), want.gradient, 1e-9, 1e-11);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  /** A scalar made of all the first derivatives. */
  const scalarOfGradient = (p: Program): Node => {
    const { builder: b } = p;
    return b.addAll(
      [...gradient(b, p.root, p.real).values()].map((f) =>
        b.sum(f.axes, b.call('sin', b.add(f.body, b.const(0.3)))),
      ),
    );
  };

  it('of the gradient equals forward mode and is legal', () => {
    fc.assert(
      fc.property(arbitraryProgram({ depth: 3 }), (p) => {
        const scalar = scalarOfGradient(p);
        const all = gradient(p.builder, scalar, p.real);
        checkLegal(...new Set([scalar, ...[...all.values()].map((f) => f.body)]));
        for (const slot of p.real) {
          const want = dualGradient(scalar, slot, p.arrays, p.sizeOf);
          closeTo(evaluateArray(lambda(all, slot), p.arrays, p.sizeOf), want.gradient, 1e-9, 1e-10);
        }
      }),
      { numRuns: 150, seed: 2 },
    );
  });

  it('of the gradient equals finite differences of the first where it is smooth', () => {
    fc.assert(
      fc.property(arbitraryProgram({ smooth: true, depth: 3 }), (p) => {
        const scalar = scalarOfGradient(p);
        const all = gradient(p.builder, scalar, p.real);
        for (const slot of p.real) {
          const found = evaluateArray(lambda(all, slot), p.arrays, p.sizeOf);
          const want = found.map((_, i) => centralDifference(scalar, slot, i, p.arrays, p.sizeOf));
          closeTo(found, want, 1e-5, 1e-5);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

function centralDifference(
  scalar: Node,
  slot: Slot,
  i: number,
  arrays: Arrays,
  sizeOf: (s: IndexSet) => number,
): number {
  const at = (shift: number): number => {
    const array = arrays.get(slot);
    if (!array) throw new Error(`no array for ${slot.name}`);
    const data = Float64Array.from(array.data);
    data[i] += shift;
    return evaluateScalar(scalar, new Map([...arrays, [slot, { shape: array.shape, data }]]), sizeOf);
  };
  const h = 1e-4;
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}
