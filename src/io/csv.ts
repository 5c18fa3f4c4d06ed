/** CSV (RFC 4180, and its `;` and tab variants) as a raw table or a matrix; quoting is csv-parse's work. */
import { parse } from 'csv-parse/browser/esm/sync';
import { EnergyError } from '../syntax/diagnostic.ts';
import { checkUtf8 } from './binary.ts';
import { dataFault } from './codes.ts';
import { isMissing, parseNumber, type RawArray, type RawTable } from './raw-table.ts';

/**
 * Reads CSV text. A first record with a cell that is no number is the header; records of numbers (or missing
 * cells) alone, the first included, are a matrix; otherwise the columns are called '1', '2', …
 * Blank lines are passed over, spaces around unquoted cells dropped, an empty cell is null.
 * Throws EnergyError E0511 (quotes, encoding, header) and E0517 (a row of another length), with file and row.
 */
export function readCsv(
  bytes: Uint8Array,
  file: string,
):
  | { readonly kind: 'table'; readonly table: RawTable }
  | { readonly kind: 'array'; readonly array: RawArray } {
  checkUtf8(bytes, 'E0511', file);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const { columns, lines } = splitCells(marked ? bytes.subarray(3) : bytes, file);
  if (lines.length === 0) throw dataFault('E0511', file, `\`${file}\` is empty; expected rows of cells.`);
  const firstIsData = columns.every((cells) => isNumeric(cells[0]));
  if (firstIsData) {
    const data = toMatrix(columns, lines.length);
    if (data) {
      const shape = [lines.length, columns.length];
      return { kind: 'array', array: { file, shape, data, rowNumber: (i) => lines[i] } };
    }
    const named = columns.map((cells, i) => ({ name: String(i + 1), cells }));
    const table = {
      file,
      columns: named,
      rows: lines.length,
      header: false,
      rowNumber: (i: number) => lines[i],
    };
    return { kind: 'table', table };
  }
  const seen = new Map<string, number>();
  const named = columns.map((cells, i) => {
    const name = cells.shift() ?? '';
    const other = seen.get(name);
    if (name !== '' && other !== undefined) {
      throw dataFault(
        'E0511',
        file,
        `Columns ${other + 1} and ${i + 1} of \`${file}\` are both named \`${name}\`.`,
        {
          row: lines[0],
          column: name,
        },
      );
    }
    seen.set(name, i);
    return { name, cells };
  });
  lines.shift();
  const table = {
    file,
    columns: named,
    rows: lines.length,
    header: true,
    rowNumber: (i: number) => lines[i],
  };
  return { kind: 'table', table };
}

const isNumeric = (cell: string | null): boolean =>
  cell === null || isMissing(cell) || parseNumber(cell) !== undefined;

/** Row-major numbers, missing cells NaN; undefined as soon as a cell is neither. */
function toMatrix(columns: readonly (readonly (string | null)[])[], rows: number): Float64Array | undefined {
  const width = columns.length;
  const data = new Float64Array(rows * width);
  for (let c = 0; c < width; c++) {
    const cells = columns[c];
    for (let r = 0; r < rows; r++) {
      const cell = cells[r];
      const value = cell === null ? NaN : (parseNumber(cell) ?? (isMissing(cell) ? NaN : undefined));
      if (value === undefined) return undefined;
      data[r * width + c] = value;
    }
  }
  return data;
}

/** The cells by column, and the line on which each record begins. */
function splitCells(bytes: Uint8Array, file: string): { columns: (string | null)[][]; lines: number[] } {
  const columns: (string | null)[][] = [];
  const lines: number[] = [];
  const take = (record: readonly string[], lastLine: number): void => {
    const line = lastLine - record.reduce((n, cell) => n + lineBreaks(cell), 0);
    if (lines.length === 0) for (let i = 0; i < record.length; i++) columns.push([]);
    else if (record.length !== columns.length) {
      throw dataFault(
        'E0517',
        file,
        `Row ${line} of \`${file}\` has ${record.length} ${record.length === 1 ? 'cell' : 'cells'}; expected ${columns.length}, as in row ${lines[0]}.`,
        { row: line },
      );
    }
    lines.push(line);
    for (let i = 0; i < record.length; i++) columns[i].push(record[i] === '' ? null : record[i]);
  };
  try {
    parse(bytes, {
      delimiter: detectDelimiter(bytes),
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (record: readonly string[], context: { readonly lines: number }) => {
        take(record, context.lines);
        return null;
      },
    });
  } catch (cause) {
    throw cause instanceof EnergyError ? cause : explain(cause, file);
  }
  return { columns, lines };
}

function lineBreaks(cell: string): number {
  if (!cell.includes('\n') && !cell.includes('\r')) return 0;
  return cell.split(/\r\n|\n|\r/).length - 1;
}

/** The separator of the first line, outside quotes: a tab, else a semicolon, else a comma. */
function detectDelimiter(bytes: Uint8Array): ',' | ';' | '\t' {
  let quoted = false;
  let semicolon = false;
  let started = false;
  for (const byte of bytes) {
    if (byte === 0x22) quoted = !quoted;
    else if (!quoted) {
      if (byte === 0x09) return '\t';
      if (byte === 0x3b) semicolon = true;
      if ((byte === 0x0a || byte === 0x0d) && started) break;
    }
    if (byte !== 0x0a && byte !== 0x0d) started = true;
  }
  return semicolon ? ';' : ',';
}

function explain(cause: unknown, file: string): EnergyError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const row =
    cause instanceof Error && 'lines' in cause && typeof cause.lines === 'number' ? cause.lines : undefined;
  const where = row === undefined ? `\`${file}\`` : `Row ${row} of \`${file}\``;
  const details = row === undefined ? {} : { row };
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return dataFault(
        'E0511',
        file,
        `${where} has a quoted cell that is not closed before the end of the file.`,
        details,
      );
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_OPENING_QUOTE':
      return dataFault('E0511', file, `${where} has a quote inside a cell that does not begin with one.`, {
        ...details,
        suggestion: 'Put the whole cell in quotes and double the quotes inside it.',
      });
    case 'CSV_INVALID_CLOSING_QUOTE':
      return dataFault('E0511', file, `${where} has text after the closing quote of a cell.`, {
        ...details,
        suggestion: 'Double the quotes inside a quoted cell.',
      });
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return dataFault('E0511', file, `${where} is not readable CSV: ${reason}.`, details);
    }
  }
}
