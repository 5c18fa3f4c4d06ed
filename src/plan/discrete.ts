/** Samplers of discrete unknowns other than Gibbs kernels: where they apply, and when the plan takes them by itself. */

import type { SiteBlocks } from '../analyse/blocks.ts';
import {
  type ClusterGraph,
  clusterGraph,
  isSatisfiable,
  pinningOf,
  strengthOf,
} from '../analyse/cluster-graph.ts';
import { largestConditional, stateCount } from '../domain.ts';
import type { SiteTables } from '../engines/kernels/site-tables.ts';
import { fault, type Model } from '../infer/model.ts';
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

/** How many sweeps a cluster move costs at most, where kernels sweep: every so many sweeps one is worth it. */
export const CLUSTER_PERIOD = 16;

/** Cluster moves where couplings are strong, alike and few; null elsewhere. */
export function usefulClusters(tables: SiteTables | null): ClusterPlan | null {
  if (tables === null || tables.groups.length === 0) return null;
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
