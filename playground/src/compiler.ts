/** The page's side of the workers: one that checks while you type, one that runs. */
import { chosenEngine, type PageEngine, workerName } from './engine-choice.ts';
import { type Inspector, makeInspector } from './inspector.ts';
import type {
  Feature,
  FeatureAnswer,
  FeatureArgs,
  FilesMessage,
  FromWorker,
  SourceText,
  ToWorker,
} from './protocol.ts';
import type { StageSettings } from './staged.ts';
import EnergyWorker from './worker.ts?worker';

export type Checked = Extract<FromWorker, { type: 'checked' }>;
/** What chains on the stage say. */
export type StageMessage = Extract<
  FromWorker,
  { type: 'stage-opened' | 'stage-frame' | 'stage-plane' | 'stage-fault' }
>;
export type RunMessage = Exclude<
  FromWorker,
  StageMessage | { type: 'checked' | 'answer' | 'prepared' | 'inspected' }
>;

export interface Compiler {
  /** Checks the latest text; an answer to an earlier one is dropped. */
  check(source: SourceText): void;
  /** Asks the language service about a text. */
  ask<F extends Feature>(
    source: SourceText,
    feature: F,
    args: FeatureArgs<F>,
  ): Promise<FeatureAnswer<F> | null>;
  /** Looks into a text without running it. */
  readonly inspect: Inspector['inspect'];
  /** Tells all workers which files of the workspace changed, and those that start later which there are. */
  files(told: { readonly changed: FilesMessage; readonly whole: FilesMessage }): void;
  /** Loads the engine, so that the first run starts at once. */
  prepare(): void;
  /** Takes another engine from now on; a run under way ends. */
  take(engine: PageEngine): void;
  run(source: SourceText, job: string | null): void;
  /** Ends the present run: kindly, and when that takes too long by replacing the worker. */
  stop(): void;
  /** Asks the present run to wait, or to go on. */
  pause(on: boolean): void;
  /** Goes on with what was stopped last. */
  resume(): void;
  readonly stage: StageLink;
  /** Ends the present run at once and unheard: another program is opened. */
  drop(): void;
  readonly running: boolean;
  readonly paused: boolean;
}

/** Chains on the stage: one energy at a time. */
export interface StageLink {
  /** @param settings null: as the energy is written */
  watch(source: SourceText, energy: string, job: string | null, settings: StageSettings | null): void;
  set(settings: StageSettings): void;
  /** A frame has been drawn. */
  drawn(): void;
  close(): void;
}

export interface Listener {
  readonly checked: (m: Checked) => void;
  readonly prepared: (engine: string, fault: string | null) => void;
  readonly run: (m: RunMessage) => void;
  readonly stage: (m: StageMessage) => void;
}

/** How long a run may take to hear that it is to stop, and may be silent while it tells what there is. */
const PATIENCE_MS = 2000;
const tellsWhatThereIs = (m: FromWorker): boolean =>
  m.type === 'film' ||
  m.type === 'result' ||
  (m.type === 'event' && m.event.event === 'progress' && m.event.phase === 'summing');

