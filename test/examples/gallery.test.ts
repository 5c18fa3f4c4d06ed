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
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { verbNamed } from '../../src/options.ts';
import type { JobResult } from '../../src/run/results.ts';
import { openSession, runJob } from '../../src/run/session.ts';
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
const session = async (file: string, compiled: Compiled) =>
  openSession(compiled.program, nodeHost({ root: folderOf(file) }), referenceEngine());

/** The most that a job of this test does of anything, whatever the program asks for. */
const most: Readonly<Record<string, number>> = {
  steps: 2,
  epochs: 1,
  batch: 8,
  n: 4,
  chains: 2,
  draws: 4,
  thin: 1,
  restarts: 2,
  sweeps: 4,
  temperatures: 3,
};
const WARMUP = 4;

const number = (value: number): OptionValue => ({ kind: 'number', value });

/** The job with little to do; `warmup` is kept where chains need it to satisfy what is required. */
function small(job: Job, keepWarmup: boolean): Job {
  const options: Record<string, OptionValue> = {};
  const known = verbNamed(job.verb)?.options.map((o) => o.name) ?? [];
  for (const [name, value] of Object.entries(job.options))
    options[name] =
      value.kind === 'number' && name in most ? number(Math.min(value.value, most[name])) : value;
  const set = (name: string, value: number): void => {
    if (known.includes(name) && options[name] === undefined) options[name] = number(value);
  };
  if (options.n === undefined) {
    set('chains', 2);
    set('draws', 4);
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
