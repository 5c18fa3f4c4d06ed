/**
 * The sites of a block sixteen at a time, and where the neighbours of sixteen sites lie. On a lattice they are
 * sixteen bytes in a row (plain); at its edges they are a few of such pieces put together by a byte shuffle
 * (windows); on a graph without order they are anywhere (gathered).
 */
import type { Links } from './field-levels.ts';

export const LANES = 16;

/** Neighbours `at + offset` … `+ 15`; lane i takes byte pattern[i], or no neighbour where that is 255. */
export interface Window {
  readonly offset: number;
  /** null: byte i for lane i */
  readonly pattern: Uint8Array | null;
  /** Number of the link that lane i uses, or −1. */
  readonly link: readonly number[];
}

/** One neighbour a lane, at any position. */
export interface Gathered {
  readonly position: readonly number[];
  readonly link: readonly number[];
}

/** Sites `at` … `at + 15` of the group, as far as they are of one block. */
export interface SiteVector {
  readonly at: number;
  /** Bit i: lane i is drawn. */
  readonly drawn: number;
  readonly windows: readonly Window[];
  readonly gathered: readonly Gathered[];
  /** All sixteen lanes are drawn, no window has a pattern, nothing is gathered. */
  readonly plain: boolean;
}

const ALL = 0xffff;

/** About how many instructions they take. */
const WINDOW_COST = 9;
const GATHER_COST = 52;
const SINGLE_COST = 40;
const SINGLE_LINK_COST = 8;

interface Loose {
  readonly lane: number;
  readonly other: number;
  readonly link: number;
}

/**
 * @param from position of the group's first site
 * @param at first site, counted in the group
 * @param drawn which lanes are wanted; the lowest are of one block
 */
export function layOut(links: Links, from: number, at: number, drawn: number): SiteVector {
  const { start, other } = links;
  const windows: Window[] = [];
  if (drawn === 0) return { at, drawn, windows, gathered: [], plain: false };
  const first = at + lowest(drawn);
  for (let l = start[first]; l < start[first + 1]; l++) {
    const offset = other[l] - from - first;
    const link = sameOffset(links, from + offset, at, drawn);
    if (link) windows.push({ offset, pattern: null, link });
  }
  const used = new Set<number>();
  const loose: Loose[] = [];
  for (let i = 0; i < LANES; i++) {
    if (((drawn >> i) & 1) === 0) continue;
    const site = at + i;
    if (start[site + 1] - start[site] === windows.length) continue;
    for (const w of windows) used.add(w.link[i]);
    for (let l = start[site]; l < start[site + 1]; l++) {
      if (!used.has(l)) loose.push({ lane: i, other: other[l], link: l });
    }
  }
  if (loose.length === 0) return { at, drawn, windows, gathered: [], plain: drawn === ALL };
  const { taken, rest } = cover(loose, from + at);
  return { at, drawn, windows: [...windows, ...taken], gathered: gather(rest), plain: false };
}

const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** Lanes with so many more gathered neighbours than others that they are better drawn one by one. */
export function hubs({ gathered }: SiteVector): number {
  if (gathered.length === 0) return 0;
  const degrees = Array.from({ length: LANES }, (_, lane) => ({
    lane,
    degree: gathered.reduce((n, g) => n + (g.link[lane] >= 0 ? 1 : 0), 0),
  })).sort((a, b) => b.degree - a.degree);
  let [bits, best, out, cost] = [0, 0, 0, 0];
  for (let k = 0; k + 1 < LANES; k++) {
    bits |= 1 << degrees[k].lane;
    cost += SINGLE_COST + SINGLE_LINK_COST * degrees[k].degree;
    const saved = GATHER_COST * (degrees[0].degree - degrees[k + 1].degree) - cost;
    if (saved > best) [best, out] = [saved, bits];
  }
  return out;
}

const none = (): number[] => [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1];

/** The link by which each lane has its neighbour at site + shift; null if one has none there. */
function sameOffset({ start, other }: Links, shift: number, at: number, drawn: number): number[] | null {
  const out = none();
  for (let i = 0; i < LANES; i++) {
    if (((drawn >> i) & 1) === 0) continue;
    const wanted = at + i + shift;
    let l = start[at + i];
    const end = start[at + i + 1];
    while (l < end && other[l] < wanted) l++;
    if (l === end || other[l] !== wanted) return null;
    out[i] = l;
  }
  return out;
}

/** Windows over as many neighbours as is cheaper than gathering them. */
function cover(loose: readonly Loose[], own: number): { taken: Window[]; rest: readonly Loose[] } {
  let rest = [...loose].sort((a, b) => a.other - b.other);
  const taken: Window[] = [];
  let best = { count: 0, rest: rest as readonly Loose[], cost: GATHER_COST * deepest(rest) };
  while (rest.length > 0 && WINDOW_COST * (taken.length + 1) < best.cost) {
    const [first, lanes] = widest(rest);
    const start = rest[first].other;
    const pattern = new Uint8Array(LANES).fill(255);
    const link = none();
    rest = rest.filter(({ lane, other, link: l }) => {
      if (other < start || other >= start + LANES || link[lane] >= 0) return true;
      pattern[lane] = other - start;
      link[lane] = l;
      return false;
    });
    taken.push({ offset: start - own, pattern, link });
    const cost = WINDOW_COST * taken.length + GATHER_COST * deepest(rest);
    if (cost < best.cost) best = { count: taken.length, rest, cost };
    // Neighbours without order: windows would be as many as neighbours.
    if (lanes < 4 && rest.length > LANES) break;
  }
  return { taken: taken.slice(0, best.count), rest: best.rest };
}

/** Where a window that reaches the most lanes begins, and how many they are. */
function widest(sorted: readonly Loose[]): [first: number, lanes: number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i].other === sorted[i - 1].other) continue;
    let seen = 0;
    let lanes = 0;
    for (let j = i; j < sorted.length && sorted[j].other < sorted[i].other + LANES; j++) {
      const bit = 1 << sorted[j].lane;
      if ((seen & bit) === 0) lanes++;
      seen |= bit;
    }
    if (lanes > best[1]) best = [i, lanes];
    if (best[1] >= sorted.length - i - 1) break;
  }
  return best;
}

/** The largest number of links of one lane. */
function deepest(loose: readonly Loose[]): number {
  const count = new Int32Array(LANES);
  let most = 0;
  for (const { lane } of loose) most = Math.max(most, ++count[lane]);
  return most;
}

function gather(loose: readonly Loose[]): Gathered[] {
  const out: { position: number[]; link: number[] }[] = [];
  const count = new Int32Array(LANES);
  for (const { lane, other, link } of loose) {
    const i = count[lane]++;
    if (i === out.length) {
      // Lanes without a neighbour read the first that comes, with weight 0.
      out.push({ position: none().fill(other), link: none() });
    }
    out[i].position[lane] = other;
    out[i].link[lane] = link;
  }
  return out;
}
