/** The language service as Monaco's providers: questions to the worker, answers with lines and columns from 1. */
import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { tokenModifiers, tokenTypes } from '../../src/language/tokens.ts';
import {
  completionKinds,
  type DocumentSymbol,
  isRefusal,
  type Location,
  type Position,
  type Range,
  type TextEdit,
} from '../../src/language/types.ts';
import type { EditorEvents } from './editor.ts';

type Api = typeof Monaco;
type Model = Monaco.editor.ITextModel;
type IRange = Monaco.IRange;

const from = ({ lineNumber, column }: Monaco.IPosition): Position => ({
  line: lineNumber - 1,
  character: column - 1,
});
const toRange = ({ start, end }: Range): IRange => ({
  startLineNumber: start.line + 1,
  startColumn: start.character + 1,
  endLineNumber: end.line + 1,
  endColumn: end.character + 1,
});
const fromRange = (r: IRange): Range => ({
  start: { line: r.startLineNumber - 1, character: r.startColumn - 1 },
  end: { line: r.endLineNumber - 1, character: r.endColumn - 1 },
});
const toEdit = ({ range, newText }: TextEdit) => ({ range: toRange(range), text: newText });

/** Monaco numbers kinds in its own way; the names are the same. */
function kindsOf(api: Api): ReadonlyMap<number, Monaco.languages.CompletionItemKind> {
  const K = api.languages.CompletionItemKind;
  const own: Readonly<Record<keyof typeof completionKinds, Monaco.languages.CompletionItemKind>> = {
    function: K.Function,
    field: K.Field,
    variable: K.Variable,
    class: K.Class,
    module: K.Module,
    property: K.Property,
    value: K.Value,
    enum: K.Enum,
    keyword: K.Keyword,
    snippet: K.Snippet,
    file: K.File,
    enumMember: K.EnumMember,
    constant: K.Constant,
    struct: K.Struct,
    event: K.Event,
    operator: K.Operator,
    typeParameter: K.TypeParameter,
  };
  return new Map(
    Object.entries(own).map(([name, kind]) => [completionKinds[name as keyof typeof own], kind]),
  );
}

