/**
 * Parquet as a raw table, through hyparquet. Page headers are walked first, so that a hostile file cannot
 * claim more values than it declares rows, nor unpack beyond the limits.
 */
import { gunzipSync } from 'fflate';
import {
  type ColumnMetaData,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadata,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
  snappyUncompress,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { limits } from '../limits.ts';
import type { EnergyError } from '../syntax/diagnostic.ts';
import { CodedCells } from './cells.ts';
import { dataFault, guarded } from './codes.ts';
import { type OpenFile, wholeFile } from './host.ts';
import { decodedPages, valuesOf } from './parquet-pages.ts';
import type { Cells, RawTable } from './raw-table.ts';

/** More cells than memory holds; a run-length encoded column may honestly claim many from few bytes. */
const maxCells = limits.elements;
const maxUnpacked = 2 ** 31;

export interface ParquetContents {
  readonly table: RawTable;
  readonly metadata: ReadonlyMap<string, string>;
}

export const isParquet = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && bytes[3] === 0x31;

/** Files up to this size have columns as plain arrays: 1 MiB. */
const SMALL = 2 ** 20;

/**
 * Reads a table of plain columns: numbers stay numbers, booleans become 1 and 0, times and dates ISO texts,
 * nulls null. Codecs: none, Snappy, gzip. Columns of files beyond 1 MiB are codes or numbers (`cells.ts`), of
 * which NaN is missing. Throws EnergyError E0515 (malformed), E0518 (nested columns, other codecs, bytes that are no
 * text), E0519 (an integer beyond 2⁵³), E0504.
 */
export const readParquet = (bytes: Uint8Array, file: string): Promise<ParquetContents> =>
  streamParquet(wholeFile(bytes), file);

/** `readParquet` of an open file; beside the columns it holds one column of one row group at a time. */
export async function streamParquet(open: OpenFile, file: string): Promise<ParquetContents> {
  const what = `\`${file}\` is not a readable Parquet file`;
  if (!isParquet(await open.read(0, 4)))
    throw dataFault('E0515', file, `${what}: it does not begin with PAR1.`);
  const footer = await footerOf(open);
  const { metadata, schema } = guarded('E0515', file, what, () => {
    const parsed = parquetMetadata(footer);
    return { metadata: parsed, schema: parquetSchema(parsed) };
  });
  const leaves = schema.children;
  const rows = checkFooter(metadata, leaves, file);
  const columns = new Map(
    leaves.map(({ element }) => [element.name, new ParquetColumn(element, rows, file, open.size <= SMALL)]),
  );
  const unpacked = { bytes: 0 };
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    for (const { meta_data: chunk, file_path: elsewhere } of group.columns) {
      if (!chunk || elsewhere) {
        throw dataFault('E0518', file, `\`${file}\` keeps columns in other files; expected all in one.`);
      }
      const { start, end } = placeOf(chunk, open.size, file);
      const bytes = await open.read(start, end);
      const leaf = leaves.find((l) => l.element.name === chunk.path_in_schema[0]);
      const column = leaf && columns.get(leaf.element.name);
      guarded('E0515', file, what, () => {
        checkPages(bytes, start, chunk, groupRows, unpacked, file);
        if (!column) throw new Error('a row group has a column that its schema lacks');
        const options = { compressors, schemaPath: [schema, leaf] };
        for (const values of decodedPages(bytes, chunk, groupRows, options)) column.add(values);
      });
    }
  }
  const list = [...columns].map(([name, column]) => ({ name, cells: column.cells() }));
  const keys = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']));
  return { table: { file, columns: list, rows, header: true, rowNumber: (i) => i + 1 }, metadata: keys };
}

/** The bytes at the end that say how long they are; all of the file where that cannot be. */
async function footerOf(open: OpenFile): Promise<Uint8Array> {
  const tail = await open.read(Math.max(0, open.size - 8), open.size);
  if (tail.length < 8) return tail;
  const length = new DataView(tail.buffer, tail.byteOffset, 8).getUint32(0, true);
  return open.read(Math.max(0, open.size - length - 8), open.size);
}

