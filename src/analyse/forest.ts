/**
 * Discrete unknowns whose elements, given everything else, form chains or trees: each factor instance touches one or
 * two free elements, and the pairs have no circle. They can be drawn all at once (`infer/forest.ts`). Here it is
 * found out whether they do, and what the draws need is written as expressions: the energies of each element's
 * states, and of each pair's.
 */
import type { HostArray } from '../arrays.ts';
import { type DiscreteDomain, isArranged, isDiscrete, stateCount, valueMap } from '../domain.ts';
import type { Batch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, IndexSet, Node, Slot } from '../ir/types.ts';
import type { SiteBlocks, Touching } from './blocks.ts';
import { type Conditional, conditional } from './conditional.ts';
import type { Factor } from './factors.ts';
import { flatIndex, isStatic, type Tables } from './incidence.ts';

export interface Forest {
  /** Number of states of each element. */
  readonly states: number;
  /** The free elements, each behind its parent. */
  readonly order: Int32Array;
  /** For each of `order`, the place of its parent there; −1 at a root. */
  readonly parent: Int32Array;
  /** Places in `order` of the elements that have a parent, ascending: edge e joins children[e] with its parent. */
  readonly children: Int32Array;
  /** What touches single free elements. */
  readonly single: readonly Touching[];
  readonly pairs: readonly PairFactor[];
}

/** The instances of a factor that touch both ends of an edge: instance[start[e]] … of edge e. */
export interface PairFactor {
  readonly factor: Factor;
  readonly start: Int32Array;
  readonly instance: Int32Array;
  /** Whether instances touch no other elements, fixed ones included. */
  readonly only: boolean;
}

/** Most states of an element, and numbers in the tables of all pairs. */
const MAX_STATES = 64;
const MAX_NUMBERS = 2 ** 24;

interface Within extends Tables {
  readonly builder: Builder;
}

/**
 * @param clamp elements that are fixed; they are no part of the forest
 * @returns null if the free elements form no forest, have no pairs at all, or have too many states to be worth it
 */
export function forestOf(
  model: Within,
  info: SiteBlocks,
  clamp: { readonly fixed: ReadonlyMap<Slot, Uint8Array> },
): Forest | null {
  const { domain } = info.slot;
  if (!isDiscrete(domain) || isArranged(domain)) return null;
  const states = stateCount(domain, model.sizeOf);
  if (states > MAX_STATES) return null;
  const fixed = clamp.fixed.get(info.slot) ?? new Uint8Array(info.sites);
  const single: Touching[] = [];
  const found: { factor: Factor; only: boolean; pairs: readonly Pair[] }[] = [];
  for (const t of info.touching) {
    const inc = t.incidence;
    if (inc.kind === 'dense') return null;
    if (inc.kind === 'slab') {
      single.push(t);
      continue;
    }
    const parted = part(t.factor, inc, info.sites, fixed, model);
    if (!parted) return null;
    if (parted.single) single.push({ factor: t.factor, incidence: parted.single });
    if (parted.pairs.length > 0) found.push({ factor: t.factor, only: inc.scope <= 2, pairs: parted.pairs });
  }
  const links = new Map<number, readonly [number, number]>();
  for (const { pairs } of found) {
    for (const { a, b } of pairs) links.set(a * info.sites + b, [a, b]);
    if (links.size * states ** 2 > MAX_NUMBERS || links.size >= info.sites) return null;
  }
  if (links.size === 0) return null;
  const trees = rooted([...links.values()], info.sites, fixed);
  if (!trees) return null;
  const edgeOf = new Map<number, number>();
  trees.children.forEach((i, e) => {
    const [x, y] = [trees.order[i], trees.order[trees.parent[i]]];
    edgeOf.set(Math.min(x, y) * info.sites + Math.max(x, y), e);
  });
  const pairs = found.map(({ factor, only, pairs: list }): PairFactor => {
    const edges = list.map(({ a, b }) => edgeOf.get(a * info.sites + b)!);
    const start = new Int32Array(trees.children.length + 1);
    for (const e of edges) start[e + 1]++;
    for (let e = 0; e < trees.children.length; e++) start[e + 1] += start[e];
    const fill = start.slice();
    const instance = new Int32Array(list.length);
    list.forEach((p, i) => {
      instance[fill[edges[i]]++] = p.instance;
    });
    return { factor, start, instance, only };
  });
  return { states, ...trees, single, pairs };
}

