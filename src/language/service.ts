/**
 * The language service: documents as they stand in an editor, and what there is to say of them. A server of the
 * protocol and the browser's worker call the same functions; nothing here knows of either.
 */

import { dataFault } from '../io/codes.ts';
import type { Host } from '../io/host.ts';
import { MAX_TEXT, type ModuleReader } from '../modules.ts';
import type { Plan } from '../plan/plan.ts';
import { entryPath } from '../syntax/module-path.ts';
import { Source } from '../syntax/span.ts';
import { codeActions } from './actions.ts';
import {
  type Analysis,
  analyse,
  fileNameOf,
  type Memory,
  meantBy,
  memoryOf,
  occurrenceAt,
  parsedModules,
} from './analysis.ts';
import { completion } from './completion.ts';
import { diagnosticsOf } from './diagnostics.ts';
import { foldingRanges } from './folding.ts';
import { formatting } from './formatting.ts';
import { hover } from './hover.ts';
import { codeLenses } from './lenses.ts';
import { definition, references } from './navigation.ts';
import { documentSymbols } from './outline.ts';
import { canonicalUri, folderOfUri, offsetOf, pathWithin, uriOf } from './places.ts';
import { rename, renamePlace } from './rename.ts';
import { signatureHelp } from './signatures.ts';
import { encodedTokens } from './tokens.ts';
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  LanguageDiagnostic,
  Location,
  Position,
  Range,
  Refusal,
  RenamePlace,
  SignatureHelp,
  TextEdit,
  WorkspaceEdit,
} from './types.ts';

/** Where the service finds what is not open. */
export interface LanguageHost {
  /** Reads what a document uses; paths start at its folder. */
  reader(uri: string): ModuleReader;
  /** Reads the data beside a document, for plans and the names of files; absent: there are none. */
  data?(uri: string): Host;
  /** Where a module of the standard library can be looked at. */
  libraryUri?(name: string): string | undefined;
  /** The programs of the workspace, which may use each other; absent: those that are open. */
  programs?(): Promise<readonly string[]>;
  /** The text of a program of the workspace; undefined where it cannot be read. */
  text?(uri: string): Promise<string | undefined>;
}

export interface LanguageService {
  /** Opens a document, or replaces its text. */
  update(uri: string, text: string): void;
  close(uri: string): void;
  /** Files that are not open may have changed. */
  refresh(): void;
  text(uri: string): string | undefined;
  readonly open: readonly string[];

  diagnostics(uri: string): Promise<readonly LanguageDiagnostic[]>;
  hover(uri: string, at: Position): Promise<Hover | null>;
  completion(uri: string, at: Position): Promise<readonly CompletionItem[]>;
  definition(uri: string, at: Position): Promise<Location | null>;
  references(uri: string, at: Position, declaration: boolean): Promise<readonly Location[]>;
  renamePlace(uri: string, at: Position): Promise<RenamePlace | Refusal>;
  rename(uri: string, at: Position, to: string): Promise<WorkspaceEdit | Refusal>;
  documentSymbols(uri: string): Promise<readonly DocumentSymbol[]>;
  signatureHelp(uri: string, at: Position): Promise<SignatureHelp | null>;
  /** Numbers as the protocol has them; `tokenTypes` and `tokenModifiers` say what they mean. */
  semanticTokens(uri: string): Promise<readonly number[]>;
  foldingRanges(uri: string): Promise<readonly FoldingRange[]>;
  formatting(uri: string): Promise<readonly TextEdit[]>;
  codeActions(uri: string, range: Range): Promise<readonly CodeAction[]>;
  codeLenses(uri: string): Promise<readonly CodeLens[]>;
}

interface Known {
  readonly text: string;
  readonly analysis: Promise<Analysis>;
  readonly plans: Map<string, Promise<Plan | null>>;
  readonly used: Used;
}

