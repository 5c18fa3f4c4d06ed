import type { HostArray } from '../arrays.ts';
import type { CodedCells, MixedCells } from './cells.ts';

/** The cells of a column as they stand in the file. `null` and, among numbers, NaN are missing. */
export type Cells = readonly (string | number | null)[] | Float64Array | Int32Array | CodedCells | MixedCells;

export interface RawColumn {
  /** As in the header; '1', '2', … where there is none. A header cell may be empty. */
  readonly name: string;
  readonly cells: Cells;
}

/** A table by columns, not yet converted to any domain. */
export interface RawTable {
  readonly file: string;
  readonly columns: readonly RawColumn[];
  readonly rows: number;
  /** Whether the file names its columns. */
  readonly header: boolean;
  /** The 1-based line of row `i` as a person counts them: the header line of a CSV is 1. */
  rowNumber(i: number): number;
}

/** Numbers without a name, row-major. From a CSV file the shape has two sides; NaN is missing. */
export interface RawArray extends HostArray {
  readonly file: string;
  /** The 1-based line of row `i`, where the file has lines. */
  readonly rowNumber?: (i: number) => number;
}

/**
 * What a name in a file of named values holds: numbers (scalars have shape []; NaN is missing),
 * an array with texts in it, a list of records, or one record.
 */
export type JsonValueOrArray =
  | { readonly kind: 'array'; readonly array: RawArray }
  | {
      readonly kind: 'cells';
      readonly shape: readonly number[];
      readonly cells: readonly (string | number | null)[];
    }
  | { readonly kind: 'table'; readonly table: RawTable }
  | { readonly kind: 'record'; readonly entries: ReadonlyMap<string, JsonValueOrArray> };

export type DataFile =
  | { readonly kind: 'table'; readonly table: RawTable }
  | { readonly kind: 'array'; readonly array: RawArray }
  | {
      readonly kind: 'named';
      readonly file: string;
      readonly entries: ReadonlyMap<string, JsonValueOrArray>;
    };

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^([+-]?)inf(?:inity)?$/i;

/**
 * The number that a cell's text writes in full, or undefined: decimal notation with an optional exponent
 * (`1e-3`, `.5`, `+2.`) or `inf`, `-Infinity`; no `0x`, no spaces, no trailing text, no decimal comma.
 * The missing marks (`isMissing`) are no numbers.
 */
export function parseNumber(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const match = infinite.exec(text);
  if (!match) return undefined;
  return match[1] === '-' ? -Infinity : Infinity;
}

/** Whether a cell where a number is expected says that there is none: empty, `NA`, `NaN` or `nan`. */
export const isMissing = (cell: string | number | null): boolean =>
  cell === null || (typeof cell === 'number' ? Number.isNaN(cell) : missingMarks.has(cell));

const missingMarks: ReadonlySet<string> = new Set(['', 'NA', 'NaN', 'nan']);
