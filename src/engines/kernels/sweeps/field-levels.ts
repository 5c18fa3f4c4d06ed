/**
 * Local fields that take few values. Where weights are small whole multiples of one another, or a site has few
 * different ones, the energy difference of a site is a number of a short list, and which one is a sum of small
 * whole numbers over the links: bytes instead of floats, a table instead of an exponential.
 */

import type { FieldConditional } from '../site-tables.ts';

/** Links of each site, other positions ascending, each once, weights not 0. */
export interface Links {
  readonly start: Int32Array;
  readonly other: Int32Array;
  readonly weight: Float64Array;
}

/** The energy of site p at 1 less that at 0 is tables[table[p]][base[p] + Σ_ℓ step[ℓ]·x[other[ℓ]]]. */
export interface Levels {
  readonly step: Int8Array;
  readonly base: Uint8Array;
  /** −1 where there are more than 32 values. */
  readonly table: Int32Array;
  /** Up to 32 energies each. */
  readonly tables: readonly Float64Array[];
}

/** Levels of one table: two vectors of bytes. */
export const MAX_LEVELS = 32;
const MAX_TABLES = 64;
const MAX_KINDS = 256;
/** Numbers that differ by less, relative to the largest, are taken as equal. */
const TOLERANCE = 1e-10;

/** Adds up links to the same position, sorts them and leaves out those of weight 0. */
export function tidyLinks(start: Int32Array, other: Int32Array, weight: Float64Array): Links {
  if (isTidy(start, other, weight)) return { start, other, weight };
  const n = start.length - 1;
  const to: Links = {
    start: new Int32Array(n + 1),
    other: new Int32Array(other.length),
    weight: new Float64Array(other.length),
  };
  let at = 0;
  for (let p = 0; p < n; p++) {
    const first = at;
    let zeros = 0;
    for (let l = start[p]; l < start[p + 1]; l++) {
      let i = at;
      while (i > first && to.other[i - 1] > other[l]) i--;
      if (i > first && to.other[i - 1] === other[l]) {
        to.weight[i - 1] += weight[l];
        if (to.weight[i - 1] === 0) zeros++;
        continue;
      }
      for (let k = at; k > i; k--) {
        to.other[k] = to.other[k - 1];
        to.weight[k] = to.weight[k - 1];
      }
      to.other[i] = other[l];
      to.weight[i] = weight[l];
      if (weight[l] === 0) zeros++;
      at++;
    }
    if (zeros > 0) {
      let kept = first;
      for (let i = first; i < at; i++) {
        if (to.weight[i] === 0) continue;
        to.other[kept] = to.other[i];
        to.weight[kept++] = to.weight[i];
      }
      at = kept;
    }
    to.start[p + 1] = at;
  }
  return { start: to.start, other: to.other.slice(0, at), weight: to.weight.slice(0, at) };
}

function isTidy(start: Int32Array, other: Int32Array, weight: Float64Array): boolean {
  for (let p = 0; p + 1 < start.length; p++)
    for (let l = start[p]; l < start[p + 1]; l++)
      if (weight[l] === 0 || (l > start[p] && other[l] <= other[l - 1])) return false;
  return start[0] === 0 && start[start.length - 1] === other.length;
}

/** Sites that are looked at before all are. */
const SAMPLE = 8192;

/**
 * Whether it is clear that less than half of the sites have levels: too many links, or energies all different. What
 * fits into tables is not more than half of a sample and one energy for each of their levels.
 */
export function tooVaried({ field, start, weight }: FieldConditional): boolean {
  const n = field.length;
  let many = 0;
  for (let p = 0; p < n; p++) if (start[p + 1] - start[p] >= MAX_LEVELS) many++;
  if (2 * many > n) return true;
  if (n < 2 * SAMPLE) return false;
  const unit = commonUnit(weight);
  if (unit === 0) return false;
  const different = new Set<number>();
  for (let i = 0; i < SAMPLE; i++) {
    const p = Math.floor((i * n) / SAMPLE);
    const steps = field[p] / unit;
    different.add(Math.round((steps - Math.floor(steps + 1e-9)) / TOLERANCE));
  }
  return different.size > 0.55 * SAMPLE + MAX_TABLES * MAX_LEVELS;
}

