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
import { type Batch, makeBatch } from '../../ir/batch.ts';
import type { Builder } from '../../ir/build.ts';
import type { Axis, Constraint, Energy, Node, Slot } from '../../ir/types.ts';
import { slotsRead } from '../../ir/walk.ts';
import { at, EnergyError } from '../../syntax/diagnostic.ts';
import type { LearnCode } from '../codes.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { makePerturbation, type PerturbationSpec } from '../perturb.ts';
import { asInputs } from '../rows.ts';
import { holds, supportOf } from '../support.ts';
import { type Times, timeOf, timesOf } from '../times.ts';
import type { Loss, LossSpec } from './loss.ts';

/** The discrepancy of heat kernels: every element of unknowns whose time is not 0 is perturbed; see `perturb.ts`. */
export function makeDiscrepancy(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch } = spec;
  const draws = lossNumber(options, 'draws');
  const times = timesOf(options);
  const moving = energy.unknowns.filter((u) => timeOf(times, u.domain) > 0);
  if (moving.length === 0) throw nothingMoves(energy);
  const made = discrepancy(
    bound.program.builder,
    energy,
    { rows: batch, draws, stabilise: lossNumber(options, 'stabilise') },
    moving,
  );
  const perturbation = makePerturbation(perturbationOf(spec, options, moving, times));
  return {
    ...made,
    byRow: true,
    constants: new Map(),
    inputs: asInputs(rows, perturbation.negatives, made.negatives.slots, [batch, draws]),
    draw: ({ states, stream, step }) => perturbation.draw(states, stream, progressOf(spec, step)),
  };
}

const nothingMoves = (energy: Energy): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0718' satisfies LearnCode,
      place: at(energy.span),
      message: `the times of all unknowns of \`${energy.name}\` are 0: rows that are not perturbed teach nothing`,
      suggestion: 'give `t`, or the time of one kind of domain, e.g. `t_category`, a value above 0',
    },
  ]);

/** How the options of a loss perturb some unknowns. */
export function perturbationOf(
  { bound, rows, batch }: LossSpec,
  options: LossChoice,
  unknowns: readonly Slot[],
  times: Times = timesOf(options),
): PerturbationSpec {
  const last = lossOption(options, 't_last');
  return {
    unknowns,
    sizeOf: bound.sizeOf,
    constants: bound.constants,
    columns: rows.columns,
    rows: batch,
    draws: lossNumber(options, 'draws'),
    times,
    last: last === undefined ? undefined : last / lossNumber(options, 't'),
    scales: lossOption(options, 'scales'),
    stratified: options.negatives === 'stratified',
  };
}

/** How much of learning is done at a step, 0 … 1. */
export const progressOf = ({ steps }: LossSpec, step: number): number => step / Math.max(1, steps - 1);

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
 *
 * Unknowns that do not move have no negatives of their own: negatives read them in their row, so that whatever depends
 * on them alone is evaluated once for a row, and summands that read nothing else are equal in the row and its
 * negatives and left out of the loss.
 * @param b the builder that made the energy
 * @param moving unknowns that are perturbed; absent: all
 */
export function discrepancy(
  b: Builder,
  energy: Energy,
  spec: DiscrepancyShape,
  moving: readonly Slot[] = energy.unknowns,
): {
  readonly rows: Batch;
  readonly negatives: Batch;
  readonly objective: Node;
  readonly supported: Node | null;
} {
  const n = b.axis(b.set('row', { kind: 'range', size: spec.rows }), 'row');
  const m = b.axis(b.set('negative', { kind: 'range', size: spec.draws }), 'negative');
  const rows = makeBatch(b, energy.unknowns, [n]);
  const negatives = besideRows(b, rows, makeBatch(b, moving, [n, m], '′'));
  // Perturbations of arrangements are arrangements.
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain)) && touches(b, c, moving)),
  );
  const supported = inside && negatives.on(inside);
  const touched = touchedPart(b, energy, moving);
  const gap = b.sub(rows.on(touched), negatives.on(touched));
  return { rows, negatives, objective: meanLoss(b, n, m, gap, supported, spec), supported };
}

/** Whether a requirement may hold for a row and not for its negative. */
function touches(b: Builder, c: Constraint, moving: readonly Slot[]): boolean {
  const read = slotsRead([holds(b, c)]);
  return moving.some((u) => read.has(u));
}

/** Negatives that read whatever they do not have of their own in their rows. */
export function besideRows(b: Builder, rows: Batch, own: Batch): Batch {
  const lead = rows.axes.map((a) => b.axisNode(a));
  const rest = (node: Node): Node =>
    b.mapReads(node, (slot, indices) => {
      const to = own.slots.has(slot) ? undefined : rows.slots.get(slot);
      return to && b.read(to, [...lead, ...indices]);
    });
  return { ...own, on: (node) => own.on(rest(node)) };
}

/** The summands of an energy that read one of the unknowns: what the others contribute does not change with these. */
export function touchedPart(b: Builder, energy: Energy, unknowns: readonly Slot[]): Node {
  const summands = (node: Node): readonly Node[] => {
    const read = slotsRead([node]);
    if (!unknowns.some((u) => read.has(u))) return [];
    if (node.op !== 'call' || (node.fn !== 'add' && node.fn !== 'sub' && node.fn !== 'neg')) return [node];
    const [x, y] = node.args.map(summands);
    if (node.fn === 'add') return [...x, ...y];
    return [...(node.fn === 'sub' ? x : []), ...(node.fn === 'sub' ? y : x).map((s) => b.neg(s))];
  };
  return b.addAll(energy.terms.flatMap((t) => summands(t.body)));
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
