/** Which machine draws which discrete unknowns: kernels where conditionals can be tabulated, exact draws of forests, else the engine. */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { forestOf } from '../analyse/forest.ts';
import { siteTables } from '../analyse/site-tables.ts';
import type { SiteTables } from '../engines/kernels/site-tables.ts';
import type { Clamp, Model } from '../infer/model.ts';
import type { Slot } from '../ir/types.ts';

export interface GibbsPlan {
  /** Swept by kernels; null where nothing is. */
  readonly kernels: SiteTables | null;
  /** Drawn as a whole. */
  readonly forests: readonly SiteBlocks[];
  /** Drawn block by block with conditionals that the engine computes. */
  readonly conditionals: readonly SiteBlocks[];
  /** How each unknown is drawn and why, in words. */
  readonly how: ReadonlyMap<Slot, string>;
}

/** @param blocks of every discrete unknown with free elements but arrangements */
export function planGibbs(model: Model, blocks: readonly SiteBlocks[], clamp: Clamp): GibbsPlan {
  const how = new Map<Slot, string>();
  const forests = blocks.filter((info) => forestOf(model, info, clamp) !== null);
  for (const { slot } of forests)
    how.set(slot, 'its elements form chains or trees: drawn together, forward and back');
  const others = blocks.filter((info) => !forests.includes(info));
  if (!model.kernels?.sweeper || others.length === 0)
    return { kernels: null, forests, conditionals: others, how };
  const { tables, left } = siteTables(model.builder, model.energy, others, clamp.fixed, model, model.kernels);
  const byEngine = new Map(left);
  let groups = tables.groups;
  if (groups.length > 0) {
    const sweeper = model.kernels.sweeper(tables, 0);
    sweeper.dispose();
    for (const { slot, form } of sweeper.forms) how.set(slot, `swept by code made for them: ${form}`);
    for (const slot of sweeper.unfit)
      byEngine.set(slot, 'small energies beside such large ones need double precision');
    groups = groups.filter((g) => !byEngine.has(g.slot));
  }
  for (const [slot, why] of byEngine)
    how.set(slot, `conditionals evaluated by ${model.engine.name}, not by code of their own, because ${why}`);
  return {
    kernels: groups.length > 0 ? { ...tables, groups } : null,
    forests,
    conditionals: others.filter((info) => byEngine.has(info.slot)),
    how,
  };
}
