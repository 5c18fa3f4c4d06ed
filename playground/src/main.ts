/** The page: editor on the left, jobs and their results on the right. */
import { makeCompiler } from './compiler.ts';
import { makeDivider } from './divider.ts';
import { byId, h, icon } from './dom.ts';
import { makeEditor } from './editor.ts';
import { type Example, examples, firstExample } from './examples.ts';
import { documentUri, type Problem, type SourceText } from './protocol.ts';
import { linkOf, readLink } from './share.ts';
import { makeThemes, type Theme } from './theme.ts';
import { addJobMenu } from './views/add-job.ts';
import { jobOptions } from './views/job-options.ts';
import { jobsView } from './views/jobs.ts';
import { problemsView } from './views/problems.ts';
import { programEdits } from './views/program-edits.ts';
import { rightPane } from './views/right-pane.ts';
import { stageHost } from './views/stage-host.ts';

/** How long to wait after a keystroke before checking. */
const DEBOUNCE_MS = 150;
const SHARED = 'shared.energy';

const themes = makeThemes();
const run = byId('run', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const pause = byId('pause', HTMLButtonElement);
const pick = byId('example', HTMLSelectElement);
const plain = byId('plain', HTMLTextAreaElement);
const toast = byId('toast', HTMLElement);
const say = {
  about: byId('about', HTMLElement),
  file: byId('file', HTMLElement),
  checked: byId('checked', HTMLElement),
  engine: byId('engine', HTMLElement),
};

let file = SHARED;
let checkProblems: readonly Problem[] = [];
/** Faults of the last run; forgotten with the next edit. */
let runProblems: readonly Problem[] = [];

const reveal = (line: number, column: number): void => editor.reveal(line, column);
const problems = problemsView(byId('problems', HTMLElement), reveal);
const stage = stageHost({
  watch: (energy, job, settings) => compiler.stage.watch(source(), energy, job, settings),
  set: (settings) => compiler.stage.set(settings),
  drawn: () => compiler.stage.drawn(),
  close: () => compiler.stage.close(),
  reveal,
});
const jobs = jobsView(
  byId('results', HTMLElement),
  { run: start, reveal, theme: () => themes.now, watch: stage.watch, resume: goOn },
  stage.element,
);

const compiler = makeCompiler({
  checked(m) {
    checkProblems = m.problems;
    showProblems();
    say.checked.textContent = `checked in ${m.milliseconds < 10 ? m.milliseconds.toFixed(1) : m.milliseconds.toFixed(0)} ms`;
    allow();
    // While something is mistyped, the jobs and their results stay as they are.
    if (!wrong()) {
      jobs.show(m.energies, m.jobs);
      forms.show(m.energies, m.jobs, edits.dataNames());
      right.changed();
    }
  },
  prepared(engine) {
    say.engine.textContent = engine;
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
  plain,
  byId('editor', HTMLElement),
  themes.now,
  {
    changed,
    run: () => start(null),
    runJob: start,
    ask: (feature, ...args) => compiler.ask(source(), feature, args),
    document: () => documentUri(file),
  },
  () => {
    document.documentElement.dataset.editor = 'ready';
    performance.mark('editor-ready');
    compiler.prepare();
  },
);

const source = (): SourceText => ({ file, text: editor.text });

const edits = programEdits({ source, editor, compiler });
const forms = jobOptions(byId('results', HTMLElement), { edit: edits.setOption });
const right = rightPane({
  inspect: edits.inspect,
  reveal,
  revealAt: edits.revealAt,
  file: () => file,
  theme: () => themes.now,
});
addJobMenu(byId('add-job', HTMLButtonElement), { inspect: edits.inspect, append: edits.append });

function showProblems(): void {
  const all = [...checkProblems, ...runProblems];
  problems.show(all);
  editor.showProblems(all.filter((p) => p.place.kind === 'source' && p.place.file === file));
}

let waiting: ReturnType<typeof setTimeout> | undefined;
function changed(): void {
  runProblems = [];
  clearTimeout(waiting);
  waiting = setTimeout(() => compiler.check(source()), DEBOUNCE_MS);
}

const wrong = (): boolean => checkProblems.some((p) => p.severity === 'error');

/** What can be pressed now. */
function allow(): void {
  const on = !compiler.running && !wrong();
  run.disabled = !on;
  run.title = wrong() ? 'There are errors to mend first' : 'Run (Ctrl+Enter)';
  stop.disabled = !compiler.running;
  pause.disabled = !compiler.running;
  pause.lastChild!.textContent = compiler.paused ? 'Resume' : 'Pause';
  stage.hold(compiler.running && !compiler.paused);
  document.documentElement.toggleAttribute('data-running', compiler.running);
  jobs.enable(on);
}

function start(job: string | null): void {
  if (run.disabled) return;
  right.show('run');
  runProblems = [];
  showProblems();
  jobs.begin();
  compiler.run(source(), job);
  allow();
}

/** Goes on with the job that was stopped last. */
function goOn(): void {
  if (run.disabled) return;
  compiler.resume();
  allow();
}

function togglePause(): void {
  compiler.pause(!compiler.paused);
  jobs.pause(compiler.paused);
  allow();
}

function open(name: string, text: string, about: string): void {
  compiler.drop();
  stage.close();
  allow();
  file = name;
  say.file.textContent = name;
  say.about.textContent = about;
  jobs.clear();
  editor.setText(text);
  clearTimeout(waiting);
  runProblems = [];
  compiler.check(source());
}

function openExample(example: Example): void {
  pick.value = example.name;
  open(example.file, example.text, example.about);
}

async function openLink(): Promise<void> {
  const link = await readLink(location.hash);
  const named = link?.kind === 'example' && examples.find((e) => e.name === link.name);
  if (link?.kind === 'code') {
    pick.selectedIndex = -1;
    open(SHARED, link.text, 'from a link');
  } else openExample(named || firstExample());
}

async function share(): Promise<void> {
  history.replaceState(null, '', await linkOf(editor.text));
  try {
    await navigator.clipboard.writeText(location.href);
    notice('Link copied. It carries the whole program.');
  } catch {
    notice('The link is in the address bar. It carries the whole program.');
  }
}

let fading: ReturnType<typeof setTimeout> | undefined;
function notice(text: string): void {
  toast.textContent = text;
  toast.dataset.shown = '';
  clearTimeout(fading);
  fading = setTimeout(() => delete toast.dataset.shown, 2600);
}

function showTheme(theme: Theme): void {
  const button = byId('theme', HTMLButtonElement);
  button.replaceChildren(icon(theme === 'dark' ? 'sun' : 'moon'));
  button.setAttribute('aria-pressed', String(theme === 'dark'));
  editor.setTheme(theme);
  jobs.setTheme(theme);
  right.setTheme(theme);
}

const fields = [...new Set(examples.map((e) => e.field))];
pick.append(
  ...fields.map((field) =>
    h(
      'optgroup',
      { label: field },
      ...examples.filter((e) => e.field === field).map((e) => h('option', { value: e.name }, e.name)),
    ),
  ),
);
pick.addEventListener('change', () => {
  const example = examples.find((e) => e.name === pick.value);
  if (!example) return;
  history.replaceState(null, '', `#example=${example.name}`);
  openExample(example);
});
run.addEventListener('click', () => start(null));
stop.addEventListener('click', () => compiler.stop());
pause.addEventListener('click', togglePause);
byId('share', HTMLButtonElement).addEventListener('click', () => void share());
byId('theme', HTMLButtonElement).addEventListener('click', () => themes.toggle());
addEventListener('hashchange', () => void openLink());
addEventListener('keydown', (e) => {
  if (e.key !== 'Enter' || !(e.ctrlKey || e.metaKey) || e.defaultPrevented) return;
  e.preventDefault();
  start(null);
});
makeDivider(byId('divider', HTMLElement), byId('panes', HTMLElement));
themes.onChange(showTheme);
showTheme(themes.now);
await openLink();
