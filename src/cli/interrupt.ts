import { StoppedEarly } from '../infer/log-z.ts';
import type { JobResult } from '../run/results.ts';
import type { Saved } from './save.ts';
import { ExitCode, type Terminal } from './terminal.ts';

/** Ctrl-C and SIGTERM: the first asks for an orderly end, which saves what there is; the second ends at once. */
export interface Interruption {
  readonly aborted: boolean;
  /** What the process ends with where something was cut short. */
  readonly code: number;
  release(): void;
}

const codes = { SIGINT: ExitCode.stopped, SIGTERM: ExitCode.terminated } as const;

/** Who starts a command may hand on a signal that it has had already: twice at once is once. */
const ECHO_MS = 200;

function interruption(terminal: Terminal): Interruption {
  let code: number | null = null;
  let since = 0;
  const on = (signal: keyof typeof codes): void => {
    const now = performance.now();
    if (code !== null) {
      if (now - since > ECHO_MS) process.exit(codes[signal]);
      return;
    }
    code = codes[signal];
    since = now;
    terminal.stopping(signal === 'SIGINT' ? 'Ctrl-C again' : 'a second signal');
  };
  process.on('SIGINT', on);
  process.on('SIGTERM', on);
  return {
    get aborted() {
      return code !== null;
    },
    get code() {
      return code ?? ExitCode.stopped;
    },
    release: () => {
      process.off('SIGINT', on);
      process.off('SIGTERM', on);
    },
  };
}

/** Does what signals may end, and lets go of them afterwards, however that ends. */
export async function interruptible<T>(
  terminal: Terminal,
  act: (signal: Interruption) => Promise<T>,
): Promise<T> {
  const signal = interruption(terminal);
  try {
    return await act(signal);
  } finally {
    signal.release();
  }
}

/** What a job came to; null where it was asked to end before there was anything to keep. */
export async function unlessStopped(
  signal: Interruption,
  job: Promise<JobResult>,
): Promise<JobResult | null> {
  try {
    return await job;
  } catch (e) {
    if (signal.aborted && e instanceof StoppedEarly) return null;
    throw e;
  }
}

/** Whether a job or its summary was cut short: one that ends by itself in the same moment was not. */
export const wasStopped = (signal: Interruption, result: JobResult | null, saved: Saved | null): boolean =>
  signal.aborted && (result === null || !result.complete || saved?.summary === 'stopped');
