/**
 * What stands around the cursor, from tokens alone: texts are mostly broken where somebody is typing.
 */
import type { IToken } from 'chevrotain';
import { endOf } from '../syntax/lexical.ts';
import { parse } from '../syntax/parse.ts';
import { isName, splitItems, splitStatements, type Unit } from '../syntax/split.ts';
import type { Expr } from '../syntax/tree.ts';
import type { Analysis } from './analysis.ts';
import { wordAt } from './places.ts';
import { Env } from './symbols.ts';

/** A bracket that is open at the cursor. */
export interface Frame {
  readonly open: '(' | '[' | '{';
  /** Its token. */
  readonly at: number;
  /** The name before a `(`, or null. */
  readonly callee: string | null;
  /** Commas since it was opened. */
  readonly args: number;
  /** `draws` in `draws = …`, of the argument at the cursor. */
  readonly named: string | null;
  /** Names of the arguments that are there already. */
  readonly given: readonly string[];
  /** Whether nothing of the argument precedes the word at the cursor. */
  readonly starts: boolean;
}

export interface Cursor {
  readonly offset: number;
  /** The word that is being typed, which may be empty. */
  readonly word: { readonly start: number; readonly end: number };
  readonly tokens: readonly IToken[];
  /** Tokens before the word. */
  readonly count: number;
  /** The declaration around the word, all of its tokens; null before the first one and where a new one may begin. */
  readonly unit: Unit | null;
  /** The kind of the declaration: `energy`, `run`, … */
  readonly keyword: string;
  /** The brackets of the declaration that are open, innermost last. */
  readonly frames: readonly Frame[];
  /** Whether the word is the first of its line. */
  readonly beginsLine: boolean;
  /** Whether something complete precedes the word, so that a declaration or statement may begin. */
  readonly afterComplete: boolean;
}

const closers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const isOpen = (image: string): image is Frame['open'] => image === '(' || image === '[' || image === '{';

/** Whether an expression or a declaration may end with a token. */
const canEnd = (t: IToken): boolean =>
  ['Number', 'String', 'True', 'False', 'RightParen', 'RightBracket', 'RightBrace'].includes(
    t.tokenType.name,
  ) ||
  (isName(t) && !['From', 'As', 'In', 'On'].includes(t.tokenType.name));

export function cursorAt(a: Pick<Analysis, 'text' | 'lexed'>, offset: number): Cursor {
  const { tokens } = a.lexed;
  const word = wordAt(a.text, offset);
  let count = 0;
  while (count < tokens.length && endOf(tokens[count]) <= word.start) count++;
  const before = tokens.slice(0, count);
  const started = splitItems(before).at(-1);
  const last = before.at(-1);
  const beginsLine = last === undefined || a.text.slice(endOf(last), word.start).includes('\n');
  const afterComplete = last === undefined || canEnd(last);
  const frames = started ? framesOf(before, started) : [];
  const unit = started ? (splitItems(tokens).findLast((u) => u.from <= started.from) ?? started) : null;
  return {
    offset,
    word,
    tokens,
    count,
    unit,
    keyword: started ? tokens[started.from].image : '',
    frames,
    beginsLine,
    afterComplete,
  };
}

interface Opened {
  readonly open: Frame['open'];
  readonly at: number;
  args: number;
  /** The first token of the present argument. */
  first: number;
  readonly given: string[];
}

function framesOf(tokens: readonly IToken[], unit: Unit): readonly Frame[] {
  const stack: Opened[] = [];
  for (let i = unit.from; i < unit.to; i++) {
    const { image } = tokens[i];
    const top = stack.at(-1);
    if (isOpen(image)) stack.push({ open: image, at: i, args: 0, first: i + 1, given: [] });
    else if (closers[image]) {
      const match = stack.findLastIndex((f) => f.open === closers[image]);
      if (match >= 0) stack.length = match;
    } else if (image === ',' && top) {
      top.args++;
      top.first = i + 1;
    } else if (image === '=' && top && i === top.first + 1) top.given.push(tokens[i - 1].image);
  }
  return stack.map((f, depth): Frame => {
    const callee =
      f.at > unit.from && isName(tokens[f.at - 1]) && f.open === '(' ? tokens[f.at - 1].image : null;
    const named = tokens[f.first + 1]?.image === '=' && f.first + 1 < unit.to ? tokens[f.first].image : null;
    const innermost = depth === stack.length - 1;
    return {
      open: f.open,
      at: f.at,
      callee,
      args: f.args,
      named,
      given: f.given,
      starts: innermost && f.first >= unit.to,
    };
  });
}

