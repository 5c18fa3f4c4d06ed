/** What can be folded away: declarations, brackets, comments, the list of uses. */
import type { Analysis } from './analysis.ts';
import { positionOf } from './places.ts';
import type { FoldingRange } from './types.ts';

const openers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Ranges of whole lines, in the order of the text; one for each first line. */
export function foldingRanges(a: Analysis): readonly FoldingRange[] {
  const lineOf = (offset: number): number => positionOf(a.source, offset).line;
  const out: FoldingRange[] = [];
  const add = (startLine: number, endLine: number, kind?: FoldingRange['kind']): void => {
    if (endLine > startLine) out.push({ startLine, endLine, ...(kind ? { kind } : {}) });
  };
  const open: { readonly image: string; readonly line: number }[] = [];
  for (const t of a.lexed.tokens) {
    if (openers[t.image]) open.push({ image: t.image, line: lineOf(t.startOffset) });
    else if (open.length > 0 && openers[open.at(-1)!.image] === t.image) {
      // The line of the closing bracket stays in sight.
      add(open.pop()!.line, lineOf(t.startOffset) - 1);
    }
  }
  const comments = a.lexed.comments.filter((c) => !c.trailing).map((c) => lineOf(c.span.start));
  for (let i = 0; i < comments.length; ) {
    let j = i;
    while (comments[j + 1] === comments[j] + 1) j++;
    add(comments[i], comments[j], 'comment');
    i = j + 1;
  }
  const { items } = a.tree;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item.kind === 'use') {
      let j = i;
      while (items[j + 1]?.kind === 'use') j++;
      add(lineOf(item.span.start), lineOf(items[j].span.end), 'imports');
      i = j;
    } else if (item.kind !== 'energy') add(lineOf(item.span.start), lineOf(item.span.end));
  }
  const first = new Map<number, FoldingRange>();
  for (const r of out) {
    const known = first.get(r.startLine);
    if (!known || known.endLine < r.endLine) first.set(r.startLine, r);
  }
  return [...first.values()].sort((x, y) => x.startLine - y.startLine);
}
