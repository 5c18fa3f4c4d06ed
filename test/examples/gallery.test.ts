/**
 * The gallery: every program of examples/ checks without a word, is laid out in the canonical way, binds, and does
 * all of its jobs with a few draws and steps each. Programs whose answer is known in closed form are sampled
 * properly and held against it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Job, OptionValue } from '../../src/check/values.ts';
import { readerIn } from '../../src/cli/library.ts';
import { type Compiled, compileProgram } from '../../src/compile.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { verbNamed } from '../../src/options.ts';
import type { JobResult } from '../../src/run/results.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { summarise } from '../../src/stats/summary.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';
import { rendered } from '../run/kit.ts';

const gallery = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../examples');
const programs = (readdirSync(gallery, { recursive: true }) as string[])
  .filter((f) => f.endsWith('.energy'))
  .map((f) => f.split(path.sep).join('/'))
  .sort();

const textOf = (file: string): string => readFileSync(path.join(gallery, file), 'utf8');
const folderOf = (file: string): string => path.join(gallery, path.dirname(file));
const compile = (file: string): Promise<Compiled> =>
  compileProgram(textOf(file), path.basename(file), readerIn(folderOf(file)));
/** Annealings of many conditionals, each a graph of its own with tfjs: minutes there, seconds with kernels. */
const onKernels: ReadonlySet<string> = new Set(['puzzles/roster.energy']);
const session = async (file: string, compiled: Compiled) =>
  openSession(
    compiled.program,
    nodeHost({ root: folderOf(file) }),
    onKernels.has(file) ? kernelsEngine() : await tfjsEngine('wasm'),
  );

/** The most that a job of this test does of anything, whatever the program asks for. */
const most: Readonly<Record<string, number>> = {
  steps: 2,
  epochs: 1,
  batch: 8,
  n: 2,
  chains: 2,
  draws: 2,
  thin: 1,
  restarts: 2,
  sweeps: 4,
  temperatures: 3,
};
const WARMUP = 2;

/** The job with little to do; `warmup` is kept where chains need it to satisfy what is required. */
function small(job: Job, keepWarmup: boolean): Job {
  const options: Record<string, OptionValue> = {};
  const number = (value: number): OptionValue => ({ kind: 'number', value, span: job.span });
  const known = verbNamed(job.verb)?.options.map((o) => o.name) ?? [];
  for (const [name, value] of Object.entries(job.options))
    options[name] =
      value.kind === 'number' && name in most ? number(Math.min(value.value, most[name])) : value;
  const set = (name: string, value: number): void => {
    if (known.includes(name) && options[name] === undefined) options[name] = number(value);
  };
  if (options.n === undefined) {
    set('chains', 2);
    set('draws', 2);
    set('record', 2);
  }
  if (job.verb === 'fit') {
    delete options.epochs;
    options.steps = number(2);
    options.batch = number(8);
  }
  if (known.includes('warmup') && !keepWarmup) options.warmup = number(WARMUP);
  return { ...job, options };
}

describe.each(programs)('examples/%s', (file) => {
  it('checks, and is laid out', async () => {
    const compiled = await compile(file);
    expect(rendered(compiled)).toBe('');
    const text = textOf(file);
    expect(text, 'it begins by saying what it is').toMatch(/^\/\/\/ \S/);
    expect(print(parse(text, file).program)).toBe(text);
    expect(compiled.program.jobs.length, 'it has something to run').toBeGreaterThan(0);
  });

  it('runs', async () => {
    const compiled = await compile(file);
    const at = await session(file, compiled);
    for (const job of compiled.program.jobs) {
      const run = (keepWarmup: boolean): Promise<JobResult> => runJob(at, small(job, keepWarmup), () => {});
      // A few sweeps may not be enough for requirements; then the program's own number has to be.
      const result = await run(false).catch((e: unknown) => {
        if (e instanceof EnergyError && e.diagnostics[0].code === 'E0702') return run(true);
        throw e;
      });
      expect(result.verb).toBe(job.verb);
    }
  }, 60_000);
});

/** Posterior means that are known exactly, by conjugacy or added up over all states. */
const means: readonly (readonly [file: string, job: string, quantity: string, mean: number])[] = [
  // Dirichlet(1, 1, 1, 1) with 140, 82, 36 and 42 words of each kind.
  ['statistics/word-counts', 'shares', 'p[0]', 141 / 304],
  ['statistics/word-counts', 'shares', 'p[2]', 37 / 304],
  // With both rates summed out there are 59 states.
  ['statistics/disasters', 'alone', 'last', 37.51807],
  // With the probability of capture summed out there are 339.
  ['statistics/capture-recapture', 'alone', 'N', 103.43986],
  // Lauritzen and Spiegelhalter's network, all 16 states of what is not known.
  ['biology/asia', 'patient', 'tuberculosis', 0.087751],
  ['biology/asia', 'patient', 'cancer', 0.0995251],
  // Squares of a plane gauge field are independent: tanh(1) to the power of the area.
  ['physics/gauge', 'draws', 'one', Math.tanh(1)],
  ['physics/gauge', 'draws', 'two', Math.tanh(1) ** 2],
  // Fisher 1964: coth 2 − 1/2.
  ['physics/heisenberg', 'draws', 'near', 1 / Math.tanh(2) - 0.5],
];

/** ln Z that is known exactly. */
const logZ: readonly (readonly [file: string, job: string, value: number])[] = [
  ['biology/asia', 'known', Math.log(0.004501375)],
  // Five best cuts, each in two colourings: 12 of 15 edges; the next ones weigh e⁻⁴⁰.
  ['puzzles/max-cut', 'best', 180 + Math.log(10)],
];

describe('answers that are known', () => {
  const perform = async (file: string, name: string): Promise<JobResult> => {
    const compiled = await compile(`${file}.energy`);
    const job = compiled.program.jobs.find((j) => j.name === name);
    if (!job) throw new Error(`${file} has no job ${name}`);
    return runJob(await session(`${file}.energy`, compiled), job, () => {});
  };

  it.each(means)(
    '%s, %s: %s is %d',
    async (file, job, quantity, mean) => {
      const result = await perform(file, job);
      if (result.verb !== 'sample') throw new Error(`${job} does not sample`);
      const found = summarise(result.draws).quantities.find((q) => q.name === quantity);
      expect(found?.r_hat).toBeLessThan(1.05);
      const error = found?.mcse_mean ?? Number.NaN;
      // Wide enough to fail by chance once in a million, narrow enough to say something.
      expect(error).toBeLessThan(0.02 * Math.abs(mean) + 0.01);
      expect(Math.abs((found?.mean ?? Number.NaN) - mean)).toBeLessThan(5 * error);
    },
    60_000,
  );

  it.each(logZ)(
    '%s, %s: ln Z is %d',
    async (file, job, value) => {
      const result = await perform(file, job);
      if (result.verb !== 'logz') throw new Error(`${job} does not count`);
      expect(result.logZ).toBeCloseTo(value, 4);
    },
    60_000,
  );

  it('of the pedigree: the child of the cousins is ill with probability 0.028518', async () => {
    const [known, ill] = [
      await perform('biology/pedigree', 'known'),
      await perform('biology/pedigree', 'ill'),
    ];
    if (known.verb !== 'logz' || ill.verb !== 'logz') throw new Error('they count');
    expect(Math.exp(ill.logZ - known.logZ)).toBeCloseTo(0.0285185, 5);
  }, 60_000);
});
