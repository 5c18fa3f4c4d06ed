import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Output } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { IndexSet, Node, Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../ir/arbitrary.ts';
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
    ...[...gradient(p.builder, p.root, p.real)].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })),
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
