/** Edits of the language service on texts that are not in the editor. */
import type { Position, TextEdit } from '../../../src/language/types.ts';

export function editText(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split('\n');
  const offsetOf = ({ line, character }: Position): number =>
    lines.slice(0, line).reduce((n, l) => n + l.length + 1, 0) +
    Math.min(character, lines[line]?.length ?? 0);
  return [...edits]
    .sort((a, b) => offsetOf(b.range.start) - offsetOf(a.range.start))
    .reduce(
      (out, { range, newText }) =>
        out.slice(0, offsetOf(range.start)) + newText + out.slice(offsetOf(range.end)),
      text,
    );
}
