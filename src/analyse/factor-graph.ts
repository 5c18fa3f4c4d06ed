/**
 * An energy as a picture of who touches whom (Kschischang, Frey and Loeliger, IEEE Trans. Inf. Theory 47, 2001):
 * variables as circles, factors as squares, an edge where a factor reads a variable. Two pictures: of declarations,
 * with index sets as plates, whatever their sizes; and of single elements, where there are few enough or they lie on
 * a lattice.
 */
import { isDiscrete, showDomain } from '../domain.ts';
import type { Engine } from '../engines/engine.ts';
import type { Builder } from '../ir/build.ts';
import { showSet } from '../ir/show.ts';
import type { Axis, Energy, IndexSet, Node, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Span } from '../syntax/span.ts';
import { type Factor, factorsOf } from './factors.ts';
import type { Tables } from './incidence.ts';
import { type SiteGraph, siteGraph } from './site-graph.ts';

export interface FactorGraph {
  readonly energy: string;
  readonly plates: PlateGraph;
  /** Null where there are too many elements; `sitesWhy` then says so. */
  readonly sites: SiteGraph | null;
  readonly sitesWhy: string | null;
}

export interface PlateGraph {
  readonly variables: readonly GraphVariable[];
  readonly factors: readonly GraphFactor[];
  readonly links: readonly GraphLink[];
  readonly plates: readonly GraphPlate[];
}

/** An unknown, a parameter or data: one array, or several that belong together (the fields of a record, a network). */
export interface GraphVariable {
  readonly id: string;
  readonly name: string;
  readonly role: 'unknown' | 'param' | 'data';
  /** `spin`, `14 fields`. */
  readonly domain: string;
  /** The plate that it stands on; null: none. */
  readonly plate: string | null;
  /** Numbers in all. */
  readonly elements: number;
  readonly discrete: boolean;
  readonly span: Span | null;
}

/** The factors of one term over the same index sets. */
export interface GraphFactor {
  readonly id: string;
  readonly term: string;
  readonly kind: 'energy' | 'support' | 'prior';
  readonly plate: string | null;
  readonly instances: number;
  readonly span: Span | null;
}

export interface GraphLink {
  readonly factor: string;
  readonly variable: string;
  /** At how many places an instance reads the variable, as far as they differ in the text: 2 for a bond. */
  readonly reads: number;
}

/** Index sets side by side. */
export interface GraphPlate {
  readonly id: string;
  /** `site`, `row × col`. */
  readonly label: string;
  /** `32 × 32`, `8`. */
  readonly size: string;
  /** The plate with the first of its index sets; null where no such one is drawn. */
  readonly parent: string | null;
}

/** A parameter with a prior, or without. */
export interface GraphParam {
  readonly slot: Slot;
  readonly prior: Node | null;
  readonly span: Span;
}

/** Fields of a record that stand by themselves, at most. */
const MANY_FIELDS = 6;

/** @param engine evaluates what index maps are seldom made of */
export function factorGraph(
  b: Builder,
  energy: Energy,
  tables: Tables,
  params: readonly GraphParam[],
  engine?: Engine,
): FactorGraph {
  const factors = factorsOf(b, energy);
  const sites = siteGraph(b, energy, factors, tables, engine);
  return {
    energy: energy.name,
    plates: plateGraph(energy, factors, tables.sizeOf, params),
    ...('why' in sites ? { sites: null, sitesWhy: sites.why } : { sites, sitesWhy: null }),
  };
}

type SizeOf = (set: IndexSet) => number;

export function plateGraph(
  energy: Energy,
  factors: readonly Factor[],
  sizeOf: SizeOf,
  params: readonly GraphParam[],
): PlateGraph {
  const plates = new Plates(sizeOf);
  const variables = new Map<string, GraphVariable>();
  const shown = new Map<string, GraphFactor>();
  const links = new Map<string, GraphLink>();
  const groups = groupsOf([...new Set([...energy.unknowns, ...factors.flatMap((f) => read(f))])]);

  const variableOf = (slot: Slot): string | null => {
    if (slot.role !== 'unknown' && slot.role !== 'param' && slot.role !== 'data') return null;
    const group = groups.get(slot) ?? [slot];
    const name = group.length > 1 ? prefixOf(slot.name) : slot.name;
    const id = `${slot.role} ${name}`;
    if (!variables.has(id))
      variables.set(id, {
        id,
        name,
        role: slot.role,
        domain: domainOf(slot, group),
        plate: plates.of(group.length > 1 ? commonSets(group) : slot.sets),
        elements: group.reduce((n, s) => n + volume(s.sets, sizeOf), 0),
        discrete: isDiscrete(slot.domain),
        span: slot.span ?? null,
      });
    return id;
  };
  const link = (factor: string, variable: string, reads: number): void => {
    const key = `${factor}\n${variable}`;
    const known = links.get(key)?.reads ?? 0;
    links.set(key, { factor, variable, reads: Math.max(known, reads) });
  };
  for (const u of energy.unknowns) variableOf(u);
  for (const f of factors) {
    const plate = plates.of(f.axes.map((a) => a.set));
    const id = `factor ${f.term} ${f.span.start} ${plate ?? ''}`;
    const known = shown.get(id);
    shown.set(id, {
      id,
      term: f.term,
      kind: f.kind,
      plate,
      instances: Math.max(known?.instances ?? 0, volume(axesSets(f.axes), sizeOf)),
      span: f.span,
    });
    for (const [slot, reads] of readCounts(f)) {
      const v = variableOf(slot);
      if (v !== null) link(id, v, reads);
    }
  }
  for (const p of params) {
    const v = `param ${p.slot.name}`;
    if (p.prior === null || !variables.has(v)) continue;
    const id = `prior ${p.slot.name}`;
    const plate = plates.of(p.slot.sets);
    const instances = volume(p.slot.sets, sizeOf);
    shown.set(id, { id, term: 'prior', kind: 'prior', plate, instances, span: p.span });
    link(id, v, 1);
  }
  return {
    variables: [...variables.values()],
    factors: [...shown.values()],
    links: [...links.values()],
    plates: plates.list,
  };
}