export interface Pair {
  readonly instance: number;
  /** a < b */
  readonly a: number;
  readonly b: number;
}

type Rows = Extract<Touching['incidence'], { kind: 'rows' }>;

/** Instances that touch one free element, as rows, and those that touch two; null if some touch more or pairs close a circle. */
export function part(
  factor: Factor,
  rows: Rows,
  sites: number,
  fixed: Uint8Array,
  { sizeOf }: Tables,
): { readonly single: Rows | null; readonly pairs: readonly Pair[] } | null {
  const instances = factor.axes.reduce((n, a) => n * sizeOf(a.set), 1);
  const first = new Int32Array(instances).fill(-1);
  const second = new Int32Array(instances).fill(-1);
  for (let s = 0; s < sites; s++) {
    if (fixed[s] !== 0) continue;
    for (let k = rows.start[s]; k < rows.start[s + 1]; k++) {
      const e = rows.instance[k];
      if (second[e] >= 0) return null;
      if (first[e] >= 0) second[e] = s;
      else first[e] = s;
    }
  }
  if (closesCircle(first, second, sites)) return null;
  const pairs: Pair[] = [];
  second.forEach((b, e) => {
    if (b >= 0) pairs.push({ instance: e, a: first[e], b });
  });
  const start = new Int32Array(sites + 1);
  const instance: number[] = [];
  let maxDegree = 0;
  for (let s = 0; s < sites; s++) {
    if (fixed[s] === 0)
      for (let k = rows.start[s]; k < rows.start[s + 1]; k++)
        if (second[rows.instance[k]] < 0) instance.push(rows.instance[k]);
    start[s + 1] = instance.length;
    maxDegree = Math.max(maxDegree, start[s + 1] - start[s]);
  }
  const single =
    instance.length > 0 ? { ...rows, start, instance: Int32Array.from(instance), maxDegree } : null;
  return { single, pairs };
}

/** Whether the pairs (first[e], second[e]), a negative second being none, have a circle; a lattice shows it at once. */
function closesCircle(first: Int32Array, second: Int32Array, sites: number): boolean {
  const above = Int32Array.from({ length: sites }, (_, s) => s);
  const rootOf = (s: number): number => {
    let at = s;
    while (above[at] !== at) {
      above[at] = above[above[at]];
      at = above[at];
    }
    return at;
  };
  const known = new Set<number>();
  for (let e = 0; e < second.length; e++) {
    if (second[e] < 0) continue;
    const [a, b] = [rootOf(first[e]), rootOf(second[e])];
    const pair = first[e] * sites + second[e];
    if (a === b && !known.has(pair)) return true;
    above[a] = b;
    known.add(pair);
  }
  return false;
}

/** The free elements from the roots outwards; null where the links close a circle. */
function rooted(
  links: readonly (readonly [number, number])[],
  sites: number,
  fixed: Uint8Array,
): Pick<Forest, 'order' | 'parent' | 'children'> | null {
  const start = new Int32Array(sites + 1);
  for (const [a, b] of links) {
    start[a + 1]++;
    start[b + 1]++;
  }
  for (let s = 0; s < sites; s++) start[s + 1] += start[s];
  const fill = start.slice();
  const other = new Int32Array(2 * links.length);
  for (const [a, b] of links) {
    other[fill[a]++] = b;
    other[fill[b]++] = a;
  }
  const order: number[] = [];
  const parent: number[] = [];
  const placeOf = new Int32Array(sites).fill(-1);
  const visit = (site: number, from: number): void => {
    placeOf[site] = order.length;
    order.push(site);
    parent.push(from);
  };
  for (let s = 0; s < sites; s++) {
    if (fixed[s] !== 0 || placeOf[s] >= 0) continue;
    let next = order.length;
    visit(s, -1);
    for (; next < order.length; next++) {
      const site = order[next];
      const above = parent[next] < 0 ? -1 : order[parent[next]];
      for (let k = start[site]; k < start[site + 1]; k++) {
        if (other[k] === above) continue;
        if (placeOf[other[k]] >= 0) return null;
        visit(other[k], next);
      }
    }
  }
  const children = parent.flatMap((p, i) => (p < 0 ? [] : [i]));
  return {
    order: Int32Array.from(order),
    parent: Int32Array.from(parent),
    children: Int32Array.from(children),
  };
}

