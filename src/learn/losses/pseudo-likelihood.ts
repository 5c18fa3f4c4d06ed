/**
 * Pseudo-likelihood: L = (1/N) Σ_n Σ_i −ln p(x_ni | x_n,−i), over all elements i of the discrete unknowns of a row
 * (J. Besag, "Statistical analysis of non-lattice data", The Statistician 24 (1975) 179). Conditionals need no
 * partition function, and what minimises their sum in the limit of many rows has the conditionals of the data.
 *
 * Elements of permutations and subsets are determined by the others: of them, exchanges count, x among {x, x′}. An
 * element with very many values counts by its probability among some of them (`changes.ts` says which). Both are
 * composite likelihoods (B. G. Lindsay, "Composite likelihood methods", Contemporary Mathematics 80 (1988) 221), whose
 * minimum is at the same place.
 *
 * Where only some elements of each row are looked at, the loss is an unbiased estimate of that of all.
 */
import { isDiscrete, showDomain } from '../../domain.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import { type LossChoice, lossOption } from '../options.ts';
import { type ChangeOptions, type Changes, lossOf, makeChanges, overElements } from './changes.ts';
import type { Loss, LossSpec } from './loss.ts';

/**
 * @param form of changes, for tests; else the cheaper one
 * @throws EnergyError E0719 where an unknown is not discrete
 */
export function makePseudoLikelihood(
  spec: LossSpec,
  options: LossChoice,
  form?: ChangeOptions['form'],
): Loss {
  refuseReals(spec, options.kind);
  const b = spec.bound.program.builder;
  const changes = makeChanges(spec, { sites: lossOption(options, 'sites'), form });
  const objective = b.addAll(changes.groups.map((g) => overElements(b, changes.row, g, lossOf(b, g))));
  return lossFrom(changes, objective);
}

/** The loss with what changes read. */
export const lossFrom = (changes: Changes, objective: Loss['objective']): Loss => ({
  rows: changes.rows,
  objective,
  negatives: changes.negatives,
  supported: changes.supported,
  constants: changes.constants,
  inputs: changes.inputs,
  draw: changes.draw,
  deterministic: changes.exhaustive,
  byRow: true,
});

/** @throws EnergyError E0719 where an unknown is not discrete */
export function refuseReals({ energy }: LossSpec, kind: string): void {
  const real = energy.unknowns.find((u) => !isDiscrete(u.domain));
  if (!real) return;
  const mixed = energy.unknowns.some((u) => isDiscrete(u.domain));
  throw new EnergyError([
    {
      severity: 'error',
      code: 'E0719' satisfies LearnCode,
      place: real.span ? at(real.span) : { kind: 'data', file: '' },
      message: `\`${real.name}\` is ${showDomain(real.domain)}; \`${kind}\` compares values that can be counted, of discrete unknowns`,
      suggestion: mixed
        ? 'use `discrepancy(kernel = grid)`, which does the same with the discrete unknowns and perturbs the others'
        : 'use `score_matching` or `discrepancy`',
    },
  ]);
}
