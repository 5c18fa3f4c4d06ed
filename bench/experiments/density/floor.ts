/** What no model can be better than: the entropy of a set, of its density and of its cells. */
import type { PlaneCode } from './codes.ts';
import type { PlaneSet } from './sets.ts';

/**
 * h = −∫ p ln p, by the midpoint rule over a square that holds all but 10⁻⁹ of the set. For smooth densities it converges
 * faster than any power of the step; the checkerboard's edges have to fall on those of squares.
 * @returns h, and ∫ p, which tells how good the rule was
 */
export function entropy(set: PlaneSet, step = 0.05): { readonly entropy: number; readonly mass: number } {
  const reach = 6;
  const count = Math.round((2 * reach) / step);
  let [sum, mass] = [0, 0];
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) {
      const p = set.density(-reach + (i + 0.5) * step, -reach + (j + 0.5) * step);
      mass += p;
      if (p > 0) sum -= p * Math.log(p);
    }
  return { entropy: sum * step * step, mass: mass * step * step };
}

/** The entropy of the words of a code in nats, where cells are small: h + ln(cells in a unit of area). */
export const entropyFloor = (set: PlaneSet, code: PlaneCode): number =>
  entropy(set).entropy + code.logCells(set.scale);
