/** Quick fixes: what a diagnostic suggests, as an edit. */
import type { Diagnostic } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { Analysis } from './analysis.ts';
import { languageDiagnostic } from './diagnostics.ts';
import { itemsOfLibrary, useEdit } from './library.ts';
import { rangeOf } from './places.ts';
import type { CodeAction, TextEdit } from './types.ts';

interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  readonly preferred: boolean;
}

/** Fixes of what is wrong between two offsets, both included. */
export async function codeActions(a: Analysis, start: number, end: number): Promise<readonly CodeAction[]> {
  const out: CodeAction[] = [];
  for (const d of a.checked.compiled.diagnostics) {
    if (d.place.kind !== 'source' || d.place.span.file !== a.source.file) continue;
    const { span } = d.place;
    if (span.start > end || Math.max(span.end, span.start + 1) < start) continue;
    for (const fix of [...suggested(a, d, span), ...(await fromLibrary(a, d, span))])
      out.push({
        title: fix.title,
        kind: 'quickfix',
        isPreferred: fix.preferred,
        diagnostics: [languageDiagnostic(a, d)],
        edit: { changes: { [a.uri]: fix.edits } },
      });
  }
  return out;
}

const isWord = (text: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text);

/** What replaces the marked text, read from the sentences of the diagnostic. */
export function replacement(
  d: Pick<Diagnostic, 'code' | 'message' | 'suggestion'>,
  marked: string,
): string | null {
  const suggestion = d.suggestion ?? '';
  const [, name] = /^did you mean `([^`]+)`\?/.exec(suggestion) ?? [];
  if (name !== undefined) return isWord(marked) ? name : null;
  const [, path] = /^did you mean ("[^"]+")\?$/.exec(suggestion) ?? [];
  if (path !== undefined) return /^"[^"]*"$/.test(marked) ? path : null;
  // Signs and strings that are written otherwise here.
  if (d.code === 'E0101') return /^write `([^`]+)`$/.exec(suggestion)?.[1] ?? null;
  if (d.code === 'E0116') return /^write (0\S+)$/.exec(suggestion)?.[1] ?? null;
  if (d.code !== 'E0114') return null;
  const [, quoted] = /^write ("[^"]*")$/.exec(suggestion) ?? [];
  if (quoted !== undefined) return quoted;
  const [, sign, found] = /is written `([^`]+)`, found `([^`]+)`$/.exec(d.message) ?? [];
  if (sign !== undefined && found === marked) return sign;
  return null;
}

function suggested(a: Analysis, d: Diagnostic, span: Span): readonly Fix[] {
  const marked = a.text.slice(span.start, span.end);
  const edit = (newText: string, at: Pick<Span, 'start' | 'end'> = span): TextEdit => ({
    range: rangeOf(a.source, at),
    newText,
  });
  const out: Fix[] = [];
  const text = replacement(d, marked);
  if (text !== null) {
    const spaced = isWord(text) && !isWord(marked) ? apart(a.text, span, text) : text;
    out.push({ title: `Change to \`${text}\``, edits: [edit(spaced)], preferred: true });
  }
  if (d.code === 'E0114' && (marked === ';' || marked === '#')) {
    const title = marked === ';' ? 'Remove `;`' : 'Change to `//`';
    const each = a.checked.compiled.diagnostics.length > 0 ? allOf(a, marked) : [];
    out.push({ title, edits: each.map((s) => edit(marked === ';' ? '' : '//', s)), preferred: true });
  }
  const [, index] = /declare `index ([^`]+)`/i.exec(d.suggestion ?? '') ?? [];
  if (index !== undefined) {
    const item = a.tree.items.find((i) => i.span.start <= span.start && span.end <= i.span.end);
    const at = item?.span.start ?? 0;
    out.push({
      title: `Declare \`index ${index}\``,
      edits: [edit(`index ${index}\n`, { start: at, end: at })],
      preferred: false,
    });
  }
  return out;
}

/** A word where a sign stood needs spaces around it. */
function apart(text: string, span: Span, word: string): string {
  const before = span.start > 0 && /\S/.test(text[span.start - 1]) ? ' ' : '';
  const after = span.end < text.length && /\S/.test(text[span.end]) ? ' ' : '';
  return `${before}${word}${after}`;
}

/** All places of a mark that the lexer drops; it is told of once a file. */
function allOf(a: Analysis, mark: string): readonly Pick<Span, 'start' | 'end'>[] {
  const out: { start: number; end: number }[] = [];
  const strings = a.lexed.tokens.filter((t) => t.tokenType.name === 'String');
  for (let i = a.text.indexOf(mark); i >= 0; i = a.text.indexOf(mark, i + 1)) {
    const within =
      a.lexed.comments.some((c) => c.span.start <= i && i < c.span.end) ||
      strings.some((t) => t.startOffset <= i && i < t.startOffset + t.image.length);
    const line = a.text.slice(a.text.lastIndexOf('\n', i - 1) + 1, i);
    if (!within && !(mark === '#' && line.includes('#'))) out.push({ start: i, end: i + 1 });
  }
  return out;
}

/** A name that nothing declares may be one of the standard library. */
async function fromLibrary(a: Analysis, d: Diagnostic, span: Span): Promise<readonly Fix[]> {
  if (d.code !== 'E0201' && d.code !== 'E0205') return [];
  const name = a.text.slice(span.start, span.end);
  if (!isWord(name)) return [];
  const items = await itemsOfLibrary(a.reader.library);
  const own = items.filter((i) => i.name === name && i.module !== null);
  const fixes = own.map(
    (i): Fix => ({
      title: `Use \`${name}\` from "${i.module}"`,
      edits: [useEdit(a, name, i.module ?? '')],
      preferred: own.length === 1 && d.suggestion === undefined,
    }),
  );
  if (own.length > 0 || d.suggestion !== undefined) return fixes;
  const near = suggest(
    name,
    items.map((i) => i.name),
  );
  const meant = items.find((i) => i.name === near && i.module !== null);
  if (!meant) return [];
  const change: TextEdit = { range: rangeOf(a.source, span), newText: meant.name };
  return [
    {
      title: `Use \`${meant.name}\` from "${meant.module}"`,
      edits: [useEdit(a, meant.name, meant.module ?? ''), change],
      preferred: false,
    },
  ];
}
