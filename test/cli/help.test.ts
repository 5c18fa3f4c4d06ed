/** Manual pages: complete, as text and as roff, with examples that the command line understands. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import type { EnergyCommand } from '../../src/cli/command.ts';
import { commandNamed, commandsOf } from '../../src/cli/completion/line.ts';
import { details, topics, verbExamples } from '../../src/cli/help/details.ts';
import { allPages } from '../../src/cli/help/page.ts';
import { pageRoff } from '../../src/cli/help/render.ts';
import { commands } from '../../src/cli/main.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { verbs } from '../../src/options.ts';
import { folder } from './kit.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { dir, energy } = folder({});

/** The tree of commands; what is called does nothing. */
function tree(): EnergyCommand {
  const io = { out: { write: () => 0 }, err: { write: () => 0 }, cwd: dir };
  return commands(io, new Terminal(io, false), async () => {});
}
const names = commandsOf(tree()).map((c) => c.name());

/** The words of `energy …` in a line of a shell: up to a pipe or a redirection, or what stands in `$(…)`. */
function wordsOf(line: string): readonly string[] | undefined {
  const inner = /\$\((energy [^)]*)\)/.exec(line)?.[1] ?? line;
  if (!inner.startsWith('energy ')) return undefined;
  const words = [...inner.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]);
  const end = words.findIndex((w) => ['|', '>', '<'].includes(w));
  return words.slice(1, end < 0 ? undefined : end);
}

/** What commander says of these words; '' where it understands them. */
async function complaint(words: readonly string[]): Promise<string> {
  try {
    await tree().parseAsync([...words], { from: 'user' });
    return '';
  } catch (e) {
    if (e instanceof CommanderError) return e.message;
    throw e;
  }
}

describe('examples', () => {
  it.each(names)('%s: has one, and the command line understands all', async (name) => {
    const lines = commandNamed(tree(), name)?.examples ?? [];
    const called = lines.map(wordsOf).filter((w) => w !== undefined);
    expect(called.filter((w) => w[0] === name)).not.toEqual([]);
    for (const words of called) expect([words, await complaint(words)]).toEqual([words, '']);
  });

  it('would not be understood with a flag that is not there', async () => {
    expect(await complaint(['sample', 'a.energy', '--chain', '4'])).toMatch(/unknown option/);
    expect(await complaint(['smaple'])).toMatch(/unknown command/);
  });

  it('name files of the package that exist', () => {
    const lines = commandsOf(tree()).flatMap((c) => c.examples);
    const files = lines.flatMap((l) => l.match(/examples\/\S+\.energy/g) ?? []);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((f) => !existsSync(path.join(root, f)))).toEqual([]);
  });
});

describe('pages', () => {
  it.each(names)('%s: has all parts', async (name) => {
    const { code, out } = await energy('help', name);
    expect(code).toBe(0);
    const titles = [...out.matchAll(/^[A-Z][A-Z ]+$/gm)].map((m) => m[0]);
    expect(titles).toEqual(
      expect.arrayContaining([
        'NAME',
        'SYNOPSIS',
        'DESCRIPTION',
        'OPTIONS',
        'EXAMPLES',
        'EXIT STATUS',
        'SEE ALSO',
      ]),
    );
    expect(out).not.toContain('undefined');
    const options = commandNamed(tree(), name)?.options.filter((o) => !o.hidden) ?? [];
    for (const o of options) expect(out).toContain(o.flags);
    const long = out.split('\n').filter((l) => l.length > 80 && l.includes(' ', 40));
    expect(long.filter((l) => !/^ {7}(energy|eval|openssl) /.test(l))).toEqual([]);
  });

  it.each(verbs.filter((v) => v.available && v.takesEnergy))(
    '$name: says type and default of options',
    async (v) => {
      const out = (await energy('help', v.name)).out.replace(/\s+/g, ' ');
      expect(out).toContain('RUN OPTIONS');
      for (const o of v.options) if (o.default !== undefined) expect(out).toContain(`default ${o.default})`);
    },
  );

  it('refer to pages that exist, and describe commands that do', () => {
    expect(Object.keys(details).sort()).toEqual([...names].sort());
    const known = [...names, ...topics];
    expect(Object.values(details).flatMap((d) => d.seeAlso.filter((n) => !known.includes(n)))).toEqual([]);
    expect(Object.keys(verbExamples).filter((n) => !names.includes(n))).toEqual([]);
  });

  it('are told of topics, and of names that were misspelt', async () => {
    const options = (await energy('help', 'options')).out;
    for (const v of verbs.filter((x) => x.available))
      expect(options).toContain(`\n${v.name.toUpperCase()}\n`);
    expect(options).toContain('loss = discrepancy(…)');
    expect((await energy('help')).out).toContain('Usage: energy [options] [command]');
    const { code, err } = await energy('help', 'smaple');
    expect(code).toBe(2);
    expect(err).toBe('energy: there is no command or topic `smaple`; did you mean `sample`?\n');
    expect((await energy('help', 'run', '--all')).code).toBe(2);
    expect((await energy('help', 'run', '-o', 'x')).code).toBe(2);
  });
});

describe('roff', () => {
  const pages = allPages(tree());

  it('is ASCII, and every line that begins with a dot is a macro', () => {
    for (const p of pages) {
      const text = pageRoff(p, '1.2.3');
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      const macros = text.split('\n').filter((l) => /^[.']/.test(l));
      expect(macros.filter((l) => !/^\.(TH|SH|SS|PP|TP|nf|fi|nh|ad)\b/.test(l))).toEqual([]);
      expect(text.slice(text.indexOf('\n'))).not.toMatch(/(^|[^\\])-/m);
    }
  });

  it('is written a file each', async () => {
    const { code, out } = await energy('help', '--all', '--man', '-o', 'man');
    expect({ code, out }).toEqual({ code: 0, out: `${pages.length} pages → man\n` });
    const files = readdirSync(path.join(dir, 'man')).sort();
    expect(files).toEqual(pages.map((p) => `${p.name}.1`).sort());
    expect(files).toContain('energy.1');
    expect(files).toContain('energy-run.1');
    expect(readFileSync(path.join(dir, 'man/energy-run.1'), 'utf8')).toContain('.SH NAME\nenergy\\-run \\- ');
  });

  const groff = spawnSync('groff', ['--version']).status === 0;
  it.skipIf(!groff)('is set by groff without a warning (where it is installed)', () => {
    for (const p of pages) {
      const set = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-c'], {
        input: pageRoff(p, '1.2.3'),
        encoding: 'utf8',
      });
      expect({ page: p.name, status: set.status, stderr: set.stderr }).toEqual({
        page: p.name,
        status: 0,
        stderr: '',
      });
    }
  });
});
