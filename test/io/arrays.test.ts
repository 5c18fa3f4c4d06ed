import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { sizeOfShape } from '../../src/arrays.ts';
import { readNpy, writeNpy } from '../../src/io/npy.ts';
import { readNpz, writeNpz } from '../../src/io/npz.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { decodeData } from '../../src/io/table.ts';
import { faultOf, utf8 } from './faults.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

const hostArrays: fc.Arbitrary<HostArray> = shapes.chain((shape) => {
  const size = { minLength: sizeOfShape(shape), maxLength: sizeOfShape(shape) };
  return fc
    .oneof(fc.float64Array(size), fc.float32Array(size), fc.int32Array(size), fc.uint8Array(size))
    .map((data) => ({ shape, data: data as HostArray['data'] }));
});

/** An NPY file with any header text. */
function npy(header: string, body: Uint8Array, version = 1): Uint8Array {
  const text = utf8(header);
  const start = version === 1 ? 10 : 12;
  const out = new Uint8Array(start + text.length + body.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(out.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  out.set(text, start);
  out.set(body, start + text.length);
  return out;
}

const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe('NPY', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(hostArrays, (array) => {
        const bytes = writeNpy(array);
        expect(readNpy(bytes, 'a.npy')).toEqual(array);
        expect((bytes[8] + 256 * bytes[9] + 10) % 64).toBe(0);
      }),
    );
  });

  it.each<[string, ArrayBufferView, HostArray['data']]>([
    ['|b1', Uint8Array.of(0, 1, 2), Uint8Array.of(0, 1, 1)],
    ['|i1', Int8Array.of(-1, 0, 127), Int32Array.of(-1, 0, 127)],
    ['|u1', Uint8Array.of(0, 1, 255), Uint8Array.of(0, 1, 255)],
    ['<i2', Int16Array.of(-300, 0, 300), Int32Array.of(-300, 0, 300)],
    ['<u2', Uint16Array.of(65535, 0, 300), Int32Array.of(65535, 0, 300)],
    ['<i4', Int32Array.of(-(2 ** 31), 0, 1), Int32Array.of(-(2 ** 31), 0, 1)],
    ['<u4', Uint32Array.of(7, 0, 1), Int32Array.of(7, 0, 1)],
    ['<u4', Uint32Array.of(2 ** 32 - 1, 0, 1), Float64Array.of(2 ** 32 - 1, 0, 1)],
    ['<i8', BigInt64Array.of(-5n, 0n, 1n), Int32Array.of(-5, 0, 1)],
    ['<i8', BigInt64Array.of(-(2n ** 40n), 0n, 1n), Float64Array.of(-(2 ** 40), 0, 1)],
    ['<u8', BigUint64Array.of(5n, 0n, 1n), Int32Array.of(5, 0, 1)],
    ['<f4', Float32Array.of(0.5, NaN, -1), Float32Array.of(0.5, NaN, -1)],
    ['<f8', Float64Array.of(0.1, -Infinity, -0), Float64Array.of(0.1, -Infinity, -0)],
    ['>i2', Uint8Array.of(1, 2, 0, 3, 255, 255), Int32Array.of(258, 3, -1)],
  ])('reads %s', (descr, body, expected) => {
    const got = readNpy(npy(header(descr, '(3,)'), bytesOf(body)), 'a.npy');
    expect(got.shape).toEqual([3]);
    expect(got.data).toEqual(expected);
  });

  it('turns Fortran order into rows', () => {
    const body = bytesOf(Int32Array.from({ length: 24 }, (_, i) => i));
    const { shape, data } = readNpy(npy(header('<i4', '(2, 3, 4)', 'True'), body), 'a.npy');
    expect(shape).toEqual([2, 3, 4]);
    // Element (i, j, k) of a column-major array is stored at i + 2j + 6k.
    const expected = Int32Array.from(
      { length: 24 },
      (_, at) => Math.floor(at / 12) + 2 * (Math.floor(at / 4) % 3) + 6 * (at % 4),
    );
    expect(data).toEqual(expected);
  });

  it('reads scalars, version 2 and entries in another order', () => {
    const body = bytesOf(Float64Array.of(2.5));
    expect(readNpy(npy(header('<f8', '()'), body, 2), 'a.npy')).toEqual({
      shape: [],
      data: Float64Array.of(2.5),
    });
    const text = `{"shape": (1, 1), "descr": "<f8", "fortran_order": False}`;
    expect(readNpy(npy(text, body), 'a.npy').shape).toEqual([1, 1]);
  });

  it.each<[string, Uint8Array, string]>([
    ['another type', npy(header('<c16', '(1,)'), new Uint8Array(16)), 'E0518'],
    [
      'a structured type',
      npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8)),
      'E0518',
    ],
    ['a huge product', npy(header('<f8', `(${'2147483647, '.repeat(4)})`), new Uint8Array(8)), 'E0513'],
    [
      'a shape that overflows to 0',
      npy(header('|u1', '(4294967296, 4294967296)'), new Uint8Array(0)),
      'E0513',
    ],
    ['too many sides', npy(header('|u1', `(${'1,'.repeat(33)})`), new Uint8Array(1)), 'E0513'],
    ['a negative side', npy(header('|u1', '(-1,)'), new Uint8Array(1)), 'E0513'],
    ['bytes after the end', npy(header('|u1', '(1,)'), new Uint8Array(2)), 'E0513'],
    ['no dictionary', npy('import os', new Uint8Array(2)), 'E0513'],
    ['a missing entry', npy("{'descr': '<f8'}", new Uint8Array(8)), 'E0513'],
    ['an integer beyond 2^53', npy(header('<i8', '(1,)'), bytesOf(BigInt64Array.of(2n ** 60n))), 'E0519'],
  ])('refuses %s', async (_, bytes, code) => {
    expect(await faultOf(() => readNpy(bytes, 'a.npy'))).toMatchObject({
      code,
      place: { kind: 'data', file: 'a.npy' },
    });
  });

  it('says which bytes are missing', async () => {
    const fault = await faultOf(() =>
      readNpy(writeNpy({ shape: [2, 2], data: new Float64Array(4) }).subarray(0, -3), 'a.npy'),
    );
    expect(fault.message).toBe(
      '`a.npy` says its shape is (2, 2) of f8, 32 bytes; found 29 bytes after byte 128.',
    );
  });
});

