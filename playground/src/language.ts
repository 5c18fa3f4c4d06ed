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
  type WorkspaceEdit,
} from '../../src/language/types.ts';
import type { Documents } from './documents.ts';
import type { EditorEvents } from './editor.ts';
import { type Ask, documentUri, pathOf } from './protocol.ts';

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

/**
 * Connects the editor to the language service of the worker. Called once.
 * @param program the path of the program that is edited: only its jobs can be run
 */
export function registerLanguage(
  api: Api,
  language: string,
  documents: Documents,
  events: EditorEvents,
  program: () => string,
): void {
  const { files, runJob } = events;
  const { languages } = api;
  const fileOf = (model: Model): string => documents.pathOf(model.uri) ?? '';
  /** Asks about a model as it stands. */
  const askAbout = (model: Model): Ask => events.ask({ file: fileOf(model), text: model.getValue() });
  /** Places in files whose text can be had. */
  const placesOf = async (found: readonly Location[]): Promise<Monaco.languages.Location[]> => {
    const models = new Map<string, Model | null>();
    for (const { uri } of found)
      if (!models.has(uri))
        models.set(uri, documents.find(pathOf(uri)) ?? (await documents.look(pathOf(uri))));
    return found.flatMap((l) => {
      const model = models.get(l.uri);
      return model ? [{ uri: model.uri, range: toRange(l.range) }] : [];
    });
  };
  const kinds = kindsOf(api);
  api.editor.registerCommand('energy.run', (_, _uri: string, job: string) => runJob(job));

  languages.registerHoverProvider(language, {
    async provideHover(model, position) {
      const found = await askAbout(model)('hover', from(position));
      return found && { contents: [{ value: found.contents.value }], range: toRange(found.range) };
    },
  });
  languages.registerCompletionItemProvider(language, {
    triggerCharacters: ['.', '(', ',', '~', ':', '[', '"', '/'],
    async provideCompletionItems(model, position) {
      const found = (await askAbout(model)('completion', from(position))) ?? [];
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
    async provideSignatureHelp(model, position) {
      const found = await askAbout(model)('signatureHelp', from(position));
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
      const found = await askAbout(model)('definition', from(position));
      return found && placesOf([found]);
    },
  });
  languages.registerReferenceProvider(language, {
    async provideReferences(model, position, { includeDeclaration }) {
      return placesOf((await askAbout(model)('references', from(position), includeDeclaration)) ?? []);
    },
  });
  /** Has all files at hand that a rename changes. @returns why that cannot be */
  const renameIn = async ({ changes }: WorkspaceEdit): Promise<string | null> => {
    for (const path of Object.keys(changes).map(pathOf)) {
      const fixed = files.fixed(path);
      if (fixed !== null) return `the name is also in ${path}: ${fixed}`;
      if (!documents.find(path) && !(await documents.look(path))) return `${path} cannot be read`;
    }
    return null;
  };
  languages.registerRenameProvider(language, {
    async provideRenameEdits(model, position, newName) {
      const version = model.getVersionId();
      const found = await askAbout(model)('rename', from(position), newName);
      if (found === null) return null;
      if (isRefusal(found)) return { edits: [], rejectReason: found.refused };
      const wrong = await renameIn(found);
      if (wrong !== null) return { edits: [], rejectReason: wrong };
      if (model.getVersionId() !== version)
        return { edits: [], rejectReason: 'the text was changed meanwhile: rename once more' };
      const paths = Object.keys(found.changes).map(pathOf);
      documents.change(
        new Map(Object.entries(found.changes).map(([uri, edits]) => [pathOf(uri), edits.map(toEdit)])),
      );
      if (paths.length > 1) files.renamed(paths);
      // It is done: all files at once, so that it is undone in all at once.
      return { edits: [] };
    },
    async resolveRenameLocation(model, position) {
      const found = await askAbout(model)('renamePlace', from(position));
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
    async provideDocumentSymbols(model) {
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
      return ((await askAbout(model)('documentSymbols')) ?? []).map(shown);
    },
  });
  languages.registerDocumentSemanticTokensProvider(language, {
    getLegend: () => ({ tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] }),
    async provideDocumentSemanticTokens(model) {
      const found = await askAbout(model)('semanticTokens');
      return found && { data: Uint32Array.from(found) };
    },
    releaseDocumentSemanticTokens() {},
  });
  languages.registerFoldingRangeProvider(language, {
    async provideFoldingRanges(model) {
      const { FoldingRangeKind } = languages;
      const kind = {
        comment: FoldingRangeKind.Comment,
        imports: FoldingRangeKind.Imports,
        region: FoldingRangeKind.Region,
      };
      return ((await askAbout(model)('foldingRanges')) ?? []).map((r) => ({
        start: r.startLine + 1,
        end: r.endLine + 1,
        kind: r.kind && kind[r.kind],
      }));
    },
  });
  languages.registerDocumentFormattingEditProvider(language, {
    async provideDocumentFormattingEdits(model) {
      return ((await askAbout(model)('formatting')) ?? []).map(toEdit);
    },
  });
  languages.registerCodeActionProvider(language, {
    async provideCodeActions(model, range, { markers }) {
      const found = (await askAbout(model)('codeActions', fromRange(range))) ?? [];
      const actions = found.map((a) => ({
        title: a.title,
        kind: a.kind,
        isPreferred: a.isPreferred,
        diagnostics: markers.filter((m) => a.diagnostics.some((d) => d.code === m.code)),
        edit: workspaceEdit(model, a.edit.changes[documentUri(fileOf(model))] ?? []),
      }));
      return { actions, dispose() {} };
    },
  });
  languages.registerCodeLensProvider(language, {
    async provideCodeLenses(model) {
      if (fileOf(model) !== program()) return { lenses: [], dispose() {} };
      const found = (await askAbout(model)('codeLenses')) ?? [];
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
