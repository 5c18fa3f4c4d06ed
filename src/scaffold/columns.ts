/** What a column of a table is taken to be, from its cells alone. */
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
export function guessColumn(column: RawColumn): GuessedColumn {
  const { name } = column;
  const cells: (string | number)[] = [];
  let missing = 0;
  for (const cell of column.cells) {
    const none =
      cell === null ||
      (typeof cell === 'number' ? Number.isNaN(cell) : isMissing(cell) || cell.trim() === '');
    if (none) missing++;
    else cells.push(typeof cell === 'string' ? cell.trim() : cell);
  }
  return { name, missing, guess: guessOf(name, cells) };
}

function guessOf(name: string, cells: readonly (string | number)[]): Guess {
  if (cells.length === 0) return { kind: 'none', why: 'it is empty' };
  const distinct = new Set(cells);
  if (distinct.size === 1) return { kind: 'none', why: `every value is ${cells[0]}` };
  const numbers = cells.map((c) => (typeof c === 'number' ? c : parseNumber(c)));
  if (numbers.every((n) => n !== undefined && Number.isFinite(n)))
    return guessNumbers(name, numbers as number[]);
  const texts = [...new Set(cells.map(String))];
  if (texts.length === 2 && texts.every((t) => truths.has(t.toLowerCase()))) return { kind: 'bit' };
  if (texts.length > MOST_LABELS || (texts.length > 8 && 2 * texts.length > cells.length))
    return { kind: 'none', why: `it has ${texts.length} different texts` };
  return { kind: 'labels', labels: texts.sort() };
}

function guessNumbers(name: string, numbers: readonly number[]): Guess {
  const [lo, hi] = numbers.reduce(
    ([a, b], n) => [Math.min(a, n), Math.max(b, n)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (!numbers.every(Number.isInteger)) return { kind: 'real' };
  if (lo === 0 && hi === 1) return { kind: 'bit' };
  const distinct = new Set(numbers).size;
  if (classNames.test(name) && lo === 0 && distinct === hi + 1 && hi < MOST_LABELS)
    return { kind: 'codes', count: hi + 1 };
  // A whole number that rarely repeats is a measurement that was rounded.
  return hi - lo < MOST_VALUES && 4 * distinct <= numbers.length ? { kind: 'int', lo, hi } : { kind: 'real' };
}
