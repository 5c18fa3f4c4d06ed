/** Reading chevrotain's concrete trees: children by name, spans, names. */
import type { CstNode, IToken } from 'chevrotain';
import type { Diagnostic } from './diagnostic.ts';
import { endOf, spanOf } from './lexical.ts';
import type { Span } from './span.ts';
import type { Name } from './tree.ts';

/** What a builder needs besides the tree it reads. */
export interface Building {
  readonly file: string;
  readonly report: (d: Diagnostic) => void;
  /** How deep in the tree the expression being built is. */
  depth: number;
}

export const nodes = (n: CstNode, key: string): readonly CstNode[] => (n.children[key] ?? []) as CstNode[];
export const node = (n: CstNode, key: string): CstNode | undefined => nodes(n, key)[0];
export const theNode = (n: CstNode, key: string): CstNode => nodes(n, key)[0];

export const toks = (n: CstNode, key: string): readonly IToken[] => (n.children[key] ?? []) as IToken[];
export const tok = (n: CstNode, key: string): IToken | undefined => toks(n, key)[0];
export const theTok = (n: CstNode, key: string): IToken => toks(n, key)[0];

export function spanOfNode(b: Building, n: CstNode): Span {
  const location = n.location;
  const start = location?.startOffset ?? 0;
  return { file: b.file, start, end: (location?.endOffset ?? start - 1) + 1 };
}

export const nameOf = (b: Building, token: IToken): Name => ({
  text: token.image,
  span: spanOf(b.file, token),
});

export const between = (b: Building, first: IToken, last: IToken): Span => ({
  file: b.file,
  start: first.startOffset,
  end: endOf(last),
});
