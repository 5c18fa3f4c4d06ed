/** Completion: what `energy __complete` answers, and that shells pass it on. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { arrayFunctionNames, distributionNames } from '../../src/cli/completion/core-names.ts';
import { commandsOf, nameOf, optionsOf } from '../../src/cli/completion/line.ts';
import { outlineOf, unknownsOf } from '../../src/cli/completion/outline.ts';
import { scripts } from '../../src/cli/completion/scripts.ts';
import { shells } from '../../src/cli/completion/shells.ts';
import { commands } from '../../src/cli/main.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { languageItems } from '../../src/reference/index.ts';
import { folder } from './kit.ts';

const wines = `// run comment = sample(Nothing)
use Ising from "std/ising"
use Side as Other from "parts/side"
enum Colour = { red, white }
type Wine = {
  alcohol : real,
  class : Colour
}
const n : int = 24
const beta = 0.4 // energy InAComment(x : real)
index row = grid(n)
data train : Wine[row] from "train.csv"
data test : Wine[row] from "test.csv"
param net = mlp(encode(Wine), hidden = [64, 64])

energy Wines(w : Wine, field : real[row, 2]) {
  term shape = net(encode(w))
}
run learn = fit(Wines, train, steps = 10)
run draws = sample(Wines)
`;
const { dir, energy } = folder({
  'wines.energy': wines,
  'my wines.energy': wines,
  'broken.energy': 'energy A(x : real {\n  term = = (\nrun a = sample(A\nrun b = logz(A',
  'train.csv': 'alcohol,class\n',
  'notes.txt': '',
  'parts/side.energy': 'energy Side(x : bit) { term t = x }\n',
  'runs/wines/draws/run.json': '{"job":{"verb":"sample","energy":"Wines"}}',
  'runs/wines/learn/run.json': '{"job":{"verb":"fit","energy":"Wines"}}',
  'runs/other/broken/run.json': '{',
  'runs/empty/nothing.txt': '',
});

/** The lines of the answer. */
async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await energy('__complete', '--', ...words);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').filter(Boolean);
}
const values = async (...words: readonly string[]): Promise<readonly string[]> =>
  (await lines(...words)).map((l) => l.split('\t')[0]);

const tree = () => {
  const io = { out: { write: () => 0 }, err: { write: () => 0 }, cwd: dir };
  return commands(io, new Terminal(io, false), async () => {});
};

