/** What is offered where. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenSpecs, wordsOf } from '../../grammar/tokens.ts';
import { callSnippet, openings, place } from '../../src/language/snippets.ts';
import { completionKinds } from '../../src/language/types.ts';
import { edited, exampleText, labels, unmarked, workspace } from './kit.ts';

const HEAD = `enum Job = { clerk, nurse }
type Row = { age : real, job : Job }
index site = grid(4, 4)
index day = line(7)
set bond = neighbours(site)
data adults : Row[person] from "adults.csv"
`;

const only = async (text: string): Promise<string> => (await labels(HEAD + text)).join(' ');

describe('fields', () => {
  it.each([
    ['of a record', 'energy E(r : Row) { term t = r.| }', 'age job'],
    ['of a record in an array', 'energy E(x : real) { term t = adults[0].| }', 'age job'],
    ['of an array of records, in a text that ends there', 'energy E(r : Row[day]) { term t = r.|', 'age job'],
    ['of an enum', 'energy E(r : Row) { term t = r.job == Job.| }', 'clerk nurse'],
    ['of an element of a grid', 'set left = { p for p in site where p.| < 2 }', 'row col'],
    [
      'of an element of a set of pairs',
      'energy E(s : spin[site]) { term t = sum(p.| for (p, q) in bond) }',
      'row col',
    ],
    ['of a grid', 'const n = site.|', 'rows cols'],
    ['of a line', 'const n = day.|', 'length'],
    ['of a distribution', 'energy E(x : real) { term t = -normal(0, 1).| }', 'log_density'],
    ['of nothing that has any', 'const n = 3\nconst m = n.|', ''],
  ])('%s', async (_, text, expected) => {
    expect(await only(text)).toBe(expected);
  });

  it('of a record that another file declares', async () => {
    const found = await labels({
      'main.energy': 'use Image from "shapes.energy"\nenergy E(r : Image) { term t = r.| }',
      'shapes.energy': 'type Image = { ink : real, kind : bit }',
    });
    expect(found).toEqual(['ink', 'kind']);
  });
});

describe('names', () => {
  it('of a generator are there before the rest of the statement can be read', async () => {
    const found = await labels(
      `${HEAD}energy E(s : spin[site]) {\n  term t = sum(s[p] * s[|] for (p, q) in bond)\n}`,
    );
    expect(found.slice(0, 3).sort()).toEqual(['p', 'q', 's']);
  });

  it('of a `let` are there below it only', async () => {
    const text = (a: string, b: string) =>
      `energy E(x : real) {\n  term a = ${a}\n  let half = x / 2\n  term b = ${b}\n}`;
    expect(await labels(text('|', '1'))).not.toContain('half');
    expect(await labels(text('1', '|'))).toContain('half');
  });

  it('do not leave the energy whose arguments they are', async () => {
    const found = await labels(
      'energy A(inside : real) { term t = inside }\nenergy B(x : real) { term t = | }',
    );
    expect(found).toContain('x');
    expect(found).not.toContain('inside');
    expect(found).toContain('A');
    expect(found).not.toContain('B');
  });

  it('of arguments are offered where an argument begins', async () => {
    const found = await labels('fn f(low : real, high : real) : real = low + high\nconst c = f(1, |)');
    expect(found[0]).toBe('high =');
    expect(found).not.toContain('low =');
  });

  it('of the library come with their `use`', async () => {
    const w = workspace('index site = grid(3, 3)\nenergy E(s : spin[site]) { term t = Isin| }');
    const found = (await w.service.completion(w.uri, w.at)).find((c) => c.label === 'Ising');
    expect(found?.detail).toContain('std/ising');
    expect(found?.insertText).toBe(callSnippet('Ising', ['s', 'bond', 'J', 'h']));
    expect(edited(w.text, found?.additionalTextEdits ?? [])).toMatch(
      /^use Ising from "std\/ising"\n\nindex site/,
    );
  });

  it('of a module that is used already join its list', async () => {
    const w = workspace('use Ising from "std/ising"\nenergy E(x : real) { term t = | }');
    const found = (await w.service.completion(w.uri, w.at)).find((c) => c.label === 'CurieWeiss');
    expect(edited(w.text, found?.additionalTextEdits ?? [])).toMatch(
      /^use Ising, CurieWeiss from "std\/ising"\n/,
    );
  });
});

describe('words and forms', () => {
  it.each([
    ['a declaration begins', '|', ['energy', 'index', 'run', 'use']],
    ['a declaration begins below others', `${HEAD}|`, ['energy', 'param']],
    ['a statement begins', 'energy E(x : real) {\n  |\n}', ['term', 'let', 'require', 'report', 'x']],
    ['a second statement begins', 'energy E(x : real) {\n  term a = x\n  |\n}', ['term', 'report']],
    ['a domain stands', `${HEAD}energy E(x : |) { term t = 1 }`, ['real', 'spin', 'Job', 'Row', 'site']],
    ['an index set stands', `${HEAD}energy E(x : real[|]) { term t = 1 }`, ['site', 'day', 'bond', 'Job']],
    [
      'a set is run over',
      `${HEAD}energy E(x : real) { term t = sum(x for p in |) }`,
      ['site', 'bond', 'neighbours'],
    ],
    ['an index set is made', 'index k = |', ['grid', 'line', 'ring']],
    ['a parameter starts', 'param w = |', ['mlp', 'normal']],
    ['a job is named', 'run r = |', ['sample', 'fit', 'logz']],
  ])('where %s', async (_, text, expected) => {
    expect(await labels(text)).toEqual(expect.arrayContaining(expected));
  });

  it('there are only distributions after `~`, with their signatures', async () => {
    const w = workspace('energy E(x : real) {\n  x ~ |\n}');
    const found = await w.service.completion(w.uri, w.at);
    const normal = found.find((c) => c.label === 'normal');
    expect(normal).toMatchObject({
      detail: 'normal(mu, sigma)',
      insertText: `normal(${place(1, 'mu')}, ${place(2, 'sigma')})$0`,
      insertTextFormat: 2,
    });
    expect(normal?.documentation?.value).toContain('density');
    expect(found.map((c) => c.label)).not.toContain('exp');
  });

  it('every word that is offered is one of the token table', async () => {
    const known = new Set(tokenSpecs.flatMap((t) => (t.word && Array.isArray(t.pattern) ? t.pattern : [])));
    const offered = new Set<string>();
    for (const text of [
      '|',
      'use Ising |',
      'use Ising from "std/ising" |',
      'data y : real |',
      'energy E(x : real) {\n  |\n}',
      'fn f(x : real) : real {\n  |\n}',
      'energy E(x : real) { term t = | }',
    ]) {
      const w = workspace(text);
      for (const c of await w.service.completion(w.uri, w.at))
        if (c.kind === completionKinds.keyword || c.kind === completionKinds.snippet) offered.add(c.label);
    }
    expect([...offered].filter((w) => !known.has(w))).toEqual([]);
    for (const word of [...wordsOf('declaration'), 'term', 'return', 'from', 'where', 'scan', 'not'])
      expect(offered).toContain(word);
    // Each declaration has a form to fill in.
    expect([...openings.keys()]).toEqual(expect.arrayContaining([...wordsOf('declaration')]));
  });

  it('parentheses that are there are not written again', async () => {
    const w = workspace('energy E(x : real) {\n  x ~ norm|(0, 1)\n}');
    const found = (await w.service.completion(w.uri, w.at)).find((c) => c.label === 'normal');
    expect(found).toMatchObject({ insertText: 'normal', insertTextFormat: 1 });
  });

  it.each(['// a | b', '/// x.| ', 'const a = 1.|', 'energy |', 'param a|'])(
    'there is nothing in `%s`',
    async (text) => {
      expect(await labels(text)).toEqual([]);
    },
  );
});

describe('jobs', () => {
  const job = (text: string): string =>
    `${HEAD}energy E(r : Row) { term t = r.age ^ 2 }\nrun d = sample(E)\nrun x = ${text}`;

  it.each([
    ['an energy first', 'sample(|)', 'E'],
    ['methods', 'sample(E, method = |)', 'auto mixed exact'],
    ['values of a switch', 'fit(E, adults, optimizer = sgd(nesterov = |))', 'true false'],
    ['places', 'sample(E, given = { | })', 'r'],
    ['an unknown', 'predict(E, adults, unknown = |)', 'r'],
  ])('offer %s', async (_, text, expected) => {
    expect((await labels(job(text))).join(' ')).toMatch(new RegExp(`^${expected}`));
  });

  it('offer the options that are not given yet, with their defaults', async () => {
    const w = workspace(job('sample(E, draws = 3, |)'));
    const found = await w.service.completion(w.uri, w.at);
    expect(found.map((c) => c.label)).toEqual(expect.arrayContaining(['chains', 'seed', 'warmup']));
    expect(found.map((c) => c.label)).not.toContain('draws');
    expect(found.find((c) => c.label === 'chains')).toMatchObject({
      insertText: 'chains = ',
      detail: 'whole number ≥ 1; default 4',
    });
  });

  it('offer losses and their options', async () => {
    expect(await labels(job('fit(E, adults, loss = |)'))).toEqual(
      expect.arrayContaining(['discrepancy', 'likelihood']),
    );
    const options = await labels(job('fit(E, adults, loss = discrepancy(t = 0.1, |))'));
    expect(options).toEqual(expect.arrayContaining(['draws', 'kernel']));
    expect(options).not.toContain('t');
    expect(options).not.toContain('epochs');
  });

  it('offer data for rows, and jobs to compare', async () => {
    expect(await labels(job('fit(E, |)'))).toContain('adults');
    expect(await labels(job('compare(|)'))).toContain('d');
  });
});

describe('files', () => {
  const files = {
    'shapes.energy': 'type Image = { ink : real }\nfn f(x : real) : real = x\nrun no = f',
    'rows.csv': 'a\n1\n',
  };

  it('that can be used', async () => {
    const found = await labels({ 'main.energy': 'use Ising from "|"', ...files });
    expect(found).toEqual(expect.arrayContaining(['shapes.energy', 'std/ising']));
    expect(found).not.toContain('main.energy');
  });

  it('and what they declare', async () => {
    expect(await labels({ 'main.energy': 'use | from "shapes.energy"', ...files })).toEqual(['Image', 'f']);
    expect(await labels('use | from "std/potts"')).toContain('Potts');
  });

  it('that data are read from', async () => {
    expect(await labels({ 'main.energy': 'data a : real[row] from "|"', ...files })).toEqual(['rows.csv']);
  });
});

it('answers at every place of a text that is broken there', async () => {
  const texts = ['learning/boltzmann', 'learning/arc', 'statistics/eight-schools', 'puzzles/sudoku'].map(
    exampleText,
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...texts), fc.nat(), fc.nat(40), async (text, place, cut) => {
      const at = place % text.length;
      const w = workspace(unmarked(text.slice(0, at) + text.slice(at + cut), at));
      const found = await w.service.completion(w.uri, w.at);
      for (const c of found) {
        expect(c.range.start.line).toBe(w.at.line);
        expect(c.label).not.toBe('');
      }
      await w.service.signatureHelp(w.uri, w.at);
      await w.service.hover(w.uri, w.at);
      await w.service.semanticTokens(w.uri);
      await w.service.documentSymbols(w.uri);
      await w.service.foldingRanges(w.uri);
    }),
    { numRuns: 30 },
  );
});
