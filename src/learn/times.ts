/**
 * Times of the heat equation for each kind of domain, from one: `t` scales all of them, `t_real`, `t_ordered`, … say
 * them one by one. What is left out follows Schröder et al. 2024 (arXiv 2412.01019, appendix on experiments), whose
 * times are 0.1 for categories and 0.005 (before the square of the number of states) for paths and rings: a twentieth.
 * A walk of time t·S²/20 spreads over √(t/10)·S of S states, which is 1.1·√t standard deviations of values that are
 * spread evenly: √t standard deviations is what a real moves by, so that one t means about the same on all lines.
 */
import type { Domain } from '../domain.ts';
import { type LossChoice, lossNumber, lossOption } from './options.ts';

/** By kinds of domain; before `scaledTime`, for reals in variances of each column. */
export interface Times {
  /** Bits, spins, subsets. */
  readonly edge: number;
  /** Categories and enums on whatever graph, permutations. */
  readonly category: number;
  /** int and ordinal. */
  readonly ordered: number;
  readonly cyclic: number;
  /** Reals and angles. */
  readonly real: number;
}

/** Of `t`, where a kind of domain has no time of its own. */
export const shares: Times = { edge: 1, category: 1, ordered: 1 / 20, cyclic: 1 / 20, real: 1 };

/**
 * The times that the options of a loss mean.
 * @param scale shares of `t`; 1 for all where no walk takes place, but elements are masked
 */
export function timesOf(options: LossChoice, scale: Times = shares): Times {
  const t = lossNumber(options, 't');
  const ordered = lossOption(options, 't_ordered');
  return {
    edge: scale.edge * t,
    category: lossOption(options, 't_category') ?? scale.category * t,
    ordered: ordered ?? scale.ordered * t,
    cyclic: lossOption(options, 't_cyclic') ?? ordered ?? scale.cyclic * t,
    real: lossOption(options, 't_real') ?? scale.real * t,
  };
}

/** The time of a domain that a kernel perturbs; that of reals for the others. */
export function timeOf(times: Times, { kind }: Domain): number {
  switch (kind) {
    case 'bit':
    case 'spin':
    case 'subset':
      return times.edge;
    case 'category':
    case 'permutation':
      return times.category;
    case 'int':
    case 'ordinal':
      return times.ordered;
    case 'cyclic':
      return times.cyclic;
    default:
      return times.real;
  }
}
