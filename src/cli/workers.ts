/** Workers as threads of Node: each runs `worker.ts`, which opens the program as the command line did. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Compiled, CompileOptions } from '../compile.ts';
import type { FromWorker, WorkerHost } from '../scale/protocol.ts';
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

/** Threads for the jobs of one program. Sources that are not built have none. */
export function threads(program: OpenedProgram): WorkerHost {
  const { cwd, file, compiled, options, extra, givenFile } = program;
  return {
    cores: existsSync(fileURLToPath(entry)) ? availableParallelism() : 0,
    start(hear, lost) {
      const opening: Opening = {
        cwd,
        file,
        text: compiled.source.text,
        used: new Map(compiled.used.map((s) => [s.file, s.text])),
        extra,
        options,
        givenFile,
      };
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
    },
  };
}

function whyLost(e: unknown): string {
  if (!(e instanceof Error)) return String(e);
  return 'code' in e && e.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'no memory was left' : e.message;
}
