/** The free elements of discrete unknowns as one row of sites, whatever unknowns they belong to. */
import { type DiscreteDomain, stateCount, valueMap } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import type { Clamp, Model, States, UnknownLayout } from '../model.ts';

export interface Sites {
  readonly count: number;
  readonly layouts: readonly UnknownLayout[];
  /** Which of `layouts` each site belongs to, and its element there. */
  readonly of: Int32Array;
  readonly element: Int32Array;
  /** Number of states; arrays over sites and states begin a site at `first[site]` and have `total` entries. */
  readonly states: Int32Array;
  readonly first: Int32Array;
  readonly total: number;
  readonly offset: Float64Array;
  readonly scale: Float64Array;
  /** Whether two states may be more or less far apart: along a path, around a ring, or all the same. */
  readonly geometry: readonly ('path' | 'ring' | 'none')[];
}

/** @param slots discrete unknowns, in any order; sites are in the order of the energy's unknowns */
export function sitesOf(model: Model, clamp: Clamp, slots: readonly Slot[]): Sites {
  const layouts = model.unknowns.filter((u) => slots.includes(u.slot));
  const of: number[] = [];
  const element: number[] = [];
  layouts.forEach((u, k) => {
    const fixed = clamp.fixed.get(u.slot)!;
    for (let i = 0; i < u.size; i++)
      if (fixed[i] === 0) {
        of.push(k);
        element.push(i);
      }
  });
  const count = of.length;
  const states = Int32Array.from(of, (k) => stateCount(layouts[k].slot.domain, model.sizeOf));
  const first = new Int32Array(count);
  for (let i = 1; i < count; i++) first[i] = first[i - 1] + states[i - 1];
  const maps = layouts.map((u) => valueMap(u.slot.domain as DiscreteDomain));
  return {
    count,
    layouts,
    of: Int32Array.from(of),
    element: Int32Array.from(element),
    states,
    first,
    total: count === 0 ? 0 : first[count - 1] + states[count - 1],
    offset: Float64Array.from(of, (k) => maps[k].offset),
    scale: Float64Array.from(of, (k) => maps[k].scale),
    geometry: of.map((k) => geometryOf(layouts[k].slot.domain as DiscreteDomain)),
  };
}

function geometryOf(d: DiscreteDomain): 'path' | 'ring' | 'none' {
  if (d.kind === 'int' || d.kind === 'ordinal') return 'path';
  return d.kind === 'cyclic' ? 'ring' : 'none';
}

/** Distance of two states of a site: of unordered ones 1. */
export function distance(sites: Sites, site: number, s: number, t: number): number {
  const d = Math.abs(s - t);
  switch (sites.geometry[site]) {
    case 'path':
      return d;
    case 'ring':
      return Math.min(d, sites.states[site] - d);
    case 'none':
      return d === 0 ? 0 : 1;
  }
}

/** Codes of all sites of all chains, chain after chain: a copy of states that is quick to read. */
export class Codes {
  readonly data: Int32Array;
  private readonly sites: Sites;

  constructor(sites: Sites, chains: number) {
    this.sites = sites;
    this.data = new Int32Array(sites.count * chains);
  }

  read(states: States, chains: number): void {
    const { count, layouts, of, element, offset, scale } = this.sites;
    const arrays = layouts.map((u) => states.get(u.slot)!);
    for (let c = 0; c < chains; c++)
      for (let i = 0; i < count; i++) {
        const k = of[i];
        this.data[c * count + i] = Math.round(
          (arrays[k][c * layouts[k].size + element[i]] - offset[i]) / scale[i],
        );
      }
  }
}

/** Sets one site of one chain. */
export function setSite(sites: Sites, states: States, chain: number, site: number, code: number): void {
  const { slot, size } = sites.layouts[sites.of[site]];
  states.get(slot)![chain * size + sites.element[site]] = sites.offset[site] + sites.scale[site] * code;
}
