/** Diagnostics as the page needs them: lines and columns instead of offsets. */
import type { Diagnostic, Place } from '../../../src/syntax/diagnostic.ts';
import type { Source } from '../../../src/syntax/span.ts';
import type { Problem, ProblemPlace } from '../protocol.ts';

/**
 * @param sources the texts that spans may point into, by file name
 * @param used those of them that are not in the editor
 */
export function problemsOf(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  used: readonly Source[] = [],
): readonly Problem[] {
  const place = (p: Place): ProblemPlace => {
    if (p.kind === 'data') return p;
    const source = sources.find((s) => s.file === p.span.file);
    if (!source) return { kind: 'data', file: p.span.file };
    const start = source.positionAt(p.span.start);
    if (used.includes(source)) return { kind: 'data', file: `${source.file}:${start.line}:${start.column}` };
    const end = source.positionAt(Math.max(p.span.end, p.span.start + 1));
    return {
      kind: 'source',
      file: p.span.file,
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
    };
  };
  return diagnostics.map((d) => ({
    severity: d.severity,
    code: d.code,
    message: d.message,
    suggestion: d.suggestion,
    place: place(d.place),
    notes: (d.notes ?? []).map((n) => ({ message: n.message, place: n.place && place(n.place) })),
  }));
}
