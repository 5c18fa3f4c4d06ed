/**
 * The grammar as data for people: chevrotain's description of the parser's own
 * rules, reduced to six shapes with the names and words that a reader knows.
 * `notation.ts` writes them as EBNF, `railroad.ts` draws them.
 */
import type { ISerializedGast } from 'chevrotain';
import { EnergyGrammar } from './grammar.ts';
import { specOf, type TokenSpec } from './tokens.ts';

export type Shape =
  | { readonly kind: 'word'; readonly text: string }
  /** A class of tokens that has a name of its own: `name`, `number`. */
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Shape[] }
  | { readonly kind: 'choice'; readonly parts: readonly Shape[] }
  | { readonly kind: 'option'; readonly body: Shape }
  /** One or more, with `separator` between them; `orNone`: or nothing. */
  | {
      readonly kind: 'repeat';
      readonly body: Shape;
      readonly separator: Shape | null;
      readonly orNone: boolean;
    };

export interface GrammarRule {
  /** As the parser calls it. */
  readonly source: string;
  /** As the document calls it: words joined by hyphens. */
  readonly name: string;
  readonly shape: Shape;
}

/** Rules whose names in the parser are short for what they are. */
const renamed: Readonly<Record<string, string>> = {
  item: 'declaration',
  arg: 'argument',
  args: 'arguments',
  indexArg: 'index',
  fnBlock: 'function-body',
  energyBlock: 'energy-body',
  fnItem: 'function-declaration',
  paramItem: 'parameter-declaration',
  parenthesised: 'parentheses',
  bracketed: 'brackets',
  braced: 'braces',
};

/** `useItem` is called `use-declaration`, `entryValue` is called `entry-value`. */
export const readableName = (rule: string): string =>
  renamed[rule] ?? rule.replace(/Item$/, 'Declaration').replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** Tokens that the grammar names and that are no fixed words. */
export const tokenClasses: Readonly<Record<string, string>> = {
  Name: 'name',
  Word: 'word',
  Number: 'number',
  String: 'string',
  BinaryOperator: 'binary-operator',
  PrefixOperator: 'prefix-operator',
};

/** All rules of the parser, in its order: what a program is made of first. */
export function grammarRules(): readonly GrammarRule[] {
  const rules = new EnergyGrammar().getSerializedGastProductions().map((g): GrammarRule => {
    const rule = g as Production;
    return { source: rule.name ?? '', name: readableName(rule.name ?? ''), shape: shapeOf(rule) };
  });
  const first = rules.findIndex((r) => r.source === 'program');
  return [...rules.slice(first), ...rules.slice(0, first)];
}

/** What is read of a production: chevrotain's own types leave the fields of its kinds out. */
interface Production extends ISerializedGast {
  readonly name?: string;
  readonly separator?: Production;
}

function shapeOf(p: Production): Shape {
  const body = (): Shape => sequence((p.definition ?? []).map((d) => shapeOf(d as Production)));
  switch (p.type) {
    case 'Terminal':
      return terminal(p.name ?? '');
    case 'NonTerminal':
      return { kind: 'rule', name: readableName(p.name ?? '') };
    case 'Option':
      return { kind: 'option', body: body() };
    case 'Repetition':
    case 'RepetitionWithSeparator':
    case 'RepetitionMandatory':
    case 'RepetitionMandatoryWithSeparator':
      return {
        kind: 'repeat',
        body: body(),
        separator: p.separator ? shapeOf(p.separator) : null,
        orNone: !p.type.startsWith('RepetitionMandatory'),
      };
    case 'Alternation':
      return { kind: 'choice', parts: (p.definition ?? []).map((d) => shapeOf(d as Production)) };
    default:
      return body();
  }
}

function terminal(token: string): Shape {
  const name = tokenClasses[token];
  if (name !== undefined) return { kind: 'class', name };
  const pattern: TokenSpec['pattern'] | undefined = specOf.get(token)?.pattern;
  return { kind: 'word', text: Array.isArray(pattern) ? pattern[0] : token };
}

/** `x (sep x)*` is one list with separators. */
function sequence(parts: readonly Shape[]): Shape {
  const out: Shape[] = [];
  for (const part of parts) {
    const list = joinedList(out, part);
    if (list) out.splice(out.length - list.taken, list.taken, list.shape);
    else out.push(part);
  }
  return out.length === 1 ? out[0] : { kind: 'sequence', parts: out };
}

function joinedList(
  before: readonly Shape[],
  part: Shape,
): { readonly taken: number; readonly shape: Shape } | undefined {
  if (part.kind !== 'repeat' || part.separator !== null || !part.orNone) return undefined;
  if (part.body.kind !== 'sequence') return undefined;
  const [separator, ...items] = part.body.parts;
  const last = before.slice(before.length - items.length);
  if (separator.kind !== 'word' || items.length === 0 || last.length < items.length) return undefined;
  if (JSON.stringify(last) !== JSON.stringify(items)) return undefined;
  const body: Shape = items.length === 1 ? items[0] : { kind: 'sequence', parts: items };
  return { taken: items.length, shape: { kind: 'repeat', body, separator, orNone: false } };
}
