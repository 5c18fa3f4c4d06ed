/**
 * Parsing again after an edit: declarations whose text and documentation are what they were are taken over, with
 * their places moved. The answer is that of `parse`.
 */
import { endOf, type Lexed, lex } from './lexical.ts';
import { limitedDiagnostics, type Parsed } from './parse.ts';
import { ParseRun } from './parse-run.ts';
import { parseItem } from './recover.ts';
import type { Span } from './span.ts';
import { splitItems } from './split.ts';
import type { Item } from './tree.ts';

interface Kept {
  readonly item: Item;
  /** The offset at which it stood. */
  readonly start: number;
}

/** What is remembered between two texts of a file. */
export interface ParseMemory {
  readonly file: string;
  /** Declarations without mistakes, by their documentation and text. */
  items: ReadonlyMap<string, Kept>;
}

export const parseMemory = (file: string): ParseMemory => ({ file, items: new Map() });

/** Parses a text of `memory.file`; what was parsed without mistakes last time is not parsed again. */
export function reparse(text: string, memory: ParseMemory): Parsed & { readonly lexed: Lexed } {
  const { file } = memory;
  const lexed = lex(text, file);
  const run = new ParseRun(lexed, file);
  const items: Item[] = [];
  const kept = new Map<string, Kept>();
  const odd = lexed.diagnostics.map((d) => (d.place.kind === 'source' ? d.place.span.start : 0));
  let nextOdd = 0;
  for (const unit of splitItems(lexed.tokens)) {
    const first = lexed.tokens[unit.from];
    const start = unit.from === 0 ? 0 : first.startOffset;
    const until = lexed.tokens[unit.to]?.startOffset ?? text.length + 1;
    while (nextOdd < odd.length && odd[nextOdd] < start) nextOdd++;
    const flawless = !(nextOdd < odd.length && odd[nextOdd] < until);
    const key = `${run.docAt(first.startOffset)}\0${text.slice(first.startOffset, endOf(lexed.tokens[unit.to - 1]))}`;
    const known = flawless ? memory.items.get(key) : undefined;
    if (known) {
      const item = moved(known.item, first.startOffset - known.start);
      kept.set(key, { item, start: first.startOffset });
      items.push(item);
      // A declaration that is understood ends what was astray before it.
      run.astray = false;
      continue;
    }
    const said = run.diagnostics.length;
    const item = parseItem(run, unit);
    if (!item) continue;
    items.push(item);
    if (flawless && run.diagnostics.length === said) kept.set(key, { item, start: first.startOffset });
  }
  if (lexed.tokens.length === 0) run.addLexical(0, text.length);
  memory.items = kept;
  const program = {
    file,
    items,
    comments: lexed.comments,
    span: { file, start: 0, end: text.length },
    lineStarts: lexed.lineStarts,
  };
  return { program, diagnostics: limitedDiagnostics(run.diagnostics, file), lexed };
}

/** A copy of a part of a tree whose spans lie `by` further on; itself where that is nowhere else. */
function moved<T>(node: T, by: number): T {
  if (by === 0) return node;
  const copy = (x: unknown): unknown => {
    if (typeof x !== 'object' || x === null) return x;
    if (Array.isArray(x)) return x.map(copy);
    if ('file' in x && 'start' in x && 'end' in x) {
      const { file, start, end } = x as Span;
      return { file, start: start + by, end: end + by };
    }
    const out: Record<string, unknown> = {};
    for (const key in x) out[key] = copy((x as Record<string, unknown>)[key]);
    return out;
  };
  return copy(node) as T;
}
