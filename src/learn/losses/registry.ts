/** Losses by name. */
import type { LossChoice } from '../options.ts';
import { makeContrastive } from './contrastive.ts';
import { makeDiscrepancy } from './discrepancy.ts';
import { makeLikelihood } from './likelihood.ts';
import type { Loss, LossSpec } from './loss.ts';
import { makeMasked } from './masked.ts';
import { makeNeighbourhood } from './neighbourhood.ts';
import { makeNoiseContrastive } from './noise-contrastive.ts';
import { makePseudoLikelihood } from './pseudo-likelihood.ts';
import { makeRatioMatching } from './ratio-matching.ts';
import { makeScoreMatching } from './score-matching.ts';

export type LossMaker = (spec: LossSpec, options: LossChoice) => Loss;

/** By the names of the table of losses in `options.ts`. */
const makers: Readonly<Record<string, LossMaker>> = {
  score_matching: makeScoreMatching,
  noise_contrastive: makeNoiseContrastive,
  discrepancy: (spec, options) => {
    switch (options.kernel) {
      case 'grid':
        return makeNeighbourhood(spec, options);
      case 'mask':
        return makeMasked(spec, options);
      default:
        return makeDiscrepancy(spec, options);
    }
  },
  pseudo_likelihood: makePseudoLikelihood,
  ratio_matching: makeRatioMatching,
  likelihood: makeLikelihood,
  contrastive: makeContrastive,
};

/** @throws EnergyError where the energy or the rows are not of the kind that the loss is for */
export function makeLoss(spec: LossSpec, options: LossChoice): Loss {
  const make = makers[options.kind];
  if (!make) throw new Error(`no loss is called ${options.kind}`);
  return make(spec, options);
}
