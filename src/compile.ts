/** The driver's front half: text → tree → checked program. Total: faults come back as diagnostics. */
import { withoutFollowUps } from './check/follow-ups.ts';
import { type CheckedProgram, type CheckOptions, check } from './check/program.ts';
import { type Loaded, loadModules, type ModuleReader } from './modules.ts';
import { type Diagnostic, hasErrors } from './syntax/diagnostic.ts';
import { parse } from './syntax/parse.ts';
import { Source } from './syntax/span.ts';
import type { Program } from './syntax/tree.ts';

export interface Compiled {
  /** The entry program's text. */
  readonly source: Source;
  /** The texts of the files that it uses. */
  readonly used: readonly Source[];
  /** Every text that a diagnostic may point into, by the name in its spans. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly tree: Program;
  /** The trees of the files that it uses, by path. */
  readonly modules: ReadonlyMap<string, Program>;
  readonly program: CheckedProgram;
  readonly diagnostics: readonly Diagnostic[];
  readonly ok: boolean;
}

export interface CompileOptions extends Omit<CheckOptions, 'modules'> {
  /** Further declarations, e.g. a job that the command line describes. */
  readonly extra?: { readonly text: string; readonly file: string };
}

/** The text of an entry program, parsed. */
export interface ParsedEntry {
  readonly tree: Program;
  readonly source: Source;
  readonly diagnostics: readonly Diagnostic[];
}

const alone: Loaded = { modules: new Map(), sources: [], diagnostics: [] };

/** A text by itself: it may not use other files (E0209). */
export function compileText(text: string, file: string, options: CompileOptions = {}): Compiled {
  return compiled(parsed(text, file), alone, options);
}

/** A program with the files that it uses, which `reader` reads; `file` is the name of the entry program. */
export async function compileProgram(
  text: string,
  file: string,
  reader: ModuleReader,
  options: CompileOptions = {},
): Promise<Compiled> {
  const entry = parsed(text, file);
  return compiled(entry, await loadModules(entry.tree, file, reader), options);
}

function parsed(text: string, file: string): ParsedEntry {
  const { program, diagnostics } = parse(text, file);
  return { tree: program, source: new Source(file, text), diagnostics };
}

/** Checks what has been parsed and loaded. */
export function compiled(
  { tree, source, diagnostics: syntax }: ParsedEntry,
  loaded: Loaded,
  options: CompileOptions = {},
): Compiled {
  const { extra, ...checking } = options;
  const more = extra && parsed(extra.text, extra.file);
  const whole = more ? { ...tree, items: [...tree.items, ...more.tree.items] } : tree;
  const { program, diagnostics: semantic } = check(whole, { ...checking, modules: loaded.modules });
  const all = [...loaded.sources, ...(more ? [more.source] : []), source];
  const sources = new Map(all.map((s) => [s.file, s]));
  const textual = [...syntax, ...(more?.diagnostics ?? []), ...loaded.diagnostics];
  const diagnostics = [...textual, ...withoutFollowUps(textual, semantic, (name) => sources.get(name))];
  return {
    source,
    used: loaded.sources,
    sources,
    tree,
    modules: loaded.modules,
    program,
    diagnostics,
    ok: !hasErrors(diagnostics),
  };
}
