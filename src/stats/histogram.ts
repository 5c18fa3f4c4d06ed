/** Two samples of a column counted side by side: what a picture of them is drawn from. */

export type Histogram =
  | {
      readonly kind: 'bins';
      /** Equal bins from lo to hi. */
      readonly lo: number;
      readonly hi: number;
      /** Shares of all values; what lies beyond lo and hi is missing from them. */
      readonly data: readonly number[];
      readonly draws: readonly number[];
    }
  | {
      readonly kind: 'levels';
      readonly labels: readonly string[];
      readonly data: readonly number[];
      readonly draws: readonly number[];
      /** Values that are not shown, the rarest ones. */
      readonly others: number;
    };

const BINS = 28;
/** Values without names, up to this many, are shown one by one. */
const MOST_VALUES = 24;
/** Named values beyond this many are left out, the rarest first. */
const MOST_CATEGORIES = 10;
/** Of each sample this share may lie beyond either end. */
const TAIL = 0.005;

/**
 * @param form reals are cut into bins, and so are integers of many values
 * @param labels of a category's codes
 */
export function histogram(
  data: Float64Array,
  draws: Float64Array,
  form: 'real' | 'integer' | 'category',
  labels?: readonly string[],
): Histogram {
  const named = labels ? labels.keys() : [];
  const values = form === 'real' ? [] : [...new Set([...data, ...draws, ...named])].sort((a, b) => a - b);
  if (form === 'real' || (form === 'integer' && values.length > MOST_VALUES)) return bins(data, draws);
  const share = (of: Float64Array): ReadonlyMap<number, number> => {
    const out = new Map<number, number>();
    for (const v of of) out.set(v, (out.get(v) ?? 0) + 1 / of.length);
    return out;
  };
  const [p, q] = [share(data), share(draws)];
  const weight = (v: number): number => Math.max(p.get(v) ?? 0, q.get(v) ?? 0);
  const most = labels ? MOST_CATEGORIES : MOST_VALUES;
  const shown = values.toSorted((a, b) => weight(b) - weight(a) || a - b).slice(0, most);
  shown.sort((a, b) => a - b);
  return {
    kind: 'levels',
    labels: shown.map((v) => labels?.[v] ?? String(v).replace(/^-/, '−')),
    data: shown.map((v) => rounded(p.get(v) ?? 0)),
    draws: shown.map((v) => rounded(q.get(v) ?? 0)),
    others: values.length - shown.length,
  };
}

function bins(data: Float64Array, draws: Float64Array): Histogram {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const sample of [data, draws]) {
    const sorted = sample.filter(Number.isFinite).sort();
    if (sorted.length === 0) continue;
    lo = Math.min(lo, sorted[Math.floor(TAIL * (sorted.length - 1))]);
    hi = Math.max(hi, sorted[Math.ceil((1 - TAIL) * (sorted.length - 1))]);
  }
  if (!(lo <= hi)) [lo, hi] = [0, 1];
  if (!(hi - lo > 1e-12 * Math.max(Math.abs(lo), Math.abs(hi)))) {
    const room = Math.abs(lo) * 0.1 || 1;
    [lo, hi] = [lo - room, hi + room];
  }
  const count = (of: Float64Array): readonly number[] => {
    const out = new Array<number>(BINS).fill(0);
    for (const v of of) {
      if (!(v >= lo && v <= hi)) continue;
      out[Math.min(BINS - 1, Math.floor(((v - lo) / (hi - lo)) * BINS))] += 1 / of.length;
    }
    return out.map(rounded);
  };
  return { kind: 'bins', lo, hi, data: count(data), draws: count(draws) };
}

const rounded = (share: number): number => Math.round(share * 1e5) / 1e5;
