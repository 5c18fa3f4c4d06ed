/**
 * NPY, NumPy's format for one array: magic, version, a header that is a Python literal, then the elements.
 * Source: NumPy Enhancement Proposal 1 and `numpy.lib.format` (versions 1.0, 2.0, 3.0).
 */
import type { HostArray } from '../arrays.ts';
import { sizeOfShape } from '../arrays.ts';
import {
  checkedSize,
  decodeElements,
  type ElementType,
  elementBytes,
  fromFortranOrder,
  littleEndianBytes,
  showShape,
} from './binary.ts';
import { dataFault } from './codes.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const maxHeader = 2 ** 20;

export const isNpy = (bytes: Uint8Array): boolean => magic.every((b, i) => bytes[i] === b);

/**
 * Reads one array. bool, i1, u1, i2, u2, i4, u4, i8, u8, f4, f8 of either byte order, in C or Fortran order;
 * the result is row-major, and may be a view of `bytes`. Throws EnergyError E0513 (malformed: magic, header, size), E0518 (another
 * element type), E0519 (an integer beyond 2⁵³).
 */
export function readNpy(bytes: Uint8Array, file: string): HostArray {
  const bad = (message: string) => dataFault('E0513', file, message);
  if (!isNpy(bytes)) throw bad(`\`${file}\` is not an NPY file: its first six bytes are not \\x93NUMPY.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (bytes.length < 10 || (version > 1 && bytes.length < 12)) {
    throw bad(`\`${file}\` ends at byte ${bytes.length}, inside the NPY header.`);
  }
  if (version < 1 || version > 3) throw bad(`\`${file}\` has NPY version ${version}; expected 1, 2 or 3.`);
  const start = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > maxHeader)
    throw bad(`\`${file}\` says its header has ${headerBytes} bytes; the limit is ${maxHeader}.`);
  const dataStart = start + headerBytes;
  if (dataStart > bytes.length) {
    throw bad(
      `\`${file}\` says its header ends at byte ${dataStart}, but the file has ${bytes.length} bytes.`,
    );
  }
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(start, dataStart)));
  if (!header)
    throw bad(`The header of \`${file}\` is not one that NPY allows (bytes ${start} to ${dataStart}).`);
  const { descr, fortran, shape } = header;
  const type = elementTypeOf(descr);
  if (!type) {
    throw dataFault(
      'E0518',
      file,
      `\`${file}\` holds elements of type \`${descr}\`; expected bool, an integer, float32 or float64.`,
    );
  }
  const size = checkedSize(shape);
  const expected = size === undefined ? undefined : size * elementBytes[type.type];
  if (expected === undefined || expected !== bytes.length - dataStart) {
    throw bad(
      `\`${file}\` says its shape is ${showShape(shape)} of ${type.type}` +
        `${expected === undefined ? '' : `, ${expected} bytes`}; found ${bytes.length - dataStart} bytes after byte ${dataStart}.`,
    );
  }
  const data = decodeElements(bytes.subarray(dataStart), type.type, type.little, file, true);
  return { shape, data: fortran ? fromFortranOrder(data, shape) : data };
}

/** Writes one array in version 1.0, C order, little-endian: float64, float32, int32 or uint8. */
export function writeNpy(array: HostArray): Uint8Array {
  const { shape, data } = array;
  if (sizeOfShape(shape) !== data.length) {
    throw new Error(`internal: shape ${showShape(shape)} does not hold ${data.length} elements`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : showShape(shape);
  const literal = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const body = littleEndianBytes(data);
  const out = new Uint8Array(length + body.length);
  out.set(magic);
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(`${literal.padEnd(length - 11)}\n`), 10);
  out.set(body, length);
  return out;
}

function descrOf(data: HostArray['data']): string {
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Float32Array) return '<f4';
  return data instanceof Int32Array ? '<i4' : '|u1';
}

function elementTypeOf(descr: string): { readonly type: ElementType; readonly little: boolean } | undefined {
  const match = /^([<>|=])(b1|[iu][1248]|f[48])$/.exec(descr);
  if (!match) return undefined;
  const type = match[2] === 'b1' ? 'bool' : (match[2] as ElementType);
  return { type, little: match[1] !== '>' };
}

interface NpyHeader {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The three entries of the header's dictionary, in any order; undefined for any other text. */
function parseHeader(text: string): NpyHeader | undefined {
  const outer = /^\s*\{(.*)\}\s*$/s.exec(text);
  if (!outer) return undefined;
  let rest = outer[1].trim();
  let descr: string | undefined;
  let fortran: boolean | undefined;
  let shape: readonly number[] | undefined;
  while (rest !== '') {
    const key = /^(['"])(descr|fortran_order|shape)\1\s*:\s*/.exec(rest);
    if (!key) return undefined;
    rest = rest.slice(key[0].length);
    const value = valuePatterns[key[2] as keyof typeof valuePatterns].exec(rest);
    if (!value) return undefined;
    if (key[2] === 'descr') descr = value[1];
    else if (key[2] === 'fortran_order') fortran = value[1] === 'True';
    else shape = [...value[1].matchAll(/\d+/g)].map((m) => Number(m[0]));
    rest = rest.slice(value[0].length);
  }
  if (descr === undefined || fortran === undefined || shape === undefined) return undefined;
  return { descr, fortran, shape };
}

/** A value and the comma after it. A structured type (a list) is kept as text, to be named in the error. */
const valuePatterns = {
  descr: /^(?:['"])?([^'"]*?|\[.*?\])(?:['"])?\s*(?:,\s*(?=['"]|$)|$)/s,
  fortran_order: /^(True|False)\s*(?:,\s*|$)/,
  shape: /^\(\s*((?:\d{1,16}L?\s*(?:,\s*|(?=\))))*)\)\s*(?:,\s*|$)/,
} as const;
