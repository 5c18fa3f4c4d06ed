/**
 * Chains summed out by the forward recursion: with s and p the energies of single elements and of pairs,
 *   α_t(w) = s_t(w) − ln Σ_v exp(−α_{t−1}(v) − p_t(v, w)),
 * and −ln Σ exp(−α) at the last element is the energy of all paths. Several chains are one behind the other: at the
 * first element of a chain the sum over the one before is carried along.
 */
import type { HostArray } from '../arrays.ts';
import { type DiscreteDomain, valueMap, wholeLine } from '../domain.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Batch } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Node, Slot } from '../ir/types.ts';
import type { SiteBlocks } from './blocks.ts';
import { readsOf } from './factors.ts';
import { type Forest, type PairFactor, pairEnergies, singleEnergies } from './forest.ts';
import { isStatic, type Tables } from './incidence.ts';
import { siteColumn } from './static-values.ts';

/** The energy of what cannot be; single precision holds many times as much. */
const IMPOSSIBLE = 1e30;

/** Whether every element that has a parent stands right behind it. */
export const isChain = (f: Forest): boolean => f.parent.every((p, i) => p < 0 || p === i - 1);

export interface ChainSpec {
  readonly b: Builder;
  readonly model: Tables & { readonly builder: Builder };
  readonly info: SiteBlocks;
  readonly forest: Forest;
  readonly batch: Batch;
  /** Receives what the term reads. */
  readonly tables: Map<Slot, HostArray>;
  /** Puts given elements in the place of what is left of the unknown. */
  readonly held: (n: Node) => Node;
  readonly probe: Probe;
}

/** Whether exp(−x) is a number that says x, for all values x of an expression over axes, wherever chains may start. */
export type Probe = (node: Node, axes: readonly Axis[]) => boolean;

/** The energy of all free elements with the paths summed out. */
export function chainTerm(spec: ChainSpec): Node {
  const { b, model, info, forest, batch, tables, held, probe } = spec;
  const n = forest.order.length;
  const states = b.range(forest.states);
  const steps = b.range(n - 1);
  const time = b.axis(steps, 'step');
  const [from, to] = [b.axis(states, 'from'), b.axis(states, 'to')];
  const t = b.axisNode(time);
  const place = b.add(t, b.const(1));

  const single = singleEnergies(b, info, forest, batch, model);
  for (const [s, array] of single.tables) tables.set(s, array);
  const pairs = pairParts(spec, from, to);
  const table = (name: string, values: number, data: Int32Array): Node => {
    const slot = b.slot('table', name, { kind: 'category', values: b.range(values) }, [steps]);
    tables.set(slot, { shape: [n - 1], data });
    return b.read(slot, [t]);
  };
  /** By place − 1: the edge to the place before, and whether there is none. */
  const edgeOf = new Int32Array(n - 1);
  forest.children.forEach((i, e) => {
    edgeOf[i - 1] = e;
  });
  const roots = forest.parent.slice(1).map((p) => (p < 0 ? 1 : 0));
  const several = roots.includes(1);
  const edge = several ? table('edges', forest.children.length, edgeOf) : t;
  const first = several ? table('first', 2, roots) : null;
  const pick = (all: Node, at: Node, state: Axis): Node => b.at(single.axes, all, [at, b.axisNode(state)]);
  const here = bounded(b, held(single.energy), single.violations && held(single.violations));
  const between = bounded(b, held(pairs.energy), pairs.violations && held(pairs.violations));
  const ends = [pairs.edge, from, to];

  // Place 0 is where the recursion starts; its position t is place t + 1.
  const before = b.slot('state', `paths of ${info.slot.name}`, wholeLine, [states]);
  const last = b.read(before, [b.axisNode(from)]);
  const at = [edge, b.axisNode(from), b.axisNode(to)];
  const onward =
    pairs.violations === null && probe(between, ends)
      ? weighed(b, last, b.at(ends, b.call('exp', b.neg(between)), at), from)
      : b.neg(b.reduce('logsumexp', [from], b.sub(b.neg(last), b.at(ends, between, at))));
  const carried = b.neg(b.reduce('logsumexp', [from], b.neg(last)));
  const body = b.add(pick(here, place, to), first ? b.call('select', first, carried, onward) : onward);
  const paths = b.scan(
    { over: time, axes: [to], state: before, init: pick(here, b.const(0), to), body },
    b.const(n - 2),
    [b.axisNode(from)],
  );
  const total = b.neg(b.reduce('logsumexp', [from], b.neg(paths)));
  const never = b.call('gt', total, b.const(IMPOSSIBLE / 2));
  return b.call('select', never, b.const(Number.POSITIVE_INFINITY), total);
}

/**
 * −ln Σ_v exp(−α(v)) q(v, w) with weights q, relative to the least α: an exponential for each state instead of one
 * for each pair. What is too small for a number then is a small share of the sum, as far as `probe` saw.
 */
