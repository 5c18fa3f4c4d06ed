/**
 * The conditional of a block of sites as an expression: for each chain, site and
 * value, the energy of the factor instances that touch the site, with the site set
 * to the value. What does not touch the site is never evaluated.
 */
import type { HostArray } from '../arrays.ts';
import { candidateCount, type DiscreteDomain, largestConditional, stateCount, valueMap } from '../domain.ts';
import type { Batch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import { type Axis, type IndexSet, type Node, type Slot, Uses } from '../ir/types.ts';
import type { SiteBlocks, Touching } from './blocks.ts';
import { byCases } from './cases.ts';
import { readsOf } from './factors.ts';
import { flatIndex, isStatic, type Tables } from './incidence.ts';

export interface Conditional {
  /** [batch, site…, value] */
  readonly axes: readonly Axis[];
  readonly energy: Node;
  /** The site's own indices, over the axes of the batch and of the sites. */
  readonly coords: readonly Node[];
  /** Number of violated constraints that touch the site; null where there are none. */
  readonly violations: Node | null;
  /** Site numbers when they are an input (one program for many blocks); null when fixed. */
  readonly siteSlot: Slot | null;
  /** Tables that the expression reads. */
  readonly tables: ReadonlyMap<Slot, HostArray>;
  /** Along the axis `value`: the domain's states, or as many as there are candidates. */
  readonly states: number;
  /** The values to compare, [batch, site…, value], when they are an input; null for all states in order. */
  readonly candidateSlot: Slot | null;
}

export type SiteSelection =
  /** Every site, addressed by the unknown's own indices. */
  | { readonly kind: 'all' }
  | { readonly kind: 'fixed'; readonly sites: Int32Array }
  /** Any `count` sites, given at run time. */
  | { readonly kind: 'input'; readonly count: number }
  /** One site of each chain, given at run time: the input has the batch's axes. With `count`, that many: one axis more. */
  | { readonly kind: 'each'; readonly count?: number };

interface Site {
  readonly axes: readonly Axis[];
  /** Flat number of the site, and its coordinates. */
  readonly flat: Node;
  readonly coords: readonly Node[];
}

export function conditional(
  b: Builder,
  info: Pick<SiteBlocks, 'slot' | 'touching'>,
  batch: Batch,
  selection: SiteSelection,
  tables: Tables,
): Conditional {
  const { slot } = info;
  const domain = slot.domain as DiscreteDomain;
  const all = stateCount(domain, tables.sizeOf);
  const states = all > largestConditional ? candidateCount : all;
  const v = b.axis(b.range(states), 'value');
  const made = new Map<Slot, HostArray>();
  const { site, siteSlot } = siteOf(b, slot, selection, batch, tables, made);
  const axes = [...batch.axes, ...site.axes, v];
  const candidateSlot =
    states < all
      ? b.slot(
          'input',
          `candidates of ${slot.name}`,
          domain,
          axes.map((a) => a.set),
        )
      : null;
  const { offset, scale } = valueMap(domain);
  const value = candidateSlot
    ? b.read(
        candidateSlot,
        axes.map((a) => b.axisNode(a)),
      )
    : b.add(b.mul(b.axisNode(v), b.const(scale)), b.const(offset));
  const energies: Node[] = [];
  const violations: Node[] = [];
  for (const t of info.touching) {
    const part = touch(b, slot, t, site, value, batch, tables, made);
    (t.factor.kind === 'energy' ? energies : violations).push(part);
  }
  return {
    axes,
    coords: site.coords,
    // Many states of one number are mostly a comparison: a change point.
    energy: slot.sets.length === 0 ? byCases(b, b.addAll(energies), v) : b.addAll(energies),
    violations: violations.length > 0 ? b.addAll(violations) : null,
    siteSlot,
    tables: made,
    states,
    candidateSlot,
  };
}

function siteOf(
  b: Builder,
  slot: Slot,
  selection: SiteSelection,
  batch: Batch,
  tables: Tables,
  made: Map<Slot, HostArray>,
): { readonly site: Site; readonly siteSlot: Slot | null } {
  if (slot.sets.length === 0) return { site: { axes: [], flat: b.const(0), coords: [] }, siteSlot: null };
  if (selection.kind === 'all') {
    const axes = slot.sets.map((s) => b.axis(s));
    const coords = axes.map((a) => b.axisNode(a));
    return { site: { axes, coords, flat: flatIndex(b, slot, coords, tables.sizeOf) }, siteSlot: null };
  }
  const total = slot.sets.reduce((n, s) => n * tables.sizeOf(s), 1);
  if (selection.kind === 'each') {
    const own = selection.count === undefined ? [] : [b.axis(b.range(selection.count), 'site')];
    const over = [...batch.axes, ...own];
    const siteSlot = b.slot(
      'input',
      `site of ${slot.name}`,
      { kind: 'category', values: b.range(total) },
      over.map((a) => a.set),
    );
    const flat = b.read(
      siteSlot,
      over.map((a) => b.axisNode(a)),
    );
    return {
      site: { axes: own, flat, coords: coordinates(b, flat, slot.sets.map(tables.sizeOf)) },
      siteSlot,
    };
  }
  const count = selection.kind === 'fixed' ? selection.sites.length : selection.count;
  const block = b.range(count);
  const axis = b.axis(block, 'site');
  const numbers = b.slot(
    selection.kind === 'fixed' ? 'table' : 'input',
    `sites of ${slot.name}`,
    { kind: 'category', values: b.range(total) },
    [block],
  );
  if (selection.kind === 'fixed') made.set(numbers, { shape: [count], data: selection.sites });
  const flat = b.read(numbers, [b.axisNode(axis)]);
  return {
    site: { axes: [axis], flat, coords: coordinates(b, flat, slot.sets.map(tables.sizeOf)) },
    siteSlot: selection.kind === 'input' ? numbers : null,
  };
}

function coordinates(b: Builder, flat: Node, dims: readonly number[]): Node[] {
  return dims.map((side, d) => {
    const below = dims.slice(d + 1).reduce((x, y) => x * y, 1);
    // Half a site more, because 49 · (1/49) < 1 in floating point.
    const q = below > 1 ? b.call('floor', b.div(b.add(flat, b.const(0.5)), b.const(below))) : flat;
    return d > 0 ? b.call('mod', q, b.const(side)) : q;
  });
}

/** The touching instances of one factor, summed: energy, or number of violated constraints. */
function touch(
  b: Builder,
  slot: Slot,
  { factor, incidence }: Touching,
  site: Site,
  value: Node,
  batch: Batch,
  tables: Tables,
  made: Map<Slot, HostArray>,
): Node {
  const whole = (body: Node): Node => (factor.kind === 'energy' ? body : b.call('not', body));
  const set = (n: Node): Node => setSite(b, slot, n, site, value, batch, tables.sizeOf);
  switch (incidence.kind) {
    case 'slab': {
      const rest = factor.axes.filter((a) => !incidence.axes.includes(a));
      const fix = (n: Node): Node =>
        b.substitute(
          b.mapReads(n, (s, indices) => (s === slot ? value : onBatch(b, batch, s, indices))),
          incidence.axes,
          site.coords,
        );
      return b.sum(rest, whole(fix(factor.body)), factor.where && fix(factor.where));
    }
    case 'rows': {
      const { instance, mask, degree } = instanceTables(b, factor.axes, incidence, slot, tables, made);
      const at = [...site.coords, b.axisNode(degree)];
      const positions = instance.map((t) => b.read(t, at));
      const move = (n: Node): Node => b.substitute(n, factor.axes, positions);
      const single = incidence.single && readsOf([factor.body], slot).length === 1;
      const on = (n: Node): Node =>
        single
          ? b.mapReads(move(n), (s, indices) => (s === slot ? value : onBatch(b, batch, s, indices)))
          : setSite(b, slot, move(n), site, value, batch, tables.sizeOf);
      const present = mask ? b.read(mask, at) : null;
      // What is static has decided already which instances there are.
      const dynamic = factor.where && !isStatic(factor.where) ? on(factor.where) : null;
      return b.sum(
        [degree],
        whole(on(factor.body)),
        present && dynamic ? b.call('and', present, dynamic) : (present ?? dynamic),
      );
    }
    case 'dense':
      return b.sum(factor.axes, whole(set(factor.body)), factor.where && set(factor.where));
  }
}

function onBatch(b: Builder, batch: Batch, s: Slot, indices: readonly Node[]): Node | undefined {
  const to = batch.slots.get(s);
  return to && b.read(to, [...batch.axes.map((a) => b.axisNode(a)), ...indices]);
}

/** Tables from (site, k) to the factor's axes; rows shorter than the longest are masked. */
function instanceTables(
  b: Builder,
  axes: readonly Axis[],
  inc: { readonly start: Int32Array; readonly instance: Int32Array; readonly maxDegree: number },
  slot: Slot,
  tables: Tables,
  made: Map<Slot, HostArray>,
) {
  const sites = inc.start.length - 1;
  const width = Math.max(1, inc.maxDegree);
  const degreeSet = b.range(width);
  const degree = b.axis(degreeSet, 'k');
  const dims = axes.map((a) => tables.sizeOf(a.set));
  const shape = [...slot.sets.map(tables.sizeOf), width];
  const columns = axes.map(() => new Int32Array(sites * width));
  const mask = new Int32Array(sites * width);
  let full = true;
  for (let s = 0; s < sites; s++)
    for (let k = 0; k < width; k++) {
      const at = inc.start[s] + k;
      if (at >= inc.start[s + 1]) {
        full = false;
        continue;
      }
      mask[s * width + k] = 1;
      let e = inc.instance[at];
      for (let d = axes.length - 1; d >= 0; d--) {
        columns[d][s * width + k] = e % dims[d];
        e = Math.floor(e / dims[d]);
      }
    }
  const sets: readonly IndexSet[] = [...slot.sets, degreeSet];
  const table = (name: string, data: Int32Array, values: IndexSet): Slot => {
    const t = b.slot('table', name, { kind: 'category', values }, sets);
    made.set(t, { shape, data });
    return t;
  };
  return {
    degree,
    instance: columns.map((c, d) => table(`touching ${axes[d].name}`, c, axes[d].set)),
    mask: full ? null : table('touching', mask, b.range(2)),
  };
}

/**
 * The expression on the batch with the site set to `value`. A sum that reads the
 * unknown once at its own axes is split: Σ f(x) + [f(value) − f(x)] at the site,
 * so the first layer of a network costs a rank-one update and not a product.
 */
function setSite(
  b: Builder,
  slot: Slot,
  root: Node,
  site: Site,
  value: Node,
  batch: Batch,
  sizeOf: (set: IndexSet) => number,
): Node {
  const memo = new Map<Node, Node>();
  const plain = (n: Node): Node => batch.on(n);
  const go = (n: Node): Node => {
    if ((n.uses & Uses.unknown) === 0) return n;
    const known = memo.get(n);
    if (known) return known;
    const out = step(n);
    memo.set(n, out);
    return out;
  };
  const readAt = (s: Slot, indices: readonly Node[]): Node | undefined => {
    if (s !== slot) return onBatch(b, batch, s, indices);
    if (slot.sets.length === 0) return value;
    const here = b.call('eq', flatIndex(b, slot, indices, sizeOf), site.flat);
    return b.call('select', here, value, onBatch(b, batch, slot, indices)!);
  };
  const step = (n: Node): Node => {
    switch (n.op) {
      case 'const':
      case 'axis':
      case 'size':
        return n;
      case 'read': {
        const indices = n.indices.map(go);
        return readAt(n.slot, indices) ?? b.read(n.slot, indices);
      }
      case 'at':
        return b.apply({ axes: n.params, body: go(n.body) }, n.indices.map(go));
      case 'call':
        return b.call(n.fn, ...n.args.map(go));
      case 'reduce': {
        const split = n.kind === 'sum' ? splitSum(n) : undefined;
        return split ?? b.reduce(n.kind, n.over, go(n.body), n.where && go(n.where));
      }
      case 'matrix':
        return b.matrix(
          n.fn,
          n.args.map((a) => ({ axes: a.axes, body: go(a.body) })),
          n.indices.map(go),
        );
      case 'scan':
        // Its params take on the axes of the chain, the site and the value.
        return b.mapReads(n, (s, indices) => readAt(s, indices));
      case 'scatter':
        return b.scatter(n.into, n.over, n.indices.map(go), go(n.body), n.where && go(n.where));
    }
  };
  const splitSum = (n: Node & { op: 'reduce' }): Node | undefined => {
    const reads = readsOf(n.where ? [n.body, n.where] : [n.body], slot);
    if (reads.length !== 1 || slot.sets.length === 0) return undefined;
    const axes = reads[0].indices.map((i) => (i.op === 'axis' && n.over.includes(i.axis) ? i.axis : null));
    if (axes.some((a) => a === null) || new Set(axes).size !== axes.length) return undefined;
    const own = axes as Axis[];
    const rest = n.over.filter((a) => !own.includes(a));
    const withValue = (x: Node): Node =>
      b.mapReads(x, (s, indices) => (s === slot ? value : onBatch(b, batch, s, indices)));
    const here = (x: Node): Node => b.substitute(x, own, site.coords);
    const before = b.sum(n.over, plain(n.body), n.where && plain(n.where));
    const was = b.sum(rest, here(plain(n.body)), n.where && here(plain(n.where)));
    const is = b.sum(rest, here(withValue(n.body)), n.where && here(withValue(n.where)));
    return b.add(before, b.sub(is, was));
  };
  return go(root);
}
