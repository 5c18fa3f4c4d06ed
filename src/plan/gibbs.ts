/** Which machine draws which discrete unknowns: kernels where conditionals can be tabulated, exact draws of forests, else the engine. */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { type Forest, forestOf } from '../analyse/forest.ts';
import { siteTables } from '../analyse/site-tables.ts';
import type { SiteTables } from '../engines/kernels/site-tables.ts';
import type { SweepKernels } from '../engines/kernels/sweeps/sweep.ts';
import type { Clamp, Model } from '../infer/model.ts';
import type { Slot } from '../ir/types.ts';

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
  /** Swept by kernels; null where nothing is. */
  readonly kernels: KernelPlan | null;
  /** Drawn as a whole. */
  readonly forests: readonly ForestPlan[];
  /** Drawn block by block with conditionals that the engine computes. */
  readonly conditionals: readonly SiteBlocks[];
  /** How each unknown is drawn and why, in words. */
  readonly how: ReadonlyMap<Slot, string>;
  /** Gives the memory of kernels back: nothing may be drawn by the plan any more. */
  dispose(): void;
}

/** @param blocks of every discrete unknown with free elements but arrangements */
export function planGibbs(model: Model, blocks: readonly SiteBlocks[], clamp: Clamp): GibbsPlan {
  const how = new Map<Slot, string>();
  const forests: ForestPlan[] = [];
  const others: SiteBlocks[] = [];
  for (const info of blocks) {
    const forest = forestOf(model, info, clamp);
    if (forest) {
      forests.push({ info, forest });
      how.set(info.slot, 'its elements form chains or trees: drawn together, forward and back');
    } else others.push(info);
  }
  const nothing = (): void => undefined;
  if (!model.kernels?.sweepKernels || others.length === 0)
    return { kernels: null, forests, conditionals: others, how, dispose: nothing };
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
    kernels: swept && { tables: { ...tables, groups }, kernels: swept },
    forests,
    conditionals: others.filter((info) => byEngine.has(info.slot)),
    how,
    dispose: () => swept?.dispose(),
  };
}
