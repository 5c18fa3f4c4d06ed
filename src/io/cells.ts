/** The cells of large tables, column by column, in typed arrays: labels by code, numbers as numbers. */
import type { Cells } from './raw-table.ts';

type Cell = string | number | null;

/** Cells of few different texts: the text of each is `values[codes[i]]`. */
export class CodedCells implements Iterable<Cell> {
  readonly codes: Uint16Array | Int32Array;
  readonly values: readonly Cell[];
  readonly length: number;

  constructor(codes: Uint16Array | Int32Array, values: readonly Cell[]) {
    this.codes = codes;
    this.values = values;
    this.length = codes.length;
  }

  at(i: number): Cell {
    return this.values[this.codes[i]];
  }

  *[Symbol.iterator](): Generator<Cell> {
    for (const code of this.codes) yield this.values[code];
  }
}

/** Numbers, NaN where one is missing, with texts between them. */
export class MixedCells implements Iterable<Cell> {
  readonly numbers: Float64Array;
  readonly texts: ReadonlyMap<number, string>;
  readonly length: number;

  constructor(numbers: Float64Array, texts: ReadonlyMap<number, string>) {
    this.numbers = numbers;
    this.texts = texts;
    this.length = numbers.length;
  }

  at(i: number): Cell {
    return this.texts.get(i) ?? this.numbers[i];
  }

  *[Symbol.iterator](): Generator<Cell> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

/** Cell `i`, which is there. */
export const cellAt = (cells: Cells, i: number): Cell => cells.at(i) ?? null;