/** What an analysis has read: as long as that stays, so does the analysis. */
interface Used {
  /** How often files that are not open had been said to have changed. */
  readonly files: number;
  /** How often documents had been opened and closed, where it matters which there are. */
  opened: number | null;
  /** Texts of open documents by path; undefined where a file was looked for that is not open. */
  readonly texts: Map<string, string | undefined>;
}

/** The longest text that is looked at as it is typed. */
const MAX_EDITED = 2 ** 19;

/** What is said of a text that is not looked at. */
const tooLong = (length: number): LanguageDiagnostic => ({
  range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
  severity: 3,
  code: 'E0504',
  source: 'energy',
  message: `a text of ${length} characters is not looked at as it is typed: the limit is ${MAX_EDITED}\nhelp: \`energy check\` reads it`,
  relatedInformation: [],
  tags: [],
});

/** The samplers come when they are first asked about. */
const planned = async (a: Analysis, energy: string, data: Host): Promise<Plan | null> =>
  (await import('./plans.ts')).planOf(a, energy, data);

/** Documents go by their canonical address (`canonicalUri`), also in what is answered. Every function answers for every document, empty where it is not open. */
export function languageService(host: LanguageHost): LanguageService {
  const documents = new Map<string, string>();
  const known = new Map<string, Known>();
  const memories = new Map<string, Memory>();
  const parseModule = parsedModules();
  let files = 0;
  let openings = 0;

  const textOf = async (uri: string): Promise<string | undefined> => documents.get(uri) ?? host.text?.(uri);

  /** Reads open documents as they stand in the editor, and notes down what was read. */
  const readerFor = (uri: string, used: Used): ModuleReader => {
    const stored = host.reader(uri);
    const folder = folderOfUri(uri);
    return {
      library: stored.library,
      list: async (dir) => {
        used.opened = openings;
        const prefix = dir === '' ? '' : `${dir}/`;
        const own = [...documents.keys()].flatMap((other) => {
          const path = other === uri ? null : pathWithin(folder, other);
          const name = path?.startsWith(prefix) ? path.slice(prefix.length) : '/';
          return name.includes('/') ? [] : [name];
        });
        const names = await stored.list(dir).catch((e: unknown) => {
          if (own.length === 0) throw e;
          return [];
        });
        return [...new Set([...names, ...own])].sort();
      },
      read: async (path) => {
        const text = documents.get(uriOf(folder, path));
        used.texts.set(path, text);
        if (text === undefined) return stored.read(path);
        if (text.length > MAX_TEXT)
          throw dataFault('E0504', path, `\`${path}\` is larger than ${MAX_TEXT} characters`);
        return text;
      },
    };
  };
  const holds = (uri: string, { used }: Known): boolean => {
    if (used.files !== files || (used.opened ?? openings) !== openings) return false;
    const folder = folderOfUri(uri);
    for (const [path, text] of used.texts) if (documents.get(uriOf(folder, path)) !== text) return false;
    return true;
  };
  const memoryFor = (uri: string): Memory => {
    const found = memories.get(uri) ?? memoryOf(uri, parseModule);
    if (documents.has(uri)) memories.set(uri, found);
    return found;
  };

  const stateOf = async (address: string): Promise<Known | null> => {
    const uri = canonicalUri(address);
    const text = await textOf(uri);
    if (text === undefined) return null;
    const found = known.get(uri);
    if (found?.text === text && holds(uri, found)) return found;
    const used: Used = { files, opened: null, texts: new Map() };
    const read = text.length > MAX_EDITED ? '' : text;
    const libraryUri = (name: string): string | undefined => host.libraryUri?.(name);
    const analysis = analyse(uri, read, readerFor(uri, used), memoryFor(uri), libraryUri);
    const made: Known = { text, analysis, plans: new Map(), used };
    known.set(uri, made);
    return made;
  };
  const on = async <T>(uri: string, none: T, body: (a: Analysis, k: Known) => T | Promise<T>): Promise<T> => {
    const state = await stateOf(uri);
    return state ? body(await state.analysis, state) : none;
  };

  /** Programs that mention the name at an offset, for what is said in several files. */
  const others = async (a: Analysis, offset: number): Promise<readonly Analysis[]> => {
    const o = occurrenceAt(a, offset);
    const meant = o && meantBy(a, o);
    if (!meant || meant.kind === 'import') return [];
    const uris = new Set([...documents.keys(), ...((await host.programs?.()) ?? []).map(canonicalUri)]);
    uris.delete(a.uri);
    const out: Analysis[] = [];
    for (const uri of uris) {
      const text = await textOf(uri);
      if (!text?.includes(meant.name)) continue;
      const state = await stateOf(uri);
      if (state) out.push(await state.analysis);
    }
    return out;
  };

  return {
    update(address, text) {
      const uri = canonicalUri(address);
      if (!documents.has(uri)) openings++;
      documents.set(uri, text);
    },
    close(address) {
      const uri = canonicalUri(address);
      if (documents.delete(uri)) openings++;
      known.delete(uri);
      memories.delete(uri);
    },
    refresh() {
      files++;
    },
    text: (uri) => documents.get(canonicalUri(uri)),
    get open() {
      return [...documents.keys()];
    },

    diagnostics: (uri) =>
      on<readonly LanguageDiagnostic[]>(uri, [], (a, { text }) =>
        text.length > MAX_EDITED ? [tooLong(text.length)] : diagnosticsOf(a),
      ),
    hover: (uri, at) =>
      on<Hover | null>(uri, null, (a, { plans }) => {
        const planFor = (energy: string): Promise<Plan | null> => {
          const data = host.data?.(uri);
          let plan = plans.get(energy);
          if (!plan) {
            plan = data ? planned(a, energy, data) : Promise.resolve(null);
            plans.set(energy, plan);
          }
          return plan;
        };
        return hover(a, offsetOf(a.text, at), planFor);
      }),
    completion: (uri, at) =>
      on<readonly CompletionItem[]>(uri, [], (a) => completion(a, offsetOf(a.text, at), host.data?.(uri))),
    definition: (uri, at) => on<Location | null>(uri, null, (a) => definition(a, offsetOf(a.text, at))),
    references: (uri, at, declaration) =>
      on<readonly Location[]>(uri, [], async (a) => {
        const offset = offsetOf(a.text, at);
        return references(a, offset, declaration, await others(a, offset));
      }),
    renamePlace: (uri, at) =>
      on<RenamePlace | Refusal>(uri, { refused: 'the document is not open' }, (a) =>
        renamePlace(a, offsetOf(a.text, at)),
      ),
    rename: (uri, at, to) =>
      on<WorkspaceEdit | Refusal>(uri, { refused: 'the document is not open' }, async (a) => {
        const offset = offsetOf(a.text, at);
        return rename(a, offset, to, await others(a, offset));
      }),
    documentSymbols: (uri) => on<readonly DocumentSymbol[]>(uri, [], documentSymbols),
    signatureHelp: (uri, at) =>
      on<SignatureHelp | null>(uri, null, (a) => signatureHelp(a, offsetOf(a.text, at))),
    semanticTokens: (uri) => on<readonly number[]>(uri, [], encodedTokens),
    foldingRanges: (uri) => on<readonly FoldingRange[]>(uri, [], foldingRanges),
    formatting: async (uri) => {
      const text = await textOf(canonicalUri(uri));
      return text === undefined || text.length > MAX_EDITED
        ? []
        : formatting({ text, source: new Source(entryPath(fileNameOf(uri)), text) });
    },
    codeActions: (uri, range) =>
      on<readonly CodeAction[]>(uri, [], (a) =>
        codeActions(a, offsetOf(a.text, range.start), offsetOf(a.text, range.end)),
      ),
    codeLenses: (uri) => on<readonly CodeLens[]>(uri, [], codeLenses),
  };
}
