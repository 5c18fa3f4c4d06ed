/** CSV (RFC 4180, and its `;` and tab variants) as a raw table or a matrix. */
import { limits } from '../limits.ts';
import { checkUtf8 } from './binary.ts';
import { dataFault } from './codes.ts';
import { ColumnBuilder, TextColumn } from './column-builder.ts';
import { type CsvRecord, CsvScanner } from './csv-scan.ts';
import type { OpenFile } from './host.ts';
import { type Cells, isMissing, parseNumber, type RawArray, type RawTable } from './raw-table.ts';

export type CsvContents =
  | { readonly kind: 'table'; readonly table: RawTable }
  | { readonly kind: 'array'; readonly array: RawArray };

export interface CsvOptions {
  /** Whether cells are texts as they stand in the file; else columns of numbers may be numbers. */
  readonly texts?: boolean;
}

/** Files up to this size keep every cell's text: 1 MiB. */
export const SMALL = 2 ** 20;
/** What is read at a time. */
const PIECE = 2 ** 20;

/**
 * Reads CSV text. A first record with a cell that is no number is the header; records of numbers (or missing
 * cells) alone, the first included, are a matrix; otherwise the columns are called '1', '2', …
 * Blank lines are passed over, spaces around unquoted cells dropped, an empty cell is null. Columns of files
 * beyond 1 MiB are codes or numbers (`cells.ts`).
 * Throws EnergyError E0511 (quotes, encoding, header), E0517 (a row of another length), with file and row, and E0504.
 */
export function readCsv(bytes: Uint8Array, file: string, options: CsvOptions = {}): CsvContents {
  const texts = options.texts ?? bytes.length <= SMALL;
  return withTexts((asText) => {
    const reader = new CsvReader(file, texts, asText);
    reader.push(bytes, true);
    return reader.contents();
  });
}

/**
 * `readCsv` of a file that is read piece by piece; no more of it is held than a record is long.
 * @param options.piece bytes that are read at a time, where records are no longer
 */
export async function streamCsv(
  open: OpenFile,
  file: string,
  options: CsvOptions & { readonly piece?: number } = {},
): Promise<CsvContents> {
  const texts = options.texts ?? open.size <= SMALL;
  const least = options.piece ?? PIECE;
  const asText = new Set<number>();
  for (;;) {
    try {
      const reader = new CsvReader(file, texts, asText);
      let left = new Uint8Array(0);
      let piece = least;
      for (let at = 0; ; ) {
        const next = await open.read(at, Math.min(open.size, at + piece));
        at += next.length;
        const last = at >= open.size;
        const bytes = left.length === 0 ? next : joined(left, next);
        const used = reader.push(bytes, last);
        if (last) return reader.contents();
        left = bytes.slice(used);
        // A record that is longer than all that was read is looked at again with twice as much.
        piece = Math.max(least, left.length);
      }
    } catch (cause) {
      if (!(cause instanceof TextColumn)) throw cause;
      asText.add(cause.column);
    }
  }
}

