/** The demonstration finds its programs, and they have the jobs that it runs. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoPrograms, packageRoot } from '../../src/cli/demo/project.ts';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { rendered } from '../run/kit.ts';

const source = path.resolve(import.meta.dirname, '../../src/cli/demo');

/** The jobs that a part of the demonstration runs: `example.run('learn', 'fit')`. */
const asked = (file: string): readonly (readonly [string, string])[] =>
  [...readFileSync(path.join(source, file), 'utf8').matchAll(/\.run\('(\w+)', '(\w+)'\)/g)].map(
    (m) => [m[1], m[2]] as const,
  );

describe('the demonstration', () => {
  it.each(['digits', 'wine'] as const)('%s', async (name) => {
    const file = path.join(await packageRoot(), demoPrograms[name]);
    const compiled = await compileProgram(readFileSync(file, 'utf8'), file, readerIn(path.dirname(file)));
    expect(rendered(compiled)).toBe('');
    const jobs = asked(`${name}.ts`);
    expect(jobs.length).toBeGreaterThan(2);
    for (const [job, verb] of jobs)
      expect(compiled.program.jobs.find((j) => j.name === job)?.verb, job).toBe(verb);
  });
});
