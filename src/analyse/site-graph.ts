/** The factor graph of single elements: every site, every instance of a factor, colour classes, places on a lattice. */
import { eventRank, isArranged, isDiscrete } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Energy, IndexSet, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { siteBlocks } from './blocks.ts';
import type { Factor } from './factors.ts';
import { type Incidence, incidence, isStatic, type Tables } from './incidence.ts';
import { staticValues } from './static-values.ts';

export interface SiteGraph {
  readonly sites: readonly GraphSite[];
  readonly factors: readonly GraphInstance[];
  /** How many colour classes each unknown has, by name; those that have none are left out. */
  readonly blocks: Readonly<Record<string, number>>;
  /** Whether the line that the sites are on is closed. */
  readonly ring: boolean;
  /** `lattice`: all sites that have a place were given one; `free`: a layout must find them. */
  readonly layout: 'lattice' | 'free';
  /** What is drawn of a larger lattice: `12 × 12 of 128 × 128`; null where everything is. */
  readonly part: string | null;
}

export interface GraphSite {
  readonly id: string;
  /** `s[0, 3]`. */
  readonly name: string;
  readonly unknown: string;
  /** Its colour class; null where it has none. */
  readonly block: number | null;
  /** In lattice steps: to the right and down. */
  readonly at: { readonly x: number; readonly y: number } | null;
  readonly span: Span | null;
}

/** Instances of a term that touch the same sites. */
export interface GraphInstance {
  readonly id: string;
  readonly term: string;
  readonly kind: 'energy' | 'support';
  readonly sites: readonly string[];
  /** How many they are. */
  readonly count: number;
  /** Whether it touches sites that are not drawn. */
  readonly cut: boolean;
  readonly span: Span;
}

/** Elements that are drawn without places, and factors. */
const FREE_SITES = 60;
const FREE_FACTORS = 160;
/** On a lattice. */
const LATTICE_SITES = 600;
const LATTICE_FACTORS = 3000;
/** The side of the part that is drawn of a larger one. */
const WINDOW = 12;
/** Instances of all factors, at most: beyond, they are not even counted. */
const MAX_INSTANCES = 2 ** 20;

/** @returns or why it is not drawn: a clause that follows `because` */
export function siteGraph(
  b: Builder,
  energy: Energy,
  factors: readonly Factor[],
  tables: Tables,
  engine: Engine = referenceEngine(),
): SiteGraph | { readonly why: string } {
  const { sizeOf } = tables;
  const volume = (sets: readonly IndexSet[]): number => sets.reduce((n, s) => n * sizeOf(s), 1);
  const total = energy.unknowns.reduce((n, u) => n + volume(ownSets(u)), 0);
  const grids = energy.unknowns.map((u) => dimsOf(u, sizeOf));
  const main = grids.findIndex((d, i) => d !== null && 2 * volume(ownSets(energy.unknowns[i])) > total);
  const dims = main < 0 ? null : grids[main];
  const instances = factors.reduce((n, f) => n + volume(f.axes.map((a) => a.set)), 0);
  if (instances > MAX_INSTANCES) return { why: `it has ${instances} instances of factors` };
  if (!dims && total > FREE_SITES) return { why: `its unknowns have ${total} elements` };
  const windowed = dims !== null && total > LATTICE_SITES;
  const seen = (slot: Slot, site: number): boolean =>
    !windowed || slot !== energy.unknowns[main] || inWindow(site, dims);

  const sites: GraphSite[] = [];
  const blocks: Record<string, number> = {};
  for (const [i, u] of energy.unknowns.entries()) {
    const n = volume(ownSets(u));
    const shape = ownSets(u).flatMap((s) => (s.kind.kind === 'lattice' ? [...s.kind.dims] : [sizeOf(s)]));
    const colours = coloursOf(b, u, n, factors, tables, engine);
    if (colours) blocks[u.name] = colours.count;
    for (let s = 0; s < n; s++)
      if (seen(u, s))
        sites.push({
          id: idOf(u, s),
          name: elementName(u, s, shape),
          unknown: u.name,
          block: colours?.of[s] ?? null,
          at: i === main && dims ? placeOf(s, dims) : null,
          span: u.span ?? null,
        });
  }
  if (windowed && sites.length > LATTICE_SITES) return { why: `its unknowns have ${total} elements` };

  const merged = new Map<string, { count: number; sites: readonly string[]; factor: Factor; cut: boolean }>();
  for (const factor of factors) {
    const touched = touchedBy(b, energy.unknowns, factor, tables, engine);
    if (touched === null) continue;
    for (const list of touched) {
      const shown = list
        .filter(({ slot, site }) => seen(slot, site))
        .map(({ slot, site }) => idOf(slot, site));
      if (shown.length === 0) continue;
      const key = `${factor.term} ${factor.kind} ${factor.span.start} ${shown.join(' ')}`;
      const known = merged.get(key);
      merged.set(key, {
        count: (known?.count ?? 0) + 1,
        sites: shown,
        factor,
        cut: shown.length < list.length,
      });
    }
  }
  const most = dims ? LATTICE_FACTORS : FREE_FACTORS;
  if (merged.size > most) return { why: `its factors have ${merged.size} instances` };
  return {
    sites,
    factors: [...merged.values()].map(({ count, sites, factor, cut }, i) => ({
      id: `instance ${i}`,
      term: factor.term,
      kind: factor.kind,
      sites,
      count,
      cut,
      span: factor.span,
    })),
    blocks,
    ring: dims?.length === 1 && isRing(energy.unknowns[main]),
    layout: dims ? 'lattice' : 'free',
    part: windowed ? `${dims.map((d) => Math.min(d, WINDOW)).join(' × ')} of ${dims.join(' × ')}` : null,
  };
}

