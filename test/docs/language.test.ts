/**
 * Documents keep their word: every program in README and docs/ is checked, and the language reference names
 * every domain, function, distribution and verb that there is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtinNames } from '../../src/check/calls.ts';
import { distributions } from '../../src/check/distributions.ts';
import { domainNames } from '../../src/check/domains.ts';
import { readerIn } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { verbs } from '../../src/options.ts';
import { rendered } from '../run/kit.ts';
import { root } from './kit.ts';

interface Block {
  readonly where: string;
  readonly bad: boolean;
  readonly text: string;
}

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
];
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

function blocks(file: string): Block[] {
  const text = textOf(file);
  return [...text.matchAll(/^```energy( bad)?\n([\s\S]*?)^```$/gm)].map((m) => ({
    where: `${file}:${text.slice(0, m.index).split('\n').length}`,
    bad: m[1] !== undefined,
    text: m[2],
  }));
}

const all = documents.flatMap(blocks);

describe('programs in documents', () => {
  it('there are some, right and wrong', () => {
    expect(all.filter((b) => !b.bad).length).toBeGreaterThan(10);
    expect(all.filter((b) => b.bad).length).toBeGreaterThan(2);
  });

  it.each(all.map((b) => [b.where, b] as const))('%s', async (_, block) => {
    const compiled = await compileProgram(block.text, 'document.energy', readerIn(root));
    if (block.bad) expect(compiled.ok, 'this program is said to be wrong').toBe(false);
    else expect(compiled.ok, rendered(compiled)).toBe(true);
  });
});

describe('the language reference', () => {
  const language = textOf('docs/language.md');
  const named = (name: string): boolean => new RegExp(`\`[^\`\n]*\\b${name}\\b[^\`\n]*\``).test(language);

  it('names every built-in function', () => {
    expect(builtinNames.filter((n) => !named(n))).toEqual([]);
  });

  it('names every domain', () => {
    expect(domainNames.filter((n) => !named(n))).toEqual([]);
  });

  it('lists every distribution with its parameters', () => {
    const missing = [...distributions.values()]
      .map((d) => `\`${d.name}(${d.params.join(', ')})\``)
      .filter((head) => !language.includes(`| ${head} |`));
    expect(missing).toEqual([]);
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