describe('NPZ', () => {
  it('reads what it writes, in order, and writes the same bytes twice', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z.]{1,8}$/), hostArrays, { minKeys: 1, maxKeys: 4 }),
        (record) => {
          const arrays = new Map(Object.entries(record));
          const bytes = writeNpz(arrays, 'a.npz');
          const back = readNpz(bytes, 'a.npz');
          expect([...back]).toEqual([...arrays]);
          expect(writeNpz(back, 'a.npz')).toEqual(bytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is named values to readData', async () => {
    const bytes = writeNpz(new Map([['y', { shape: [2], data: Int32Array.of(1, 2) }]]), 'a.npz');
    const file = await decodeData(bytes, 'a.npz');
    expect(file.kind === 'named' && file.entries.get('y')).toMatchObject({
      kind: 'array',
      array: { shape: [2] },
    });
  });

  it('refuses members that claim more than they can hold, and archives beyond the limit', async () => {
    const data = new Int32Array(100_000);
    const bytes = writeNpz(new Map([['zeros', { shape: [data.length], data }]]), 'a.npz');
    const limited = await faultOf(() => readNpz(bytes, 'a.npz', 1000));
    expect(limited.code).toBe('E0504');
    const hostile = bytes.slice();
    const view = new DataView(hostile.buffer);
    const central = view.getUint32(hostile.length - 6, true);
    view.setUint32(central + 24, 0x7fffffff, true);
    const fault = await faultOf(() => readNpz(hostile, 'a.npz'));
    expect(fault.code).toBe('E0514');
    expect(fault.message).toContain('`zeros.npy` in `a.npz` claims 2147483647 bytes');
  });
});

describe('safetensors', () => {
  it('reads what it writes, whatever the order of the tensors', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((s) => s !== '__metadata__'),
          hostArrays,
          { maxKeys: 5 },
        ),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
        (record, notes) => {
          const tensors = new Map(Object.entries(record));
          const bytes = writeSafetensors(tensors, new Map(Object.entries(notes)));
          const back = readSafetensors(bytes, 'p.safetensors');
          expect(new Map(back.tensors)).toEqual(tensors);
          expect(new Map(back.metadata)).toEqual(new Map(Object.entries(notes)));
          expect(writeSafetensors(new Map([...tensors].reverse()), back.metadata)).toEqual(bytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  const raw = (head: string, body: number): Uint8Array => {
    const out = new Uint8Array(8 + head.length + body);
    new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true);
    out.set(utf8(head), 8);
    return out;
  };
  const tensor = (name: string, from: number, to: number, shape = `[${to - from}]`, dtype = 'U8'): string =>
    `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;

  it('narrows 64-bit integers and accepts empty tensors', () => {
    const bytes = raw(`{${tensor('n', 0, 8, '[1]', 'I64')},${tensor('e', 8, 8)}}`, 8);
    bytes[bytes.length - 8] = 7;
    expect(readSafetensors(bytes, 'p').tensors.get('n')).toEqual({ shape: [1], data: Int32Array.of(7) });
  });

  it.each<[string, Uint8Array, string]>([
    ['too few bytes', Uint8Array.of(1, 2), 'E0516'],
    ['a header beyond the file', raw('{}', 0).fill(0xff, 0, 8), 'E0516'],
    ['no object', raw('[]', 0), 'E0516'],
    ['no JSON', raw('{"a"}', 0), 'E0516'],
    ['a hole', raw(`{${tensor('a', 0, 4)},${tensor('b', 6, 8)}}`, 8), 'E0516'],
    ['an overlap', raw(`{${tensor('a', 0, 4)},${tensor('b', 2, 8)}}`, 8), 'E0516'],
    ['bytes that are nobody’s', raw(`{${tensor('a', 0, 4)}}`, 8), 'E0516'],
    ['offsets beyond the data', raw(`{${tensor('a', 0, 16)}}`, 8), 'E0516'],
    ['a shape that does not fit', raw(`{${tensor('a', 0, 8, '[3]')}}`, 8), 'E0516'],
    ['a fractional shape', raw(`{${tensor('a', 0, 8, '[1.5]')}}`, 8), 'E0516'],
    ['negative offsets', raw(`{${tensor('a', -8, 0, '[8]')}}`, 8), 'E0516'],
    ['metadata that are no texts', raw('{"__metadata__":{"a":1}}', 0), 'E0516'],
    ['another dtype', raw(`{${tensor('a', 0, 2, '[1]', 'BF16')}}`, 2), 'E0518'],
  ])('refuses %s', async (_, bytes, code) => {
    expect(await faultOf(() => readSafetensors(bytes, 'p'))).toMatchObject({ code, place: { file: 'p' } });
  });
});