/** Energies that a kind of site can have, and where the kind lies in the tables. */
interface Kind {
  readonly energies: readonly number[];
  sites: number;
  table: number;
  first: number;
}

/** Sites of the same lowest energy whose weights are multiples of the unit. */
interface Rung {
  readonly lowest: number;
  /** Steps up to the highest energy of any. */
  range: number;
  sites: number;
  kind: Kind | null;
  /** Steps above the lowest energy of the kind. */
  above: number;
}

/** Finds the levels of all sites that have at most 32. */
export function findLevels(field: Float64Array, links: Links): Levels {
  const { start, weight } = links;
  const n = field.length;
  const step = new Int8Array(links.other.length);
  const base = new Uint8Array(n);
  const table = new Int32Array(n).fill(-1);
  const unit = commonUnit(weight);
  const radix = new Map<string, Kind>();
  const rungs = new Map<number, Rung>();
  const placeOf: (Kind | Rung | undefined)[] = [];
  // Sites beside each other are often alike: what was found last is looked at first.
  let last: Rung | undefined;
  let [lastWeight, lastStep] = [0, 0];

  for (let p = 0; p < n; p++) {
    let lowest = field[p];
    let range = 0;
    let below = 0;
    for (let l = start[p]; l < start[p + 1]; l++) {
      if (weight[l] !== lastWeight) {
        lastWeight = weight[l];
        lastStep = unit > 0 ? Math.round(lastWeight / unit) : 0;
      }
      const s = lastStep;
      if (weight[l] < 0) lowest += weight[l];
      range += Math.abs(s);
      below -= Math.min(s, 0);
      step[l] = s;
    }
    if (start[p] < start[p + 1] && (unit === 0 || range >= MAX_LEVELS)) {
      placeOf.push(mixedRadix(p, lowest));
      continue;
    }
    base[p] = below;
    let rung: Rung | undefined = last?.lowest === lowest ? last : rungs.get(lowest);
    if (!rung) {
      rung = { lowest, range, sites: 0, kind: null, above: 0 };
      rungs.set(lowest, rung);
    }
    rung.range = Math.max(rung.range, range);
    rung.sites++;
    last = rung;
    placeOf.push(rung);
  }
  const kinds = [...radix.values(), ...ladders([...rungs.values()], unit)];
  const tables = pack(kinds, Math.min(16, n / 4));
  for (let p = 0; p < n; p++) {
    const place = placeOf[p];
    if (!place) continue;
    const kind = 'above' in place ? place.kind : place;
    if (!kind || kind.table < 0) continue;
    table[p] = kind.table;
    base[p] += kind.first + ('above' in place ? place.above : 0);
  }
  return { step, base, table, tables };

  /** Counts the links of each size apart: a level is a number with one digit for each size. */
  function mixedRadix(p: number, lowest: number): Kind | undefined {
    if (radix.size >= MAX_KINDS) return undefined;
    const counts = new Map<number, number>();
    for (let l = links.start[p]; l < links.start[p + 1]; l++) {
      const size = Math.abs(links.weight[l]);
      counts.set(size, (counts.get(size) ?? 0) + 1);
      if (counts.size > 5) return undefined;
    }
    const sizes = [...counts].sort(([a], [b]) => a - b);
    const levels = sizes.reduce((product, [, count]) => product * (count + 1), 1);
    if (levels > MAX_LEVELS) return undefined;
    const place = new Map<number, number>();
    let energies = [lowest];
    for (const [size, count] of sizes) {
      place.set(size, energies.length);
      energies = Array.from({ length: count + 1 }, (_, m) => energies.map((e) => e + m * size)).flat();
    }
    for (let l = links.start[p]; l < links.start[p + 1]; l++) {
      const w = links.weight[l];
      step[l] = Math.sign(w) * place.get(Math.abs(w))!;
      base[p] -= Math.min(step[l], 0);
    }
    const key = `${sizes} ${lowest}`;
    const kind = radix.get(key) ?? { energies, sites: 0, table: -1, first: 0 };
    kind.sites++;
    radix.set(key, kind);
    return kind;
  }
}