function weighed(b: Builder, last: Node, weight: Node, from: Axis): Node {
  const least = b.call('stop_gradient', b.reduce('min', [from], last));
  const sum = b.sum([from], b.mul(b.call('exp', b.sub(least, last)), weight));
  return b.sub(least, b.call('log', b.add(sum, b.const(1e-300))));
}

/** Energies with a large number for what is infinite or forbidden, so that no sum or derivative meets an infinity. */
function bounded(b: Builder, energy: Node, violations: Node | null): Node {
  const never = b.call('gt', energy, b.const(IMPOSSIBLE));
  const not = violations ? b.call('or', b.call('gt', violations, b.const(0)), never) : never;
  return b.call('select', not, b.const(IMPOSSIBLE), energy);
}

interface PairParts {
  readonly edge: Axis;
  readonly energy: Node;
  readonly violations: Node | null;
}

/**
 * Energies of pairs over edge and the states at both ends. Where a factor's two reads of the unknown are the two
 * ends of its edge, the states take their place, so that what does not depend on the place does not here either.
 */
function pairParts(spec: ChainSpec, from: Axis, to: Axis): PairParts {
  const { b, model, info, forest, batch, tables } = spec;
  const edges = forest.children.length;
  const edgeSet = b.range(edges);
  const edge = b.axis(edgeSet, 'edge');
  const { offset, scale } = valueMap(info.slot.domain as DiscreteDomain);
  const value = (a: Axis): Node => b.add(b.mul(b.axisNode(a), b.const(scale)), b.const(offset));
  const energies: Node[] = [];
  const violations: Node[] = [];
  const others: PairFactor[] = [];
  for (const p of forest.pairs) {
    const ends = endsOf(spec, p);
    if (!ends) {
      others.push(p);
      continue;
    }
    const { factor } = p;
    const dims = factor.axes.map((a) => model.sizeOf(a.set));
    const columns = dims.map(() => new Int32Array(edges));
    for (let e = 0; e < edges; e++) {
      let rest = p.instance[p.start[e]];
      for (let d = dims.length - 1; d >= 0; d--) {
        columns[d][e] = rest % dims[d];
        rest = Math.floor(rest / dims[d]);
      }
    }
    const place = columns.map((data, d) => {
      const slot = b.slot(
        'table',
        `joining ${factor.axes[d].name}`,
        { kind: 'category', values: factor.axes[d].set },
        [edgeSet],
      );
      tables.set(slot, { shape: [edges], data });
      return b.read(slot, [b.axisNode(edge)]);
    });
    const states = new Map(
      ends.map((read, i) => [read.indices.map((x) => x.id).join(','), i === 0 ? from : to]),
    );
    const on = (n: Node): Node =>
      b.substitute(
        b.mapReads(n, (s, indices) => {
          if (s !== info.slot) return undefined;
          const axis = states.get(indices.map((x) => x.id).join(','));
          return axis && value(axis);
        }),
        factor.axes,
        place,
      );
    const where = factor.where && !isStatic(factor.where) ? on(factor.where) : null;
    const body = on(factor.body);
    (factor.kind === 'energy' ? energies : violations).push(
      b.sum([], factor.kind === 'energy' ? body : b.call('not', body), where),
    );
  }
  if (others.length > 0) {
    const made = pairEnergies(b, info, { ...forest, pairs: others }, batch, model);
    for (const [s, array] of made.tables) tables.set(s, array);
    const at = [edge, from, to].map((a) => b.axisNode(a));
    energies.push(b.substitute(made.energy, made.axes, at));
    if (made.violations) violations.push(b.substitute(made.violations, made.axes, at));
  }
  return {
    edge,
    energy: b.addAll(energies),
    violations: violations.length > 0 ? b.addAll(violations) : null,
  };
}

type Read = Node & { readonly op: 'read' };

/** The reads at the parent and at the child, where they are the same two for every edge, with one instance each. */
function endsOf({ b, model, info, forest }: ChainSpec, p: PairFactor): readonly [Read, Read] | null {
  const { factor, start, instance, only } = p;
  if (!only) return null;
  for (let e = 0; e + 1 < start.length; e++) if (start[e + 1] - start[e] !== 1) return null;
  const reads = readsOf(factor.where ? [factor.body, factor.where] : [factor.body], info.slot);
  if (reads.length !== 2 || reads.some((r) => r.axes.some((a) => !factor.axes.includes(a)))) return null;
  const columns = reads.map((r) =>
    siteColumn(b, info.slot, r.indices, factor.axes, model, referenceEngine()),
  );
  const atEnds = (above: number, below: number): boolean =>
    forest.children.every(
      (i, e) =>
        columns[above][instance[e]] === forest.order[forest.parent[i]] &&
        columns[below][instance[e]] === forest.order[i],
    );
  if (atEnds(0, 1)) return [reads[0], reads[1]];
  return atEnds(1, 0) ? [reads[1], reads[0]] : null;
}
