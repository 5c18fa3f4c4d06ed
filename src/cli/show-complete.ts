/** Completed rows as files, as words and as JSON. */
import * as path from 'node:path';
import { unravel } from '../arrays.ts';
import type { CellPlace } from '../bind/columns.ts';
import type { DataDecl } from '../check/values.ts';
import type { Domain } from '../domain.ts';
import type { CompletedCell } from '../infer/complete.ts';
import {
  type CompletionTable,
  csvCell,
  writeCompletionsCsv,
  writeCompletionsParquet,
} from '../io/completions.ts';
import type { Host } from '../io/host.ts';
import type { DrawsFormat } from '../io/run-folder.ts';
import { type RawTable, readData } from '../io/table.ts';
import type { Slot } from '../ir/types.ts';
import type { CompletedRows } from '../run/results.ts';
import type { Session } from '../run/session.ts';
import { elementName } from '../stats/draws.ts';
import { jsonText, short, textTable } from './terminal.ts';

/** A missing cell with its way back to the file. */
interface Placed {
  readonly cell: CompletedCell;
  readonly data: Slot;
  readonly decl: DataDecl;
  readonly place: CellPlace;
  readonly column: string;
}

/** Cells that the result event lists. */
const LISTED = 1000;
/** Cells that the terminal shows. */
const SHOWN = 12;

function placedCells(session: Session, r: CompletedRows): readonly Placed[] {
  const { program, missing, sizeOf } = session.bound;
  const declOf = new Map(program.data.flatMap((d) => d.fields.map((f) => [f.slot, d] as const)));
  return r.cells.map((cell) => {
    const data = r.data.get(cell.unknown)!;
    const shape = data.sets.slice(1).map(sizeOf);
    const size = shape.reduce((n, k) => n * k, 1);
    const place = missing!.get(data)!.place(cell.row * size + cell.element);
    const own = elementName(data.name, shape.length === 0 ? [] : unravel(cell.element, shape));
    return { cell, data, decl: declOf.get(data)!, place, column: place.column ?? own };
  });
}

const labelsOf = (d: Domain): readonly string[] | null =>
  d.kind === 'category' && d.values.kind.kind === 'labels' ? d.values.kind.labels : null;

/** A value as the data file writes it. */
function written({ decl, data }: Pick<Placed, 'decl' | 'data'>, value: number): string {
  const d = data.domain;
  const labels = labelsOf(d);
  if (labels) return labels[value] ?? String(value);
  const counted =
    d.kind === 'category' || d.kind === 'ordinal' || d.kind === 'cyclic' || d.kind === 'permutation';
  return String(decl.oneBased && counted ? value + 1 : value);
}

/** Writes what there is to keep. @returns the names of the files */
export async function saveCompleted(
  host: Host,
  dir: string,
  session: Session,
  r: CompletedRows,
  format: DrawsFormat,
): Promise<string[]> {
  const placed = placedCells(session, r);
  const out: string[] = [];
  const keep = async (name: string, content: Uint8Array | string): Promise<void> => {
    await host.write(path.join(dir, name), content);
    out.push(name);
  };
  const sources = [...new Set(placed.map((p) => `${p.place.file}\0${p.decl.name}`))];
  for (const source of sources) {
    const own = placed.filter((p) => `${p.place.file}\0${p.decl.name}` === source);
    const name = sources.length === 1 ? 'completed.csv' : `completed-${own[0].decl.name}.csv`;
    await keep(name, await completedTable(host, session, own));
  }
  await keep('cells.json', `${jsonText(placed.map(cellFacts))}\n`);
  if (placed.length > 0) {
    const table: CompletionTable = {
      rows: placed.map((p) => p.cell.row),
      columns: placed.map((p) => p.column),
      draws: r.draws,
      values: r.completions,
      label: (cell, value) => labelsOf(placed[cell].data.domain)?.[value] ?? null,
    };
    if (format === 'csv') await keep('completions.csv', writeCompletionsCsv(table));
    else await keep('completions.parquet', writeCompletionsParquet(table));
  }
  return out;
}

/** The file that the rows came from with its missing cells filled: a table as it stands, anything else by columns. */
async function completedTable(host: Host, session: Session, cells: readonly Placed[]): Promise<string> {
  const file = await readData(host, cells[0].place.file, { texts: true });
  if (file.kind === 'table') return filledTable(file.table, cells);
  const { decl } = cells[0];
  const { constants, missing } = session.bound;
  const names: string[] = [];
  const columns: string[][] = [];
  const first = new Map<Slot, number>();
  for (const { slot: data } of decl.fields) {
    first.set(data, columns.length);
    const array = constants.get(data)!;
    const [rows, ...shape] = array.shape;
    const size = shape.reduce((n, k) => n * k, 1);
    const mask = missing?.get(data)?.mask;
    for (let k = 0; k < size; k++) {
      const at = (r: number): number => r * size + k;
      const cell = (r: number): string =>
        mask?.[at(r)] === 1 ? '' : written({ decl, data }, array.data[at(r)]);
      columns.push(Array.from({ length: rows }, (_, r) => cell(r)));
      names.push(elementName(data.name, shape.length === 0 ? [] : unravel(k, shape)));
    }
  }
  for (const p of cells) columns[first.get(p.data)! + p.cell.element][p.cell.row] = written(p, p.cell.value);
  // Numbers without a header stay that.
  return csv(file.kind === 'array' ? null : names, columns);
}

