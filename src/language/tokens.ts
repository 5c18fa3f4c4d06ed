/** Colours by meaning: what a name is, not how it is spelt. */
import { type Analysis, meantBy } from './analysis.ts';
import type { BuiltinKind, Occurrence } from './builtins.ts';
import { positionOf } from './places.ts';
import type { SymbolKind } from './symbols.ts';

/** The protocol's names of kinds and marks, in the order of their numbers. */
export const tokenTypes = [
  'type',
  'class',
  'enum',
  'enumMember',
  'struct',
  'function',
  'parameter',
  'variable',
  'property',
  'event',
  'typeParameter',
] as const;
export const tokenModifiers = ['declaration', 'readonly', 'defaultLibrary'] as const;

export type TokenType = (typeof tokenTypes)[number];
type Modifier = (typeof tokenModifiers)[number];

const typesOf: Readonly<Record<SymbolKind, TokenType>> = {
  const: 'variable',
  index: 'type',
  set: 'type',
  open: 'typeParameter',
  enum: 'enum',
  member: 'enumMember',
  type: 'struct',
  field: 'property',
  data: 'variable',
  param: 'variable',
  fn: 'function',
  energy: 'class',
  run: 'event',
  import: 'variable',
  argument: 'parameter',
  let: 'variable',
  term: 'property',
  report: 'property',
  binder: 'variable',
  state: 'variable',
};
const builtinTypes: Readonly<Record<BuiltinKind, TokenType>> = {
  function: 'function',
  distribution: 'function',
  domain: 'type',
  verb: 'function',
  method: 'function',
  option: 'property',
  value: 'enumMember',
  constant: 'variable',
  coordinate: 'property',
  side: 'property',
  log_density: 'function',
};
const unchanging = new Set<SymbolKind>(['const', 'data', 'index', 'set', 'enum', 'member']);

export interface SemanticToken {
  readonly start: number;
  readonly length: number;
  readonly type: TokenType;
  readonly modifiers: readonly Modifier[];
}

/** Names by what they mean, in the order of the text. Words that are no names are left to the grammar's colours. */
export const semanticTokens = (a: Analysis): readonly SemanticToken[] =>
  a.occurrences.flatMap((o) => nameToken(a, o) ?? []);

function nameToken(a: Analysis, o: Occurrence): SemanticToken | undefined {
  const base = { start: o.span.start, length: o.span.end - o.span.start };
  switch (o.target.kind) {
    case 'unknown':
      return undefined;
    case 'builtin':
      return { ...base, type: builtinTypes[o.target.what], modifiers: ['defaultLibrary'] };
    case 'symbol': {
      const meant = meantBy(a, o) ?? o.target.symbol;
      const modifiers: Modifier[] = [];
      if (o.declares) modifiers.push('declaration');
      if (unchanging.has(meant.kind)) modifiers.push('readonly');
      return { ...base, type: typesOf[meant.kind], modifiers };
    }
  }
}

/** The protocol's form: five numbers a token, places relative to the token before. */
export function encodedTokens(a: Analysis): number[] {
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const t of semanticTokens(a)) {
    const at = positionOf(a.source, t.start);
    const marks = t.modifiers.reduce((n, m) => n | (1 << tokenModifiers.indexOf(m)), 0);
    const ahead = at.line === line ? at.character - character : at.character;
    data.push(at.line - line, ahead, t.length, tokenTypes.indexOf(t.type), marks);
    ({ line, character } = at);
  }
  return data;
}
