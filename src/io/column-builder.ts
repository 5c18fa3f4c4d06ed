/**
 * Cells of one column of a text, one after the other, as few bytes as they allow. A column begins as codes into its
 * different texts; where these become many and all are numbers it goes on as numbers.
 */
import { CodedCells, MixedCells } from './cells.ts';
import { numberIn } from './decimal.ts';
import type { Cells } from './raw-table.ts';

/** Different texts up to which numbers stay codes of their texts. */
const MOST_CODES = 4096;
/** Texts among numbers that are kept apart; a column of more is read again, as texts. */
const MOST_TEXTS = 1000;

/** A column that was taken for numbers is one of texts: the file is to be read again. */
export class TextColumn extends Error {
  readonly column: number;

  constructor(column: number) {
    super(`column ${column} holds texts`);
    this.column = column;
  }
}

export class ColumnBuilder {
  length = 0;
  private readonly column: number;
  /** Whether it may become numbers. */
  private readonly mayCount: boolean;
  private readonly dictionary = new Dictionary();
  private codes: Uint16Array | Int32Array = new Uint16Array(1024);
  private numbers: Float64Array | null = null;
  private readonly texts = new Map<number, string>();

  /** @param asText whether the column is known to hold texts */
  constructor(column: number, asText: boolean) {
    this.column = column;
    this.mayCount = !asText;
  }

  /** Appends the cell of bytes `from` … `to` − 1; an empty one is null. Throws TextColumn. */
  add(bytes: Uint8Array, from: number, to: number): void {
    const i = this.length++;
    if (this.numbers) {
      if (i === this.numbers.length) this.numbers = grown(this.numbers, new Float64Array(2 * i));
      const n = numberIn(bytes, from, to);
      this.numbers[i] = n ?? Number.NaN;
      if (n === undefined) this.addText(i, bytes, from, to);
      return;
    }
    const code = this.dictionary.code(bytes, from, to);
    if (i === this.codes.length) {
      const { codes } = this;
      if (codes instanceof Uint16Array) this.codes = grown(codes, new Uint16Array(2 * i));
      else this.codes = grown(codes, new Int32Array(2 * i));
    }
    if (code >= 2 ** 16 && this.codes instanceof Uint16Array)
      this.codes = grown(this.codes, new Int32Array(this.codes.length));
    this.codes[i] = code;
    if (code === MOST_CODES && this.mayCount) this.count();
  }

  /** From codes to numbers, where nearly all texts are some. */
  private count(): void {
    const values = this.dictionary.values();
    const numbers = this.dictionary.numbers();
    const others = numbers.filter((n) => n === undefined).length;
    if (others > MOST_CODES / 100) return;
    const out = new Float64Array(this.codes.length);
    for (let i = 0; i < this.length; i++) {
      const n = numbers[this.codes[i]];
      out[i] = n ?? Number.NaN;
      if (n === undefined) this.texts.set(i, values[this.codes[i]] ?? '');
    }
    this.numbers = out;
    this.codes = new Uint16Array(0);
    this.dictionary.clear();
    if (this.texts.size > MOST_TEXTS) throw new TextColumn(this.column);
  }

  private addText(i: number, bytes: Uint8Array, from: number, to: number): void {
    this.texts.set(i, decoder.decode(bytes.subarray(from, to)));
    if (this.texts.size > MOST_TEXTS) throw new TextColumn(this.column);
  }

  /** Whether every cell so far is a number or missing. */
  isNumeric(): boolean {
    return this.numbers ? this.texts.size === 0 : this.dictionary.numbers().every((n) => n !== undefined);
  }

  cells(): Cells {
    const { numbers, texts, length } = this;
    if (!numbers) return new CodedCells(this.codes.slice(0, length), this.dictionary.values());
    const own = numbers.slice(0, length);
    return texts.size > 0 ? new MixedCells(own, texts) : own;
  }

  /** The cells of a column whose `isNumeric` holds, to every `step`-th place of `out` from `at` on. */
  putNumbers(out: Float64Array, at: number, step: number): void {
    const numbers = this.numbers ?? this.dictionary.numbers();
    for (let i = 0, to = at; i < this.length; i++, to += step)
      out[to] = (this.numbers ? numbers[i] : numbers[this.codes[i]]) ?? Number.NaN;
  }
}

function grown<T extends Uint16Array | Int32Array | Float64Array>(
  from: Uint16Array | Int32Array | Float64Array,
  to: T,
): T {
  to.set(from);
  return to;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Texts by number, found by their bytes: open addressing over FNV-1a (Fowler, Noll & Vo). */
class Dictionary {
  private count = 0;
  private table = new Int32Array(256);
  private hashes = new Int32Array(128);
  /** Bytes of text k: `pool[ends[k − 1]] … pool[ends[k] − 1]`. */
  private pool = new Uint8Array(1024);
  private ends = new Int32Array(128);
  private decoded: (string | null)[] = [];

  code(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = this.table[slot] - 1;
      if (code < 0) return this.add(slot, hash, bytes, from, to);
      if (this.hashes[code] === hash && this.equals(code, bytes, from, to)) return code;
    }
  }

  private equals(code: number, bytes: Uint8Array, from: number, to: number): boolean {
    let at = code === 0 ? 0 : this.ends[code - 1];
    if (this.ends[code] - at !== to - from) return false;
    for (let i = from; i < to; i++) if (this.pool[at++] !== bytes[i]) return false;
    return true;
  }

  private add(slot: number, hash: number, bytes: Uint8Array, from: number, to: number): number {
    const code = this.count++;
    const start = code === 0 ? 0 : this.ends[code - 1];
    const end = start + to - from;
    if (code === this.ends.length) {
      this.ends = grown(this.ends, new Int32Array(2 * code));
      this.hashes = grown(this.hashes, new Int32Array(2 * code));
    }
    if (end > this.pool.length) {
      const pool = new Uint8Array(Math.max(2 * this.pool.length, end));
      pool.set(this.pool);
      this.pool = pool;
    }
    this.pool.set(bytes.subarray(from, to), start);
    this.ends[code] = end;
    this.hashes[code] = hash;
    this.table[slot] = code + 1;
    if (2 * this.count > this.table.length) this.rehash();
    return code;
  }

  private rehash(): void {
    const table = new Int32Array(2 * this.table.length);
    const mask = table.length - 1;
    for (let code = 0; code < this.count; code++) {
      let slot = this.hashes[code] & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = code + 1;
    }
    this.table = table;
  }

  /** The texts by code; the empty one is null. */
  values(): readonly (string | null)[] {
    for (let code = this.decoded.length; code < this.count; code++) {
      const text = decoder.decode(this.pool.subarray(code === 0 ? 0 : this.ends[code - 1], this.ends[code]));
      this.decoded.push(text === '' ? null : text);
    }
    return this.decoded;
  }

  /** The number that each text writes: NaN for a missing one, undefined for none. */
  numbers(): readonly (number | undefined)[] {
    return Array.from({ length: this.count }, (_, code) =>
      numberIn(this.pool, code === 0 ? 0 : this.ends[code - 1], this.ends[code]),
    );
  }

  clear(): void {
    this.count = 0;
    this.table = new Int32Array(2);
    this.pool = new Uint8Array(0);
    this.decoded = [];
  }
}
