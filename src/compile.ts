/** The driver's front half: text → tree → checked program. Total: faults come back as diagnostics. */
import { withoutFollowUps } from './check/follow-ups.ts';
import { type CheckedProgram, type CheckOptions, check } from './check/program.ts';
import { type Diagnostic, hasErrors } from './syntax/diagnostic.ts';
import { parse } from './syntax/parse.ts';
import { Source } from './syntax/span.ts';
import type { Program } from './syntax/tree.ts';

export interface Compiled {
  readonly source: Source;
  readonly tree: Program;
  readonly program: CheckedProgram;
  readonly diagnostics: readonly Diagnostic[];
  readonly ok: boolean;
}

export interface CompileOptions extends CheckOptions {
  /** Further declarations, e.g. a job that the command line describes. */
  readonly extra?: { readonly text: string; readonly file: string };
}

export function compileText(text: string, file: string, options: CompileOptions = {}): Compiled {
  const { program: tree, diagnostics: syntax } = parse(text, file);
  const more = options.extra && parse(options.extra.text, options.extra.file);
  const whole = more ? { ...tree, items: [...tree.items, ...more.program.items] } : tree;
  const { program, diagnostics: semantic } = check(whole, options);
  const source = new Source(file, text);
  const extra = options.extra && new Source(options.extra.file, options.extra.text);
  const textual = [...syntax, ...(more?.diagnostics ?? [])];
  const sourceOf = (name: string) => (name === file ? source : extra);
  const diagnostics = [...textual, ...withoutFollowUps(textual, semantic, sourceOf)];
  return { source, tree, program, diagnostics, ok: !hasErrors(diagnostics) };
}
