/**
 * Records of CSV (RFC 4180), from pieces of a file as they come. Cells are told by where they stand in the bytes;
 * spaces around unquoted cells are dropped, lines without any text passed over.
 */
import { dataFault } from './codes.ts';

/** The cells of one record: bytes `from[i]` … `to[i]` − 1 of `bytes[i]`. Valid until the next record. */
export interface CsvRecord {
  readonly count: number;
  readonly bytes: readonly Uint8Array[];
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The separator of the first line, outside quotes: a tab, else a semicolon, else a comma; and what ends lines.
 * Undefined where the line goes on behind these bytes.
 */
function dialect(
  bytes: Uint8Array,
  last: boolean,
): { readonly delimiter: number; readonly newline: number } | undefined {
  let quoted = false;
  let delimiter = 0x2c;
  let i = 0;
  while (bytes[i] === NEWLINE || bytes[i] === RETURN) i++;
  for (; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) quoted = !quoted;
    else if (!quoted) {
      if (byte === 0x09) delimiter = byte;
      if (byte === 0x3b && delimiter === 0x2c) delimiter = byte;
      if (byte === NEWLINE || byte === RETURN) break;
    }
  }
  if (i + 1 >= bytes.length && !last) return undefined;
  // Lines of old Macs end in a carriage return alone, which is a space everywhere else.
  return { delimiter, newline: bytes[i] === RETURN && bytes[i + 1] !== NEWLINE ? RETURN : NEWLINE };
}

/** Whether a byte is a space that is dropped around unquoted cells. */
const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0c || byte === RETURN || byte === NEWLINE;

export class CsvScanner {
  private readonly file: string;
  private readonly take: (record: CsvRecord) => void;
  private delimiter = 0;
  private newline = NEWLINE;
  private line = 1;
  private readonly record = {
    count: 0,
    bytes: [] as Uint8Array[],
    from: new Int32Array(64),
    to: new Int32Array(64),
    line: 1,
  };

  /** Lines that were passed. */
  get lines(): number {
    return this.line - 1;
  }

  constructor(file: string, take: (record: CsvRecord) => void) {
    this.file = file;
    this.take = take;
  }

  /**
   * Takes every record that ends within the bytes; `last`: the file ends there, too.
   * @returns the beginning of what is left: bytes to be passed again, with more behind them
   * @throws EnergyError E0511 (quotes), and what `take` throws
   */
  scan(bytes: Uint8Array, last: boolean): number {
    if (this.delimiter === 0) {
      const found = dialect(bytes, last);
      if (!found) return 0;
      this.delimiter = found.delimiter;
      this.newline = found.newline;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.one(bytes, at, last);
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  /** One record from byte `start` on. @returns where the next begins; −1: it does not end here */
  private one(bytes: Uint8Array, start: number, last: boolean): number {
    const { delimiter, newline, record } = this;
    const end = bytes.length;
    record.line = this.line;
    let lines = 0;
    let count = 0;
    let at = start;
    let quoted = false;
    for (;;) {
      let c = bytes[at];
      while (at < end && c !== delimiter && c !== newline && isSpace(c)) c = bytes[++at];
      let from = at;
      let to: number;
      let source = bytes;
      if (at < end && c === QUOTE) {
        quoted = true;
        const close = this.quote(bytes, at);
        if (close.end < 0) {
          if (!last) return -1;
          throw this.fault(lines, 'has a quoted cell that is not closed before the end of the file.');
        }
        from = at + 1;
        to = close.end;
        lines += close.lines;
        at = close.end + 1;
        c = bytes[at];
        while (at < end && c !== delimiter && c !== newline && isSpace(c)) c = bytes[++at];
        if (at < end && c !== delimiter && c !== newline) {
          throw this.fault(
            lines,
            'has text after the closing quote of a cell.',
            'Double the quotes inside a quoted cell.',
          );
        }
        if (close.doubled) {
          source = unquoted(bytes, from, to);
          from = 0;
          to = source.length;
        }
      } else {
        while (at < end && c !== delimiter && c !== newline) {
          if (c === QUOTE) {
            throw this.fault(
              lines,
              'has a quote inside a cell that does not begin with one.',
              'Put the whole cell in quotes and double the quotes inside it.',
            );
          }
          c = bytes[++at];
        }
        to = at;
        while (to > from && isSpace(bytes[to - 1])) to--;
      }
      if (at === end && !last) return -1;
      if (count === record.from.length) {
        record.from = widened(record.from);
        record.to = widened(record.to);
      }
      record.bytes[count] = source;
      record.from[count] = from;
      record.to[count] = to;
      count++;
      if (at === end || c === newline) break;
      at++;
    }
    record.count = count;
    const empty = count === 1 && !quoted && record.from[0] === record.to[0];
    if (!empty) this.take(record);
    this.line += lines + 1;
    return Math.min(end, at + 1);
  }

  /** The closing quote of the cell that opens at `open`; −1: there is none yet. */
  private quote(
    bytes: Uint8Array,
    open: number,
  ): { readonly end: number; readonly lines: number; readonly doubled: boolean } {
    let lines = 0;
    let doubled = false;
    for (let at = open + 1; at < bytes.length; at++) {
      const c = bytes[at];
      if (c === QUOTE) {
        if (bytes[at + 1] !== QUOTE) return { end: at, lines, doubled };
        doubled = true;
        at++;
      } else if (c === NEWLINE || (c === RETURN && bytes[at + 1] !== NEWLINE)) lines++;
    }
    return { end: -1, lines, doubled };
  }

  private fault(lines: number, what: string, suggestion?: string): Error {
    const row = this.line + lines;
    const details = suggestion === undefined ? { row } : { row, suggestion };
    return dataFault('E0511', this.file, `Row ${row} of \`${this.file}\` ${what}`, details);
  }
}

function widened(a: Int32Array): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * a.length);
  out.set(a);
  return out;
}

/** Bytes with each doubled quote once. */
function unquoted(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  let n = 0;
  for (let i = from; i < to; i++) {
    out[n++] = bytes[i];
    if (bytes[i] === QUOTE) i++;
  }
  return out.subarray(0, n);
}
