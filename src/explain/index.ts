/** The long form of every diagnostic code, for `energy explain`, the documentation and the playground. */
import { bindCodes } from '../bind/codes.ts';
import { checkCodes } from '../check/codes.ts';
import { emitCodes } from '../emit/codes.ts';
import { inferCodes } from '../infer/codes.ts';
import { ioCodes } from '../io/codes.ts';
import { learnCodes } from '../learn/codes.ts';
import { syntaxCodes } from '../syntax/codes.ts';
import { suggest } from '../syntax/suggest.ts';
import { compileEntries } from './compile.ts';
import { dataEntries } from './data.ts';
import { fileEntries } from './files.ts';
import { nameEntries } from './names.ts';
import { runEntries } from './run.ts';
import { syntaxEntries } from './syntax.ts';
import type { Entries, Entry, Example } from './types.ts';
import { valueEntries } from './values.ts';

export type { Example } from './types.ts';

export interface Explanation {
  readonly code: string;
  readonly title: string;
  readonly text: string;
  /** A program that yields this code and one that yields nothing; null where no program can show it. */
  readonly wrong: Example | null;
  readonly right: Example | null;
  /** Why no program can show it. */
  readonly without: string | null;
}

/** The titles of all codes. */
export const codeTitles: Readonly<Record<string, string>> = {
  ...syntaxCodes,
  ...checkCodes,
  ...ioCodes,
  ...bindCodes,
  ...inferCodes,
  ...learnCodes,
  ...emitCodes,
};

const entries: Entries = {
  ...syntaxEntries,
  ...nameEntries,
  ...valueEntries,
  ...fileEntries,
  ...dataEntries,
  ...runEntries,
  ...compileEntries,
};

/** The codes that have an entry, sorted. */
export const explainedCodes: readonly string[] = Object.keys(entries).sort();

/** Families of codes, by their first digits, in the order in which a program meets them. */
export const families: readonly { readonly prefixes: readonly string[]; readonly title: string }[] = [
  { prefixes: ['E01'], title: 'text' },
  { prefixes: ['E02', 'W02'], title: 'names and files used' },
  { prefixes: ['E03'], title: 'kinds of values, index sets, arguments' },
  { prefixes: ['E04', 'W04'], title: 'energies' },
  { prefixes: ['E05', 'W05'], title: 'files and data' },
  { prefixes: ['E06'], title: 'jobs' },
  { prefixes: ['E07', 'W07'], title: 'running and learning' },
  { prefixes: ['E08'], title: 'compiling' },
  { prefixes: ['E09'], title: 'other' },
];

/** What a code means; undefined for one that does not exist. Upper and lower case are the same. */
export function explanationOf(code: string): Explanation | undefined {
  const key = code.toUpperCase();
  const entry: Entry | undefined = Object.hasOwn(entries, key) ? entries[key] : undefined;
  if (entry === undefined) return undefined;
  const has = 'wrong' in entry;
  return {
    code: key,
    title: codeTitles[key] ?? '',
    text: entry.text,
    wrong: has ? entry.wrong : null,
    right: has ? entry.right : null,
    without: has ? null : entry.without,
  };
}

/** The code that was probably meant. */
export const nearestCode = (code: string): string | undefined => suggest(code.toUpperCase(), explainedCodes);
