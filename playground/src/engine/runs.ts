/**
 * Runs as the page steers them: started, made to wait, stopped with what there is, and gone on with.
 * Chains that are stopped stand still where they are; a fit that is stopped leaves a checkpoint.
 */
import type { JobResult, LiveChains, RunEvent } from '../../../src/run/results.ts';
import type { WorkerHost } from '../../../src/scale/protocol.ts';
import { type Control, makeControl } from '../../../src/signal.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import type { FromWorker, SourceText } from '../protocol.ts';
import type { Beside } from '../staged.ts';
import { filmOf } from './film.ts';
import { buffersOf, liveFrame } from './live.ts';
import { problemsOf } from './problems.ts';
import type { Opened } from './program.ts';
import type { Runner } from './runner.ts';
import { shownResult } from './shown.ts';

export interface RunsAround {
  readonly open: (source: SourceText) => Promise<Opened>;
  readonly parts: (source: SourceText) => WorkerHost | undefined;
  readonly send: (message: FromWorker, transfer?: Transferable[]) => void;
  /** Whether a run is at work now. */
  readonly busy: (on: boolean) => void;
}

export interface Runs {
  run(id: number, source: SourceText, job: string | null): Promise<void>;
  stop(): void;
  pause(on: boolean): void;
  /** Goes on with what was stopped last. */
  resume(id: number): Promise<void>;
}

interface Running {
  /** What the page calls it by; another number when it goes on. */
  id: number;
  readonly source: SourceText;
  readonly control: Control;
  job: string | null;
  /** Of chains that can say what they came to without being ended. */
  soFar: LiveChains['soFar'];
  /** Ends the summary of its draws, while that is being made. */
  summing: Control | null;
  /** It stands still to be stopped, but what it has come to is not told yet. */
  stopping: boolean;
  /** It stands still, and the page was told that it is over. */
  asleep: boolean;
  over: Promise<void>;
}

export function makeRuns(runner: Runner, { open, parts, send, busy }: RunsAround): Runs {
  let current: Running | null = null;
  /** A fit that was stopped: its text and its name. */
  let halted: { readonly source: SourceText; readonly job: string } | null = null;

  const begin = async (
    id: number,
    source: SourceText,
    job: string | null,
    resume: boolean,
  ): Promise<void> => {
    const before = current;
    // Nobody hears any more what was left standing.
    before?.control.abort();
    const own: Running = {
      id,
      source,
      control: makeControl(),
      job: null,
      soFar: undefined,
      summing: null,
      stopping: false,
      asleep: false,
      over: Promise.resolve(),
    };
    current = own;
    halted = null;
    own.over = (before?.over ?? Promise.resolve()).then(() => work(own, job, resume));
    await own.over;
  };

  async function work(own: Running, job: string | null, resume: boolean): Promise<void> {
    busy(true);
    let seen = 0;
    let opened: Opened | undefined;
    const tell = (message: FromWorker, transfer: Transferable[] = []): void => {
      if (current === own) send(message, transfer);
    };
    try {
      opened = await open(own.source);
      await runner.run(
        opened,
        job,
        {
          warnings: (found) => {
            const problems = problemsOf(found, opened?.sources ?? [], opened?.compiled.used);
            tell({ type: 'faults', id: own.id, job: null, problems });
          },
          event: (event: RunEvent) => {
            if (event.event === 'start') {
              seen = 0;
              own.job = event.job;
              own.soFar = undefined;
            }
            tell({ type: 'event', id: own.id, event });
          },
          watch: (chains) => {
            own.soFar = chains.recorded > 0 ? chains.soFar : undefined;
            // A run that is handed over to workers starts anew, and draws the same again.
            const live = liveFrame(chains, Math.min(seen, chains.recorded));
            seen = Math.max(seen, live.recorded);
            tell({ type: 'live', id: own.id, live }, buffersOf(live));
          },
          result: (name, result, beside) => {
            own.soFar = undefined;
            if (result.verb === 'fit' && !result.complete) halted = { source: own.source, job: name };
            return tellResult(own, name, result, beside);
          },
        },
        own.control,
        parts(own.source),
        resume,
      );
    } catch (e) {
      const { id } = own;
      const job = runner.current;
      if (e instanceof EnergyError)
        tell({
          type: 'faults',
          id,
          job,
          problems: problemsOf(e.diagnostics, opened?.sources ?? [], opened?.compiled.used),
        });
      else tell({ type: 'crashed', id, job, message: e instanceof Error ? e.message : String(e) });
    }
    if (current !== own) return;
    current = null;
    tellEnd(own.id, halted?.job ?? null, own.control.aborted);
  }

  const tellEnd = (id: number, job: string | null, stopped: boolean): void => {
    busy(false);
    send({ type: 'resumable', id, job });
    send({ type: 'ended', id, stopped });
  };

  /** A Stop meanwhile ends the summary, not what it is of. */
  async function tellResult(
    own: Running,
    job: string,
    result: JobResult,
    beside: Beside | null,
  ): Promise<void> {
    const tell = (message: FromWorker, transfer: Transferable[] = []): void => {
      if (current === own) send(message, transfer);
    };
    const { id } = own;
    const film = result.verb === 'sample' ? filmOf(result.draws) : null;
    if (film) {
      const buffers = film.reels.map((r) => r.values.buffer as ArrayBuffer);
      tell({ type: 'film', id, job, film }, buffers);
    }
    const summing = makeControl();
    own.summing = summing;
    try {
      const shown = await shownResult(result, summing, (done, total) => {
        const event = {
          event: 'progress',
          job,
          phase: 'summing',
          done,
          total,
          rate: 0,
          value: null,
        } as const;
        tell({ type: 'event', id, event });
      });
      tell({ type: 'result', id, job, result: shown, beside });
    } finally {
      own.summing = null;
    }
  }

  /** What the chains have come to is told, and they stand still; those without a draw end. */
  async function halt(own: Running, job: string, soFar: NonNullable<LiveChains['soFar']>): Promise<void> {
    own.control.pause(true);
    own.stopping = true;
    // They may have come to their end before they heard of it.
    const result = await Promise.race([soFar(), own.over.then(() => null)]);
    own.stopping = false;
    if (current !== own || own.control.aborted) return;
    if (!result) {
      own.control.abort();
      return;
    }
    await tellResult(own, job, result, null);
    if (current !== own) return;
    own.asleep = true;
    tellEnd(own.id, job, true);
  }

  return {
    run: (id, source, job) => begin(id, source, job, false),
    stop() {
      if (!current || current.asleep) return;
      const { job, soFar, control, summing, stopping } = current;
      if (summing) summing.abort();
      else if (soFar && job !== null && !stopping) void halt(current, job, soFar);
      else control.abort();
    },
    pause(on) {
      if (!current || current.asleep || current.stopping) return;
      current.control.pause(on);
      current.summing?.pause(on);
      busy(!on);
    },
    async resume(id) {
      if (current?.asleep) {
        current.id = id;
        current.asleep = false;
        busy(true);
        current.control.pause(false);
        await current.over;
      } else if (halted) await begin(id, halted.source, halted.job, true);
      else tellEnd(id, null, false);
    },
  };
}
