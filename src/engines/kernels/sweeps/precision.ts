/**
 * Whether sweeps may add up energies in single precision. Where large energies cancel, as those of soft constraints
 * with weights of millions do, what is left of small ones is rounded away; such sites are left to double precision.
 */
import type { FieldConditional, TableConditional } from '../site-tables.ts';

/** How much rounding may change the energy of a site: a probability changes by a quarter of it at most. */
export const MAX_ERROR = 2 ** -10;

/**
 * Whether each rounding of a site's energy difference is below the bound, or there is none, because all numbers are
 * whole multiples of a power of two.
 */
export function fieldIsPrecise({ field, start, weight }: FieldConditional): boolean {
  let largest = 0;
  for (let p = 0; p < field.length; p++) {
    // Nothing to cancel.
    if (start[p] === start[p + 1]) continue;
    let sum = Math.abs(field[p]);
    for (let l = start[p]; l < start[p + 1]; l++) sum += Math.abs(weight[l]);
    if (sum > largest) largest = sum;
  }
  if (largest * 2 ** -24 <= MAX_ERROR) return true;
  const unit = 2 ** (Math.ceil(Math.log2(largest)) - 24);
  for (let p = 0; p < field.length; p++) if (start[p] < start[p + 1] && field[p] % unit !== 0) return false;
  for (let l = 0; l < weight.length; l++) if (weight[l] % unit !== 0) return false;
  return true;
}

/** Whether sums of energies in double precision are as accurate: they are unless some are above 10¹². */
export function tablesArePrecise({ own, table, scale, tables }: TableConditional): boolean {
  const small = (x: Float64Array | null, bound = 2 ** 40): boolean => {
    if (x) for (let i = 0; i < x.length; i++) if (Math.abs(x[i]) > bound && x[i] !== Infinity) return false;
    return true;
  };
  const most = new Float64Array(tables.length).fill(1);
  if (scale)
    for (let l = 0; l < table.length; l++) most[table[l]] = Math.max(most[table[l]], Math.abs(scale[l]));
  return small(own) && tables.every((t, n) => small(t.energy, 2 ** 40 / most[n]));
}
