/** Monaco with what this language needs of it. Loaded after the page. */
import 'monaco-editor/features/bracketMatching/register.js';
import 'monaco-editor/features/caretOperations/register.js';
import 'monaco-editor/features/clipboard/register.js';
import 'monaco-editor/features/codeAction/register.js';
import 'monaco-editor/features/codeEditor/register.js';
import 'monaco-editor/features/codelens/register.js';
import 'monaco-editor/features/codicon/register.js';
import 'monaco-editor/features/comment/register.js';
import 'monaco-editor/features/cursorUndo/register.js';
import 'monaco-editor/features/documentSymbols/register.js';
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/folding/register.js';
import 'monaco-editor/features/format/register.js';
import 'monaco-editor/features/gotoError/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/features/indentation/register.js';
import 'monaco-editor/features/lineSelection/register.js';
import 'monaco-editor/features/linesOperations/register.js';
import 'monaco-editor/features/multicursor/register.js';
import 'monaco-editor/features/parameterHints/register.js';
import 'monaco-editor/features/quickOutline/register.js';
import 'monaco-editor/features/readOnlyMessage/register.js';
import 'monaco-editor/features/referenceSearch/register.js';
import 'monaco-editor/features/rename/register.js';
import 'monaco-editor/features/smartSelect/register.js';
import 'monaco-editor/features/snippet/register.js';
import 'monaco-editor/features/tokenization/register.js';
import 'monaco-editor/features/unusualLineTerminators/register.js';
import 'monaco-editor/features/wordHighlighter/register.js';
import 'monaco-editor/features/wordOperations/register.js';
import 'monaco-editor/features/wordPartOperations/register.js';
// Features whose registration above is of a part of them only.
import 'monaco-editor/editor/contrib/gotoSymbol/browser/goToCommands.js';
import 'monaco-editor/editor/contrib/gotoSymbol/browser/link/goToDefinitionAtPosition.js';
import 'monaco-editor/editor/contrib/semanticTokens/browser/documentSemanticTokens.js';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js';
import * as monaco from 'monaco-editor/editor/editor.api.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import type { Severity } from '../../src/syntax/diagnostic.ts';
import { editing } from '../../src/syntax/editing.ts';
import { monarchLanguage } from '../../src/syntax/highlight.ts';
import { isStd } from '../../src/syntax/module-path.ts';
import { documentsOf } from './documents.ts';
import type { Editor, EditorEvents } from './editor.ts';
import { registerLanguage } from './language.ts';
import { defineThemes, themeName } from './monaco-theme.ts';
import type { Problem, SourceText } from './protocol.ts';
import type { Theme } from './theme.ts';

const LANGUAGE = 'energy';
const OWNER = 'energy';

const severities: Readonly<Record<Severity, monaco.MarkerSeverity>> = {
  error: monaco.MarkerSeverity.Error,
  warning: monaco.MarkerSeverity.Warning,
  info: monaco.MarkerSeverity.Info,
};

function defineLanguage(): void {
  self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
  monaco.languages.register({ id: LANGUAGE, extensions: ['.energy'] });
  monaco.languages.setMonarchTokensProvider(LANGUAGE, monarchLanguage() as monaco.languages.IMonarchLanguage);
  const { comments, brackets, autoClosingPairs, surroundingPairs, wordPattern, onEnterRules } = editing();
  monaco.languages.setLanguageConfiguration(LANGUAGE, {
    comments,
    brackets: brackets.map(([open, close]) => [open, close]),
    autoClosingPairs: autoClosingPairs.map((p) => ({ ...p, notIn: [...(p.notIn ?? [])] })),
    surroundingPairs: surroundingPairs.map(([open, close]) => ({ open, close })),
    wordPattern: new RegExp(wordPattern),
    onEnterRules: onEnterRules.map(({ beforeText, action }) => ({
      beforeText: new RegExp(beforeText),
      action: { indentAction: monaco.languages.IndentAction.None, appendText: action.appendText },
    })),
  });
  defineThemes(monaco.editor);
}

/** A place in a file, 1-based. */
interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

const onMac = /Mac|iP(hone|ad)/.test(navigator.platform);

export interface MonacoEditor extends Editor {
  scrollTo(top: number): void;
}

