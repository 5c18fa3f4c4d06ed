/** Bad input through the command line: one clear message, the right exit code, never a stack trace. */
import { describe, expect, it } from 'vitest';
import { type Answer, folder } from './kit.ts';

const good = 'energy E(x : real) {\n  term a = x ^ 2\n}\n';

const place = folder({
  'good.energy': good,
  'quartic.energy': 'energy E(x : real) {\n  term a = x ^ 4\n}\n',
  'syntax.energy': 'energy E(x : real) {\n  term a = x ^\n}\n',
  'name.energy': 'param beta : real = 1\nenergy E(x : real) {\n  term a = bata * x ^ 2\n}\n',
  'index.energy':
    'index row = 2\nindex col = 3\nenergy E(x : real[row, col]) {\n  term a = sum(x[c, r] ^ 2 for r in row, c in col)\n}\n',
  'missing.energy':
    'data y : real[row] from "data/nowhere.csv"\nenergy E(x : real) {\n  term a = sum((x - y) ^ 2)\n}\nrun s = sample(E)\n',
  'cell.energy':
    'data n : int(0, 9)[row] from "data/counts.csv"\nenergy E(x : real) {\n  term a = sum((x - n) ^ 2)\n}\nrun s = sample(E, draws = 2)\n',
  'label.energy':
    'enum Colour = { red, green }\ntype Row = { c : Colour, v : real }\ndata rows : Row[row] from "data/rows.csv"\nenergy E(r : Row) {\n  term a = r.v ^ 2 + 0.1 * (r.c == Colour.red)\n}\nrun s = score(E, rows)\n',
  'json.energy':
    'data y : real[row] from "data/bad.json"\nenergy E(x : real) {\n  term a = sum((x - y) ^ 2)\n}\nrun s = sample(E)\n',
  'nan.energy':
    'energy E(x : real, k : bit) {\n  term fine = 0.5 * x ^ 2 + k\n  term root = sqrt(x - 1000)\n}\nrun s = sample(E, draws = 2, warmup = 2)\n',
  'nandiscrete.energy':
    'energy E(n : int(0, 3)) {\n  term fine = 0.5 * n\n  term logs = log(n - 10)\n}\nrun s = sample(E, draws = 2)\n',
  'support.energy':
    'energy E(b : bit[2]) {\n  require sum(b) > 3\n}\nrun s = sample(E, draws = 2, warmup = 3)\n',
  'two.energy': `${good}energy F(x : real) {\n  term a = x ^ 2\n}\n`,
  'method.energy': `${good}run s = sample(E, method = gibbs)\n`,
  'warn.energy': 'energy E(x : real, b : bit) {\n  term a = x ^ 2\n}\n',
  'data/counts.csv': 'n,m\n3,1\n7,2\n12,3\n',
  'data/rows.csv': 'v,c\n0.5,red\n1.5,blue\n',
  'data/bad.json': '{"y": [1, 2,]}\n',
});

const untidy = folder({ 'a.energy': 'energy   E( x:real ){\n term a=x^2 }\n' });

/** One message on standard error, nothing else said, no trace of the implementation. */
function expectOne(a: Answer, code: number): void {
  expect(a.code, a.err).toBe(code);
  expect(a.out).toBe('');
  expect(a.err.match(/^(error|warning)\[|^energy: |^error: /gm)?.length, a.err).toBe(1);
  expect(a.err).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|internal error/);
}

describe('faults of the program and its data exit with 1', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    [
      'a syntax error',
      ['check', 'syntax.energy'],
      ['E0108', 'syntax.energy:2:15', 'expected an expression after `^`'],
    ],
    ['an unknown name', ['check', 'name.energy'], ['E0201', 'name.energy:3:12', 'did you mean `beta`?']],
    ['a wrong index set', ['check', 'index.energy'], ['E0303', 'index.energy:4:18', '`row`', '`col`']],
    ['a file that is not there', ['check', 'goood.energy'], ['E0501', 'did you mean `good.energy`?']],
    [
      'data that are not there',
      ['run', 'missing.energy'],
      ['E0501', 'data/nowhere.csv', 'missing.energy:1:6'],
    ],
    [
      'a cell out of its domain',
      ['run', 'cell.energy'],
      ['E0533', 'data/counts.csv, row 4, column "n"', '12 is not a value of int(0, 9)', 'cell.energy:1:6'],
    ],
    [
      'a label that is not there',
      ['run', 'label.energy'],
      ['E0533', 'data/rows.csv, row 3, column "c"', 'the values are red, green'],
    ],
    ['malformed JSON', ['run', 'json.energy'], ['E0512', 'data/bad.json', 'line 1, column 13']],
    [
      'an energy that becomes NaN',
      ['run', 'nan.energy'],
      ['E0701', 'nan.energy:3:3', 'the term `root` is not a number at x = '],
    ],
    [
      'a discrete energy that becomes NaN',
      ['run', 'nandiscrete.energy'],
      ['E0701', 'nandiscrete.energy:3:3', 'the term `logs` is not a number at n = '],
    ],
    ['an empty support', ['run', 'support.energy'], ['E0702', 'support.energy:2:3', 'the support is empty']],
    [
      'no exact answer',
      ['logz', 'quartic.energy', '--method', 'exact'],
      ['E0703', 'quartic.energy:1:8', 'the energy is not quadratic'],
    ],
    [
      'a method that does not fit',
      ['run', 'method.energy'],
      ['E0704', '`gibbs` does not sample `x`, which is real'],
    ],
    [
      'a given value out of its domain',
      ['sample', 'nandiscrete.energy', '--given', '{ n = 7 }'],
      ['E0705', '7 is given to `n`', 'command line'],
    ],
    [
      'data that the program does not declare',
      ['sample', 'cell.energy', '--data', 'm=data/counts.csv'],
      ['E0539', '`m`'],
    ],
    ['a folder that is no run', ['summary', 'data'], ['E0520', 'not a run folder']],
    ['an invalid program that is emitted', ['emit', 'ir', 'name.energy'], ['E0201']],
    ['an invalid program that is planned', ['plan', 'name.energy'], ['E0201']],
  ];

  it.each(cases)('%s', async (_, argv, parts) => {
    const a = await place.energy(...argv);
    expectOne(a, 1);
    for (const p of parts) expect(a.err).toContain(p);
  });

  it('in a data file given on the command line', async () => {
    const a = await place.energy('sample', 'cell.energy', '--data', 'n=data/rows.csv');
    expectOne(a, 1);
    expect(a.err).toContain('there is no column `n`');
  });
});

