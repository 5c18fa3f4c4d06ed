/** Workers for tests: in the same thread with messages copied as between threads, or played by the test. */
import { compileText } from '../../src/compile.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { partWorker } from '../../src/run/part.ts';
import type { JobResult, LiveChains, RunEvent } from '../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../src/run/session.ts';
import type { FromWorker, ToWorker, WorkerHost } from '../../src/scale/protocol.ts';

type Files = Readonly<Record<string, string>>;

export async function opened(
  program: string,
  files: Files = {},
  engine: Engine = referenceEngine(),
): Promise<Session> {
  const compiled = compileText(program, 'a.energy');
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => d.message).join('\n'));
  return openSession(compiled.program, memoryHost(files), engine);
}

export interface LocalHost extends WorkerHost {
  /** Workers started so far, and those of them that were ended. */
  readonly count: { started: number; ended: number };
}

/** Workers that are turns of this thread's event loop. */
export function localWorkers(open: () => Promise<Session>, cores = 2): LocalHost {
  const count = { started: 0, ended: 0 };
  return {
    cores,
    count,
    start(hear) {
      count.started++;
      let ended = false;
      const take = partWorker(
        async (name) => {
          const session = await open();
          const job = session.program.jobs.find((j) => j.name === name);
          if (!job) throw new Error(`no job ${name}`);
          return { session, job };
        },
        (message, transfer) => {
          const copy = structuredClone(message, { transfer });
          queueMicrotask(() => {
            if (!ended) hear(copy);
          });
        },
      );
      return {
        send: (message) => {
          const copy = structuredClone(message);
          queueMicrotask(() => take(copy));
        },
        end: () => {
          if (!ended) count.ended++;
          ended = true;
        },
      };
    },
  };
}

/** Workers that say what the test makes them say. */
export interface PlayedHost extends WorkerHost {
  readonly heard: ToWorker[][];
  readonly ended: boolean[];
  say(worker: number, message: FromWorker): void;
  lose(worker: number, why: string): void;
}

export function playedWorkers(): PlayedHost {
  const hears: ((m: FromWorker) => void)[] = [];
  const losts: ((why: string) => void)[] = [];
  const heard: ToWorker[][] = [];
  const ended: boolean[] = [];
  return {
    cores: 2,
    heard,
    ended,
    say: (i, message) => hears[i](message),
    lose: (i, why) => losts[i](why),
    start(hear, lost) {
      const i = hears.push(hear) - 1;
      losts.push(lost);
      heard.push([]);
      ended.push(false);
      return {
        send: (message) => heard[i].push(message),
        end: () => {
          ended[i] = true;
        },
      };
    },
  };
}

export interface Ran {
  readonly result: Extract<JobResult, { verb: 'sample' }>;
  readonly events: readonly RunEvent[];
}

/** Runs one job of a session. */
export async function ran(
  session: Session,
  name: string,
  o: { signal?: { aborted: boolean }; watch?: (live: LiveChains) => void; hear?: (e: RunEvent) => void } = {},
): Promise<Ran> {
  const job = session.program.jobs.find((j) => j.name === name);
  if (!job) throw new Error(`no job ${name}`);
  const events: RunEvent[] = [];
  const emit = (e: RunEvent): void => {
    events.push(e);
    o.hear?.(e);
  };
  const result = await runJob(session, job, emit, o.signal, o.watch);
  if (result.verb !== 'sample') throw new Error(`${name} is no sample job`);
  return { result, events };
}
