import type { JobResult } from '../run/results.ts';
import { ExitCode } from './terminal.ts';

/** Ctrl-C: the first asks for an orderly end, which saves what there is; the second ends at once. */
export interface Interruption {
  readonly aborted: boolean;
  release(): void;
}

function interruption(): Interruption {
  let aborted = false;
  const on = (): void => {
    if (aborted) process.exit(ExitCode.stopped);
    aborted = true;
    process.stderr.write('\nstopping, and saving what there is; press Ctrl-C again to quit at once\n');
  };
  process.on('SIGINT', on);
  return {
    get aborted() {
      return aborted;
    },
    release: () => {
      process.off('SIGINT', on);
    },
  };
}

/** Does what Ctrl-C may end, and lets go of it afterwards, however that ends. */
export async function interruptible<T>(act: (signal: Interruption) => Promise<T>): Promise<T> {
  const signal = interruption();
  try {
    return await act(signal);
  } finally {
    signal.release();
  }
}

/** Whether a job was cut short: one that ends by itself in the same moment was not. */
export const wasStopped = (signal: Interruption, result: JobResult): boolean =>
  signal.aborted && 'complete' in result && !result.complete;