/** Connects the editor to the language service of the worker. Called once. */
export function registerLanguage(api: Api, language: string, events: EditorEvents): void {
  const { ask, runJob } = events;
  const { languages } = api;
  /** The page has one program in its editor: what is elsewhere cannot be shown. */
  const isHere = (l: Pick<Location, 'uri'>): boolean => l.uri === events.document();
  const kinds = kindsOf(api);
  api.editor.registerCommand('energy.run', (_, _uri: string, job: string) => runJob(job));

  languages.registerHoverProvider(language, {
    async provideHover(_model, position) {
      const found = await ask('hover', from(position));
      return found && { contents: [{ value: found.contents.value }], range: toRange(found.range) };
    },
  });
  languages.registerCompletionItemProvider(language, {
    triggerCharacters: ['.', '(', ',', '~', ':', '[', '"', '/'],
    async provideCompletionItems(_model, position) {
      const found = (await ask('completion', from(position))) ?? [];
      return {
        suggestions: found.map((c) => ({
          label: c.label,
          kind: kinds.get(c.kind) ?? languages.CompletionItemKind.Text,
          detail: c.detail,
          documentation: c.documentation && { value: c.documentation.value },
          insertText: c.insertText,
          insertTextRules:
            c.insertTextFormat === 2 ? languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
          sortText: c.sortText,
          range: toRange(c.range),
          additionalTextEdits: c.additionalTextEdits?.map(toEdit),
        })),
      };
    },
  });
  languages.registerSignatureHelpProvider(language, {
    signatureHelpTriggerCharacters: ['(', ','],
    signatureHelpRetriggerCharacters: ['='],
    async provideSignatureHelp(_model, position) {
      const found = await ask('signatureHelp', from(position));
      if (!found) return null;
      const signatures = found.signatures.map((s) => ({
        label: s.label,
        documentation: s.documentation && { value: s.documentation.value },
        parameters: s.parameters.map((p) => ({
          label: [p.label[0], p.label[1]] as [number, number],
          documentation: p.documentation && { value: p.documentation.value },
        })),
      }));
      const value = {
        signatures,
        activeSignature: found.activeSignature,
        activeParameter: found.activeParameter ?? -1,
      };
      return { value, dispose() {} };
    },
  });
  languages.registerDefinitionProvider(language, {
    async provideDefinition(model, position) {
      const found = await ask('definition', from(position));
      return found && isHere(found) ? { uri: model.uri, range: toRange(found.range) } : null;
    },
  });
  languages.registerReferenceProvider(language, {
    async provideReferences(model, position, { includeDeclaration }) {
      const found = (await ask('references', from(position), includeDeclaration)) ?? [];
      return found.filter(isHere).map((l) => ({ uri: model.uri, range: toRange(l.range) }));
    },
  });
  languages.registerRenameProvider(language, {
    async provideRenameEdits(model, position, newName) {
      const found = await ask('rename', from(position), newName);
      if (found === null) return null;
      if (isRefusal(found)) return { edits: [], rejectReason: found.refused };
      const elsewhere = Object.entries(found.changes).filter(([uri]) => !isHere({ uri }));
      if (elsewhere.length > 0 && !events.editElsewhere) {
        const names = elsewhere.map(([uri]) => decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1)));
        return { edits: [], rejectReason: `the name is also in ${names.join(', ')}, which is not open` };
      }
      for (const [uri, edits] of elsewhere) events.editElsewhere?.(uri, edits);
      return workspaceEdit(model, found.changes[events.document()] ?? []);
    },
    async resolveRenameLocation(_model, position) {
      const found = await ask('renamePlace', from(position));
      if (found && !isRefusal(found)) return { range: toRange(found.range), text: found.placeholder };
      const { lineNumber, column } = position;
      const range = {
        startLineNumber: lineNumber,
        startColumn: column,
        endLineNumber: lineNumber,
        endColumn: column,
      };
      return { range, text: '', rejectReason: found?.refused ?? 'there is no name here' };
    },
  });
  languages.registerDocumentSymbolProvider(language, {
    async provideDocumentSymbols() {
      const shown = (s: DocumentSymbol): Monaco.languages.DocumentSymbol => ({
        name: s.name,
        detail: s.detail,
        // Monaco counts the protocol's kinds from 0.
        kind: (s.kind - 1) as Monaco.languages.SymbolKind,
        tags: [],
        range: toRange(s.range),
        selectionRange: toRange(s.selectionRange),
        children: s.children.map(shown),
      });
      return ((await ask('documentSymbols')) ?? []).map(shown);
    },
  });
  languages.registerDocumentSemanticTokensProvider(language, {
    getLegend: () => ({ tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] }),
    async provideDocumentSemanticTokens() {
      const found = await ask('semanticTokens');
      return found && { data: Uint32Array.from(found) };
    },
    releaseDocumentSemanticTokens() {},
  });
  languages.registerFoldingRangeProvider(language, {
    async provideFoldingRanges() {
      const { FoldingRangeKind } = languages;
      const kind = {
        comment: FoldingRangeKind.Comment,
        imports: FoldingRangeKind.Imports,
        region: FoldingRangeKind.Region,
      };
      return ((await ask('foldingRanges')) ?? []).map((r) => ({
        start: r.startLine + 1,
        end: r.endLine + 1,
        kind: r.kind && kind[r.kind],
      }));
    },
  });
  languages.registerDocumentFormattingEditProvider(language, {
    async provideDocumentFormattingEdits() {
      return ((await ask('formatting')) ?? []).map(toEdit);
    },
  });
  languages.registerCodeActionProvider(language, {
    async provideCodeActions(model, range, { markers }) {
      const found = (await ask('codeActions', fromRange(range))) ?? [];
      const actions = found.map((a) => ({
        title: a.title,
        kind: a.kind,
        isPreferred: a.isPreferred,
        diagnostics: markers.filter((m) => a.diagnostics.some((d) => d.code === m.code)),
        edit: workspaceEdit(model, a.edit.changes[events.document()] ?? []),
      }));
      return { actions, dispose() {} };
    },
  });
  languages.registerCodeLensProvider(language, {
    async provideCodeLenses() {
      const found = (await ask('codeLenses')) ?? [];
      const lenses = found.map(({ range, command }) => ({
        range: toRange(range),
        command: { id: command.command, title: command.title, arguments: [...command.arguments] },
      }));
      return { lenses, dispose() {} };
    },
  });
}

function workspaceEdit(model: Model, edits: readonly TextEdit[]): Monaco.languages.WorkspaceEdit {
  return {
    edits: edits.map((e) => ({ resource: model.uri, versionId: model.getVersionId(), textEdit: toEdit(e) })),
  };
}
