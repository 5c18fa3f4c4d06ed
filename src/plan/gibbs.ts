/** Which machine draws which discrete unknowns: kernels where conditionals can be tabulated, exact draws of forests, else the engine. */
import type { SiteBlocks } from '../analyse/blocks.ts';
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
export const planGibbs = (_model: Model, blocks: readonly SiteBlocks[], _clamp: Clamp): GibbsPlan => ({
  kernels: null,
  forests: [],
  conditionals: blocks,
  how: new Map(),
});
