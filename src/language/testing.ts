/**
 * A kit for tests of the language service, and of programs that stand on it. Programs are written with marks in
 * them: `|` is the cursor, `[|` and `|]` enclose ranges, and `[|]` is a pair of brackets with the cursor between
 * them. Beside a bracket the cursor is written `‸`. A workspace is a record of texts by file name. Texts that have
 * such signs of their own are given as they are, with an offset: `unmarked`.
 */
import { memoryHost } from '../io/memory-host.ts';
import { moduleReader } from '../modules.ts';
import type { StandardLibrary } from '../stdlib.ts';
import { Source } from '../syntax/span.ts';
import { applyEdits, offsetOf, positionOf } from './places.ts';
import { type LanguageService, languageService } from './service.ts';
import type { Position, Range, WorkspaceEdit } from './types.ts';

/** A text with places in it. */
export interface Marked {
  /** The text without its marks. */
  readonly text: string;
  /** Where the cursors are. */
  readonly cursors: readonly Position[];
  readonly ranges: readonly Range[];
}

/** A text as it stands, whatever signs are in it, with a cursor at each of the offsets. */
export function unmarked(text: string, ...offsets: readonly number[]): Marked {
  const source = new Source('', text);
  return { text, cursors: offsets.map((o) => positionOf(source, o)), ranges: [] };
}

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
  const whole = new Source('', text);
  return {
    text,
    cursors: cursors.map((o) => positionOf(whole, o)),
    ranges: ranges.map((r) => ({ start: positionOf(whole, r.start), end: positionOf(whole, r.end) })),
  };
}

export interface Workspace {
  readonly service: LanguageService;
  /** The document that is looked at: the first one. */
  readonly uri: string;
  readonly text: string;
  /** The first cursor of the document; its beginning where there is none. */
  readonly at: Position;
  readonly cursors: readonly Position[];
  readonly ranges: readonly Range[];
  /** The text between two positions. */
  readonly slice: (range: Range) => string;
  readonly uriOf: (file: string) => string;
}

/** One text, which is `main.energy`, or texts by name; marks are read in the first. */
export type Files = string | Marked | Readonly<Record<string, string>>;

const isMarked = (files: Files): files is Marked => typeof files === 'object' && Array.isArray(files.cursors);

export const FOLDER = 'file:///work/';

/**
 * A workspace with its first file open. Files whose names end in `.energy` are programs, the others data.
 * @throws Error on marks that do not match
 */
export function workspace(files: Files, library: StandardLibrary): Workspace {
  const all = typeof files === 'string' || isMarked(files) ? { 'main.energy': files } : files;
  const [[first, source], ...rest] = Object.entries(all);
  const { text, cursors, ranges } = typeof source === 'string' ? marked(source) : (source as Marked);
  const stored: Readonly<Record<string, string>> = {
    ...(Object.fromEntries(rest) as Record<string, string>),
    [first]: text,
  };
  const uriOf = (file: string): string => `${FOLDER}${file}`;
  const service = languageService({
    reader: () => moduleReader(memoryHost(stored), library),
    data: () => memoryHost(stored),
    libraryUri: (name) => `std:/${name}.energy`,
    programs: async () =>
      Object.keys(stored)
        .filter((f) => f.endsWith('.energy'))
        .map(uriOf),
    text: async (uri) => stored[uri.slice(FOLDER.length)],
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
    slice: ({ start, end }) => text.slice(offsetOf(text, start), offsetOf(text, end)),
    uriOf,
  };
}

export const edited = applyEdits;

/** The document after the edits of a workspace that are about it. */
export const applied = (w: Workspace, edit: WorkspaceEdit): string =>
  edited(w.text, edit.changes[w.uri] ?? []);
