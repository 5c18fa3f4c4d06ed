/**
 * Convergence diagnostics: R-hat, effective sample sizes, Monte-Carlo standard errors.
 *
 * A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Bürkner, "Rank-normalization, folding, and
 * localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16 (2021) 667–718;
 * Geyer's initial monotone sequence from C. J. Geyer, "Practical Markov chain Monte Carlo", Statistical
 * Science 7 (1992) 473–483. The numbers are those of ArviZ 0.23 (`rhat(method="rank")`, `ess`, `mcse`), save
 * where ArviZ gives no number or an arbitrary one:
 *
 * - a constant quantity (all chains at one value): R-hat 1, ESS the number of draws, MCSE 0;
 * - chains that are each constant, at different values: R-hat Infinity;
 * - a single chain: R-hat compares its two halves;
 * - "constant" means equal values, not a range below 1e−15: the scale of a quantity does not matter.
 *
 * Every function takes at least four draws a chain and no NaN; else it answers NaN. With an odd number of
 * draws the middle one of each chain is left out wherever chains are split.
 */
import { meanAutocovariance } from './autocovariance.ts';
import { foldSorted, rankNormalise, type Sorted, sortedQuantile, sortWithOrder } from './rank.ts';

/** The draws of one scalar quantity. */
export interface Chains {
  /** chains × draws, row-major. */
  readonly values: Float64Array;
  readonly chains: number;
  readonly draws: number;
}

/** All diagnostics of one scalar quantity. */
export interface Diagnosis {
  readonly mean: number;
  /** Of the draws, with denominator n − 1. */
  readonly sd: number;
  readonly mcseMean: number;
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  readonly essBulk: number;
  readonly essTail: number;
  readonly rHat: number;
}

/**
 * Rank-normalised split R-hat: the larger of that of the draws and that of their distances from the median
 * (Vehtari et al. 2021, sections 4.1 and 4.2). 1 at convergence; above 1.01 the chains disagree.
 */
export function rHat(x: Chains): number {
  if (!isUsable(x)) return Number.NaN;
  const s = splitChains(x);
  return splitRHat(s, sortWithOrder(s.values));
}

/** Bulk effective sample size: that of the mean of the rank-normalised draws (section 4.1). */
export function essBulk(x: Chains): number {
  if (!isUsable(x)) return Number.NaN;
  const s = splitChains(x);
  return ess({ ...s, values: rankNormalise(sortWithOrder(s.values)) });
}

/** Tail effective sample size: the smaller of those of the 5 % and 95 % quantiles (section 4.3). */
export function essTail(x: Chains): number {
  return Math.min(essQuantile(x, 0.05), essQuantile(x, 0.95));
}

/** Effective sample size of the p-quantile: that of the mean of the indicator x ≤ quantile. */
export function essQuantile(x: Chains, p: number): number {
  return isUsable(x) ? essIndicator(x, quantile(x.values, p)) : Number.NaN;
}

/** Effective sample size of the mean. */
export function essMean(x: Chains): number {
  return isUsable(x) ? ess(splitChains(x)) : Number.NaN;
}

/** Monte-Carlo standard error of the mean: sd / √ESS. */
export function mcseMean(x: Chains): number {
  const { sd } = moments(x.values);
  return sd === 0 && isUsable(x) ? 0 : sd / Math.sqrt(essMean(x));
}

/** Monte-Carlo standard error of the standard deviation, by the delta method on the second central moment. */
export function mcseSd(x: Chains): number {
  if (!isUsable(x)) return Number.NaN;
  const { mean, sd } = moments(x.values);
  if (sd === 0) return 0;
  const squares = x.values.map((v) => (v - mean) ** 2);
  const second = moments(squares).mean;
  const fourth = moments(squares.map((v) => v * v)).mean;
  return Math.sqrt((fourth - second ** 2) / essMean({ ...x, values: squares }) / second / 4);
}

