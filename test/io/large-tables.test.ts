/** Tables that are read piece by piece into typed columns: the same cells, rows and faults as from whole texts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { CodedCells, type MixedCells } from '../../src/io/cells.ts';
import { type CsvContents, readCsv, streamCsv } from '../../src/io/csv.ts';
import { numberIn } from '../../src/io/decimal.ts';
import { openFile, wholeFile } from '../../src/io/host.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { readParquet } from '../../src/io/parquet-table.ts';
import { isMissing, parseNumber, type RawTable, readData } from '../../src/io/table.ts';
import { open } from '../run/kit.ts';
import { faultOf, uniform, utf8 } from './faults.ts';

const dir = mkdtempSync(join(tmpdir(), 'energy-large-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Cell = string | number | null;

/** What a cell says: a number, a text, or nothing. */
const meaning = (cell: Cell | undefined): Cell => {
  if (cell === undefined || cell === null || isMissing(cell)) return null;
  return typeof cell === 'number' ? cell : (parseNumber(cell) ?? cell);
};

/** Names, cells by row and lines, whatever they are kept in. */
function saying(contents: CsvContents): unknown {
  if (contents.kind === 'array') {
    const { shape, data, rowNumber } = contents.array;
    return { shape, data: [...data], lines: Array.from({ length: shape[0] }, (_, i) => rowNumber?.(i)) };
  }
  const { columns, rows, rowNumber, header } = contents.table;
  return {
    header,
    names: columns.map((c) => c.name),
    cells: columns.map((c) => Array.from({ length: rows }, (_, i) => meaning(c.cells.at(i)))),
    lines: Array.from({ length: rows }, (_, i) => rowNumber(i)),
  };
}

const cell = fc.oneof(
  { weight: 3, arbitrary: fc.double({ noNaN: true }).map(String) },
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom(
    '',
    'NA',
    'NaN',
    'inf',
    '007',
    '1e-3',
    '.5',
    'clerk',
    ' nurse ',
    'é, ü',
    'a;b',
    '1,5',
    '"',
    'two\nlines',
    '\u{1F600}',
  ),
);

