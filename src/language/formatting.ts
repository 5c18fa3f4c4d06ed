/** The canonical layout as edits of a document. */
import { hasErrors } from '../syntax/diagnostic.ts';
import { parse } from '../syntax/parse.ts';
import { print } from '../syntax/print.ts';
import type { Analysis } from './analysis.ts';
import { rangeOf } from './places.ts';
import type { TextEdit } from './types.ts';

/** One edit of the lines that change; none where the text does not parse or is as it should be. */
export function formatting(a: Pick<Analysis, 'text' | 'source'>): readonly TextEdit[] {
  const { program, diagnostics } = parse(a.text, a.source.file);
  if (hasErrors(diagnostics)) return [];
  const next = print(program);
  if (next === a.text) return [];
  let start = 0;
  const most = Math.min(next.length, a.text.length);
  while (start < most && next[start] === a.text[start]) start++;
  start = a.text.lastIndexOf('\n', start - 1) + 1;
  let end = 0;
  while (end < most - start && next[next.length - 1 - end] === a.text[a.text.length - 1 - end]) end++;
  return [
    {
      range: rangeOf(a.source, { start, end: a.text.length - end }),
      newText: next.slice(start, next.length - end),
    },
  ];
}
