/** Parsing after edits says what parsing anew says. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../src/syntax/parse.ts';
import { parseMemory, reparse } from '../../src/syntax/reparse.ts';

const root = path.resolve(import.meta.dirname, '../..');
const texts = ['stdlib', 'test/bad', 'examples/statistics'].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((f) => f.endsWith('.energy'))
    .map((f) => readFileSync(path.join(root, folder, f), 'utf8')),
);

const agree = (text: string, memory = parseMemory('main.energy')): void => {
  const { program, diagnostics } = reparse(text, memory);
  expect({ program, diagnostics }).toEqual(parse(text, 'main.energy'));
};

describe('parsing again', () => {
  it('takes over what did not change, as the same objects where it did not move', () => {
    const memory = parseMemory('main.energy');
    const before = reparse('const a = 1\nenergy E(x : real) { term t = a * x ^ 2 }\nconst b = 2\n', memory);
    const after = reparse('const a = 1\nenergy E(x : real) { term t = a * x }\nconst b = 2\n', memory);
    expect(after.program.items[0]).toBe(before.program.items[0]);
    expect(after.program.items[1]).not.toEqual(before.program.items[1]);
    expect(after.program.items[2].span.start).toBe(before.program.items[2].span.start - 4);
  });

  it('sees documentation, marks and mistakes that came or went', () => {
    const memory = parseMemory('main.energy');
    const base = 'const a = 1\nenergy E(x : real) {\n  term t = a\n}\nrun d = sample(E)\n';
    for (const text of [
      base,
      `/// About a.\n${base}`,
      base.replace('= 1', '= 1;'),
      base.replace('= 1', '= .5'),
      base.replace('\nenergy', '\n/* energy'),
      base.replace('term t', 'trem t'),
      base.replace('energy E', 'enrgy E'),
      `)\n${base}`,
      base.replace('\nrun', '\n  run'),
      '',
      base,
    ])
      agree(text, memory);
  });

  it('is parsing anew, whatever the edits', () => {
    const pieces = fc.constantFrom(
      '',
      'x',
      ' ',
      '\n',
      '{',
      '}',
      '(',
      '"',
      '//',
      '/*',
      ';',
      '&&',
      'run ',
      '= 1\n',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.nat(), fc.nat(12), pieces), { minLength: 1, maxLength: 5 }),
        (start, edits) => {
          const memory = parseMemory('main.energy');
          let text = start;
          agree(text, memory);
          for (const [place, cut, put] of edits) {
            const at = text.length === 0 ? 0 : place % text.length;
            text = text.slice(0, at) + put + text.slice(at + cut);
            agree(text, memory);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