function checkFooter(metadata: FileMetaData, leaves: readonly SchemaTree[], file: string): number {
  const bad = (message: string) => dataFault('E0515', file, message);
  const rows = Number(metadata.num_rows);
  const names = new Set<string>();
  for (const { element, children } of leaves) {
    const name = element.name;
    if (children.length > 0 || element.repetition_type === 'REPEATED') {
      throw dataFault(
        'E0518',
        file,
        `The column \`${name}\` of \`${file}\` is nested; expected one value in each row.`,
        {
          column: name,
        },
      );
    }
    if (names.has(name)) throw bad(`\`${file}\` has two columns named \`${name}\`.`);
    names.add(name);
  }
  const grouped = metadata.row_groups.reduce((n, group) => n + Number(group.num_rows), 0);
  if (!Number.isSafeInteger(rows) || rows < 0 || grouped !== rows) {
    throw bad(`\`${file}\` declares ${rows} rows, its row groups ${grouped}.`);
  }
  if (rows * leaves.length > maxCells) {
    throw dataFault(
      'E0504',
      file,
      `\`${file}\` declares ${rows} rows of ${leaves.length} columns; the limit is ${maxCells} cells.`,
    );
  }
  return rows;
}

/** Where a column of a row group lies. */
function placeOf(
  chunk: ColumnMetaData,
  size: number,
  file: string,
): { readonly start: number; readonly end: number } {
  const name = chunk.path_in_schema.join('.');
  if (chunk.codec !== 'UNCOMPRESSED' && compressors[chunk.codec] === undefined) {
    throw dataFault(
      'E0518',
      file,
      `The column \`${name}\` of \`${file}\` is compressed with ${chunk.codec}; expected Snappy, gzip or none.`,
      { column: name },
    );
  }
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  if (!(start >= 4 && end >= start && end <= size)) {
    throw dataFault(
      'E0515',
      file,
      `The column \`${name}\` of \`${file}\` lies at bytes ${start} to ${end} of ${size}.`,
    );
  }
  return { start, end };
}

/** Walks the page headers of a column chunk: values add up to the group's rows, sizes stay in bounds. */
function checkPages(
  bytes: Uint8Array,
  start: number,
  chunk: ColumnMetaData,
  groupRows: number,
  unpacked: { bytes: number },
  file: string,
): void {
  const name = chunk.path_in_schema.join('.');
  const bad = (message: string) => dataFault('E0515', file, message);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let values = 0;
  while (values < groupRows && reader.offset < bytes.length) {
    const at = start + reader.offset;
    const page = parquetHeader(reader);
    const packed = page.compressed_page_size;
    const size = page.uncompressed_page_size;
    const dictionary = page.type === 'DICTIONARY_PAGE';
    const count = (dictionary ? page.dictionary_page_header?.num_values : valuesOf(page)) ?? 0;
    const fits = packed >= 0 && reader.offset + packed <= bytes.length;
    if (!(fits && size >= 0 && count >= 0 && count <= maxCells)) {
      throw bad(`The column \`${name}\` of \`${file}\` has an impossible page at byte ${at}.`);
    }
    if (dictionary) {
      // PLAIN values take a bit each at least.
      if (count > 8 * size)
        throw bad(`The column \`${name}\` of \`${file}\` has an impossible dictionary at byte ${at}.`);
    } else values += count;
    unpacked.bytes += size;
    reader.offset += packed;
  }
  if (values !== groupRows) {
    throw bad(`The column \`${name}\` of \`${file}\` holds ${values} values; expected ${groupRows}.`);
  }
  if (unpacked.bytes > maxUnpacked)
    throw dataFault('E0504', file, `\`${file}\` unpacks to more than ${maxUnpacked} bytes.`);
}

const compressors: Compressors = {
  SNAPPY: (input, outputLength) => {
    const output = new Uint8Array(outputLength);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, outputLength) => gunzipSync(input, { out: new Uint8Array(outputLength) }),
};

/** One column as its chunks come: numbers, else codes of texts; plain cells where they are few. */
class ParquetColumn {
  private readonly element: SchemaElement;
  private readonly rows: number;
  private readonly file: string;
  private readonly plainly: boolean;
  private count = 0;
  private numbers: Float64Array | null = null;
  private plain: (string | number | null)[] | null = null;
  private texts: { readonly codes: Int32Array; readonly known: Map<string | number | null, number> } | null =
    null;

