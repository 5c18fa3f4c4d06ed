/** A job's result as the page shows it. */
import type { CompletedCell } from '../../../src/infer/complete.ts';
import { formatNumber } from '../../../src/plot/numbers.ts';
import type { JobResult } from '../../../src/run/results.ts';
import type { Signal } from '../../../src/signal.ts';
import type { Draws } from '../../../src/stats/draws.ts';
import { summarised } from '../../../src/stats/summary.ts';
import type { ShownResult } from '../protocol.ts';

/** Numbers that are sent to the page for its charts, at most, for each array: 64 MiB. */
const MOST_VALUES = 8 * 1024 * 1024;

/** Missing cells that the page lists. */
const MOST_CELLS = 100;

/**
 * @param signal ends the summary of draws, which then is left out
 * @param tell told how many scalars of how many are summed up
 */
export async function shownResult(
  result: JobResult,
  signal?: Signal,
  tell?: (done: number, total: number) => void,
): Promise<ShownResult> {
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
        summary: await summarised(result.draws, result.chains, signal, tell),
        plan: result.plan,
        divergences: result.chains.reduce((n, c) => n + c.divergences, 0),
        seconds: result.seconds.compile + result.seconds.warmup + result.seconds.sampling,
        workers: result.spread.workers,
        complete: result.complete,
      };
    case 'complete': {
      const { rows, incomplete, cells, findings, seconds } = result;
      return {
        verb: 'complete',
        rows,
        incomplete,
        missing: cells.length,
        cells: cells.slice(0, MOST_CELLS).map(shownCell),
        warnings: findings.filter((f) => f.level === 'warning').map((f) => f.message),
        seconds,
      };
    }
    default:
      return result;
  }
}

export const forCharts = (draws: Draws): Draws => ({
  ...draws,
  quantities: draws.quantities.filter((q) => q.values.length <= MOST_VALUES),
});

function shownCell(c: CompletedCell) {
  const { domain } = c.unknown;
  const labels =
    domain.kind === 'category' && domain.values.kind.kind === 'labels' ? domain.values.kind.labels : null;
  const element = c.unknown.sets.length > 0 ? `[${c.element}]` : '';
  return {
    name: `${c.unknown.name}${element} of row ${c.row}`,
    value: labels?.[c.value] ?? formatNumber(c.value),
    spread: c.probabilities
      ? `${(100 * c.probabilities[0][1]).toFixed(1)} %`
      : `± ${formatNumber(c.sd ?? 0)}`,
  };
}
