/** Quick fixes, layout, and what editors show around the text. */
import { describe, expect, it } from 'vitest';
import { tokenModifiers, tokenTypes } from '../../src/language/tokens.ts';
import { edited, exampleText, workspace } from './kit.ts';

/** The text after the quick fix of that title at the cursor. */
const fixed = async (text: string, title: string): Promise<string> => {
  const w = workspace(text);
  const found = await w.service.codeActions(w.uri, { start: w.at, end: w.at });
  const action = found.find((a) => a.title === title);
  if (!action) throw new Error(`there is no such fix, but ${found.map((a) => a.title).join('; ') || 'none'}`);
  return edited(w.text, action.edit.changes[w.uri]);
};

describe('a quick fix', () => {
  it.each([
    ['spells a name', 'const alpha = 1\nconst b = al|pa', 'Change to `alpha`', 'const b = alpha'],
    ['spells a function', 'const b = sq|tr(2)', 'Change to `sqrt`', 'const b = sqrt(2)'],
    ['spells a declaration', 'cons|t2 a = 1', 'Change to `const`', 'const a = 1'],
    ['writes a sign as it is written here', 'const b = 2 *|* 3', 'Change to `^`', 'const b = 2 ^ 3'],
    ['writes a pasted sign', 'const b = 2 ×| 3', 'Change to `*`', 'const b = 2 * 3'],
    ['writes a word with spaces around it', 'const b = true&|&false', 'Change to `and`', 'true and false'],
    ['writes double quotes', "use f from '|f.energy'", 'Change to `"f.energy"`', 'use f from "f.energy"'],
    ['writes the digit before a point', 'const b = .|5', 'Change to `0.5`', 'const b = 0.5'],
    [
      'takes away every `;`',
      'const a = 1;|\nconst b = 2; // ;\n',
      'Remove `;`',
      'const a = 1\nconst b = 2 // ;\n',
    ],
    ['makes comments', '#| one\nconst a = 1 # two\n', 'Change to `//`', '// one\nconst a = 1 // two\n'],
    [
      'takes a name from the library',
      'index k = ring(4)\nenergy E(s : spin[k]) { term t = Isi|ng(s, neighbours(k), 1, 0) }',
      'Use `Ising` from "std/ising"',
      'use Ising from "std/ising"\n\nindex k',
    ],
  ])('%s', async (_, text, title, expected) => {
    expect(await fixed(text, title)).toContain(expected);
  });

  it('is for what is wrong at the cursor only', async () => {
    const w = workspace('const a = sq|rt(2)\nconst b = sqtr(2)');
    expect(await w.service.codeActions(w.uri, { start: w.at, end: w.at })).toEqual([]);
  });

  it('leaves nothing wrong there', async () => {
    const text = 'const alpha = 1\nconst b = al|pa + sqtr(alpha)';
    const w = workspace(await fixed(text, 'Change to `alpha`'));
    expect((await w.service.diagnostics(w.uri)).map((d) => d.message)).toEqual([
      expect.stringContaining('sqtr'),
    ]);
  });
});

describe('the layout', () => {
  it('is one edit of the lines that change', async () => {
    const w = workspace('const a = 1\nconst   b=2\nconst c = 3\n');
    const edits = await w.service.formatting(w.uri);
    expect(edits).toHaveLength(1);
    expect(edits[0].range.start).toEqual({ line: 1, character: 0 });
    expect(edited(w.text, edits)).toBe('const a = 1\nconst b = 2\nconst c = 3\n');
  });

  it('is none of a text that does not parse', async () => {
    const w = workspace('const   a = (1');
    expect(await w.service.formatting(w.uri)).toEqual([]);
  });
});

