/**
 * The discrete unknowns of an energy as sites and tables, for sweep kernels: what can be written down of each
 * conditional as numbers, and why where it cannot.
 */
import { type DiscreteDomain, isArranged, isDiscrete, stateCount, valueMap } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import type { FieldConditional, SiteGroup, SiteTables } from '../engines/kernels/site-tables.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Builder } from '../ir/build.ts';
import type { Energy, Slot } from '../ir/types.ts';
import type { SiteBlocks } from './blocks.ts';
import { factorsOf } from './factors.ts';
import type { Tables } from './incidence.ts';
import { inPairs } from './pairs.ts';
import { fieldConditional, isPairwise } from './site-fields.ts';
import { tableConditional } from './site-links.ts';
import {
  allFinite,
  barrierOf,
  MAX_STATES,
  nameOf,
  type Placed,
  type Range,
  type Tabulated,
  tabulate,
  unknownsOf,
} from './tabulate.ts';

export interface SiteTablesResult {
  readonly tables: SiteTables;
  /** Unknowns of `blocks` that are not among the groups, and why: a clause that follows `because`. */
  readonly left: ReadonlyMap<Slot, string>;
}

/** Bounds of one group. */
const MAX_LINKS = 2 ** 24;
const MAX_NUMBERS = 2 ** 26;

/**
 * @param blocks the unknowns to be swept; other discrete ones that their factors read get positions but no group
 * @param fixed by unknown, 1 for elements that never change
 * @param tables sizes of index sets; data, tables and parameters
 * @param engine evaluates in float64; what is the same for all instances is asked of it once
 */
export function siteTables(
  b: Builder,
  energy: Energy,
  blocks: readonly SiteBlocks[],
  fixed: ReadonlyMap<Slot, Uint8Array>,
  tables: Tables,
  engine: Engine = referenceEngine(),
): SiteTablesResult {
  const left = new Map<Slot, string>();
  for (const { slot } of blocks) {
    const states = stateCount(slot.domain, tables.sizeOf);
    if (isDiscrete(slot.domain) && isArranged(slot.domain)) left.set(slot, 'its elements move together');
    else if (!(states <= MAX_STATES)) left.set(slot, `it has more than ${MAX_STATES} states`);
  }
  const wanted = new Set(blocks.map((i) => i.slot));
  const swept = (s: Slot): boolean => wanted.has(s) && !left.has(s);
  const leave = (slots: Iterable<Slot>, why: string): void => {
    for (const s of slots) if (swept(s)) left.set(s, why);
  };
  const factors = factorsOf(b, energy).map((factor) => ({ factor, slots: unknownsOf(factor) }));
  for (const { factor, slots } of factors) {
    const why = barrierOf(factor, tables.sizeOf);
    if (why) leave(slots, why);
  }
  const made: { readonly tabulated: Tabulated; readonly slots: ReadonlySet<Slot> }[] = [];
  for (const { factor, slots } of factors) {
    if (![...slots].some(swept)) continue;
    const tabulated = tabulate(b, factor, tables, engine);
    if ('why' in tabulated) leave(slots, tabulated.why);
    else if (!hasEnergies(tabulated)) leave(slots, `${nameOf(factor)} is not finite at some values`);
    else if (tabulated.instances > 0)
      for (const part of inPairs(tabulated)) made.push({ tabulated: part, slots });
  }
  return { tables: placeAll(energy, blocks, fixed, tables, made, swept, leave), left };
}

function hasEnergies({ table }: Tabulated): boolean {
  for (let i = 0; i < table.length; i++) if (!(table[i] > Number.NEGATIVE_INFINITY)) return false;
  return true;
}

