/** Offsets of the compiler as lines and columns of editors, and back. */
import type { Source, Span } from '../syntax/span.ts';
import type { Position, Range, TextEdit } from './types.ts';

export function positionOf(source: Source, offset: number): Position {
  const { line, column } = source.positionAt(Math.max(0, Math.min(offset, source.text.length)));
  return { line: line - 1, character: column - 1 };
}

export const rangeOf = (source: Source, span: Pick<Span, 'start' | 'end'>): Range => ({
  start: positionOf(source, span.start),
  end: positionOf(source, span.end),
});

/** The offset of a position; one beyond its line is the line's end, one beyond the text the text's. Total. */
export function offsetOf(text: string, { line, character }: Position): number {
  let start = 0;
  for (let n = 0; n < line; n++) {
    const next = text.indexOf('\n', start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  const most = end < 0 ? text.length : end > start && text[end - 1] === '\r' ? end - 1 : end;
  return Math.min(start + Math.max(0, character || 0), most);
}

const WORD = /[\p{L}\p{N}_\u2080-\u2089]/u;

/** The word around an offset, which may be empty. */
export function wordAt(text: string, offset: number): { readonly start: number; readonly end: number } {
  let start = offset;
  let end = offset;
  while (start > 0 && WORD.test(text[start - 1])) start--;
  while (end < text.length && WORD.test(text[end])) end++;
  return { start, end };
}

/** The folder of a document, with the slash at its end. */
export const folderOfUri = (uri: string): string => uri.slice(0, uri.lastIndexOf('/') + 1);

/**
 * One spelling for the address of a document: editors escape more or fewer of its characters. What cannot be
 * read is left as it is.
 */
export function canonicalUri(uri: string): string {
  const [, scheme, path] = /^([^:/?#]+:(?:\/\/[^/]*)?)(.*)$/.exec(uri) ?? [];
  if (scheme === undefined) return uri;
  try {
    return (
      scheme +
      path
        .split('/')
        .map((part) => encodeURIComponent(decodeURIComponent(part)))
        .join('/')
    );
  } catch {
    return uri;
  }
}

/** The path of a document from a folder (as `use` writes it); null where it is not in it. */
export function pathWithin(folder: string, uri: string): string | null {
  if (!uri.startsWith(folder)) return null;
  try {
    return uri.slice(folder.length).split('/').map(decodeURIComponent).join('/');
  } catch {
    return null;
  }
}

/** A path from a folder as a document. */
export const uriOf = (folder: string, path: string): string =>
  folder + path.split('/').map(encodeURIComponent).join('/');

/** A text after edits, which do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const spans = edits.map((e) => ({ ...e, start: offsetOf(text, e.range.start) }));
  spans.sort((a, b) => b.start - a.start);
  return spans.reduce(
    (t, e) => t.slice(0, e.start) + e.newText + t.slice(Math.max(e.start, offsetOf(text, e.range.end))),
    text,
  );
}
