/**
 * Energy discrepancy with the kernel of neighbourhoods ("grid"): an element of a row is deleted, and what it was is to
 * be recovered. The posterior of x given the rest is uniform before the energy is known, so the contrastive potential
 * is a sum over the values of that element. It is computed, not estimated from draws:
 *   −ln p(x_i | x_−i) = ln Σ_v exp(U(x) − U(x with x_i = v)),
 * with nothing to stabilise. The loss is its mean over elements and rows, and so a stochastic pseudo-likelihood
 * (T. Schröder, Z. Ou, Y. Li, A. Duncan, arXiv 2412.01019, estimates the sum from M values drawn uniformly).
 *
 * Rows with reals: a mean of discrepancies is one, so discrete elements are deleted as above while the reals stay, and
 * the reals are perturbed all at once by the Gaussian kernel of `perturb.ts` while the discrete elements stay, with M
 * recoveries as in `discrepancy.ts`. Each part counts by its number of elements:
 *   L = (D/(D + R)) · mean over discrete elements + (R/(D + R)) · discrepancy of the reals.
 */
import type { HostArray } from '../../arrays.ts';
import { isArranged, isDiscrete } from '../../domain.ts';
import { type Batch, makeBatch } from '../../ir/batch.ts';
import type { Node, Slot } from '../../ir/types.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { makePerturbation } from '../perturb.ts';
import { asInputs } from '../rows.ts';
import { supportOf } from '../support.ts';
import { type ChangeOptions, type Changes, lossOf, makeChanges, overElements } from './changes.ts';
import { besideRows, meanLoss, perturbationOf, progressOf, touchedPart } from './discrepancy.ts';
import type { Loss, LossSpec, LossStep } from './loss.ts';
import { lossFrom } from './pseudo-likelihood.ts';

/**
 * @param form of changes, for tests; else the cheaper one
 * @throws EnergyError E0719 for a real unknown that no kernel perturbs
 */
export function makeNeighbourhood(spec: LossSpec, options: LossChoice, form?: ChangeOptions['form']): Loss {
  const { energy, rows } = spec;
  const b = spec.bound.program.builder;
  const reals = energy.unknowns.filter((u) => !isDiscrete(u.domain) && rows.elements.get(u)! > 0);
  const continuous = reals.reduce((n, u) => n + rows.elements.get(u)!, 0);
  const changes = makeChanges(spec, { sites: lossOption(options, 'sites'), form });
  const share = b.const(1 / Math.max(1, changes.elements + continuous));
  const parts = changes.groups.map((g) => overElements(b, changes.row, g, lossOf(b, g)));
  const discrete = lossFrom(changes, b.mul(share, b.addAll(parts)));
  if (continuous === 0) return discrete;
  const noisy = realPart(spec, options, reals, changes);
  return {
    ...discrete,
    objective: b.add(discrete.objective, b.mul(b.mul(share, b.const(continuous)), noisy.objective)),
    negatives: discrete.negatives ?? noisy.negatives,
    supported: discrete.negatives ? discrete.supported : noisy.supported,
    inputs: new Map([...discrete.inputs, ...noisy.inputs]),
    deterministic: false,
    draw: (step) => {
      discrete.draw(step);
      noisy.draw(step);
    },
  };
}

/** The discrepancy of the reals given the rest of each row. */
function realPart(
  spec: LossSpec,
  options: LossChoice,
  reals: readonly Slot[],
  { rows, row }: Changes,
): {
  readonly objective: Node;
  readonly negatives: Batch;
  readonly supported: Node | null;
  readonly inputs: ReadonlyMap<Slot, HostArray>;
  readonly draw: (step: LossStep) => void;
} {
  const { bound, energy, batch } = spec;
  const b = bound.program.builder;
  const draws = lossNumber(options, 'draws');
  const draw = b.axis(b.set('negative', { kind: 'range', size: draws }), 'negative');
  const own = makeBatch(b, reals, [row, draw], '′');
  const negatives = besideRows(b, rows, own);
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain))),
  );
  const supported = inside && negatives.on(inside);
  const touched = touchedPart(b, energy, reals);
  const perturbation = makePerturbation(perturbationOf(spec, options, reals));
  return {
    objective: meanLoss(b, row, draw, b.sub(rows.on(touched), negatives.on(touched)), supported, {
      draws,
      stabilise: lossNumber(options, 'stabilise'),
    }),
    negatives,
    supported,
    inputs: asInputs(spec.rows, perturbation.negatives, own.slots, [batch, draws]),
    draw: ({ states, stream, step }) => perturbation.draw(states, stream, progressOf(spec, step)),
  };
}
