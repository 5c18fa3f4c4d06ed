/** The checker answers for every text: programs that are right, broken at random, never make it throw. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { programsIn, readProgram } from '../run/kit.ts';

const texts = [
  ...programsIn('good').map((n) => readProgram('good', n)),
  ...programsIn('bad').map((n) => readProgram('bad', n)),
];

/** Words and signs, with what is between them. */
const pieces = (text: string): string[] =>
  text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|"[^"\n]*"|\s+|[^\s\w"]/g) ?? [];

type Change =
  | { readonly kind: 'drop' | 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'swap'; readonly at: number; readonly other: number }
  | { readonly kind: 'put'; readonly at: number; readonly word: string };

const words = [
  'for',
  'in',
  'where',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  ',',
  ':',
  '=',
  '~',
  '^',
  '@',
  '..',
  '-',
  'inf',
  '0',
  '1e9',
  'sum',
  'x',
  'real',
  'category',
  'encode',
  'neighbours',
  'E',
  '"s"',
  'if',
  'then',
  'else',
  '.',
];

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('drop' as const, 'double' as const),
    at: fc.nat(400),
    length: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('swap' as const), at: fc.nat(400), other: fc.nat(400) }),
  fc.record({ kind: fc.constant('put' as const), at: fc.nat(400), word: fc.constantFrom(...words) }),
);

function broken(text: string, changes: readonly Change[]): string {
  const list = pieces(text);
  for (const c of changes) {
    const at = c.at % Math.max(1, list.length);
    switch (c.kind) {
      case 'drop':
        list.splice(at, c.length);
        break;
      case 'double':
        list.splice(at, 0, ...list.slice(at, at + c.length));
        break;
      case 'swap': {
        const other = c.other % Math.max(1, list.length);
        [list[at], list[other]] = [list[other], list[at]];
        break;
      }
      case 'put':
        list.splice(at, 0, ` ${c.word} `);
    }
  }
  return list.join('');
}

describe('the checker is total', () => {
  it('on broken programs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (text, changes) => {
          const source = broken(text, changes);
          const { diagnostics, ok } = compileText(source, 'a.energy');
          expect(ok).toBe(!diagnostics.some((d) => d.severity === 'error'));
          for (const d of diagnostics) {
            expect(d.message.length).toBeGreaterThan(0);
            // No name made by the compiler, no value of the host language.
            expect(d.message).not.toMatch(/undefined|\[object|NaN|null/);
            if (d.place.kind !== 'source') continue;
            expect(d.place.span.start).toBeGreaterThanOrEqual(0);
            expect(d.place.span.end).toBeLessThanOrEqual(source.length);
          }
        },
      ),
      { numRuns: Number(process.env.TOTAL_RUNS ?? 800), seed: Number(process.env.TOTAL_SEED ?? 5) },
    );
  }, 120_000);
});
