/** What may stand where the cursor is: the answer to `energy __complete`. */
import type { Argument, Option } from 'commander';
import type { EnergyCommand, Source, Word } from '../command.ts';
import { pathsFrom, runsFrom } from './files.ts';
import { commandsOf, isRepeatable, type Line, nameOf, optionsOf, readLine } from './line.ts';
import { givenWords, namesOf, pairWords } from './names.ts';

/** What else the shell is to offer by its own means. */
export type Paths =
  | { readonly kind: 'none' }
  /** Folders, and files with these extensions; none: all files. */
  | { readonly kind: 'files'; readonly extensions: readonly string[] }
  | { readonly kind: 'folders' };

export interface Completion {
  readonly words: readonly Word[];
  readonly paths: Paths;
}

const NO_PATHS: Paths = { kind: 'none' };
const nothing: Completion = { words: [], paths: NO_PATHS };
/** Programs and UAI models. */
const PROGRAMS: Source = { kind: 'files', extensions: ['energy', 'uai'] };

/**
 * What the last word may become.
 * @param typed the words after `energy`, up to the cursor
 */
export async function complete(
  program: EnergyCommand,
  typed: readonly string[],
  cwd: string,
): Promise<Completion> {
  const line = readLine(program, typed);
  const { at, command } = line;
  switch (at.kind) {
    case 'command':
      return only(
        at.typed,
        commandsOf(program).map((c) => ({ value: c.name(), doc: c.description() })),
      );
    case 'flag':
      return only(at.typed, flagsLeft(line));
    case 'value': {
      const source = sourceOfOption(command, at.option);
      return prefixed(at.before, await completion(source, at.typed, line, cwd, at.before !== ''));
    }
    case 'argument': {
      // Where no argument may follow only flags may; a command that is not there has none.
      if (!at.argument) return command === program || at.typed !== '' ? nothing : only('', flagsLeft(line));
      const source = sourceOfArgument(command, at.argument);
      return completion(source, at.typed, line, cwd, false);
    }
  }
}

/** The answer as lines: `value\tdescription`, then what the shell itself is to offer. */
export function completionText({ words, paths }: Completion): string {
  const lines = words.map(({ value, doc }) => (doc ? `${value}\t${oneLine(doc)}` : value));
  if (paths.kind === 'files') lines.push([':files', ...paths.extensions].join(' '));
  if (paths.kind === 'folders') lines.push(':folders');
  return lines.map((l) => `${l}\n`).join('');
}

const oneLine = (doc: string): string => {
  const text = doc.replace(/\s+/g, ' ').trim();
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
};

/** Flags that are not there yet, or that may come again; none whose opposite is there. */
function flagsLeft({ command, flags }: Line): readonly Word[] {
  return optionsOf(command)
    .filter((o) => isRepeatable(o) || !flags.has(nameOf(o)))
    .flatMap((o) => [o.long, o.short].flatMap((value) => (value ? [{ value, doc: o.description }] : [])));
}

function sourceOfOption(command: EnergyCommand, option: Option): Source {
  return command.sources.get(nameOf(option)) ?? sourceOfPlaceholder(option.flags);
}

function sourceOfArgument(command: EnergyCommand, argument: Argument): Source {
  const name = argument.name();
  const own = command.sources.get(name);
  if (own) return own;
  if (name === 'file' || name === 'files') return PROGRAMS;
  if (name === 'energy' || name === 'job' || name === 'data') return { kind: 'names', of: name };
  return sourceOfPlaceholder(`<${name}>`);
}

/** What is not said by `takes` is said by the placeholder: `-o, --output <dir>`. */
function sourceOfPlaceholder(flags: string): Source {
  const placeholder = /[<[]([^>\]]*)[>\]]/.exec(flags)?.[1] ?? '';
  if (placeholder === 'dir') return { kind: 'folders' };
  if (placeholder === 'job') return { kind: 'names', of: 'job' };
  if (placeholder === 'file') return { kind: 'files', extensions: [] };
  return { kind: 'nothing' };
}

/** @param inside whether something precedes the value in its word, so that the shell cannot list files itself */
async function completion(
  source: Source,
  typed: string,
  line: Line,
  cwd: string,
  inside: boolean,
): Promise<Completion> {
  switch (source.kind) {
    case 'nothing':
      return nothing;
    case 'words':
      return only(typed, typeof source.words === 'function' ? await source.words() : source.words);
    case 'files':
      if (inside) return { words: pathsFrom(cwd, typed, source.extensions), paths: NO_PATHS };
      return { words: [], paths: { kind: 'files', extensions: source.extensions } };
    case 'folders':
      if (inside) return { words: foldersFrom(cwd, typed), paths: NO_PATHS };
      return { words: [], paths: { kind: 'folders' } };
    case 'runs': {
      const runs = runsFrom(cwd, typed);
      if (runs.length > 0) return only(typed, runs);
      return completion({ kind: 'folders' }, typed, line, cwd, inside);
    }
    case 'names':
      return only(typed, await namesOf(source.of, line, cwd));
    case 'pairs': {
      // A folder for all of the program, or `stem=folder` for what a used file declares.
      if (source.of === 'use' && !typed.includes('=')) {
        const pairs = only(typed, await pairWords(source.of, typed, line, cwd)).words;
        const folders = await completion({ kind: 'runs' }, typed, line, cwd, inside);
        return { words: [...pairs, ...folders.words], paths: folders.paths };
      }
      const at = typed.indexOf('=') + 1;
      if (at === 0 || source.of === 'const') return only(typed, await pairWords(source.of, typed, line, cwd));
      const [before, path] = [typed.slice(0, at), typed.slice(at)];
      const words = source.of === 'data' ? pathsFrom(cwd, path, []) : foldersFrom(cwd, path);
      return prefixed(before, { words, paths: NO_PATHS });
    }
    case 'given': {
      if (/^\s*\{/.test(typed)) return only(typed, await givenWords(typed, line, cwd));
      if (inside) return { words: pathsFrom(cwd, typed, ['json']), paths: NO_PATHS };
      return { words: [], paths: { kind: 'files', extensions: ['json'] } };
    }
  }
}

const foldersFrom = (cwd: string, typed: string): readonly Word[] =>
  pathsFrom(cwd, typed, []).filter((w) => w.value.endsWith('/'));

/** Those that begin as what has been typed. */
const only = (typed: string, words: readonly Word[]): Completion => ({
  words: words.filter((w) => w.value.startsWith(typed)),
  paths: NO_PATHS,
});

const prefixed = (before: string, { words, paths }: Completion): Completion =>
  before === '' ? { words, paths } : { words: words.map((w) => ({ ...w, value: before + w.value })), paths };
