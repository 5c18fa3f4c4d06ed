/** Samplers of discrete unknowns other than Gibbs kernels: where they apply, and when the plan takes them by itself. */

import type { SiteBlocks } from '../analyse/blocks.ts';
import {
  type ClusterGraph,
  clusterGraph,
  isSatisfiable,
  pinningOf,
  strengthOf,
} from '../analyse/cluster-graph.ts';
import { conditional } from '../analyse/conditional.ts';
import { largestConditional, stateCount } from '../domain.ts';
import { machines, nanoseconds, workOf } from '../engines/cost.ts';
import type { Output } from '../engines/engine.ts';
import type { SiteTables } from '../engines/kernels/site-tables.ts';
import { gradientOutputs } from '../infer/discrete/target.ts';
import { type Clamp, fault, freeCount, type Model } from '../infer/model.ts';
import { makeBatch } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import { type SamplerName, samplers } from '../samplers.ts';

/** Samplers that move all their unknowns together, as one row of sites. */
export const proposers = [
  'random_scan',
  'metropolised',
  'informed',
  'barker',
  'gradients',
  'path',
  'dmala',
  'dula',
  'block',
  'ball',
] as const satisfies readonly SamplerName[];
export type ProposerName = (typeof proposers)[number];

export type ClusterName = 'swendsen_wang' | 'wolff';

/** Unknowns that are moved together by a sampler of `proposers`. */
export interface ProposerPlan {
  readonly method: ProposerName;
  readonly slots: readonly Slot[];
  /** Of these unknowns: their sweeps mend states that break a requirement. */
  readonly blocks: readonly SiteBlocks[];
  readonly why: string;
}

/** Cluster moves beside Gibbs sweeps. */
export interface ClusterPlan {
  readonly method: ClusterName;
  readonly tables: SiteTables;
  readonly graph: ClusterGraph;
  /** Sweeps between cluster moves. */
  readonly period: number;
  readonly slots: readonly Slot[];
  readonly why: string;
}

export const isProposer = (name: string | undefined): name is ProposerName =>
  name !== undefined && (proposers as readonly string[]).includes(name);

export const isCluster = (name: string | undefined): name is ClusterName =>
  name === 'swendsen_wang' || name === 'wolff';

/** @throws EnergyError E0704 where the method that was asked for does not apply to any of the unknowns */
export function wantedProposer(
  model: Model,
  blocks: readonly SiteBlocks[],
  method: ProposerName,
): ProposerPlan {
  const served = blocks.filter((i) => stateCount(i.slot.domain, model.sizeOf) <= largestConditional);
  if (served.length === 0)
    throw unfit(
      model,
      method,
      `\`${blocks[0].slot.name}\` has more than ${largestConditional} states, whose energies it would all have to compare`,
    );
  if (method === 'dula' && model.energy.support.length > 0)
    throw unfit(model, method, 'without a test its moves would leave what `require` allows');
  return {
    method,
    slots: served.map((i) => i.slot),
    blocks: served,
    why: `discrete: ${samplers[method].how}; as asked for`,
  };
}

/** @throws EnergyError E0704 where no coupling is of the kind that clusters are made of */
export function wantedClusters(model: Model, tables: SiteTables | null, method: ClusterName): ClusterPlan {
  if (tables === null || tables.groups.length === 0)
    throw unfit(model, method, 'what its elements share cannot be tabulated');
  const graph = clusterGraph(tables);
  if ('why' in graph) throw unfit(model, method, graph.why);
  return {
    method,
    tables,
    graph,
    period: 1,
    slots: tables.groups.map((g) => g.slot),
    why: `${samplers[method].how}, after every sweep; as asked for`,
  };
}

const unfit = (model: Model, method: string, why: string): Error =>
  fault(
    'E0704',
    model.energy.span,
    `\`${method}\` does not apply to \`${model.energy.name}\`: ${why}`,
    'leave `method` out to have one chosen, or use `gibbs`',
  );

