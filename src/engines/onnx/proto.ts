/**
 * Protocol buffers, as far as writing ONNX files needs them: varints, length-delimited fields and packed integers
 * (the encoding is described in the Protocol Buffers documentation, "Encoding"). A message is a list of pieces that
 * are put together once, at the end, so that nesting copies nothing.
 */

const VARINT = 0;
const DELIMITED = 2;
const utf8 = new TextEncoder();

/** A message being written; fields come out in the order in which they are written. */
export class Message {
  private readonly pieces: Uint8Array[] = [];
  private length = 0;

  /** A whole number, also below zero (as two's complement of 64 bits). */
  integer(field: number, value: number): this {
    return this.push(header(field, VARINT)).push(varint(value));
  }

  bytes(field: number, data: Uint8Array): this {
    return this.push(header(field, DELIMITED)).push(varint(data.length)).push(data);
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, inner: Message): this {
    this.push(header(field, DELIMITED)).push(varint(inner.length));
    for (const piece of inner.pieces) this.push(piece);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  private push(piece: Uint8Array): this {
    this.pieces.push(piece);
    this.length += piece.length;
    return this;
  }
}

/** The memory of an array; numbers in files are little-endian, as they are on every machine with WebAssembly. */
export const bytesOf = (data: Float32Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const header = (field: number, wire: number): Uint8Array => varint(field * 8 + wire);

/** Seven bits a byte, the lowest first; a set top bit says that more follow. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}
