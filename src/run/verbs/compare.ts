import { unravel } from '../../arrays.ts';
import { isDiscrete } from '../../domain.ts';
import { Stream } from '../../random/stream.ts';
import { rest } from '../../signal.ts';
import { COMPARISON_PARTS, type Comparison, comparedInParts } from '../../stats/comparison.ts';
import { essBulk } from '../../stats/diagnostics.ts';
import { type Draws, elementName } from '../../stats/draws.ts';
import type { ComparedColumn } from '../../stats/marginal-distances.ts';
import type { JobResult } from '../results.ts';
import { type JobContext, numberOption, optionError, rowsOption } from '../session.ts';

/** Rows of each side that are looked at, at most. */
const MAX_ROWS = 2000;
/** Scalars whose autocorrelation says what the draws are worth, at most. */
const MAX_SCALARS = 12;

/** `compare(draws, data)`: what `comparedInParts` finds between the rows of both. */
export async function runCompare(cx: JobContext): Promise<JobResult> {
  const { job, session } = cx;
  const option = job.options.draws;
  const earlier = option?.kind === 'job' ? session.results.get(option.name) : undefined;
  if (option?.kind !== 'job' || earlier?.verb !== 'sample')
    throw optionError(job.span, '`compare` needs the draws of an earlier `sample` job', 'run that job first');
  const rows = rowsOption(cx);
  const data = session.bound;
  const count = data.sizeOf(rows.set);
  const { draws } = earlier;
  const total = draws.chains * draws.draws;
  if (total === 0)
    throw optionError(option.span, `\`${option.name}\` has no draws`, 'it was stopped before the first');
  const stream = new Stream(numberOption(job.options, 'seed') ?? 1, 'compare');
  const fromDraws = picks(stream.fork('draws'), total, MAX_ROWS);
  const fromData = picks(stream.fork('data'), count, MAX_ROWS);
  const columns: ComparedColumn[] = [];
  const scalars: { readonly values: Float64Array; readonly size: number; readonly at: number }[] = [];
  for (const { data: slot } of rows.columns) {
    // `adults.age` is drawn as `r.age`: fields match by what follows the first dot, arrays by being the only one.
    const dot = slot.name.indexOf('.');
    const field = dot < 0 ? null : slot.name.slice(dot + 1);
    const q = draws.quantities.find(
      (x) => x.role === 'unknown' && (field === null || x.name.slice(x.name.indexOf('.') + 1) === field),
    );
    const array = data.constants.get(slot)!;
    const missing = data.missing?.get(slot)?.mask;
    const size = array.data.length / count;
    if (!q || q.values.length !== total * size)
      throw optionError(option.span, `the draws have nothing like \`${slot.name}\``);
    const discrete = isDiscrete(slot.domain);
    for (let i = 0; i < size; i++) {
      scalars.push({ values: q.values, size, at: i });
      columns.push({
        name: elementName(q.name, q.shape.length === 0 ? [] : unravel(i, q.shape)),
        kind: discrete ? 'discrete' : 'continuous',
        form: slot.domain.kind === 'cyclic' ? 'category' : q.kind,
        labels: q.labels,
        data: Float64Array.from(fromData, (r) =>
          missing?.[r * size + i] === 1 ? Number.NaN : array.data[r * size + i],
        ),
        draws: Float64Array.from(fromDraws, (r) => q.values[r * size + i]),
      });
    }
  }
  const step = Math.max(1, Math.ceil(scalars.length / MAX_SCALARS));
  const looked = scalars.filter((_, i) => i % step === 0);
  const worth = Math.min(
    fromDraws.length,
    ...looked.map((s) => effective(draws, (r) => s.values[r * s.size + s.at])),
  );
  const { comparison, complete } = await compared(cx, columns, worth, stream.fork('tests'));
  return { verb: 'compare', complete, ...comparison };
}

/** In pieces: after each the event loop runs, and whoever wants an end is heard. */
async function compared(
  { job, emit, signal }: JobContext,
  columns: readonly ComparedColumn[],
  worth: number,
  stream: Stream,
): Promise<{ readonly comparison: Comparison; readonly complete: boolean }> {
  const parts = comparedInParts(columns, worth, stream);
  let began = performance.now();
  let complete = true;
  for (let next = parts.next(); ; next = parts.next(!complete)) {
    const done = next.done ? COMPARISON_PARTS : next.value;
    const rate = (done * 1000) / Math.max(1, performance.now() - began);
    if (complete)
      emit({
        event: 'progress',
        job: job.name,
        phase: 'working',
        done,
        total: COMPARISON_PARTS,
        rate,
        value: null,
      });
    if (next.done) return { comparison: next.value, complete };
    began += await rest(signal);
    if (signal?.aborted) complete = false;
  }
}

/** Effective sample size of a scalar; +∞ where chains are too short or too still to tell. */
function effective({ chains, draws }: Draws, at: (draw: number) => number): number {
  const values = Float64Array.from({ length: chains * draws }, (_, r) => at(r));
  const ess = draws < 4 ? Number.NaN : essBulk({ values, chains, draws });
  return ess > 0 ? ess : Number.POSITIVE_INFINITY;
}

/** Up to `most` different row numbers below n, in order. */
function picks(stream: Stream, n: number, most: number): Int32Array {
  const all = Int32Array.from({ length: n }, (_, i) => i);
  if (n <= most) return all;
  stream.shuffle(all);
  return all.slice(0, most).sort();
}
