/**
 * Temperatures of an annealing, from the energy differences of random moves: it begins where nearly all of them are
 * free, and ends where even small rises are rare (Kirkpatrick, Gelatt & Vecchi, Science 220 (1983) 671; van Laarhoven &
 * Aarts, *Simulated Annealing* (1987), ch. 5).
 */

import { isArranged } from '../../domain.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { arrangedVectors, jointStates } from '../joint-states.ts';
import type { Clamp, Model } from '../model.ts';
import { copyStates } from '../start.ts';
import type { Whole } from './whole.ts';

export interface Temperatures {
  readonly first: number;
  readonly last: number;
}

const PROBES = 96;

/** @param states of one chain, with a finite energy */
export function temperaturesAt(
  model: Model,
  clamp: Clamp,
  whole: Whole,
  states: ReadonlyMap<Slot, Float64Array>,
  stream: Stream,
): Temperatures {
  const moves = movesOf(model, clamp);
  const differences: number[] = [];
  const now = whole.level(states);
  for (let i = 0; i < PROBES && moves.length > 0; i++) {
    const next = copyStates(states);
    moves[stream.int(moves.length)](next, stream);
    const difference = Math.abs(whole.level(next) - now);
    // What rounding leaves is no difference.
    if (Number.isFinite(difference) && difference > 1e-12 * Math.abs(now)) differences.push(difference);
  }
  if (differences.length === 0) return { first: 1, last: 0.01 };
  differences.sort((a, b) => a - b);
  const at = (q: number): number => differences[Math.floor(q * (differences.length - 1))];
  const first = at(0.9);
  return { first, last: Math.max(at(0.05) / 8, 1e-4 * first) };
}

type Move = (states: ReadonlyMap<Slot, Float64Array>, stream: Stream) => void;

/** An element takes another value, or two of an arrangement change places. */
function movesOf(model: Model, clamp: Clamp): Move[] {
  const swaps = model.unknowns
    .filter((u) => isArranged(u.slot.domain))
    .flatMap((u) =>
      arrangedVectors(model, u, clamp).flatMap(({ from, completions: { positions } }): Move[] => {
        if (positions.length < 2) return [];
        return [
          (states, stream) => {
            const x = states.get(u.slot)!;
            const i = from + positions[stream.int(positions.length)];
            const j = from + positions[stream.int(positions.length)];
            [x[i], x[j]] = [x[j], x[i]];
          },
        ];
      }),
    );
  const draws = jointStates(model, clamp)
    .digits.filter((g) => !isArranged(g.slot.domain))
    .map(
      (g): Move =>
        (states, stream) =>
          g.write(states.get(g.slot)!, stream.int(g.count)),
    );
  return [...swaps, ...draws];
}

/** The temperature after the share `part` of the schedule: geometric. */
export const temperatureAt = ({ first, last }: Temperatures, part: number): number =>
  first * (last / first) ** part;
