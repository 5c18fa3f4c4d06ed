/** The program's editor: a plain text field at once, Monaco as soon as it has arrived. */
import type { SpanEdit } from '../../src/language/edit-run.ts';
import type { Ask, Problem, SourceText } from './protocol.ts';
import type { Theme } from './theme.ts';

export interface Editor {
  readonly text: string;
  /** Where the cursor is, as an offset of the text. */
  readonly cursor: number;
  /** Shows a program; one that was shown before keeps its cursor and what can be undone. */
  setText(text: string, file: string): void;
  /** Forgets what was shown before: other programs follow. */
  forget(): void;
  /** Other files of the workspace are as `textOf` says now; null: gone. */
  follow(textOf: (path: string) => string | null): void;
  /** The program again, where a file of the library is shown in its place. */
  showProgram(): void;
  focus(): void;
  /** Changes a part of the text, as if it were typed: it can be undone. */
  edit(e: SpanEdit): void;
  /** Marks the places that are in this program. */
  showProblems(problems: readonly Problem[]): void;
  /** Puts the cursor at a place, 1-based, and the focus into the editor. */
  reveal(line: number, column: number): void;
  setTheme(theme: Theme): void;
}

/** The files around the program: where names lead, and what is renamed with it. Paths are those of the workspace. */
export interface EditorFiles {
  /** The text of a file, or of a module of the library (`std/lattice`); null where there is none to be had. */
  readonly text: (path: string) => Promise<string | null>;
  /** Why a file cannot be changed; null where it can. */
  readonly fixed: (path: string) => string | null;
  /** Makes a file the program in the editor, the cursor at a place, 1-based. @returns whether that could be done */
  readonly open: (path: string, line: number, column: number) => Promise<boolean>;
  /** A file other than the program was changed by an edit, or by one that was undone. */
  readonly rewrite: (path: string, text: string) => void;
  /** A name was changed in several files, the program among them. */
  readonly renamed: (paths: readonly string[]) => void;
}

export interface EditorEvents {
  readonly changed: () => void;
  /** Ctrl+Enter. */
  readonly run: () => void;
  /** The line above a job was pressed. */
  readonly runJob: (job: string) => void;
  /** Asks the language service about a text. */
  readonly ask: (source: SourceText) => Ask;
  readonly files: EditorFiles;
  /** A module of the library is shown in place of the program; null: the program again. */
  readonly library: (path: string | null) => void;
}

/**
 * @param plain the text field of the page, used until Monaco is there and where it cannot be had
 * @param host where Monaco goes
 * @param ready called once, when Monaco has taken over
 */
export function makeEditor(
  plain: HTMLTextAreaElement,
  host: HTMLElement,
  theme: Theme,
  events: EditorEvents,
  ready: () => void,
): Editor {
  let now: Editor = plainEditor(plain, events);
  let lastTheme = theme;
  let lastProblems: readonly Problem[] = [];
  let lastFile = '';
  // After the first paint: the page with its program comes before the machinery.
  requestAnimationFrame(() =>
    setTimeout(async () => {
      const { monacoEditor } = await import('./monaco.ts');
      const focused = document.activeElement === plain;
      const { selectionStart, scrollTop } = plain;
      const monaco = monacoEditor(host, { file: lastFile, text: now.text }, lastTheme, events);
      if (focused) {
        const before = now.text.slice(0, selectionStart).split('\n');
        monaco.reveal(before.length, before[before.length - 1].length + 1);
      }
      plain.hidden = true;
      now = monaco;
      monaco.scrollTo(scrollTop);
      monaco.showProblems(lastProblems);
      ready();
    }),
  );
  return {
    get text() {
      return now.text;
    },
    get cursor() {
      return now.cursor;
    },
    setText(text, file) {
      lastFile = file;
      now.setText(text, file);
    },
    forget: () => now.forget(),
    follow: (textOf) => now.follow(textOf),
    showProgram: () => now.showProgram(),
    focus: () => now.focus(),
    edit: (e) => now.edit(e),
    showProblems(problems) {
      lastProblems = problems;
      now.showProblems(problems);
    },
    reveal: (line, column) => now.reveal(line, column),
    setTheme(next) {
      lastTheme = next;
      now.setTheme(next);
    },
  };
}

function plainEditor(area: HTMLTextAreaElement, events: EditorEvents): Editor {
  area.addEventListener('input', events.changed);
  area.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey)) return;
    e.preventDefault();
    events.run();
  });
  return {
    get text() {
      return area.value;
    },
    get cursor() {
      return area.selectionStart;
    },
    setText(text) {
      area.value = text;
    },
    forget() {},
    follow() {},
    showProgram() {},
    focus: () => area.focus(),
    edit({ start, end, text }) {
      area.setRangeText(text, start, end, 'preserve');
      events.changed();
    },
    showProblems() {},
    reveal(line, column) {
      const at = area.value.split('\n').slice(0, line - 1);
      const offset = at.reduce((n, l) => n + l.length + 1, 0) + column - 1;
      area.focus();
      area.setSelectionRange(offset, offset);
    },
    setTheme() {},
  };
}
