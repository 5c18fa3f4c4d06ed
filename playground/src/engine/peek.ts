/** A look at a data file: its first rows, what its columns hold, and what a program needs to read it. */
import type { HostArray } from '../../../src/arrays.ts';
import { cellAt } from '../../../src/io/cells.ts';
import type { Host } from '../../../src/io/host.ts';
import type { JsonValueOrArray, RawColumn, RawTable } from '../../../src/io/raw-table.ts';
import { isMissing, parseNumber } from '../../../src/io/raw-table.ts';
import { readData } from '../../../src/io/table.ts';
import { formatNumber } from '../../../src/plot/numbers.ts';
import { type Guess, guessColumn } from '../../../src/scaffold/columns.ts';
import { identifier, tableDeclarations } from '../../../src/scaffold/table-model.ts';
import { parse } from '../../../src/syntax/parse.ts';
import { print } from '../../../src/syntax/print.ts';
import type { Peek, PeekColumn } from '../protocol.ts';
import { baseName } from '../workspace/paths.ts';

const MOST_ROWS = 60;
const MOST_COLUMNS = 80;
const MOST_LABELS = 4;

/** What declarations should look like: `path` as the program names the file, and the names that it has already. */
export interface PeekFor {
  readonly path: string;
  readonly taken: readonly string[];
}

/** @throws EnergyError where the file cannot be read */
export async function peek(host: Host, file: string, wanted: PeekFor): Promise<Peek> {
  const data = await readData(host, file);
  switch (data.kind) {
    case 'table':
      return peekTable(data.table, wanted);
    case 'array':
      return peekArray(data.array, wanted);
    case 'named':
      return {
        shape: `${data.entries.size} named ${data.entries.size === 1 ? 'value' : 'values'}`,
        columns: [...data.entries].slice(0, MOST_COLUMNS).map(([name, value]) => ({
          name,
          kind: kindOf(value),
          range: rangeText(value),
          missing: 0,
          number: false,
        })),
        rows: [],
        more: 0,
        declaration: namedDeclarations(data.entries, wanted),
      };
  }
}

function peekTable(table: RawTable, wanted: PeekFor): Peek {
  const shown = table.columns.slice(0, MOST_COLUMNS);
  const columns = shown.map(columnOf);
  const rows = Array.from({ length: Math.min(MOST_ROWS, table.rows) }, (_, i) =>
    shown.map((c) => cellText(cellAt(c.cells, i))),
  );
  return {
    shape: `${count(table.rows, 'row')}, ${count(table.columns.length, 'column')}`,
    columns,
    rows,
    more: table.rows - rows.length,
    declaration: table.header ? declarationsOf(table, wanted) : null,
  };
}

function columnOf(column: RawColumn): PeekColumn {
  const { name, guess, missing } = guessColumn(column);
  return {
    name,
    missing,
    kind: kindText(guess),
    range: rangeOfColumn(column, guess),
    number: isNumber(guess),
  };
}

const isNumber = (g: Guess): boolean =>
  g.kind === 'real' || g.kind === 'int' || g.kind === 'bit' || g.kind === 'codes';

function kindText(guess: Guess): string {
  switch (guess.kind) {
    case 'labels':
      return `${guess.labels.length} labels`;
    case 'codes':
      return `category(${guess.count})`;
    case 'none':
      return 'left out';
    default:
      return guess.kind;
  }
}

function rangeOfColumn({ cells }: RawColumn, guess: Guess): string {
  switch (guess.kind) {
    case 'labels': {
      const some = guess.labels.slice(0, MOST_LABELS).join(', ');
      return guess.labels.length > MOST_LABELS ? `${some}, …` : some;
    }
    case 'none':
      return guess.why;
    case 'int':
      return `${guess.lo} … ${guess.hi}`;
    case 'bit':
      return '0, 1';
    case 'codes':
      return `0 … ${guess.count - 1}`;
    case 'real': {
      let lo = Infinity;
      let hi = -Infinity;
      for (const cell of cells) {
        const x = isMissing(cell)
          ? Number.NaN
          : typeof cell === 'number'
            ? cell
            : parseNumber(String(cell).trim());
        if (x === undefined || Number.isNaN(x)) continue;
        lo = Math.min(lo, x);
        hi = Math.max(hi, x);
      }
      return `${formatNumber(lo, 5)} … ${formatNumber(hi, 5)}`;
    }
  }
}

const cellText = (cell: string | number | null): string =>
  cell === null || (typeof cell === 'number' && Number.isNaN(cell))
    ? ''
    : typeof cell === 'number'
      ? String(Number(cell.toPrecision(8)))
      : cell;

