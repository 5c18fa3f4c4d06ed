import { complete } from '../../infer/complete.ts';
import { rest } from '../../signal.ts';
import type { JobResult } from '../results.ts';
import { energyOf, type JobContext, numberOption, rowArrays, rowsOption } from '../session.ts';

/** `complete(E, rows)`: the missing cells of rows, drawn given the others. */
export async function runComplete(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  const rows = rowsOption(cx);
  const { count, of } = rowArrays(session, rows);
  const num = (name: string) => numberOption(job.options, name);
  const method = job.options.method;
  let began = performance.now();
  /** A run that makes itself longer counts anew: what was told before stays. */
  let most = 0;
  const tell = (done: number, total: number): void => {
    most = Math.max(most, done);
    const rate = (most * 1000) / Math.max(1, performance.now() - began);
    cx.emit({ event: 'progress', job: job.name, phase: 'working', done: most, total, rate, value: null });
  };
  const result = await complete(
    {
      bound: session.bound,
      energy: energyOf(cx).energy,
      params: session.params,
      engine: session.engine,
      rows: {
        count,
        of: new Map(
          rows.columns.map(({ unknown, data }) => [
            unknown,
            { values: of.get(unknown)!.data, mask: session.bound.missing?.get(data)?.mask ?? null },
          ]),
        ),
      },
    },
    {
      draws: num('draws'),
      chains: num('chains'),
      record: num('record'),
      warmup: num('warmup'),
      method: method?.kind === 'word' && method.value === 'mixed' ? 'mixed' : undefined,
      seed: num('seed'),
      signal: cx.signal,
      within: tell,
      progress: async (done, total) => {
        tell(done, total);
        began += await rest(cx.signal);
      },
    },
  );
  return {
    verb: 'complete',
    ...result,
    data: new Map(rows.columns.map((c) => [c.unknown, c.data])),
    seconds: (performance.now() - began) / 1000,
  };
}
