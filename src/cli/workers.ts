/** Workers as threads of Node: each runs `worker.ts`, which opens the program as the command line did. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Compiled, CompileOptions } from '../compile.ts';
import type { FromWorker, WorkerHost, WorkerLink } from '../scale/protocol.ts';
import type { CommonOptions } from './program.ts';

/** What a thread needs to open the program: texts as they were read, data from their files. */
export interface Opening {
  readonly cwd: string;
  readonly file: string;
  readonly text: string;
  /** The files that the program uses, by the names in messages. */
  readonly used: ReadonlyMap<string, string>;
  /** The job that flags describe. */
  readonly extra: CompileOptions['extra'];
  readonly options: CommonOptions;
  /** `--given file.json` */
  readonly givenFile: string | undefined;
  /** The files that the run has read, by the paths that it read them by: for a machine that does not have them. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export interface OpenedProgram {
  readonly cwd: string;
  readonly file: string;
  readonly compiled: Compiled;
  readonly options: CommonOptions;
  readonly extra?: CompileOptions['extra'];
  readonly givenFile?: string;
}

const entry = new URL('./worker.js', import.meta.url);

/** What a worker is to know of a program. */
export function openingOf({ cwd, file, compiled, options, extra, givenFile }: OpenedProgram): Opening {
  const used = new Map(compiled.used.map((s) => [s.file, s.text]));
  return { cwd, file, text: compiled.source.text, used, extra, options, givenFile };
}

/** Whether threads can be started here: sources that are not built have none. */
export const haveThreads = (): boolean => existsSync(fileURLToPath(entry));

/** Threads for the jobs of one program. */
export function threads(program: OpenedProgram): WorkerHost {
  return {
    cores: haveThreads() ? availableParallelism() : 0,
    start: (hear, lost) => startThread(openingOf(program), hear, lost),
  };
}

/** A thread on a program; as `WorkerHost.start`. */
export function startThread(
  opening: Opening,
  hear: (message: FromWorker) => void,
  lost: (why: string) => void,
): WorkerLink {
  const thread = new Worker(entry, { workerData: opening });
  let ended = false;
  const gone = (why: string): void => {
    if (!ended) lost(why);
    ended = true;
  };
  thread.on('message', (message: FromWorker) => {
    if (!ended) hear(message);
  });
  thread.on('error', (e: unknown) => gone(whyLost(e)));
  thread.on('messageerror', (e: unknown) => gone(whyLost(e)));
  thread.on('exit', () => gone('it ended before it was done'));
  return {
    send: (message) => thread.postMessage(message),
    end: () => {
      ended = true;
      void thread.terminate();
    },
  };
}

function whyLost(e: unknown): string {
  if (!(e instanceof Error)) return String(e);
  return 'code' in e && e.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'no memory was left' : e.message;
}
