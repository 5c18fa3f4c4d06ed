/**
 * Where declarations and statements begin, from tokens and lines alone: what
 * the parser falls back on, so that a mistake costs one of them and not the
 * rest of the file.
 */
import type { IToken } from 'chevrotain';
import { tokens as t } from '../../grammar/tokens.ts';

/** Tokens `from` ≤ i < `to`. */
export interface Unit {
  readonly from: number;
  readonly to: number;
}

const set = (...types: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(types.map((x) => x.name));

const declarations = set(
  t.Use,
  t.Const,
  t.Index,
  t.Set,
  t.Enum,
  t.Type,
  t.Data,
  t.Param,
  t.Fn,
  t.Energy,
  t.Run,
);
const namedStatements = set(t.Term, t.Let, t.Report, t.Param);
/** Words that join what stands before them to what comes after. */
const links = set(t.From, t.As, t.In, t.On, t.Frozen, t.OneBased);
const joins = set(t.From, t.As, t.In, t.On);
const enders = set(
  t.Number,
  t.String,
  t.True,
  t.False,
  t.RightParen,
  t.RightBracket,
  t.RightBrace,
  t.Unknown,
);
const openers = set(t.LeftParen, t.LeftBracket, t.LeftBrace);
/** What can begin an expression and never continues one. */
const starters = set(
  t.LeftParen,
  t.LeftBracket,
  t.LeftBrace,
  t.Number,
  t.String,
  t.True,
  t.False,
  t.If,
  t.Not,
);

const kind = (token: IToken | undefined): string => token?.tokenType.name ?? '';

export const isDeclarationWord = (token: IToken | undefined): boolean => declarations.has(kind(token));

/** Whether a token can be used as a name. */
export const isName = (token: IToken | undefined): boolean =>
  token !== undefined &&
  (token.tokenType === t.Identifier || token.tokenType.CATEGORIES?.some((c) => c.name === 'Name') === true);

export const beginsLine = (tokens: readonly IToken[], i: number): boolean =>
  i === 0 || tokens[i].startLine !== tokens[i - 1].endLine;

const canEnd = (token: IToken): boolean =>
  enders.has(kind(token)) || (isName(token) && !joins.has(kind(token)));

/** A name other than the words that join. */
export const isPlainName = (token: IToken | undefined): boolean => isName(token) && !links.has(kind(token));

const closes: Readonly<Record<string, string>> = {
  RightParen: 'LeftParen',
  RightBracket: 'LeftBracket',
  RightBrace: 'LeftBrace',
};

/**
 * The brackets open so far. A `}` closes everything up to its `{`; a `)` or
 * `]` closes nothing beyond the nearest `{`; what fits nothing is ignored.
 */
export class Brackets {
  readonly open: IToken[] = [];

  see(token: IToken): void {
    const name = kind(token);
    if (openers.has(name)) this.open.push(token);
    const opener = closes[name];
    if (opener === undefined) return;
    for (let i = this.open.length - 1; i >= 0; i--) {
      const found = kind(this.open[i]);
      if (found === opener) {
        this.open.length = i;
        return;
      }
      if (found === 'LeftBrace') return;
    }
  }
}

/** Cuts a file at its declarations; a piece may also begin with something that is none. */
export function splitItems(tokens: readonly IToken[]): Unit[] {
  const units: Unit[] = [];
  let from = 0;
  let brackets = new Brackets();
  for (let i = 0; i < tokens.length; i++) {
    if (i > from && itemBegins(tokens, i, from, brackets.open)) {
      units.push({ from, to: i });
      from = i;
      brackets = new Brackets();
    }
    brackets.see(tokens[i]);
  }
  if (from < tokens.length) units.push({ from, to: tokens.length });
  return units;
}

function itemBegins(tokens: readonly IToken[], i: number, from: number, open: readonly IToken[]): boolean {
  const token = tokens[i];
  if (!beginsLine(tokens, i) || !isPlainName(token)) return false;
  if (token.startColumn === 1 && isDeclarationWord(token)) {
    const isOwnParam = token.tokenType === t.Param && open.length > 0;
    if (isPlainName(tokens[i + 1]) && !isOwnParam) return true;
    // A name such as `from` or `on`, unless this is a list as in `use a,⏎index as k from …`.
    const continues = open.length > 0 || i === from + 1 || tokens[i - 1].tokenType === t.Comma;
    if (isName(tokens[i + 1]) && !continues) return true;
  }
  if (open.length > 0) return false;
  if (i === from + 1 && isDeclarationWord(tokens[from])) return false;
  if (!isDeclarationWord(token) && surelyStatement(tokens, i)) return false;
  return canEnd(tokens[i - 1]);
}

/** Cuts the inside of a block at its statements. */
export function splitStatements(tokens: readonly IToken[], inside: Unit): Unit[] {
  const units: Unit[] = [];
  let from = inside.from;
  let brackets = new Brackets();
  for (let i = inside.from; i < inside.to; i++) {
    if (i > from && statementBegins(tokens, i, from, brackets.open.length > 0)) {
      units.push({ from, to: i });
      from = i;
      brackets = new Brackets();
    }
    brackets.see(tokens[i]);
  }
  if (from < inside.to) units.push({ from, to: inside.to });
  return units;
}

/** Whether a line begins with a statement, whatever is open before it. */
export function surelyStatement(tokens: readonly IToken[], i: number): boolean {
  const token = tokens[i];
  const next = tokens[i + 1];
  if (!beginsLine(tokens, i) || next === undefined) return false;
  if (isName(token) && next.tokenType === t.Tilde) return true;
  if (beginsLine(tokens, i + 1)) return false;
  if (token.tokenType === t.Require) return isPlainName(next) || next.tokenType === t.Not;
  return namedStatements.has(kind(token)) && isPlainName(next);
}

function statementBegins(tokens: readonly IToken[], i: number, from: number, within: boolean): boolean {
  if (!beginsLine(tokens, i)) return false;
  if (surelyStatement(tokens, i)) return true;
  if (within) return false;
  const keywordAlone =
    i === from + 1 && (namedStatements.has(kind(tokens[from])) || isDeclarationWord(tokens[from]));
  if (keywordAlone) return false;
  return (isPlainName(tokens[i]) || starters.has(kind(tokens[i]))) && canEnd(tokens[i - 1]);
}

/** The index of the `}` that closes the `{` at `open`, or `to`. */
export function closingBrace(tokens: readonly IToken[], open: number, to: number): number {
  const brackets = new Brackets();
  for (let i = open; i < to; i++) {
    brackets.see(tokens[i]);
    if (brackets.open.length === 0) return i;
  }
  return to;
}

/** The bracket that is still open after the tokens of a unit before `to`. */
export function openBracket(tokens: readonly IToken[], from: number, to: number): IToken | undefined {
  const brackets = new Brackets();
  for (let i = from; i < to; i++) brackets.see(tokens[i]);
  return brackets.open.at(-1);
}
