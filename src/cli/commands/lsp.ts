/** `energy lsp`: the language service on standard input and output, in the Language Server Protocol. */
import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CancellationToken,
  type Connection,
  createConnection,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { nodeHost } from '../../io/node-host.ts';
import { canonicalUri, offsetOf } from '../../language/places.ts';
import { type LanguageHost, type LanguageService, languageService } from '../../language/service.ts';
import { tokenModifiers, tokenTypes } from '../../language/tokens.ts';
import { isRefusal, type Location, type Range, type WorkspaceEdit } from '../../language/types.ts';
import { MAX_TEXT, moduleReader } from '../../modules.ts';
import { version } from '../../version.ts';
import { packageRoot } from '../demo/project.ts';
import { packageLibrary } from '../library.ts';
import { ExitCode } from '../terminal.ts';

/** Diagnostics follow the last key by this much. */
const DEBOUNCE_MS = 120;
/** Data of more bytes than this are not read for a hint. */
const MAX_DATA = 2 ** 24;
/** Programs of a workspace that are looked through for references. */
const MAX_PROGRAMS = 2000;
const MAX_FOLDERS = 12;
const skipped: ReadonlySet<string> = new Set(['node_modules', 'dist', 'runs']);

/** Serves until the client says `exit` or closes the stream. @returns 0 after a `shutdown`, else 1 */
export async function lspCommand(): Promise<number> {
  const stdlib = path.join(await packageRoot(), 'stdlib');
  return new Promise((resolve) => {
    const connection = createConnection(process.stdin, process.stdout);
    let asked = false;
    connection.onShutdown(() => {
      asked = true;
    });
    connection.onExit(() => resolve(asked ? ExitCode.fine : ExitCode.wrong));
    serve(connection, stdlib);
    connection.listen();
  });
}

/** Connects a service to a client. @param stdlib the folder of the standard library */
export function serve(connection: Connection, stdlib: string): void {
  const roots: string[] = [];
  const service = languageService(workspaceHost(roots, stdlib));
  /** Documents as the client spells them. */
  const spelled = new Map<string, string>();
  const clientUri = (uri: string): string => spelled.get(uri) ?? uri;

  connection.onInitialize(({ workspaceFolders, rootUri }) => {
    roots.push(...(workspaceFolders?.map((f) => f.uri) ?? (rootUri ? [rootUri] : [])));
    return {
      serverInfo: { name: 'energy', version },
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        completionProvider: { triggerCharacters: ['.', '(', ',', '~', ':', '[', '"', '/', '='] },
        definitionProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        signatureHelpProvider: { triggerCharacters: ['(', ','], retriggerCharacters: ['='] },
        semanticTokensProvider: {
          legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] },
          full: true,
        },
        foldingRangeProvider: true,
        documentFormattingProvider: true,
        codeActionProvider: { codeActionKinds: ['quickfix'] },
        codeLensProvider: {},
        workspace: { workspaceFolders: { supported: true } },
      },
    };
  });

  let waiting: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void publish(), DEBOUNCE_MS);
  };
  let round = 0;
  const publish = async (): Promise<void> => {
    const own = ++round;
    for (const uri of service.open) {
      const found = await service.diagnostics(uri);
      // What was typed meanwhile is told in the next round.
      if (own !== round) return;
      const diagnostics = found.map((d) => ({
        ...d,
        tags: [...d.tags],
        relatedInformation: d.relatedInformation.map((r) => ({ ...r, location: located(r.location) })),
      }));
      await connection.sendDiagnostics({ uri: clientUri(uri), diagnostics });
    }
  };

  connection.onDidOpenTextDocument(({ textDocument: { uri, text } }) => {
    spelled.set(canonicalUri(uri), uri);
    service.update(uri, text);
    soon();
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) => {
    let text = service.text(uri) ?? '';
    for (const change of contentChanges)
      text = 'range' in change ? replaced(text, change.range, change.text) : change.text;
    service.update(uri, text);
    soon();
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    service.close(uri);
    spelled.delete(canonicalUri(uri));
    void connection.sendDiagnostics({ uri, diagnostics: [] });
    soon();
  });
  connection.onDidChangeWatchedFiles(() => {
    service.refresh();
    soon();
  });

  const located = (l: Location): Location => ({ ...l, uri: clientUri(l.uri) });
  const edit = ({ changes }: WorkspaceEdit) => ({
    changes: Object.fromEntries(Object.entries(changes).map(([uri, edits]) => [clientUri(uri), [...edits]])),
  });
  /** Answers unless the question is withdrawn, or its text changed under it. */
  const answer = async <T>(uri: string, token: CancellationToken, body: () => Promise<T>): Promise<T> => {
    // Lets what has arrived meanwhile be heard, withdrawals among them.
    await new Promise((resolve) => setImmediate(resolve));
    const withdrawn = (): boolean => token.isCancellationRequested;
    if (withdrawn()) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'the request was cancelled');
    const text = service.text(uri);
    const result = await body();
    if (withdrawn()) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'the request was cancelled');
    if (service.text(uri) !== text)
      throw new ResponseError(LSPErrorCodes.ContentModified, 'the text was changed');
    return result;
  };

  features(connection, service, answer, located, edit);
}