describe('what may come next', () => {
  it('is a command, with what it does', async () => {
    expect(await values('')).toEqual(commandsOf(tree()).map((c) => c.name()));
    expect(await values('')).not.toContain('__complete');
    expect(await lines('sa')).toEqual(['sample\tdraw from exp(−E)']);
    expect(await values('help', 'opt')).toEqual(['options']);
  });

  it('is a flag that is not there yet, or that may come again', async () => {
    const first = await values('run', 'wines.energy', '-');
    expect(first).toEqual(expect.arrayContaining(['--seed', '--set', '-o', '--output', '--help']));
    const then = await values('run', 'wines.energy', '--seed', '3', '-o', 'x', '--set', 'n=3', '-');
    expect(then).not.toContain('--seed');
    expect(then).not.toContain('-o');
    expect(then).not.toContain('--output');
    expect(then).toContain('--set');
    expect(await values('check', '--stri')).toEqual(['--strict']);
  });

  it('is a value of a flag, apart or behind `=`', async () => {
    expect(await values('run', '--backend', 'w')).toContain('wasm');
    expect(await values('run', '--backend=wa')).toEqual(['--backend=wasm']);
    expect(await values('sample', '--method', 'nu')).toEqual(['nuts']);
    expect(await values('sample', '--workers', '')).toEqual(['auto']);
    expect(await values('fit', '--optimizer', 'adam')).toEqual(['adam', 'adamw']);
    expect(await values('plot', '--theme', '')).toEqual(['auto', 'light', 'dark']);
    expect(await values('run', '--format', '')).toEqual(['parquet', 'csv', 'npz', 'nc']);
    expect(await values('emit', 'ty')).toEqual(['typed']);
    expect(await values('completion', '')).toEqual([...shells]);
    expect(await values('explain', 'E0302')).toEqual(['E0302']);
    expect(await values('doc', 'student')).toEqual(['student_t']);
    expect(await values('doc', 'std/is')).toEqual(['std/ising']);
  });

  it('is a file or a folder, which the shell lists', async () => {
    expect(await lines('run', '')).toEqual([':files energy uai']);
    expect(await lines('check', 'wines.energy', 'b')).toEqual([':files energy uai']);
    expect(await lines('fit', 'wines.energy', '-o', '')).toEqual([':folders']);
    expect(await lines('new', '--from', '')).toEqual([':files csv parquet']);
    expect(await lines('run', '--token-file', '')).toEqual([':files']);
    expect(await lines('fit', '--output=ru')).toEqual(['--output=runs/']);
    expect(await lines('run', 'wines.energy', '--data', 'train=tr')).toEqual(['train=train.csv']);
  });

  it('is a folder that a run has written', async () => {
    expect(await lines('plot', '')).toEqual([
      'runs/other/broken\trun',
      'runs/wines/draws\tsample of Wines',
      'runs/wines/learn\tfit of Wines',
    ]);
    expect(await values('summary', 'runs/wines/dr')).toEqual(['runs/wines/draws']);
    expect(await lines('report', 'runs/empty/')).toEqual([':folders']);
  });

  it('is a name inside the program', async () => {
    expect(await values('run', 'wines.energy', '')).toEqual(['learn', 'draws']);
    expect(await values('sample', 'wines.energy', '')).toEqual(['Wines', 'Ising', 'Other']);
    expect(await values('fit', 'wines.energy', 'Wines', '')).toEqual(['train', 'test']);
    expect(await values('run', 'wines.energy', '--set', '')).toEqual(['n=', 'beta=']);
    expect(await values('run', 'wines.energy', '--set', 'n=3', '--set', '')).toEqual(['beta=']);
    expect(await values('run', 'wines.energy', '--set', 'n=')).toEqual(['n=24']);
    expect(await values('emit', 'ir', 'wines.energy', '--data', 'te')).toEqual(['test=']);
    expect(await values('predict', 'wines.energy', 'Wines', 'test', '--unknown', 'w.')).toEqual([
      'w.alcohol',
      'w.class',
    ]);
    expect(await lines('sample', 'wines.energy', 'Wines', '--unknown', '')).not.toContain('w');
    expect(await values('compile', 'wines.energy', '--step', 'l')).toEqual(['learn']);
    expect(await values('sample', 'wines.energy', '--init', '')).toEqual(['train', 'test']);
    expect(await values('sample', 'wines.energy', '--params', 'is')).toContain('ising=');
    expect(await values('sample', 'wines.energy', 'Wines', '--given', '{ w')).toEqual([
      '{ w',
      '{ w.alcohol',
      '{ w.class',
    ]);
    expect(await values('sample', 'wines.energy', 'Wines', '--given', '{ field[r')).toEqual([
      '{ field[row',
      '{ field[red',
    ]);
  });

  it('is nothing, quietly, where there is nothing to say', async () => {
    expect(await lines('run', 'nowhere.energy', '')).toEqual([]);
    expect(await lines('run', 'notes.txt', '')).toEqual([]);
    expect(await lines('run', '.', '')).toEqual([]);
    expect(await lines('sample', 'wines.energy', '--seed', '')).toEqual([]);
    expect(await lines('smaple', 'wines.energy', '')).toEqual([]);
    expect(await lines('doctor', 'x')).toEqual([]);
    expect((await energy('__complete')).code).toBe(0);
  });

  it('is what can be read of a program that does not parse', async () => {
    expect(await values('run', 'broken.energy', '')).toEqual(['a', 'b']);
    expect(await values('sample', 'broken.energy', '')).toEqual(['A']);
  });

  it('begins a new word with --next, for shells that lose empty ones', async () => {
    const { out } = await energy('__complete', '--next', '--', 'plot', '--theme');
    expect(out).toBe('auto\nlight\ndark\n');
  });
});