const count = (n: number, noun: string): string => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

function peekArray(array: HostArray, wanted: PeekFor): Peek {
  const { shape, data } = array;
  const cols = shape.length > 1 ? shape[shape.length - 1] : 1;
  const total = cols === 0 ? 0 : data.length / cols;
  const rows = Array.from({ length: Math.min(MOST_ROWS, total) }, (_, i) =>
    Array.from({ length: Math.min(MOST_COLUMNS, cols) }, (_, j) => cellText(Number(data[i * cols + j]))),
  );
  return {
    shape: `${shape.join(' × ') || '1'} numbers, ${rangeOfNumbers(data)}`,
    columns: Array.from({ length: Math.min(MOST_COLUMNS, cols) }, (_, j) => ({
      name: cols === 1 ? 'value' : String(j),
      kind: '',
      range: '',
      missing: 0,
      number: true,
    })),
    rows,
    more: total - rows.length,
    declaration: arrayDeclaration(nameOf(wanted), shape, data, wanted),
  };
}

function rangeOfNumbers(data: ArrayLike<number | bigint>): string {
  let lo = Infinity;
  let hi = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (x < lo) lo = x;
    if (x > hi) hi = x;
  }
  return lo > hi ? 'none' : `${formatNumber(lo, 5)} … ${formatNumber(hi, 5)}`;
}

function kindOf(value: JsonValueOrArray): string {
  switch (value.kind) {
    case 'array':
      return value.array.shape.length === 0 ? 'number' : `real[${value.array.shape.join(', ')}]`;
    case 'cells':
      return value.shape.length === 0 ? 'text' : `texts, ${value.shape.join(' × ')}`;
    case 'table':
      return `table of ${count(value.table.rows, 'row')}`;
    case 'record':
      return `record of ${count(value.entries.size, 'value')}`;
  }
}

const rangeText = (value: JsonValueOrArray): string =>
  value.kind === 'array' ? rangeOfNumbers(value.array.data) : '';

/** The name of the data, from that of its file. */
function nameOf({ path, taken }: PeekFor): string {
  const base = identifier(baseName(path).replace(/\.\w+$/, ''));
  return free(/^[a-z_]/i.test(base) ? base : `data_${base}`, taken);
}

function free(name: string, taken: readonly string[]): string {
  let own = name;
  for (let k = 2; taken.includes(own); k++) own = `${name}${k}`;
  return own;
}

/** As the formatter lays it out; null where nothing in the table can be modelled. */
function declarationsOf(table: RawTable, wanted: PeekFor): string | null {
  const data = nameOf(wanted);
  const { taken } = wanted;
  const stem = data[0].toUpperCase() + data.slice(1);
  let name = stem;
  for (let k = 2; taken.includes(`${name}Row`); k++) name = `${stem}${k}`;
  try {
    return laidOut(
      tableDeclarations(table, { path: wanted.path, name, data, rows: free('row', [...taken, data]), taken }),
    );
  } catch {
    return null;
  }
}

function laidOut(text: string): string {
  const { program, diagnostics } = parse(text, 'new.energy');
  return diagnostics.length > 0 ? text : print(program);
}

function arrayDeclaration(
  name: string,
  shape: readonly number[],
  data: ArrayLike<number | bigint>,
  { path }: PeekFor,
): string {
  const sets =
    shape.length === 0
      ? ''
      : `[${shape.map((_, i) => (i === 0 ? `${name}_row` : `${name}_col${i > 1 ? i : ''}`)).join(', ')}]`;
  return laidOut(`data ${name} : ${domainOf(data)}${sets} from ${JSON.stringify(path)}\n`);
}

/** What all these numbers are. */
function domainOf(data: ArrayLike<number | bigint>): string {
  let bits = true;
  let spins = true;
  for (let i = 0; i < data.length && (bits || spins); i++) {
    const x = Number(data[i]);
    bits &&= x === 0 || x === 1;
    spins &&= x === -1 || x === 1;
  }
  return data.length === 0 ? 'real' : bits ? 'bit' : spins ? 'spin' : 'real';
}

function namedDeclarations(entries: ReadonlyMap<string, JsonValueOrArray>, wanted: PeekFor): string | null {
  const lines = [...entries].flatMap(([name, value]) => {
    if (value.kind !== 'array' || identifier(name) !== name || wanted.taken.includes(name)) return [];
    return [arrayDeclaration(name, value.array.shape, value.array.data, wanted)];
  });
  return lines.length === 0 ? null : lines.join('');
}
