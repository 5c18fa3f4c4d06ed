/**
 * safetensors: an 8-byte little-endian header length, a JSON header, then the tensors without gaps.
 * Source: the format's description in huggingface/safetensors ("Format"), whose validation rules are kept:
 * offsets in order, no holes, no overlap, the whole buffer covered.
 */
import type { HostArray } from '../arrays.ts';
import { sizeOfShape } from '../arrays.ts';
import {
  checkedSize,
  decodeElements,
  decodeText,
  type ElementType,
  elementBytes,
  littleEndianBytes,
  showShape,
} from './binary.ts';
import { dataFault } from './codes.ts';

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, HostArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

const dtypes: Readonly<Record<string, ElementType>> = {
  F64: 'f8',
  F32: 'f4',
  I32: 'i4',
  I64: 'i8',
  U8: 'u1',
};
const maxHeader = 100_000_000;

/**
 * Reads tensors of F64, F32, I32, I64 (narrowed as in `decodeElements`) and U8, in the file's order, and the
 * metadata strings. Throws EnergyError E0516 for a malformed file, E0518 for another dtype, E0519.
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const bad = (message: string) => dataFault('E0516', file, message);
  if (bytes.length < 10)
    throw bad(`\`${file}\` has ${bytes.length} bytes; a safetensors file has at least 10.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > maxHeader || headerLength > bytes.length - 8) {
    throw bad(`\`${file}\` says its header has ${headerLength} bytes; the file has ${bytes.length}.`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), file);
  const body = bytes.subarray(8 + headerLength);
  const metadata = new Map<string, string>();
  const entries: { name: string; type: ElementType; shape: number[]; start: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isRecord(value)) throw bad(`The \`__metadata__\` of \`${file}\` is not an object.`);
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') throw bad(`The metadata \`${key}\` of \`${file}\` is not a string.`);
        metadata.set(key, text);
      }
    } else entries.push(parseEntry(name, value, file));
  }
  const byOffset = entries.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let position = 0;
  for (const { name, start, end } of byOffset) {
    if (start !== position || end < start || end > body.length) {
      throw bad(
        `The tensor \`${name}\` of \`${file}\` has offsets ${start} to ${end}; expected it to begin at ${position} and to end within ${body.length}.`,
      );
    }
    position = end;
  }
  if (position !== body.length) {
    throw bad(`\`${file}\` has ${body.length} bytes of data, of which its tensors cover ${position}.`);
  }
  const tensors = new Map<string, HostArray>();
  for (const { name, type, shape, start, end } of byOffset) {
    tensors.set(name, { shape, data: decodeElements(body.subarray(start, end), type, true, file) });
  }
  return { tensors, metadata };
}

/**
 * Writes tensors and metadata strings. Wider elements come first and names are in order, so every tensor is
 * aligned and the same content gives the same bytes.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostArray>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  const header: [string, unknown][] = [];
  if (metadata.size > 0) header.push(['__metadata__', Object.fromEntries(metadata)]);
  let offset = 0;
  for (const [name, { shape, data }] of sorted) {
    if (name === '__metadata__' || sizeOfShape(shape) !== data.length) {
      throw new Error(`internal: tensor \`${name}\` of shape ${showShape(shape)} cannot be written`);
    }
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of sorted) {
    out.set(littleEndianBytes(data), position);
    position += data.byteLength;
  }
  return out;
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  const text = decodeText(bytes, 'E0516', file);
  if (text.startsWith('{')) {
    try {
      const value: unknown = JSON.parse(text);
      if (isRecord(value)) return value;
    } catch {
      // reported below with every other header that is not an object
    }
  }
  throw dataFault('E0516', file, `The header of \`${file}\` is not a JSON object.`);
}

function parseEntry(name: string, value: unknown, file: string) {
  const bad = (message: string) =>
    dataFault('E0516', file, `The tensor \`${name}\` of \`${file}\` ${message}.`);
  if (!isRecord(value)) throw bad('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw bad('has no dtype');
  const type = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (type === undefined) {
    throw dataFault(
      'E0518',
      file,
      `The tensor \`${name}\` of \`${file}\` has dtype ${dtype}; expected one of ${Object.keys(dtypes).join(', ')}.`,
    );
  }
  const size = Array.isArray(shape) ? checkedSize(shape) : undefined;
  if (size === undefined) throw bad('has no valid shape');
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((o) => Number.isSafeInteger(o) && o >= 0)
  ) {
    throw bad('has no valid data_offsets');
  }
  const [start, end] = offsets as [number, number];
  if (end - start !== size * elementBytes[type]) {
    throw bad(
      `has ${end - start} bytes; its shape ${showShape(shape as number[])} of ${dtype} takes ${size * elementBytes[type]}`,
    );
  }
  return { name, type, shape: shape as number[], start, end };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function dtypeOf(data: HostArray['data']): string {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}
