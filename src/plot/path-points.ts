/** How the lowest energy of a search came down, as a line. */

/** Non-increasing energies by steps, as `run.json` keeps them. */
export interface EnergyByStep {
  readonly step: readonly number[];
  readonly energy: readonly number[];
}

/** Whether there is anything to draw: an energy that fell. */
export const falls = ({ energy }: EnergyByStep): boolean =>
  energy.length > 1 && energy[0] > energy[energy.length - 1];

/** The part of the way in which energies may fall from anywhere. */
const BEGINNING = 0.01;

/**
 * Stairs: an energy stays the lowest until the next one. Where it still falls after the first hundredth of the way, what
 * comes before that is drawn no higher than it ends, for it would flatten all the rest.
 */
export function pathPoints({ step, energy }: EnergyByStep): {
  readonly x: readonly number[];
  readonly y: readonly number[];
} {
  const n = step.length;
  if (n === 0) return { x: [], y: [] };
  const early = step[0] + BEGINNING * (step[n - 1] - step[0]);
  const first = step.findLastIndex((s) => s <= early);
  const top = energy[first] > energy[n - 1] ? energy[first] : energy[0];
  const x: number[] = [];
  const y: number[] = [];
  step.forEach((s, i) => {
    if (i > 0) {
      x.push(s);
      y.push(Math.min(top, energy[i - 1]));
    }
    x.push(s);
    y.push(Math.min(top, energy[i]));
  });
  return { x, y };
}
