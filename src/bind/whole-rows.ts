/** `fit(…, missing = drop)`: data whose rows with a missing cell are left out when they are read. */
import type { CheckedProgram } from '../check/program.ts';
import type { Domain } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { completedData, isMissingCell } from './missing.ts';

/**
 * Columns of data that hold whole rows only: a fit drops the others, and no job completes them. Whatever else reads
 * the data sees the same rows. Only rows that one declaration holds are dropped: of several, each would drop others.
 */
export function droppingData(program: CheckedProgram): ReadonlySet<Slot> {
  const out = new Set<Slot>();
  for (const { verb, options } of program.jobs) {
    const { data, missing } = options;
    if (verb !== 'fit' || data?.kind !== 'rows' || missing?.kind !== 'word' || missing.value !== 'drop')
      continue;
    const columns = new Set(data.rows.columns.map((c) => c.data));
    const from = program.data.filter((d) => d.fields.some((f) => columns.has(f.slot)));
    if (from.length !== 1) continue;
    for (const { slot } of from[0].fields) out.add(slot);
  }
  for (const { verb, options } of program.jobs)
    if (verb === 'complete' && options.data?.kind === 'rows')
      for (const c of options.data.rows.columns) out.delete(c.data);
  for (const slot of completedData(program)) out.delete(slot);
  return out;
}

/** Cells of one column as they stand in a file: [rows, …]. */
interface Cells<C, P> {
  readonly shape: readonly number[];
  readonly cell: (i: number) => C;
  readonly place: (i: number) => P;
}

/** The columns without the rows of which one of them misses a cell. */
export function wholeRows<C extends string | number | null, P>(
  columns: readonly { readonly domain: Domain; readonly cells: Cells<C, P> }[],
): readonly Cells<C, P>[] {
  const count = columns[0]?.cells.shape[0] ?? 0;
  // Columns that do not fit each other are told of where shapes are checked.
  if (columns.some(({ cells }) => cells.shape[0] !== count)) return columns.map((c) => c.cells);
  const whole: number[] = [];
  for (let row = 0; row < count; row++)
    if (!columns.some(({ domain, cells }) => misses(domain, cells, row, widthOf(cells)))) whole.push(row);
  if (whole.length === count) return columns.map((c) => c.cells);
  return columns.map(({ cells }) => {
    const width = widthOf(cells);
    const from = (i: number): number => whole[Math.floor(i / width)] * width + (i % width);
    return {
      shape: [whole.length, ...cells.shape.slice(1)],
      cell: (i) => cells.cell(from(i)),
      place: (i) => cells.place(from(i)),
    };
  });
}

const widthOf = ({ shape }: { readonly shape: readonly number[] }): number =>
  shape.slice(1).reduce((x, y) => x * y, 1);

function misses<C extends string | number | null, P>(
  domain: Domain,
  cells: Cells<C, P>,
  row: number,
  width: number,
): boolean {
  for (let i = row * width; i < (row + 1) * width; i++) if (isMissingCell(domain, cells.cell(i))) return true;
  return false;
}
