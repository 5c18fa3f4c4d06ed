/** The program in the editor, what is wrong with it, its jobs and what they come to. */
import { makeCompiler } from './compiler.ts';
import { byId } from './dom.ts';
import { type Editor, type EditorFiles, makeEditor } from './editor.ts';
import type { FilesMessage, Problem, ShownRun, SourceText } from './protocol.ts';
import type { Theme, Themes } from './theme.ts';
import { addJobMenu } from './views/add-job.ts';
import { engineChoice } from './views/engine-choice.ts';
import { jobOptions } from './views/job-options.ts';
import { jobsView } from './views/jobs.ts';
import { libraryNote } from './views/library-note.ts';
import { problemsView } from './views/problems.ts';
import { programEdits } from './views/program-edits.ts';
import { rightPane } from './views/right-pane.ts';
import { stageHost } from './views/stage-host.ts';

/** How long to wait after a keystroke before checking. */
const DEBOUNCE_MS = 150;

export interface ProgramPage {
  readonly editor: Editor;
  /** Another program; `fresh` where it is of another workspace, and nothing of the one before stays. */
  open(file: string, text: string, fresh: boolean): void;
  /** Other files of the workspace changed. */
  tell(told: { readonly changed: FilesMessage; readonly whole: FilesMessage } | null): void;
  check(): void;
  run(job: string | null): void;
  stop(): void;
  togglePause(): void;
  showRun(name: string, run: ShownRun): void;
  setTheme(theme: Theme): void;
}

export interface ProgramHearing {
  /** The files around the program. */
  readonly files: EditorFiles;
  /** The text in the editor changed. */
  readonly typed: (text: string) => void;
  /** What the program reads besides itself, from its folder. */
  readonly reads: (paths: readonly string[]) => void;
  /** The program of a run that was read from its folder is to be opened. */
  readonly openProgram: (file: string, text: string) => void;
  /** The engine that was chosen cannot be had in this browser. */
  readonly engineFault: (why: string) => void;
  /** The editor has arrived. */
  readonly ready: () => void;
}

