/**
 * Energy discrepancy with the absorbing kernel: each discrete element is masked with probability 1 − e^{−t}, once for
 * all negatives of a row, and a negative redraws what is masked (T. Schröder, Z. Ou, Y. Li, A. Duncan,
 * arXiv 2412.01019; the noise of masked language models and of absorbing diffusion, J. Austin et al., NeurIPS 2021).
 * What is known of x is the rest, so the posterior under the uniform measure is uniform over the values of masked
 * elements; over the arrangements of the masked elements, where they belong to a permutation or a subset. Reals are
 * perturbed by the Gaussian kernel of `perturb.ts`. The loss is that of `discrepancy.ts`.
 *
 * - A row with nothing masked would teach nothing: where there are no reals, one element drawn at random is masked, of an
 *   arrangement two.
 * - Where the masked elements have J ≤ M joint values, the negatives go through all of them in turn from a random one
 *   on: each negative is uniform as before, and where J divides M the sum is exact.
 */
import { isArranged, isDiscrete, stateCount, valueMap } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { type LossChoice, lossNumber, lossOption } from '../options.ts';
import { makePerturbation } from '../perturb.ts';
import { asInputs } from '../rows.ts';
import { fillStrata } from '../strata.ts';
import { type Times, timeOf, timesOf } from '../times.ts';
import { discrepancy, perturbationOf, progressOf } from './discrepancy.ts';
import type { Loss, LossSpec, LossStep } from './loss.ts';

const even: Times = { edge: 1, category: 1, ordered: 1, cyclic: 1, real: 1 };

/** @throws EnergyError E0719 for a real unknown that no kernel perturbs */
export function makeMasked(spec: LossSpec, options: LossChoice): Loss {
  const { bound, energy, rows, batch } = spec;
  const draws = lossNumber(options, 'draws');
  const t = lossNumber(options, 't');
  const made = discrepancy(bound.program.builder, energy, {
    rows: batch,
    draws,
    stabilise: lossNumber(options, 'stabilise'),
  });
  const reals = energy.unknowns.filter((u) => !isDiscrete(u.domain));
  // What is masked takes no steps: times of ordered domains need no share of their own.
  const times = timesOf(options, even);
  const gaussian = makePerturbation(perturbationOf(spec, options, reals));
  const masks = energy.unknowns.flatMap((u) => maskedOf(spec, u, times, draws));
  const write = makeMasking(
    masks,
    batch,
    draws,
    options.negatives === 'stratified',
    reals.some((u) => rows.elements.get(u)! > 0),
  );
  const scales = lossOption(options, 'scales') ?? 1;
  const ratio = (lossOption(options, 't_last') ?? t) / (t || 1);
  const negatives = new Map([...gaussian.negatives, ...masks.map((m) => [m.unknown, m.negatives] as const)]);
  return {
    ...made,
    byRow: true,
    constants: new Map(),
    inputs: asInputs(rows, negatives, made.negatives.slots, [batch, draws]),
    draw: ({ states, stream, step }: LossStep) => {
      const progress = progressOf(spec, step);
      gaussian.draw(states, stream, progress);
      write(
        states,
        stream.fork('masks'),
        lossOption(options, 't_last') === undefined ? 1 : ratio ** progress,
        scales,
      );
    },
  };
}

/** A discrete unknown, its time and its negatives. */
interface Masked {
  readonly unknown: Slot;
  readonly elements: number;
  /** Elements of an arrangement; 0 where elements are free of each other. */
  readonly length: number;
  readonly states: number;
  readonly offset: number;
  readonly scale: number;
  readonly time: number;
  /** [N, M, ...unknown] */
  readonly negatives: Float64Array;
}

function maskedOf({ bound, rows, batch }: LossSpec, u: Slot, times: Times, draws: number): Masked[] {
  const { domain } = u;
  if (!isDiscrete(domain)) return [];
  const elements = rows.elements.get(u)!;
  return [
    {
      unknown: u,
      elements,
      length: isArranged(domain)
        ? bound.sizeOf(domain.kind === 'permutation' ? domain.values : domain.of)
        : 0,
      states: stateCount(domain, bound.sizeOf),
      ...valueMap(domain),
      time: timeOf(times, domain),
      negatives: new Float64Array(batch * draws * elements),
    },
  ];
}

/** Writes negatives of a step. */
type Masking = (
  states: ReadonlyMap<Slot, Float64Array>,
  stream: Stream,
  factor: number,
  scales: number,
) => void;

