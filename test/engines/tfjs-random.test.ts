import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { loadBackend, PORTABLE } from '../../src/engines/tfjs/backend.ts';
import { engineOn } from '../../src/engines/tfjs/evaluator.ts';
import type { Slot } from '../../src/ir/types.ts';
import { arbitraryProgram, type Program } from '../ir/arbitrary.ts';
import { agreeOn } from './agreement.ts';
import { native, nativeGraphs } from './optional.ts';

const wasm = engineOn(await loadBackend('wasm'));
const cpu = engineOn(await loadBackend('cpu'));
const portable = engineOn(PORTABLE);

// TensorFlow's tanh is 1 from 7.95 on, 4 units of the last place off; derivatives of what saturates are differences.
const compare = (engine: Engine, p: Program, constants: (s: Slot) => boolean): void =>
  agreeOn(engine, p, constants, { absolute: engine === native || engine === nativeGraphs ? 1e-4 : 1e-5 });

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
