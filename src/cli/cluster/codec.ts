/**
 * Messages as bytes: a head of JSON in which arrays of numbers, maps and what JSON cannot say are marked, and the
 * bytes of the arrays behind it, as they lie in memory (little-endian, as every machine that Node runs on here).
 * What is read is data alone: no code, no classes, no prototypes.
 */

/** Typed arrays by the names that they have in messages. */
const arrays = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
};
type ArrayName = keyof typeof arrays;
type Marked =
  | readonly ['array', ArrayName, number, number]
  | readonly ['map', readonly (readonly [unknown, unknown])[]]
  | readonly ['set', readonly unknown[]]
  | readonly ['number', string]
  | readonly ['absent'];

/** The key of an object that stands for something else; other objects may not have it. */
const MARK = '$';
const ALIGN = 8;

/** @throws Error for functions, symbols, classes of objects other than these, and objects with the key `$` */
export function encode(value: unknown): Uint8Array {
  const blobs: Uint8Array[] = [];
  let size = 0;
  const mark = (...m: Marked): unknown => ({ [MARK]: m });
  const plain = (x: unknown): unknown => {
    switch (typeof x) {
      case 'string':
      case 'boolean':
        return x;
      case 'number':
        return Number.isFinite(x) && !Object.is(x, -0)
          ? x
          : mark('number', Object.is(x, -0) ? '-0' : String(x));
      case 'undefined':
        return mark('absent');
      case 'object':
        break;
      default:
        throw new Error(`a ${typeof x} cannot be sent`);
    }
    if (x === null) return null;
    if (Array.isArray(x)) return x.map(plain);
    if (ArrayBuffer.isView(x)) {
      const name = x.constructor.name;
      if (!(name in arrays)) throw new Error(`a ${name} cannot be sent`);
      const at = size;
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      const gap = (ALIGN - (bytes.length % ALIGN)) % ALIGN;
      blobs.push(bytes, new Uint8Array(gap));
      size += bytes.length + gap;
      return mark('array', name as ArrayName, at, bytes.length);
    }
    if (x instanceof Map)
      return mark(
        'map',
        [...x].map(([k, v]) => [plain(k), plain(v)] as const),
      );
    if (x instanceof Set) return mark('set', [...x].map(plain));
    if (MARK in x) throw new Error(`an object with the key ${MARK} cannot be sent`);
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, plain(v)]));
  };
  const head = new TextEncoder().encode(JSON.stringify(plain(value)));
  const start = ALIGN + Math.ceil(head.length / ALIGN) * ALIGN;
  const out = new Uint8Array(start + size);
  new DataView(out.buffer).setUint32(0, head.length, true);
  out.set(head, ALIGN);
  let at = start;
  for (const b of blobs) {
    out.set(b, at);
    at += b.length;
  }
  return out;
}

/** @throws Error for bytes that `encode` does not make */
export function decode(bytes: Uint8Array): unknown {
  if (bytes.length < ALIGN) throw new Error('a message is too short');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = ALIGN + Math.ceil(length / ALIGN) * ALIGN;
  if (start > bytes.length) throw new Error('a message ends early');
  const whole = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;
  const marked = (m: unknown): unknown => {
    if (!Array.isArray(m)) throw new Error('a mark is no list');
    const [kind, a, b, c] = m;
    switch (kind) {
      case 'absent':
        return undefined;
      case 'number':
        if (a === '-0') return -0;
        return a === 'Infinity'
          ? Number.POSITIVE_INFINITY
          : a === '-Infinity'
            ? Number.NEGATIVE_INFINITY
            : Number.NaN;
      case 'map':
        if (!Array.isArray(a)) break;
        return new Map(
          a.map((e: unknown) => (Array.isArray(e) ? ([value(e[0]), value(e[1])] as const) : [null, null])),
        );
      case 'set':
        if (!Array.isArray(a)) break;
        return new Set(a.map(value));
      case 'array': {
        if (typeof a !== 'string' || !Object.hasOwn(arrays, a) || !whole(b) || !whole(c)) break;
        const { BYTES_PER_ELEMENT: width } = arrays[a as ArrayName];
        if (start + b + c > bytes.length || c % width !== 0) break;
        // A copy, so that it lies where its numbers may.
        const own = bytes.slice(start + b, start + b + c);
        return new arrays[a as ArrayName](own.buffer, 0, c / width);
      }
    }
    throw new Error('a mark is unknown');
  };
  const value = (x: unknown): unknown => {
    if (x === null || typeof x !== 'object') return x;
    if (Array.isArray(x)) return x.map(value);
    if (Object.hasOwn(x, MARK)) return marked((x as Readonly<Record<string, unknown>>)[MARK]);
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, value(v)]));
  };
  return value(
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(ALIGN, ALIGN + length))),
  );
}