const read = (f: Factor): readonly Slot[] => [...slotsRead(f.where ? [f.body, f.where] : [f.body])];
const axesSets = (axes: readonly Axis[]): readonly IndexSet[] => axes.map((a) => a.set);
const volume = (sets: readonly IndexSet[], sizeOf: SizeOf): number => sets.reduce((n, s) => n * sizeOf(s), 1);

/** How many different reads of each slot a factor has. */
function readCounts(f: Factor): ReadonlyMap<Slot, number> {
  const out = new Map<Slot, number>();
  const seen = new Set<Node>();
  const stack: Node[] = f.where ? [f.body, f.where] : [f.body];
  for (const slot of slotsRead(stack)) out.set(slot, 0);
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    if (n.op === 'read' && out.has(n.slot)) out.set(n.slot, (out.get(n.slot) ?? 0) + 1);
    stack.push(...childrenOf(n));
  }
  return new Map([...out].map(([slot, n]) => [slot, Math.max(1, n)]));
}

function childrenOf(n: Node): readonly Node[] {
  switch (n.op) {
    case 'const':
    case 'axis':
    case 'size':
      return [];
    case 'read':
      return n.indices;
    case 'at':
      return [n.body, ...n.indices];
    case 'call':
      return n.args;
    case 'reduce':
      return n.where ? [n.body, n.where] : [n.body];
    case 'scatter':
      return n.where ? [n.body, n.where, ...n.indices] : [n.body, ...n.indices];
    case 'matrix':
      return [...n.args.map((a) => a.body), ...n.indices];
    case 'scan':
      return [n.loop.init, n.loop.body, ...n.indices];
  }
}

const prefixOf = (name: string): string => name.split('.')[0];

/** Slots that are drawn as one: all of a network's, the fields of a record where they are many. */
function groupsOf(slots: readonly Slot[]): ReadonlyMap<Slot, readonly Slot[]> {
  const byPrefix = new Map<string, Slot[]>();
  for (const s of slots) {
    if (!s.name.includes('.')) continue;
    const key = `${s.role} ${prefixOf(s.name)}`;
    byPrefix.set(key, [...(byPrefix.get(key) ?? []), s]);
  }
  const out = new Map<Slot, readonly Slot[]>();
  for (const group of byPrefix.values()) {
    if (group.length < 2 || (group[0].role !== 'param' && group.length <= MANY_FIELDS)) continue;
    for (const s of group) out.set(s, group);
  }
  return out;
}

function domainOf(slot: Slot, group: readonly Slot[]): string {
  if (group.length === 1) return showDomain(slot.domain);
  return slot.role === 'param' ? `${group.length} arrays` : `${group.length} fields`;
}

/** The index sets that all of them start with. */
function commonSets(group: readonly Slot[]): readonly IndexSet[] {
  const [first, ...rest] = group;
  let n = first.sets.length;
  for (const s of rest) while (n > 0 && first.sets.slice(0, n).some((x, i) => s.sets[i] !== x)) n--;
  return first.sets.slice(0, n);
}

class Plates {
  readonly list: GraphPlate[] = [];
  private readonly known = new Map<string, string>();
  private readonly sizeOf: SizeOf;

  constructor(sizeOf: SizeOf) {
    this.sizeOf = sizeOf;
  }

  of(sets: readonly IndexSet[]): string | null {
    // Whatever the order of the indices, the same sets are the same plate.
    const many = [...new Set(sets.filter((s) => this.sizeOf(s) !== 1))].sort((x, y) => x.id - y.id);
    if (many.length === 0) return null;
    const key = many.map((s) => s.id).join(' ');
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const parent = many.length > 1 ? this.of(many.slice(0, 1)) : null;
    const id = `plate ${this.list.length}`;
    this.known.set(key, id);
    const own = parent === null ? many : many.slice(1);
    this.list.push({
      id,
      parent,
      label: own.map((s) => s.name || kindName(s)).join(' × '),
      size: own.map((s) => sizeText(s, this.sizeOf)).join(' × '),
    });
    return id;
  }
}

/** Sets without a name, by what they are made of. */
function kindName(s: IndexSet): string {
  if (s.kind.kind === 'tuples' && s.kind.source.kind === 'neighbours') return showSet(s);
  return s.kind.kind === 'tuples' ? 'pairs' : '';
}

const sizeText = (s: IndexSet, sizeOf: SizeOf): string =>
  s.kind.kind === 'lattice' && s.kind.dims.length > 1 ? s.kind.dims.join(' × ') : String(sizeOf(s));
