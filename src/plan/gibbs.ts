/** Which machine draws which discrete unknowns: kernels where conditionals can be tabulated, exact draws of forests, else the engine. */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { type Forest, forestOf } from '../analyse/forest.ts';
import { siteTables } from '../analyse/site-tables.ts';
import type { SiteTables } from '../engines/kernels/site-tables.ts';
import type { SweepKernels } from '../engines/kernels/sweeps/sweep.ts';
import type { Clamp, Model } from '../infer/model.ts';
import type { Slot } from '../ir/types.ts';
import type { SamplerName } from '../samplers.ts';
import {
  type ClusterPlan,
  isCluster,
  isProposer,
  type ProposerPlan,
  usefulClusters,
  usefulPaths,
  wantedClusters,
  wantedProposer,
} from './discrete.ts';
import { type ExactPlan, planExact } from './exact.ts';

export interface KernelPlan {
  /** Groups are what the kernels sweep. */
  readonly tables: SiteTables;
  /** Made to learn what they are; whoever draws takes them for its chains. */
  readonly kernels: SweepKernels;
}

export interface ForestPlan {
  readonly info: SiteBlocks;
  readonly forest: Forest;
}

export interface GibbsPlan {
  /** All of them drawn together, exactly; null where they are not. Then there is nothing else. */
  readonly exact: ExactPlan | null;
  /** Swept by kernels; null where nothing is. */
  readonly kernels: KernelPlan | null;
  /** Drawn as a whole. */
  readonly forests: readonly ForestPlan[];
  /** Drawn block by block with conditionals that the engine computes. */
  readonly conditionals: readonly SiteBlocks[];
  /** Unknowns that another sampler moves together; null where there are none. */
  readonly proposer: ProposerPlan | null;
  /** Cluster moves beside the sweeps; null where they are no use. */
  readonly clusters: ClusterPlan | null;
  /** Samplers of unknowns that are not drawn by Gibbs alone. */
  readonly methods: ReadonlyMap<Slot, SamplerName>;
  /** How each unknown is drawn and why, in words. */
  readonly how: ReadonlyMap<Slot, string>;
  /** Gives the memory of kernels back: nothing may be drawn by the plan any more. */
  dispose(): void;
}

/**
 * @param blocks of every discrete unknown with free elements but arrangements
 * @param wanted the sampler that was asked for
 * @throws EnergyError E0704 where it does not apply
 */
export function planGibbs(
  model: Model,
  blocks: readonly SiteBlocks[],
  clamp: Clamp,
  wanted?: string,
): GibbsPlan {
  const exact = planExact(model, blocks, clamp, wanted);
  if (exact) return drawnExactly(blocks, exact);
  if (isProposer(wanted)) {
    const proposer = wantedProposer(model, blocks, wanted);
    const rest = blocks.filter((i) => !proposer.slots.includes(i.slot));
    return { ...sweeps(model, rest, clamp), ...proposed(proposer) };
  }
  const asked = isCluster(wanted);
  const plan = sweeps(model, blocks, clamp, asked);
  if (!asked && (wanted === 'gibbs' || wanted === 'mixed')) return plan;
  const paths = asked || plan.conditionals.length === 0 ? null : usefulPaths(model, plan.conditionals, clamp);
  const tables =
    plan.kernels?.tables ??
    (asked ? siteTables(model.builder, model.energy, blocks, clamp.fixed, model, model.engine).tables : null);
  let clusters: ClusterPlan | null;
  try {
    clusters = asked ? wantedClusters(model, tables, wanted) : usefulClusters(tables);
  } catch (e) {
    plan.dispose();
    throw e;
  }
  return {
    ...plan,
    conditionals: paths ? [] : plan.conditionals,
    proposer: paths,
    clusters,
    methods: new Map([
      ...(clusters?.slots ?? []).map((s) => [s, clusters!.method] as const),
      ...(paths?.slots ?? []).map((s) => [s, paths!.method] as const),
    ]),
    how: new Map([
      ...plan.how,
      ...(clusters?.slots ?? []).map((s) => [s, `${plan.how.get(s) ?? 'swept'}; ${clusters!.why}`] as const),
    ]),
  };
}

const drawnExactly = (blocks: readonly SiteBlocks[], exact: ExactPlan): GibbsPlan => ({
  exact,
  kernels: null,
  forests: [],
  conditionals: [],
  proposer: null,
  clusters: null,
  methods: new Map(blocks.map((i) => [i.slot, 'exact'])),
  how: new Map(),
  dispose: () => undefined,
});

const proposed = (proposer: ProposerPlan): Pick<GibbsPlan, 'proposer' | 'methods'> => ({
  proposer,
  methods: new Map(proposer.slots.map((s) => [s, proposer.method])),
});

/** @param whole whether unknowns whose elements form trees are swept like others */
function sweeps(model: Model, blocks: readonly SiteBlocks[], clamp: Clamp, whole = false): GibbsPlan {
  const how = new Map<Slot, string>();
  const forests: ForestPlan[] = [];
  const others: SiteBlocks[] = [];
  for (const info of blocks) {
    const forest = whole ? null : forestOf(model, info, clamp);
    if (forest) {
      forests.push({ info, forest });
      how.set(info.slot, 'its elements form chains or trees: drawn together, forward and back');
    } else others.push(info);
  }
  const nothing = (): void => undefined;
  const alone = { exact: null, proposer: null, clusters: null, methods: new Map<Slot, SamplerName>() };
  if (!model.kernels?.sweepKernels || others.length === 0)
    return { ...alone, kernels: null, forests, conditionals: others, how, dispose: nothing };
  const { tables, left } = siteTables(model.builder, model.energy, others, clamp.fixed, model, model.kernels);
  const byEngine = new Map(left);
  let groups = tables.groups;
  let swept: SweepKernels | null = null;
  if (groups.length > 0) {
    const kernels = model.kernels.sweepKernels(tables);
    for (const { slot, form } of kernels.forms) how.set(slot, `swept by code made for them: ${form}`);
    for (const slot of kernels.unfit)
      byEngine.set(slot, 'small energies beside such large ones need double precision');
    groups = groups.filter((g) => !byEngine.has(g.slot));
    if (groups.length > 0) swept = kernels;
    else kernels.dispose();
  }
  for (const [slot, why] of byEngine)
    how.set(slot, `conditionals evaluated by ${model.engine.name}, not by code of their own, because ${why}`);
  return {
    ...alone,
    kernels: swept && { tables: { ...tables, groups }, kernels: swept },
    forests,
    conditionals: others.filter((info) => byEngine.has(info.slot)),
    how,
    dispose: () => swept?.dispose(),
  };
}