describe('beside the text', () => {
  it('stand lenses on the jobs, also while there is a mistake', async () => {
    const w = workspace('energy E(x : real) { term t = nothing }\nrun a = sample(E)\nrun b = logz(E)');
    const found = await w.service.codeLenses(w.uri);
    expect(found.map((l) => [l.range.start.line, ...l.command.arguments])).toEqual([
      [1, w.uri, 'a'],
      [2, w.uri, 'b'],
    ]);
  });

  it('fold energies, lists of uses and comments', async () => {
    const w = workspace(
      '// one\n// two\nuse Ising from "std/ising"\nuse Potts from "std/potts"\nenergy E(x : real) {\n  term a = x\n  term b = sum(\n    [x, x]\n  )\n}\n',
    );
    expect(await w.service.foldingRanges(w.uri)).toEqual([
      { startLine: 0, endLine: 1, kind: 'comment' },
      { startLine: 2, endLine: 3, kind: 'imports' },
      { startLine: 4, endLine: 8 },
      { startLine: 6, endLine: 7 },
    ]);
  });

  it('colours say what names mean, in the order of the text and without overlap', async () => {
    const text = exampleText('learning/boltzmann');
    const w = workspace({ 'main.energy': text });
    const data = await w.service.semanticTokens(w.uri);
    const lines = text.split('\n');
    const seen = new Map<string, string>();
    let [line, character, before] = [0, 0, -1];
    for (let i = 0; i < data.length; i += 5) {
      const [down, ahead, length, type, marks] = data.slice(i, i + 5);
      character = down === 0 ? character + ahead : ahead;
      line += down;
      if (down > 0) before = -1;
      expect(character).toBeGreaterThan(before);
      before = character + length - 1;
      const name = lines[line].slice(character, character + length);
      expect(name).toMatch(/^[\p{L}_][\p{L}\p{N}_]*$/u);
      const modifiers = tokenModifiers.filter((_, m) => marks & (1 << m));
      if (!seen.has(name)) seen.set(name, [tokenTypes[type], ...modifiers].join(' '));
    }
    expect(Object.fromEntries(seen)).toMatchObject({
      node: 'type declaration readonly',
      spin: 'type defaultLibrary',
      J: 'variable declaration',
      normal: 'function defaultLibrary',
      Boltzmann: 'class declaration',
      s: 'parameter declaration',
      couplings: 'property declaration',
      fit: 'function defaultLibrary',
      steps: 'property defaultLibrary',
      lnz: 'event declaration',
    });
  });

  it('a text that is too long is left alone, and says so', async () => {
    const w = workspace('const a = 1\n'.repeat(60_000));
    const found = await w.service.diagnostics(w.uri);
    expect(found).toMatchObject([{ code: 'E0504', severity: 3 }]);
    expect(await w.service.semanticTokens(w.uri)).toEqual([]);
    expect(await w.service.formatting(w.uri)).toEqual([]);
    expect(await w.service.hover(w.uri, { line: 5, character: 6 })).toBeNull();
  });
});

describe('a document', () => {
  const main = 'use f from "f.energy"\nconst a = f(1)\n';

  it('is read again when what it uses is edited, opened, closed or changed on the disk', async () => {
    const w = workspace({ 'main.energy': main, 'f.energy': 'fn f(x : real) : real = x\n' });
    const wrong = async (): Promise<number> => (await w.service.diagnostics(w.uri)).length;
    expect(await wrong()).toBe(0);
    const first = await w.service.diagnostics(w.uri);
    expect(await w.service.diagnostics(w.uri)).toBe(first);
    w.service.update(w.uriOf('other.energy'), 'const z = 1\n');
    expect(await w.service.diagnostics(w.uri)).toBe(first);
    w.service.update(w.uriOf('f.energy'), 'fn g(x : real) : real = x\n');
    expect(await wrong()).toBeGreaterThan(0);
    w.service.update(w.uriOf('f.energy'), 'fn f(y : real) : real = y\n');
    expect(await wrong()).toBe(0);
    w.service.close(w.uriOf('f.energy'));
    expect(await wrong()).toBe(0);
    const settled = await w.service.diagnostics(w.uri);
    w.service.refresh();
    expect(await w.service.diagnostics(w.uri)).not.toBe(settled);
  });

  it('is found under every spelling of its address', async () => {
    const w = workspace('const |a = 1');
    w.service.update('file:///work/two%20words.energy', 'const b = 1');
    expect(w.service.text('file:///work/two words.energy')).toBe('const b = 1');
  });
});