export function programPage(themes: Themes, hearing: ProgramHearing): ProgramPage {
  const controls = {
    run: byId('run', HTMLButtonElement),
    stop: byId('stop', HTMLButtonElement),
    pause: byId('pause', HTMLButtonElement),
  };
  const say = {
    file: byId('file', HTMLElement),
    checked: byId('checked', HTMLElement),
  };
  const results = byId('results', HTMLElement);

  let file = '';
  /** While another program goes into the editor, nobody types. */
  let opening = false;
  let checkProblems: readonly Problem[] = [];
  /** Faults of the last run; forgotten with the next edit. */
  let runProblems: readonly Problem[] = [];
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const source = (): SourceText => ({ file, text: editor.text });
  const wrong = (): boolean => checkProblems.some((p) => p.severity === 'error');
  const reveal = (line: number, column: number): void => editor.reveal(line, column);

  const library = libraryNote(byId('editor', HTMLElement), () => {
    editor.showProgram();
    editor.focus();
  });
  const problems = problemsView(byId('problems', HTMLElement), reveal);
  const stage = stageHost({
    watch: (energy, job, settings) => compiler.stage.watch(source(), energy, job, settings),
    set: (settings) => compiler.stage.set(settings),
    drawn: () => compiler.stage.drawn(),
    close: () => compiler.stage.close(),
    reveal,
  });
  const jobs = jobsView(
    results,
    {
      run: start,
      reveal,
      theme: () => themes.now,
      watch: stage.watch,
      resume: goOn,
      openProgram: hearing.openProgram,
    },
    stage.element,
  );

  const compiler = makeCompiler({
    checked(m) {
      checkProblems = m.problems;
      showProblems();
      say.checked.textContent = `checked in ${m.milliseconds < 10 ? m.milliseconds.toFixed(1) : m.milliseconds.toFixed(0)} ms`;
      allow();
      hearing.reads(m.reads);
      // While something is mistyped, the jobs and their results stay as they are.
      if (!wrong()) {
        jobs.show(m.energies, m.jobs);
        forms.show(m.energies, m.jobs, edits.dataNames());
        right.changed();
      }
    },
    prepared(engine, fault) {
      engines.prepared(engine, fault);
      if (fault !== null) hearing.engineFault(fault);
    },
    run(m) {
      if (m.type === 'faults') {
        runProblems = m.problems;
        showProblems();
      }
      jobs.message(m);
      if (m.type === 'ended') allow();
    },
    stage: stage.message,
  });

  const editor = makeEditor(
    byId('plain', HTMLTextAreaElement),
    byId('editor', HTMLElement),
    themes.now,
    {
      changed,
      run: () => start(null),
      runJob: start,
      ask:
        (about) =>
        (feature, ...args) =>
          compiler.ask(about, feature, args),
      files: hearing.files,
      library: (path) => {
        library.show(path, file);
        say.file.textContent = path ?? file;
      },
    },
    () => {
      document.documentElement.dataset.editor = 'ready';
      performance.mark('editor-ready');
      compiler.prepare();
      hearing.ready();
    },
  );

  const engines = engineChoice(byId('engine', HTMLSelectElement), (engine) => {
    compiler.take(engine);
    right.changed();
    allow();
  });
  const edits = programEdits({ source, editor, compiler });
  const forms = jobOptions(results, { edit: edits.setOption });
  const right = rightPane({
    inspect: edits.inspect,
    reveal,
    revealAt: edits.revealAt,
    file: () => file,
    theme: () => themes.now,
  });
  addJobMenu(byId('add-job', HTMLButtonElement), { inspect: edits.inspect, append: edits.append });

  function showProblems(): void {
    // A run of what is being checked finds the same.
    const known = new Set(checkProblems.map((p) => JSON.stringify(p)));
    const all = [...checkProblems, ...runProblems.filter((p) => !known.has(JSON.stringify(p)))];
    problems.show(all);
    editor.showProblems(all.filter((p) => p.place.kind === 'source' && p.place.file === file));
  }

  function changed(): void {
    if (opening) return;
    runProblems = [];
    hearing.typed(editor.text);
    clearTimeout(waiting);
    waiting = setTimeout(() => compiler.check(source()), DEBOUNCE_MS);
  }

  /** What can be pressed now. */
  function allow(): void {
    const on = !compiler.running && !wrong();
    controls.run.disabled = !on;
    controls.run.title = wrong() ? 'There are errors to mend first' : 'Run (Ctrl+Enter)';
    controls.stop.disabled = !compiler.running;
    controls.pause.disabled = !compiler.running;
    controls.pause.lastChild!.textContent = compiler.paused ? 'Resume' : 'Pause';
    stage.hold(compiler.running && !compiler.paused);
    document.documentElement.toggleAttribute('data-running', compiler.running);
    jobs.enable(on);
  }

  function start(job: string | null): void {
    if (controls.run.disabled) return;
    right.show('run');
    runProblems = [];
    showProblems();
    jobs.begin();
    compiler.run(source(), job);
    allow();
  }

  /** Goes on with the job that was stopped last. */
  function goOn(): void {
    if (controls.run.disabled) return;
    compiler.resume();
    allow();
  }

  return {
    editor,
    open(next, text, fresh) {
      const other = fresh || next !== file;
      if (other) {
        compiler.drop();
        stage.close();
        jobs.clear();
        runProblems = [];
      }
      file = next;
      say.file.textContent = next;
      opening = true;
      if (fresh) editor.forget();
      editor.setText(text, next);
      opening = false;
      allow();
    },
    tell: (told) => told && compiler.files(told),
    check() {
      clearTimeout(waiting);
      compiler.check(source());
    },
    run: start,
    stop: () => compiler.stop(),
    togglePause() {
      compiler.pause(!compiler.paused);
      jobs.pause(compiler.paused);
      allow();
    },
    showRun(name, run) {
      right.show('run');
      jobs.showRun(name, run);
    },
    setTheme(theme) {
      editor.setTheme(theme);
      jobs.setTheme(theme);
      right.setTheme(theme);
    },
  };
}