export function makeCompiler(listener: Listener): Compiler {
  let engine = chosenEngine();
  let lastCheck = 0;
  let lastRun = 0;
  let lastWatch = 0;
  let running = false;
  let paused = false;
  let impatient: ReturnType<typeof setTimeout> | undefined;

  let lastQuestion = 0;
  const questions = new Map<number, (answer: unknown) => void>();

  const checker = new EnergyWorker({ name: 'check' });
  checker.onmessage = ({ data: m }: MessageEvent<FromWorker>) => {
    if (m.type === 'answer') {
      questions.get(m.id)?.(m.value);
      questions.delete(m.id);
    }
    if (m.type === 'checked' && m.id === lastCheck) listener.checked(m);
    if (m.type === 'inspected') inspector.heard(m);
  };
  const inspector = makeInspector(
    (message) => post(checker, message),
    () => workerName('inspect', engine),
  );

  const start = (): Worker => {
    const worker = new EnergyWorker({ name: workerName('run', engine) });
    worker.onmessage = ({ data: m }: MessageEvent<FromWorker>) => {
      if (m.type === 'checked' || m.type === 'answer' || m.type === 'inspected') return;
      if (m.type === 'prepared') return listener.prepared(m.engine, m.fault);
      if (
        m.type === 'stage-opened' ||
        m.type === 'stage-frame' ||
        m.type === 'stage-plane' ||
        m.type === 'stage-fault'
      ) {
        if (m.id === lastWatch) listener.stage(m);
        return;
      }
      if (m.id !== lastRun) return;
      if (m.type === 'ended') over();
      // It has heard of the stop, and tells what there is.
      else if (impatient !== undefined && tellsWhatThereIs(m)) awaitEnd();
      listener.run(m);
    };
    worker.onerror = (e) => {
      e.preventDefault();
      if (!running) return;
      over();
      listener.run({ type: 'crashed', id: lastRun, job: null, message: e.message });
      listener.run({ type: 'ended', id: lastRun, stopped: false });
    };
    return worker;
  };
  const over = (): void => {
    running = false;
    paused = false;
    clearTimeout(impatient);
    impatient = undefined;
  };
  const awaitEnd = (): void => {
    clearTimeout(impatient);
    impatient = setTimeout(() => {
      replace();
      listener.run({ type: 'ended', id: lastRun, stopped: true });
    }, PATIENCE_MS);
  };
  let runner = start();
  let allFiles: FilesMessage | null = null;
  const replace = (): void => {
    runner.terminate();
    over();
    runner = start();
    if (allFiles) post(runner, allFiles);
    post(runner, { type: 'prepare' });
    if (lastWatch > 0)
      listener.stage({ type: 'stage-fault', id: lastWatch, problems: [], crash: null, over: true });
  };
  const post = (worker: Worker, message: ToWorker): void => worker.postMessage(message);

  return {
    check: (source) => post(checker, { type: 'check', id: ++lastCheck, source }),
    ask<F extends Feature>(source: SourceText, feature: F, args: FeatureArgs<F>) {
      const id = ++lastQuestion;
      return new Promise<FeatureAnswer<F> | null>((resolve) => {
        questions.set(id, (answer) => resolve(answer as FeatureAnswer<F> | null));
        post(checker, { type: 'ask', id, source, feature, args });
      });
    },
    inspect: inspector.inspect,
    files({ changed, whole }) {
      allFiles = whole;
      post(checker, changed);
      post(runner, changed);
      inspector.tell(changed, whole);
    },
    prepare: () => post(runner, { type: 'prepare' }),
    take(chosen) {
      engine = chosen;
      if (running) listener.run({ type: 'ended', id: lastRun, stopped: true });
      replace();
      inspector.forget();
    },
    run(source, job) {
      if (running) return;
      running = true;
      post(runner, { type: 'run', id: ++lastRun, source, job });
    },
    stop() {
      if (!running) return;
      post(runner, { type: 'stop' });
      awaitEnd();
    },
    pause(on) {
      if (!running || paused === on) return;
      paused = on;
      post(runner, { type: 'pause', on });
    },
    resume() {
      if (running) return;
      running = true;
      post(runner, { type: 'resume', id: ++lastRun });
    },
    stage: {
      watch: (source, energy, job, settings) =>
        post(runner, { type: 'watch', id: ++lastWatch, source, energy, job, settings }),
      set: (settings) => post(runner, { type: 'stage-set', id: lastWatch, settings }),
      drawn: () => post(runner, { type: 'stage-drawn', id: lastWatch }),
      close: () => post(runner, { type: 'unwatch', id: lastWatch++ }),
    },
    drop() {
      if (running) replace();
    },
    get running() {
      return running;
    },
    get paused() {
      return paused;
    },
  };
}
