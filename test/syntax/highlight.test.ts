import { describe, expect, it } from 'vitest';
import { energyLexer, specOf, type TokenClass, tokenSpecs } from '../../grammar/tokens.ts';
import {
  type MonarchLanguage,
  monarchLanguage,
  monarchTokenOf,
  textMateGrammar,
} from '../../src/syntax/highlight.ts';
import { tour } from './tour.ts';

type Coloured = readonly (readonly [text: string, color: string])[];

/** What a Monarch highlighter does with one state: the first rule that matches at the place wins. */
function byMonarch(language: MonarchLanguage, text: string): Coloured {
  const lists: Readonly<Record<string, readonly string[]>> = { ...language, tokenizer: [] } as never;
  const out: [string, string][] = [];
  let at = 0;
  while (at < text.length) {
    let length = 0;
    for (const [pattern, action] of language.tokenizer.root) {
      const sticky = new RegExp(pattern.source, 'y');
      sticky.lastIndex = at;
      const found = sticky.exec(text)?.[0];
      if (!found) continue;
      length = found.length;
      if (typeof action === 'string') {
        out.push([found, action]);
      } else {
        const name = Object.keys(action.cases).find(
          (k) => k === '@default' || lists[k.slice(1)].includes(found),
        );
        out.push([found, action.cases[name as string]]);
      }
      break;
    }
    expect(length, `no rule matches at ${JSON.stringify(text.slice(at, at + 20))}`).toBeGreaterThan(0);
    at += length;
  }
  return out.filter(([, color]) => color !== 'white');
}

function byLexer(text: string): Coloured {
  const { tokens, groups } = energyLexer().tokenize(text);
  return [...tokens, ...groups.comments]
    .sort((a, b) => a.startOffset - b.startOffset)
    .map((t) => [t.image, monarchTokenOf(specOf.get(t.tokenType.name)?.class as TokenClass)]);
}

describe('the generated highlighters', () => {
  const odd = `one_based on ordered or int in index ordinal frozen from β_2 x₁ 1e-3 0..3 .5 a.5 r.index
"a \\" b" "open
'single' # hash
a && b || !c ** 2 ; § \u0000 @ ^ ~ == = <= < @x /* c */ scan(t in day, prev = 0) = termx`;

  it.each([...Object.entries(tour), ['odd', odd]])('see the same tokens as the lexer in %s', (_, text) => {
    const expected = byLexer(text);
    expect(byMonarch(monarchLanguage(), text)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(40);
  });

  it('colour the words of each kind', () => {
    const colors = new Map(byMonarch(monarchLanguage(), 'energy term real x 1 "s" // c'));
    expect([...colors.values()]).toEqual([
      'keyword.declaration',
      'keyword',
      'type',
      'identifier',
      'number',
      'string',
      'comment',
    ]);
  });

  it('give TextMate patterns for every row, without JavaScript escapes', () => {
    const { patterns, scopeName } = textMateGrammar();
    expect(scopeName).toBe('source.energy');
    for (const { match } of patterns) expect(match).not.toMatch(/\\u[0-9a-f]{4}/);
    const plain = tokenSpecs.filter((s) => !s.word && s.class !== 'space');
    expect(patterns).toHaveLength(plain.length + 3);
    const declaration = patterns.find((p) => p.name === 'storage.type.energy');
    expect(declaration?.match).toContain('energy');
    expect(new RegExp(declaration?.match as string).test('energetic')).toBe(false);
  });
});
