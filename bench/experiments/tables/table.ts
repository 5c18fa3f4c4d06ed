/** Tables of mixed columns in memory: reading, writing, picking rows. */
import { readCsv } from '../../../src/io/csv.ts';

/** How a real column is written down for a program: as it is, or by its normal scores (see `scores.ts`). */
export type Scale = 'as it is' | 'normal scores';

export type ColumnSpec =
  | { readonly kind: 'real'; readonly name: string; readonly scale: Scale }
  | { readonly kind: 'whole'; readonly name: string; readonly low: number; readonly high: number }
  | {
      readonly kind: 'label';
      readonly name: string;
      /** In the order of the program's enum. */
      readonly labels: readonly string[];
      /** What the file writes for them, where that differs. */
      readonly written?: readonly string[];
    };

/** Numbers as they are, labels by code; NaN where a cell is missing. */
export interface Table {
  readonly specs: readonly ColumnSpec[];
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/**
 * The columns of a CSV text that the specifications name.
 * @throws Error that names a column that is absent, or a cell that is neither missing nor a value of its column
 */
export function readTable(text: string, file: string, specs: readonly ColumnSpec[]): Table {
  const read = readCsv(new TextEncoder().encode(text), file);
  if (read.kind !== 'table') throw new Error(`${file} names no columns`);
  const { table } = read;
  const columns = specs.map((spec) => {
    // A program writes `_` for what a name may not hold.
    const found = table.columns.find((c) => c.name.replace(/[^A-Za-z0-9_]/g, '_') === spec.name);
    if (!found) throw new Error(`${file} has no column ${spec.name}`);
    return Float64Array.from({ length: table.rows }, (_, i) =>
      cellValue(spec, found.cells.at(i) ?? null, file, i),
    );
  });
  return { specs, rows: table.rows, columns };
}

function cellValue(spec: ColumnSpec, cell: string | number | null, file: string, row: number): number {
  if (cell === null || cell === '' || cell === 'NA') return Number.NaN;
  const value =
    spec.kind === 'label'
      ? (spec.written ?? spec.labels).indexOf(String(cell))
      : Number.parseFloat(String(cell));
  const fits =
    spec.kind === 'real' || (spec.kind === 'label' ? value >= 0 : value >= spec.low && value <= spec.high);
  if (!fits || Number.isNaN(value)) throw new Error(`${file}, row ${row + 1}: ${cell} is no ${spec.name}`);
  return value;
}

/** CSV as programs read it. */
export function writeTable({ specs, rows, columns }: Table): string {
  const lines = [specs.map((s) => s.name).join(',')];
  for (let i = 0; i < rows; i++)
    lines.push(
      specs
        .map((s, j) => {
          const x = columns[j][i];
          return Number.isNaN(x) ? '' : s.kind === 'label' ? s.labels[x] : String(x);
        })
        .join(','),
    );
  return `${lines.join('\n')}\n`;
}

export const pickRows = ({ specs, columns }: Table, rows: ArrayLike<number>): Table => ({
  specs,
  rows: rows.length,
  columns: columns.map((c) => Float64Array.from(rows, (i) => c[i])),
});

/** Numbers of the rows without a missing cell. */
export const wholeRows = ({ rows, columns }: Table): number[] =>
  Array.from({ length: rows }, (_, i) => i).filter((i) => columns.every((c) => !Number.isNaN(c[i])));

export const columnNumber = ({ specs }: Table, name: string): number => {
  const j = specs.findIndex((s) => s.name === name);
  if (j < 0) throw new Error(`there is no column ${name}`);
  return j;
};

/** Mean and standard deviation of what is there. */
export function locationOf(column: Float64Array): { readonly mean: number; readonly sd: number } {
  const present = column.filter((x) => !Number.isNaN(x));
  const mean = present.reduce((s, x) => s + x, 0) / Math.max(1, present.length);
  const variance = present.reduce((s, x) => s + (x - mean) ** 2, 0) / Math.max(1, present.length);
  return { mean, sd: Math.sqrt(variance) || 1 };
}