/** Records of one width as text; cells are quoted where they have to be, and sometimes where not. */
const csvText = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 12,
      }),
    ),
    newline: fc.constantFrom('\n', '\r\n'),
    blank: fc.boolean(),
    mark: fc.boolean(),
    ended: fc.boolean(),
  })
  .map(({ rows, newline, blank, mark, ended }) => {
    const lines = rows.map((r) =>
      r
        .map(([text, quoted]) => (quoted || /[",;\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
        .join(','),
    );
    return `${mark ? '\ufeff' : ''}${lines.join(blank ? newline + newline : newline)}${ended ? newline : ''}`;
  });

describe('CSV', () => {
  it('splits into the cells that csv-parse finds', () => {
    fc.assert(
      fc.property(csvText, (text) => {
        const expected = (
          parse(text, { bom: true, trim: true, skip_empty_lines: true }) as readonly (readonly string[])[]
        ).map((r) => r.map((c) => (c === '' ? null : c)));
        const names = expected[0]?.filter((c) => c !== null) ?? [];
        if (expected.length === 0 || new Set(names).size < names.length) return;
        const read = readCsv(utf8(text), 'd.csv', { texts: true });
        if (read.kind === 'array') {
          expect([...read.array.data]).toEqual(
            expected.flat().map((c) => (c === null || isMissing(c) ? Number.NaN : parseNumber(c))),
          );
          return;
        }
        const { columns, header, rows } = read.table;
        const cells = Array.from({ length: rows }, (_, i) => columns.map((c) => c.cells.at(i)));
        expect(cells).toEqual(header ? expected.slice(1) : expected);
        if (header) expect(columns.map((c) => c.name)).toEqual(expected[0].map((c) => c ?? ''));
      }),
      { numRuns: 300 },
    );
  });

  it('says the same in typed columns and in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(csvText, fc.integer({ min: 1, max: 40 }), async (text, piece) => {
        const bytes = utf8(text);
        let expected: unknown;
        try {
          expected = saying(readCsv(bytes, 'd.csv', { texts: true }));
        } catch {
          // Two columns of one name.
          return;
        }
        expect(saying(readCsv(bytes, 'd.csv', { texts: false }))).toEqual(expected);
        for (const texts of [true, false])
          expect(saying(await streamCsv(wholeFile(bytes), 'd.csv', { piece, texts }))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    'a,b\n1,2\n\n3\n',
    'a,b\n"x\ny",2\n1,2,3\n',
    'a,b\n1"2,3\n',
    'a,b\n"1,2\n',
    'a,b\n"p\nq","1"2\n',
    'a,b,a\n1,2,3\n',
    '',
    'name\nok\n\n"x\n\xff\n"',
  ])('has the faults of the whole text in its pieces: %j', async (text) => {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const whole = await faultOf(() => readCsv(bytes, 'd.csv'));
    for (const piece of [1, 2, 7, 1000])
      expect(await faultOf(() => streamCsv(wholeFile(bytes), 'd.csv', { piece, texts: false }))).toEqual(
        whole,
      );
  });

  const lines = (rows: number, row: (i: number) => string): string =>
    Array.from({ length: rows }, (_, i) => row(i)).join('\n');

  function table(text: string): RawTable {
    const read = readCsv(utf8(text), 'd.csv', { texts: false });
    if (read.kind !== 'table') throw new Error('expected a table');
    return read.table;
  }

  it('keeps labels by code, numbers as numbers, and few texts between them', () => {
    const rows = 9000;
    const { columns } = table(
      `label,n,x,odd,code\n${lines(rows, (i) => `${'abc'[i % 3]},${i % 50},${i / 7},${i % 2000 === 1999 ? '?' : i},0${i}`)}`,
    );
    expect(columns.map((c) => c.cells.constructor.name)).toEqual([
      'CodedCells',
      'CodedCells',
      'Float64Array',
      'MixedCells',
      'Float64Array',
    ]);
    const [label, n, x, odd, code] = columns.map((c) => c.cells);
    expect((label as CodedCells).codes).toBeInstanceOf(Uint16Array);
    expect([...label].slice(0, 4)).toEqual(['a', 'b', 'c', 'a']);
    expect(n.at(51)).toBe('1');
    expect(x.at(8999)).toBe(8999 / 7);
    expect([odd.at(1999), odd.at(2000), (odd as MixedCells).texts.size]).toEqual(['?', 2000, 4]);
    expect(code.at(8)).toBe(8);
  });

  it('reads a column again as texts where they come late', () => {
    const rows = 12_000;
    const { columns } = table(`id,x\n${lines(rows, (i) => `${i < 7000 ? i : `p${i}`},${i}`)}`);
    expect(columns[0].cells).toBeInstanceOf(CodedCells);
    expect([columns[0].cells.at(6999), columns[0].cells.at(7000)]).toEqual(['6999', 'p7000']);
    expect(columns[1].cells).toBeInstanceOf(Float64Array);
    const many = table(`id\n${lines(70_000, (i) => `p${i}`)}`).columns[0].cells;
    expect((many as CodedCells).codes).toBeInstanceOf(Int32Array);
    expect(many.at(69_999)).toBe('p69999');
  });

  it('gives matrices beyond 1 MiB', async () => {
    const text = lines(120_000, (i) => `${i},${i % 3 === 0 ? 'NA' : i / 8}`);
    const file = await readData(memoryHost({ 'm.csv': text }), 'm.csv');
    if (file.kind !== 'array') throw new Error('expected a matrix');
    expect(file.array.shape).toEqual([120_000, 2]);
    expect([...file.array.data.slice(-4)]).toEqual([119_998, 119_998 / 8, 119_999, 119_999 / 8]);
    expect(file.array.data[1]).toBeNaN();
  });
});

describe('numberIn', () => {
  const read = (text: string): number | undefined => {
    const bytes = utf8(`x${text}x`);
    return numberIn(bytes, 1, bytes.length - 1);
  };

  it('is parseNumber of the text', () => {
    const digits = fc.stringMatching(/^[+-]?\d{0,20}\.?\d{0,26}(e[+-]?\d{1,3})?$/);
    const text = fc.oneof(fc.double({ noNaN: true }).map(String), digits, fc.string({ maxLength: 6 }));
    fc.assert(
      fc.property(text, (t) => {
        expect(read(t)).toBe(parseNumber(t) ?? (isMissing(t) ? Number.NaN : undefined));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '0.1',
    '-0',
    '123456789012345678',
    '9007199254740993',
    '0.30000000000000004',
    '1.7976931348623157e308',
    '-inf',
    '00000000000000000000.5',
  ])('reads %s', (t) => expect(read(t)).toBe(parseNumber(t)));
});

describe('Parquet', () => {
  it('says the same in typed columns, over row groups, with nulls and 64-bit integers', async () => {
    const rows = 60_000;
    const next = uniform(3);
    const columnData = [
      { name: 'x', data: Array.from({ length: rows }, () => next()), type: 'DOUBLE' },
      {
        name: 'gap',
        data: Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? null : next())),
        type: 'DOUBLE',
      },
      { name: 'big', data: Array.from({ length: rows }, (_, i) => BigInt(i) * -(2n ** 33n)), type: 'INT64' },
      {
        name: 'label',
        data: Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? null : 'pqr'[i % 3])),
        type: 'STRING',
      },
      { name: 'own', data: Array.from({ length: rows }, (_, i) => `own ${i}`), type: 'STRING' },
      { name: 'yes', data: Array.from({ length: rows }, (_, i) => i % 2 === 0), type: 'BOOLEAN' },
      { name: 'n', data: Int32Array.from({ length: rows }, (_, i) => i % 9), type: 'INT32', nullable: false },
    ] as const;
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [...columnData], rowGroupSize: 25_000 }));
    expect(bytes.length).toBeGreaterThan(2 ** 20);
    const { table } = await readParquet(bytes, 'd.parquet');
    const cells = new Map(table.columns.map((c) => [c.name, c.cells]));
    expect([...cells.values()].map((c) => c.constructor.name)).toEqual([
      ...['Float64Array', 'Float64Array', 'Float64Array', 'CodedCells', 'CodedCells', 'Float64Array'],
      'Int32Array',
    ]);
    for (const { name, data } of columnData) {
      const wrong = Array.from(data as Iterable<unknown>).findIndex((v, i) => {
        const found = cells.get(name)!.at(i);
        const value = typeof v === 'bigint' || typeof v === 'boolean' ? Number(v) : v;
        return value === null ? !isMissing(found ?? null) : found !== value;
      });
      expect(wrong, name).toBe(-1);
    }
    expect((cells.get('label') as CodedCells).values).toEqual([null, 'q', 'r', 'p']);
  });

  it('names the row of an integer that no number holds', async () => {
    const data = BigInt64Array.from({ length: 200_000 }, (_, i) =>
      i === 150_000 ? 2n ** 60n : BigInt(i * i),
    );
    const columnData = [{ name: 'big', data, type: 'INT64' as const, nullable: false }];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100_000 }));
    expect(await faultOf(() => readParquet(bytes, 'd.parquet'))).toMatchObject({
      code: 'E0519',
      place: { row: 150_001, column: 'big' },
    });
  });
});

