/** Reading a data file, whatever its format. The shapes of the answers are in `raw-table.ts`. */

import type { HostArray } from '../arrays.ts';
import { dataFault } from './codes.ts';
import { readCsv, streamCsv } from './csv.ts';
import { extensionOf, type Host, openFile } from './host.ts';
import { readJson } from './json-data.ts';
import { isNpy, readNpy } from './npy.ts';
import { isZip, readNpz } from './npz.ts';
import { isParquet, readParquet, streamParquet } from './parquet-table.ts';
import type { DataFile } from './raw-table.ts';
import { readSafetensors } from './safetensors.ts';
import { readUai } from './uai.ts';
import { uaiArrays } from './uai-program.ts';

export type { Cells, DataFile, JsonValueOrArray, RawArray, RawColumn, RawTable } from './raw-table.ts';
export { isMissing, parseNumber } from './raw-table.ts';

export type DataFormat = 'csv' | 'json' | 'npy' | 'npz' | 'parquet' | 'safetensors' | 'uai';

const byExtension: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  txt: 'csv',
  json: 'json',
  npy: 'npy',
  npz: 'npz',
  parquet: 'parquet',
  pq: 'parquet',
  safetensors: 'safetensors',
  uai: 'uai',
};

/**
 * Reads the data file at `path`: a table, a nameless array, or named values. Every fault of the file is an
 * EnergyError (E0501 to E0519) whose place names the file and, where there is one, the row and the column.
 * CSV and Parquet are read part by part where the host can do so.
 */
export async function readData(host: Host, path: string, options: ReadOptions = {}): Promise<DataFile> {
  const open = await openFile(host, path);
  try {
    const format = formatOf(await open.read(0, HEAD), path);
    if (format === 'csv' && options.texts !== true) return await streamCsv(open, path);
    if (format === 'parquet') return { kind: 'table', table: (await streamParquet(open, path)).table };
  } finally {
    await open.close();
  }
  return decodeData(await host.read(path), path, options);
}

export interface ReadOptions {
  /** Whether cells of CSV are texts as they stand in the file, however large it is. */
  readonly texts?: boolean;
}

/** What is looked at to tell the format. */
const HEAD = 4096;

/** `readData` for bytes that are already here; `file` is the name to use in messages and for its extension. */
export async function decodeData(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
): Promise<DataFile> {
  const format = formatOf(bytes, file);
  switch (format) {
    case 'csv':
      return readCsv(bytes, file, options);
    case 'json':
      return readJson(bytes, file);
    case 'npy':
      return { kind: 'array', array: { file, ...readNpy(bytes, file) } };
    case 'npz':
      return named(readNpz(bytes, file), file);
    case 'parquet':
      return { kind: 'table', table: (await readParquet(bytes, file)).table };
    case 'safetensors':
      return named(readSafetensors(bytes, file).tensors, file);
    case 'uai':
      return named(uaiArrays(readUai(bytes, file)), file);
  }
}

function named(arrays: ReadonlyMap<string, HostArray>, file: string): DataFile {
  const entries = [...arrays].map(
    ([name, array]) => [name, { kind: 'array', array: { file, ...array } }] as const,
  );
  return { kind: 'named', file, entries: new Map(entries) };
}

/** What the file is: by the marks at its beginning, else its extension, else the look of its text. */
export function formatOf(bytes: Uint8Array, file: string): DataFormat {
  if (isNpy(bytes)) return 'npy';
  if (isParquet(bytes)) return 'parquet';
  if (isZip(bytes)) return 'npz';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw dataFault('E0510', file, `\`${file}\` is compressed with gzip; expected the file itself.`, {
      suggestion: 'Unpack it first.',
    });
  }
  const extension = extensionOf(file);
  if (Object.hasOwn(byExtension, extension)) return byExtension[extension];
  const head = bytes.subarray(0, 4096);
  const first = head.find((b) => b > 0x20 && b !== 0xef && b !== 0xbb && b !== 0xbf);
  if (first === 0x7b || first === 0x5b) return 'json';
  if (first !== undefined && !head.includes(0)) return 'csv';
  throw dataFault(
    'E0510',
    file,
    `\`${file}\` is of no known format; expected CSV, JSON, NPY, NPZ, Parquet, safetensors or UAI.`,
  );
}