function makeMasking(
  masks: readonly Masked[],
  batch: number,
  draws: number,
  stratified: boolean,
  othersMove: boolean,
): Masking {
  const strata = stratified ? { uniform: new Float64Array(draws), order: new Int32Array(draws) } : null;
  const total = masks.reduce((n, m) => n + m.elements, 0);
  const masked = new Int32Array(total);
  const arranged = masks.map((m) => new Int32Array(m.length));
  return (states, stream, factor, scales) => {
    for (let n = 0; n < batch; n++) {
      const shrunk = factor * (scales === 1 ? 1 : 4 ** -stream.int(scales));
      let count = 0;
      for (let k = 0, first = 0; k < masks.length; first += masks[k++].elements) {
        const share = -Math.expm1(-masks[k].time * shrunk);
        for (let e = 0; e < masks[k].elements; e++)
          if (stream.uniform32() < share) masked[count++] = first + e;
      }
      if (count === 0 && !othersMove && total > 0) count = maskOne(masks, stream.int(total), masked, stream);
      let joint = 1;
      for (let k = 0, first = 0, i = 0; k < masks.length; first += masks[k++].elements) {
        const m = masks[k];
        const x = states.get(m.unknown)!;
        const to = m.negatives;
        const start = n * draws * m.elements;
        for (let j = 0, at = start; j < draws; j++)
          for (let e = 0; e < m.elements; e++) to[at++] = x[n * m.elements + e];
        const from = i;
        while (i < count && masked[i] < first + m.elements) i++;
        if (m.length > 0) {
          for (let j = 0; j < draws; j++)
            shuffleMasked(m, to, start + j * m.elements, masked, from, i, first, arranged[k], stream);
          continue;
        }
        for (let j = from; j < i && joint <= draws; j++) joint *= m.states;
      }
      redraw(masks, n, draws, masked, count, joint, strata, stream);
    }
  };
}

/** One element, of an arrangement two: by itself it could be nothing else. Returns how many. */
function maskOne(masks: readonly Masked[], at: number, masked: Int32Array, stream: Stream): number {
  let first = 0;
  let k = 0;
  while (at >= first + masks[k].elements) first += masks[k++].elements;
  const { length } = masks[k];
  if (length < 2) {
    masked[0] = at;
    return 1;
  }
  const place = (at - first) % length;
  const other = at - place + ((place + 1 + stream.int(length - 1)) % length);
  masked[0] = Math.min(at, other);
  masked[1] = Math.max(at, other);
  return 2;
}

/** Values of the masked elements that are free of each other. */
function redraw(
  masks: readonly Masked[],
  n: number,
  draws: number,
  masked: Int32Array,
  count: number,
  joint: number,
  strata: { readonly uniform: Float64Array; readonly order: Int32Array } | null,
  stream: Stream,
): void {
  // In turn through all joint values, else at random.
  const start = joint <= draws ? stream.int(joint) : -1;
  let below = 1;
  for (let k = 0, first = 0, i = 0; k < masks.length; first += masks[k++].elements) {
    const { negatives, elements, states, offset, scale, length } = masks[k];
    for (; i < count && masked[i] < first + elements; i++) {
      if (length > 0) continue;
      if (strata && start < 0) fillStrata(strata.uniform, strata.order, stream);
      let at = n * draws * elements + masked[i] - first;
      for (let j = 0; j < draws; j++, at += elements) {
        const state =
          start >= 0
            ? Math.floor(((start + j) % joint) / below) % states
            : strata
              ? Math.floor(strata.uniform[j] * states)
              : stream.int(states);
        negatives[at] = offset + scale * state;
      }
      below *= states;
    }
  }
}

/** The masked elements of each arrangement in a random order. */
function shuffleMasked(
  { length }: Masked,
  x: Float64Array,
  start: number,
  masked: Int32Array,
  from: number,
  to: number,
  first: number,
  scratch: Int32Array,
  stream: Stream,
): void {
  for (let i = from; i < to; ) {
    const vector = Math.floor((masked[i] - first) / length);
    let count = 0;
    while (i < to && Math.floor((masked[i] - first) / length) === vector)
      scratch[count++] = masked[i++] - first;
    for (let a = count - 1; a > 0; a--) {
      const c = stream.int(a + 1);
      const kept = x[start + scratch[a]];
      x[start + scratch[a]] = x[start + scratch[c]];
      x[start + scratch[c]] = kept;
    }
  }
}
