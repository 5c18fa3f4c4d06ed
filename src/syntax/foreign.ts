/** Words and marks of other languages where they stand in this one's place, and what is written here instead. */
import type { IToken } from 'chevrotain';
import { tokens as t } from '../../grammar/tokens.ts';
import type { Diagnostic } from './diagnostic.ts';
import { endOf, syntaxError } from './lexical.ts';

const CONSTANT =
  'a number is declared with `const n = 3`, what is given with `data`, what is learned with `param`';
const BLOCK = 'what is given is declared with `data`, what is learned with `param`, the model with `energy`';
const FUNCTION = 'a function is declared with `fn f(x : real) : real = …`';
const USE = 'write `use NAME from "file.energy"`';
const VALUE = 'a value is named with `let`';
const LOOP =
  'there are no loops: a statement is over whole arrays, a sum is `sum(… for i in S)`, a requirement `require … for i in S`';

/** What a first word of a declaration was probably for. */
const declarations: Readonly<Record<string, string>> = {
  int: CONSTANT,
  real: CONSTANT,
  float: CONSTANT,
  double: CONSTANT,
  let: CONSTANT,
  var: CONSTANT,
  val: CONSTANT,
  vector: CONSTANT,
  matrix: CONSTANT,
  array: CONSTANT,
  parameters: BLOCK,
  transformed: BLOCK,
  generated: BLOCK,
  functions: BLOCK,
  model: 'a model is an `energy E(x : D) { … }` of its unknowns',
  class: 'a record is declared with `type Row = { … }`',
  struct: 'a record is declared with `type Row = { … }`',
  record: 'a record is declared with `type Row = { … }`',
  def: FUNCTION,
  function: FUNCTION,
  import: USE,
  from: USE,
  include: USE,
  require: USE,
  for: LOOP,
  while: LOOP,
};

/** What a first word of a statement was probably for. */
const statements: Readonly<Record<string, string>> = {
  for: LOOP,
  while: LOOP,
  if: 'a choice is an expression: `term a = if … then … else …`',
  int: VALUE,
  real: VALUE,
  float: VALUE,
  double: VALUE,
  var: VALUE,
  val: VALUE,
  vector: VALUE,
  matrix: VALUE,
  return: 'an energy is the sum of its terms: write `term name = …`',
  factor: 'write `term name = …`: the terms of an energy are added',
  observe: 'data are given by their distribution: `y ~ normal(mu, sigma)`',
  print: 'a value is recorded with `report name = …`',
  reject: 'a state is excluded with `require …`',
  assert: 'a state is excluded with `require …`',
};

type More = Pick<Diagnostic, 'suggestion'>;

const adviceOf = (table: Readonly<Record<string, string>>, word: string): More =>
  Object.hasOwn(table, word) ? { suggestion: table[word] } : {};

export const foreignDeclaration = (word: string): More => adviceOf(declarations, word);
export const foreignStatement = (word: string): More => adviceOf(statements, word);

const TERMS = 'write `term name = …`: the terms of an energy are added';

/**
 * A mark of two signs that mean nothing together here: `:=`, `<-`, `+=`, `->`, `.*`.
 * @param at the sign that did not fit
 * @param wanted the token that the grammar expected there, '' for none in particular
 */
export function foreignMark(
  file: string,
  at: IToken,
  next: IToken | undefined,
  wanted: string,
): Diagnostic | undefined {
  if (!next || endOf(at) !== next.startOffset) return undefined;
  const span = { file, start: at.startOffset, end: endOf(next) };
  const mark = `${at.image}${next.image}`;
  const said = (message: string, more: More = {}): Diagnostic =>
    syntaxError('E0114', span, `${message}, found \`${mark}\``, more);
  if (next.tokenType === t.Equal) {
    if (at.tokenType === t.Colon) return said('a value is given with `=`');
    if ([t.Plus, t.Minus, t.Star, t.Slash].some((type) => type === at.tokenType))
      return said('nothing is changed once it has its value', { suggestion: TERMS });
  }
  if (at.tokenType === t.Less && next.tokenType === t.Minus && (wanted === 'Equal' || wanted === 'Tilde'))
    return said('a value is given with `=`');
  if (at.tokenType === t.Minus && next.tokenType === t.Greater)
    return said('the domain of a result follows `:`');
  if (at.tokenType === t.Dot && (next.tokenType === t.Star || next.tokenType === t.Slash))
    return said(`operators map over the elements of arrays: expected \`${next.image}\``);
  return undefined;
}
