/** One document with everything that is known of it: text, tree, names, the checker's answers. */

import type { Value } from '../check/values.ts';
import { type Compiled, compiled, type ParsedEntry } from '../compile.ts';
import { type Loaded, loadModules, type ModuleReader } from '../modules.ts';
import type { Lexed } from '../syntax/lexical.ts';
import { entryPath, isStd, resolveUse } from '../syntax/module-path.ts';
import { type Parsed, parse } from '../syntax/parse.ts';
import { type ParseMemory, parseMemory, reparse } from '../syntax/reparse.ts';
import { Source, type Span } from '../syntax/span.ts';
import type { Expr, Program } from '../syntax/tree.ts';
import type { Occurrence } from './builtins.ts';
import { occurrencesOf } from './occurrences.ts';
import { folderOfUri, rangeOf, uriOf } from './places.ts';
import { type Declarations, declarationsOf, type Sym } from './symbols.ts';
import type { Location } from './types.ts';

/** A file of a program as names. */
export interface FileNames {
  /** As `use` finds it from the folder of the document that was opened. */
  readonly path: string;
  readonly uri: string;
  readonly source: Source;
  readonly tree: Program;
  readonly declared: Declarations;
  readonly occurrences: readonly Occurrence[];
}

export interface Analysis {
  readonly uri: string;
  readonly text: string;
  readonly source: Source;
  readonly lexed: Lexed;
  readonly tree: Program;
  /** The texts of the program's files, by the names in spans. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly declared: Declarations;
  readonly occurrences: readonly Occurrence[];
  /** What the checker says, which is asked when this is first read: names do not need it. */
  readonly checked: Checked;
  /** The declaration that an import stands for. */
  readonly follow: (symbol: Sym) => Sym | undefined;
  /** This file and those that it uses, directly or through others. */
  readonly files: () => readonly FileNames[];
  /** Where a span is; undefined for files that are nowhere, such as the text of a job that was added. */
  readonly locate: (span: Span) => Location | undefined;
  readonly reader: ModuleReader;
}

export interface Checked {
  readonly compiled: Compiled;
  /** What expressions of the program are. */
  readonly values: ReadonlyMap<Expr, Value>;
}

/** What analyses of one program after another have in common. */
export interface Memory {
  readonly entry: ParseMemory;
  /** Reads a file that is used. */
  readonly parseModule: (text: string, file: string) => Parsed;
}

/** Files that are used, parsed once as long as they stay what they are; of several programs. */
export function parsedModules(most = 256): Memory['parseModule'] {
  const known = new Map<string, { readonly text: string; readonly parsed: Parsed }>();
  return (text, file) => {
    const found = known.get(file);
    const parsed = found?.text === text ? found.parsed : parse(text, file);
    // What was used last is dropped last.
    known.delete(file);
    known.set(file, { text, parsed });
    for (const [oldest] of known) {
      if (known.size <= most) break;
      known.delete(oldest);
    }
    return parsed;
  };
}

export const memoryOf = (uri: string, parseModule: Memory['parseModule']): Memory => ({
  entry: parseMemory(fileNameOf(uri)),
  parseModule,
});

/**
 * @param memory what earlier analyses of the document left; it is changed
 * @param libraryUri where a module of the standard library can be looked at
 */
export async function analyse(
  uri: string,
  text: string,
  reader: ModuleReader,
  memory: Memory,
  libraryUri: (name: string) => string | undefined,
): Promise<Analysis> {
  const { program: tree, diagnostics, lexed } = reparse(text, memory.entry);
  const entry: ParsedEntry = { tree, source: new Source(tree.file, text), diagnostics };
  const loaded = await loadModules(tree, tree.file, reader, memory.parseModule);
  return analysisOf(uri, entry, loaded, lexed, reader, libraryUri);
}

