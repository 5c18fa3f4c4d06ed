/**
 * The one token table. The lexer, the parser's keyword sets, the operators'
 * precedences, the highlighters (`src/syntax/highlight.ts`) and the completion
 * lists are all made from it.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain';

/** How a token is coloured. */
export type TokenClass =
  | 'keyword'
  | 'declaration'
  | 'domain'
  | 'operator'
  | 'delimiter'
  | 'number'
  | 'string'
  | 'comment'
  | 'doc'
  | 'identifier'
  | 'invalid'
  | 'space';

/** Binary operators bind by `precedence`, low to high; see `precedence` below for the levels. */
export interface BinarySpec {
  readonly precedence: number;
  readonly associativity: 'left' | 'right' | 'none';
}

export interface TokenSpec {
  readonly name: string;
  /** Alternatives of fixed words, or a regular expression without flags. */
  readonly pattern: RegExp | readonly string[];
  readonly class: TokenClass;
  /** `soft`: a word that is still usable as a name wherever it cannot be mistaken; `hard`: reserved. */
  readonly word?: 'soft' | 'hard';
  readonly binary?: BinarySpec;
  readonly prefix?: true;
  /** Written wrongly, understood all the same: the lexer reports it and the parser reads this token instead. */
  readonly standsFor?: string;
  /** Left out of the parser's input. */
  readonly skipped?: true;
}

/** Levels of binding, low to high; the parser and the printer both read them here. */
export const precedence = {
  conditional: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  range: 5,
  sum: 6,
  product: 7,
  negation: 8,
  power: 9,
  postfix: 10,
} as const;

const left = (level: number): BinarySpec => ({ precedence: level, associativity: 'left' });
const right = (level: number): BinarySpec => ({ precedence: level, associativity: 'right' });
const none = (level: number): BinarySpec => ({ precedence: level, associativity: 'none' });

/** The names of the built-in domains, coloured as types; to the parser they are names like any other. */
export const domainNames = [
  'angle',
  'bit',
  'category',
  'cholesky_corr',
  'cyclic',
  'int',
  'ordered',
  'ordinal',
  'permutation',
  'real',
  'simplex',
  'spin',
  'subset',
  'unit',
] as const;

const letter =
  'A-Za-z_\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02af\\u0370-\\u0373\\u0376\\u0377\\u037b-\\u037d\\u0386\\u0388-\\u03ff\\u0400-\\u0481\\u048a-\\u052f\\u1e00-\\u1fbc';

/** A name: Latin, Greek or Cyrillic letters, digits (subscript ones too) and `_`. */
export const identifierPattern = new RegExp(`[${letter}][${letter}0-9\\u2080-\\u2089]*`);

/** What no other row matches: a run of foreign letters or of control characters, or one stray sign. */
const foreign = '[\\u0080-\\uffff]+';
const control = '[\\u0000-\\u0008\\u000e-\\u001f\\u007f]+';
const strayPattern = new RegExp([foreign, control, '[!-~]'].join('|'));

const soft = <const N extends string>(name: N, word: string, cls: TokenClass) =>
  ({ name, pattern: [word], class: cls, word: 'soft' }) as const;
const hard = <const N extends string>(name: N, word: string, more: Partial<TokenSpec> = {}) =>
  ({ name, pattern: [word], class: 'keyword', word: 'hard', ...more }) as const;
const operator = <const N extends string>(name: N, text: string, more: Partial<TokenSpec> = {}) =>
  ({ name, pattern: [text], class: 'operator', ...more }) as const;
const delimiter = <const N extends string>(name: N, text: string) =>
  ({ name, pattern: [text], class: 'delimiter' }) as const;

