/** What a name may stand for: a declaration, or something of the language. */
import { domainNames } from '../../grammar/tokens.ts';
import { builtinNames } from '../check/calls.ts';
import { distributions } from '../check/distributions.ts';
import type { OptionSpec } from '../options.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr } from '../syntax/tree.ts';
import type { Sym } from './symbols.ts';

/** Something of the language itself. */
export type BuiltinKind =
  | 'function'
  | 'distribution'
  | 'domain'
  | 'verb'
  | 'method'
  | 'option'
  | 'value'
  | 'constant'
  | 'coordinate'
  | 'side'
  | 'log_density';

export type Target =
  | { readonly kind: 'symbol'; readonly symbol: Sym }
  | {
      readonly kind: 'builtin';
      readonly what: BuiltinKind;
      readonly option?: OptionSpec;
      /** Of an option: the verb, loss or optimiser. */
      readonly owner?: string;
    }
  | { readonly kind: 'unknown' };

export interface Occurrence {
  readonly name: string;
  readonly span: Span;
  readonly target: Target;
  readonly declares: boolean;
  /** The expression that it is, for what the checker says of it. */
  readonly expr?: Expr;
}

/** Words that build index sets and networks: calls that are no functions of values. */
const builders = new Set(['grid', 'line', 'ring', 'mlp', 'scan']);
const constants = new Set(['pi', 'inf']);
export const activations = new Set(['silu', 'relu', 'tanh', 'softplus', 'sigmoid']);
export const domains: ReadonlySet<string> = new Set([...domainNames, 'set']);

export const builtin = (what: BuiltinKind, option?: OptionSpec, owner?: string): Target => ({
  kind: 'builtin',
  what,
  ...(option ? { option } : {}),
  ...(owner === undefined ? {} : { owner }),
});
export const meaning = (symbol: Sym | undefined): Target =>
  symbol ? { kind: 'symbol', symbol } : { kind: 'unknown' };

/** What a name of the language is in an expression. */
export function builtinOf(name: string): Target {
  if (distributions.has(name)) return builtin('distribution');
  if (builtinNames.includes(name) || builders.has(name)) return builtin('function');
  if (constants.has(name)) return builtin('constant');
  return { kind: 'unknown' };
}

export const callable = (s: Sym | undefined): boolean =>
  s !== undefined && ['fn', 'energy', 'param', 'import'].includes(s.kind);