describe('a program with a large table', () => {
  const program = `enum Job = { clerk, nurse, _7 }
type Row = { age : int(0, 120), job : Job, x : real, owns : bit }
data rows : Row[person] from "rows.csv"
energy E(r : Row) { term t = r.x ^ 2 + r.age + (if r.job == Job.nurse then 1 else 0) - r.owns }`;
  const rows = (change: (i: number) => string | null): string =>
    `age,job,x,owns,note\n${Array.from(
      { length: 60_000 },
      (_, i) =>
        change(i) ?? `${i % 100},${['clerk', 'nurse', '7'][i % 3]},${i / 3},${i % 2 ? 'yes' : '0'},row ${i}`,
    ).join('\n')}\n`;
  const bound = (text: string) => open(program, { files: { 'rows.csv': text } });

  it('has the values of the file', async () => {
    const { bound: b } = await bound(rows(() => null));
    const [age, job, x, owns] = b.program.data[0].fields.map((f) => b.constants.get(f.slot)!.data);
    expect(age).toHaveLength(60_000);
    expect([age[59_999], x[59_999], owns[59_999]]).toEqual([99, 59_999 / 3, 1]);
    expect([...job.slice(0, 4)]).toEqual([0, 1, 2, 0]);
  });

  it.each([
    ['-1,clerk,1,0,', '-1 is not a value', 'age'],
    ['1,clerc,1,0,', '"clerc" is not a value', 'job'],
    ['1,clerk,one,0,', '"one" is not a value', 'x'],
    ['1,clerk,inf,0,', 'it is not finite', 'x'],
    ['1,clerk,,0,', 'this cell is empty', 'x'],
    ['1,clerk,1,maybe,', '"maybe" is not a value', 'owns'],
  ])('tells the place of %s', async (line, message, column) => {
    const text = rows((i) => (i === 50_000 ? line : null));
    const fault = await faultOf(() => bound(text));
    expect(fault.message).toContain(message);
    expect(fault.place).toEqual({ kind: 'data', file: 'rows.csv', row: 50_002, column });
  });
});

describe('open files', () => {
  it('are read in parts where the host can, with the faults of read', async () => {
    writeFileSync(join(dir, 'a.bin'), Uint8Array.of(1, 2, 3, 4, 5));
    const host = nodeHost({ root: dir });
    const file = await openFile(host, 'a.bin');
    expect(file.size).toBe(5);
    expect([...(await file.read(1, 3))]).toEqual([2, 3]);
    expect([...(await file.read(3, 99))]).toEqual([4, 5]);
    expect([...(await file.read(7, 9))]).toEqual([]);
    await file.close();
    expect((await faultOf(() => openFile(host, 'none.bin'))).code).toBe('E0501');
    expect((await faultOf(() => openFile(host, '../a.bin'))).code).toBe('E0502');
    expect((await faultOf(() => openFile(host, '.'))).code).toBe('E0503');
    expect((await faultOf(() => openFile(nodeHost({ root: dir, maxBytes: 4 }), 'a.bin'))).code).toBe('E0504');
    expect((await openFile(memoryHost({ 'a.bin': 'abc' }), 'a.bin')).size).toBe(3);
  });
});
