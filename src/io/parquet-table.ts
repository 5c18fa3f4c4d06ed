/**
 * Parquet as a raw table, through hyparquet. Page headers are walked first, so that a hostile file cannot
 * claim more values than it declares rows, nor unpack beyond the limits.
 */
import { gunzipSync } from 'fflate';
import {
  type AsyncBuffer,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadata,
  parquetRead,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
  snappyUncompress,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { dataFault, guarded, guardedAsync } from './codes.ts';
import type { Cells, RawTable } from './raw-table.ts';

/** More cells than memory holds; a run-length encoded column may honestly claim many from few bytes. */
const maxCells = 2 ** 27;
const maxUnpacked = 2 ** 31;

export interface ParquetContents {
  readonly table: RawTable;
  readonly metadata: ReadonlyMap<string, string>;
}

export const isParquet = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && bytes[3] === 0x31;

/**
 * Reads a table of plain columns: numbers stay numbers, booleans become 1 and 0, times and dates ISO texts,
 * nulls null. Codecs: none, Snappy, gzip. Throws EnergyError E0515 (malformed), E0518 (nested columns,
 * other codecs, bytes that are no text), E0519 (an integer beyond 2⁵³), E0504.
 */
export async function readParquet(bytes: Uint8Array, file: string): Promise<ParquetContents> {
  const what = `\`${file}\` is not a readable Parquet file`;
  if (!isParquet(bytes)) throw dataFault('E0515', file, `${what}: it does not begin with PAR1.`);
  const { metadata, leaves } = guarded('E0515', file, what, () => {
    const parsed = parquetMetadata(bytes);
    return { metadata: parsed, leaves: parquetSchema(parsed).children };
  });
  const rows = checkFooter(metadata, leaves, file);
  guarded('E0515', file, what, () => checkPages(bytes, metadata, file));
  const chunks = new Map<string, { start: number; data: DecodedArray }[]>(
    leaves.map((l) => [l.element.name, []]),
  );
  await guardedAsync('E0515', file, what, () =>
    parquetRead({
      file: asyncBuffer(bytes),
      metadata,
      compressors,
      geoparquet: false,
      parsers: { jsonFromBytes: (text) => text && new TextDecoder().decode(text) },
      onChunk: ({ columnName, columnData, rowStart }) => {
        chunks.get(columnName)?.push({ start: rowStart, data: columnData });
      },
    }),
  );
  const columns = leaves.map(({ element }) => {
    const { name } = element;
    const parts = (chunks.get(name) ?? []).sort((a, b) => a.start - b.start);
    return { name, cells: joinCells(parts, element, rows, file) };
  });
  const keys = new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']));
  return { table: { file, columns, rows, header: true, rowNumber: (i) => i + 1 }, metadata: keys };
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

/** Walks the page headers of every column chunk: values add up to the group's rows, sizes stay in bounds. */
function checkPages(bytes: Uint8Array, metadata: FileMetaData, file: string): void {
  const bad = (message: string) => dataFault('E0515', file, message);
  let unpacked = 0;
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    for (const { meta_data: chunk, file_path: elsewhere } of group.columns) {
      if (!chunk || elsewhere) {
        throw dataFault('E0518', file, `\`${file}\` keeps columns in other files; expected all in one.`);
      }
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
      if (!(start >= 4 && end >= start && end <= bytes.length)) {
        throw bad(
          `The column \`${name}\` of \`${file}\` lies at bytes ${start} to ${end} of ${bytes.length}.`,
        );
      }
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, end), offset: start };
      let values = 0;
      while (values < groupRows && reader.offset < end) {
        const at = reader.offset;
        const page = parquetHeader(reader);
        const packed = page.compressed_page_size;
        const size = page.uncompressed_page_size;
        const count =
          page.data_page_header?.num_values ??
          page.data_page_header_v2?.num_values ??
          page.dictionary_page_header?.num_values ??
          0;
        if (!(packed >= 0 && size >= 0 && count >= 0 && count <= maxCells && reader.offset + packed <= end)) {
          throw bad(`The column \`${name}\` of \`${file}\` has an impossible page at byte ${at}.`);
        }
        if (page.type === 'DICTIONARY_PAGE') {
          // PLAIN values take a bit each at least.
          if (count > 8 * size)
            throw bad(`The column \`${name}\` of \`${file}\` has an impossible dictionary at byte ${at}.`);
        } else values += count;
        unpacked += size;
        reader.offset += packed;
      }
      if (values !== groupRows) {
        throw bad(`The column \`${name}\` of \`${file}\` holds ${values} values; expected ${groupRows}.`);
      }
      if (unpacked > maxUnpacked)
        throw dataFault('E0504', file, `\`${file}\` unpacks to more than ${maxUnpacked} bytes.`);
    }
  }
}

const compressors: Compressors = {
  SNAPPY: (input, outputLength) => {
    const output = new Uint8Array(outputLength);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, outputLength) => gunzipSync(input, { out: new Uint8Array(outputLength) }),
};

const asyncBuffer = (bytes: Uint8Array): AsyncBuffer => ({
  byteLength: bytes.length,
  slice: (start, end) => {
    const part = new Uint8Array((end ?? bytes.length) - start);
    part.set(bytes.subarray(start, end));
    return part.buffer;
  },
});

/** One column from its chunks; numbers without nulls become a typed array. */
function joinCells(
  parts: readonly { start: number; data: DecodedArray }[],
  { name, type }: SchemaElement,
  rows: number,
  file: string,
): Cells {
  const total = parts.reduce((n, { data }) => n + data.length, 0);
  if (total !== rows) {
    throw dataFault(
      'E0515',
      file,
      `The column \`${name}\` of \`${file}\` has ${total} cells; expected ${rows}.`,
      {
        column: name,
      },
    );
  }
  const numbers = new Float64Array(rows);
  let i = 0;
  let cells: (string | number | null)[] | undefined;
  for (const { data } of parts) {
    for (const value of data as Iterable<unknown>) {
      const cell = typeof value === 'number' ? value : cellOf(value, i, name, file);
      if (typeof cell !== 'number') cells ??= Array.from(numbers.subarray(0, i));
      if (cells) cells.push(cell);
      else numbers[i] = cell as number;
      i++;
    }
  }
  if (cells) return cells;
  return type === 'INT32' && numbers.every((v) => v === (v | 0)) ? Int32Array.from(numbers) : numbers;
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
