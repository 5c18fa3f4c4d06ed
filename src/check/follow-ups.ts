/** Which faults of meaning are only the consequence of faults of syntax: one mistake gives one message. */
import { type Diagnostic, hasErrors } from '../syntax/diagnostic.ts';
import type { Source } from '../syntax/span.ts';

/**
 * What remains of the checker's diagnostics beside those of the parser. Where the text was not understood,
 * names that a misunderstood line mentions may have been meant to be declared there, and whether something
 * is unused or constant cannot be said.
 * @param sourceOf the text of a file
 */
export function withoutFollowUps(
  syntax: readonly Diagnostic[],
  semantic: readonly Diagnostic[],
  sourceOf: (file: string) => Source | undefined,
): readonly Diagnostic[] {
  if (!hasErrors(syntax)) return semantic;
  const mentioned = new Set<string>();
  const lines = new Set<string>();
  for (const d of syntax) {
    if (d.place.kind !== 'source') continue;
    const { file, start } = d.place.span;
    const source = sourceOf(file);
    if (!source) continue;
    const { line } = source.positionAt(start);
    lines.add(`${file}:${line}`);
    for (const word of source.line(line).match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) mentioned.add(word);
  }
  return semantic.filter((d) => {
    if (d.severity !== 'error') return false;
    if (d.place.kind !== 'source') return true;
    const { file, start, end } = d.place.span;
    const source = sourceOf(file);
    if (!source) return true;
    // What is said of a line that was not understood can wait until it is.
    if (lines.has(`${file}:${source.positionAt(start).line}`)) return false;
    const name = source.text.slice(start, end);
    return !((d.code === 'E0201' || d.code === 'E0205') && mentioned.has(name));
  });
}