describe('what a program declares, by its lines', () => {
  it('are names with what follows them, and the unknowns of energies', () => {
    const { declarations, uses } = outlineOf(wines);
    expect(declarations.map((d) => `${d.kind} ${d.name}`)).toEqual([
      'enum Colour',
      'type Wine',
      'const n',
      'const beta',
      'index row',
      'data train',
      'data test',
      'param net',
      'energy Wines',
      'run learn',
      'run draws',
    ]);
    expect(uses.map((u) => u.from)).toEqual(['std/ising', 'parts/side']);
    expect(unknownsOf(declarations[8])).toEqual([
      { name: 'w', domain: 'Wine' },
      { name: 'field', domain: 'real[row, 2]' },
    ]);
  });

  it('survives any beginning of a text', () => {
    for (let i = 0; i < wines.length; i++)
      for (const d of outlineOf(wines.slice(0, i)).declarations) expect(unknownsOf(d)).toBeInstanceOf(Array);
  });
});

describe('the description that completion reads', () => {
  it('names the words of every flag that takes some', () => {
    // What stands between the angles says that there are words to choose from.
    const named = commandsOf(tree()).flatMap((c) =>
      optionsOf(c)
        .filter((o) => /<(name|format|value)>/.test(o.flags) && !c.sources.has(nameOf(o)))
        .map((o) => `${c.name()} ${o.flags}`),
    );
    expect(named).toEqual(['new --name <name>']);
  });

  it('has the names of functions and distributions that the checker has', async () => {
    const of = (kind: string): string[] => languageItems.filter((i) => i.kind === kind).map((i) => i.name);
    const offered = await values('doc', '');
    expect([...of('function'), ...of('distribution')].filter((n) => !offered.includes(n))).toEqual([]);
    const known = [...of('function'), ...of('distribution')];
    expect([...arrayFunctionNames, ...distributionNames].filter((n) => !known.includes(n))).toEqual([]);
  });

  it('loads nothing that takes long', () => {
    const root = path.resolve(import.meta.dirname, '../..');
    const seen = new Set<string>();
    const packages = new Set<string>();
    const walk = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, 'utf8');
      for (const m of text.matchAll(/^(import|export)(?! type\b)[^;]*?from '([^']+)';/gms)) {
        if (m[2].startsWith('.')) walk(path.resolve(path.dirname(file), m[2]));
        else if (!m[2].startsWith('node:')) packages.add(m[2]);
      }
    };
    for (const f of ['main.ts', 'commands/completion.ts', 'completion/reference-words.ts'])
      walk(path.join(root, 'src/cli', f));
    expect(seen.size).toBeGreaterThan(20);
    expect([...packages].sort()).toEqual(['commander', 'picocolors']);
  });
});

/** Whether a program is there. */
const installed = (name: string): boolean => spawnSync(name, ['--version']).status === 0;

