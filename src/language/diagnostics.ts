/** What is wrong in a document, at its places. */
import type { Diagnostic, Place, Severity } from '../syntax/diagnostic.ts';
import type { Analysis } from './analysis.ts';
import { rangeOf } from './places.ts';
import type { DiagnosticSeverity, LanguageDiagnostic, Location, Range } from './types.ts';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = { error: 1, warning: 2, info: 3 };

/** Parameters and data that nothing uses: shown faded. */
const superfluous: ReadonlySet<string> = new Set(['W0403', 'W0404']);

/**
 * Everything that the parser and the checker say. What is wrong in a file that is used is told where it is
 * used, with the place itself beside it.
 */
export function diagnosticsOf(a: Analysis): readonly LanguageDiagnostic[] {
  const told = known.get(a) ?? a.checked.compiled.diagnostics.map((d) => languageDiagnostic(a, d));
  known.set(a, told);
  return told;
}

/** The same list for the same analysis, so that a server sees what is new. */
const known = new WeakMap<Analysis, readonly LanguageDiagnostic[]>();

export function languageDiagnostic(a: Analysis, d: Diagnostic): LanguageDiagnostic {
  const own = d.place.kind === 'source' && d.place.span.file === a.source.file;
  const elsewhere = own ? undefined : locate(a, d.place);
  const related: { location: Location; message: string }[] = [];
  const told: string[] = [d.message];
  if (elsewhere) related.push({ location: elsewhere, message: d.message });
  for (const note of d.notes ?? []) {
    const location = note.place && locate(a, note.place);
    if (location) related.push({ location, message: note.message });
    else told.push(`note: ${note.message}`);
  }
  if (d.suggestion !== undefined) told.push(`help: ${d.suggestion}`);
  const file = d.place.kind === 'source' ? d.place.span.file : d.place.file;
  return {
    range: rangeOfPlace(a, d.place),
    severity: severities[d.severity],
    code: d.code,
    source: 'energy',
    message: `${own ? '' : `in ${file}: `}${told.join('\n')}`,
    relatedInformation: related,
    tags: superfluous.has(d.code) ? [1] : [],
  };
}

const locate = (a: Analysis, place: Place): Location | undefined =>
  place.kind === 'source' ? a.locate(place.span) : undefined;

function rangeOfPlace(a: Analysis, place: Place): Range {
  if (place.kind === 'source' && place.span.file === a.source.file) {
    const { start, end } = place.span;
    // What points between two characters marks the next one, or the last of the text.
    if (end > start) return rangeOf(a.source, { start, end });
    return start < a.text.length && a.text[start] !== '\n'
      ? rangeOf(a.source, { start, end: start + 1 })
      : rangeOf(a.source, { start: Math.max(0, start - 1), end: start });
  }
  const uses = a.tree.items.filter((i) => i.kind === 'use');
  const file = place.kind === 'source' ? place.span.file : place.file;
  const near = uses.find((u) => u.from === file || u.from.endsWith(`/${file}`)) ?? uses[0];
  return rangeOf(a.source, near ? near.fromSpan : { start: 0, end: 0 });
}