/** Energies of pairs as an expression. */
export interface PairEnergies {
  /** [batch, edge, state of the parent, state of the child] */
  readonly axes: readonly Axis[];
  readonly energy: Node;
  /** Number of requirements that a pair breaks; null where there are none. */
  readonly violations: Node | null;
  readonly tables: ReadonlyMap<Slot, HostArray>;
}

/** Energies of the states of each element of `order` by what touches it alone: [batch, element, state]. */
export const singleEnergies = (
  b: Builder,
  info: SiteBlocks,
  forest: Forest,
  batch: Batch,
  tables: Tables,
): Conditional =>
  conditional(b, { ...info, touching: forest.single }, batch, { kind: 'fixed', sites: forest.order }, tables);

/** Energies of both states of each edge. */
export function pairEnergies(
  b: Builder,
  { slot, sites }: SiteBlocks,
  forest: Forest,
  batch: Batch,
  tables: Tables,
): PairEnergies {
  const made = new Map<Slot, HostArray>();
  const edges = forest.children.length;
  const edgeSet = b.range(edges);
  const edge = b.axis(edgeSet, 'edge');
  const [v, w] = [b.axis(b.range(forest.states), 'parent'), b.axis(b.range(forest.states), 'child')];
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
  const value = (a: Axis): Node => b.add(b.mul(b.axisNode(a), b.const(scale)), b.const(offset));
  const table = (name: string, values: IndexSet, sets: readonly IndexSet[], data: Int32Array): Slot => {
    const t = b.slot('table', name, { kind: 'category', values }, sets);
    made.set(t, { shape: sets.map(tables.sizeOf), data });
    return t;
  };
  const end = (name: string, at: (child: number) => number): Node => {
    const data = forest.children.map((i) => forest.order[at(i)]);
    return b.read(table(name, b.range(sites), [edgeSet], data), [b.axisNode(edge)]);
  };
  const parent = end('parents', (i) => forest.parent[i]);
  const child = end('children', (i) => i);
  const lead = batch.axes.map((a) => b.axisNode(a));
  const onBatch = (s: Slot, indices: readonly Node[]): Node | undefined => {
    const to = batch.slots.get(s);
    return to && b.read(to, [...lead, ...indices]);
  };
  const energies: Node[] = [];
  const violations: Node[] = [];
  for (const { factor, start, instance, only } of forest.pairs) {
    let width = 1;
    for (let e = 0; e < edges; e++) width = Math.max(width, start[e + 1] - start[e]);
    const degreeSet = b.range(width);
    const degree = b.axis(degreeSet, 'k');
    const at = [b.axisNode(edge), b.axisNode(degree)];
    const dims = factor.axes.map((a) => tables.sizeOf(a.set));
    const columns = dims.map(() => new Int32Array(edges * width));
    const there = new Int32Array(edges * width);
    for (let e = 0; e < edges; e++)
      for (let k = start[e]; k < start[e + 1]; k++) {
        const to = e * width + k - start[e];
        there[to] = 1;
        let rest = instance[k];
        for (let d = dims.length - 1; d >= 0; d--) {
          columns[d][to] = rest % dims[d];
          rest = Math.floor(rest / dims[d]);
        }
      }
    const sets = [edgeSet, degreeSet];
    const places = columns.map((c, d) =>
      b.read(table(`joining ${factor.axes[d].name}`, factor.axes[d].set, sets, c), at),
    );
    const on = (n: Node): Node =>
      b.mapReads(b.substitute(n, factor.axes, places), (s, indices) => {
        if (s !== slot) return onBatch(s, indices);
        const flat = flatIndex(b, slot, indices, tables.sizeOf);
        const above = only
          ? value(v)
          : b.call('select', b.call('eq', flat, parent), value(v), onBatch(s, indices)!);
        return b.call('select', b.call('eq', flat, child), value(w), above);
      });
    const present = there.includes(0) ? b.read(table('joining', b.range(2), sets, there), at) : null;
    const where = factor.where && !isStatic(factor.where) ? on(factor.where) : null;
    const body = on(factor.body);
    (factor.kind === 'energy' ? energies : violations).push(
      b.sum(
        [degree],
        factor.kind === 'energy' ? body : b.call('not', body),
        present && where ? b.call('and', present, where) : (present ?? where),
      ),
    );
  }
  return {
    axes: [...batch.axes, edge, v, w],
    energy: b.addAll(energies),
    violations: violations.length > 0 ? b.addAll(violations) : null,
    tables: made,
  };
}
