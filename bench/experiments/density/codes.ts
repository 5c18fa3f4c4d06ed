/**
 * Points of the plane as rows of bits or digits, and back. A code cuts the square |x|, |y| < scale + 1 (bits) or the
 * square −scale … scale + 2 (digits) into equal cells and numbers those of each axis; every word is the word of one cell.
 */
import type { Point } from './sets.ts';

export interface PlaneCode {
  readonly name: 'bits' | 'digits';
  /** Symbols of a row, and values of each. */
  readonly length: number;
  readonly states: number;
  /** ln of the number of cells in a unit of area: what a discrete entropy has more than a differential one. */
  readonly logCells: (scale: number) => number;
  readonly encode: (p: Point, scale: number, to: Uint8Array, at: number) => void;
  /** The place of a cell: its corner nearest to −∞ and its side. */
  readonly decode: (row: ArrayLike<number>, at: number, scale: number) => Point;
  /** The side of the whole square, and its corner nearest to −∞ (the same on both axes). */
  readonly square: (scale: number) => { readonly from: number; readonly side: number };
}

const clip = (v: number, most: number): number => Math.max(0, Math.min(most, v));

// ── Bits ────────────────────────────────────────────────────────────────────

const BITS = 15;

/** A sign (1 below 0), then 15 bits of |x|·2¹⁵/(scale + 1) in the reflected Gray code (F. Gray, 1953), largest first. */
function putBits(x: number, scale: number, to: Uint8Array, at: number): void {
  const size = clip(Math.floor((Math.abs(x) * 2 ** BITS) / (scale + 1)), 2 ** BITS - 1);
  const gray = size ^ (size >> 1);
  to[at] = x < 0 ? 1 : 0;
  for (let b = 0; b < BITS; b++) to[at + 1 + b] = (gray >> (BITS - 1 - b)) & 1;
}

function takeBits(row: ArrayLike<number>, at: number, scale: number): number {
  let size = 0;
  let bit = 0;
  for (let b = 0; b < BITS; b++) {
    bit ^= row[at + 1 + b];
    size = 2 * size + bit;
  }
  const step = (scale + 1) / 2 ** BITS;
  return row[at] === 1 ? -(size + 1) * step : size * step;
}

export const bits: PlaneCode = {
  name: 'bits',
  length: 2 * (BITS + 1),
  states: 2,
  logCells: (scale) => 2 * Math.log(2 ** BITS / (scale + 1)),
  encode: ([x, y], scale, to, at) => {
    putBits(x, scale, to, at);
    putBits(y, scale, to, at + BITS + 1);
  },
  decode: (row, at, scale) => [takeBits(row, at, scale), takeBits(row, at + BITS + 1, scale)],
  square: (scale) => ({ from: -(scale + 1), side: 2 * (scale + 1) }),
};

// ── Digits ──────────────────────────────────────────────────────────────────

const BASE = 5;
const DIGITS = 8;

/** (x + scale)/2 · 5⁸/(scale + 1) in eight digits, largest first. */
function putDigits(x: number, scale: number, to: Uint8Array, at: number): void {
  let size = clip(Math.floor((((x + scale) / 2) * BASE ** DIGITS) / (scale + 1)), BASE ** DIGITS - 1);
  for (let d = DIGITS - 1; d >= 0; d--) {
    to[at + d] = size % BASE;
    size = Math.floor(size / BASE);
  }
}

function takeDigits(row: ArrayLike<number>, at: number, scale: number): number {
  let size = 0;
  for (let d = 0; d < DIGITS; d++) size = BASE * size + row[at + d];
  return (2 * size * (scale + 1)) / BASE ** DIGITS - scale;
}

export const digits: PlaneCode = {
  name: 'digits',
  length: 2 * DIGITS,
  states: BASE,
  logCells: (scale) => 2 * Math.log(BASE ** DIGITS / (2 * (scale + 1))),
  encode: ([x, y], scale, to, at) => {
    putDigits(x, scale, to, at);
    putDigits(y, scale, to, at + DIGITS);
  },
  decode: (row, at, scale) => [takeDigits(row, at, scale), takeDigits(row, at + DIGITS, scale)],
  square: (scale) => ({ from: -scale, side: 2 * (scale + 1) }),
};

/** The middle of the cell of a row. */
export function middle(code: PlaneCode, row: ArrayLike<number>, at: number, scale: number): Point {
  const half = Math.exp(-code.logCells(scale) / 2) / 2;
  const [x, y] = code.decode(row, at, scale);
  return [x + half, y + half];
}
