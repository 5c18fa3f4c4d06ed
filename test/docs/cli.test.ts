/** `docs/cli.md` is what the command line says of itself; `UPDATE_GOLDENS=1` writes it anew. */
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../src/version.ts';
import { expectGolden } from '../run/golden.ts';
import { cliText } from './cli-text.ts';
import { energy, root } from './kit.ts';

describe('docs/cli.md', () => {
  it('is what the command line says of itself', async () => {
    expectGolden(path.join(root, 'docs/cli.md'), await cliText());
  });

  it('lists every command', async () => {
    const { out, code } = await energy(['--help'], root);
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z]+) .*/gm)].map((m) => m[1]).filter((n) => n !== 'help');
    const text = await cliText();
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((n) => !text.includes(`### energy ${n}\n`))).toEqual([]);
  });
});

describe('what the document says of the command line', () => {
  it('prints the version', async () => {
    expect(await energy(['--version'], root)).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('ends with 2 for a command that is not there, and for a flag', async () => {
    expect((await energy(['smaple', 'x.energy'], root)).code).toBe(2);
    expect((await energy(['check', 'x.energy', '--jsno'], root)).code).toBe(2);
    expect((await energy(['sample', 'examples/physics/ising.energy', '--seed', 'one'], root)).code).toBe(2);
  });

  it('ends with 1 for a file that is not there, and says so as data', async () => {
    const { code, out } = await energy(['check', 'nowhere.energy', '--json'], root);
    expect(code).toBe(1);
    const events = out
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(events).toMatchObject([{ event: 'diagnostic', severity: 'error', code: 'E0501' }]);
  });
});
