/**
 * Blocks of sites of one discrete unknown that may be updated at once: colour
 * classes of the conflict graph, in which two sites are joined when one factor
 * instance touches both. Given the rest they are independent, so updating them
 * together is exact Gibbs (Geman & Geman 1984; chromatic: Gonzalez et al. 2011).
 */
import type { Engine } from '../engines/engine.ts';
import type { Builder } from '../ir/build.ts';
import type { Slot } from '../ir/types.ts';
import type { Factor } from './factors.ts';
import { type Incidence, incidence, type Tables } from './incidence.ts';

export interface Touching {
  readonly factor: Factor;
  readonly incidence: Exclude<Incidence, { kind: 'none' }>;
}

export interface SiteBlocks {
  readonly slot: Slot;
  readonly sites: number;
  readonly touching: readonly Touching[];
  /** Sites of each block, ascending. One block of all sites where none conflict. */
  readonly blocks: readonly Int32Array[];
  /** Why sites go one at a time, where they do. */
  readonly sequential: string | null;
  /** Largest number of factor instances that touch a site; Infinity where some factor touches everything. */
  readonly blanket: number;
}

/** Greedy colouring gives up (one site at a time) beyond this many conflicts. */
const MAX_CONFLICTS = 2 ** 26;

/** @param engine evaluates what index maps are seldom made of; the reference if there is none */
export function siteBlocks(
  b: Builder,
  slot: Slot,
  factors: readonly Factor[],
  tables: Tables,
  engine?: Engine,
): SiteBlocks {
  const sites = slot.sets.reduce((n, s) => n * tables.sizeOf(s), 1);
  const touching = touchingOf(b, slot, factors, tables, engine);
  const dense = touching.find((t) => t.incidence.kind === 'dense');
  let blanket = 0;
  for (const { factor, incidence: inc } of touching) {
    if (inc.kind === 'dense') blanket = Number.POSITIVE_INFINITY;
    else if (inc.kind === 'rows') blanket += inc.maxDegree;
    else
      blanket += factor.axes
        .filter((a) => !inc.axes.includes(a))
        .reduce((n, a) => n * tables.sizeOf(a.set), 1);
  }
  if (dense && sites > 1) {
    const why = dense.incidence.kind === 'dense' ? `\`${dense.factor.term}\`: ${dense.incidence.why}` : '';
    return { slot, sites, touching, blocks: oneByOne(sites), sequential: why, blanket };
  }
  const conflicts = touching.filter((t) => t.incidence.kind === 'rows' && t.incidence.scope > 1);
  if (conflicts.length === 0)
    return {
      slot,
      sites,
      touching,
      blocks: [Int32Array.from({ length: sites }, (_, i) => i)],
      sequential: null,
      blanket,
    };
  const blocks = colour(sites, conflicts, tables);
  return blocks === null
    ? {
        slot,
        sites,
        touching,
        blocks: oneByOne(sites),
        sequential: 'there are too many conflicts to colour',
        blanket,
      }
    : { slot, sites, touching, blocks, sequential: null, blanket };
}

/** The factors that touch an unknown, and which of their instances touch which site. */
export function touchingOf(
  b: Builder,
  slot: Slot,
  factors: readonly Factor[],
  tables: Tables,
  engine?: Engine,
): readonly Touching[] {
  return factors.flatMap((factor) => {
    const inc = incidence(b, factor, slot, tables, engine);
    return inc.kind === 'none' ? [] : [{ factor, incidence: inc }];
  });
}

const oneByOne = (n: number): Int32Array[] => Array.from({ length: n }, (_, i) => Int32Array.of(i));

/** Greedy colouring in the order of the sites. */
function colour(sites: number, conflicts: readonly Touching[], tables: Tables): Int32Array[] | null {
  // Instance → sites, the transpose of each factor's rows.
  const transposed = conflicts.map(({ factor, incidence: inc }) => {
    if (inc.kind !== 'rows') throw new Error('only rows conflict');
    const instances = factor.axes.reduce((n, a) => n * tables.sizeOf(a.set), 1);
    const start = new Int32Array(instances + 1);
    for (let k = 0; k < inc.instance.length; k++) start[inc.instance[k] + 1]++;
    for (let e = 0; e < instances; e++) start[e + 1] += start[e];
    const site = new Int32Array(inc.instance.length);
    const fill = start.slice(0, instances);
    for (let s = 0; s < sites; s++)
      for (let k = inc.start[s]; k < inc.start[s + 1]; k++) site[fill[inc.instance[k]]++] = s;
    return { rows: inc, start, site };
  });
  let work = 0;
  const colourOf = new Int32Array(sites).fill(-1);
  const usedBy = new Int32Array(Math.min(sites, 65536) + 1).fill(-1);
  let colours = 0;
  for (let s = 0; s < sites; s++) {
    for (const t of transposed)
      for (let k = t.rows.start[s]; k < t.rows.start[s + 1]; k++) {
        const e = t.rows.instance[k];
        work += t.start[e + 1] - t.start[e];
        if (work > MAX_CONFLICTS) return null;
        for (let j = t.start[e]; j < t.start[e + 1]; j++) {
          const c = colourOf[t.site[j]];
          if (c >= 0) usedBy[c] = s;
        }
      }
    let c = 0;
    while (usedBy[c] === s) c++;
    colourOf[s] = c;
    if (c + 1 > colours) colours = c + 1;
    if (colours >= usedBy.length) return null;
  }
  const sizes = new Int32Array(colours);
  for (let s = 0; s < sites; s++) sizes[colourOf[s]]++;
  const classes = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  for (let s = 0; s < sites; s++) classes[colourOf[s]][sizes[colourOf[s]]++] = s;
  return classes;
}