/** In the order in which the lexer tries them, but that it tries longer words first. */
export const tokenTable = [
  { name: 'Space', pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/, class: 'space', skipped: true },
  { name: 'DocComment', pattern: /\/\/\/[^\r\n]*/, class: 'doc' },
  { name: 'Comment', pattern: /\/\/[^\r\n]*/, class: 'comment' },
  { name: 'BlockComment', pattern: /\/\*[\s\S]*?\*\/|\/\*[\s\S]*/, class: 'invalid', skipped: true },
  { name: 'HashComment', pattern: /#[^\r\n]*/, class: 'invalid', skipped: true },
  { name: 'String', pattern: /"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*"/, class: 'string' },
  {
    name: 'OpenString',
    pattern: /"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*\\?/,
    class: 'invalid',
    standsFor: 'String',
  },
  { name: 'SingleQuoted', pattern: /'[^'\r\n]*'/, class: 'invalid', standsFor: 'String' },

  soft('Use', 'use', 'declaration'),
  soft('Const', 'const', 'declaration'),
  soft('Index', 'index', 'declaration'),
  soft('Set', 'set', 'declaration'),
  soft('Enum', 'enum', 'declaration'),
  soft('Type', 'type', 'declaration'),
  soft('Data', 'data', 'declaration'),
  soft('Param', 'param', 'declaration'),
  soft('Fn', 'fn', 'declaration'),
  soft('Energy', 'energy', 'declaration'),
  soft('Run', 'run', 'declaration'),
  soft('Term', 'term', 'keyword'),
  soft('Let', 'let', 'keyword'),
  soft('Require', 'require', 'keyword'),
  soft('Report', 'report', 'keyword'),
  soft('Return', 'return', 'keyword'),
  soft('From', 'from', 'keyword'),
  soft('As', 'as', 'keyword'),
  soft('In', 'in', 'keyword'),
  soft('On', 'on', 'keyword'),
  soft('Frozen', 'frozen', 'keyword'),
  soft('OneBased', 'one_based', 'keyword'),
  soft('Scan', 'scan', 'keyword'),
  hard('If', 'if'),
  hard('Then', 'then'),
  hard('Else', 'else'),
  hard('For', 'for'),
  hard('Where', 'where'),
  hard('True', 'true'),
  hard('False', 'false'),
  hard('And', 'and', { binary: left(precedence.and) }),
  hard('Or', 'or', { binary: left(precedence.or) }),
  hard('Not', 'not', { prefix: true }),
  { name: 'DomainName', pattern: domainNames, class: 'domain', word: 'soft' },
  { name: 'Identifier', pattern: identifierPattern, class: 'identifier' },

  { name: 'Number', pattern: /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, class: 'number' },
  operator('DotDot', '..', { binary: none(precedence.range) }),
  {
    name: 'BareFraction',
    pattern: /\.\d+(?:[eE][+-]?\d+)?/,
    class: 'invalid',
    standsFor: 'Number',
  },

  operator('EqualEqual', '==', { binary: none(precedence.comparison) }),
  operator('NotEqual', '!=', { binary: none(precedence.comparison) }),
  operator('LessEqual', '<=', { binary: none(precedence.comparison) }),
  operator('GreaterEqual', '>=', { binary: none(precedence.comparison) }),
  operator('Less', '<', { binary: none(precedence.comparison) }),
  operator('Greater', '>', { binary: none(precedence.comparison) }),
  operator('Equal', '='),
  operator('Tilde', '~'),
  operator('Plus', '+', { binary: left(precedence.sum) }),
  operator('Minus', '-', { binary: left(precedence.sum), prefix: true }),
  { name: 'StarStar', pattern: ['**'], class: 'invalid', standsFor: 'Caret' },
  operator('Star', '*', { binary: left(precedence.product) }),
  operator('Slash', '/', { binary: left(precedence.product) }),
  operator('At', '@', { binary: left(precedence.product) }),
  operator('Caret', '^', { binary: right(precedence.power) }),
  { name: 'AmpAmp', pattern: ['&&'], class: 'invalid', standsFor: 'And' },
  { name: 'BarBar', pattern: ['||'], class: 'invalid', standsFor: 'Or' },
  { name: 'Bang', pattern: ['!'], class: 'invalid', standsFor: 'Not' },

  delimiter('LeftParen', '('),
  delimiter('RightParen', ')'),
  delimiter('LeftBracket', '['),
  delimiter('RightBracket', ']'),
  delimiter('LeftBrace', '{'),
  delimiter('RightBrace', '}'),
  delimiter('Comma', ','),
  delimiter('Colon', ':'),
  delimiter('Dot', '.'),
  { name: 'Semicolon', pattern: [';'], class: 'invalid', skipped: true },
  {
    name: 'Unknown',
    pattern: strayPattern,
    class: 'invalid',
  },
] as const satisfies readonly TokenSpec[];

export type TokenName = (typeof tokenTable)[number]['name'];

/** The table with its optional columns, for readers that look at every row alike. */
export const tokenSpecs: readonly (TokenSpec & { readonly name: TokenName })[] = tokenTable;

export const specOf: ReadonlyMap<string, TokenSpec> = new Map(tokenSpecs.map((s) => [s.name, s]));

/** Every word of the language with a meaning of its own, in the table's order. */
export const wordsOf = (cls: TokenClass): readonly string[] =>
  tokenSpecs.flatMap((s) => (s.word && s.class === cls && Array.isArray(s.pattern) ? s.pattern : []));

/** Words that are no names anywhere. */
export const reservedWords: readonly string[] = tokenSpecs.flatMap((s) =>
  s.word === 'hard' && Array.isArray(s.pattern) ? s.pattern : [],
);

const escapeForRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** The source of a regular expression that matches the row's text (for words, without boundaries). */
export const patternSource = (spec: TokenSpec): string =>
  spec.pattern instanceof RegExp ? spec.pattern.source : spec.pattern.map(escapeForRegExp).join('|');

/** Token types that stand for several rows at once. */
export const categories = {
  /** Anything spelt like a word, reserved or not: allowed after a dot and before `=` in an argument. */
  Word: createToken({ name: 'Word', pattern: Lexer.NA }),
  BinaryOperator: createToken({ name: 'BinaryOperator', pattern: Lexer.NA }),
  PrefixOperator: createToken({ name: 'PrefixOperator', pattern: Lexer.NA }),
} as const;

/** Words that are not reserved. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, categories: [categories.Word] });

function tokenType(spec: TokenSpec, identifier: TokenType): TokenType {
  const parents: TokenType[] = [];
  if (spec.word === 'soft') parents.push(Name);
  if (spec.word === 'hard') parents.push(categories.Word);
  if (spec.binary) parents.push(categories.BinaryOperator);
  if (spec.prefix) parents.push(categories.PrefixOperator);
  const isComment = spec.class === 'comment' || spec.class === 'doc';
  return createToken({
    name: spec.name,
    pattern:
      spec.pattern instanceof RegExp || spec.pattern.length > 1
        ? new RegExp(patternSource(spec))
        : spec.pattern[0],
    categories: parents,
    line_breaks: spec.name === 'Space' || spec.name === 'BlockComment',
    ...(spec.word ? { longer_alt: identifier } : {}),
    ...(spec.name === 'Space' ? { group: Lexer.SKIPPED } : isComment ? { group: 'comments' } : {}),
  });
}

function createTypes(): Readonly<Record<TokenName, TokenType>> {
  const identifier = createToken({
    name: 'Identifier',
    pattern: identifierPattern,
    categories: [Name],
    line_breaks: false,
  });
  const types: Partial<Record<TokenName, TokenType>> = {};
  for (const spec of tokenSpecs) {
    types[spec.name] = spec.name === 'Identifier' ? identifier : tokenType(spec, identifier);
  }
  return types as Record<TokenName, TokenType>;
}

/** One chevrotain token type for each row of the table. */
export const tokens = createTypes();

/** In the lexer's order, categories last. */
export const vocabulary: readonly TokenType[] = [
  ...tokenSpecs.map((s) => tokens[s.name]),
  Name,
  ...Object.values(categories),
];

let lexer: Lexer | undefined;

const lengthOf = (spec: TokenSpec): number =>
  spec.pattern instanceof RegExp ? 0 : Math.max(...spec.pattern.map((w) => w.length));

/** `on` must not keep the lexer from seeing `one_based`: of the words, longer ones first. */
function lexerOrder(): TokenType[] {
  const words = tokenSpecs.filter((s) => s.word).sort((a, b) => lengthOf(b) - lengthOf(a));
  let next = 0;
  return tokenSpecs.map((s) => tokens[s.word ? words[next++].name : s.name]);
}

/** The lexer, made on first use. Every character of every text belongs to some token. */
export function energyLexer(): Lexer {
  lexer ??= new Lexer(lexerOrder(), { ensureOptimizations: true, positionTracking: 'full' });
  return lexer;
}
