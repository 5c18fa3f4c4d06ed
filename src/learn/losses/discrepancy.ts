/**
 * Energy discrepancy as an expression.
 *
 * For rows x₁ … x_N and negatives x′_n1 … x′_nM of each (`perturb.ts`),
 *   L = (1/N) Σ_n log( w/M + (1/M) Σ_m exp(U(x_n) − U(x′_nm)) )
 *     = (1/N) Σ_n LSE(log w, U(x_n) − U(x′_n1), …, U(x_n) − U(x′_nM)) − log M
 * (T. Schröder, Z. Ou, J. Lim, Y. Li, S. Vollmer, A. Duncan, "Energy discrepancies: a
 * score-independent loss for energy-based models", NeurIPS 2023; the constant
 * −log M is kept, so that the loss of an energy that is constant is log(1 + w/M)).
 * w is the weight of the row itself among its negatives: the logarithm of a mean is
 * biased and unbounded without it.
 *
 * Support. exp(−U) is 0 outside the support of an energy, so a negative there counts
 * among the M with weight 0; its energy is never evaluated. A row none of whose
 * negatives is in the support teaches nothing: with w = 0 it is left out of the sum.
 */
import { isArranged } from '../../domain.ts';
import { type Batch, makeBatch, totalEnergy } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import type { Axis, Energy, Node } from '../../ir/types.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { makePerturbation } from '../perturb.ts';
import { asInputs } from '../rows.ts';
import { supportOf } from '../support.ts';
import type { Loss, LossSpec } from './loss.ts';

/** The discrepancy of heat kernels: every element is perturbed; see `perturb.ts`. */
export function makeDiscrepancy(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch } = spec;
  const draws = lossNumber(options, 'draws');
  const t = lossNumber(options, 't');
  const made = discrepancy(bound.program.builder, energy, {
    rows: batch,
    draws,
    stabilise: lossNumber(options, 'stabilise'),
  });
  const perturbation = makePerturbation({
    unknowns: energy.unknowns,
    sizeOf: bound.sizeOf,
    constants: bound.constants,
    columns: rows.columns,
    rows: batch,
    draws,
    t,
    tReal: lossOption(options, 't_real') ?? t,
    tOrdered: lossOption(options, 't_ordered'),
    tCategory: lossOption(options, 't_category'),
    tLast: lossOption(options, 't_last'),
    scales: lossOption(options, 'scales'),
  });
  return {
    ...made,
    constants: new Map(),
    inputs: asInputs(rows, perturbation.negatives, made.negatives.slots, [batch, draws]),
    draw: ({ states, stream, step }) => perturbation.draw(states, stream, step / Math.max(1, spec.steps - 1)),
  };
}

export interface DiscrepancyShape {
  /** N, rows in a batch. */
  readonly rows: number;
  /** M, negatives of each row. */
  readonly draws: number;
  /** w ≥ 0 */
  readonly stabilise: number;
}

/**
 * The loss of an energy on a batch: rows [N, ...unknown], negatives [N, M, ...unknown].
 * @param b the builder that made the energy
 */
export function discrepancy(
  b: Builder,
  energy: Energy,
  spec: DiscrepancyShape,
): {
  readonly rows: Batch;
  readonly negatives: Batch;
  readonly objective: Node;
  readonly supported: Node | null;
} {
  const n = b.axis(b.set('row', { kind: 'range', size: spec.rows }), 'row');
  const m = b.axis(b.set('negative', { kind: 'range', size: spec.draws }), 'negative');
  const rows = makeBatch(b, energy.unknowns, [n]);
  const negatives = makeBatch(b, energy.unknowns, [n, m], '′');
  const total = totalEnergy(b, energy);
  // Perturbations of arrangements are arrangements.
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain))),
  );
  const supported = inside && negatives.on(inside);
  const gap = b.sub(rows.on(total), negatives.on(total));
  return { rows, negatives, objective: meanLoss(b, n, m, gap, supported, spec), supported };
}

/**
 * (1/N) Σ_n log( w/M + (1/M) Σ_m exp(gap) ), the gap being U(x_n) − U(x′_nm).
 * @param supported whether a negative counts; null: all do
 */
export function meanLoss(
  b: Builder,
  n: Axis,
  m: Axis,
  gap: Node,
  supported: Node | null,
  { draws, stabilise }: Omit<DiscrepancyShape, 'rows'>,
): Node {
  const all = b.reduce('logsumexp', [m], gap, supported);
  const joined = stabilise > 0 ? b.call('logaddexp', b.const(Math.log(stabilise)), all) : all;
  const each = b.sub(joined, b.const(Math.log(draws)));
  const kept =
    supported && stabilise === 0
      ? b.call('select', b.call('gt', b.sum([m], supported), b.const(0)), each, b.const(0))
      : each;
  return b.mean([n], kept);
}
