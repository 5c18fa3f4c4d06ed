/** `energy new`: what columns are taken to be, and programs that run as they are written. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { guessColumn } from '../../src/scaffold/columns.ts';
import { identifier } from '../../src/scaffold/table-model.ts';
import { templates } from '../../src/scaffold/templates.ts';
import { folder } from './kit.ts';

const guess = (name: string, cells: readonly (string | null)[]) => guessColumn({ name, cells }).guess;
const times = (n: number, ...cells: readonly string[]): string[] =>
  Array.from({ length: n }, () => cells).flat();

describe('a column', () => {
  it('is what its cells say', () => {
    expect(guess('alive', times(5, 'yes', 'no'))).toEqual({ kind: 'bit' });
    expect(guess('alive', times(5, '0', '1'))).toEqual({ kind: 'bit' });
    expect(guess('island', times(5, 'Dream', 'Biscoe'))).toEqual({
      kind: 'labels',
      labels: ['Biscoe', 'Dream'],
    });
    expect(guess('class', times(5, '0', '1', '2'))).toEqual({ kind: 'codes', count: 3 });
    expect(guess('siblings', times(5, '0', '1', '3'))).toEqual({ kind: 'int', lo: 0, hi: 3 });
    expect(guess('mass', ['3750', '3800', '3250', '3450'])).toEqual({ kind: 'real' });
    expect(guess('length', ['39.1', '40'])).toEqual({ kind: 'real' });
  });

  it('is left out where it says nothing, with the reason', () => {
    expect(guess('a', ['', null, 'NA'])).toEqual({ kind: 'none', why: 'it is empty' });
    expect(guess('a', ['x', 'x'])).toEqual({ kind: 'none', why: 'every value is x' });
    const names = Array.from({ length: 50 }, (_, i) => `n${i}x`);
    expect(guess('a', names)).toEqual({ kind: 'none', why: 'it has 50 different texts' });
  });

  it('counts what is missing', () => {
    expect(guessColumn({ name: 'a', cells: ['1.5', '', 'NA', '2.5'] }).missing).toBe(2);
  });

  it('has a name that the language takes', () => {
    expect(identifier('sepal_length_(cm)')).toBe('sepal_length_cm');
    expect(identifier('2nd')).toBe('_2nd');
    expect(identifier('where')).toBe('where_');
  });
});

const rows = Array.from({ length: 40 }, (_, i) =>
  [
    ['Adelie', 'Gentoo'][i % 2],
    ['low (a)', '10+', 'mid-b'][i % 3],
    (i % 7) * 1.5 + (i % 2),
    i % 4,
    i % 9 === 0 ? '' : i % 5,
    `bird ${i}`,
  ].join(),
).join('\n');
const table = `species,size (mm),bill length,where,kids,name\n${rows}\n`;

describe('a program from a table', () => {
  const place = folder({ 'data/birds.csv': table });

  it('checks, is laid out canonically, and names its columns', async () => {
    const made = await place.energy(
      'new',
      'birds.energy',
      '--from',
      'data/birds.csv',
      '--target',
      'species',
      '--json',
    );
    expect(made.code, made.err).toBe(0);
    expect(made.result).toMatchObject({ verb: 'new', files: ['birds.energy'] });
    const text = readFileSync(path.join(place.dir, 'birds.energy'), 'utf8');
    expect(text).toContain('enum Species = { Adelie, Gentoo }');
    expect(text).toContain('/// Left out: name, it has 40 different texts.');
    expect(text).toMatch(/where_ +: int\(0, 3\)/);
    expect(text).toMatch(/kids +: int\(0, 4\).*\/\/ 5 missing/);
    expect((await place.energy('check', 'birds.energy')).err).toBe('');
    expect((await place.energy('format', '--check', 'birds.energy')).out).toBe('');
  });

  it('binds to the table and runs', async () => {
    // The job as it stands, with fewer steps.
    const file = path.join(place.dir, 'birds.energy');
    const text = readFileSync(file, 'utf8')
      .replace(/steps = 1000/, 'steps = 20')
      .replace(/batch = 128/, 'batch = 16');
    writeFileSync(file, text);
    const ran = await place.energy('run', 'birds.energy', 'learn', '-o', 'out', '--engine', 'wasm');
    expect(ran.err).toBe('');
    expect(ran.code).toBe(0);
  }, 60_000);

  it('writes over nothing unless it is told to', async () => {
    const again = await place.energy('new', 'birds.energy', '--from', 'data/birds.csv');
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/is there already; --force/);
    expect((await place.energy('new', 'birds.energy', '--from', 'data/birds.csv', '--force')).code).toBe(0);
  });

  it('refuses what it cannot use, and says what there is', async () => {
    const unknown = await place.energy('new', 'b.energy', '--from', 'data/birds.csv', '--target', 'wings');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toMatch(/has no usable column wings; it has species, /);
    const outside = await place.energy('new', 'sub/b.energy', '--from', 'data/birds.csv');
    expect(outside.err).toMatch(/outside of the program's folder/);
    const template = await place.energy('new', 'b.energy', '--template', 'glass');
    expect(template.err).toMatch(/there is no template `glass`; there are lattice/);
    expect(existsSync(path.join(place.dir, 'b.energy'))).toBe(false);
  });
});

describe('a template', () => {
  it.each(templates.map((t) => t.name))(
    '%s runs as it is',
    async (name) => {
      const place = folder({});
      expect((await place.energy('new', 'model.energy', '--template', name)).code).toBe(0);
      expect((await place.energy('format', '--check', 'model.energy')).out).toBe('');
      const ran = await place.energy('run', 'model.energy', '-o', 'out');
      expect(ran.err.replace(/^warning: .*$/gm, '').trim()).toBe('');
      expect(ran.code).toBe(0);
    },
    120_000,
  );
});
