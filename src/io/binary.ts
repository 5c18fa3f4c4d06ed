import type { HostArray } from '../arrays.ts';
import { dataFault } from './codes.ts';

/** The element types that NPY and safetensors files are read from; 8-byte integers and wider unsigned ones are narrowed. */
export type ElementType = 'bool' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8' | 'u8' | 'f4' | 'f8';

export const elementBytes: Readonly<Record<ElementType, number>> = {
  bool: 1,
  i1: 1,
  u1: 1,
  i2: 2,
  u2: 2,
  i4: 4,
  u4: 4,
  i8: 8,
  u8: 8,
  f4: 4,
  f8: 8,
};

const nativeIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** More dimensions than any data needs; a bound for hostile headers. */
export const maxRank = 32;

/**
 * The number of elements of a shape read from a file, or undefined where it is no shape:
 * a negative or fractional side, a side of 2³¹ or more, more than 32 sides, a product over 2⁵³.
 */
export function checkedSize(shape: readonly unknown[]): number | undefined {
  if (shape.length > maxRank) return undefined;
  let size = 1;
  for (const side of shape) {
    if (typeof side !== 'number' || !Number.isInteger(side) || side < 0 || side >= 2 ** 31) return undefined;
    size *= side;
  }
  return Number.isSafeInteger(size) ? size : undefined;
}

/**
 * Decodes elements stored one after the other. bool and u1 become Uint8Array; i1, i2, u2, i4 Int32Array;
 * u4, i8, u8 Int32Array where every value fits, else Float64Array; f4 Float32Array; f8 Float64Array.
 * `bytes` holds whole elements; `shared`: the result may be a view of them. Throws EnergyError E0519 for an integer beyond ±(2⁵³ − 1), with its position.
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  little: boolean,
  file: string,
  shared = false,
): HostArray['data'] {
  const width = elementBytes[type];
  const alike = bytes.byteOffset % width === 0 && little === nativeIsLittle;
  if (shared && alike && (type === 'f8' || type === 'f4' || type === 'i4')) {
    const View = { f8: Float64Array, f4: Float32Array, i4: Int32Array }[type];
    return new View(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / width);
  }
  const copy = bytes.slice();
  if (width > 1 && little !== nativeIsLittle) swapBytes(copy, width);
  const buffer = copy.buffer;
  switch (type) {
    case 'bool':
      return copy.map((b) => (b === 0 ? 0 : 1));
    case 'u1':
      return copy;
    case 'i1':
      return Int32Array.from(new Int8Array(buffer));
    case 'i2':
      return Int32Array.from(new Int16Array(buffer));
    case 'u2':
      return Int32Array.from(new Uint16Array(buffer));
    case 'i4':
      return new Int32Array(buffer);
    case 'u4':
      return narrow(Float64Array.from(new Uint32Array(buffer)));
    case 'i8':
      return narrow(fromBigInts(new BigInt64Array(buffer), file));
    case 'u8':
      return narrow(fromBigInts(new BigUint64Array(buffer), file));
    case 'f4':
      return new Float32Array(buffer);
    case 'f8':
      return new Float64Array(buffer);
  }
}

/** The bytes of a typed array, little-endian. */
export function littleEndianBytes(data: HostArray['data']): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (!nativeIsLittle && data.BYTES_PER_ELEMENT > 1) swapBytes(bytes, data.BYTES_PER_ELEMENT);
  return bytes;
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

function narrow(values: Float64Array): Int32Array | Float64Array {
  return values.every((v) => v === (v | 0)) ? Int32Array.from(values) : values;
}

function fromBigInts(values: BigInt64Array | BigUint64Array, file: string): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isSafeInteger(value)) {
      throw dataFault(
        'E0519',
        file,
        `Element ${i} of \`${file}\` is ${values[i]}; expected an integer between -(2^53 - 1) and 2^53 - 1.`,
      );
    }
    out[i] = value;
  }
  return out;
}

/** Reorders column-major (Fortran) elements to row-major. */
export function fromFortranOrder<T extends HostArray['data']>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  const rank = shape.length;
  if (rank < 2) return out;
  const strides = new Array<number>(rank);
  strides[0] = 1;
  for (let d = 1; d < rank; d++) strides[d] = strides[d - 1] * shape[d - 1];
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from];
    for (let d = rank - 1; d >= 0; d--) {
      index[d]++;
      from += strides[d];
      if (index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

/** `(3, 4)` for messages. */
export const showShape = (shape: readonly unknown[]): string => `(${shape.map(String).join(', ')})`;

type TextCode = 'E0503' | 'E0511' | 'E0512' | 'E0516' | 'E0521';

/** The longest text that is decoded into one string: the limit of JavaScript engines. */
const maxText = 2 ** 29 - 24;
const textChunk = 2 ** 24;

/** UTF-8 text without its byte-order mark. Throws EnergyError `code` (as `checkUtf8` does) or E0504. */
export function decodeText(bytes: Uint8Array, code: TextCode, file: string): string {
  if (bytes.length > maxText) {
    throw dataFault('E0504', file, `\`${file}\` has ${bytes.length} bytes of text; the limit is ${maxText}.`);
  }
  checkUtf8(bytes, code, file);
  return new TextDecoder().decode(bytes);
}

/**
 * Throws EnergyError `code`, naming the first byte that is not UTF-8, where there is one.
 * @param before bytes and lines of the file that come before
 */
export function checkUtf8(
  bytes: Uint8Array,
  code: TextCode,
  file: string,
  before: { readonly byte: number; readonly line: number } = { byte: 0, line: 0 },
): void {
  if (isAscii(bytes)) return;
  const valid = (start: number, end: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end), { stream });
      return true;
    } catch {
      return false;
    }
  };
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(start + textChunk, bytes.length);
    // A chunk ends where a character does, so that it can be judged alone.
    for (let back = 0; back < 3 && end < bytes.length && (bytes[end] & 0xc0) === 0x80; back++) end--;
    if (!valid(start, end, false)) {
      // Every prefix of good text is the beginning of good text: bisect for the longest one.
      let low = start;
      let high = end;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (valid(start, middle, true)) low = middle;
        else high = middle - 1;
      }
      // The prefix may end inside a character, which then is the one that does not belong.
      while (low > start && !valid(start, low, false)) low--;
      const line = before.line + countLines(bytes, low);
      throw dataFault(
        code,
        file,
        `\`${file}\` is not UTF-8 text: byte ${before.byte + low} (line ${line}) does not belong.`,
        {
          row: line,
          suggestion: 'Save the file as UTF-8.',
        },
      );
    }
    start = end;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  let seen = 0;
  for (let i = 0; i < bytes.length; i++) seen |= bytes[i];
  return seen < 0x80;
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 1;
  for (let i = 0; i < end; i++) if (bytes[i] === 10) lines++;
  return lines;
}
