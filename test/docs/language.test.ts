/**
 * Documents keep their word: every program in README, CONTRIBUTING and docs/ is checked, without warnings, and
 * run with hardly any work; and the language reference names every domain, function, distribution and verb.
 */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtinNames } from '../../src/check/calls.ts';
import { distributions } from '../../src/check/distributions.ts';
import { domainNames } from '../../src/check/domains.ts';
import { limits } from '../../src/limits.ts';
import { verbs } from '../../src/options.ts';
import { rendered } from '../run/kit.ts';
import { blocksOf, compileBlock, documents, faultsOf, runBlock, textOf } from './blocks.ts';
import { root } from './kit.ts';

const all = documents.flatMap(blocksOf);

describe('programs in documents', () => {
  it('there are some, right and wrong', () => {
    expect(all.filter((b) => !b.bad).length).toBeGreaterThan(25);
    expect(all.filter((b) => b.bad).length).toBeGreaterThan(5);
    expect(all.filter((b) => b.bad && b.code === null).map((b) => b.where)).toEqual([]);
  });

  it.each(all.filter((b) => !b.bad).map((b) => [b.where, b] as const))(
    '%s runs',
    async (_, block) => {
      const compiled = await compileBlock(block);
      expect(rendered(compiled)).toBe('');
      const done = await runBlock(compiled);
      const declared = [...block.text.matchAll(/^energy\s+\w+/gm)].length;
      if (declared > 0) expect(done.length).toBeGreaterThan(0);
    },
    60_000,
  );

  it.each(all.filter((b) => b.bad).map((b) => [b.where, b] as const))('%s is wrong', async (_, block) => {
    expect(await faultsOf(block)).toContain(block.code);
  });
});

describe('the language reference', () => {
  const language = textOf('docs/language.md');
  const reference = ['language', 'functions', 'distributions'].map((f) => textOf(`docs/${f}.md`)).join('\n');
  const named = (name: string): boolean => new RegExp(`\`[^\`\n]*\\b${name}\\b[^\`\n]*\``).test(reference);

  it('names every built-in function', () => {
    expect(builtinNames.filter((n) => !named(n))).toEqual([]);
  });

  it('names every domain', () => {
    expect(domainNames.filter((n) => !named(n))).toEqual([]);
  });

  it('lists every distribution with its parameters', () => {
    const missing = [...distributions.values()]
      .map((d) => `\`${d.name}(${d.params.join(', ')})\``)
      .filter((head) => !reference.includes(`| ${head} |`));
    expect(missing).toEqual([]);
  });

  it('tells the limits', () => {
    const table = language.slice(language.indexOf('## Limits'), language.indexOf('## From Stan'));
    const told = (n: number): boolean => table.includes(n.toLocaleString('en-US'));
    // How many mistakes are listed, and how deep checking may be, is nothing to write programs by.
    const { diagnostics: _, elaboration: __, ...rest } = limits;
    expect(Object.entries(rest).filter(([, n]) => !told(n))).toEqual([]);
  });

  it('names every verb, and says of those that are not available that they are not', () => {
    expect(verbs.filter((v) => !named(v.name)).map((v) => v.name)).toEqual([]);
    const later = language.slice(language.indexOf('## Not in this version'));
    for (const v of verbs) expect(later.includes(`\`${v.name}\``), v.name).toBe(!v.available);
  });
});

describe('links between documents', () => {
  it.each(documents)('%s', (file) => {
    const here = path.dirname(path.join(root, file));
    const broken = [...textOf(file).matchAll(/\]\((?!https?:)([^)#\s]+)(#[^)\s]*)?\)/g)]
      .map((m) => m[1])
      .filter((to) => !exists(path.resolve(here, to)));
    expect(broken).toEqual([]);
  });
});

function exists(file: string): boolean {
  try {
    return readdirSync(path.dirname(file)).includes(path.basename(file));
  } catch {
    return false;
  }
}
