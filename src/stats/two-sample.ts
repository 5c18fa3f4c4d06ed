/**
 * How alike two tables are, column by column and pair by pair: 1 is "the same", 0 "as different as can be".
 * The scores are those that the SDMetrics library documents for synthetic tables: TVComplement, KSComplement,
 * CorrelationSimilarity, ContingencySimilarity. A missing cell is NaN and is left out (for a pair: its row).
 */

export interface Column {
  readonly name: string;
  /** Discrete: compared by the frequencies of its values. Continuous: by its distribution function. */
  readonly kind: 'discrete' | 'continuous';
  readonly values: ArrayLike<number>;
}

export interface TableSimilarity {
  readonly columns: readonly { readonly name: string; readonly score: number }[];
  readonly pairs: readonly { readonly names: readonly [string, string]; readonly score: number }[];
  /** Mean of the scores that are numbers (a constant column has no correlation); NaN if there are none. */
  readonly column_mean: number;
  readonly pair_mean: number;
}

/**
 * Compare two tables of the same columns. Pairs of continuous columns are scored by correlation, pairs of
 * discrete ones by contingency; a continuous column beside a discrete one is cut into ten bins of equal width
 * over the range it has in `real`.
 * @throws RangeError if the columns' names or kinds differ
 */
export function tableSimilarity(real: readonly Column[], other: readonly Column[]): TableSimilarity {
  if (real.length !== other.length) {
    throw new RangeError(`tables of ${real.length} and ${other.length} columns`);
  }
  real.forEach((c, i) => {
    if (c.name !== other[i].name || c.kind !== other[i].kind) {
      throw new RangeError(
        `column ${i} is ${c.kind} ${c.name} in one table, ${other[i].kind} ${other[i].name} in the other`,
      );
    }
  });
  const columns = real.map((c, i) => ({ name: c.name, score: columnSimilarity(c, other[i]) }));
  const pairs: { names: readonly [string, string]; score: number }[] = [];
  for (let j = 1; j < real.length; j++) {
    for (let i = 0; i < j; i++) {
      const names = [real[i].name, real[j].name] as const;
      if (real[i].kind === 'continuous' && real[j].kind === 'continuous') {
        const score = correlationSimilarity(
          [real[i].values, real[j].values],
          [other[i].values, other[j].values],
        );
        pairs.push({ names, score });
      } else {
        const [a, b] = [binned(real[i], other[i]), binned(real[j], other[j])];
        pairs.push({ names, score: contingencySimilarity([a.real, b.real], [a.other, b.other]) });
      }
    }
  }
  return { columns, pairs, column_mean: mean(columns), pair_mean: mean(pairs) };
}

/** TVComplement of discrete, KSComplement of continuous columns. */
export function columnSimilarity(a: Column, b: Column): number {
  return a.kind === 'discrete'
    ? 1 - totalVariation(a.values, b.values)
    : 1 - kolmogorovSmirnov(a.values, b.values);
}

/** Total-variation distance of the frequencies of values, ½ Σ_v |p(v) − q(v)|. NaN if a side is empty. */
export function totalVariation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return frequencyDistance(present(a), present(b));
}

/** The two-sample Kolmogorov–Smirnov statistic, sup_x |F(x) − G(x)|. NaN if a side is empty. */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = present(a).sort();
  const y = present(b).sort();
  if (x.length === 0 || y.length === 0) return Number.NaN;
  let worst = 0;
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    const at = Math.min(x[i], y[j]);
    while (i < x.length && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length));
  }
  return worst;
}

type Pair = readonly [ArrayLike<number>, ArrayLike<number>];

/** 1 − |ρ − ρ′| / 2 for the Pearson correlations of a pair of columns in two tables; NaN if one is constant. */
export function correlationSimilarity(real: Pair, other: Pair): number {
  return 1 - Math.abs(correlation(real) - correlation(other)) / 2;
}

/** 1 − the total-variation distance of the joint frequencies of a pair of discrete columns in two tables. */
export function contingencySimilarity(real: Pair, other: Pair): number {
  const code = new Map<string, number>();
  const joint = ([a, b]: Pair): Float64Array => {
    const out: number[] = [];
    for (let i = 0; i < a.length; i++) {
      if (Number.isNaN(a[i]) || Number.isNaN(b[i])) continue;
      const key = `${a[i]},${b[i]}`;
      const known = code.get(key) ?? code.size;
      code.set(key, known);
      out.push(known);
    }
    return Float64Array.from(out);
  };
  return 1 - frequencyDistance(joint(real), joint(other));
}

function frequencyDistance(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const [p, q] = [tally(a), tally(b)];
  let sum = 0;
  for (const v of new Set([...p.keys(), ...q.keys()])) {
    sum += Math.abs((p.get(v) ?? 0) / a.length - (q.get(v) ?? 0) / b.length);
  }
  return sum / 2;
}

function tally(values: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return counts;
}

function correlation([a, b]: Pair): number {
  const rows: number[] = [];
  for (let i = 0; i < a.length; i++) if (!Number.isNaN(a[i]) && !Number.isNaN(b[i])) rows.push(i);
  let [ma, mb] = [0, 0];
  for (const i of rows) {
    ma += a[i] / rows.length;
    mb += b[i] / rows.length;
  }
  let [saa, sab, sbb] = [0, 0, 0];
  for (const i of rows) {
    saa += (a[i] - ma) ** 2;
    sab += (a[i] - ma) * (b[i] - mb);
    sbb += (b[i] - mb) ** 2;
  }
  return saa > 0 && sbb > 0 ? sab / Math.sqrt(saa * sbb) : Number.NaN;
}

/** A discrete column as it is; a continuous one as the number of its bin, 0 … 9, outer bins open. */
function binned(
  real: Column,
  other: Column,
): { readonly real: ArrayLike<number>; readonly other: ArrayLike<number> } {
  if (real.kind === 'discrete') return { real: real.values, other: other.values };
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of present(real.values)) {
    lo = Math.min(lo, v);
    hi = Math.max(hi, v);
  }
  const width = hi > lo ? (hi - lo) / 10 : 1;
  const bin = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(values, (v) => Math.min(Math.max(Math.floor((v - lo) / width), 0), 9));
  return { real: bin(real.values), other: bin(other.values) };
}

const present = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values).filter((v) => !Number.isNaN(v));

function mean(scores: readonly { readonly score: number }[]): number {
  const known = scores.filter((c) => !Number.isNaN(c.score));
  return known.reduce((s, c) => s + c.score, 0) / known.length;
}
