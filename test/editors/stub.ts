/** As much of VS Code's extension host as a language client needs to start: what it asks for is answered or ignored. */

export interface Stub {
  /** What `require('vscode')` is. */
  readonly module: object;
  readonly commands: ReadonlyMap<string, (...args: readonly unknown[]) => unknown>;
  /** Diagnostics by document. */
  readonly told: ReadonlyMap<string, readonly { readonly message: string }[]>;
  /** What was said to the user. */
  readonly messages: readonly string[];
  /** Tasks that were run: the command with its arguments. */
  readonly tasks: readonly (readonly string[])[];
  readonly settings: Map<string, unknown>;
}

class Uri {
  readonly scheme = 'file';
  readonly authority = '';
  readonly fsPath: string;
  constructor(fsPath: string) {
    this.fsPath = fsPath;
  }
  get path(): string {
    return this.fsPath;
  }
  static file = (p: string): Uri => new Uri(p);
  static parse = (text: string): Uri => new Uri(decodeURIComponent(text.replace(/^file:\/\//, '')));
  toString(): string {
    return `file://${this.fsPath.split('/').map(encodeURIComponent).join('/')}`;
  }
}

class Disposable {
  dispose(): void {}
}

class EventEmitter {
  private readonly listeners = new Set<(e: unknown) => void>();
  readonly event = (listener: (e: unknown) => void): Disposable => {
    this.listeners.add(listener);
    return new Disposable();
  };
  fire(e: unknown): void {
    for (const l of this.listeners) l(e);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

/** Of questions that nobody withdraws. */
class CancellationTokenSource {
  readonly token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  cancel(): void {}
  dispose(): void {}
}

class Position {
  readonly line: number;
  readonly character: number;
  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

class Diagnostic {
  readonly range: unknown;
  readonly message: string;
  constructor(range: unknown, message: string) {
    this.range = range;
    this.message = message;
  }
}

class ShellExecution {
  readonly command: readonly string[];
  constructor(command: string, args: readonly string[]) {
    this.command = [command, ...args];
  }
}

class Task {
  readonly execution: ShellExecution;
  constructor(...parts: readonly unknown[]) {
    this.execution = parts[4] as ShellExecution;
  }
}

class TabInputText {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
}

/** Whatever it is asked for, called with or made into, it is this again. */
function anything(): object {
  const known = new Map<PropertyKey, unknown>();
  const target = class {};
  return new Proxy(target, {
    get(t, key) {
      if (key === 'then') return undefined;
      if (key === 'prototype') return t.prototype;
      if (key === Symbol.iterator) return [][Symbol.iterator];
      if (key === Symbol.toPrimitive) return () => 0;
      if (!known.has(key)) known.set(key, anything());
      return known.get(key);
    },
    set: (_, key, value) => {
      known.set(key, value);
      return true;
    },
    apply: () => anything(),
  });
}

/** These members, and anything else that is asked for. */
const lenient = (members: object): object => {
  const rest = anything();
  return new Proxy(members, {
    get: (t, key) => (key in t ? Reflect.get(t, key) : Reflect.get(rest, key)),
  });
};

/** @param open the programs in the editor: their text by path */
export function stubbed(open: Readonly<Record<string, string>>): Stub {
  const commands = new Map<string, (...args: readonly unknown[]) => unknown>();
  const told = new Map<string, readonly Diagnostic[]>();
  const messages: string[] = [];
  const tasks: (readonly string[])[] = [];
  const settings = new Map<string, unknown>();
  const never = (): Disposable => new Disposable();
  const documents = Object.entries(open).map(([file, text]) => ({
    uri: Uri.file(file),
    languageId: 'energy',
    version: 1,
    isClosed: false,
    isUntitled: false,
    getText: () => text,
    save: async () => true,
  }));
  const say = async (message: string): Promise<undefined> => {
    messages.push(message);
  };
  const module = lenient({
    version: '1.106.0',
    Uri,
    CancellationTokenSource,
    Disposable,
    EventEmitter,
    Position,
    Diagnostic,
    ShellExecution,
    TabInputText,
    Task,
    TaskPanelKind: { Dedicated: 2 },
    TaskRevealKind: { Always: 1 },
    TaskScope: { Workspace: 2 },
    env: lenient({ language: 'en', appName: 'stub' }),
    commands: lenient({
      registerCommand: (name: string, run: (...args: readonly unknown[]) => unknown) => {
        if (commands.has(name)) throw new Error(`the command ${name} is there already`);
        commands.set(name, run);
        return new Disposable();
      },
    }),
    tasks: lenient({ executeTask: async (t: Task) => void tasks.push(t.execution.command) }),
    languages: lenient({
      match: () => 10,
      createDiagnosticCollection: () => ({
        set: (uri: Uri, found: readonly Diagnostic[]) => told.set(uri.fsPath, found),
        delete: (uri: Uri) => told.delete(uri.fsPath),
        clear: () => told.clear(),
        dispose: () => {},
      }),
    }),
    window: lenient({
      createOutputChannel: () =>
        lenient({
          ...Object.fromEntries(['append', 'appendLine', 'dispose'].map((k) => [k, () => {}])),
          error: say,
        }),
      showErrorMessage: say,
      showInformationMessage: say,
      showWarningMessage: say,
      visibleTextEditors: documents.map((document) => ({ document })),
      tabGroups: lenient({
        all: [{ tabs: documents.map((d) => ({ input: new TabInputText(d.uri) })) }],
        onDidChangeTabs: never,
      }),
      activeTextEditor: { document: documents[0], selection: { active: new Position(0, 0) } },
    }),
    workspace: lenient({
      isTrusted: true,
      textDocuments: documents,
      notebookDocuments: [],
      workspaceFolders: undefined,
      getWorkspaceFolder: () => undefined,
      openTextDocument: async (uri: Uri) => documents.find((d) => d.uri.fsPath === uri.fsPath),
      getConfiguration: () => ({
        get: (key: string, otherwise: unknown) => (settings.has(key) ? settings.get(key) : otherwise),
      }),
    }),
  });
  return { module, commands, told, messages, tasks, settings };
}
