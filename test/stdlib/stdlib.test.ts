/** Every item of the standard library says what it is and has an example that checks and runs. */
import { describe, expect, it } from 'vitest';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';
import { rendered } from '../run/kit.ts';
import { itemsOf, moduleNames, moduleText } from './examples.ts';

const host = memoryHost({});
const compile = (text: string, file: string) =>
  compileProgram(text, file, moduleReader(host, packageLibrary()));

describe.each(moduleNames)('std/%s', (module) => {
  const items = itemsOf(module);

  it('checks by itself and is laid out in the canonical way', async () => {
    const text = moduleText(module);
    expect(rendered(await compile(text, `${module}.energy`))).toBe('');
    expect(print(parse(text, module).program)).toBe(text);
    expect(items.length).toBeGreaterThan(0);
  });

  it.each(items)(
    '$name',
    async ({ name, doc, example }) => {
      expect(doc, 'its first sentence says what it is').toMatch(/^[A-Z][^\n]*[.:]/);
      expect(example, 'it is used from the library').toMatch(
        new RegExp(`^use [^"\n]*\\b${name}\\b[^"\n]* from "std/${module}"$`, 'm'),
      );
      const compiled = await compile(example, 'example.energy');
      expect(rendered(compiled)).toBe('');
      const { program } = compiled;
      expect(program.energies.size).toBeGreaterThan(0);
      const session = await openSession(program, host, referenceEngine());
      expect(program.jobs.length).toBeGreaterThan(0);
      for (const job of program.jobs) {
        const result = await runJob(session, job, () => {});
        expect(result.verb).toBe(job.verb);
        if (result.verb === 'logz') expect(result.logZ).toSatisfy(Number.isFinite);
      }
    },
    30_000,
  );
});
