/**
 * Heat kernels of arrangements: walks by exchanges of two elements, simulated step by
 * step. The number of exchanges within time t is Poisson with mean λt, so times add up;
 * an exchange undoes itself, so the walks are symmetric.
 *
 * - `permutation` of k elements: random transpositions, two positions drawn
 *   independently, perhaps the same (P. Diaconis, M. Shahshahani, "Generating a random
 *   permutation with random transpositions", Z. Wahrscheinlichkeitstheorie 57, 1981).
 *   λ = k/2: then each single element is redrawn at rate 1 like a `category` of k values.
 * - `subset` of n elements, m of them in it: one in it and one outside, drawn
 *   uniformly, change places; the Bernoulli–Laplace diffusion (P. Diaconis,
 *   M. Shahshahani, "Time to reach stationarity in the Bernoulli–Laplace diffusion
 *   model", SIAM J. Math. Anal. 18, 1987). λ = 2m(n − m)/n: then correlations with
 *   the start fade as e^{−2t}, as those of a `bit` do.
 */
import type { Stream } from '../random/stream.ts';

/** λ of a permutation of k elements: transpositions in a unit of time. */
export const transpositionRate = (k: number): number => k / 2;

/** λ of a subset of m of n elements: exchanges in a unit of time. */
export const exchangeRate = (n: number, m: number): number => (2 * m * (n - m)) / n;

/** A number of events when `mean` are expected, by the gaps between them: one exponential an event and one more. */
export function poissonCount(mean: number, stream: Stream): number {
  let n = 0;
  for (let time = stream.exponential(); time < mean; time += stream.exponential()) n++;
  return n;
}

/** Exchanges the elements at two positions drawn independently, `steps` times, in place. */
export function transposeAtRandom(x: Float64Array, steps: number, stream: Stream): void {
  for (let s = 0; s < steps; s++) {
    const i = stream.int(x.length);
    const j = stream.int(x.length);
    const kept = x[i];
    x[i] = x[j];
    x[j] = kept;
  }
}

/**
 * Exchanges a 1 and a 0 drawn uniformly, `steps` times, in place.
 * @param places scratch, as long as x
 */
export function exchangeAtRandom(x: Float64Array, steps: number, stream: Stream, places: Int32Array): void {
  if (steps === 0) return;
  let ones = 0;
  for (let i = 0; i < x.length; i++) if (x[i] === 1) places[ones++] = i;
  for (let i = 0, at = ones; i < x.length; i++) if (x[i] !== 1) places[at++] = i;
  if (ones === 0 || ones === x.length) return;
  for (let s = 0; s < steps; s++) {
    const i = stream.int(ones);
    const j = ones + stream.int(x.length - ones);
    const kept = places[i];
    places[i] = places[j];
    places[j] = kept;
  }
  x.fill(0);
  for (let i = 0; i < ones; i++) x[places[i]] = 1;
}
