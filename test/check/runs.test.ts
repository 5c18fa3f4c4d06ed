/**
 * A program that the checker accepts runs, or a diagnostic says why not: right programs with numbers, operators
 * and names exchanged at random never end in an internal error.
 */
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import type { CheckedProgram } from '../../src/check/program.ts';
import { compileText } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { makeModel, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { staticSize } from '../../src/ir/build.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { programsIn, readProgram, testFolder } from '../run/kit.ts';

const texts = programsIn('good').map((n) => readProgram('good', n));
const host = nodeHost({ root: path.join(testFolder, 'good') });

const numbers = ['0', '1', '2', '3', '4', '5', '7', '0.5', '12', '-1'];
const operators = ['+', '-', '*', '/', '^', '<', '>', '=='];

/** Exchanges the `at`-th number, operator or name for another one. */
function exchanged(text: string, at: number, by: number): string {
  const list = text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|"[^"\n]*"|\s+|[^\s\w"]/g) ?? [];
  const isName = (w: string): boolean => /^[A-Za-z_]/.test(w);
  const places = list.flatMap((w, i) => (isName(w) || /^\d/.test(w) || operators.includes(w) ? [i] : []));
  const i = places[at % places.length];
  const names = list.filter(isName);
  const choices = isName(list[i]) ? names : operators.includes(list[i]) ? operators : numbers;
  return [...list.slice(0, i), choices[by % choices.length], ...list.slice(i + 1)].join('');
}

/** Two transitions of one chain for each energy. @returns how many energies ran */
async function runAll(program: CheckedProgram): Promise<number> {
  if (program.namedSets.some((s) => (staticSize(s) ?? 1) > 60)) return 0;
  const bound = await bind(program, host);
  const params = initialParams(bound, 1);
  let ran = 0;
  for (const { energy } of program.energies.values()) {
    const m = makeModel(bound, energy, params, referenceEngine());
    if (m.unknowns.reduce((n, u) => n + u.size, 0) > 60) continue;
    await sample(m, noClamp(m), { chains: 1, draws: 1, warmup: 1, leapfrogs: 1 });
    ran++;
  }
  return ran;
}

describe('what is accepted runs', () => {
  it('or says why not', async () => {
    let ran = 0;
    const place = fc.tuple(fc.nat(2000), fc.nat(2000));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.array(place, { minLength: 1, maxLength: 2 }),
        async (text, changes) => {
          const source = changes.reduce((t, [at, by]) => exchanged(t, at, by), text);
          const { ok, program } = compileText(source, 'a.energy');
          if (!ok) return;
          try {
            ran += await runAll(program);
          } catch (e) {
            if (!(e instanceof EnergyError))
              throw new Error(`${(e as Error).message}\n${source}`, { cause: e });
            expect(e.diagnostics.length).toBe(1);
          }
        },
      ),
      { numRuns: Number(process.env.RUNS_RUNS ?? 800), seed: Number(process.env.RUNS_SEED ?? 9) },
    );
    expect(ran).toBeGreaterThan(50);
  }, 120_000);
});
