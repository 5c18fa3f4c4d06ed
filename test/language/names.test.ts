/** Definitions, references, other names. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, type WorkspaceEdit } from '../../src/language/types.ts';
import { parse } from '../../src/syntax/parse.ts';
import { applied, edited, exampleText, type Files, unmarked, workspace } from './kit.ts';

const defined = async (files: Files) => {
  const w = workspace(files);
  const found = await w.service.definition(w.uri, w.at);
  return { found, ranges: w.ranges, w };
};

describe('a definition', () => {
  it.each([
    ['an index set', 'index [|site|] = 3\nenergy E(s : spin[si|te]) { term t = sum(s) }'],
    ['an argument', 'energy E([|s|] : spin) { term t = |s }'],
    ['a name of a generator', 'index k = 3\nenergy E(s : spin[k]) { term t = sum(s[‸i] for [|i|] in k) }'],
    [
      'a name that hides another',
      'index k = 3\nconst i = 1\nenergy E(s : spin[k]) { term t = sum(s[‸i] for [|i|] in k) + i }',
    ],
    [
      'the name that is hidden elsewhere',
      'index k = 3\nconst [|i|] = 1\nenergy E(s : spin[k]) { term t = sum(s[i] for i in k) + |i }',
    ],
    ['a `let`', 'energy E(x : real) {\n  let [|h|] = x\n  term t = |h\n}'],
    ['a field', 'type R = { [|a|] : real }\nenergy E(r : R) { term t = r.|a }'],
    [
      'a field of a field',
      'type Q = { [|z|] : real }\ntype R = { a : Q }\nenergy E(r : R) { term t = r.a.|z }',
    ],
    ['a value of an enum', 'enum J = { a, [|b|] }\nenergy E(j : J) { term t = j == J.|b }'],
    ['an index set that a signature opens', 'fn f(x : real[[|n|]]) : real = sum(x) / size(|n)'],
    ['an index set that data open', 'data y : real[[|row|]] from "y.csv"\ndata z : real[‸row] from "z.csv"'],
    ['an argument by its name', 'fn f([|a|] : real) : real = a\nconst c = f(|a = 1)'],
    [
      'an argument of an expert',
      'energy A([|x|] : real) { term t = x }\nenergy B(x : real) { term t = x }\nenergy J = A * B\nenergy C(y : real) { term t = J(|x = y) }',
    ],
    [
      'a place of a job',
      'energy E([|x|] : real[3]) { term t = sum(x) }\nrun d = sample(E, given = { |x[0] = 1 })',
    ],
    [
      'the data beside a place of the same name',
      'data [|x|] : real[k] from "x.csv"\nenergy E(x : real[k]) { term t = sum(x) }\nrun d = sample(E, given = { x[0] = |x[0] })',
    ],
    [
      'the state of a recurrence',
      'index k = line(3)\nenergy E(x : real[k]) { let l = scan(t in k, [|prev|] = 0) = |prev + x[t]\n  term t = l[2] }',
    ],
    ['a parameter of a function', 'fn f(x : real) : real {\n  param [|w|] : real = 1\n  return |w * x\n}'],
    ['a job', 'energy E(x : real) { term t = x }\nrun [|d|] = sample(E)\nrun c = compare(|d, y)'],
  ])('of %s', async (_, text) => {
    const { found, ranges } = await defined(text);
    expect(found?.range).toEqual(ranges[0]);
  });

  it('is in the file that declares it', async () => {
    const { found, w } = await defined({
      'main.energy': 'use twi|ce from "lib/f.energy"\nconst a = twice(1)',
      'lib/f.energy': '// here\nfn twice(x : real) : real = 2 * x',
    });
    expect(found).toEqual({
      uri: w.uriOf('lib/f.energy'),
      range: { start: { line: 1, character: 3 }, end: { line: 1, character: 8 } },
    });
  });

  it('of a path is the file, and of a name of the library its module', async () => {
    const path = await defined({
      'main.energy': 'use f from "f|.energy"',
      'f.energy': 'fn f(x : real) : real = x',
    });
    expect(path.found?.uri).toBe(path.w.uriOf('f.energy'));
    const std = await defined('use Is|ing from "std/ising"');
    expect(std.found?.uri).toBe('std:/ising.energy');
  });

  it('is none of words of the language and of unknown names', async () => {
    expect((await defined('const a = e|xp(1)')).found).toBeNull();
    expect((await defined('const a = n|one')).found).toBeNull();
  });
});

describe('references', () => {
  it('are all places of a name and no others', async () => {
    const w = workspace(
      'index [|k|] = 3\nset two = { i for i in [|k|] where i < 2 }\nenergy E(s : spin[[|k|]]) { term k = sum(s[i] for i in [|k|]) }\nfn f(x : real[‸[|k|]]) : real = sum(x)',
    );
    const found = await w.service.references(w.uri, w.at, true);
    expect(found.map((l) => l.range)).toEqual(w.ranges);
    const without = await w.service.references(w.uri, w.at, false);
    expect(without.map((l) => l.range)).toEqual(w.ranges.slice(1));
  });

  it('are in other programs of the workspace, too', async () => {
    const w = workspace({
      'f.energy': 'fn |f(x : real) : real = x',
      'one.energy': 'use f from "f.energy"\nconst a = f(1)',
      'two.energy': 'use f as g from "f.energy"\nconst f = g(1)',
    });
    const found = await w.service.references(w.uri, w.at, true);
    const places = found.map(
      (l) => `${l.uri.slice('file:///work/'.length)} ${l.range.start.line}:${l.range.start.character}`,
    );
    expect(places.sort()).toEqual([
      'f.energy 0:3',
      'one.energy 0:4',
      'one.energy 1:10',
      'two.energy 0:4',
      'two.energy 0:9',
      'two.energy 1:10',
    ]);
  });
});

const renamed = async (files: Files, to: string) => {
  const w = workspace(files);
  const found = await w.service.rename(w.uri, w.at, to);
  return { w, found, text: isRefusal(found) ? found.refused : applied(w, found) };
};

describe('another name', () => {
  it('goes to every place of it', async () => {
    const { text } = await renamed(
      'index |k = 3\nenergy E(s : spin[k]) { term k = sum(s[i] for i in k) }',
      'site',
    );
    expect(text).toBe('index site = 3\nenergy E(s : spin[site]) { term k = sum(s[i] for i in site) }');
  });

  it('of a name of a generator stays within it', async () => {
    const { text } = await renamed(
      'index k = 3\nconst i = 1\nenergy E(s : spin[k]) { term t = sum(s[‸i] for i in k) + sum(s[i] for i in k) + i }',
      'j',
    );
    expect(text).toContain('sum(s[j] for j in k) + sum(s[i] for i in k) + i');
  });

  it('of what is hidden leaves alone what hides it', async () => {
    const { text } = await renamed(
      'index k = 3\nconst |i = 1\nenergy E(s : spin[k]) { term t = sum(s[i] for i in k) + i }',
      'j',
    );
    expect(text).toBe(
      'index k = 3\nconst j = 1\nenergy E(s : spin[k]) { term t = sum(s[i] for i in k) + j }',
    );
  });

  it('is refused where a name of a generator would take it', async () => {
    const { text } = await renamed(
      'index k = 3\nconst |a = 1\nenergy E(s : spin[k]) { term t = sum(a * s[i] for i in k) }',
      'i',
    );
    expect(text).toBe('`i` is taken: in line 3 of main.energy `a` would mean something else');
  });

  it('is refused where it would take the meaning of another name', async () => {
    const { text } = await renamed(
      'index k = 3\nconst i = 1\nenergy E(s : spin[k]) { term t = sum(i * s[‸p] for p in k) }',
      'i',
    );
    expect(text).toMatch(/^`i` is taken: in line 3/);
  });

  it.each([
    ['declared twice', 'const |a = 1\nconst b = 2', 'b', '`b` is declared in main.energy already'],
    [
      'two fields of a name',
      'type R = { |a : real, b : real }',
      'b',
      '`b` is declared in main.energy already',
    ],
    ['no name', 'const |a = 1', '1a', '`1a` is no name'],
    ['reserved', 'const |a = 1', 'where', '`where` is a reserved word'],
    ['empty', 'const |a = 1', '', '`` is no name'],
    ['a word of the language', 'const a = e|xp(1)', 'b', '`exp` is a word of the language'],
    [
      'an option',
      'energy E(x : real) { term t = x }\nrun d = sample(E, dr|aws = 1)',
      'b',
      '`draws` is a word of the language',
    ],
    ['unknown', 'const a = |zz', 'b', 'nothing declares `zz`'],
    [
      'a name of the library',
      'use Ising from "std/ising"\nenergy J = Is|ing * Ising',
      'B',
      '`Ising` is declared by the standard library, std/ising',
    ],
    ['nothing', 'const a = 1 |', 'b', 'there is no name here'],
  ])('is refused: %s', async (_, text, to, why) => {
    expect((await renamed(text, to)).text).toContain(why);
  });

  it('of an alias stays in its file, and so a name of the library can have another', async () => {
    const { text } = await renamed('use Ising as Lenz from "std/ising"\nenergy J = Le|nz * Lenz', 'Spins');
    expect(text).toBe('use Ising as Spins from "std/ising"\nenergy J = Spins * Spins');
  });

  it('goes through the files of the workspace', async () => {
    const files = {
      'f.energy': 'fn |f(x : real) : real = x',
      'one.energy': 'use f from "f.energy"\nconst a = f(1)',
      'two.energy': 'use f as g from "f.energy"\nconst a = g(1)',
    };
    const { w, found } = await renamed(files, 'same');
    const { changes } = found as WorkspaceEdit;
    expect(edited(w.text, changes[w.uriOf('f.energy')])).toBe('fn same(x : real) : real = x');
    expect(edited(files['one.energy'], changes[w.uriOf('one.energy')])).toBe(
      'use same from "f.energy"\nconst a = same(1)',
    );
    expect(edited(files['two.energy'], changes[w.uriOf('two.energy')])).toBe(
      'use same as g from "f.energy"\nconst a = g(1)',
    );
  });

  it('and the old one back give the text back, and never another program', async () => {
    const texts = [
      'learning/experts',
      'learning/digits',
      'statistics/eight-schools',
      'biology/hidden-markov',
      'puzzles/queens',
    ].map(exampleText);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), fc.nat(), async (text, place) => {
        const names = [...text.matchAll(/[A-Za-z_]\w*/g)];
        const name = names[place % names.length];
        const w = workspace(unmarked(text, name.index));
        const there = await w.service.rename(w.uri, w.at, 'another_name');
        if (isRefusal(there)) return;
        const next = applied(w, there);
        expect(next).not.toBe(text);
        expect(parse(next, 'main.energy').diagnostics).toEqual([]);
        const [first] = there.changes[w.uri];
        w.service.update(w.uri, next);
        const back = await w.service.rename(w.uri, first.range.start, name[0]);
        expect(isRefusal(back)).toBe(false);
        if (!isRefusal(back)) expect(edited(next, back.changes[w.uri])).toBe(text);
      }),
      { numRuns: 40 },
    );
  });
});
