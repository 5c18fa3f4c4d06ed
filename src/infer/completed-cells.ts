/** What draws of a missing cell say of it: where it lies, how sure that is, and one value to fill it with. */
import { isDiscrete, isVector, rangeOf, stateCount, valueMap } from '../domain.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import { diagnose, indicator } from '../stats/diagnostics.ts';

/** Numbers are null where there is none: a category has no mean, an exact probability no effective sample size. */
export interface CellSummary {
  /** What fills the cell: the mean of a real, the likeliest value of what is discrete. */
  readonly value: number;
  readonly mean: number | null;
  readonly sd: number | null;
  /** Monte-Carlo standard error of the mean, or of the probability of the likeliest value; 0 where it is exact. */
  readonly mcse: number | null;
  readonly q5: number | null;
  readonly q50: number | null;
  readonly q95: number | null;
  readonly ess: number | null;
  readonly rHat: number | null;
  /** Of what is discrete: values and their probabilities, likeliest first; values that were not drawn are left out. */
  readonly probabilities: readonly (readonly [value: number, probability: number])[] | null;
  /** Whether these are exact numbers, not those of draws. */
  readonly exact: boolean;
}

export interface CellDraws {
  /** chains × draws */
  readonly values: Float64Array;
  readonly chains: number;
  readonly draws: number;
}

/** Values of which R-hat is looked at one by one. */
const LOOKED_AT = 16;

/** The summary of draws of one element of `slot`. */
export function summariseCell(slot: Slot, draws: CellDraws): CellSummary {
  const d = slot.domain;
  if (d.kind === 'angle') return summariseAngle(draws);
  if (!isDiscrete(d)) {
    const s = diagnose(draws);
    return { ...plainly(s), value: s.mean, probabilities: null, exact: false };
  }
  const counts = new Map<number, number>();
  for (const x of draws.values) counts.set(x, (counts.get(x) ?? 0) + 1);
  const probabilities = likeliest([...counts].map(([x, n]) => [x, n / draws.values.length]));
  const [value] = probabilities[0];
  let ess = Number.POSITIVE_INFINITY;
  let rHat = Number.NEGATIVE_INFINITY;
  let mcse = 0;
  probabilities.slice(0, LOOKED_AT).forEach(([x], i) => {
    const s = diagnose({ ...draws, values: indicator(draws.values, x, x) });
    if (i === 0) mcse = s.mcseMean;
    ess = Math.min(ess, s.essBulk);
    rHat = Math.max(rHat, s.rHat);
  });
  const numbers = d.kind === 'category' || d.kind === 'permutation' ? noNumbers : plainly(diagnose(draws));
  return {
    ...numbers,
    value,
    mcse: orNull(mcse),
    ess: orNull(ess),
    rHat: orNull(rHat),
    probabilities,
    exact: false,
  };
}

/** The summary of exact probabilities of the states of one element of `slot`, by code. */
export function exactCell(slot: Slot, byCode: Float64Array, sizeOf: (set: IndexSet) => number): CellSummary {
  const d = slot.domain;
  if (!isDiscrete(d) || byCode.length !== stateCount(d, sizeOf))
    throw new Error(`probabilities of ${slot.name} do not fit its domain`);
  const { offset, scale } = valueMap(d);
  const pairs = Array.from(byCode, (p, code): readonly [number, number] => [offset + scale * code, p]);
  const probabilities = likeliest(pairs.filter(([, p]) => p > 0));
  const [value] = probabilities[0];
  const rest = { value, mcse: 0, ess: null, rHat: null, probabilities, exact: true };
  if (d.kind === 'category') return { ...noNumbers, ...rest };
  const mean = pairs.reduce((sum, [x, p]) => sum + x * p, 0);
  const sd = Math.sqrt(pairs.reduce((sum, [x, p]) => sum + (x - mean) ** 2 * p, 0));
  const quantile = (q: number): number => {
    let sum = 0;
    for (const [x, p] of pairs) {
      sum += p;
      if (sum >= q - 1e-12) return x;
    }
    return pairs[pairs.length - 1][0];
  };
  return { mean, sd, q5: quantile(0.05), q50: quantile(0.5), q95: quantile(0.95), ...rest };
}

