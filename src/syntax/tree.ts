/**
 * The syntax tree: small tagged unions with spans. What the grammar accepts and
 * no more; nothing here knows what a name means.
 */
import type { Span } from './span.ts';

export interface Name {
  readonly text: string;
  readonly span: Span;
}

export interface Comment {
  /** With its marker: `// …` or `/// …`. */
  readonly text: string;
  readonly span: Span;
  /** Whether something other than white space precedes it on its line. */
  readonly trailing: boolean;
}

export interface Program {
  readonly file: string;
  readonly items: readonly Item[];
  /** All `//` and `///` comments in order; the printer puts them back. */
  readonly comments: readonly Comment[];
  readonly span: Span;
  /** Offsets at which the text's lines begin, for the printer to keep blank lines; absent in a tree made by hand. */
  readonly lineStarts?: readonly number[];
}

interface ItemBase {
  readonly span: Span;
  /** The text of the `///` lines directly above, markers removed; '' if none. */
  readonly doc: string;
}

export type Item =
  | UseItem
  | ConstItem
  | IndexItem
  | SetItem
  | EnumItem
  | TypeItem
  | DataItem
  | ParamItem
  | FnItem
  | EnergyItem
  | RunItem;

export interface UseItem extends ItemBase {
  readonly kind: 'use';
  readonly names: readonly { readonly name: Name; readonly as: Name | null }[];
  readonly from: string;
  readonly fromSpan: Span;
  readonly frozen: boolean;
}
/** `const n : int = 32` (the type is optional). */
export interface ConstItem extends ItemBase {
  readonly kind: 'const';
  readonly name: Name;
  readonly type: DomainExpr | null;
  readonly value: Expr;
}
/** `index site = grid(32, 32)`; `value` is null for a bare one. */
export interface IndexItem extends ItemBase {
  readonly kind: 'index';
  readonly name: Name;
  readonly value: Expr | null;
}
export interface SetItem extends ItemBase {
  readonly kind: 'set';
  readonly name: Name;
  readonly value: Expr;
}
export interface EnumItem extends ItemBase {
  readonly kind: 'enum';
  readonly name: Name;
  readonly members: readonly Name[];
}
export interface TypeItem extends ItemBase {
  readonly kind: 'type';
  readonly name: Name;
  readonly fields: readonly { readonly name: Name; readonly domain: DomainExpr }[];
}
export interface DataItem extends ItemBase {
  readonly kind: 'data';
  readonly name: Name;
  readonly domain: DomainExpr;
  readonly from: string | null;
  readonly fromSpan: Span | null;
  readonly oneBased: boolean;
}
/** `param J : real[bond] = init`, `param J : real[bond] ~ prior`, `param net = mlp(…)`. */
export interface ParamItem extends ItemBase {
  readonly kind: 'param';
  readonly name: Name;
  readonly domain: DomainExpr | null;
  readonly init: Expr | null;
  readonly prior: Expr | null;
}
export interface Parameter {
  readonly name: Name;
  readonly domain: DomainExpr;
  readonly span: Span;
}
export interface FnItem extends ItemBase {
  readonly kind: 'fn';
  readonly name: Name;
  readonly params: readonly Parameter[];
  readonly result: DomainExpr | null;
  /** Statements of a block (lets and params); empty for `= expr`. */
  readonly body: readonly Statement[];
  readonly value: Expr;
}
/** `energy E(x : D, …) { … }`; or `energy J = A * B ^ 0.7`, where `algebra` is set and the rest empty. */
export interface EnergyItem extends ItemBase {
  readonly kind: 'energy';
  readonly name: Name;
  readonly params: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly algebra: Expr | null;
}
export interface RunItem extends ItemBase {
  readonly kind: 'run';
  readonly name: Name;
  readonly value: Expr;
}

/** `p in S`, or `(p, q) in bond`. */
export interface Binder {
  readonly names: readonly Name[];
  readonly set: Expr;
  readonly span: Span;
}
/** `for i in S, (p, q) in T where cond`. */
export interface Generator {
  readonly binders: readonly Binder[];
  readonly where: Expr | null;
  readonly span: Span;
}

