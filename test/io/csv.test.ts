import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryHost } from '../../src/io/memory-host.ts';
import { isMissing, parseNumber, type RawTable, readData } from '../../src/io/table.ts';
import { faultOf, utf8 } from './faults.ts';

const read = (text: string | Uint8Array, name = 'd.csv') => readData(memoryHost({ [name]: text }), name);

async function table(text: string | Uint8Array): Promise<RawTable> {
  const file = await read(text);
  if (file.kind !== 'table') throw new Error(`expected a table, found ${file.kind}`);
  return file.table;
}

const cells = (t: RawTable): unknown => Object.fromEntries(t.columns.map((c) => [c.name, c.cells]));

describe('CSV tables', () => {
  it('names columns by the header and keeps cells as they stand', async () => {
    const t = await table('age,job\n31,clerk\n,nurse\n007,NA\n');
    expect(cells(t)).toEqual({ age: ['31', null, '007'], job: ['clerk', 'nurse', 'NA'] });
    expect(t).toMatchObject({ rows: 3, header: true, file: 'd.csv' });
    expect([0, 1, 2].map((i) => t.rowNumber(i))).toEqual([2, 3, 4]);
  });

  it('reads quotes, a byte-order mark, spaces and both line ends', async () => {
    const t = await table('\ufeff"a, b" , c\r\n"say ""hi""", x y \r\n"two\nlines",""\r\n\r\nlast,z');
    expect(cells(t)).toEqual({ 'a, b': ['say "hi"', 'two\nlines', 'last'], c: ['x y', null, 'z'] });
    expect([0, 1, 2].map((i) => t.rowNumber(i))).toEqual([2, 3, 6]);
  });

  it.each([
    ['a;b\n1,5;x\n', ['1,5']],
    ['a\tb\n1,5\tx;y\n', ['1,5']],
    ['a,b\n1;5,x\n', ['1;5']],
    ['"a;x",b\n1;5,2\n', ['1;5']],
  ])('finds the separator of %j', async (text, first) => {
    const t = await table(text);
    expect(t.columns).toHaveLength(2);
    expect(t.columns[0].cells).toEqual(first);
  });

  it('keeps empty cells between tabs, and an index column without a name', async () => {
    expect(cells(await table('a\tb\tc\n1\t\tx\n\t2\t\n'))).toEqual({
      a: ['1', null],
      b: [null, '2'],
      c: ['x', null],
    });
    expect((await table(',x\n1,2\n')).columns.map((c) => c.name)).toEqual(['', 'x']);
  });

  it('numbers the columns where the first row is data but a later cell is text', async () => {
    const t = await table('1,2\n3,x\n');
    expect(cells(t)).toEqual({ '1': ['1', '3'], '2': ['2', 'x'] });
    expect(t.header).toBe(false);
    expect(t.rowNumber(1)).toBe(2);
  });

  it('says which row is ragged', async () => {
    const short = await faultOf(() => read('a,b\n1,2\n\n3\n'));
    expect(short).toMatchObject({ code: 'E0517', place: { kind: 'data', file: 'd.csv', row: 4 } });
    expect(short.message).toBe('Row 4 of `d.csv` has 1 cell; expected 2, as in row 1.');
    expect((await faultOf(() => read('a,b\n"x\ny",2\n1,2,3\n'))).place).toMatchObject({ row: 4 });
  });

  it.each([
    ['', 'E0511', undefined],
    ['\n\n', 'E0511', undefined],
    ['a,b\n"1,2\n', 'E0511', 2],
    ['a,b\n1"2,3\n', 'E0511', 2],
    ['a,b\n"1"2,3\n', 'E0511', 2],
    ['a,b,a\n1,2,3\n', 'E0511', 1],
  ])('refuses %j', async (text, code, row) => {
    const fault = await faultOf(() => read(text));
    expect(fault.code).toBe(code);
    expect(fault.place).toEqual(
      row === undefined ? { kind: 'data', file: 'd.csv' } : expect.objectContaining({ row }),
    );
  });

  it('names the byte and line that are not UTF-8', async () => {
    const bytes = utf8('name\nok \u20ac\nJos?\n');
    bytes[bytes.length - 2] = 0xe9;
    const fault = await faultOf(() => read(bytes));
    expect(fault.place).toMatchObject({ row: 3 });
    expect(fault.message).toContain(`byte ${bytes.length - 2} `);
  });
});

describe('CSV matrices', () => {
  it('is row-major, with NaN where a cell is missing', async () => {
    const file = await read('1,2.5,\n-3,NA,1e-3\n', 'm.txt');
    expect(file.kind).toBe('array');
    if (file.kind !== 'array') return;
    expect(file.array.shape).toEqual([2, 3]);
    expect(file.array.data).toEqual(Float64Array.of(1, 2.5, NaN, -3, NaN, 1e-3));
    expect(file.array.rowNumber?.(1)).toBe(2);
  });

  it('gives one column the shape rows × 1', async () => {
    expect(await read('1\n2\n\n3')).toMatchObject({ kind: 'array', array: { shape: [3, 1] } });
  });
});

describe('parseNumber', () => {
  it('reads back every number as it is printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        expect(parseNumber(Object.is(x, -0) ? '-0' : String(x))).toBe(x);
      }),
    );
  });

  it.each([
    ['1e-3', 1e-3],
    ['+.5', 0.5],
    ['2.', 2],
    ['-0', -0],
    ['INF', Infinity],
    ['-Infinity', -Infinity],
  ])('reads %s', (text, value) => expect(parseNumber(text)).toBe(value));

  it.each(['', ' 1', '1 ', '0x10', '0b1', '1,5', '1e', '.', 'e5', '1_000', 'NaN', 'nan', 'NA', '--1', '1n'])(
    'does not read %j',
    (text) => expect(parseNumber(text)).toBeUndefined(),
  );

  it('knows the marks of a missing cell', () => {
    expect(['', 'NA', 'NaN', 'nan', null, NaN].map(isMissing)).toEqual([true, true, true, true, true, true]);
    expect(['0', 'na', 'null', 0].map(isMissing)).toEqual([false, false, false, false]);
  });
});

describe('formats', () => {
  it('looks at the content where the extension says nothing', async () => {
    expect(await read('[[1,2],[3,4]]', 'data')).toMatchObject({ kind: 'array', array: { shape: [2, 2] } });
    expect((await read('a,b\nx,y\n', 'data')).kind).toBe('table');
    expect((await faultOf(() => read(Uint8Array.of(1, 0, 2), 'data'))).code).toBe('E0510');
    expect((await faultOf(() => read(Uint8Array.of(0x1f, 0x8b, 8), 'd.csv'))).message).toContain('gzip');
  });
});
