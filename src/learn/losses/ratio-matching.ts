/**
 * Ratio matching: L = (1/N) Σ_n Σ_x′ g(p(x_n)/p(x′))², g(u) = 1/(1 + u), over the single changes x′ of a row
 * (A. Hyvärinen, "Some extensions of score matching", Computational Statistics & Data Analysis 51 (2007) 2499, for
 * two-state elements, where x′ is x with one of them flipped). g(p(x)/p(x′)) is the probability of x′ among {x, x′}, so
 * each pair of neighbouring states is scored by the squares of Brier, a proper score: the loss is least where all
 * ratios are those of the data, and like those of conditionals they need no partition function. That is what carries
 * over to elements of more values, each of which makes a pair with what is, and to exchanges in arrangements (S. Lyu,
 * "Interpretation and generalization of score matching", UAI 2009, is another generalisation to discrete data, by
 * conditionals of all values).
 *
 * It is bounded: a row that is all but impossible pulls no more than one that is merely unlikely.
 */
import { type LossChoice, lossOption } from '../options.ts';
import { type ChangeOptions, makeChanges, overElements } from './changes.ts';
import type { Loss, LossSpec } from './loss.ts';
import { lossFrom, refuseReals } from './pseudo-likelihood.ts';

/**
 * @param form of changes, for tests; else the cheaper one
 * @throws EnergyError E0719 where an unknown is not discrete
 */
export function makeRatioMatching(spec: LossSpec, options: LossChoice, form?: ChangeOptions['form']): Loss {
  refuseReals(spec, options.kind);
  const b = spec.bound.program.builder;
  const changes = makeChanges(spec, { sites: lossOption(options, 'sites'), form });
  const parts = changes.groups.map((g) => {
    const other = g.own && b.call('not', g.own);
    const where = other && g.where ? b.call('and', other, g.where) : (other ?? g.where);
    const scores = b.sum([g.value], b.call('square', b.call('sigmoid', g.gap)), where);
    return overElements(b, changes.row, g, scores);
  });
  return lossFrom(changes, b.addAll(parts));
}
