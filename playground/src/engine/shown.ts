/** A job's result as the page shows it. */
import type { JobResult } from '../../../src/run/results.ts';
import type { Draws } from '../../../src/stats/draws.ts';
import { summarise } from '../../../src/stats/summary.ts';
import type { ShownResult } from '../protocol.ts';

/** Numbers that are sent to the page for its charts, at most, for each array: 64 MiB. */
const MOST_VALUES = 8 * 1024 * 1024;

export function shownResult(result: JobResult): ShownResult {
  switch (result.verb) {
    case 'fit': {
      const { history, steps, loss, seconds, complete } = result;
      let parameters = 0;
      for (const value of result.params.values()) parameters += value.data.length;
      return { verb: 'fit', history, steps, loss, seconds, complete, parameters };
    }
    case 'sample':
      return {
        verb: 'sample',
        draws: forCharts(result.draws),
        summary: summarise(result.draws, result.chains),
        plan: result.plan,
        divergences: result.chains.reduce((n, c) => n + c.divergences, 0),
        seconds: result.seconds.compile + result.seconds.warmup + result.seconds.sampling,
        workers: result.spread.workers,
        complete: result.complete,
      };
    default:
      return result;
  }
}

const forCharts = (draws: Draws): Draws => ({
  ...draws,
  quantities: draws.quantities.filter((q) => q.values.length <= MOST_VALUES),
});