export function monacoEditor(
  host: HTMLElement,
  first: SourceText,
  theme: Theme,
  events: EditorEvents,
): MonacoEditor {
  defineLanguage();
  const documents = documentsOf(monaco, LANGUAGE, events.files.text, (path, text) => {
    if (path === file) events.changed();
    else events.files.rewrite(path, text);
  });
  registerLanguage(monaco, LANGUAGE, documents, events, () => file);
  /** The program that is edited. */
  let file = first.file;
  let model = documents.have(file, first.text);
  /** Where its reader was in each file, by path. */
  const views = new Map<string, monaco.editor.ICodeEditorViewState | null>();
  const editor = monaco.editor.create(host, {
    model,
    theme: themeName(theme),
    ariaLabel: 'Program',
    automaticLayout: true,
    fontFamily: getComputedStyle(host).fontFamily,
    fontSize: 13.5,
    lineHeight: 22,
    fontLigatures: false,
    padding: { top: 14, bottom: 14 },
    lineNumbersMinChars: 3,
    lineDecorationsWidth: 10,
    folding: true,
    showFoldingControls: 'mouseover',
    minimap: { enabled: false },
    overviewRulerBorder: false,
    hideCursorInOverviewRuler: true,
    renderLineHighlight: 'line',
    renderLineHighlightOnlyWhenFocus: true,
    scrollBeyondLastLine: false,
    scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
    smoothScrolling: true,
    tabSize: 2,
    wordWrap: 'on',
    wrappingIndent: 'deepIndent',
    fixedOverflowWidgets: true,
    'semanticHighlighting.enabled': true,
    suggest: { showWords: false, snippetsPreventQuickSuggestions: false },
    codeLensFontSize: 11.5,
    guides: { indentation: false },
    stickyScroll: { enabled: false },
    contextmenu: false,
    readOnlyMessage: { value: 'A file of the standard library: it can be read, not changed' },
  });
  editor.addAction({
    id: 'energy.run',
    label: 'Run',
    keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
    run: events.run,
  });
  // Monaco's own key on Linux opens the browser's tools.
  monaco.editor.addKeybindingRule({
    keybinding: monaco.KeyMod.Shift | monaco.KeyMod.Alt | monaco.KeyCode.KeyF,
    command: 'editor.action.formatDocument',
    when: 'editorTextFocus && editorHasDocumentFormattingProvider',
  });
  const canGoBack = editor.createContextKey<boolean>('energy.back', false);

  const show = (next: monaco.editor.ITextModel, library: string | null): void => {
    const before = editor.getModel();
    if (before !== next) {
      const left = before && documents.pathOf(before.uri);
      if (left) views.set(left, editor.saveViewState());
      editor.setModel(next);
      const view = views.get(documents.pathOf(next.uri) ?? '');
      if (view) editor.restoreViewState(view);
      else editor.setScrollTop(0);
    }
    editor.updateOptions({ readOnly: library !== null });
    events.library(library);
  };
  const showProgram = (): void => {
    if (editor.getModel() !== model) show(model, null);
  };
  /** @param other whether the file has just come: nobody looks at a part of it yet */
  const putCursor = (line: number, column: number, other = false): void => {
    editor.setPosition({ lineNumber: line, column });
    if (other) editor.revealLineInCenter(line, monaco.editor.ScrollType.Immediate);
    else editor.revealLineInCenterIfOutsideViewport(line);
    editor.focus();
  };
  const goTo = async ({ path, line, column }: Place): Promise<boolean> => {
    const before = editor.getModel();
    if (isStd(path)) {
      const found = await documents.look(path);
      if (!found) return false;
      show(found, path);
    } else if (path === file) showProgram();
    else return events.files.open(path, line, column);
    putCursor(line, column, editor.getModel() !== before);
    return true;
  };
  /** Where names were followed from: the way back. */
  const trail: Place[] = [];
  const here = (): Place | null => {
    const at = editor.getPosition();
    const path = documents.pathOf(editor.getModel()?.uri ?? model.uri);
    return at && path !== null ? { path, line: at.lineNumber, column: at.column } : null;
  };
  const goBack = async (): Promise<void> => {
    const to = trail.pop();
    canGoBack.set(trail.length > 0);
    if (to) await goTo(to);
  };
  monaco.editor.registerEditorOpener({
    async openCodeEditor(_source, resource, at) {
      const path = documents.pathOf(resource);
      const from = here();
      if (path === null || from === null) return false;
      const line = at && ('lineNumber' in at ? at.lineNumber : at.startLineNumber);
      const column = at && ('lineNumber' in at ? at.column : at.startColumn);
      const there = await goTo({ path, line: line ?? 1, column: column ?? 1 });
      if (there) trail.push(from);
      canGoBack.set(trail.length > 0);
      return there;
    },
  });
  editor.addAction({
    id: 'energy.back',
    label: 'Back',
    precondition: 'energy.back',
    keybindings: [
      onMac ? monaco.KeyMod.WinCtrl | monaco.KeyCode.Minus : monaco.KeyMod.Alt | monaco.KeyCode.LeftArrow,
    ],
    run: goBack,
  });
  return {
    get text() {
      return model.getValue();
    },
    get cursor() {
      const at =
        editor.getModel() === model
          ? editor.getPosition()
          : (views.get(file)?.cursorState[0]?.position ?? null);
      return at ? model.getOffsetAt(at) : 0;
    },
    setText(next, path) {
      if (documents.find(path)?.getValue() !== next) views.delete(path);
      file = path;
      model = documents.have(path, next);
      show(model, null);
    },
    forget() {
      views.clear();
      trail.length = 0;
      canGoBack.set(false);
      documents.follow(() => null, file);
    },
    follow: (textOf) => documents.follow(textOf, file),
    showProgram,
    focus: () => editor.focus(),
    edit({ start, end, text }) {
      showProgram();
      const range = monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end));
      editor.pushUndoStop();
      editor.executeEdits('options', [{ range, text }]);
      editor.pushUndoStop();
    },
    showProblems(problems) {
      monaco.editor.setModelMarkers(model, OWNER, problems.flatMap(markerOf));
    },
    reveal(line, column) {
      showProgram();
      putCursor(line, column);
    },
    setTheme: (next) => monaco.editor.setTheme(themeName(next)),
    scrollTo: (top) => editor.setScrollTop(top),
  };
}

function markerOf(p: Problem): readonly monaco.editor.IMarkerData[] {
  const { place } = p;
  if (place.kind !== 'source') return [];
  const notes = p.notes.map((n) => `note: ${n.message}`);
  const help = p.suggestion === undefined ? [] : [`help: ${p.suggestion}`];
  return [
    {
      severity: severities[p.severity],
      code: p.code,
      message: [p.message, ...notes, ...help].join('\n'),
      startLineNumber: place.line,
      startColumn: place.column,
      endLineNumber: place.endLine,
      endColumn: place.endColumn,
    },
  ];
}
