/** Loading: every file that a program uses, directly or through others, as text and tree. */
import type { CheckCode } from './check/codes.ts';
import type { Modules } from './check/module-graph.ts';
import { decodeText } from './io/binary.ts';
import { dataFault, type IoCode } from './io/codes.ts';
import type { Host } from './io/host.ts';
import type { StandardLibrary } from './stdlib.ts';
import { at, type Diagnostic, EnergyError } from './syntax/diagnostic.ts';
import { entryPath, folderOf, resolveUse, shownFile, stemOf, type UsePath } from './syntax/module-path.ts';
import { parse } from './syntax/parse.ts';
import { Source } from './syntax/span.ts';
import { suggest } from './syntax/suggest.ts';
import type { Program, UseItem } from './syntax/tree.ts';

/** How the files of a program are read; paths start at the entry program's folder and stay inside it. */
export interface ModuleReader {
  /** The text of a file. @throws EnergyError where it is not there, not allowed, unreadable or too large */
  read(path: string): Promise<string>;
  /** The names in a folder ('' is that of the entry program), to tell what may have been meant. */
  list(folder: string): Promise<readonly string[]>;
  readonly library: StandardLibrary;
}

/** The largest text of a program or a file that it uses, in bytes: 16 MiB. */
export const MAX_TEXT = 2 ** 24;
/** Files that one program uses, at most. */
const MAX_MODULES = 200;
/** How far a file may be from the program that uses it, through other files. */
const MAX_DEPTH = 32;

/** Reads programs through a host whose root is the entry program's folder. */
export function moduleReader(host: Host, library: StandardLibrary): ModuleReader {
  return {
    read: async (path) => {
      const bytes = await host.read(path);
      if (bytes.length > MAX_TEXT)
        throw dataFault('E0504', path, `\`${path}\` has ${bytes.length} bytes; the limit is ${MAX_TEXT}`);
      return decodeText(bytes, 'E0503', path);
    },
    list: (folder) => host.list(folder === '' ? '.' : folder),
    library,
  };
}

export interface Loaded {
  /** For the checker: trees by path. */
  readonly modules: Modules;
  /** The texts of the used files, in the order in which they were found. */
  readonly sources: readonly Source[];
  /** Files that could not be had, at their `use`, and what is wrong with the texts of the others. */
  readonly diagnostics: readonly Diagnostic[];
}

interface Wanted {
  readonly to: Exclude<UsePath, { kind: 'refused' }>;
  readonly item: UseItem;
  readonly depth: number;
}

/**
 * Loads what `entry` uses, each file once, nearest first. Total: faults come back as diagnostics.
 * @param file the entry program's name, from which the names of the others are made
 * @param parseText reads a used file: `parse`, or what remembers what has been parsed before
 */
export async function loadModules(
  entry: Program,
  file: string,
  reader: ModuleReader,
  parseText: typeof parse = parse,
): Promise<Loaded> {
  const modules = new Map<string, Program>();
  const sources: Source[] = [];
  const diagnostics: Diagnostic[] = [];
  const asked = new Set([entryPath(file)]);
  const queue: Wanted[] = [];
  const fault = (item: UseItem, code: IoCode | CheckCode, message: string, suggestion?: string): void => {
    diagnostics.push({ severity: 'error', code, place: at(item.fromSpan), message, suggestion });
  };
  const want = (from: string, tree: Program, depth: number): void => {
    for (const item of tree.items) {
      if (item.kind !== 'use') continue;
      const to = resolveUse(from, item.from);
      // What is refused is told by the checker, which meets it with or without a reader.
      if (to.kind === 'refused' || asked.has(to.path)) continue;
      asked.add(to.path);
      queue.push({ to, item, depth });
    }
  };
  want(entryPath(file), entry, 1);
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { to, item, depth } = next;
    if (depth > MAX_DEPTH) {
      fault(item, 'E0211', `\`${item.from}\` is too far away: files use files ${MAX_DEPTH} deep at most`);
      continue;
    }
    if (modules.size >= MAX_MODULES) {
      fault(item, 'E0211', `\`${item.from}\` is one too many: a program uses ${MAX_MODULES} files at most`);
      break;
    }
    const text =
      to.kind === 'std'
        ? await libraryText(reader, to.name, item, fault)
        : await fileText(reader, to.path, item, fault);
    if (text === undefined) continue;
    const shown = shownFile(file, to.path);
    const { program, diagnostics: syntax } = parseText(text, shown);
    modules.set(to.path, program);
    sources.push(new Source(shown, text));
    diagnostics.push(...syntax);
    want(to.path, program, depth + 1);
  }
  return { modules, sources, diagnostics };
}

type Fault = (item: UseItem, code: IoCode | CheckCode, message: string, suggestion?: string) => void;

async function libraryText(
  { library }: ModuleReader,
  name: string,
  item: UseItem,
  fault: Fault,
): Promise<string | undefined> {
  const text = await library.read(name);
  if (text !== undefined) return text;
  const names = await library.names();
  const near = suggest(name, names);
  const known = names.length > 0 ? `its modules are ${names.map((n) => `std/${n}`).join(', ')}` : undefined;
  fault(
    item,
    'E0209',
    `the standard library has no module \`std/${name}\``,
    near ? `did you mean "std/${near}"?` : known,
  );
  return undefined;
}

async function fileText(
  reader: ModuleReader,
  path: string,
  item: UseItem,
  fault: Fault,
): Promise<string | undefined> {
  try {
    return await reader.read(path);
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    const [{ code, message, suggestion }] = e.diagnostics;
    if (code === 'E0501')
      fault(item, 'E0501', `there is no file \`${item.from}\``, await nearby(reader, path, item.from));
    else fault(item, code as IoCode, message, suggestion);
    return undefined;
  }
}

/** The file of the same folder that was probably meant, written as the user writes it. */
async function nearby(reader: ModuleReader, path: string, written: string): Promise<string | undefined> {
  const names = await reader.list(folderOf(path).replace(/\/$/, '')).catch((e: unknown) => {
    if (e instanceof EnergyError) return [];
    throw e;
  });
  const stems = names.filter((n) => n.endsWith('.energy')).map(stemOf);
  const near = suggest(stemOf(path), stems);
  return near === undefined ? undefined : `did you mean "${folderOf(written)}${near}.energy"?`;
}