  constructor(element: SchemaElement, rows: number, file: string, plainly: boolean) {
    this.element = element;
    this.rows = rows;
    this.file = file;
    this.plainly = plainly;
  }

  add(data: DecodedArray): void {
    const { name } = this.element;
    if (this.count + data.length > this.rows) throw this.disagrees(this.count + data.length);
    if (!this.plain && !this.texts) {
      this.numbers ??= new Float64Array(this.rows);
      if (data instanceof Float64Array || data instanceof Int32Array || data instanceof Float32Array) {
        this.numbers.set(data, this.count);
        this.count += data.length;
        return;
      }
    }
    if (data instanceof BigInt64Array && this.numbers && wholeNumbers(data, this.numbers, this.count)) {
      this.count += data.length;
      return;
    }
    for (let k = 0; k < data.length; k++) {
      const value: unknown = data[k];
      if (typeof value === 'number' && this.numbers) this.numbers[this.count] = value;
      else this.put(typeof value === 'number' ? value : cellOf(value, this.count, name, this.file));
      this.count++;
    }
  }

  private put(cell: string | number | null): void {
    const { numbers, plain, texts } = this;
    if (texts) {
      texts.codes[this.count] = codeOf(texts.known, cell);
    } else if (plain) {
      plain.push(cell);
    } else if (typeof cell === 'number') {
      numbers![this.count] = cell;
    } else if (this.plainly) {
      this.plain = [...numbers!.subarray(0, this.count), cell];
      this.numbers = null;
    } else if (cell === null) {
      numbers![this.count] = Number.NaN;
    } else {
      // Before the first text of a column there are only nulls.
      const known = new Map<string | number | null, number>([[null, 0]]);
      const codes = new Int32Array(this.rows);
      codes[this.count] = codeOf(known, cell);
      this.texts = { codes, known };
      this.numbers = null;
    }
  }

  cells(): Cells {
    if (this.count !== this.rows) throw this.disagrees(this.count);
    if (this.plain) return this.plain;
    if (this.texts) return new CodedCells(this.texts.codes, [...this.texts.known.keys()]);
    const numbers = this.numbers ?? new Float64Array(0);
    const whole = this.element.type === 'INT32' && numbers.every((v) => v === (v | 0));
    return whole ? Int32Array.from(numbers) : numbers;
  }

  private disagrees(total: number): EnergyError {
    const { name } = this.element;
    return dataFault(
      'E0515',
      this.file,
      `The column \`${name}\` of \`${this.file}\` has ${total} cells; expected ${this.rows}.`,
      {
        column: name,
      },
    );
  }
}

/** Writes integers of 64 bits as numbers; false where one of them is none. */
function wholeNumbers(data: BigInt64Array, out: Float64Array, at: number): boolean {
  const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  // Which of the two halves is the upper one depends on the machine.
  const upper = new Int32Array(BigInt64Array.of(1n).buffer)[0] === 1 ? 1 : 0;
  for (let k = 0; k < data.length; k++) {
    const value = halves[2 * k + upper] * 2 ** 32 + (halves[2 * k + 1 - upper] >>> 0);
    if (!Number.isSafeInteger(value)) return false;
    out[at + k] = value;
  }
  return true;
}

function codeOf(known: Map<string | number | null, number>, cell: string | number | null): number {
  const code = known.get(cell);
  if (code !== undefined) return code;
  known.set(cell, known.size);
  return known.size - 1;
}

function cellOf(value: unknown, i: number, column: string, file: string): string | number | null {
  const place = { row: i + 1, column };
  switch (typeof value) {
    case 'string':
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'undefined':
      return null;
    case 'bigint': {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      throw dataFault(
        'E0519',
        file,
        `Row ${i + 1} of \`${column}\` in \`${file}\` is ${value}; expected an integer within ±(2^53 - 1).`,
        place,
      );
    }
    default:
      if (value === null) return null;
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
      throw dataFault(
        'E0518',
        file,
        `Row ${i + 1} of \`${column}\` in \`${file}\` is neither a number nor a text.`,
        place,
      );
  }
}
