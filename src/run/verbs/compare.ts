import { unravel } from '../../arrays.ts';
import { isDiscrete } from '../../domain.ts';
import { Stream } from '../../random/stream.ts';
import { elementName } from '../../stats/draws.ts';
import { gaussianMmd, hammingMmd } from '../../stats/mmd.ts';
import { type Column, tableSimilarity } from '../../stats/two-sample.ts';
import type { JobResult } from '../results.ts';
import { type JobContext, numberOption, optionError, rowsOption } from '../session.ts';

/** Rows that a kernel distance looks at, at most: its cost is quadratic. */
const MAX_ROWS = 2000;
/** Columns that pairs are made of, at most. */
const MAX_COLUMNS = 24;

/** `compare(draws, data)`: similarity of columns and pairs, and a kernel distance. */
export function runCompare(cx: JobContext): JobResult {
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
  const stream = new Stream(numberOption(job.options, 'seed') ?? 1, 'compare');
  const fromDraws = picks(stream.fork('draws'), total, MAX_ROWS);
  const fromData = picks(stream.fork('data'), count, MAX_ROWS);
  const a: Column[] = [];
  const c: Column[] = [];
  for (const { data: slot } of rows.columns) {
    // `adults.age` is drawn as `r.age`: fields match by what follows the first dot, arrays by being the only one.
    const dot = slot.name.indexOf('.');
    const field = dot < 0 ? null : slot.name.slice(dot + 1);
    const q = draws.quantities.find(
      (x) => x.role === 'unknown' && (field === null || x.name.slice(x.name.indexOf('.') + 1) === field),
    );
    const array = data.constants.get(slot)!;
    const size = array.data.length / count;
    if (!q || q.values.length !== total * size)
      throw optionError(option.span, `the draws have nothing like \`${slot.name}\``);
    const kind = isDiscrete(slot.domain) ? 'discrete' : 'continuous';
    for (let i = 0; i < size; i++) {
      const name = elementName(q.name, q.shape.length === 0 ? [] : unravel(i, q.shape));
      a.push({ name, kind, values: Float64Array.from(fromData, (r) => array.data[r * size + i]) });
      c.push({ name, kind, values: Float64Array.from(fromDraws, (r) => q.values[r * size + i]) });
    }
  }
  const step = Math.max(1, Math.ceil(a.length / MAX_COLUMNS));
  const some = (cols: readonly Column[]) => cols.filter((_, i) => i % step === 0);
  const discrete = a.every((x) => x.kind === 'discrete');
  const scales = a.map((x) => spreadOf(x));
  const matrix = (cols: readonly Column[], n: number) => ({
    width: cols.length,
    values: Float64Array.from({ length: n * cols.length }, (_, k) => {
      const j = k % cols.length;
      return cols[j].values[Math.floor(k / cols.length)] / (discrete ? 1 : scales[j]);
    }),
  });
  const x = matrix(a, fromData.length);
  const y = matrix(c, fromDraws.length);
  return {
    verb: 'compare',
    similarity: tableSimilarity(some(a), some(c)),
    mmd: discrete ? hammingMmd(x, y) : gaussianMmd(x, y).mmd2,
    kernel: discrete ? 'hamming' : 'gaussian',
    rows: { draws: fromDraws.length, data: fromData.length },
  };
}

function spreadOf(c: Column): number {
  const n = c.values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += c.values[i] / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (c.values[i] - mean) ** 2 / n;
  return Math.sqrt(variance) || 1;
}

/** Up to `most` different row numbers below n. */
function picks(stream: Stream, n: number, most: number): Int32Array {
  const all = Int32Array.from({ length: n }, (_, i) => i);
  if (n <= most) return all;
  stream.shuffle(all);
  return all.slice(0, most);
}
