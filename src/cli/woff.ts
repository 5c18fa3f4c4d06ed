/** A WOFF file as the plain font inside it. Source: W3C Recommendation "WOFF File Format 1.0" (2012). */
import { unzlibSync } from 'fflate';

const SIGNATURE = 0x774f4646;

/** @throws Error for bytes that are no WOFF */
export function unpackWoff(bytes: Uint8Array): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (from.getUint32(0) !== SIGNATURE) throw new Error('this is no WOFF file');
  const tables = from.getUint16(12);
  const out = new Uint8Array(from.getUint32(16));
  const to = new DataView(out.buffer);
  to.setUint32(0, from.getUint32(4));
  to.setUint16(4, tables);
  // Helps for binary search, as OpenType has them in its header.
  const log = Math.floor(Math.log2(tables));
  to.setUint16(6, 16 * 2 ** log);
  to.setUint16(8, log);
  to.setUint16(10, 16 * (tables - 2 ** log));
  let at = 12 + 16 * tables;
  for (let i = 0; i < tables; i++) {
    const entry = 44 + 20 * i;
    const offset = from.getUint32(entry + 4);
    const packed = from.getUint32(entry + 8);
    const size = from.getUint32(entry + 12);
    const data = bytes.subarray(offset, offset + packed);
    out.set(packed < size ? unzlibSync(data, { out: new Uint8Array(size) }) : data, at);
    to.setUint32(12 + 16 * i, from.getUint32(entry));
    to.setUint32(16 + 16 * i, from.getUint32(entry + 16));
    to.setUint32(20 + 16 * i, at);
    to.setUint32(24 + 16 * i, size);
    at += (size + 3) & ~3;
  }
  return out;
}
