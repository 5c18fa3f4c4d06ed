/**
 * Energies as whole numbers of 32 bits, so that sums over links are exact and need no care for what is infinite:
 * from the highest bits down, how many requirements are broken, how many energies are +∞, and the energy in units
 * of 1/scale. The least of these numbers has the fewest broken requirements.
 *
 * The energies of a row may be counted from the least of them, which leaves the conditional alone. Where the bits
 * are too few for the accuracy wanted, the counts have a plane of numbers of their own.
 */
import type { TableGroup } from './table-form.ts';

/** Wanted of a sum of energies: with it, probabilities are off by less than 10⁻⁶ at β = 1. */
const ACCURACY = 1e-6;

export interface Levels {
  readonly planes: 1 | 2;
  /** Bits of the energy in its plane, and below the count of infinite ones. */
  readonly energyBits: number;
  readonly infiniteBits: number;
  readonly brokenBits: number;
  /** Units of energy in 1. */
  readonly scale: number;
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
export function levelsOf({ conditional: t, states: k, count }: TableGroup, wanted: Int32Array): Levels {
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
      range += e.range;
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
  // A sum is below `room` units, also when each of its energies is rounded up.
  const scaleFor = (room: number): number =>
    room <= most.links
      ? 0
      : 2 ** Math.min(24, Math.floor(Math.log2((room - most.links) / Math.max(most.range, 1e-300))));
  const hard = infiniteBits + brokenBits > 0;
  const energyBits = 30 - infiniteBits - brokenBits;
  if (!hard)
    return { planes: 1, energyBits, infiniteBits, brokenBits, scale: scaleFor(2 ** 30), limit: null };
  // A bit more than needed, so that a difference tells whether the counts differ.
  const scale = scaleFor(2 ** (energyBits - 1));
  if (scale > 0 && most.links / (2 * scale) <= ACCURACY)
    return { planes: 1, energyBits, infiniteBits, brokenBits, scale, limit: 2 ** (energyBits - 1) };
  return { planes: 2, energyBits: 0, infiniteBits, brokenBits, scale: scaleFor(2 ** 29), limit: 2 ** 30 };
}

/**
 * The numbers of one row.
 * @param energy null for 0
 * @param out the first plane at `at`, the second `plane` further on
 */
export function packRow(
  levels: Levels,
  energy: Numbers,
  broken: Numbers,
  from: number,
  k: number,
  out: Int32Array,
  at: number,
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
    if (levels.planes === 1) out[at + v] = counts * 2 ** levels.energyBits + units;
    else {
      out[at + v] = units;
      out[at + plane + v] = counts;
    }
  }
}
