/** A language server: documents, diagnostics, and who answers which question. */
import {
  type CancellationToken,
  type Connection,
  DidChangeWatchedFilesNotification,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { canonicalUri, offsetOf } from '../../language/places.ts';
import { languageService } from '../../language/service.ts';
import { tokenModifiers, tokenTypes } from '../../language/tokens.ts';
import type { LanguageDiagnostic, Location, Range, WorkspaceEdit } from '../../language/types.ts';
import { version } from '../../version.ts';
import { features } from './features.ts';
import { workspaceHost } from './files.ts';

/** Diagnostics follow the last key by this much. */
const DEBOUNCE_MS = 80;

/** Connects a service to a client. @param stdlib the folder of the standard library */
export function serve(connection: Connection, stdlib: string): void {
  const roots: string[] = [];
  const service = languageService(workspaceHost(roots, stdlib));
  /** Documents as the client spells them. */
  const spelled = new Map<string, string>();
  const clientUri = (uri: string): string => spelled.get(uri) ?? uri;
  let watches = false;

  connection.onInitialize(({ workspaceFolders, rootUri, capabilities }) => {
    roots.push(...(workspaceFolders?.map((f) => f.uri) ?? (rootUri ? [rootUri] : [])));
    watches = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: 'energy', version },
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
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
  connection.onInitialized(() => {
    if (!watches) return;
    const watchers = [{ globPattern: '**/*.{energy,csv,tsv,txt,json,npy,npz,parquet}' }];
    connection.client
      .register(DidChangeWatchedFilesNotification.type, { watchers })
      .catch((e: unknown) => failed('files are not watched', e));
  });
  const failed = (what: string, e: unknown): void =>
    connection.console.error(`${what}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);

  const located = (l: Location): Location => ({ ...l, uri: clientUri(l.uri) });
  const shown = (d: LanguageDiagnostic) => ({
    ...d,
    tags: [...d.tags],
    relatedInformation: d.relatedInformation.map((r) => ({ ...r, location: located(r.location) })),
  });

  /** What was told last of each document. */
  const told = new Map<string, readonly LanguageDiagnostic[]>();
  let waiting: NodeJS.Timeout | undefined;
  let round = 0;
  const soon = (): void => {
    round++;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      publish().catch((e: unknown) => failed('diagnostics', e));
    }, DEBOUNCE_MS);
  };
  const publish = async (): Promise<void> => {
    const own = round;
    for (const uri of service.open) {
      const found = await service.diagnostics(uri);
      // What was typed meanwhile is told in the next round.
      if (own !== round || service.text(uri) === undefined) return;
      if (told.get(uri) === found) continue;
      told.set(uri, found);
      await connection.sendDiagnostics({ uri: clientUri(uri), diagnostics: found.map(shown) });
      // Lets what has arrived be heard before the next document.
      await new Promise((resolve) => setImmediate(resolve));
      if (own !== round) return;
    }
  };

  connection.onDidOpenTextDocument(({ textDocument: { uri, text } }) => {
    spelled.set(canonicalUri(uri), uri);
    service.update(uri, text);
    soon();
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) => {
    let text = service.text(uri);
    // A document that was never opened is none of ours.
    if (text === undefined) return;
    for (const change of contentChanges)
      text = 'range' in change ? replaced(text, change.range, change.text) : change.text;
    service.update(uri, text);
    soon();
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    service.close(uri);
    spelled.delete(canonicalUri(uri));
    told.delete(canonicalUri(uri));
    connection
      .sendDiagnostics({ uri, diagnostics: [] })
      .catch((e: unknown) => failed('diagnostics are not cleared', e));
    soon();
  });
  const refresh = (): void => {
    service.refresh();
    soon();
  };
  connection.onDidChangeWatchedFiles(refresh);
  connection.onDidSaveTextDocument(refresh);

  /** Answers unless the question is withdrawn, or its text changed under it. */
  const answer = async <T>(uri: string, token: CancellationToken, body: () => Promise<T>): Promise<T> => {
    // Lets what has arrived meanwhile be heard, withdrawals among them.
    await new Promise((resolve) => setImmediate(resolve));
    const heard = (): void => {
      if (token.isCancellationRequested)
        throw new ResponseError(LSPErrorCodes.RequestCancelled, 'the request was cancelled');
    };
    heard();
    const text = service.text(uri);
    const result = await body();
    heard();
    if (service.text(uri) !== text)
      throw new ResponseError(LSPErrorCodes.ContentModified, 'the text was changed');
    return result;
  };
  const edit = ({ changes }: WorkspaceEdit) => ({
    changes: Object.fromEntries(Object.entries(changes).map(([uri, edits]) => [clientUri(uri), [...edits]])),
  });
  features(connection, service, { answer, located, edit });
}

function replaced(text: string, range: Range, by: string): string {
  const start = offsetOf(text, range.start);
  return text.slice(0, start) + by + text.slice(Math.max(start, offsetOf(text, range.end)));
}
