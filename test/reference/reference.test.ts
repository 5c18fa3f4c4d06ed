/** The reference has every name of the language, and its programs are right. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { domainNames, tokenSpecs } from '../../grammar/tokens.ts';
import { builtinNames } from '../../src/check/calls.ts';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { verbs } from '../../src/options.ts';
import {
  firstSentence,
  itemsNamed,
  kindTitles,
  languageItems,
  libraryItems,
  nearestItem,
} from '../../src/reference/index.ts';
import { libraryModule, splitDoc } from '../../src/reference/library.ts';
import { itemText, listText, wrap } from '../../src/reference/text.ts';
import { libraryOf } from '../../src/stdlib.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'stdlib');
const texts = new Map(
  readdirSync(folder)
    .filter((f) => f.endsWith('.energy'))
    .map((f) => [f.slice(0, -'.energy'.length), readFileSync(path.join(folder, f), 'utf8')]),
);
const library = await libraryItems(libraryOf(texts));
const all = [...languageItems, ...library];
const names = new Set(languageItems.map((i) => i.name));

describe('the reference', () => {
  it('has every word, operator, domain, function, distribution and verb', () => {
    const tokens = tokenSpecs.flatMap((s) =>
      Array.isArray(s.pattern) && (s.word || s.binary || s.prefix) ? (s.pattern as readonly string[]) : [],
    );
    const wanted = [
      ...tokens,
      ...domainNames,
      ...builtinNames,
      ...verbs.filter((v) => v.available).map((v) => v.name),
    ];
    expect(wanted.filter((w) => !names.has(w))).toEqual([]);
  });

  it('has nothing twice in a kind, and a sentence for everything', () => {
    for (const [kind] of kindTitles) {
      const own = languageItems.filter((i) => i.kind === kind).map((i) => i.name);
      expect(new Set(own).size, kind).toBe(own.length);
    }
    expect(
      languageItems.filter((i) => !/[.…]$/.test(i.doc) || i.forms.length === 0).map((i) => i.name),
    ).toEqual([]);
  });

  const programs = languageItems.flatMap((i) =>
    i.example === null ? [] : [[`${i.kind} ${i.name}`, i.example] as const],
  );
  it.each(programs)('%s has an example without a fault', async (_, example) => {
    const { diagnostics } = await compileProgram(example, 'example.energy', readerIn(root));
    expect(diagnostics).toEqual([]);
  });

  it('has what the standard library says of itself', () => {
    const [ising] = itemsNamed(library, 'Ising');
    expect(ising.module).toBe('std/ising');
    expect(ising.forms).toEqual(['energy Ising(s : spin[site], bond : set[site, site], J : real, h : real)']);
    expect(ising.doc).toMatch(/^The Ising model/);
    expect(ising.doc).not.toContain('Example');
    expect(ising.example).toMatch(/^use Ising from "std\/ising"\n/);
    const modules = library.filter((i) => i.kind === 'module');
    expect(modules.map((m) => m.name)).toEqual([...texts.keys()].sort().map((n) => `std/${n}`));
    expect(modules.filter((m) => m.doc === '' || m.facts.length === 0).map((m) => m.name)).toEqual([]);
    expect(
      library.filter((i) => i.forms.some((f) => f.includes('…') && i.kind === 'library')).map((i) => i.name),
    ).toEqual([]);
  });

  it('reads signatures and examples of any declaration', () => {
    const m = libraryModule(
      'x',
      `/// About the file.\n\n/// Twice.\n///\n/// Example:\n///   const a = 2\n///     const b = 3\nfn f(x : real[k], unit : set) : real[k] {\n  let y = x\n  return 2 * y\n}\nfn hidden(x : real) : real = x\n/// A product.\nenergy J = A * B\n/// A number.\nconst n = 3\n`,
    );
    expect(m.doc).toBe('About the file.');
    expect(m.items.map((i) => i.forms[0])).toEqual([
      'fn f(x : real[k], unit : set) : real[k]',
      'energy J = A * B',
      'const n = 3',
    ]);
    expect(m.items[0].example).toBe('const a = 2\n  const b = 3\n');
    expect(splitDoc('No example here.')).toEqual({ doc: 'No example here.', example: null });
  });

  it('is found by name, nearly by name, and shown', () => {
    expect(itemsNamed(all, 'normal').map((i) => i.kind)).toContain('distribution');
    expect(itemsNamed(all, 'set').map((i) => i.kind)).toEqual(['declaration', 'domain']);
    expect(nearestItem(all, 'nromal')).toBe('normal');
    const text = itemText(itemsNamed(all, 'sample')[0]);
    expect(text).toContain('run name = sample(E, option = value)');
    expect(text).toMatch(/chains +independent chains \(whole number ≥ 1; default 4\)/);
    const list = listText(all);
    for (const [kind, title] of kindTitles)
      expect(list.split('\n').includes(title), kind).toBe(kind !== 'library');
    expect(list.split('\n').filter((l) => l.length > 90)).toEqual([]);
    expect(firstSentence('One thing.\nAnd more.')).toBe('One thing.');
    expect(wrap('aa bb cc', 5)).toBe('aa bb\ncc');
  });
});
