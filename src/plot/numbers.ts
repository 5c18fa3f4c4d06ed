import { groupDigits } from './text.ts';

/** A closed range lo < hi of what an axis shows. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** Larger magnitudes are drawn at this one, so that differences stay finite. */
const LIMIT = 1e300;
/** Smaller spans and magnitudes are no different from 0 in a picture. */
const TINY = 1e-280;

export const clampHuge = (v: number): number => Math.min(LIMIT, Math.max(-LIMIT, v));

/** Finite values as they are, +∞, −∞ and NaN left out. */
export const finite = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values).filter(Number.isFinite).map(clampHuge);

/** The span of the finite values, or undefined where there are none; lo = hi for a constant. */
export function extent(...lists: readonly ArrayLike<number>[]): Range | undefined {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      if (!Number.isFinite(list[i])) continue;
      const v = clampHuge(list[i]);
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
  }
  return lo <= hi ? { lo, hi } : undefined;
}

/** A range wide enough to draw: padded by a fraction on both sides, opened around what is as good as constant. */
export function padded(range: Range | undefined, fraction = 0.05): Range {
  if (range === undefined) return { lo: 0, hi: 1 };
  const size = Math.max(Math.abs(range.lo), Math.abs(range.hi));
  const span = range.hi - range.lo;
  if (size < TINY) return { lo: -1, hi: 1 };
  if (span <= size * 1e-11) return { lo: range.lo - size * 0.1, hi: range.hi + size * 0.1 };
  return { lo: range.lo - span * fraction, hi: range.hi + span * fraction };
}

/** Quantile of sorted values, interpolated linearly (Hyndman and Fan 1996, type 7); NaN of an empty list. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const i = Math.floor(at);
  const j = Math.min(i + 1, sorted.length - 1);
  return sorted[i] + (at - i) * (sorted[j] - sorted[i]);
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] / values.length;
  return values.length === 0 ? Number.NaN : sum;
}

/** Standard deviation with divisor n; NaN of an empty list. */
export function deviation(values: ArrayLike<number>): number {
  const m = mean(values);
  const scale = Math.max(Number.MIN_VALUE, ...[extent(values)].map((r) => (r ? r.hi - r.lo : 0)));
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] - m) / scale) ** 2 / values.length;
  return values.length === 0 ? Number.NaN : Math.sqrt(sum) * scale;
}

/** The largest of 1, 2, 5 × 10ᵉ not above `raw`·√2.5 or so: the step of a readable axis. */
function niceStep(raw: number): { readonly m: number; readonly e: number } {
  const e = Math.floor(Math.log10(raw));
  const f = raw / 10 ** e;
  if (f < 1.5) return { m: 1, e };
  if (f < 3.5) return { m: 2, e };
  if (f < 7.5) return { m: 5, e };
  return { m: 1, e: e + 1 };
}

const scaled = (k: number, e: number): number => (e < 0 ? k / 10 ** -e : k * 10 ** e);

/** About `count` round numbers inside the range, two at least; whole ones only where `integers`. */
export function niceTicks(range: Range, count: number, integers = false): readonly number[] {
  const raw = (range.hi - range.lo) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  let { m, e } = niceStep(raw);
  if (integers && e < 0) ({ m, e } = { m: 1, e: 0 });
  const step = scaled(m, e);
  const ticks: number[] = [];
  const first = Math.ceil(range.lo / step - 1e-9);
  for (let k = first; k * step <= range.hi + step * 1e-9 && ticks.length < 100; k++) {
    ticks.push(scaled(k * m, e) + 0);
  }
  return ticks.length < 2 && !integers && count < 4 ? niceTicks(range, count + 1) : ticks;
}

/** Powers of ten in a positive range, with 2 and 5 between them where they are few. */
export function logTicks(range: Range): readonly number[] {
  const from = Math.floor(Math.log10(range.lo));
  const to = Math.ceil(Math.log10(range.hi));
  const every = Math.max(1, Math.ceil((to - from) / 6));
  const factors = range.hi / range.lo < 50 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let e = from; e <= to; e += every) {
    for (const f of factors) {
      const v = scaled(f, e);
      if (v >= range.lo && v <= range.hi) ticks.push(v);
    }
  }
  return ticks;
}

const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const superscript = (n: number): string =>
  (n < 0 ? '⁻' : '') + [...String(Math.abs(n))].map((d) => SUPERSCRIPT[Number(d)]).join('');

const minus = (text: string): string => text.replace(/^-/, '−');

/** `−1.2`, `20,000`, `3×10⁻⁷`, `∞`; about `digits` significant digits, no trailing zeros. */
export function formatNumber(v: number, digits = 3): string {
  if (Number.isNaN(v)) return 'NaN';
  if (!Number.isFinite(v)) return v > 0 ? '∞' : '−∞';
  if (v === 0) return '0';
  const size = Math.abs(v);
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, exponent] = v.toExponential(digits - 1).split('e');
    const m = String(Number(mantissa));
    const power = `10${superscript(Number(exponent))}`;
    return minus(m === '1' ? power : m === '-1' ? `-${power}` : `${m}×${power}`);
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(groupDigits(String(Number(v.toFixed(decimals)))));
}

/** A label maker for ticks: all with the decimals that tell neighbours apart. */
export function tickFormat(ticks: readonly number[]): (v: number) => string {
  const size = Math.max(0, ...ticks.map(Math.abs));
  const steps = ticks.slice(1).map((t, i) => t - ticks[i]);
  const step = steps.length === 0 ? size : Math.min(...steps);
  if (!(step > 0)) return (v) => formatNumber(v);
  const digits = Math.max(1, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step * 1.0001)) + 1);
  if (size >= 1e6 || size < 1e-3) return (v) => formatNumber(v, Math.min(15, digits));
  const decimals = Math.min(12, Math.max(0, -Math.floor(Math.log10(step * 1.0001))));
  return (v) => (v === 0 ? '0' : minus(groupDigits(v.toFixed(decimals))));
}