type Answer = <T>(uri: string, token: CancellationToken, body: () => Promise<T>) => Promise<T>;

function features(
  connection: Connection,
  service: LanguageService,
  answer: Answer,
  located: (l: Location) => Location,
  edit: (e: WorkspaceEdit) => { changes: Record<string, { range: Range; newText: string }[]> },
): void {
  connection.onHover(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, () => service.hover(uri, position)),
  );
  connection.onCompletion(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, async () =>
      (await service.completion(uri, position)).map(
        ({ range, insertText, additionalTextEdits, ...item }) => ({
          ...item,
          textEdit: { range, newText: insertText },
          ...(additionalTextEdits ? { additionalTextEdits: [...additionalTextEdits] } : {}),
        }),
      ),
    ),
  );
  connection.onDefinition(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, async () => {
      const found = await service.definition(uri, position);
      return found && located(found);
    }),
  );
  connection.onReferences(({ textDocument: { uri }, position, context }, token) =>
    answer(uri, token, async () =>
      (await service.references(uri, position, context.includeDeclaration)).map(located),
    ),
  );
  connection.onPrepareRename(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, async () => accepted(await service.renamePlace(uri, position))),
  );
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }, token) =>
    answer(uri, token, async () => edit(accepted(await service.rename(uri, position, newName)))),
  );
  connection.onDocumentSymbol(({ textDocument: { uri } }, token) =>
    answer(uri, token, async () => mutable(await service.documentSymbols(uri))),
  );
  connection.onSignatureHelp(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, async () => mutable(await service.signatureHelp(uri, position))),
  );
  connection.languages.semanticTokens.on(({ textDocument: { uri } }, token) =>
    answer(uri, token, async () => ({ data: [...(await service.semanticTokens(uri))] })),
  );
  connection.onFoldingRanges(({ textDocument: { uri } }, token) =>
    answer(uri, token, async () => [...(await service.foldingRanges(uri))]),
  );
  connection.onDocumentFormatting(({ textDocument: { uri } }, token) =>
    answer(uri, token, async () => [...(await service.formatting(uri))]),
  );
  connection.onCodeAction(({ textDocument: { uri }, range }, token) =>
    answer(uri, token, async () =>
      (await service.codeActions(uri, range)).map((a) => ({
        ...mutable({ ...a, edit: null }),
        edit: edit(a.edit),
      })),
    ),
  );
  connection.onCodeLens(({ textDocument: { uri } }, token) =>
    answer(uri, token, async () =>
      (await service.codeLenses(uri)).map(({ range, command }) => ({
        range,
        command: { ...command, arguments: [uri, command.arguments[1]] },
      })),
    ),
  );
}

/** The protocol's types are of things that may be changed; ours are not, and nobody changes them. */
type Mutable<T> = T extends readonly (infer E)[]
  ? number extends T['length']
    ? Mutable<E>[]
    : { -readonly [K in keyof T]: Mutable<T[K]> }
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;
const mutable = <T>(value: T): Mutable<T> => value as Mutable<T>;

function accepted<T extends object>(result: T): Exclude<T, { refused: string }> {
  if (isRefusal(result)) throw new ResponseError(LSPErrorCodes.RequestFailed, result.refused);
  return result as Exclude<T, { refused: string }>;
}

function replaced(text: string, range: Range, by: string): string {
  return text.slice(0, offsetOf(text, range.start)) + by + text.slice(offsetOf(text, range.end));
}

/** Files of the workspace: what a program uses is read from its own folder and below, never from outside. */
function workspaceHost(roots: readonly string[], stdlib: string): LanguageHost {
  const library = packageLibrary(stdlib);
  const folder = (uri: string): string => (isFile(uri) ? path.dirname(fileURLToPath(uri)) : stdlib);
  return {
    reader: (uri) => moduleReader(nodeHost({ root: folder(uri), maxBytes: MAX_TEXT }), library),
    data: (uri) => nodeHost({ root: folder(uri), maxBytes: MAX_DATA }),
    libraryUri: (name) => canonicalUri(pathToFileURL(path.join(stdlib, ...`${name}.energy`.split('/'))).href),
    programs: async () => {
      const out: string[] = [];
      for (const root of roots) if (isFile(root)) await collect(fileURLToPath(root), out, 0);
      return out.map((f) => pathToFileURL(f).href);
    },
    text: async (uri) => {
      if (!isFile(uri)) return undefined;
      const file = fileURLToPath(uri);
      const size = await nodeFs.stat(file).then(
        (s) => s.size,
        () => Number.POSITIVE_INFINITY,
      );
      return size > MAX_TEXT ? undefined : nodeFs.readFile(file, 'utf8').catch(() => undefined);
    },
  };
}

const isFile = (uri: string): boolean => uri.startsWith('file:');

async function collect(dir: string, out: string[], depth: number): Promise<void> {
  if (depth > MAX_FOLDERS) return;
  const entries = await nodeFs.readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const e of entries) {
    if (out.length >= MAX_PROGRAMS) return;
    if (e.isDirectory() && !e.name.startsWith('.') && !skipped.has(e.name))
      await collect(path.join(dir, e.name), out, depth + 1);
    else if (e.isFile() && e.name.endsWith('.energy')) out.push(path.join(dir, e.name));
  }
}
