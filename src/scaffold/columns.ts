/** What a column of a table is taken to be, from its cells alone. */
import { CodedCells } from '../io/cells.ts';
import { isMissing, parseNumber, type RawColumn } from '../io/raw-table.ts';

export type Guess =
  | { readonly kind: 'bit' }
  /** Labels in the order of the alphabet, as they stand in the file. */
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  /** Codes 0 … count − 1 of classes without names. */
  | { readonly kind: 'codes'; readonly count: number }
  | { readonly kind: 'int'; readonly lo: number; readonly hi: number }
  | { readonly kind: 'real' }
  /** Nothing that an energy could be about; the reason in words. */
  | { readonly kind: 'none'; readonly why: string };

export interface GuessedColumn {
  readonly name: string;
  readonly guess: Guess;
  /** Cells without a value. */
  readonly missing: number;
}

/** Different texts up to which a column is a set of labels. */
const MOST_LABELS = 40;
/** Different whole numbers up to which a column is a small range. */
const MOST_VALUES = 32;

const truths: ReadonlySet<string> = new Set(['true', 'false', 'yes', 'no']);
/** Names of columns that say to which class a row belongs. */
const classNames = /^(class|target|label|species|category|type|group|cluster)$/i;

/**
 * Two values that mean yes and no are a bit; few different texts a set of labels; few whole numbers close to each
 * other a range, or codes of classes where the name says so; other numbers are real.
 */
export function guessColumn({ name, cells }: RawColumn): GuessedColumn {
  const typed = cells instanceof Float64Array || cells instanceof Int32Array;
  const numbers = typed ? rangeOfNumbers(cells) : undefined;
  if (numbers && numbers.count > 0) {
    const { missing } = numbers;
    return { name, missing, guess: varies(numbers.lo, numbers.hi) ?? guessNumbers(name, numbers) };
  }
  const different = new Set<string | number>();
  let missing = 0;
  const see = (cell: string | number | null, times: number): void => {
    const none =
      cell === null ||
      (typeof cell === 'number' ? Number.isNaN(cell) : isMissing(cell) || cell.trim() === '');
    if (none) missing += times;
    else different.add(typeof cell === 'string' ? cell.trim() : cell);
  };
  if (cells instanceof CodedCells) {
    const times = new Int32Array(cells.values.length);
    for (const code of cells.codes) times[code]++;
    cells.values.forEach((cell, code) => {
      if (times[code] > 0) see(cell, times[code]);
    });
  } else for (const cell of cells) see(cell, 1);
  return { name, missing, guess: guessOf(name, [...different], cells.length - missing) };
}

/** Why a column of these least and largest values says nothing. */
const varies = (lo: number | string, hi: number | string): Guess | undefined =>
  lo === hi ? { kind: 'none', why: `every value is ${lo}` } : undefined;

/** @param count cells that hold something */
function guessOf(name: string, different: readonly (string | number)[], count: number): Guess {
  if (count === 0) return { kind: 'none', why: 'it is empty' };
  const same = different.length === 1 ? varies(different[0], different[0]) : undefined;
  if (same) return same;
  const numbers = different.map((c) => (typeof c === 'number' ? c : parseNumber(c)));
  if (numbers.every((n) => n !== undefined && Number.isFinite(n))) {
    const range = rangeOfNumbers(numbers as number[]);
    if (range) return guessNumbers(name, { ...range, count });
  }
  const texts = [...new Set(different.map(String))];
  if (texts.length === 2 && texts.every((t) => truths.has(t.toLowerCase()))) return { kind: 'bit' };
  if (texts.length > MOST_LABELS || (texts.length > 8 && 2 * texts.length > count))
    return { kind: 'none', why: `it has ${texts.length} different texts` };
  return { kind: 'labels', labels: texts.sort() };
}

interface NumberRange {
  readonly lo: number;
  readonly hi: number;
  readonly whole: boolean;
  /** Different numbers, where they are whole and within a small range. */
  readonly distinct: number;
  readonly count: number;
  readonly missing: number;
}

/** NaN is missing; undefined where a number is not finite. */
function rangeOfNumbers(numbers: ArrayLike<number>): NumberRange | undefined {
  let [lo, hi, missing, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, true];
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i];
    if (Number.isNaN(n)) missing++;
    else if (!Number.isFinite(n)) return undefined;
    else {
      lo = Math.min(lo, n);
      hi = Math.max(hi, n);
      whole &&= Number.isInteger(n);
    }
  }
  const seen = new Set<number>();
  if (whole && hi - lo < MOST_LABELS + MOST_VALUES)
    for (let i = 0; i < numbers.length; i++) if (!Number.isNaN(numbers[i])) seen.add(numbers[i]);
  return { lo, hi, whole, distinct: seen.size, count: numbers.length - missing, missing };
}

function guessNumbers(name: string, { lo, hi, whole, distinct, count }: NumberRange): Guess {
  if (!whole) return { kind: 'real' };
  if (lo === 0 && hi === 1) return { kind: 'bit' };
  if (classNames.test(name) && lo === 0 && distinct === hi + 1 && hi < MOST_LABELS)
    return { kind: 'codes', count: hi + 1 };
  // A whole number that rarely repeats is a measurement that was rounded.
  return hi - lo < MOST_VALUES && 4 * distinct <= count ? { kind: 'int', lo, hi } : { kind: 'real' };
}
