/** One thing that a program may name, with what a reader wants to know of it. */
export type ItemKind =
  | 'declaration'
  | 'statement'
  | 'word'
  | 'operator'
  | 'domain'
  | 'function'
  | 'distribution'
  | 'verb'
  | 'method'
  | 'module'
  | 'library';

export interface ReferenceItem {
  readonly name: string;
  readonly kind: ItemKind;
  /** What may be written, one form each. */
  readonly forms: readonly string[];
  /** Sentences; paragraphs are separated by an empty line. */
  readonly doc: string;
  /** Facts with a name each: formula, defined for, support, options. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  /** A whole program. */
  readonly example: string | null;
  /** An expression and its value: `mod(-1, 5) = 4`. */
  readonly value: string | null;
  /** The module of the standard library that declares it: `std/ising`. */
  readonly module: string | null;
}

/** The kinds in the order of a list, with their titles. */
export const kindTitles: readonly (readonly [kind: ItemKind, title: string])[] = [
  ['declaration', 'declarations'],
  ['statement', 'statements of an energy'],
  ['word', 'words of expressions'],
  ['operator', 'operators'],
  ['domain', 'domains'],
  ['function', 'functions'],
  ['distribution', 'distributions'],
  ['verb', 'verbs of jobs'],
  ['method', 'losses and optimisers'],
  ['module', 'modules of the standard library'],
  ['library', 'standard library'],
];

export const item = (
  kind: ItemKind,
  name: string,
  forms: readonly string[],
  doc: string,
  more: Partial<Pick<ReferenceItem, 'facts' | 'example' | 'value' | 'module'>> = {},
): ReferenceItem => ({
  name,
  kind,
  forms,
  doc,
  facts: [],
  example: null,
  value: null,
  module: null,
  ...more,
});
