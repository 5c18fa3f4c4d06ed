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
 * Parameters with priors add −log p(θ)/(number of rows of all data), so that N·L
 * balances data and prior as a posterior does.
 *
 * Support. exp(−U) is 0 outside the support of an energy, so a negative there counts
 * among the M with weight 0; its energy is never evaluated. A row none of whose
 * negatives is in the support teaches nothing: with w = 0 it is left out of the sum.
 */
import { isArranged } from '../domain.ts';
import { type Batch, makeBatch, totalEnergy } from '../ir/batch.ts';
import type { Builder } from '../ir/build.ts';
import type { Axis, Constraint, Energy, Node } from '../ir/types.ts';

export interface DiscrepancySpec {
  /** N, rows in a batch. */
  readonly rows: number;
  /** M, negatives of each row. */
  readonly draws: number;
  /** w ≥ 0 */
  readonly stabilise: number;
  /** Minus the log-densities of the priors of what is learned, and the number of rows that they are weighed against. */
  readonly priors: readonly Node[];
  readonly totalRows: number;
}

export interface Discrepancy {
  /** Inputs [N, ...unknown] */
  readonly rows: Batch;
  /** Inputs [N, M, ...unknown] */
  readonly negatives: Batch;
  /** L, without free axes. */
  readonly loss: Node;
  /** Mean energies: of the rows, and of the negatives in the support (NaN if there are none). */
  readonly rowEnergy: Node;
  readonly negativeEnergy: Node;
  /** Whether a negative is in the support; null where the energy has no constraints. */
  readonly supported: Node | null;
}

/**
 * The loss of an energy on a batch. What is differentiated is `loss`; parameters are
 * read where the energy reads them.
 * @param b the builder that made the energy
 */
export function discrepancy(b: Builder, energy: Energy, spec: DiscrepancySpec): Discrepancy {
  const { draws, stabilise } = spec;
  const n = b.axis(b.set('row', { kind: 'range', size: spec.rows }), 'row');
  const m = b.axis(b.set('negative', { kind: 'range', size: draws }), 'negative');
  const rows = makeBatch(b, energy.unknowns, [n]);
  const negatives = makeBatch(b, energy.unknowns, [n, m], '′');
  const total = totalEnergy(b, energy);
  const here = rows.on(total);
  const there = negatives.on(total);
  // Perturbations of arrangements are arrangements.
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain))),
  );
  const supported = inside && negatives.on(inside);
  const all = b.reduce('logsumexp', [m], b.sub(here, there), supported);
  const joined = stabilise > 0 ? b.call('logaddexp', b.const(Math.log(stabilise)), all) : all;
  const each = b.sub(joined, b.const(Math.log(draws)));
  const kept =
    supported && stabilise === 0
      ? b.call('select', b.call('gt', b.sum([m], supported), b.const(0)), each, b.const(0))
      : each;
  const prior = b.mul(b.const(1 / spec.totalRows), b.addAll(spec.priors));
  return {
    rows,
    negatives,
    loss: b.add(b.mean([n], kept), prior),
    rowEnergy: b.mean([n], here),
    negativeEnergy: meanWithin(b, [n, m], there, supported),
    supported,
  };
}

/** The mean over all axes, or over those positions where the condition holds. */
export function meanWithin(b: Builder, axes: readonly Axis[], value: Node, where: Node | null): Node {
  if (!where) return b.mean(axes, value);
  // A free axis that only the condition has must be bound as well.
  return b.div(b.sum(axes, value, where), b.sum(axes, where));
}

/** Whether a state satisfies every constraint, 1 or 0; null where there are none. */
export function supportOf(b: Builder, support: readonly Constraint[]): Node | null {
  if (support.length === 0) return null;
  return support.map((c) => holds(b, c)).reduce((x, y) => b.call('and', x, y));
}

/** Whether one constraint holds at all its positions. */
export function holds(b: Builder, c: Constraint): Node {
  const broken = c.where ? b.call('and', c.where, b.call('not', c.condition)) : b.call('not', c.condition);
  return b.call('eq', b.sum(c.axes, broken), b.const(0));
}