/** From this strength on (1: the critical point of a tree) single sites lose sight of clusters. */
const STRONG = 0.9;
/** Fields of more than this share of the couplings decide by themselves which way a cluster points. */
const WEAK_FIELD = 0.1;
/** Sites of clusters, at least: fewer change their mind by themselves. */
const MANY_SITES = 16;
/** Neighbours of a site on average, at most: where all touch all, every cluster is the whole. */
const FEW_NEIGHBOURS = 12;

/** Links of an unknown, at most: beyond, sweeps are so much quicker that clusters are asked for by name. */
const MANY_LINKS = 2 ** 20;

/** Sweeps between cluster moves: these take about as long as the quickest sweeps between them. */
const CLUSTER_PERIOD = 128;

/** Cluster moves where couplings are strong, alike and few; null elsewhere. */
export function usefulClusters(tables: SiteTables | null): ClusterPlan | null {
  if (tables === null || tables.groups.length === 0) return null;
  if (tables.groups.some((g) => g.conditional.start[g.count] > MANY_LINKS)) return null;
  const graph = clusterGraph(tables);
  if ('why' in graph) return null;
  const sites = graph.positions.length;
  if (sites < MANY_SITES || (2 * graph.left.length) / sites > FEW_NEIGHBOURS) return null;
  const strength = strengthOf(graph);
  const mean = graph.coupling.reduce((n, k) => n + Math.abs(k), 0) / graph.coupling.length;
  if (strength < STRONG || pinningOf(graph) > WEAK_FIELD * mean || !isSatisfiable(graph)) return null;
  return {
    method: 'swendsen_wang',
    tables,
    graph,
    period: CLUSTER_PERIOD,
    slots: tables.groups.map((g) => g.slot),
    why: `${samplers.swendsen_wang.how}, after every ${CLUSTER_PERIOD} sweeps, because the couplings are strong enough to order neighbours`,
  };
}

/** Sweeps of conditionals may take so many gradients, and no unknown fewer elements, before paths are quicker. */
const DEAR = 16;
const MANY_ELEMENTS = 16;

/**
 * Paths guided by gradients, for unknowns whose conditionals the engine has to compute; null where sweeps are no
 * dearer. A path of √d steps moves about as far as a sweep of d elements (bench/discrete).
 */
export function usefulPaths(model: Model, blocks: readonly SiteBlocks[], clamp: Clamp): ProposerPlan | null {
  const free = blocks.reduce((n, i) => n + freeCount(clamp, i.slot), 0);
  if (free < MANY_ELEMENTS || model.energy.support.length > 0) return null;
  if (blocks.some((i) => stateCount(i.slot.domain, model.sizeOf) > largestConditional)) return null;
  const machine = machines[model.engine.name] ?? machines['tfjs:cpu'];
  const b = model.builder;
  const chain = b.axis(b.range(1), 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [chain]);
  const cost = (outputs: readonly Output[]): number =>
    nanoseconds(workOf({ outputs, sizeOf: model.sizeOf }), machine);
  let sweep = 0;
  for (const info of blocks) {
    const each = Math.max(1, Math.round(info.sites / info.blocks.length));
    const { axes, energy } = conditional(b, info, batch, { kind: 'input', count: each }, model);
    sweep += info.blocks.length * cost([{ name: 'energy', axes, node: energy }]);
  }
  if (sweep < DEAR * machine.call) return null;
  const slots = blocks.map((i) => i.slot);
  const { outputs, blind } = gradientOutputs(model, slots, chain, batch);
  const times = sweep / cost(outputs);
  if (blind || times < DEAR) return null;
  return {
    method: 'path',
    slots,
    blocks,
    why: `discrete: ${samplers.path.how}, because a sweep of exact conditionals takes about ${Number(times.toPrecision(2))} times as long as a gradient`,
  };
}

/** Evaluations of the energy in one sweep, about, with so many free elements: a gradient takes as long as three. */
export function evaluationsOf({ method }: ProposerPlan, free: number): number {
  switch (method) {
    case 'random_scan':
    case 'metropolised':
      return free;
    case 'informed':
    case 'barker':
      return free * free;
    case 'block':
    case 'ball':
      return 10 * free;
    case 'gradients':
      return 0.75 * free;
    case 'path':
      return 1.5 * Math.sqrt(free);
    case 'dmala':
    case 'dula':
      return 12;
  }
}