/** The p-quantile, by linear interpolation of the order statistics (R's type 7). NaN for no values. */
export function quantile(values: Float64Array, p: number): number {
  return values.length === 0 ? Number.NaN : sortedQuantile(values.slice().sort(), p);
}

/** Mean and standard deviation (denominator n − 1) in two passes; both exact for equal values. */
export function moments(values: Float64Array): { readonly mean: number; readonly sd: number } {
  const n = values.length;
  if (n > 0 && isConstant(values)) return { mean: values[0], sd: n > 1 ? 0 : Number.NaN };
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / (n - 1)) };
}

/** Everything at once, sharing the sorting: the same numbers as the functions above. */
export function diagnose(x: Chains): Diagnosis {
  const { mean, sd } = moments(x.values);
  if (!isUsable(x)) return { mean, sd, ...threeQuantiles(x.values), ...undiagnosed };
  const pair = twoValues(x.values);
  if (pair !== undefined) return { mean, sd, ...diagnosePair(x, pair[0], pair[1], sd) };

  const s = splitChains(x);
  const split = sortWithOrder(s.values);
  const sorted = s.values === x.values ? split.sorted : x.values.slice().sort();
  const q5 = sortedQuantile(sorted, 0.05);
  const q95 = sortedQuantile(sorted, 0.95);
  const z = rankNormalise(split);
  return {
    mean,
    sd,
    mcseMean: sd / Math.sqrt(ess(s)),
    q5,
    q50: sortedQuantile(sorted, 0.5),
    q95,
    essBulk: ess({ ...s, values: z }),
    essTail: Math.min(essIndicator(x, q5), essIndicator(x, q95)),
    rHat: splitRHat(s, split, z),
  };
}

const undiagnosed = { mcseMean: Number.NaN, essBulk: Number.NaN, essTail: Number.NaN, rHat: Number.NaN };

function threeQuantiles(values: Float64Array): Pick<Diagnosis, 'q5' | 'q50' | 'q95'> {
  const q = (p: number): number => (hasNaN(values) ? Number.NaN : quantile(values, p));
  return { q5: q(0.05), q50: q(0.5), q95: q(0.95) };
}

/**
 * The case of at most two values. Ranks, folding and every indicator are then affine functions of the one
 * indicator of the larger value, and all diagnostics follow from its autocovariance.
 */
function diagnosePair(x: Chains, low: number, high: number, sd: number): Omit<Diagnosis, 'mean' | 'sd'> {
  const s = splitChains({ ...x, values: indicator(x.values, high, Number.POSITIVE_INFINITY) });
  const e = ess(s);
  let lows = 0;
  for (let i = 0; i < x.values.length; i++) if (x.values[i] !== high) lows++;
  const sorted = new Float64Array(x.values.length).fill(high).fill(low, 0, lows);
  const [q5, q95] = [sortedQuantile(sorted, 0.05), sortedQuantile(sorted, 0.95)];
  const tail = (bound: number): number => (bound >= high ? s.values.length : e);
  return {
    mcseMean: sd === 0 ? 0 : sd / Math.sqrt(e),
    q5,
    q50: sortedQuantile(sorted, 0.5),
    q95,
    essBulk: e,
    essTail: Math.min(tail(q5), tail(q95)),
    rHat: plainRHat(s),
  };
}

/** [smaller, larger] when there are at most two different values. */
function twoValues(values: Float64Array): readonly [number, number] | undefined {
  const a = values[0];
  let b = a;
  for (let i = 1; i < values.length; i++) {
    const v = values[i];
    if (v !== a && v !== b) {
      if (b !== a) return undefined;
      b = v;
    }
  }
  return a < b ? [a, b] : [b, a];
}

