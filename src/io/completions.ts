/** Completions of rows as a table: one line for each missing cell and completion. */
import { parquetWriteBuffer } from 'hyparquet-writer';

export interface CompletionTable {
  /** Of each cell: its row, counted from 0, and its column. */
  readonly rows: readonly number[];
  readonly columns: readonly string[];
  /** Completions of each row. */
  readonly draws: number;
  /** cells × draws; categories by code. */
  readonly values: Float64Array;
  /** What a value of a cell is called, where it has a name. */
  readonly label: (cell: number, value: number) => string | null;
}

/** Columns `row`, `draw` (from 0), `column`, `value`, `label`; cells one after another. */
export function writeCompletionsParquet(t: CompletionTable): Uint8Array {
  const n = t.values.length;
  const cell = (i: number): number => Math.floor(i / t.draws);
  const common = { nullable: false, offsetIndex: false };
  const labels = Array.from({ length: n }, (_, i) => t.label(cell(i), t.values[i]));
  const buffer = parquetWriteBuffer({
    columnData: [
      {
        ...common,
        name: 'row',
        type: 'INT32',
        data: Int32Array.from({ length: n }, (_, i) => t.rows[cell(i)]),
      },
      { ...common, name: 'draw', type: 'INT32', data: Int32Array.from({ length: n }, (_, i) => i % t.draws) },
      {
        ...common,
        name: 'column',
        type: 'STRING',
        data: Array.from({ length: n }, (_, i) => t.columns[cell(i)]),
      },
      { ...common, name: 'value', type: 'DOUBLE', data: t.values, encoding: 'PLAIN' },
      { ...common, name: 'label', type: 'STRING', data: labels, nullable: true },
    ],
    rowGroupSize: 100_000,
    statistics: false,
    createdBy: 'energy',
  });
  return new Uint8Array(buffer);
}

/** The same as CSV text; a value that has a name stands as that. */
export function writeCompletionsCsv(t: CompletionTable): string {
  const lines = ['row,draw,column,value'];
  t.values.forEach((x, i) => {
    const cell = Math.floor(i / t.draws);
    const value = t.label(cell, x) ?? String(x);
    lines.push(`${t.rows[cell]},${i % t.draws},${csvCell(t.columns[cell])},${csvCell(value)}`);
  });
  return `${lines.join('\n')}\n`;
}

/** A cell of a CSV file, in quotes where it needs them. */
export const csvCell = (s: string): string =>
  /[",\r\n]|^\s|\s$/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
