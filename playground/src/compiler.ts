/** The page's side of the workers: one that checks while you type, one that runs. */
import type { Feature, FeatureAnswer, FeatureArgs, FromWorker, SourceText, ToWorker } from './protocol.ts';
import EnergyWorker from './worker.ts?worker';

export type Checked = Extract<FromWorker, { type: 'checked' }>;
export type RunMessage = Exclude<FromWorker, { type: 'checked' | 'answer' | 'prepared' }>;

export interface Compiler {
  /** Checks the latest text; an answer to an earlier one is dropped. */
  check(source: SourceText): void;
  /** Asks the language service about a text. */
  ask<F extends Feature>(
    source: SourceText,
    feature: F,
    args: FeatureArgs<F>,
  ): Promise<FeatureAnswer<F> | null>;
  /** Loads the engine, so that the first run starts at once. */
  prepare(): void;
  run(source: SourceText, job: string | null): void;
  /** Ends the present run: kindly, and when that takes too long by replacing the worker. */
  stop(): void;
  /** Ends the present run at once and unheard: another program is opened. */
  drop(): void;
  readonly running: boolean;
}

export interface Listener {
  readonly checked: (m: Checked) => void;
  readonly prepared: (engine: string) => void;
  readonly run: (m: RunMessage) => void;
}

/** How long a run may take to hear that it is to stop. */
const PATIENCE_MS = 2000;

export function makeCompiler(listener: Listener): Compiler {
  let lastCheck = 0;
  let lastRun = 0;
  let running = false;
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
  };

  const start = (): Worker => {
    const worker = new EnergyWorker({ name: 'run' });
    worker.onmessage = ({ data: m }: MessageEvent<FromWorker>) => {
      if (m.type === 'checked' || m.type === 'answer') return;
      if (m.type === 'prepared') return listener.prepared(m.engine);
      if (m.id !== lastRun) return;
      if (m.type === 'ended') over();
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
    clearTimeout(impatient);
  };
  let runner = start();
  const replace = (): void => {
    runner.terminate();
    over();
    runner = start();
    post(runner, { type: 'prepare' });
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
    prepare: () => post(runner, { type: 'prepare' }),
    run(source, job) {
      if (running) return;
      running = true;
      post(runner, { type: 'run', id: ++lastRun, source, job });
    },
    stop() {
      if (!running) return;
      post(runner, { type: 'stop' });
      clearTimeout(impatient);
      impatient = setTimeout(() => {
        replace();
        listener.run({ type: 'ended', id: lastRun, stopped: true });
      }, PATIENCE_MS);
    },
    drop() {
      if (running) replace();
    },
    get running() {
      return running;
    },
  };
}
