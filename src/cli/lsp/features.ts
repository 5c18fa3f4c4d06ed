/** Questions of the protocol, each with the function of the language service that answers it. */
import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  ResponseError,
} from 'vscode-languageserver/node';
import type { LanguageService } from '../../language/service.ts';
import { isRefusal, type Location, type Range, type WorkspaceEdit } from '../../language/types.ts';

type Answer = <T>(uri: string, token: CancellationToken, body: () => Promise<T>) => Promise<T>;

/** How answers are given. */
export interface Answering {
  readonly answer: Answer;
  /** With the client's name for the document. */
  readonly located: (l: Location) => Location;
  readonly edit: (e: WorkspaceEdit) => { changes: Record<string, { range: Range; newText: string }[]> };
}

/** Answers every question of the protocol that the service can answer. */
export function features(
  connection: Connection,
  service: LanguageService,
  { answer, located, edit }: Answering,
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
