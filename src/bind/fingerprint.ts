/** Whether two bindings of a program have the same data. */
import type { HostArray } from '../arrays.ts';

/**
 * Names, shapes and bytes of arrays as 64 bits in hexadecimal: two multiply-and-xor hashes side
 * by side (FNV-1a's step, on words; not meant against anyone who looks for collisions).
 */
export function fingerprint(arrays: Iterable<readonly [{ readonly name: string }, HostArray]>): string {
  const hash = { a: 0x811c9dc5, b: 0x9e3779b9 };
  for (const [{ name }, { shape, data }] of arrays) {
    for (let i = 0; i < name.length; i++) take(hash, name.charCodeAt(i));
    for (const n of shape) take(hash, n);
    takeAll(hash, data);
  }
  return [hash.a, hash.b].map((h) => h.toString(16).padStart(8, '0')).join('');
}

interface Hash {
  a: number;
  b: number;
}

function take(hash: Hash, word: number): void {
  hash.a = Math.imul(hash.a ^ word, 0x01000193) >>> 0;
  hash.b = Math.imul(hash.b ^ (hash.b >>> 15) ^ word, 0x85ebca6b) >>> 0;
}

function takeAll(hash: Hash, data: HostArray['data']): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const words = bytes.byteOffset % 4 === 0 ? bytes.byteLength >> 2 : 0;
  for (const w of new Uint32Array(bytes.buffer, words > 0 ? bytes.byteOffset : 0, words)) take(hash, w);
  for (let i = 4 * words; i < bytes.length; i++) take(hash, bytes[i]);
}
