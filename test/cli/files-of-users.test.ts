/** Files as users have them: other encodings, standard input, folders that take no results. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { requireWritable } from '../../src/cli/writable.ts';
import { folder } from './kit.ts';

const model = 'energy E(x : real) {\n  term a = x ^ 2\n}\n\nrun s = sample(E, draws = 20)\n';
const place = folder({ 'a.energy': model, taken: 'a file\n' });
const file = (name: string): string => path.join(place.dir, name);

it('a program in UTF-16 is told from one with faults', async () => {
  writeFileSync(file('wide.energy'), Buffer.from(`\uFEFF${model}`, 'utf16le'));
  const a = await place.energy('check', 'wide.energy');
  expect(a.code).toBe(1);
  expect(a.err).toContain('error[E0503]: `wide.energy` is not UTF-8 text');
  expect(a.err).toContain('help: save the program as UTF-8');
});

it('a byte order mark and CR LF are no part of a program', async () => {
  writeFileSync(file('marked.energy'), `\uFEFF${model.replaceAll('\n', '\r\n')}`);
  const a = await place.energy('check', 'marked.energy');
  expect(a.err).toBe('');
  expect(a.code).toBe(0);
});

it('a folder that takes no results is found before a job runs', async () => {
  const a = await place.energy('run', 'a.energy', '-o', 'taken/deep/runs', '--json');
  expect(a.code).toBe(1);
  expect(a.events.map((e) => e.event)).toEqual(['diagnostic']);
  expect(a.result).toMatchObject({ code: 'E0505', suggestion: 'Name another folder with -o.' });
  expect(String(a.result.message)).toContain('is no folder');
  await expect(requireWritable(file('not/yet/there'))).resolves.toBeUndefined();
});

it('standard input is formatted to standard output; its results go to a folder with a name', async () => {
  const { stdin } = process;
  Object.defineProperty(process, 'stdin', {
    value: Readable.from([Buffer.from('energy E( x:real ){ term a=x^2 }')]),
    configurable: true,
  });
  try {
    const a = await place.energy('format', '-');
    expect(a.out).toBe('energy E(x : real) {\n  term a = x ^ 2\n}\n');
    const b = await place.energy('sample', '-', '--draws', '20', '--quiet');
    expect(b.code).toBe(0);
    expect(JSON.parse(readFileSync(file('runs/stdin-sample/run.json'), 'utf8'))).toMatchObject({ seed: 1 });
  } finally {
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  }
});
