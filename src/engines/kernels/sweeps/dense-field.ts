/**
 * Sweeps where most sites are linked to most: links are kept as a matrix, its rows added up in vectors. Sites that
 * go one at a time have their fields kept from flip to flip; large blocks get theirs as a matrix product.
 */
import { denseBlocks } from './dense-blocks.ts';
import { type DenseLimits, denseMatrix } from './dense-matrix.ts';
import { denseSingle } from './dense-single.ts';
import type { KernelMaker } from './stage.ts';

/** From this many sites to a block on, on average, blocks are updated at once. */
const LARGE_BLOCK = 16;

/** @param limits from how many links on a matrix is worth its memory */
export const denseFieldFrom =
  (limits: DenseLimits): KernelMaker =>
  (stage, group) => {
    if (group.states !== 2 || group.conditional.kind !== 'field') return null;
    const large = group.count >= LARGE_BLOCK * (group.blocks.length - 1);
    const matrix = denseMatrix(group, limits, !large);
    if (!matrix) return null;
    return large ? denseBlocks(stage, group, matrix) : denseSingle(stage, group, matrix);
  };

/** Two-valued sites with 32 links or more on average, and half as many as there are neighbours. */
export const denseField: KernelMaker = denseFieldFrom({ leastLinks: 32, leastFilled: 0.5 });
