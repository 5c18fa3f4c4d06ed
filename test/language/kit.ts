/**
 * A kit for tests of the language service. Programs are written with marks in them: `|` is the cursor, `[|` and
 * `|]` enclose ranges, and `[|]` is a pair of brackets with the cursor between them. Beside a bracket the cursor is
 * written `‸`. A workspace is a record of texts by file name.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { memoryHost } from '../../src/io/memory-host.ts';
import { type LanguageService, languageService } from '../../src/language/service.ts';
import type { Position, Range, TextEdit, WorkspaceEdit } from '../../src/language/types.ts';
import { moduleReader } from '../../src/modules.ts';
import { libraryOf } from '../../src/stdlib.ts';

const root = path.resolve(import.meta.dirname, '../..');
const stdlib = path.join(root, 'stdlib');

/** The standard library as it is shipped. */
export const library = libraryOf(
  new Map(
    readdirSync(stdlib)
      .filter((f) => f.endsWith('.energy'))
      .map((f) => [f.slice(0, -'.energy'.length), readFileSync(path.join(stdlib, f), 'utf8')]),
  ),
);

export interface Marked {
  /** The text without its marks. */
  readonly text: string;
  /** Where the cursors are. */
  readonly cursors: readonly Position[];
  readonly ranges: readonly Range[];
}

const positionAt = (text: string, offset: number): Position => {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before[before.length - 1].length };
};

/** Takes the marks out of a text. @throws Error on a range that is not closed */
export function marked(source: string): Marked {
  const cursors: number[] = [];
  const ranges: { start: number; end: number }[] = [];
  const open: number[] = [];
  let text = '';
  for (const part of source.split(/(\[\|\]|\[\||\|\]|\||‸)/)) {
    if (part === '[|]') {
      cursors.push(text.length + 1);
      text += '[]';
    } else if (part === '[|') open.push(text.length);
    else if (part === '|]') {
      const start = open.pop();
      if (start === undefined) throw new Error('`|]` closes no range');
      ranges.push({ start, end: text.length });
    } else if (part === '|' || part === '‸') cursors.push(text.length);
    else text += part;
  }
  if (open.length > 0) throw new Error('a range is not closed');
  ranges.sort((a, b) => a.start - b.start);
  const at = (offset: number): Position => positionAt(text, offset);
  return {
    text,
    cursors: cursors.map(at),
    ranges: ranges.map((r) => ({ start: at(r.start), end: at(r.end) })),
  };
}

export interface Workspace {
  readonly service: LanguageService;
  /** The document that is looked at: the first one. */
  readonly uri: string;
  readonly text: string;
  /** The first cursor of the document. */
  readonly at: Position;
  readonly cursors: readonly Position[];
  readonly ranges: readonly Range[];
  /** The text between two positions. */
  readonly slice: (range: Range) => string;
  readonly uriOf: (file: string) => string;
}

export const FOLDER = 'file:///work/';

/**
 * A workspace with its first file open. Files whose names end in `.energy` are programs, the others data.
 * @param files one text, which is `main.energy`, or texts by name; marks are read in the first
 */
export function workspace(files: string | Readonly<Record<string, string>>): Workspace {
  const all = typeof files === 'string' ? { 'main.energy': files } : files;
  const [[first, source], ...rest] = Object.entries(all);
  const { text, cursors, ranges } = marked(source);
  const stored = { ...Object.fromEntries(rest), [first]: text };
  const uriOf = (file: string): string => `${FOLDER}${file}`;
  const service = languageService({
    reader: () => moduleReader(memoryHost(stored), library),
    data: () => memoryHost(stored),
    libraryUri: (name) => `std:/${name}.energy`,
    programs: async () =>
      Object.keys(stored)
        .filter((f) => f.endsWith('.energy'))
        .map(uriOf),
    text: async (uri) => (stored as Readonly<Record<string, string>>)[uri.slice(FOLDER.length)],
  });
  const uri = uriOf(first);
  service.update(uri, text);
  return {
    service,
    uri,
    text,
    at: cursors[0] ?? { line: 0, character: 0 },
    cursors,
    ranges,
    slice: ({ start, end }) => text.slice(offset(text, start), offset(text, end)),
    uriOf,
  };
}

const offset = (text: string, p: Position): number =>
  text
    .split('\n')
    .slice(0, p.line)
    .reduce((n, l) => n + l.length + 1, 0) + p.character;

/** A text after edits, which do not overlap. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => offset(text, b.range.start) - offset(text, a.range.start));
  return sorted.reduce(
    (t, e) => t.slice(0, offset(text, e.range.start)) + e.newText + t.slice(offset(text, e.range.end)),
    text,
  );
}

/** The document after the edits of a workspace that are about it. */
export const applied = (w: Workspace, edit: WorkspaceEdit): string =>
  edited(w.text, edit.changes[w.uri] ?? []);

/** The completions at the cursor, by their labels. */
export async function labels(files: string | Readonly<Record<string, string>>): Promise<string[]> {
  const w = workspace(files);
  return (await w.service.completion(w.uri, w.at)).map((c) => c.label);
}

/** The text of the card at the cursor; '' where there is none. */
export async function card(files: string | Readonly<Record<string, string>>): Promise<string> {
  const w = workspace(files);
  return (await w.service.hover(w.uri, w.at))?.contents.value ?? '';
}

/** The example program `physics/ising` and others, as they are shipped. */
export const exampleText = (name: string): string =>
  readFileSync(path.join(root, 'examples', `${name}.energy`), 'utf8');
