import { unravel } from '../arrays.ts';
import { type Draws, elementName, type Quantity } from '../stats/draws.ts';
import { groupDigits } from './text.ts';

/** One scalar, chain by chain: what most charts are drawn from. */
export interface Series {
  readonly name: string;
  readonly kind: Quantity['kind'];
  /** A category's value names, in code order. */
  readonly labels?: readonly string[];
  readonly lo?: number;
  readonly hi?: number;
  readonly chains: readonly ArrayLike<number>[];
}

/**
 * Element `index` (flat, row-major) of a quantity as a series.
 * @throws RangeError where the quantity has no such element.
 */
export function seriesOf(draws: Draws, quantity: Quantity, index = 0): Series {
  const size = quantity.shape.reduce((a, b) => a * b, 1);
  if (!(index >= 0 && index < size)) {
    throw new RangeError(`'${quantity.name}' has ${size} elements; there is no element ${index}`);
  }
  const chains = Array.from({ length: draws.chains }, (_, c) =>
    Float64Array.from(
      { length: draws.draws },
      (_, d) => quantity.values[(c * draws.draws + d) * size + index],
    ),
  );
  const { kind, labels, lo, hi, shape } = quantity;
  return { name: elementName(quantity.name, unravel(index, shape)), kind, labels, lo, hi, chains };
}

/** All chains one after another. */
export function pooled(series: Series): Float64Array {
  const all = new Float64Array(series.chains.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const chain of series.chains) {
    all.set(Float64Array.from(chain), at);
    at += chain.length;
  }
  return all;
}

/** How often each possible value of a discrete series occurs. */
export interface Frequencies {
  /** Possible values in order, with the name each is shown by. */
  readonly levels: readonly { readonly value: number; readonly label: string }[];
  /** Occurrences, parallel to `levels`. */
  readonly counts: readonly number[];
  readonly total: number;
}

/** The most levels listed one by one where only some of them occur. */
const MAX_LISTED = 4096;

/** The values that discrete series can take: labels or bounds where known, else what occurs in any of them. */
export function levelsOf(...all: readonly Series[]): Frequencies['levels'] {
  const name = (value: number): string =>
    all[0]?.labels?.[value] ?? groupDigits(String(value).replace(/^-/, '−'));
  const seen = new Set<number>();
  for (const s of all) {
    for (const chain of s.chains) {
      for (let i = 0; i < chain.length; i++) if (Number.isFinite(chain[i])) seen.add(chain[i] + 0);
    }
  }
  const { labels, lo, hi } = all[0] ?? {};
  if (labels !== undefined) labels.forEach((_, i) => void seen.add(i));
  else if (lo !== undefined && hi !== undefined && hi - lo < MAX_LISTED) {
    const spin = lo === -1 && hi === 1 && !seen.has(0);
    for (let v = lo; v <= hi; v += spin ? 2 : 1) seen.add(v);
  }
  return [...seen].sort((a, b) => a - b).map((value) => ({ value, label: name(value) }));
}

/** Counts of each level; missing values are left out of the total. */
export function frequencies(series: Series, levels = levelsOf(series)): Frequencies {
  const at = new Map(levels.map((l, i) => [l.value, i]));
  const counts = levels.map(() => 0);
  let total = 0;
  for (const chain of series.chains) {
    for (let i = 0; i < chain.length; i++) {
      const k = at.get(chain[i] + 0);
      if (k === undefined) continue;
      counts[k]++;
      total++;
    }
  }
  return { levels, counts, total };
}
