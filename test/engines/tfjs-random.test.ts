import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Engine, Output } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../ir/arbitrary.ts';
import { native, nativeGraphs } from './optional.ts';

const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const portable = engineOn(PORTABLE);

const float32 = (arrays: Arrays, noise = 0): Map<Slot, HostArray> => {
  let k = 0;
  return new Map(
    [...arrays].map(([slot, a]) => {
      if (slot.domain.kind !== 'real') return [slot, a];
      const data = Float64Array.from(a.data, (x) => Math.fround(x) * (1 + (k++ % 2 ? noise : -noise)));
      return [slot, { shape: a.shape, data }];
    }),
  );
};

const outputsOf = (p: Program): Output[] => [
  { name: 'energy', axes: [], node: p.root },
  ...[...gradient(p.builder, p.root, p.real)].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })),
];

/**
 * The difference from float64, over what float32 explains: the change of the
 * result under perturbations of the inputs of a few units in the last place, and
 * the rounding of the result itself.
 */
function compare(engine: Engine, p: Program, constants: (s: Slot) => boolean): void {
  // TensorFlow's tanh is 1 from 7.95 on, 4 units of the last place off; derivatives of what saturates are differences.
  const absolute = engine === native || engine === nativeGraphs ? 1e-4 : 1e-5;
  const arrays = float32(p.arrays);
  const outputs = outputsOf(p);
  const program = { outputs, sizeOf: p.sizeOf };
  const reference = referenceEngine();
  const exact = reference.compile(program, new Map()).run(arrays);
  const moved = [1e-6, -1e-6].map((e) => reference.compile(program, new Map()).run(float32(p.arrays, e)));
  const evaluator = engine.compile(program, new Map([...arrays].filter(([s]) => constants(s))));
  const found = evaluator.run(new Map([...arrays].filter(([s]) => !constants(s))));
  evaluator.dispose();
  for (const o of outputs) {
    const want = exact.get(o.name)!.data;
    const got = found.get(o.name)!;
    expect(got.shape).toEqual(exact.get(o.name)!.shape);
    const scale = Array.from(want).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    for (let i = 0; i < want.length; i++) {
      const slack = Math.max(...moved.map((m) => Math.abs(m.get(o.name)!.data[i] - want[i])));
      const error = Math.abs(got.data[i] - want[i]);
      if (!(error <= 1e-4 * scale + 30 * slack + absolute))
        throw new Error(`${o.name}[${i}]: ${got.data[i]}, expected ${want[i]} (float32 explains ${slack})`);
    }
  }
}

/** Opening a graph takes a tenth of a second. */
const FEW = 24;

describe.each([
  ['wasm', wasm, 120],
  ['cpu', cpu, 120],
  ['portable', portable, 120],
  ...(native ? ([['tensorflow', native, 120]] as const) : []),
  ...(nativeGraphs ? ([['whole graphs of tensorflow', nativeGraphs, FEW]] as const) : []),
] as const)('random programs on %s', (_, engine, numRuns) => {
  it('with gradients agree with the reference, everything supplied at run time', () => {
    fc.assert(
      fc.property(arbitraryProgram(), (p) => compare(engine, p, () => false)),
      { numRuns, seed: 11 },
    );
  }, 60_000);

  it('with gradients agree with the reference, discrete slots constant', () => {
    fc.assert(
      fc.property(arbitraryProgram(), (p) => compare(engine, p, (s) => !p.real.includes(s))),
      { numRuns, seed: 12 },
    );
  }, 60_000);

  it('fold to constants when everything is known', () => {
    fc.assert(
      fc.property(arbitraryProgram({ depth: 3 }), (p) => compare(engine, p, () => true)),
      { numRuns: Math.floor(numRuns / 2), seed: 13 },
    );
  }, 60_000);
});
