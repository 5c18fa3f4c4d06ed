/**
 * Every energy of the examples, compiled to a GraphModel that tfjs's own reader executes, agrees with the reference
 * at states of the support; or it is refused with a sentence that says what it has.
 */
import { describe, expect, it } from 'vitest';
import { nodeHost } from '../../src/io/node-host.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { examples, exampleText, folderOfExample } from '../docs/kit.ts';
import { open } from '../run/kit.ts';
import { CompiledModel, supportedStates } from './compile-kit.ts';
import { graphReader } from './readers.ts';

const graph = await graphReader();

/** What the energies that no graph can hold are told. */
const refused: Readonly<Record<string, string>> = {
  'biology/epidemic Epidemic':
    '`Epidemic` has a recurrence of 140 steps, which a GraphModel of tfjs can only hold written out; expected at most 8',
  'biology/hidden-markov Rates':
    '`Rates` has a recurrence of 60 steps, which a GraphModel of tfjs can only hold written out; expected at most 8',
  'biology/predator-prey Lynx':
    '`Lynx` has a recurrence of 100 steps, which a GraphModel of tfjs can only hold written out; expected at most 8',
  'statistics/covariance Bodies':
    '`Bodies` computes the solution of linear equations, for which a GraphModel of tfjs has no operation',
  'statistics/gaussian-process Process':
    '`Process` computes a Cholesky factor, for which a GraphModel of tfjs has no operation',
  'statistics/missing-values Normal':
    '`Normal` computes the solution of linear equations, for which a GraphModel of tfjs has no operation',
};

const BATCH = 2;
/** Operations of the largest of them, a recurrence of 200 steps written out with its derivatives, and bytes. */
const MOST_STEPS = 2000;
const MOST_BYTES = 2 ** 19;

describe('examples as GraphModels agree with the reference', () => {
  it.each(examples)('%s', { timeout: 60_000 }, async (name) => {
    const host = nodeHost({ root: folderOfExample(name) });
    const opened = await open(exampleText(name), { file: `${name}.energy`, host });
    for (const [energy, { generic }] of opened.compiled.program.energies) {
      if (generic) continue;
      const model = opened.model(energy);
      const sentence = refused[`${name} ${energy}`];
      if (sentence !== undefined) {
        expect(faultOf(() => new CompiledModel(model, BATCH))).toEqual(['E0801', sentence]);
        continue;
      }
      const compiled = new CompiledModel(model, BATCH);
      expect(compiled.made.steps).toBeLessThan(MOST_STEPS);
      expect(compiled.made.files.reduce((n, f) => n + f.content.length, 0)).toBeLessThan(MOST_BYTES);
      const states = supportedStates(model, 7, BATCH);
      const want = compiled.expected(states);
      const supported = want.values.get('supported')?.data ?? [1, 1];
      expect(Array.from(supported), energy).toEqual([1, 1]);
      expect(Array.from(want.values.get('energy')!.data).every(Number.isFinite)).toBe(true);
      await compiled.agrees(graph, states);
    }
  });

  it('of which only those are refused that are named', () => {
    for (const key of Object.keys(refused)) expect(examples).toContain(key.split(' ')[0]);
  });
});

function faultOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (e) {
    if (e instanceof EnergyError) return [e.diagnostics[0].code, e.diagnostics[0].message];
    throw e;
  }
  return [];
}
