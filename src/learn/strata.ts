/**
 * Negatives that are not independent of each other: each by itself is drawn from the same distribution, together
 * they fill it more evenly (Latin hypercubes: M. McKay, R. Beckman, W. Conover, Technometrics 21 (1979) 239). Means over
 * them keep their expectation; what is a sum of functions of single elements loses nearly all its variance, and no
 * variance grows by more than a factor of M/(M − 1) (A. Owen, Annals of Statistics 25 (1997) 1541).
 */
import type { Stream } from '../random/stream.ts';

/**
 * Fills `out` [M, E]: each column of M numbers holds one uniform number in each of the intervals (m/M, (m + 1)/M), in
 * random order, independently of the other columns. Strictly between 0 and 1.
 * @param order room for M numbers
 */
export function fillStrata(out: Float64Array, order: Int32Array, stream: Stream): void {
  const copies = order.length;
  const elements = out.length / copies;
  for (let m = 0; m < copies; m++) order[m] = m;
  for (let e = 0; e < elements; e++) {
    // A shuffle of any order is a random order.
    stream.shuffle(order);
    for (let m = 0, k = e; m < copies; m++, k += elements)
      out[k] = (order[m] + stream.uniform32() + 2 ** -33) / copies;
  }
}
