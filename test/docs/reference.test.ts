/** `docs/functions.md` and `docs/distributions.md` are what the tables say; `npm run promote` writes them anew. */
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtinNames } from '../../src/check/calls.ts';
import { distributions } from '../../src/check/distributions.ts';
import { evaluate } from '../check/evaluate.ts';
import { expectGolden } from '../run/golden.ts';
import { root } from './kit.ts';
import { distributionsText, elsewhere, exampleParts, examples, functionsText } from './reference-text.ts';

describe('made documents', () => {
  it('functions.md', () => {
    expectGolden(path.join(root, 'docs/functions.md'), functionsText());
  });

  it('distributions.md', () => {
    expectGolden(path.join(root, 'docs/distributions.md'), distributionsText());
  });

  it('have a row for every built-in name', () => {
    const text = functionsText() + distributionsText();
    expect(builtinNames.filter((n) => !text.includes(`\`${n}(`))).toEqual([]);
  });

  it('say of every distribution how others have it', () => {
    expect(Object.keys(elsewhere).sort()).toEqual([...distributions.keys()].sort());
  });
});

describe('examples of functions', () => {
  it.each(examples)('%s', async (example) => {
    const { expression, value } = exampleParts(example);
    const text = `energy E(u : real) {\n  term t = u ^ 2\n  report r = ${expression}\n}\n`;
    const { reports } = await evaluate(text, 'E', { u: [0] });
    const wanted = value.split(', ').map(Number);
    expect(reports.r.length).toBe(wanted.length);
    wanted.forEach((v, i) => {
      expect(reports.r[i]).toBeCloseTo(v, 6);
    });
  });
});
