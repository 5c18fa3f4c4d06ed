/** Highlighters for editors, generated from the token table. */
import {
  identifierPattern,
  patternSource,
  type TokenClass,
  tokenSpecs,
  wordsOf,
} from '../../grammar/tokens.ts';

const monarchNames: Readonly<Record<TokenClass, string>> = {
  keyword: 'keyword',
  declaration: 'keyword.declaration',
  domain: 'type',
  operator: 'operator',
  delimiter: 'delimiter',
  number: 'number',
  string: 'string',
  comment: 'comment',
  doc: 'comment.doc',
  identifier: 'identifier',
  invalid: 'invalid',
  space: 'white',
};

export type MonarchAction = string | { cases: Record<string, string> };
export type MonarchRule = [RegExp, MonarchAction];
/** As much of Monaco's `IMonarchLanguage` as is used. */
export interface MonarchLanguage {
  defaultToken: string;
  tokenPostfix: string;
  declarations: string[];
  keywords: string[];
  domains: string[];
  tokenizer: { root: MonarchRule[] };
}

/** The name under which a class of tokens appears in Monaco's themes. */
export const monarchTokenOf = (cls: TokenClass): string => monarchNames[cls];

/** The lexical syntax as a Monarch language for Monaco; it has one state. */
export function monarchLanguage(): MonarchLanguage {
  const root: MonarchRule[] = [];
  for (const spec of tokenSpecs) {
    if (spec.word) continue;
    if (spec.name === 'Identifier') {
      const cases = {
        '@declarations': monarchNames.declaration,
        '@keywords': monarchNames.keyword,
        '@domains': monarchNames.domain,
        '@default': monarchNames.identifier,
      };
      root.push([new RegExp(identifierPattern.source), { cases }]);
    } else {
      root.push([new RegExp(patternSource(spec)), monarchNames[spec.class]]);
    }
  }
  return {
    defaultToken: monarchNames.invalid,
    tokenPostfix: '.energy',
    declarations: [...wordsOf('declaration')],
    keywords: [...wordsOf('keyword')],
    domains: [...wordsOf('domain')],
    tokenizer: { root },
  };
}

const textMateScopes: Readonly<Record<TokenClass, string>> = {
  keyword: 'keyword.control.energy',
  declaration: 'storage.type.energy',
  domain: 'support.type.energy',
  operator: 'keyword.operator.energy',
  delimiter: 'punctuation.energy',
  number: 'constant.numeric.energy',
  string: 'string.quoted.double.energy',
  comment: 'comment.line.double-slash.energy',
  doc: 'comment.line.documentation.energy',
  identifier: 'variable.other.energy',
  invalid: 'invalid.illegal.energy',
  space: 'text.whitespace.energy',
};

export interface TextMateGrammar {
  readonly name: string;
  readonly scopeName: string;
  readonly fileTypes: readonly string[];
  readonly patterns: readonly { readonly match: string; readonly name: string }[];
}

/** JavaScript's `\u0370` is `\x{0370}` to the regular expressions of TextMate grammars (Oniguruma). */
const forOniguruma = (source: string): string => source.replace(/\\u([0-9a-fA-F]{4})/g, '\\x{$1}');

/** The lexical syntax as a TextMate grammar, for VS Code and others. */
export function textMateGrammar(): TextMateGrammar {
  const patterns: { match: string; name: string }[] = [];
  for (const spec of tokenSpecs) {
    if (spec.word || spec.class === 'space') continue;
    if (spec.name === 'Identifier') {
      for (const cls of ['declaration', 'keyword', 'domain'] as const) {
        patterns.push({ match: `\\b(?:${wordsOf(cls).join('|')})\\b`, name: textMateScopes[cls] });
      }
    }
    patterns.push({ match: forOniguruma(patternSource(spec)), name: textMateScopes[spec.class] });
  }
  return { name: 'Energy', scopeName: 'source.energy', fileTypes: ['energy'], patterns };
}