/** Effective sample size of the mean of chains that are split already; their number of draws if constant. */
function ess({ values, chains, draws }: Chains): number {
  const total = chains * draws;
  if (isConstant(values)) return total;
  const covariance = meanAutocovariance(values, chains, draws);
  const within = (covariance(0) * draws) / (draws - 1);
  const pooled = covariance(0) + (chains > 1 ? moments(chainMeans({ values, chains, draws })).sd ** 2 : 0);
  const rho = (lag: number): number => 1 - (within - covariance(lag)) / pooled;

  if (!(pooled > 0 && pooled < Number.POSITIVE_INFINITY)) return Number.NaN;

  // Geyer's initial positive sequence: pairs of neighbouring autocorrelations, until a sum is not positive.
  // Geyer's initial monotone sequence: a pair counts for no more than the one before it.
  let lag = 0;
  let even = 1;
  let odd = rho(1);
  let sum = 0;
  let before = Number.POSITIVE_INFINITY;
  while (even + odd > 0 && lag < draws - 4) {
    before = Math.min(before, even + odd);
    sum += before;
    lag += 2;
    even = rho(lag);
    odd = rho(lag + 1);
  }
  // The pair at which the sequence ends counts by half of its even member, unless it is all negative.
  const end = even + odd >= 0 ? even : Math.max(even, 0);
  const tau = -1 + 2 * sum + end;
  return total / Math.max(tau, 1 / Math.log10(total));
}

/** 1 where low ≤ x ≤ high, else 0. */
export function indicator(values: Float64Array, low: number, high: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] >= low && values[i] <= high ? 1 : 0;
  return out;
}

/** ESS of the indicator x ≤ bound. */
function essIndicator(x: Chains, bound: number): number {
  return ess(splitChains({ ...x, values: indicator(x.values, Number.NEGATIVE_INFINITY, bound) }));
}

/** The larger of bulk and folded R-hat, from the sorted values of the split chains; `z`: their normal scores. */
function splitRHat(s: Chains, split: Sorted, z: Float64Array = rankNormalise(split)): number {
  const bulk = plainRHat({ ...s, values: z });
  const folded = foldSorted(split, sortedQuantile(split.sorted, 0.5));
  // Draws all at one distance from their median have no tails to compare.
  if (isConstant(folded.sorted)) return bulk;
  return Math.max(bulk, plainRHat({ ...s, values: rankNormalise(folded) }));
}

/** √((B/W + n − 1) / n): 1 for equal constants, Infinity when no chain varies and they differ. */
function plainRHat(x: Chains): number {
  const { values, chains, draws } = x;
  let within = 0;
  for (let c = 0; c < chains; c++) within += moments(values.subarray(c * draws, (c + 1) * draws)).sd ** 2;
  within /= chains;
  if (within === 0) return isConstant(values) ? 1 : Number.POSITIVE_INFINITY;
  const between = draws * moments(chainMeans(x)).sd ** 2;
  return Math.sqrt((between / within + draws - 1) / draws);
}

function chainMeans({ values, chains, draws }: Chains): Float64Array {
  const means = new Float64Array(chains);
  for (let c = 0; c < chains; c++) means[c] = moments(values.subarray(c * draws, (c + 1) * draws)).mean;
  return means;
}

/** First and second half of each chain as chains of their own; an odd middle draw is left out. */
function splitChains({ values, chains, draws }: Chains): Chains {
  const half = Math.floor(draws / 2);
  if (2 * half === draws) return { values, chains: 2 * chains, draws: half };
  const out = new Float64Array(2 * chains * half);
  for (let c = 0; c < chains; c++) {
    const start = c * draws;
    out.set(values.subarray(start, start + half), 2 * c * half);
    out.set(values.subarray(start + draws - half, start + draws), (2 * c + 1) * half);
  }
  return { values: out, chains: 2 * chains, draws: half };
}

const isUsable = (x: Chains): boolean => x.draws >= 4 && x.chains >= 1 && !hasNaN(x.values);

function hasNaN(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** Whether all values are equal. */
export function isConstant(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
