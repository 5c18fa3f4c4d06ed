/** Steps in slices of rows are the steps that they stand for. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { lowerProgram } from '../../src/engines/tensors/lower.ts';
import { plannedMemory } from '../../src/engines/tensors/memory.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import type { JobResult } from '../../src/run/results.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

/** The reference with a limit, and the largest program that it took. */
function limited(limit: number): { readonly engine: Engine; readonly most: () => number } {
  const plain = referenceEngine();
  let most = 0;
  return {
    engine: {
      ...plain,
      compile: (program, constants) => {
        const target = {
          hostLoops: true,
          plainArithmetic: false,
          transposes: () => true,
          packs: false,
          rowReads: false,
        };
        const memory = plannedMemory(lowerProgram(program, constants, target).tensors, limit);
        most = Math.max(most, memory);
        const evaluator = plain.compile(program, constants);
        return { run: (inputs) => evaluator.run(inputs), memory, dispose: () => evaluator.dispose() };
      },
    },
    most: () => most,
  };
}

const rows = Array.from({ length: 48 }, (_, i) => `${(i * 7) % 3},${((i * 5) % 11) / 5 - 1},${i % 2}`).join(
  '\n',
);

const text = (loss: string): string => `
  type Row = { c : category(3), x : real, b : bit }
  data rows : Row[row] from "rows.csv"
  param net = mlp(encode(Row), hidden = [16], act = silu)
  energy E(r : Row) { term a = net(encode(r)) + 0.3 * r.x ^ 2 }
  run learn = fit(E, rows, loss = ${loss}, optimizer = adam(rate = 0.01), batch = 24, steps = 12, seed = 3)`;

async function fitted(loss: string, engine: Engine): Promise<Extract<JobResult, { verb: 'fit' }>> {
  const compiled = compileText(text(loss), 'model.energy');
  if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
  const host = memoryHost({ 'rows.csv': `c,x,b\n${rows}\n` });
  const session = await openSession(compiled.program, host, engine);
  const result = await runJob(session, compiled.program.jobs[0], () => {});
  if (result.verb !== 'fit') throw new Error('a fit ends as a fit');
  return result;
}

describe('steps in slices', () => {
  it.each([
    'discrepancy(draws = 16)',
    'discrepancy(kernel = grid, draws = 8)',
    'discrepancy(kernel = mask, draws = 8)',
    'score_matching(form = denoising)',
  ])('learn what whole ones learn: %s', async (loss) => {
    const free = limited(Number.POSITIVE_INFINITY);
    const whole = await fitted(loss, free.engine);
    const tight = limited(free.most() / 2.5);
    const parts = await fitted(loss, tight.engine);
    expect(tight.most()).toBeLessThan(free.most() / 2.5);
    expect(parts.complete).toBe(true);
    parts.history.loss.forEach((x, i) => {
      expect(x).toBeCloseTo(whole.history.loss[i], 9);
    });
    for (const [slot, { data }] of parts.params) {
      const other = [...whole.params].find(([s]) => s.name === slot.name)![1].data;
      data.forEach((x, i) => {
        expect(x).toBeCloseTo(other[i], 8);
      });
    }
  });

  it('are refused where one row is too much, with figures and what to turn', async () => {
    const e = await fitted('discrepancy(draws = 16)', limited(2000).engine).then(
      () => null,
      (x: unknown) => x,
    );
    if (!(e instanceof EnergyError)) throw new Error(`no fault but ${String(e)}`);
    expect(e.diagnostics[0].code).toBe('E0708');
    expect(e.diagnostics[0].message).toMatch(
      /^there is no memory for the job `learn`: one evaluation takes about [\d.]+ [kM]B, more than the 2 kB that the engine may use$/,
    );
    expect(e.diagnostics[0].suggestion).toMatch(/rows/);
  });
});
