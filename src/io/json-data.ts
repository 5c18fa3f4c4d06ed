/** JSON data: Stan's format (an object of named numbers and nested arrays), records, bare arrays. */
import { decodeText, maxRank } from './binary.ts';
import { dataFault } from './codes.ts';
import { jsonFaultAt } from './json-fault.ts';
import type { DataFile, JsonValueOrArray, RawTable } from './raw-table.ts';

type Cell = string | number | null;

/**
 * Reads JSON text: an object becomes named values, an array of objects a table, an array of numbers an array.
 * true and false count as 1 and 0, null is missing (NaN among numbers), and in an array of numbers the texts
 * "NaN", "Inf", "+Inf", "-Inf", "Infinity", "+Infinity", "-Infinity" are numbers, as in CmdStan's JSON.
 * Throws EnergyError E0512 (not JSON, a value of no use, with its path) and E0517 (ragged, with its path).
 */
export function readJson(bytes: Uint8Array, file: string): DataFile {
  const value = parseJson(decodeText(bytes, 'E0512', file), file);
  if (isRecord(value)) return { kind: 'named', file, entries: readEntries(value, '', file, 0) };
  if (Array.isArray(value)) {
    const read = readValue(value, '', file, 0);
    if (read.kind === 'table' || read.kind === 'array') return read;
    throw dataFault('E0512', file, `\`${file}\` is an array with texts in it; expected numbers, or records.`);
  }
  throw dataFault(
    'E0512',
    file,
    `\`${file}\` is ${describe(value)}; expected an object of named values or an array.`,
  );
}

/** `JSON.parse` whose error is E0512 with line and column. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = jsonFaultAt(text);
    if (at >= text.trimEnd().length) {
      throw dataFault('E0512', file, `\`${file}\` is not JSON: it ends too early.`, {
        row: text.split('\n').length,
      });
    }
    const before = text.slice(0, at);
    const row = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    throw dataFault('E0512', file, `\`${file}\` is not JSON at line ${row}, column ${column}.`, { row });
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readEntries(
  record: Readonly<Record<string, unknown>>,
  path: string,
  file: string,
  depth: number,
): ReadonlyMap<string, JsonValueOrArray> {
  if (depth > maxRank) throw dataFault('E0512', file, `\`${path}\` is nested more than ${maxRank} deep.`);
  const entries = new Map<string, JsonValueOrArray>();
  for (const [name, value] of Object.entries(record)) {
    entries.set(name, readValue(value, path === '' ? name : `${path}.${name}`, file, depth));
  }
  return entries;
}

function readValue(value: unknown, path: string, file: string, depth: number): JsonValueOrArray {
  if (isRecord(value)) return { kind: 'record', entries: readEntries(value, path, file, depth + 1) };
  if (Array.isArray(value) && isRecord(value[0]))
    return { kind: 'table', table: readRecords(value, path, file) };
  const shape = shapeOf(value, path, file);
  const cells: Cell[] = [];
  collect(value, shape, 0, path, file, cells);
  const data = toNumbers(cells);
  return data ? { kind: 'array', array: { file, shape, data } } : { kind: 'cells', shape, cells };
}

/** The lengths along the first elements. */
function shapeOf(value: unknown, path: string, file: string): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    shape.push(inner.length);
    if (shape.length > maxRank) {
      throw dataFault('E0512', file, `${show(path)} of \`${file}\` is nested more than ${maxRank} deep.`);
    }
  }
  return shape;
}

function collect(
  value: unknown,
  shape: readonly number[],
  depth: number,
  path: string,
  file: string,
  out: Cell[],
): void {
  if (depth === shape.length) {
    if (Array.isArray(value)) {
      throw dataFault(
        'E0517',
        file,
        `\`${path}\` of \`${file}\` is an array; expected a single value, as its neighbours are.`,
      );
    }
    out.push(cellOf(value, path, file));
    return;
  }
  if (!Array.isArray(value)) {
    throw dataFault(
      'E0517',
      file,
      `\`${path}\` of \`${file}\` is ${describe(value)}; expected an array of ${shape[depth]}, as its neighbours are.`,
    );
  }
  if (value.length !== shape[depth]) {
    const first = path.replace(/\[\d+\]$/, '[0]');
    throw dataFault(
      'E0517',
      file,
      `\`${path}\` of \`${file}\` has ${value.length} elements; expected ${shape[depth]}, as in \`${first}\`.`,
    );
  }
  for (let i = 0; i < value.length; i++) collect(value[i], shape, depth + 1, `${path}[${i}]`, file, out);
}

function cellOf(value: unknown, path: string, file: string): Cell {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || typeof value === 'number' || typeof value === 'string') return value;
  throw dataFault(
    'E0512',
    file,
    `${show(path)} of \`${file}\` is ${describe(value)}; expected a number or a text.`,
  );
}

const specialNumbers: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Inf', Infinity],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
  ['Infinity', Infinity],
  ['+Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

function toNumbers(cells: readonly Cell[]): Float64Array | undefined {
  const data = new Float64Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (typeof cell === 'string') {
      const value = specialNumbers.get(cell);
      if (value === undefined) return undefined;
      data[i] = value;
    } else data[i] = cell ?? NaN;
  }
  return data;
}

/** A table from an array of objects: the columns in order of appearance, null where a record lacks one. */
function readRecords(records: readonly unknown[], path: string, file: string): RawTable {
  const columns = new Map<string, Cell[]>();
  records.forEach((record, i) => {
    const where = `${path}[${i}]`;
    if (!isRecord(record)) {
      throw dataFault(
        'E0512',
        file,
        `${show(where)} of \`${file}\` is ${describe(record)}; expected a record, as its neighbours are.`,
        {
          row: i + 1,
        },
      );
    }
    for (const [name, value] of Object.entries(record)) {
      let cells = columns.get(name);
      if (!cells) {
        cells = new Array<Cell>(i).fill(null);
        columns.set(name, cells);
      }
      cells.push(cellOf(value, `${where}.${name}`, file));
    }
    for (const cells of columns.values()) if (cells.length === i) cells.push(null);
  });
  return {
    file,
    columns: [...columns].map(([name, cells]) => ({ name, cells })),
    rows: records.length,
    header: true,
    rowNumber: (i) => i + 1,
  };
}

const show = (path: string): string => (path === '' ? 'The value' : `\`${path}\``);

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
