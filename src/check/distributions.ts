/** Every distribution of the language, by name: what `~` and the reference of the language read. */
import type { Distribution } from './distribution.ts';
import { countDistributions } from './distributions-count.ts';
import { matrixDistributions } from './distributions-matrix.ts';
import { realDistributions } from './distributions-real.ts';
import { vectorDistributions } from './distributions-vector.ts';

export type { Distribution } from './distribution.ts';

export const distributions: ReadonlyMap<string, Distribution> = new Map(
  [...realDistributions, ...countDistributions, ...vectorDistributions, ...matrixDistributions].map((d) => [
    d.name,
    d,
  ]),
);
