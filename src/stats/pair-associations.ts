/** How strongly each two columns of a table go together, in data and in draws. */
import type { Stream } from '../random/stream.ts';
import { correlationRatio, cramersV, pearson, unitVector } from './association.ts';
import type { ComparedColumn } from './marginal-distances.ts';

export type AssociationMeasure = 'correlation' | 'correlation_ratio' | 'cramers_v';

export interface PairAssociations {
  /** The columns that were paired, in the table's order. */
  readonly names: readonly string[];
  /** Of the pairs (1, 0), (2, 0), (2, 1), (3, 0), …; null where a value is undefined, as for a constant. */
  readonly measures: readonly AssociationMeasure[];
  readonly data: readonly (number | null)[];
  readonly draws: readonly (number | null)[];
  /** The largest difference of any pair that chance would make: the median of three relabellings. */
  readonly chance: number;
}

export interface PairDifference {
  readonly names: readonly [string, string];
  readonly measure: AssociationMeasure;
  readonly data: number;
  readonly draws: number;
}

/** Columns that are paired, at most; of more, evenly spaced ones. */
const MOST_COLUMNS = 48;
const RELABELLINGS = 3;

interface Variable {
  readonly name: string;
  /** Two values are numbers too: r has a sign, V has none. */
  readonly number: boolean;
  readonly values: Float64Array;
  readonly whole: boolean;
}

/**
 * Pearson's r of numbers, the correlation ratio η of a category and a number, Cramér's V of categories; columns of
 * two values count as numbers. A row counts for the pairs of which it has both cells.
 * @param worth how many independent draws the draws are worth
 */
export function pairAssociations(
  columns: readonly ComparedColumn[],
  worth: number,
  stream: Stream,
): PairAssociations {
  const step = Math.max(1, columns.length / MOST_COLUMNS);
  const chosen = Array.from({ length: Math.min(columns.length, MOST_COLUMNS) }, (_, i) =>
    variable(columns[Math.floor(i * step)]),
  );
  const [n, m] = [columns[0]?.data.length ?? 0, columns[0]?.draws.length ?? 0];
  const rows = Int32Array.from({ length: n + m }, (_, i) => i);
  const data = valuesOf(chosen, rows.subarray(0, n));
  const draws = valuesOf(chosen, rows.subarray(n));
  const some = Math.max(2, Math.min(m, Math.round(worth)));
  const largest = Array.from({ length: RELABELLINGS }, () => {
    stream.shuffle(rows);
    const [a, b] = [valuesOf(chosen, rows.subarray(0, n)), valuesOf(chosen, rows.subarray(n, n + some))];
    return a.reduce((most, v, k) => Math.max(most, Math.abs(v - b[k]) || 0), 0);
  });
  const orNull = (v: number): number | null => (Number.isNaN(v) ? null : Math.round(v * 1e4) / 1e4);
  return {
    names: chosen.map((c) => c.name),
    measures: pairsOf(chosen).map(([a, b]) => measureOf(a, b)),
    data: data.map(orNull),
    draws: draws.map(orNull),
    chance: largest.sort((a, b) => a - b)[1],
  };
}

/** The pairs whose association differs most, worst first. */
export function worstPairs(
  { names, measures, data, draws }: PairAssociations,
  most: number,
): PairDifference[] {
  const out: PairDifference[] = [];
  for (let j = 1, k = 0; j < names.length; j++) {
    for (let i = 0; i < j; i++, k++) {
      const [a, b] = [data[k], draws[k]];
      if (a !== null && b !== null)
        out.push({ names: [names[i], names[j]], measure: measures[k], data: a, draws: b });
    }
  }
  return out.sort((a, b) => Math.abs(b.data - b.draws) - Math.abs(a.data - a.draws)).slice(0, most);
}

function variable({ name, form, data, draws }: ComparedColumn): Variable {
  const values = Float64Array.from([...data, ...draws]);
  const seen = new Set(values.filter((v) => !Number.isNaN(v)));
  return {
    name,
    number: form !== 'category' || seen.size <= 2,
    values,
    whole: !values.some((v) => Number.isNaN(v)),
  };
}

const pairsOf = <T>(all: readonly T[]): (readonly [T, T])[] =>
  all.flatMap((b, j) => all.slice(0, j).map((a) => [a, b] as const));

function measureOf(a: Variable, b: Variable): AssociationMeasure {
  return a.number && b.number ? 'correlation' : a.number || b.number ? 'correlation_ratio' : 'cramers_v';
}

function valuesOf(variables: readonly Variable[], rows: Int32Array): number[] {
  const taken = variables.map(({ number, values, whole }) => {
    const own = Float64Array.from(rows, (r) => values[r]);
    return { number, own, unit: number && whole ? unitVector(own) : null };
  });
  return pairsOf(taken).map(([a, b]) => {
    if (a.unit && b.unit) {
      const y = b.unit;
      return rows.length < 2 ? Number.NaN : a.unit.reduce((sum, v, i) => sum + v * y[i], 0);
    }
    const both = (i: number): boolean => !Number.isNaN(a.own[i]) && !Number.isNaN(b.own[i]);
    const [x, y] = [a.own.filter((_, i) => both(i)), b.own.filter((_, i) => both(i))];
    if (a.number && b.number) return pearson(x, y);
    if (a.number) return correlationRatio(y, x);
    return b.number ? correlationRatio(x, y) : cramersV(x, y);
  });
}