/** A text by itself, without the files that it uses: as much as an edit needs to be judged. */
export function namesOfText(text: string, file: string): Pick<FileNames, 'declared' | 'occurrences'> {
  const { program } = parse(text, file);
  const declared = declarationsOf(program);
  return { declared, occurrences: occurrencesOf(program, declared, () => undefined) };
}

/** What spans call a document: the last part of its address. */
export function fileNameOf(uri: string): string {
  const last = entryPath(uri);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function analysisOf(
  uri: string,
  parsed: ParsedEntry,
  loaded: Loaded,
  lexed: Lexed,
  reader: ModuleReader,
  libraryUri: (name: string) => string | undefined,
): Analysis {
  const folder = folderOfUri(uri);
  const { source, tree } = parsed;
  const sources = new Map([...loaded.sources, source].map((s) => [s.file, s]));
  const entry = entryPath(source.file);
  const trees = new Map<string, Program>([[entry, tree], ...loaded.modules]);
  const pathOf = new Map([...trees].map(([path, t]) => [t.file, path]));
  const declarations = new Map<string, Declarations>();
  const declaredIn = (path: string): Declarations | undefined => {
    const known = declarations.get(path);
    const found = trees.get(path);
    if (known || !found) return known;
    const made = declarationsOf(found);
    declarations.set(path, made);
    return made;
  };
  const follow = (symbol: Sym): Sym | undefined => {
    if (symbol.kind !== 'import' || !symbol.from) return symbol;
    const here = pathOf.get(symbol.span.file);
    const to = here === undefined ? undefined : resolveUse(here, symbol.from.written);
    if (!to || to.kind === 'refused') return undefined;
    const meant = declaredIn(to.path)?.file.own(symbol.from.name.text);
    return meant?.kind === 'import' ? undefined : meant;
  };
  const documentOf = (path: string): string | undefined =>
    path === entry ? uri : isStd(path) ? libraryUri(path.slice('std/'.length)) : uriOf(folder, path);
  const declared = declaredIn(entry)!;
  const occurrences = occurrencesOf(tree, declared, follow);
  let files: readonly FileNames[] | undefined;
  let checked: Checked | undefined;
  const check = (): Checked => {
    const values = new Map<Expr, Value>();
    return { compiled: compiled(parsed, loaded, { observe: (e, v) => values.set(e, v) }), values };
  };
  return {
    uri,
    text: source.text,
    source,
    lexed,
    tree,
    sources,
    declared,
    occurrences,
    get checked() {
      checked ??= check();
      return checked;
    },
    follow,
    files: () => {
      files ??= [...trees].flatMap(([path, t]): FileNames[] => {
        const at = documentOf(path);
        const text = sources.get(t.file);
        const own = declaredIn(path)!;
        if (at === undefined || !text) return [];
        const found = path === entry ? occurrences : occurrencesOf(t, own, follow);
        return [{ path, uri: at, source: text, tree: t, declared: own, occurrences: found }];
      });
      return files;
    },
    locate: (span) => {
      const path = pathOf.get(span.file);
      const at = path === undefined ? undefined : documentOf(path);
      const text = sources.get(span.file);
      return at === undefined || !text ? undefined : { uri: at, range: rangeOf(text, span) };
    },
    reader,
  };
}

/** The name at an offset: the one that it is in or just behind. */
export function occurrenceAt(a: Pick<Analysis, 'occurrences'>, offset: number): Occurrence | undefined {
  const within = a.occurrences.filter((o) => o.span.start <= offset && offset <= o.span.end);
  return within.find((o) => offset < o.span.end) ?? within.at(-1);
}

/** The declaration that an occurrence means, imports followed; the import itself where its file is not there. */
export function meantBy(a: Pick<Analysis, 'follow'>, o: Occurrence): Sym | undefined {
  if (o.target.kind !== 'symbol') return undefined;
  const { symbol } = o.target;
  return symbol.kind === 'import' ? (a.follow(symbol) ?? symbol) : symbol;
}

export const sameSpan = (a: Span, b: Span): boolean =>
  a.file === b.file && a.start === b.start && a.end === b.end;