function placeAll(
  energy: Energy,
  blocks: readonly SiteBlocks[],
  fixed: ReadonlyMap<Slot, Uint8Array>,
  { sizeOf }: Tables,
  made: readonly { readonly tabulated: Tabulated; readonly slots: ReadonlySet<Slot> }[],
  swept: (s: Slot) => boolean,
  leave: (slots: Iterable<Slot>, why: string) => void,
): SiteTables {
  // Groups that turn out too large are left; the others keep their positions.
  const kept = made.filter((m) => [...m.slots].some(swept));
  const needed = new Set<Slot>(kept.flatMap((m) => [...m.slots]));
  const slots: { readonly slot: Slot; readonly states: number; readonly positionOf: Int32Array }[] = [];
  const positions = new Map<Slot, Int32Array>();
  const ranges: { readonly range: Range; readonly blocks: Int32Array }[] = [];
  let size = 0;
  for (const slot of energy.unknowns) {
    if (!needed.has(slot) && !swept(slot)) continue;
    const sites = slot.sets.reduce((n, s) => n * sizeOf(s), 1);
    const states = stateCount(slot.domain, sizeOf);
    const positionOf = new Int32Array(sites).fill(-1);
    const info = swept(slot) ? blocks.find((i) => i.slot === slot) : undefined;
    const clamped = fixed.get(slot);
    if (info) {
      const ends = [0];
      const from = size;
      for (const block of info.blocks) {
        for (const i of block) if (!clamped || clamped[i] === 0) positionOf[i] = size++;
        if (size - from > ends[ends.length - 1]) ends.push(size - from);
      }
      if (size > from)
        ranges.push({ range: { slot, states, from, count: size - from }, blocks: Int32Array.from(ends) });
    }
    for (let i = 0; i < sites; i++) if (positionOf[i] < 0) positionOf[i] = size++;
    slots.push({ slot, states, positionOf });
    positions.set(slot, positionOf);
  }
  const placed = kept.map(({ tabulated }): Placed => {
    const at = tabulated.columns.map(({ slot, elements }) => {
      const positionOf = positions.get(slot)!;
      const out = new Int32Array(elements.length);
      for (let e = 0; e < out.length; e++) out[e] = elements[e] < 0 ? -1 : positionOf[elements[e]];
      return out;
    });
    return { tabulated, positions: at };
  });
  const groups: SiteGroup[] = [];
  for (const { range, blocks: ends } of ranges) {
    const touching = placed.filter(({ tabulated }) => tabulated.columns.some((c) => c.slot === range.slot));
    const conditional =
      range.states === 2 && touching.every(({ tabulated }) => isPairwise(tabulated))
        ? fieldConditional(range, touching, MAX_LINKS)
        : tableConditional(range, touching, size, { links: MAX_LINKS, numbers: MAX_NUMBERS });
    if (conditional === null) leave([range.slot], 'the tables of what it touches are too large');
    else if (conditional.kind === 'field' && !finite(conditional))
      leave([range.slot], 'some energy is not finite');
    else groups.push({ ...range, blocks: ends, conditional });
  }
  return { size, slots, groups };
}

const finite = ({ field, weight }: FieldConditional): boolean => allFinite(field) && allFinite(weight);

/**
 * The states of one chain as codes.
 * @param states by unknown, chains × elements, values
 * @param codes of length `tables.size`, written
 */
export function codesOf(
  tables: SiteTables,
  states: ReadonlyMap<Slot, Float64Array>,
  chain: number,
  codes: Uint8Array,
): void {
  for (const { slot, positionOf } of tables.slots) {
    const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
    const x = states.get(slot)!;
    const from = chain * positionOf.length;
    for (let i = 0; i < positionOf.length; i++) codes[positionOf[i]] = (x[from + i] - offset) / scale;
  }
}

/** The other way: writes the values of what is swept, and nothing else. */
export function valuesOf(
  tables: SiteTables,
  codes: Uint8Array,
  chain: number,
  states: ReadonlyMap<Slot, Float64Array>,
): void {
  for (const group of tables.groups) {
    const { slot, positionOf } = tables.slots.find((s) => s.slot === group.slot)!;
    const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
    const x = states.get(slot)!;
    const at = chain * positionOf.length;
    const to = group.from + group.count;
    for (let i = 0; i < positionOf.length; i++) {
      const p = positionOf[i];
      if (p >= group.from && p < to) x[at + i] = offset + scale * codes[p];
    }
  }
}