/** Reads again where a column of numbers turns out to hold texts. */
function withTexts<T>(read: (asText: ReadonlySet<number>) => T): T {
  const asText = new Set<number>();
  for (;;) {
    try {
      return read(asText);
    } catch (cause) {
      if (!(cause instanceof TextColumn)) throw cause;
      asText.add(cause.column);
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

type Text = string | null;

class CsvReader {
  private readonly file: string;
  private readonly asText: ReadonlySet<number>;
  private readonly scanner: CsvScanner;
  private readonly lines = new Lines();
  private first: readonly Text[] | null = null;
  private header = false;
  /** Cells as they stand in the file, or columns that are built. */
  private readonly texts: Text[][] | null;
  private builders: ColumnBuilder[] = [];
  /** Of the file: bytes and lines that were passed, and whether its beginning was. */
  private passed = 0;
  private passedLines = 0;
  private begun = false;

  constructor(file: string, texts: boolean, asText: ReadonlySet<number>) {
    this.file = file;
    this.asText = asText;
    this.texts = texts ? [] : null;
    this.scanner = new CsvScanner(file, (record) => this.take(record));
  }

  /** Takes the whole records of `bytes`. @returns how many bytes they are; the rest is to be passed again */
  push(bytes: Uint8Array, last: boolean): number {
    let start = 0;
    if (!this.begun) {
      if (bytes.length < 3 && !last) return 0;
      this.begun = true;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) start = 3;
    }
    // Whole lines hold whole characters.
    const end = last ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
    checkUtf8(bytes.subarray(0, end), 'E0511', this.file, { byte: this.passed, line: this.passedLines });
    const used = start + this.scanner.scan(bytes.subarray(start, Math.max(start, end)), last);
    this.passed += used;
    this.passedLines = this.scanner.lines;
    return used;
  }

  private take(record: CsvRecord): void {
    if (!this.first) {
      this.begin(record);
      return;
    }
    const { count, line } = record;
    const width = this.first.length;
    if (count !== width) {
      throw dataFault(
        'E0517',
        this.file,
        `Row ${line} of \`${this.file}\` has ${count} ${count === 1 ? 'cell' : 'cells'}; expected ${width}, as in row ${this.lines.first}.`,
        { row: line },
      );
    }
    this.add(record);
  }

  private begin(record: CsvRecord): void {
    const { count, bytes, from, to, line } = record;
    const first = Array.from({ length: count }, (_, i) => textOf(bytes[i], from[i], to[i]));
    this.first = first;
    this.lines.first = line;
    this.header = !first.every(isNumeric);
    if (this.texts) for (let i = 0; i < count; i++) this.texts.push([]);
    else this.builders = first.map((_, i) => new ColumnBuilder(i, this.asText.has(i)));
    if (!this.header) this.add(record);
  }

  private add({ count, bytes, from, to, line }: CsvRecord): void {
    this.lines.add(line);
    if (this.lines.count * count > limits.elements) {
      throw dataFault(
        'E0504',
        this.file,
        `\`${this.file}\` holds more than ${limits.elements} cells, the limit.`,
      );
    }
    const { texts, builders } = this;
    if (texts) for (let i = 0; i < count; i++) texts[i].push(textOf(bytes[i], from[i], to[i]));
    else for (let i = 0; i < count; i++) builders[i].add(bytes[i], from[i], to[i]);
  }

  contents(): CsvContents {
    const { file, first, header, lines } = this;
    if (!first) throw dataFault('E0511', file, `\`${file}\` is empty; expected rows of cells.`);
    const rows = lines.count;
    const rowNumber = (i: number): number => lines.of(i);
    if (header) {
      const names = this.names(first);
      const columns = names.map((name, i) => ({ name, cells: this.cellsOf(i) }));
      return { kind: 'table', table: { file, columns, rows, header, rowNumber } };
    }
    const data = this.matrix(first.length, rows);
    if (data) return { kind: 'array', array: { file, shape: [rows, first.length], data, rowNumber } };
    const columns = first.map((_, i) => ({ name: String(i + 1), cells: this.cellsOf(i) }));
    return { kind: 'table', table: { file, columns, rows, header, rowNumber } };
  }

  private cellsOf(column: number): Cells {
    return this.texts ? this.texts[column] : this.builders[column].cells();
  }

  /** The names in the header, each once. */
  private names(first: readonly Text[]): readonly string[] {
    const seen = new Map<string, number>();
    return first.map((cell, i) => {
      const name = cell ?? '';
      const other = seen.get(name);
      if (name !== '' && other !== undefined) {
        throw dataFault(
          'E0511',
          this.file,
          `Columns ${other + 1} and ${i + 1} of \`${this.file}\` are both named \`${name}\`.`,
          {
            row: this.lines.first,
            column: name,
            suggestion:
              'Give each column a name of its own. Where this row is no header, add one, e.g. x0, x1, …: only tables of numbers go without.',
          },
        );
      }
      seen.set(name, i);
      return name;
    });
  }

  /** Row-major numbers, missing cells NaN; undefined where a cell is neither. */
  private matrix(width: number, rows: number): Float64Array | undefined {
    if (this.texts) return toMatrix(this.texts, rows);
    if (!this.builders.every((b) => b.isNumeric())) return undefined;
    const data = new Float64Array(rows * width);
    this.builders.forEach((b, i) => {
      b.putNumbers(data, i, width);
    });
    return data;
  }
}

const textOf = (bytes: Uint8Array, from: number, to: number): Text =>
  from === to ? null : decoder.decode(bytes.subarray(from, to));

const isNumeric = (cell: Text): boolean =>
  cell === null || isMissing(cell) || parseNumber(cell) !== undefined;

/** The line of each record: they follow each other, but for blank lines and cells of several lines. */
class Lines {
  /** Of the first record of the file. */
  first = 0;
  count = 0;
  private start = 0;
  private all: Int32Array | null = null;

  add(line: number): void {
    const i = this.count++;
    if (i === 0) this.start = line;
    if (!this.all) {
      if (line === this.start + i) return;
      this.all = Int32Array.from({ length: Math.max(16, 2 * i) }, (_, k) => this.start + k);
    }
    if (i === this.all.length) {
      const longer = new Int32Array(2 * i);
      longer.set(this.all);
      this.all = longer;
    }
    this.all[i] = line;
  }

  of(i: number): number {
    return this.all ? this.all[i] : this.start + i;
  }
}

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