/** A stand-in for `energy` that keeps what it was asked and answers what the real one would. */
async function standIn(words: readonly string[]): Promise<{ readonly asked: string }> {
  const asked = path.join(dir, '.asked');
  const { out } = await energy('__complete', '--', ...words);
  writeFileSync(path.join(dir, '.reply'), out);
  writeFileSync(
    path.join(dir, 'energy'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${asked}'\ncat '${path.join(dir, '.reply')}'\n`,
  );
  chmodSync(path.join(dir, 'energy'), 0o755);
  return { asked };
}

const environment = { ...process.env, PATH: `${dir}:${process.env.PATH}`, HOME: dir };

describe.skipIf(!installed('bash'))('bash', () => {
  writeFileSync(path.join(dir, 'completion.bash'), scripts.bash);
  const quoted = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

  /**
   * COMPREPLY of a line.
   * @param split the words as bash splits them, at = and :, too
   * @param meant the words as they are passed on
   */
  async function reply(split: readonly string[], meant: readonly string[]): Promise<readonly string[]> {
    const { asked } = await standIn(meant);
    const text = split.join(' ').replaceAll(/ ([=:]) ?/g, '$1');
    const out = execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `source ./completion.bash
COMP_WORDS=(energy ${split.map(quoted).join(' ')}); COMP_CWORD=${split.length}
COMP_LINE=${quoted(`energy ${text}`)}; COMP_POINT=\${#COMP_LINE}
_energy_complete energy
printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { cwd: dir, env: environment, encoding: 'utf8' },
    );
    expect(readFileSync(asked, 'utf8').split('\n').slice(0, -1)).toEqual(['__complete', '--', ...meant]);
    return out.split('\n').filter(Boolean);
  }

  it('completes commands, flags and values, without their descriptions', async () => {
    expect(await reply(['sa'], ['sa'])).toEqual(['sample']);
    expect(await reply(['run', '--back'], ['run', '--back'])).toEqual(['--backend']);
    expect(await reply(['run', 'wines.energy', ''], ['run', 'wines.energy', ''])).toEqual(['learn', 'draws']);
  });

  it('joins what it has split at = and :, and replaces what follows', async () => {
    expect(await reply(['run', '--backend', '=', 'wa'], ['run', '--backend=wa'])).toEqual(['wasm']);
    expect(await reply(['plot', '--theme', '='], ['plot', '--theme='])).toEqual(['auto', 'light', 'dark']);
    expect(
      await reply(['run', 'wines.energy', '--set', 'n', '=', ''], ['run', 'wines.energy', '--set', 'n=']),
    ).toEqual(['24']);
    expect(
      await reply(
        ['run', '--workers-at', 'host', ':', '7411', '--set', 'n', '=', '3', 'wines.energy', 'd'],
        ['run', '--workers-at', 'host:7411', '--set', 'n=3', 'wines.energy', 'd'],
      ),
    ).toEqual(['draws']);
  });

  it('lists files with the endings that matter, and folders', async () => {
    expect(await reply(['run', ''], ['run', ''])).toEqual(
      expect.arrayContaining(['broken.energy', 'my wines.energy', 'parts', 'runs', 'wines.energy']),
    );
    expect(await reply(['run', ''], ['run', ''])).not.toContain('notes.txt');
    expect(await reply(['run', 'my\\ w'], ['run', 'my w'])).toEqual(['my wines.energy']);
    expect(await reply(['fit', '-o', 'run'], ['fit', '-o', 'run'])).toEqual(['runs']);
    expect(await reply(['fit', '--output', '=', 'run'], ['fit', '--output=run'])).toEqual(['runs/']);
    expect(await reply(['run', '"my wines.energy"', 'l'], ['run', 'my wines.energy', 'l'])).toEqual([
      'learn',
    ]);
  });

  it('runs nothing that stands in the line', async () => {
    await standIn(['']);
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `source ./completion.bash
COMP_WORDS=('$(touch here)/energy' '$(touch there)' ''); COMP_CWORD=2; COMP_LINE='x '; COMP_POINT=2
_energy_complete '$(touch here)/energy'`,
      ],
      { cwd: dir, env: environment },
    );
    expect(existsSync(path.join(dir, 'here'))).toBe(false);
    expect(existsSync(path.join(dir, 'there'))).toBe(false);
  });
});

describe.skipIf(!installed('fish'))('fish (where it is installed)', () => {
  it('completes', async () => {
    writeFileSync(path.join(dir, 'completion.fish'), scripts.fish);
    await standIn(['run', 'wines.energy', '']);
    const out = execFileSync(
      'fish',
      ['-N', '-c', 'source completion.fish; complete -C "energy run wines.energy "'],
      {
        cwd: dir,
        env: environment,
        encoding: 'utf8',
      },
    );
    expect(out).toContain('learn\tfit(Wines, train, steps = 10)');
  });
});

describe('scripts', () => {
  it.each(shells)('%s: print as they are, and name the command that answers', async (shell) => {
    const { code, out } = await energy('completion', shell);
    expect({ code, out }).toEqual({ code: 0, out: scripts[shell] });
    expect(out).toContain('__complete');
    expect(out).not.toContain('\\${');
    for (const [open, close] of ['{}', '()', '[]']) {
      // Patterns of `case` close what nothing opens.
      const n = (c: string): number => out.split(c).length - 1;
      if (close !== ')') expect(n(open)).toBe(n(close));
    }
  });

  it.each(['bash', 'zsh', 'fish'] as const)('%s: parse, where the shell is installed', (shell) => {
    if (!installed(shell)) return expect(scripts[shell].endsWith('\n')).toBe(true);
    const flag = shell === 'fish' ? '--no-execute' : '-n';
    const file = path.join(dir, `parse.${shell}`);
    writeFileSync(file, scripts[shell]);
    expect(spawnSync(shell, [flag, file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('are of four shells', async () => {
    const { code, err } = await energy('completion', 'csh');
    expect(code).toBe(2);
    expect(err).toBe('energy: there is completion for bash, zsh, fish, powershell, not for `csh`\n');
  });
});