function filledTable(table: RawTable, cells: readonly Placed[]): string {
  const rowOf = new Map(Array.from({ length: table.rows }, (_, r) => [table.rowNumber(r), r]));
  const columns = table.columns.map((c) => Array.from(c.cells, (x) => (x === null ? '' : String(x))));
  const at = new Map(table.columns.map((c, i) => [c.name, i]));
  for (const p of cells) {
    const column = at.get(p.place.column ?? '');
    const row = rowOf.get(p.place.row ?? -1);
    if (column !== undefined && row !== undefined) columns[column][row] = written(p, p.cell.value);
  }
  return csv(table.header ? table.columns.map((c) => c.name) : null, columns);
}

function csv(names: readonly string[] | null, columns: readonly (readonly string[])[]): string {
  const lines = names ? [names.map(csvCell).join(',')] : [];
  const rows = columns[0]?.length ?? 0;
  for (let r = 0; r < rows; r++) lines.push(columns.map((c) => csvCell(c[r])).join(','));
  return `${lines.join('\n')}\n`;
}

/** One cell as `cells.json` has it. */
function cellFacts(p: Placed): Readonly<Record<string, unknown>> {
  const { cell, place, column } = p;
  const named = cell.probabilities?.map(([x, q]) => [written(p, x), q] as const);
  const value = written(p, cell.value);
  return {
    row: cell.row,
    ...(place.row === undefined ? {} : { line: place.row }),
    column,
    value: labelsOf(p.data.domain) ? value : Number(value),
    mean: cell.mean,
    sd: cell.sd,
    mcse: cell.mcse,
    q5: cell.q5,
    q50: cell.q50,
    q95: cell.q95,
    ess: cell.ess,
    r_hat: cell.rHat,
    exact: cell.exact,
    ...(named ? { probabilities: Object.fromEntries(named) } : {}),
  };
}

/** The keys of `run.json`. */
export function completeFacts(r: CompletedRows): Readonly<Record<string, unknown>> {
  const numbers = (of: (c: CompletedCell) => number | null): readonly number[] =>
    r.cells.flatMap((c) => of(c) ?? []);
  const rHats = numbers((c) => c.rHat);
  const ess = numbers((c) => c.ess);
  return {
    rows: r.rows,
    incomplete: r.incomplete,
    missing: r.cells.length,
    exact: r.cells.filter((c) => c.exact).length,
    draws: r.draws,
    methods: Object.fromEntries(r.methods),
    max_r_hat: rHats.length === 0 ? null : rHats.reduce((a, b) => Math.max(a, b)),
    min_ess: ess.length === 0 ? null : ess.reduce((a, b) => Math.min(a, b)),
    diagnostics: r.findings,
    timings: { seconds: r.seconds },
    complete: r.complete,
  };
}

export const completeCells = (session: Session, r: CompletedRows) =>
  placedCells(session, { ...r, cells: r.cells.slice(0, LISTED) }).map(cellFacts);

/** The line that says what was completed, and how. */
export function completeText(r: CompletedRows): string {
  if (r.incomplete === 0) return `none of ${r.rows} rows has a missing cell`;
  const how = [...r.methods].map(([method, rows]) => (r.methods.size === 1 ? method : `${method} (${rows})`));
  const s = (n: number): string => (n === 1 ? '' : 's');
  return `${r.cells.length} missing cell${s(r.cells.length)} in ${r.incomplete} of ${r.rows} rows, ${r.draws} completions each, in ${r.seconds.toFixed(1)} s by ${how.join(', ')}${r.complete ? '' : ' (stopped early)'}`;
}

/** The first cells: what they are filled with, and how sure that is. */
export function completeTable(session: Session, r: CompletedRows): string {
  const shown = placedCells(session, { ...r, cells: r.cells.slice(0, SHOWN) });
  const rows = shown.map((p) => {
    const { cell, place, column } = p;
    const sure = cell.probabilities
      ? `${(100 * cell.probabilities[0][1]).toFixed(1)} %`
      : `± ${short(cell.sd)}`;
    const filled = cell.probabilities ? written(p, cell.value) : short(cell.value);
    const error = cell.exact ? 'exact' : short(cell.mcse);
    const where = `row ${place.row ?? cell.row}, ${column}`;
    return [where, filled, sure, error, cell.exact ? '' : short(cell.rHat)];
  });
  const more = r.cells.length - shown.length;
  return `${textTable(['cell', 'value', 'spread', 'mcse', 'R-hat'], rows)}${more > 0 ? `\n… and ${more} more (cells.json)` : ''}`;
}
