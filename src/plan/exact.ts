/** When all that is free is finite and of small width: exact draws in the place of Markov chains that mix. */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { discreteGraph, type ModelGraph } from '../analyse/discrete-graph.ts';
import { forestOf } from '../analyse/forest.ts';
import { largestConditional } from '../domain.ts';
import { type Elimination, eliminationOrder, powerOfTwo } from '../exact/order.ts';
import { type Clamp, fault, freeCount, type Model } from '../infer/model.ts';

export interface ExactPlan {
  readonly graph: ModelGraph;
  readonly elimination: Elimination;
  readonly why: string;
}

/** What a plan takes by itself: as much work as some sweeps. */
const BY_ITSELF = { variables: 2 ** 12, joint: 2 ** 12, largest: 2 ** 18, total: 2 ** 20, restarts: 2 };
/** The same where something is required: sweeps may be shut in, so that more work is worth it. */
const REQUIRED = { variables: 2 ** 12, joint: 2 ** 16, largest: 2 ** 24, total: 2 ** 25, restarts: 4 };
/** What is done where it is asked for. */
const ASKED = { variables: 2 ** 18, joint: 2 ** 16, largest: 2 ** 25, total: 2 ** 30, restarts: 12 };
/** Numbers in the tables that draws keep, by themselves and where they are asked for. */
const MAX_KEPT = 2 ** 23;
const MAX_KEPT_ASKED = 2 ** 27;

/**
 * @param blocks of every discrete unknown with free elements but arrangements
 * @param wanted the sampler that was asked for
 * @returns null where something else is better, or was asked for
 * @throws EnergyError E0704 where `exact` was asked for and cannot be
 */
export function planExact(
  model: Model,
  blocks: readonly SiteBlocks[],
  clamp: Clamp,
  wanted?: string,
): ExactPlan | null {
  const asked = wanted === 'exact';
  if (!asked && wanted !== undefined) return null;
  const required = model.energy.support.some((c) => !c.implied);
  const limits = asked ? ASKED : required ? REQUIRED : BY_ITSELF;
  const free = model.unknowns.filter((u) => freeCount(clamp, u.slot) > 0);
  const left = free.find((u) => !blocks.some((i) => i.slot === u.slot));
  const elements = free.reduce((n, u) => n + freeCount(clamp, u.slot), 0);
  if (!asked) {
    if (left || elements > limits.variables) return null;
    // Chains and trees have draws of their own.
    if (blocks.length === 1 && forestOf(model, blocks[0], clamp)) return null;
  }
  const made = left
    ? { why: `\`${left.slot.name}\` is free, too, and no finite unknown` }
    : discreteGraph(model, clamp, limits);
  const elimination = 'why' in made ? made : eliminationOrder(made.graph, limits);
  if ('why' in made || 'why' in elimination || elimination.kept > (asked ? MAX_KEPT_ASKED : MAX_KEPT)) {
    if (!asked) return null;
    const why = 'why' in elimination ? elimination.why : 'its tables take too much memory';
    throw fault(
      'E0704',
      model.energy.span,
      `\`${model.energy.name}\` cannot be drawn exactly, because ${why}`,
      'leave `method` out',
    );
  }
  const { width, largest } = elimination;
  // Without factors between them, elements are drawn exactly by sweeps.
  if (!asked && width === 0 && largest <= largestConditional) return null;
  return {
    graph: made,
    elimination,
    why: `discrete: independent exact draws of all elements together, by summing them out one by one (width ${width}, the largest table ${powerOfTwo(largest)} numbers)${asked ? '; as asked for' : ''}`,
  };
}

/** As plans tell it. */
export const costsOf = ({ width, largest, total }: Elimination) => ({ width, largest, total });
