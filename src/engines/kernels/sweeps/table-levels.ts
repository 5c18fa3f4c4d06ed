/**
 * Energies as whole numbers of 32 bits, so that sums over links are exact and need no care for what is infinite:
 * from the highest bits down, how many requirements are broken, how many energies are +∞, and the energy in units
 * of 1/scale. The least of these numbers has the fewest broken requirements.
 *
 * The energies of a row may be counted from the least of them, which leaves the conditional alone. Where the bits
 * are too few for the accuracy wanted, the counts have a plane of numbers of their own.
 */
import type { TableConditional } from '../site-tables.ts';
import type { TableGroup } from './table-form.ts';

/** Wanted of a sum of energies: with it, probabilities are off by less than 10⁻⁶ at β = 1. */
const ACCURACY = 1e-6;

export interface Levels {
  readonly planes: 1 | 2;
  /** Bytes that hold any sum. */
  readonly width: 1 | 2 | 4;
  /** Whether all energies are 0 or +∞. */
  readonly flat: boolean;
  /** Bits of the energy in its plane, and below the count of infinite ones. */
  readonly energyBits: number;
  readonly infiniteBits: number;
  readonly brokenBits: number;
  /** Units of energy in 1. */
  readonly scale: number;
  /** How far a sum may be from that of the energies. */
  readonly error: number;
  /** Energies that differ by so many units or more belong to different counts; null: there are no counts. */
  readonly limit: number | null;
}

/** What a table of energies, or the own energies of a site, may add. */
interface Extent {
  /** The largest energy above the least of the row. */
  readonly range: number;
  readonly infinite: 0 | 1;
  readonly broken: number;
}

type Numbers = Float64Array | null;

function rowExtent(energy: Numbers, broken: Numbers, from: number, k: number): Extent {
  let [low, high, infinite]: [number, number, 0 | 1] = [Infinity, -Infinity, 0];
  let [few, many] = [0, 0];
  for (let v = from; v < from + k; v++) {
    const e = energy ? energy[v] : 0;
    if (e === Infinity) infinite = 1;
    else [low, high] = [Math.min(low, e), Math.max(high, e)];
    if (broken) [few, many] = [v === from ? broken[v] : Math.min(few, broken[v]), Math.max(many, broken[v])];
  }
  return { range: high > low ? high - low : 0, infinite, broken: many - few };
}

const larger = (a: Extent, b: Extent): Extent => ({
  range: Math.max(a.range, b.range),
  infinite: a.infinite || b.infinite ? 1 : 0,
  broken: Math.max(a.broken, b.broken),
});

const NOTHING: Extent = { range: 0, infinite: 0, broken: 0 };

/** How the energies of the sites that are wanted fit into bits. */
export function levelsOf(
  { conditional: t, scaled, states: k, count }: TableGroup,
  wanted: Int32Array,
): Levels {
  const extents = t.tables.map((table) => {
    let all = NOTHING;
    for (let at = 0; at < table.energy.length; at += k)
      all = larger(all, rowExtent(table.energy, table.broken, at, k));
    return all;
  });
  const most = { links: 0, range: 0, infinite: 0, broken: 0 };
  for (let p = 0; p < count; p++) {
    if (!wanted[p]) continue;
    const own = t.own || t.ownBroken ? rowExtent(t.own, t.ownBroken, p * k, k) : NOTHING;
    let [range, infinite, broken]: number[] = [own.range, own.infinite, own.broken];
    for (let l = t.start[p]; l < t.start[p + 1]; l++) {
      const e = extents[t.table[l]];
      range += t.scale ? t.scale[l] * e.range : e.range;
      infinite += e.infinite;
      broken += e.broken;
    }
    most.links = Math.max(most.links, t.start[p + 1] - t.start[p] + 1);
    most.range = Math.max(most.range, range);
    most.infinite = Math.max(most.infinite, infinite);
    most.broken = Math.max(most.broken, broken);
  }
  const bits = (n: number): number => Math.ceil(Math.log2(n + 1));
  const [infiniteBits, brokenBits] = [bits(most.infinite), bits(most.broken)];
  const hard = infiniteBits + brokenBits > 0;
  const flat = most.range === 0;
  // A bit more than needed, so that a difference tells whether the counts differ.
  const guard = hard ? 1 : 0;
  const rounding = (scale: number): number => (flat ? 0 : most.links / (2 * scale));
  const fitted = (energyBits: number, scale: number, error: number): Levels => {
    const total = energyBits + infiniteBits + brokenBits;
    const limit = hard ? 2 ** (energyBits - 1) : null;
    const width = total <= 8 ? 1 : total <= 16 ? 2 : 4;
    return { planes: 1, width, flat, energyBits, infiniteBits, brokenBits, scale, error, limit };
  };

  // Few different energies, as in most models of physics: whole multiples of one.
  const { unit, deviation } = flat
    ? { unit: 1, deviation: 0 }
    : scaled.includes(1)
      ? { unit: null, deviation: 0 }
      : commonUnit(t, k, wanted);
  if (unit !== null) {
    const energyBits = bits(Math.round(most.range / unit)) + guard;
    if (energyBits + infiniteBits + brokenBits <= 30)
      return fitted(energyBits, 1 / unit, most.links * deviation);
  }
  // A sum is below `room` units, also when each of its energies is rounded up.
  const scaleFor = (room: number): number =>
    room <= most.links ? 0 : 2 ** Math.min(24, Math.floor(Math.log2((room - most.links) / most.range)));
  const energyBits = 30 - infiniteBits - brokenBits;
  const scale = scaleFor(2 ** (energyBits - guard));
  if (scale > 0 && (!hard || most.links / (2 * scale) <= ACCURACY))
    return fitted(energyBits, scale, rounding(scale));
  return {
    planes: 2,
    width: 4,
    flat,
    energyBits: 0,
    infiniteBits,
    brokenBits,
    scale: scaleFor(2 ** 29),
    error: rounding(scaleFor(2 ** 29)),
    limit: 2 ** 30,
  };
}