const idOf = (slot: Slot, site: number): string => `site ${slot.name} ${site}`;

/** Those that a state of the domain is not over: a vector is one site. */
const ownSets = (u: Slot): readonly IndexSet[] => u.sets.slice(0, u.sets.length - eventRank(u.domain));

/** The longest line that is drawn as one. */
const LINE = 40;
/** The shortest side of a grid of indices that say nothing of places. */
const SIDE = 4;

/** The sides of a grid that an unknown lies on, two or three of them, or one of a line; null where it lies on none. */
function dimsOf(u: Slot, sizeOf: (s: IndexSet) => number): readonly number[] | null {
  const sets = ownSets(u);
  if (sets.length === 0) return null;
  const lattice = sets.every((s) => s.kind.kind === 'lattice');
  const dims = sets.flatMap((s) => (s.kind.kind === 'lattice' ? [...s.kind.dims] : [sizeOf(s)]));
  if (dims.length === 1) return lattice && dims[0] <= LINE ? dims : null;
  if (lattice && dims.length <= 3) return dims;
  return dims.length === 2 && Math.min(...dims) >= SIDE ? dims : null;
}

function unravelled(site: number, dims: readonly number[]): readonly number[] {
  const out: number[] = [];
  let rest = site;
  for (let d = dims.length - 1; d >= 0; d--) {
    out.unshift(rest % dims[d]);
    rest = Math.floor(rest / dims[d]);
  }
  return out;
}

const isRing = ({ sets: [s] }: Slot): boolean => s.kind.kind === 'lattice' && s.kind.wrap;

const inWindow = (site: number, dims: readonly number[]): boolean =>
  unravelled(site, dims).every((x) => x < WINDOW);

/** Rows go down, columns to the right; a third side goes back, as seen from above. */
function placeOf(site: number, dims: readonly number[]): { x: number; y: number } {
  const at = unravelled(site, dims);
  if (at.length === 1) return { x: at[0], y: 0 };
  if (at.length === 2) return { x: at[1], y: at[0] };
  const [z, y, x] = at;
  return { x: x + z * (dims[2] + 0.6), y };
}

function elementName(u: Slot, site: number, shape: readonly number[]): string {
  if (ownSets(u).length === 0) return u.name;
  const at = unravelled(site, shape);
  let d = 0;
  const parts = ownSets(u).map((s) => {
    if (s.kind.kind === 'lattice') {
      const own = at.slice(d, d + s.kind.dims.length);
      d += s.kind.dims.length;
      return own.join(', ');
    }
    const x = at[d++];
    return s.kind.kind === 'labels' ? s.kind.labels[x] : String(x);
  });
  return `${u.name}[${parts.join(', ')}]`;
}

/** The colour classes of a discrete unknown whose elements are not swept one by one. */
function coloursOf(
  b: Builder,
  u: Slot,
  sites: number,
  factors: readonly Factor[],
  tables: Tables,
  engine: Engine,
): { readonly count: number; readonly of: Int32Array } | null {
  if (!isDiscrete(u.domain) || isArranged(u.domain) || sites < 2) return null;
  const { blocks, sequential } = siteBlocks(b, u, factors, tables, engine);
  if (sequential !== null) return null;
  const of = new Int32Array(sites);
  blocks.forEach((block, c) => {
    for (const s of block) of[s] = c;
  });
  return { count: blocks.length, of };
}

interface Touched {
  readonly slot: Slot;
  readonly site: number;
}

/** For each instance of a factor the sites that it touches; null for one that touches none. */
function touchedBy(
  b: Builder,
  unknowns: readonly Slot[],
  factor: Factor,
  tables: Tables,
  engine: Engine,
): readonly (readonly Touched[])[] | null {
  const sizes = factor.axes.map((a) => tables.sizeOf(a.set));
  const instances = sizes.reduce((x, y) => x * y, 1);
  const kept =
    factor.where && isStatic(factor.where)
      ? staticValues(b, factor.where, factor.axes, tables, engine)
      : null;
  const lists: Touched[][] = Array.from({ length: instances }, () => []);
  let any = false;
  for (const slot of unknowns) {
    const inc = incidence(b, factor, slot, tables, engine);
    if (inc.kind === 'none') continue;
    any = true;
    fill(lists, slot, inc, factor, sizes, tables);
  }
  if (!any) return null;
  return kept ? lists.filter((_, e) => kept[e] !== 0) : lists;
}

function fill(
  lists: readonly Touched[][],
  slot: Slot,
  inc: Exclude<Incidence, { kind: 'none' }>,
  factor: Factor,
  sizes: readonly number[],
  tables: Tables,
): void {
  const sides = slot.sets.map(tables.sizeOf);
  const elements = sides.reduce((x, y) => x * y, 1);
  const each = slot.sets.slice(ownSets(slot).length).reduce((n, s) => n * tables.sizeOf(s), 1);
  const touch = (list: Touched[], element: number): void => {
    const site = Math.floor(element / each);
    const last = list.at(-1);
    if (last?.slot !== slot || last.site !== site) list.push({ slot, site });
  };
  switch (inc.kind) {
    case 'rows':
      for (let s = 0; s < elements; s++)
        for (let k = inc.start[s]; k < inc.start[s + 1]; k++) touch(lists[inc.instance[k]], s);
      return;
    case 'slab':
      for (let e = 0; e < lists.length; e++) {
        const at = unravelled(e, sizes);
        const element = inc.axes.reduce((n, a: Axis, d) => n * sides[d] + at[factor.axes.indexOf(a)], 0);
        touch(lists[e], element);
      }
      return;
    case 'dense':
      for (const list of lists) for (let s = 0; s < elements; s += each) touch(list, s);
      return;
  }
}
