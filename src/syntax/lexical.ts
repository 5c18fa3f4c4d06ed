/**
 * From text to tokens: comments aside, and what is wrong with single tokens
 * said here, so that the grammar sees ordinary tokens only.
 */
import type { IToken } from 'chevrotain';
import { energyLexer, specOf, type TokenName, tokens as t } from '../../grammar/tokens.ts';
import type { SyntaxCode } from './codes.ts';
import { at, type Diagnostic } from './diagnostic.ts';
import type { Span } from './span.ts';
import type { Comment } from './tree.ts';

export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly Comment[];
  /** The `///` lines that stand alone, by their (1-based) line: text without marker, and offset. */
  readonly docs: ReadonlyMap<number, { readonly text: string; readonly start: number }>;
  /** Offsets at which lines begin. */
  readonly lineStarts: readonly number[];
  /** In order of position. */
  readonly diagnostics: readonly Diagnostic[];
}

export const endOf = (token: IToken): number => token.startOffset + token.image.length;

export const spanOf = (file: string, token: IToken): Span => ({
  file,
  start: token.startOffset,
  end: endOf(token),
});

/** The same text as another kind of token. */
export const retyped = (token: IToken, name: TokenName): IToken => ({
  ...token,
  tokenType: t[name],
  tokenTypeIdx: t[name].tokenTypeIdx as number,
});

export const syntaxError = (
  code: SyntaxCode,
  span: Span,
  message: string,
  more: Pick<Diagnostic, 'notes' | 'suggestion'> = {},
): Diagnostic => ({ severity: 'error', code, place: at(span), message, ...more });

/** Signs that people paste from papers and word processors, and how they are typed here. */
const typed: Readonly<Record<string, string>> = {
  '×': '*',
  '·': '*',
  '⋅': '*',
  '÷': '/',
  '−': '-',
  '–': '-',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '²': '^ 2',
  '³': '^ 3',
  '∈': 'in',
  '∞': 'inf',
  '∑': 'sum(…)',
  '∏': 'prod(…)',
  '∧': 'and',
  '∨': 'or',
  '¬': 'not',
  '“': '"',
  '”': '"',
  '‘': '"',
  '’': '"',
  '…': '..',
  '&': 'and',
};

/** Signs that mean something elsewhere, and what is said instead here. */
const advised: Readonly<Record<string, string>> = {
  '|': 'write `or` between conditions, `abs(x)` for |x|, a comma between arguments',
  '?': 'a choice is written `if … then … else …`',
  $: 'names stand without a mark',
  '%': 'a remainder is written `mod(x, y)`',
};

function describeCharacter(image: string): string {
  const first = String.fromCodePoint(image.codePointAt(0) as number);
  const code = first.codePointAt(0) as number;
  const printable = code > 0x20 && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code < 0xe000);
  return printable ? `\`${first}\`` : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function unknownCharacter(file: string, token: IToken): Diagnostic {
  const first = String.fromCodePoint(token.image.codePointAt(0) as number);
  const meant = typed[first];
  return syntaxError(
    'E0101',
    spanOf(file, token),
    `the character ${describeCharacter(token.image)} has no meaning here`,
    meant
      ? { suggestion: `write \`${meant}\`` }
      : Object.hasOwn(advised, first)
        ? { suggestion: advised[first] }
        : {},
  );
}

/** What is wrong with a token that is understood all the same. */
function complaint(file: string, token: IToken): Diagnostic | undefined {
  const span = spanOf(file, token);
  switch (token.tokenType.name as TokenName) {
    case 'OpenString':
      return syntaxError('E0102', span, 'this string is not closed: expected `"` before the end of the line');
    case 'SingleQuoted':
      return syntaxError('E0114', span, 'a string is written in double quotes, found single quotes', {
        suggestion: `write "${token.image.slice(1, -1)}"`,
      });
    case 'BareFraction':
      return syntaxError('E0116', span, `a number begins with a digit, found \`${token.image}\``, {
        suggestion: `write 0${token.image}`,
      });
    case 'StarStar':
      return syntaxError('E0114', span, 'a power is written `^`, found `**`');
    case 'AmpAmp':
      return syntaxError('E0114', span, 'a conjunction is written `and`, found `&&`');
    case 'BarBar':
      return syntaxError('E0114', span, 'a disjunction is written `or`, found `||`');
    case 'Bang':
      return syntaxError('E0114', span, 'a negation is written `not`, found `!`');
    case 'Unknown':
      return unknownCharacter(file, token);
    default:
      return undefined;
  }
}

/** Marks that are dropped; reported once a file, since they come in crowds. */
const droppedMarks: Partial<Record<TokenName, string>> = {
  Semicolon: 'a statement ends with its line, found `;`',
  HashComment: 'a comment begins with `//`, found `#`',
  BlockComment: 'a comment begins with `//` on each of its lines, found `/*`',
};

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

/** Splits a text into tokens and comments; answers for every text. */
export function lex(text: string, file: string): Lexed {
  const result = energyLexer().tokenize(text);
  const diagnostics: Diagnostic[] = [];
  const tokens: IToken[] = [];
  const seen = new Set<string>();
  for (const token of result.tokens) {
    const name = token.tokenType.name as TokenName;
    const dropped = droppedMarks[name];
    if (dropped !== undefined) {
      if (!seen.has(name)) {
        const width = name === 'BlockComment' ? 2 : 1;
        const start = token.startOffset;
        diagnostics.push(syntaxError('E0114', { file, start, end: start + width }, dropped));
      }
      seen.add(name);
      continue;
    }
    const wrong = complaint(file, token);
    if (wrong) diagnostics.push(wrong);
    const meant = specOf.get(name)?.standsFor as TokenName | undefined;
    tokens.push(meant ? retyped(token, meant) : token);
  }

  const lineStarts = lineStartsOf(text);
  const comments: Comment[] = [];
  const docs = new Map<number, { text: string; start: number }>();
  for (const token of result.groups.comments as IToken[]) {
    const start = token.startOffset;
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    const trailing = start > 0 && text.slice(lineStart, start).trim() !== '';
    const image = token.image.trimEnd();
    comments.push({ text: image, span: { file, start, end: start + image.length }, trailing });
    if (!trailing && token.tokenType === t.DocComment) {
      docs.set(token.startLine as number, { text: image.slice(3).replace(/^ /, ''), start });
    }
  }
  return { tokens, comments, docs, lineStarts, diagnostics };
}
