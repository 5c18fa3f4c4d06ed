/**
 * Temperatures of an annealing, from the energy differences of random moves: it begins where nearly all of them are
 * free, and ends where even small rises are rare (Kirkpatrick, Gelatt & Vecchi, Science 220 (1983) 671; van Laarhoven &
 * Aarts, *Simulated Annealing* (1987), ch. 5).
 */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import type { JointStates } from '../joint-states.ts';
import { copyStates } from '../start.ts';
import type { Whole } from './whole.ts';

export interface Temperatures {
  readonly first: number;
  readonly last: number;
}

const PROBES = 96;

/** @param states of one chain, with a finite energy */
export function temperaturesAt(
  whole: Whole,
  { digits }: JointStates,
  states: ReadonlyMap<Slot, Float64Array>,
  stream: Stream,
): Temperatures {
  const differences: number[] = [];
  const now = whole.level(states);
  for (let i = 0; i < PROBES && digits.length > 0; i++) {
    const digit = digits[stream.int(digits.length)];
    const next = copyStates(states);
    digit.write(next.get(digit.slot)!, stream.int(digit.count));
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

/** The temperature after the share `part` of the schedule: geometric. */
export const temperatureAt = ({ first, last }: Temperatures, part: number): number =>
  first * (last / first) ** part;
