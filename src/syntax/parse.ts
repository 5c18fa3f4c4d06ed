/**
 * Text in, (tree, diagnostics) out, for every text. Each declaration is parsed
 * by itself; one that fails is parsed again in pieces (`recover.ts`), so one
 * mistake gives one message and costs one statement.
 */

import { limits } from '../limits.ts';
import type { Diagnostic } from './diagnostic.ts';
import { lex, syntaxError } from './lexical.ts';
import { ParseRun } from './parse-run.ts';
import { parseItem } from './recover.ts';
import { splitItems } from './split.ts';
import type { Item, Program } from './tree.ts';

export interface Parsed {
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
}

/** Mistakes that are listed for one file, at most. */
export const maxDiagnostics = limits.diagnostics;

const startOf = (d: Diagnostic): number => (d.place.kind === 'source' ? d.place.span.start : 0);

/**
 * Parses a program. Never throws: the tree holds every declaration that could
 * be understood, with `error` expressions where a part of one could not, and
 * the diagnostics (codes E01xx, in order of position) say what is wrong.
 * @param file the file's name as the user gave it; it goes into every span
 */
export function parse(text: string, file: string): Parsed {
  const lexed = lex(text, file);
  const run = new ParseRun(lexed, file);
  const items: Item[] = [];
  for (const unit of splitItems(lexed.tokens)) {
    const item = parseItem(run, unit);
    if (item) items.push(item);
  }
  if (lexed.tokens.length === 0) run.addLexical(0, text.length);
  const program: Program = {
    file,
    items,
    comments: lexed.comments,
    span: { file, start: 0, end: text.length },
    lineStarts: lexed.lineStarts,
  };
  return { program, diagnostics: limitedDiagnostics(run.diagnostics, file) };
}

/** In order of position, and no more of them than a person would read. */
export function limitedDiagnostics(found: readonly Diagnostic[], file: string): Diagnostic[] {
  const sorted = [...found].sort((a, b) => startOf(a) - startOf(b));
  if (sorted.length <= maxDiagnostics) return sorted;
  const start = startOf(sorted[maxDiagnostics]);
  const rest = sorted.length - maxDiagnostics;
  const message = rest === 1 ? 'one more mistake is not listed' : `${rest} more mistakes are not listed`;
  return [...sorted.slice(0, maxDiagnostics), syntaxError('E0119', { file, start, end: start }, message)];
}