type Numbers = Pick<CellSummary, 'mean' | 'sd' | 'q5' | 'q50' | 'q95'>;

const noNumbers: Numbers = { mean: null, sd: null, q5: null, q50: null, q95: null };

const orNull = (x: number): number | null => (Number.isFinite(x) ? x : null);

const plainly = (s: ReturnType<typeof diagnose>) => ({
  mean: orNull(s.mean),
  sd: orNull(s.sd),
  mcse: orNull(s.mcseMean),
  q5: orNull(s.q5),
  q50: orNull(s.q50),
  q95: orNull(s.q95),
  ess: orNull(s.essBulk),
  rHat: orNull(s.rHat),
});

/** Ties go to the smaller value, so that the same numbers make the same choice. */
const likeliest = (pairs: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] =>
  [...pairs].sort(([x, p], [y, q]) => q - p || x - y);

/** Around the direction of the mean; the rest by distances from it. */
function summariseAngle(draws: CellDraws): CellSummary {
  let sin = 0;
  let cos = 0;
  for (const x of draws.values) {
    sin += Math.sin(x);
    cos += Math.cos(x);
  }
  const centre = Math.atan2(sin, cos);
  const away = diagnose({ ...draws, values: draws.values.map((x) => wrap(x - centre)) });
  const s = plainly(away);
  const turned = (x: number | null): number | null => x && wrap(x + centre);
  return {
    ...s,
    value: centre,
    mean: centre,
    q5: turned(s.q5),
    q50: turned(s.q50),
    q95: turned(s.q95),
    probabilities: null,
    exact: false,
  };
}

const wrap = (x: number): number => x - 2 * Math.PI * Math.floor((x + Math.PI) / (2 * Math.PI));

/**
 * Whether means, or likeliest values, of elements may be no state together: a mean of unit vectors is none. Such
 * vectors are filled with the draw that is nearest to their means.
 */
export const needsWholeDraw = ({ domain: d }: Slot): boolean =>
  d.kind === 'permutation' ||
  d.kind === 'subset' ||
  (isVector(d) && d.kind !== 'simplex' && d.kind !== 'ordered');

/** Which of the draws of a vector, each `length` numbers, is nearest to their mean. */
export function nearestToMean(
  draws: number,
  length: number,
  at: (draw: number, i: number) => number,
): number {
  const mean = new Float64Array(length);
  for (let j = 0; j < draws; j++) for (let i = 0; i < length; i++) mean[i] += at(j, i) / draws;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let j = 0; j < draws; j++) {
    let away = 0;
    for (let i = 0; i < length; i++) away += (at(j, i) - mean[i]) ** 2;
    if (away < least) [best, least] = [j, away];
  }
  return best;
}

/** Location and spread of the values that are there, of a real unknown; absent where there are too few. */
export function scaleOf(
  slot: Slot,
  values: ArrayLike<number>,
  mask: Uint8Array | null,
  size: number,
): { readonly mean: Float64Array; readonly sd: Float64Array } | undefined {
  if (slot.domain.kind !== 'real') return undefined;
  const mean = new Float64Array(size);
  const sd = new Float64Array(size);
  const count = new Float64Array(size);
  const each = (use: (k: number, x: number) => void): void => {
    for (let i = 0; i < values.length; i++) if (mask?.[i] !== 1) use(i % size, values[i]);
  };
  each((k, x) => {
    count[k]++;
    mean[k] += (x - mean[k]) / count[k];
  });
  each((k, x) => {
    sd[k] += (x - mean[k]) ** 2 / Math.max(1, count[k] - 1);
  });
  const { lo, hi } = rangeOf(slot.domain);
  for (let k = 0; k < size; k++) {
    sd[k] = Math.sqrt(sd[k]);
    if (count[k] < 2 || !(sd[k] > 0) || !(mean[k] > lo && mean[k] < hi)) return undefined;
  }
  return { mean, sd };
}
