/** Too little memory is told as E0708, with what did not fit, and nothing is kept. */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { type Diagnostic, EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';

const ising = (side: number, job = ''): string => `
  index site = grid(${side}, ${side})
  energy Ising(s : spin[site]) {
    term pairs = -0.4 * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
  }
  ${job}`;

async function diagnosticOf(run: () => Promise<unknown>): Promise<Diagnostic> {
  try {
    await run();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  throw new Error('nothing is wrong');
}

describe('memory that runs out', () => {
  it.each([
    ['discrete', ising(128, 'run d = sample(Ising, draws = 2, warmup = 2)')],
    [
      'real',
      `index site = 5000
       energy E(x : real[site]) { term bowl = sum(x ^ 2) }
       run d = sample(E, draws = 2, warmup = 2)`,
    ],
  ])('in an engine is a fault of the job, named with its size: %s', async (_, text) => {
    const { compiled } = await open(text);
    const heap = new Heap(1);
    const session = await openSession(compiled.program, memoryHost({}), kernelsEngine(heap));
    const said = await diagnosticOf(() => runJob(session, compiled.program.jobs[0], () => {}));
    expect(said.code).toBe('E0708');
    expect(said.message).toMatch(/^there is no memory for the job `d`: [\d.]+ kB could not be had$/);
    expect(said.suggestion).toMatch(/chains/);
    expect(heap.used).toBe(0);
  });

  it('in the record names the unknown and how many draws', async () => {
    const { model: make } = await open(ising(4));
    const heap = new Heap();
    const model = make(undefined, kernelsEngine(heap));
    const said = await diagnosticOf(() => sample(model, noClamp(model), { chains: 4, draws: 1e15 }));
    expect(said.code).toBe('E0708');
    expect(said.message).toBe(
      'there is no memory for `s` in 1000000000000000 draws of 4 chains: 512000 TB could not be had',
    );
    expect(heap.used).toBe(0);
  });
});
