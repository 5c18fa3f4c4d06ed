/**
 * The gallery keeps working: every example is right, computes the same energies in float32 as in float64, and
 * runs from end to end with fewer steps and draws.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { batchInputs, compile } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { makeBatch } from '../../src/ir/batch.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates, rendered } from '../run/kit.ts';
import { energy, examples, examplesFolder, exampleText, folderOfExample } from './kit.ts';

const STATES = 3;
let wasm: Engine;
let folder: string;

beforeAll(async () => {
  wasm = await tfjsEngine('wasm');
  folder = mkdtempSync(path.join(tmpdir(), 'examples-'));
  cpSync(examplesFolder, folder, { recursive: true });
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('examples are right', () => {
  it('there is a gallery', () => expect(examples.length).toBeGreaterThanOrEqual(12));

  it.each(examples)('%s', async (name) => {
    const text = exampleText(name);
    const compiled = await compileProgram(text, `${name}.energy`, readerIn(folderOfExample(name)));
    expect(rendered(compiled)).toBe('');
    expect(text.startsWith('/// '), 'begins with a sentence that says what it is').toBe(true);
  });

  it('names of programs and data are unique: the playground has one folder for all', () => {
    const files = readdirSync(examplesFolder, { recursive: true, encoding: 'utf8' })
      .filter((f) => /\.(energy|csv|json|npy|npz|parquet)$/.test(f))
      .map((f) => path.basename(f));
    expect(files.filter((f, i) => files.indexOf(f) !== i)).toEqual([]);
  });

  it('each is described in the list of examples', () => {
    const list = readFileSync(path.join(examplesFolder, 'README.md'), 'utf8');
    expect(examples.filter((n) => !list.includes(`(${n}.energy)`))).toEqual([]);
  });
});

describe('engines agree on examples', () => {
  it.each(examples)('%s', { timeout: 30_000 }, async (name) => {
    const host = nodeHost({ root: folderOfExample(name) });
    const opened = await open(exampleText(name), { file: `${name}.energy`, host });
    for (const [energyName, { generic }] of opened.compiled.program.energies) {
      // Written for any index set: it has states only where it is called.
      if (generic) continue;
      const model = opened.model(energyName);
      const axis = model.builder.axis(model.builder.range(STATES), 'state');
      const batch = makeBatch(model.builder, model.energy.unknowns, [axis]);
      const outputs = model.energy.terms.map((t, i) => ({
        name: `${i} ${t.name}`,
        axes: [axis],
        node: batch.on(t.body),
      }));
      const states = randomStates(model, new Stream(11, name, energyName), STATES);
      const inputs = batchInputs(model, batch.slots, states, STATES);
      const want = compile(model, outputs).run(inputs);
      const program = compile(model, outputs, new Map(), wasm);
      const got = program.run(inputs);
      program.dispose();
      for (const { name: term } of outputs) {
        const exact = want.get(term)!.data;
        // Terms are sums of up to about 10⁴ parts of size up to about 10, rounded to 2⁻²⁴ each.
        exact.forEach((x, i) => {
          // A random state may be none of a vector's domain, where a density is not a number.
          const found = got.get(term)!.data[i];
          if (!Number.isFinite(x)) expect(Number.isFinite(found), `${term}[${i}]`).toBe(false);
          else
            expect(Math.abs(found - x), `${term}[${i}] = ${x}`).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(x)));
        });
      }
    }
  });
});

/** The same program with a hundredth of the work; `require` needs its warm-up to find the support. */
function shorter(text: string): string {
  const feasible = text.includes('require ');
  return text
    .replace(/\bsteps = \d+/g, 'steps = 12')
    .replace(/\bn = \d{2,}/g, 'n = 8')
    .replace(/\bdraws = \d{2,}/g, 'draws = 6')
    .replace(/\bwarmup = \d+/g, (w) => (feasible ? w : 'warmup = 6'));
}

/** Results that are exact, whatever the number of draws. */
const exact: Readonly<Record<string, { readonly job: string; readonly logZ: number }>> = {
  // 24 · 384 = 9216 colourings, counted by trying all of them in another program.
  'puzzles/colouring': { job: 'count', logZ: Math.log(384) },
  // The number of ways to place seven queens (OEIS A000170).
  'puzzles/queens': { job: 'count', logZ: Math.log(40) },
  // Squares of order 3: one, in its eight symmetries.
  'puzzles/magic-square': { job: 'count', logZ: Math.log(8) },
  // Latin squares of order 4 (OEIS A002860).
  'puzzles/latin': { job: 'count', logZ: Math.log(576) },
  // Dominoes on 4×4 (OEIS A004003).
  'puzzles/dominoes': { job: 'count', logZ: Math.log(36) },
  // Both colourings of the pentagons in the complete graph of five.
  'puzzles/ramsey': { job: 'count', logZ: Math.log(12) },
  // Independent sets of the 4×4 board (OEIS A006506).
  'physics/hard-squares': { job: 'count', logZ: Math.log(1234) },
  // Eulerian orientations of the 3×3 torus (OEIS A054759).
  'physics/ice': { job: 'count', logZ: Math.log(148) },
  // Self-avoiding walks of eight steps (OEIS A001411).
  'physics/polymer': { job: 'count', logZ: Math.log(5916) },
};

describe('examples run', () => {
  it.each(examples)('%s', { timeout: 60_000 }, async (name) => {
    const text = exampleText(name);
    writeFileSync(path.join(folder, `${name}.energy`), shorter(text));
    const { code, out, err } = await energy(['run', `${name}.energy`, '--json'], folder);
    expect(err).toBe('');
    const events: { event: string; job?: string; log_z?: number; code?: string; message?: string }[] = out
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(events.filter((e) => e.event === 'diagnostic')).toEqual([]);
    expect(code).toBe(0);
    const jobs = [...text.matchAll(/^run\s+(\w+)/gm)].map((m) => m[1]);
    const results = events.filter((e) => e.event === 'result');
    expect(results.map((r) => r.job)).toEqual(jobs);
    for (const job of jobs)
      expect(existsSync(path.join(folder, 'runs', path.basename(name), job, 'run.json')), job).toBe(true);
    const known = exact[name];
    // float32 sums of up to 2¹⁸ ones in chunks are exact; what is left is rounding of the logarithm.
    if (known) expect(results.find((r) => r.job === known.job)!.log_z).toBeCloseTo(known.logZ, 9);
  });
});

const recipes = readdirSync(examplesFolder, { recursive: true, encoding: 'utf8' }).filter((f) =>
  f.endsWith('make.mjs'),
);

describe('data of examples', () => {
  it.each(recipes)('are those that %s makes', async (recipe) => {
    const place = path.dirname(path.join(folder, recipe));
    const read = (): (readonly [string, string])[] =>
      readdirSync(place)
        .sort()
        .map((f) => [f, readFileSync(path.join(place, f), 'utf8')]);
    const before = read();
    await import(path.join(folder, recipe));
    expect(read()).toEqual(before);
  });
});