export type Statement =
  | {
      readonly kind: 'term';
      readonly name: Name;
      readonly value: Expr;
      readonly span: Span;
      readonly doc: string;
    }
  | {
      readonly kind: 'let';
      readonly name: Name;
      readonly value: Expr;
      readonly span: Span;
      readonly doc: string;
    }
  /** `x ~ normal(mu, sigma) [for …]` */
  | {
      readonly kind: 'sample';
      readonly target: Expr;
      readonly dist: Expr;
      readonly generator: Generator | null;
      readonly span: Span;
      readonly doc: string;
    }
  | {
      readonly kind: 'require';
      readonly condition: Expr;
      readonly generator: Generator | null;
      readonly span: Span;
      readonly doc: string;
    }
  /** `report name = expr`, or `report name` (value is then that name). */
  | {
      readonly kind: 'report';
      readonly name: Name;
      readonly value: Expr;
      readonly span: Span;
      readonly doc: string;
    }
  /** Parameters that a function owns. */
  | { readonly kind: 'param'; readonly item: ParamItem; readonly span: Span; readonly doc: string };

/** `real(0, inf)[site, 3]`, `Row[person]`, `category(5) on graph`. */
export interface DomainExpr {
  readonly name: Name;
  readonly args: readonly Arg[] | null;
  readonly on: Expr | null;
  readonly dims: readonly Expr[];
  readonly span: Span;
}

export interface Arg {
  /** `wrap = true`; null when positional. */
  readonly name: Name | null;
  readonly value: Expr;
  readonly span: Span;
}

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '^'
  | '@'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'
  | '..';

/** One entry of `{ x[left] = photo[left], d[r, c] = clue[r, c] for r in row where … }`. */
export interface Entry {
  readonly target: Expr;
  readonly value: Expr;
  readonly generator: Generator | null;
  readonly span: Span;
}

export type IndexArg =
  | { readonly kind: 'at'; readonly value: Expr }
  /** `a:b`, either side may be missing; `:` alone is the whole axis. */
  | { readonly kind: 'slice'; readonly from: Expr | null; readonly to: Expr | null; readonly span: Span };

export type Expr =
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'field'; readonly target: Expr; readonly field: Name; readonly span: Span }
  | {
      readonly kind: 'index';
      readonly target: Expr;
      readonly indices: readonly IndexArg[];
      readonly span: Span;
    }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Arg[]; readonly span: Span }
  | { readonly kind: 'unary'; readonly op: '-' | 'not'; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOp;
      readonly left: Expr;
      readonly right: Expr;
      readonly span: Span;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
      readonly span: Span;
    }
  /** `body for i in S where c`: the sole argument of a reduction, e.g. `sum(body for …)`. */
  | { readonly kind: 'for'; readonly body: Expr; readonly generator: Generator; readonly span: Span }
  /** `[a, b]` */
  | { readonly kind: 'vector'; readonly items: readonly Expr[]; readonly span: Span }
  /** `[expr for i in S]` */
  | { readonly kind: 'array'; readonly body: Expr; readonly generator: Generator; readonly span: Span }
  /** `{ p for p in pixel where … }` */
  | { readonly kind: 'set'; readonly body: Expr; readonly generator: Generator; readonly span: Span }
  /** `(p, q)`, an element of a set of tuples */
  | { readonly kind: 'tuple'; readonly items: readonly Expr[]; readonly span: Span }
  /** `{ x[left] = …, y = … }`: conditioning */
  | { readonly kind: 'record'; readonly entries: readonly Entry[]; readonly span: Span }
  /** `scan(t in day, prev = x0) = expr` */
  | {
      readonly kind: 'scan';
      readonly binder: Binder;
      readonly state: Name;
      readonly init: Expr;
      readonly body: Expr;
      readonly span: Span;
    }
  /** Where the parser re-synchronised; the checker says nothing more about it. */
  | { readonly kind: 'error'; readonly span: Span };
