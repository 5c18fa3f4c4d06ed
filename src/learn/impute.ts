/**
 * Rows with missing cells (`fit(…, missing = complete)`): these are unknowns of their row, drawn given what is there
 * under the parameters as they are, while these learn: data augmentation (M. Tanner, W. Wong, JASA 82 (1987) 528) with
 * steps of an optimiser in place of draws of parameters, a stochastic approximation like that of persistent chains
 * (B. Delyon, M. Lavielle, E. Moulines, Annals of Statistics 27 (1999) 94; L. Younes, 1988). The data may be missing
 * at random, not for reasons that they hide.
 *
 * Whenever a row is learned from, its missing cells make some moves of Metropolis: a proposal perturbs all of them, or
 * one, by the heat kernels of their domains, which are symmetric, for a time that is drawn among 4, 1, ¼, …, so that no
 * size has to be adapted. Values stay with their rows from step to step.
 */
import { isVector, showDomain } from '../domain.ts';
import type { Arrays } from '../engines/engine.ts';
import type { Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import type { Stream } from '../random/stream.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { LearnCode } from './codes.ts';
import { touchedPart } from './losses/discrepancy.ts';
import { makePerturbation } from './perturb.ts';
import { asInputs, emptyRows, type Rows } from './rows.ts';
import { holds } from './support.ts';
import type { Times } from './times.ts';
import type { TrainingProgram } from './training.ts';

export interface Imputation {
  /** Values of the missing cells, by name, for a resumption. */
  readonly kept: ReadonlyMap<string, Float64Array>;
  /** The data take the values of `kept`, which somebody has changed. */
  readonly restored: () => void;
  /**
   * Moves the missing cells of rows.
   * @param picked their numbers, each once
   * @param states the rows, [N, ...unknown]: changed, as the data are
   * @param params coordinates of the parameters, as inputs
   */
  readonly move: (
    picked: Int32Array,
    states: ReadonlyMap<Slot, Float64Array>,
    params: Arrays,
    stream: Stream,
  ) => void;
  readonly dispose: () => void;
}

/** Moves of a row at each step that takes it. */
const MOVES = 8;
const SCALES = 6;
const LONGEST: Times = { edge: 4, category: 4, ordered: 0.2, cyclic: 0.2, real: 4 };

/** The missing elements of one unknown. */
interface Holes {
  readonly unknown: Slot;
  readonly elements: number;
  /** [rows × elements] */
  readonly mask: Uint8Array;
  /** [rows × elements], the data themselves */
  readonly data: Float64Array;
  /** Of each missing element where it stands in the data, ascending; its value. */
  readonly places: Int32Array;
  readonly values: Float64Array;
  /** Elements that are drawn together: those of an arrangement. */
  readonly unit: number;
}

/**
 * @param rows whose data are written to
 * @returns null where nothing is missing
 * @throws EnergyError E0748 where a missing cell cannot be drawn, E0719 where no kernel moves it
 */
export function makeImputation(
  program: TrainingProgram,
  rows: Rows,
  batch: number,
  sizeOf: Parameters<typeof makePerturbation>[0]['sizeOf'],
  constants: Arrays,
): Imputation | null {
  const holes = [...(rows.missing ?? [])].flatMap(([u, mask]) => holesOf(rows, u, mask, sizeOf));
  if (holes.length === 0) return null;
  const { energy, builder: b, loss, coordinates } = program;
  const unknowns = holes.map((h) => h.unknown);
  refuseImputation(program, unknowns);
  const perturbation = makePerturbation({
    unknowns,
    sizeOf,
    constants,
    columns: rows.columns,
    rows: batch,
    draws: 1,
    times: LONGEST,
    scales: SCALES,
  });
  const node = coordinates.on(loss.rows.on(touchedPart(b, energy, unknowns)));
  const evaluator = program.compile([{ name: 'energy', axes: loss.rows.axes, node }]);
  const proposal = emptyRows(rows, batch);
  const proposed = asInputs(rows, proposal, loss.rows.slots, [batch]);
  const keep = (h: Holes): void =>
    h.places.forEach((place, i) => {
      h.values[i] = h.data[place];
    });
  holes.forEach(keep);
  return {
    kept: new Map(holes.map((h) => [`missing.${h.unknown.name}`, h.values])),
    restored: () => {
      for (const { places, values, data } of holes)
        places.forEach((place, i) => {
          data[place] = values[i];
        });
    },
    move: (picked, states, params, stream) => {
      const units = Int32Array.from(picked, (row) => holes.reduce((n, h) => n + unitsIn(h, row), 0));
      if (units.every((n) => n === 0)) return;
      const energies = (inputs: Arrays): ArrayLike<number> =>
        evaluator.run(new Map([...params, ...inputs])).get('energy')!.data;
      const now = Float64Array.from(energies(asInputs(rows, states, loss.rows.slots, [batch])));
      for (let k = 0; k < MOVES; k++) {
        const own = stream.fork(k);
        perturbation.draw(states, own);
        for (const [u, x] of states) proposal.get(u)!.set(x);
        picked.forEach((row, n) => {
          if (units[n] === 0) return;
          // All of them, or one.
          const only = own.uniform() < 0.5 ? own.int(units[n]) : -1;
          let unit = 0;
          for (const h of holes) {
            const { elements, mask, unknown } = h;
            const from = perturbation.corrupted.get(unknown)!;
            const to = proposal.get(unknown)!;
            for (let e = 0; e < elements; e += h.unit) {
              if (mask[row * elements + e] === 0) continue;
              if (only < 0 || unit === only)
                for (let i = n * elements + e; i < n * elements + e + h.unit; i++) to[i] = from[i];
              unit++;
            }
          }
        });
        const then = energies(proposed);
        picked.forEach((_, n) => {
          if (units[n] === 0) return;
          const accepted = Math.log(own.uniform()) < now[n] - then[n];
          if (!accepted) return;
          now[n] = then[n];
          for (const { unknown, elements } of holes)
            states
              .get(unknown)!
              .set(proposal.get(unknown)!.subarray(n * elements, (n + 1) * elements), n * elements);
        });
      }
      for (const { unknown, elements, data } of holes)
        picked.forEach((row, n) => {
          data.set(states.get(unknown)!.subarray(n * elements, (n + 1) * elements), row * elements);
        });
      holes.forEach(keep);
    },
    dispose: () => evaluator.dispose(),
  };
}

function holesOf(
  rows: Rows,
  unknown: Slot,
  mask: Uint8Array,
  sizeOf: (s: Slot['sets'][number]) => number,
): Holes[] {
  const places = Int32Array.from([...mask.keys()].filter((i) => mask[i] === 1));
  if (places.length === 0) return [];
  const { domain } = unknown;
  const unit =
    domain.kind === 'permutation' ? sizeOf(domain.values) : domain.kind === 'subset' ? sizeOf(domain.of) : 1;
  return [
    {
      unknown,
      elements: rows.elements.get(unknown)!,
      mask,
      data: rows.columns.get(unknown)!.data,
      places,
      values: new Float64Array(places.length),
      unit,
    },
  ];
}

function unitsIn({ mask, elements, unit }: Holes, row: number): number {
  let count = 0;
  for (let i = row * elements; i < (row + 1) * elements; i += unit) count += mask[i];
  return count;
}

function refuseImputation({ energy, builder: b }: TrainingProgram, unknowns: readonly Slot[]): void {
  const refuse = (u: Slot, why: string): EnergyError =>
    new EnergyError([
      {
        severity: 'error',
        code: 'E0748' satisfies LearnCode,
        place: at(u.span ?? energy.span),
        message: `missing cells of \`${u.name}\` cannot be drawn while \`${energy.name}\` learns: ${why}`,
        suggestion: 'leave such rows out, with `missing = drop`',
      },
    ]);
  const vector = unknowns.find((u) => isVector(u.domain));
  if (vector)
    throw refuse(vector, `it is ${showDomain(vector.domain)}, whose elements are not free of each other`);
  for (const c of energy.support) {
    if (c.implied) continue;
    const read = slotsRead([holds(b, c)]);
    const met = unknowns.find((u) => read.has(u));
    if (met)
      throw refuse(met, 'the energy requires something of it, and where learning begins it may not hold');
  }
}