/** Relative difference of numbers that are taken as equal. */
const SAME = 1e-9;
/** Whole multiples are looked for up to this one. */
const MAX_MULTIPLE = 4096;

/**
 * The largest number of which all energies, counted from the least of their row, are multiples, if not too small, and
 * how far they are from being multiples.
 */
function commonUnit(
  t: TableConditional,
  k: number,
  wanted: Int32Array,
): { readonly unit: number | null; readonly deviation: number } {
  let unit = 0;
  const fits = (energy: Float64Array, from: number): boolean => {
    let low = Infinity;
    for (let v = from; v < from + k; v++) low = Math.min(low, energy[v]);
    for (let v = from; v < from + k; v++) {
      const gap = energy[v] - low;
      if (!(gap > 0 && gap < Infinity)) continue;
      if (unit === 0) unit = gap;
      const multiple = gap / unit;
      if (Math.abs(multiple - Math.round(multiple)) > SAME) {
        let [a, b] = [gap, unit];
        while (b > gap * SAME) [a, b] = [b, Math.abs(a - b * Math.round(a / b))];
        unit = a;
      }
      if (gap / unit > MAX_MULTIPLE) return false;
    }
    return true;
  };
  let deviation = 0;
  const measure = (energy: Float64Array, from: number): boolean => {
    let low = Infinity;
    for (let v = from; v < from + k; v++) low = Math.min(low, energy[v]);
    for (let v = from; v < from + k; v++) {
      const gap = energy[v] - low;
      if (gap > 0 && gap < Infinity)
        deviation = Math.max(deviation, Math.abs(gap - Math.round(gap / unit) * unit));
    }
    return true;
  };
  const all = (check: (energy: Float64Array, from: number) => boolean): boolean => {
    for (const { energy } of t.tables)
      for (let at = 0; at < energy.length; at += k) if (!check(energy, at)) return false;
    if (t.own) for (let p = 0; p < wanted.length; p++) if (wanted[p] && !check(t.own, p * k)) return false;
    return true;
  };
  if (!all(fits)) return { unit: null, deviation: 0 };
  all(measure);
  return { unit, deviation };
}

/**
 * The numbers of one row, the second plane `plane` numbers after the first.
 * @param energy null for 0
 */
export function packRow(
  levels: Levels,
  energy: Numbers,
  broken: Numbers,
  from: number,
  k: number,
  out: Int32Array,
  plane: number,
): void {
  let [low, few] = [Infinity, Infinity];
  for (let v = from; v < from + k; v++) {
    low = Math.min(low, energy ? energy[v] : 0);
    few = Math.min(few, broken ? broken[v] : 0);
  }
  for (let v = 0; v < k; v++) {
    const e = energy ? energy[from + v] : 0;
    const units = e === Infinity ? 0 : Math.round((e - low) * levels.scale);
    const counts =
      (broken ? broken[from + v] - few : 0) * 2 ** levels.infiniteBits + (e === Infinity ? 1 : 0);
    if (levels.planes === 1) out[v] = counts * 2 ** levels.energyBits + units;
    else {
      out[v] = units;
      out[plane + v] = counts;
    }
  }
}