describe('faults of the command exit with 2', () => {
  const cases: readonly [string, readonly string[], string][] = [
    ['a verb that is not there', ['smaple', 'good.energy'], "unknown command 'smaple'"],
    ['no file', ['check'], 'missing required argument'],
    ['an unknown flag', ['sample', 'good.energy', '--chians', '3'], "unknown option '--chians'"],
    ['a seed that is no number', ['sample', 'good.energy', '--seed', 'x'], '--seed takes a whole number'],
    ['an engine that is not there', ['sample', 'good.energy', '--engine', 'gpu'], '--engine is one of auto'],
    [
      'a format that is not there',
      ['sample', 'good.energy', '--format', 'xls'],
      '--format is parquet, csv, npz or nc',
    ],
    ['a constant that is not there', ['sample', 'good.energy', '--set', 'n=3'], 'has no constant `n`'],
    ['a constant without a value', ['sample', 'good.energy', '--set', 'n'], '--set takes name=number'],
    ['an ambiguous energy', ['sample', 'two.energy'], 'say which (E, F)'],
    ['an energy that is not there', ['plan', 'two.energy', 'G'], 'there is no energy `G`'],
    ['a job that is not there', ['run', 'cell.energy', 't'], 'there is no job `t`'],
    ['no jobs', ['run', 'good.energy'], 'has no `run` jobs'],
    ['an option value', ['sample', 'good.energy', '--chains', '0'], '`chains` must be at least 1; it is 0'],
    ['an option that is no number', ['sample', 'good.energy', '--draws', 'many'], 'there is no name `many`'],
    ['data without a file', ['sample', 'cell.energy', '--data', 'n'], 'write --data n=file'],
    [
      'a view that is not there',
      ['emit', 'tree', 'good.energy'],
      'emit takes energy, ast, typed, ir, plan, graph or tex, not `tree`',
    ],
    ['a folder for a file', ['check', 'data'], 'is a folder'],
  ];

  it.each(cases)('%s', async (_, argv, part) => {
    const a = await place.energy(...argv);
    expectOne(a, 2);
    expect(a.err).toContain(part);
  });

  it('nothing at all shows the help', async () => {
    const a = await place.energy();
    expect(a.code).toBe(2);
    expect(a.out).toContain('Usage: energy');
  });
});

describe('the rest', () => {
  it('help and version are fine', async () => {
    expect((await place.energy('--help')).code).toBe(0);
    expect((await place.energy('sample', '--help')).out).toContain('--chains');
    expect((await place.energy('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('warnings do not fail, unless they are asked to', async () => {
    const a = await place.energy('check', 'warn.energy');
    expect([a.code, a.err.includes('W0405')]).toEqual([0, true]);
    expect((await place.energy('check', 'warn.energy', '--strict')).code).toBe(1);
    expect((await place.energy('check', 'good.energy')).out).toBe('good.energy: nothing wrong\n');
  });

  it('bad diagnostics of a run exit with 3 when strict', async () => {
    // Two chains of four draws cannot be called converged.
    const argv = [
      'sample',
      'good.energy',
      '--chains',
      '2',
      '--draws',
      '4',
      '--warmup',
      '4',
      '--engine',
      'reference',
    ];
    expect((await place.energy(...argv)).code).toBe(0);
    expect((await place.energy(...argv, '--strict')).code).toBe(3);
  });

  it('faults as events', async () => {
    const a = await place.energy('check', 'name.energy', '--json');
    expect(a.code).toBe(1);
    expect(a.err).toBe('');
    expect(a.events[0]).toMatchObject({
      event: 'diagnostic',
      severity: 'error',
      code: 'E0201',
      file: 'name.energy',
      line: 3,
      column: 12,
      suggestion: 'did you mean `beta`?',
    });
    expect(a.result).toEqual({ event: 'result', verb: 'check', ok: false, files: 1, errors: 1, warnings: 0 });
  });

  it('several files are checked together', async () => {
    const a = await place.energy('check', 'good.energy', 'two.energy', 'name.energy', '--json');
    expect(a.result).toMatchObject({ ok: false, files: 3, errors: 1 });
  });

  it('format', async () => {
    expect(await untidy.energy('format', 'a.energy', '--check')).toMatchObject({ code: 1 });
    const shown = await untidy.energy('format', 'a.energy', '--stdout');
    expect(shown.out).toBe('energy E(x : real) {\n  term a = x ^ 2\n}\n');
    expect((await untidy.energy('format', 'a.energy')).code).toBe(0);
    expect((await untidy.energy('format', 'a.energy', '--check')).code).toBe(0);
    expect((await place.energy('format', 'syntax.energy')).code).toBe(1);
  });
});
