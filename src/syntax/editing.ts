/** What editors need to know to move in a text: comments, brackets, words. From the token table. */
import { identifierPattern, patternSource, specOf, tokenSpecs } from '../../grammar/tokens.ts';

/** As VS Code's `language-configuration.json` has it; Monaco is told the same. */
export interface Editing {
  readonly comments: { readonly lineComment: string };
  readonly brackets: readonly (readonly [string, string])[];
  readonly autoClosingPairs: readonly {
    readonly open: string;
    readonly close: string;
    readonly notIn?: readonly ('string' | 'comment')[];
  }[];
  readonly surroundingPairs: readonly (readonly [string, string])[];
  /** A regular expression without flags. */
  readonly wordPattern: string;
  /** What follows a line that begins so, when it is ended. */
  readonly onEnterRules: readonly {
    readonly beforeText: string;
    readonly action: { readonly indent: 'none'; readonly appendText: string };
  }[];
}

const textOf = (name: string): string => {
  const pattern = specOf.get(name)?.pattern;
  return Array.isArray(pattern) ? pattern[0] : '';
};

export function editing(): Editing {
  const brackets = tokenSpecs.flatMap((s): [string, string][] =>
    s.class === 'delimiter' && s.name.startsWith('Left')
      ? [[textOf(s.name), textOf(s.name.replace('Left', 'Right'))]]
      : [],
  );
  const number = specOf.get('Number')!;
  return {
    comments: { lineComment: '//' },
    brackets,
    autoClosingPairs: [
      ...brackets.map(([open, close]) => ({ open, close })),
      { open: '"', close: '"', notIn: ['string', 'comment'] },
    ],
    surroundingPairs: [...brackets, ['"', '"']],
    wordPattern: `${patternSource(number)}|${identifierPattern.source}`,
    onEnterRules: [{ beforeText: '^\\s*///', action: { indent: 'none', appendText: '/// ' } }],
  };
}