/** The largest number of which all weights are multiples up to ±31, within rounding; 0 if there is none. */
function commonUnit(weights: Float64Array): number {
  const sizes = new Set<number>();
  let last = 0;
  for (let l = 0; l < weights.length; l++) {
    if (weights[l] === last) continue;
    last = weights[l];
    sizes.add(Math.abs(last));
    if (sizes.size > 64) return 0;
  }
  const largest = Math.max(...sizes);
  if (!(largest > 0)) return 0;
  let unit = 0;
  for (const size of sizes) {
    // Euclid's algorithm, remainders below the tolerance being 0.
    let [a, b] = [Math.max(size, unit), Math.min(size, unit)];
    while (b > largest * 1e-6) {
      const rest = Math.abs(a - b * Math.round(a / b));
      [a, b] = [b, rest < largest * TOLERANCE ? 0 : rest];
    }
    if (b !== 0) return 0;
    unit = a;
    if (unit * MAX_LEVELS <= largest) return 0;
  }
  // The sharpest estimate is from the largest weight.
  unit = largest / Math.round(largest / unit);
  for (const size of sizes) {
    if (Math.abs(size / unit - Math.round(size / unit)) * unit > largest * TOLERANCE) return 0;
  }
  return unit;
}

/** Lowest energies that are whole steps apart share a kind, as far as 32 levels go. */
function ladders(rungs: readonly Rung[], unit: number): Kind[] {
  const found = new Map<string, { readonly rung: Rung; readonly step: number }[]>();
  for (const rung of rungs) {
    const steps = rung.lowest / unit;
    // Far up a ladder, or on none, only equal energies are the same.
    const alone = !(Math.abs(steps) < 1e5);
    const step = alone ? 0 : Math.floor(steps + 1e-9);
    const key = alone ? `=${rung.lowest}` : String(Math.round((steps - step) / TOLERANCE));
    const list = found.get(key);
    if (list) list.push({ rung, step });
    else found.set(key, [{ rung, step }]);
  }
  const kinds: Kind[] = [];
  for (const list of found.values()) {
    list.sort((a, b) => a.step - b.step);
    for (let from = 0; from < list.length; ) {
      const bottom = list[from].step;
      const { lowest } = list[from].rung;
      let top = bottom;
      const members: { readonly rung: Rung; readonly step: number }[] = [];
      while (from < list.length) {
        const highest = Math.max(top, list[from].step + list[from].rung.range);
        if (highest - bottom >= MAX_LEVELS) break;
        top = highest;
        members.push(list[from++]);
      }
      const energies = Array.from({ length: top - bottom + 1 }, (_, i) => lowest + (i === 0 ? 0 : i * unit));
      const kind: Kind = { energies, sites: 0, table: -1, first: 0 };
      for (const { rung, step } of members) {
        rung.kind = kind;
        rung.above = step - bottom;
        kind.sites += rung.sites;
      }
      kinds.push(kind);
    }
  }
  return kinds;
}

/**
 * Lays kinds side by side into tables, those of most sites first.
 * @param least sites that a table must serve to be worth while
 */
function pack(kinds: readonly Kind[], least: number): Float64Array[] {
  const tables: { readonly energies: number[]; readonly kinds: Kind[]; sites: number }[] = [];
  const all = [...kinds].sort((a, b) => b.sites - a.sites);
  const total = all.reduce((sum, k) => sum + k.energies.length, 0);
  // One vector is enough for 16: then there is one look-up less.
  const wide = total > 16 && (total <= MAX_LEVELS || all.some((k) => k.energies.length > 16));
  const room = wide ? MAX_LEVELS : 16;
  for (const kind of all) {
    let t = tables.findIndex((table) => table.energies.length + kind.energies.length <= room);
    if (t < 0 && tables.length < MAX_TABLES) t = tables.push({ energies: [], kinds: [], sites: 0 }) - 1;
    if (t < 0) continue;
    kind.first = tables[t].energies.length;
    tables[t].energies.push(...kind.energies);
    tables[t].kinds.push(kind);
    tables[t].sites += kind.sites;
  }
  const kept = tables.filter((table) => table.sites >= least);
  kept.forEach((table, t) => {
    for (const kind of table.kinds) kind.table = t;
  });
  return kept.map((table) => Float64Array.from(table.energies));
}
