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
import type { Editor, EditorEvents } from './editor.ts';
import { registerLanguage } from './language.ts';
import { defineThemes, themeName } from './monaco-theme.ts';
import type { Problem } from './protocol.ts';
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

export interface MonacoEditor extends Editor {
  scrollTo(top: number): void;
}

export function monacoEditor(
  host: HTMLElement,
  text: string,
  theme: Theme,
  events: EditorEvents,
): MonacoEditor {
  defineLanguage();
  registerLanguage(monaco, LANGUAGE, events);
  interface Shown {
    readonly model: monaco.editor.ITextModel;
    view: monaco.editor.ICodeEditorViewState | null;
  }
  /** The programs that were shown, by path: each keeps what can be undone. */
  const shown = new Map<string, Shown>();
  let file = '';
  const modelOf = (content: string): monaco.editor.ITextModel => {
    const made = monaco.editor.createModel(content, LANGUAGE);
    made.onDidChangeContent(events.changed);
    return made;
  };
  let model = modelOf(text);
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
  return {
    get text() {
      return model.getValue();
    },
    get cursor() {
      const at = editor.getPosition();
      return at ? model.getOffsetAt(at) : 0;
    },
    setText(next, path) {
      const left = shown.get(file);
      if (left) left.view = editor.saveViewState();
      file = path;
      let entry = shown.get(path);
      if (!entry) {
        const first = shown.size === 0 && model.getValue() === next;
        entry = { model: first ? model : modelOf(next), view: null };
        shown.set(path, entry);
      } else if (entry.model.getValue() !== next) {
        entry.model.setValue(next);
        entry.view = null;
      }
      if (entry.model === model) return;
      const before = model;
      model = entry.model;
      editor.setModel(model);
      if (entry.view) editor.restoreViewState(entry.view);
      else editor.setScrollTop(0);
      if (![...shown.values()].some((s) => s.model === before)) before.dispose();
    },
    forget() {
      for (const { model: own } of shown.values()) if (own !== model) own.dispose();
      shown.clear();
    },
    focus: () => editor.focus(),
    edit({ start, end, text }) {
      const range = monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end));
      editor.pushUndoStop();
      editor.executeEdits('options', [{ range, text }]);
      editor.pushUndoStop();
    },
    showProblems(problems) {
      monaco.editor.setModelMarkers(model, OWNER, problems.flatMap(markerOf));
    },
    reveal(line, column) {
      editor.setPosition({ lineNumber: line, column });
      editor.revealLineInCenterIfOutsideViewport(line);
      editor.focus();
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
