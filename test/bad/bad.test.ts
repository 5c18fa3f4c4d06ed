/**
 * Programs that are wrong: what is said of each, beside it as `NAME.expected`. One mistake gives one message;
 * a program with more of them says so in its first line (`// mistakes: 3`). A program goes as far as it can:
 * it is checked, then its data are bound, then its jobs are run.
 */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { bindCodes } from '../../src/bind/codes.ts';
import { checkCodes } from '../../src/check/codes.ts';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { emitCodes } from '../../src/emit/codes.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { inferCodes } from '../../src/infer/codes.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { learnCodes } from '../../src/learn/codes.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { syntaxCodes } from '../../src/syntax/codes.ts';
import { type Diagnostic, EnergyError } from '../../src/syntax/diagnostic.ts';
import { parse } from '../../src/syntax/parse.ts';
import { render } from '../../src/syntax/render.ts';
import { expectGolden } from '../run/golden.ts';
import { programsIn, readProgram, testFolder } from '../run/kit.ts';

const folder = path.join(testFolder, 'bad');
const programs = programsIn('bad');

/** Everything that is said of a program, in the order in which a user would meet it. */
async function faults(name: string): Promise<{ said: readonly Diagnostic[]; text: string }> {
  const source = readProgram('bad', name);
  const compiled = await compileProgram(source, `${name}.energy`, readerIn(folder));
  const said = [...compiled.diagnostics];
  if (compiled.ok) {
    try {
      const host = nodeHost({ root: folder });
      await bind(compiled.program, host);
      const session = await openSession(compiled.program, host, referenceEngine());
      said.push(...session.warnings);
      for (const job of compiled.program.jobs) {
        const result = await runJob(session, job, () => {});
        if (result.verb === 'fit') said.push(...result.failure);
      }
    } catch (e) {
      if (!(e instanceof EnergyError)) throw e;
      said.push(...e.diagnostics);
    }
  }
  const text = said.map((d) => render(d, (file) => compiled.sources.get(file), { color: false })).join('\n');
  return { said, text };
}

const seen = new Set<string>();

describe('programs that are wrong', () => {
  it('there are many', () => expect(programs.length).toBeGreaterThanOrEqual(160));

  it.each(programs)('%s', async (name) => {
    const { said, text } = await faults(name);
    for (const d of said) seen.add(d.code);
    const expected = /^\/\/ mistakes: (\d+)/.exec(readProgram('bad', name));
    expect(said.length, text).toBe(expected ? Number(expected[1]) : 1);
    // The text must be the same wherever the checkout is.
    expect(text).not.toContain(testFolder);
    expectGolden(path.join(folder, `${name}.expected`), `${text}\n`);
  });

  it('every golden belongs to a program', () => {
    const goldens = readdirSync(folder).filter((f) => f.endsWith('.expected'));
    expect(goldens.map((f) => f.replace('.expected', '')).sort()).toEqual([...programs]);
  });

  it('lists a hundred mistakes of a file and counts the rest', () => {
    const { diagnostics } = parse('energy E(x : real) { term a = x ^ }\n'.repeat(130), 'a.energy');
    expect(diagnostics.length).toBe(101);
    expect(diagnostics[100]).toMatchObject({ code: 'E0119', message: '30 more mistakes are not listed' });
    seen.add('E0119');
  });

  it('every code is reached by some program', () => {
    const tables = [syntaxCodes, checkCodes, bindCodes, inferCodes, learnCodes, emitCodes];
    const codes = tables.flatMap((c) => Object.keys(c));
    expect(codes.filter((c) => !seen.has(c) && !reachedElsewhere.includes(c))).toEqual([]);
  });
});

/** Faults of losses and optimisers: `test/explain` runs the program of each, `test/learn` more. */
const ofLosses = [
  'E0721',
  'E0722',
  'E0724',
  'E0725',
  'E0726',
  'E0727',
  'E0742',
  'E0743',
  'E0744',
  'E0745',
  'E0747',
  'E0748',
  'W0711',
  'W0712',
];

/** Faults of `energy compile`, which no job asks for (`test/emit/refused.test.ts`). */
const ofCompiling = ['E0801', 'E0802'];

/**
 * Faults of the command line's options (`test/cli`), of hundreds of files (`test/check/modules.test.ts`), of
 * checkpoints, of rows and of what a fit notices by the way (`test/learn`), of workers (`test/scale`), of memory
 * (`test/infer/kernels.test.ts`), of estimates (`test/logz`); and a code that is kept but not given.
 */
const reachedElsewhere = [
  'E0539',
  'E0211',
  'E0707',
  'E0708',
  'E0713',
  'E0715',
  'E0732',
  'W0710',
  'E0901',
  ...ofLosses,
  ...ofCompiling,
];
