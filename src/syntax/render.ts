/** Diagnostics as text for a terminal: where, what, why, and what to do. */
import type { Diagnostic, Note, Place, Severity } from './diagnostic.ts';
import type { Source, Span } from './span.ts';

/** Columns of a source line that are shown, at most. */
export const windowWidth = 100;
const tabWidth = 4;

export interface RenderOptions {
  /** Whether to use ANSI colours. */
  readonly color: boolean;
}

type Style = 'error' | 'warning' | 'info' | 'bold' | 'frame' | 'help';
const codes: Readonly<Record<Style, string>> = {
  error: '1;31',
  warning: '1;33',
  info: '1;36',
  bold: '1',
  frame: '34',
  help: '1;32',
};

/**
 * One diagnostic: `error[E0203]: message`, the place, the line with the fault
 * underlined, notes with their places, and `help:` with the suggestion. Ends without a line break.
 * @param sourceOf the text of a file by the name in its spans; places in unknown files are left out
 */
export function render(
  diagnostic: Diagnostic,
  sourceOf: (file: string) => Source | undefined,
  options: RenderOptions,
): string {
  const paint = (style: Style, text: string): string =>
    options.color && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  const { severity, code, place, message, notes = [], suggestion } = diagnostic;
  const head = `${paint(severity, `${severity}[${code}]`)}${paint('bold', `: ${visible(message)}`)}`;
  const lines = [head, ...renderPlace(place, severity, sourceOf, paint)];
  for (const note of notes) lines.push(...renderNote(note, sourceOf, paint));
  if (suggestion !== undefined) lines.push(`${paint('help', 'help:')} ${visible(suggestion)}`);
  return lines.join('\n');
}

/** Several diagnostics, a blank line between them. */
export const renderAll = (
  diagnostics: readonly Diagnostic[],
  sourceOf: (file: string) => Source | undefined,
  options: RenderOptions,
): string => diagnostics.map((d) => render(d, sourceOf, options)).join('\n\n');

type Paint = (style: Style, text: string) => string;

function renderNote(note: Note, sourceOf: (file: string) => Source | undefined, paint: Paint): string[] {
  const head = `${paint('info', 'note:')} ${visible(note.message)}`;
  return note.place ? [head, ...renderPlace(note.place, 'info', sourceOf, paint)] : [head];
}

function renderPlace(
  place: Place,
  severity: Severity,
  sourceOf: (file: string) => Source | undefined,
  paint: Paint,
): string[] {
  const arrow = paint('frame', ' -->');
  if (place.kind === 'data') {
    const row = place.row === undefined ? '' : `, row ${place.row}`;
    const column = place.column === undefined ? '' : `, column "${visible(place.column)}"`;
    return [`${arrow} ${visible(place.file)}${row}${column}`];
  }
  const source = sourceOf(place.span.file);
  if (!source) return [`${arrow} ${visible(place.span.file)}`];
  const { line, column } = source.positionAt(place.span.start);
  const excerpt = underlined(source, place.span);
  const number = String(line);
  const gutter = ' '.repeat(number.length);
  return [
    `${arrow} ${visible(place.span.file)}:${line}:${column}`,
    paint('frame', `${gutter} |`),
    `${paint('frame', `${number} |`)} ${excerpt.text}`.trimEnd(),
    `${paint('frame', `${gutter} |`)} ${excerpt.before}${paint(severity, excerpt.marks)}`,
  ];
}

interface Excerpt {
  readonly text: string;
  /** White space as wide as what precedes the marks. */
  readonly before: string;
  readonly marks: string;
}

/** The span's first line, or a window of it, and carets below the span. */
function underlined(source: Source, span: Span): Excerpt {
  const { line, column } = source.positionAt(span.start);
  const full = source.line(line);
  const start = Math.min(column - 1, full.length);
  const end = Math.min(start + Math.max(1, span.end - span.start), Math.max(full.length, start + 1));
  const room = windowWidth - 2;
  let from = 0;
  let to = full.length;
  if (full.length > windowWidth) {
    const shownEnd = Math.min(end, start + room);
    from = Math.max(0, Math.min(Math.floor((start + shownEnd - room) / 2), full.length - room));
    to = Math.min(full.length, from + room);
  }
  const headMark = from > 0 ? '…' : '';
  const tailMark = to < full.length ? '…' : '';
  return {
    text: `${headMark}${widened(full.slice(from, to))}${tailMark}`,
    before: ' '.repeat(headMark.length + widened(full.slice(from, start)).length),
    marks: '^'.repeat(Math.max(1, widened(full.slice(start, Math.min(end, to))).length)),
  };
}

/** Tabs as spaces and control characters as one visible character each, so that carets stand where they should. */
const widened = (text: string): string => visible(text.replaceAll('\t', ' '.repeat(tabWidth)));

function visible(text: string): string {
  let out = '';
  for (const unit of text) {
    const code = unit.codePointAt(0) as number;
    out += (code < 0x20 && unit !== '\n') || (code >= 0x7f && code < 0xa0) ? '\ufffd' : unit;
  }
  return out;
}
