import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaultAt } from '../../src/io/json-fault.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { type DataFile, type JsonValueOrArray, readData } from '../../src/io/table.ts';
import { faultOf } from './faults.ts';

const read = (text: string): Promise<DataFile> => readData(memoryHost({ 'd.json': text }), 'd.json');

async function entry(text: string, name: string): Promise<JsonValueOrArray> {
  const file = await read(text);
  const value = file.kind === 'named' ? file.entries.get(name) : undefined;
  if (!value) throw new Error(`no entry ${name}`);
  return value;
}

describe('JSON data', () => {
  it('reads named scalars and nested arrays', async () => {
    const text = '{ "N": 3, "y": [1, 2.5, -3], "x": [[1,2],[3,4],[5,6]], "on": true, "none": [] }';
    expect(await entry(text, 'N')).toMatchObject({ array: { shape: [], data: Float64Array.of(3) } });
    expect(await entry(text, 'y')).toMatchObject({
      array: { shape: [3], data: Float64Array.of(1, 2.5, -3) },
    });
    expect(await entry(text, 'x')).toMatchObject({
      array: { shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) },
    });
    expect(await entry(text, 'on')).toMatchObject({ array: { data: Float64Array.of(1) } });
    expect(await entry(text, 'none')).toMatchObject({ array: { shape: [0] } });
  });

  it('takes null as missing and the texts of CmdStan as numbers, but other texts as texts', async () => {
    const text =
      '{ "y": [null, "NaN", "-Inf", "Infinity", 1], "job": [["clerk", null], ["nurse", 3]], "name": "x" }';
    expect(await entry(text, 'y')).toMatchObject({
      array: { data: Float64Array.of(NaN, NaN, -Infinity, Infinity, 1) },
    });
    expect(await entry(text, 'job')).toEqual({
      kind: 'cells',
      shape: [2, 2],
      cells: ['clerk', null, 'nurse', 3],
    });
    expect(await entry(text, 'name')).toEqual({ kind: 'cells', shape: [], cells: ['x'] });
  });

  it('makes a table of records, null where one lacks a field', async () => {
    const file = await read('[{"a": 1, "b": "x"}, {"b": "y", "c": true}]');
    expect(file).toMatchObject({
      kind: 'table',
      table: {
        rows: 2,
        columns: [
          { name: 'a', cells: [1, null] },
          { name: 'b', cells: ['x', 'y'] },
          { name: 'c', cells: [null, 1] },
        ],
      },
    });
  });

  it('reads a record, and records, under a name', async () => {
    const text = '{ "r": { "age": 3, "job": "clerk" }, "rows": [{"age": 1}] }';
    const record = await entry(text, 'r');
    expect(record.kind === 'record' && [...record.entries.keys()]).toEqual(['age', 'job']);
    expect(await entry(text, 'rows')).toMatchObject({ kind: 'table', table: { rows: 1 } });
  });

  it.each([
    ['{"y": [[1,2],[3]]}', 'E0517', '`y[1]` of `d.json` has 1 elements; expected 2, as in `y[0]`.'],
    [
      '{"y": [[1,2],3]}',
      'E0517',
      '`y[1]` of `d.json` is a number; expected an array of 2, as its neighbours are.',
    ],
    [
      '{"y": [1,[2]]}',
      'E0517',
      '`y[1]` of `d.json` is an array; expected a single value, as its neighbours are.',
    ],
    ['{"a": {"y": [1,{}]}}', 'E0512', '`a.y[1]` of `d.json` is an object; expected a number or a text.'],
    ['[{"a": [1]}]', 'E0512', '`[0].a` of `d.json` is an array; expected a number or a text.'],
    ['[{"a": 1}, 2]', 'E0512', '`[1]` of `d.json` is a number; expected a record, as its neighbours are.'],
    ['["a"]', 'E0512', '`d.json` is an array with texts in it; expected numbers, or records.'],
    ['3', 'E0512', '`d.json` is a number; expected an object of named values or an array.'],
    ['{"a": 1,\n  "b": x}', 'E0512', '`d.json` is not JSON at line 2, column 8.'],
    ['{"a": [1, 2', 'E0512', '`d.json` is not JSON: it ends too early.'],
    ['', 'E0512', '`d.json` is not JSON: it ends too early.'],
  ])('refuses %j', async (text, code, message) => {
    expect(await faultOf(() => read(text))).toMatchObject({ code, message, place: { file: 'd.json' } });
  });

  it('bounds nesting', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect((await faultOf(() => read(deep))).code).toBe('E0512');
    const objects = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect((await faultOf(() => read(objects))).code).toBe('E0512');
  });
});

describe('jsonFaultAt', () => {
  it('accepts all of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(jsonFaultAt(text)).toBe(text.length);
      }),
    );
  });

  it('stops at the character that was put in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.integer(), b: fc.boolean() }), { minLength: 1 }),
        fc.nat(),
        (value, k) => {
          const text = JSON.stringify(value);
          const commas = [...text.matchAll(/,/g)].map((m) => m.index);
          const at = commas[k % commas.length];
          expect(jsonFaultAt(`${text.slice(0, at + 1)}!${text.slice(at + 1)}`)).toBe(at + 1);
        },
      ),
    );
  });
});