/** The last token before the word. */
export const previous = (c: Cursor): IToken | undefined => c.tokens[c.count - 1];

/** An expression by its text; undefined where it is none. */
export function expressionOf(text: string): Expr | undefined {
  const item = parse(`const x = ${text}`, '').program.items[0];
  return item?.kind === 'const' && item.value.kind !== 'error' ? item.value : undefined;
}

/** What stands before the dot at the cursor: `r.job` in `r.job.|`. */
export function beforeDot(a: Pick<Analysis, 'text'>, c: Cursor): Expr | undefined {
  let i = c.count - 2;
  const end = i;
  for (; i >= 0; i--) {
    const { image } = c.tokens[i];
    if (closers[image]) {
      let depth = 0;
      for (; i >= 0; i--) {
        if (closers[c.tokens[i].image]) depth++;
        else if (isOpen(c.tokens[i].image) && --depth === 0) break;
      }
      continue;
    }
    if (!isName(c.tokens[i])) return undefined;
    if (c.tokens[i - 1]?.image !== '.') break;
    i--;
  }
  if (i < 0 || end < i) return undefined;
  return expressionOf(a.text.slice(c.tokens[i].startOffset, endOf(c.tokens[end])));
}

/**
 * The scope at the cursor, with the names of generators that the tree has lost: of a statement that cannot be
 * read every `for p in S` is looked for in its tokens.
 */
export function scopeAt(a: Pick<Analysis, 'text' | 'declared'>, c: Cursor): Env {
  const known = a.declared.file.at(c.word.start);
  const env = new Env(known, known.span, false);
  if (!c.unit) return env;
  const piece = splitStatements(c.tokens, { from: c.unit.from + 1, to: c.unit.to }).findLast(
    (u) => c.tokens[u.from].startOffset <= c.word.start,
  );
  const { from, to } = piece ?? c.unit;
  for (let i = from + 1; i < to; i++) {
    if (c.tokens[i].tokenType.name !== 'In') continue;
    const names = namesBefore(c.tokens, i, from);
    const value = expressionOf(setText(a.text, c.tokens, i + 1, to));
    names.forEach((t, component) => {
      if (known.lookup(t.image)?.kind === 'binder') return;
      const span = { file: '', start: t.startOffset, end: endOf(t) };
      env.define({
        kind: 'binder',
        name: t.image,
        span,
        doc: '',
        item: null,
        env: known,
        value: value ?? null,
        component,
        components: names.length,
      });
    });
  }
  return env;
}

function namesBefore(tokens: readonly IToken[], at: number, from: number): readonly IToken[] {
  if (isName(tokens[at - 1])) return [tokens[at - 1]];
  if (tokens[at - 1].image !== ')') return [];
  const out: IToken[] = [];
  for (let i = at - 2; i >= from && tokens[i].image !== '('; i--)
    if (isName(tokens[i])) out.unshift(tokens[i]);
  return out;
}

function setText(text: string, tokens: readonly IToken[], from: number, to: number): string {
  let depth = 0;
  let i = from;
  for (; i < to; i++) {
    const { image } = tokens[i];
    if (isOpen(image)) depth++;
    else if (closers[image] && depth-- === 0) break;
    else if (depth === 0 && (image === ',' || image === 'where')) break;
  }
  return i === from ? '' : text.slice(tokens[from].startOffset, endOf(tokens[i - 1]));
}
