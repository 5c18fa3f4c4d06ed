/**
 * Limited-memory BFGS (D. C. Liu, J. Nocedal, Math. Program. 45 (1989) 503) for losses that are the same function at
 * every step: the descent of `minimize` one iteration at a time, so that a fit can look, write checkpoints and resume
 * between iterations.
 */
import { direction, largest, type Objective, type Pair, search } from '../../infer/minimize/lbfgs.ts';
import { dot } from '../../infer/vectors.ts';
import type { SearchOptimizer } from './optimizer.ts';

export interface LbfgsOptions {
  /** Pairs of changes of place and gradient. */
  readonly memory: number;
  /** The largest element of a gradient that counts as none, times the loss where that is larger than 1. */
  readonly tolerance: number;
  /** Relative precision of losses. */
  readonly epsilon: number;
}

/** Places of `counters`: pairs in use, and where the next one goes. */
const USED = 0;
const NEXT = 1;

/** @param lengths of the parameters */
export function makeLbfgs(
  { memory, tolerance, epsilon }: LbfgsOptions,
  lengths: readonly number[],
): SearchOptimizer {
  const dim = lengths.reduce((a, b) => a + b, 0);
  const places = Array.from({ length: memory }, () => new Float64Array(dim));
  const slopes = Array.from({ length: memory }, () => new Float64Array(dim));
  const counters = new Float64Array(2);
  const from = new Float64Array(dim);
  const gradient = new Float64Array(dim);

  /** The pairs in use, the oldest first. */
  const pairs = (): Pair[] =>
    Array.from({ length: counters[USED] }, (_, k) => {
      const at = (counters[NEXT] + memory - counters[USED] + k) % memory;
      return { s: places[at], y: slopes[at], rho: 1 / dot(places[at], slopes[at]) };
    });

  return {
    kind: 'search',
    steps: 0,
    kept: new Map([
      ...places.map((a, k) => [`place.${k}`, split(a, lengths)] as const),
      ...slopes.map((a, k) => [`slope.${k}`, split(a, lengths)] as const),
    ]),
    counters,
    step(params, gradients, loss, evaluate) {
      gather(params, from);
      gather(gradients, gradient);
      if (largest(gradient) <= tolerance * Math.max(1, Math.abs(loss)))
        return { moved: false, evaluated: true };
      let last: Float64Array | null = null;
      const objective: Objective = {
        dim,
        epsilon,
        at(z, g) {
          scatter(z, params);
          last = z;
          const found = evaluate();
          gather(gradients, g);
          return Number.isNaN(found) ? Number.POSITIVE_INFINITY : found;
        },
      };
      for (;;) {
        const known = pairs();
        let d = direction(gradient, known);
        let slope = dot(gradient, d);
        if (known.length === 0 || !(slope < 0)) {
          // The length of a first step is not known: one of a unit at most.
          counters.fill(0);
          const norm = Math.sqrt(dot(gradient, gradient));
          const length = -Math.min(1, 1 / norm);
          d = gradient.map((g) => length * g);
          slope = dot(gradient, d);
        }
        const { moved } = search(objective, from, loss, d, slope);
        if (moved) {
          remember(moved.z, moved.gradient);
          scatter(moved.z, params);
          scatter(moved.gradient, gradients);
          this.steps++;
          return { moved: true, evaluated: last === moved.z };
        }
        if (counters[USED] === 0) {
          scatter(from, params);
          scatter(gradient, gradients);
          return { moved: false, evaluated: false };
        }
        counters.fill(0);
      }
    },
  };

  function remember(z: Float64Array, g: Float64Array): void {
    const s = places[counters[NEXT]];
    const y = slopes[counters[NEXT]];
    for (let i = 0; i < dim; i++) {
      s[i] = z[i] - from[i];
      y[i] = g[i] - gradient[i];
    }
    // Otherwise the place is not in use: what is written there is overwritten before it is read.
    if (!(dot(s, y) > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y)))) {
      if (counters[USED] === memory) counters[USED]--;
      return;
    }
    counters[NEXT] = (counters[NEXT] + 1) % memory;
    counters[USED] = Math.min(memory, counters[USED] + 1);
  }
}

/** Views of one long array, one for each parameter. */
function split(flat: Float64Array, lengths: readonly number[]): Float64Array[] {
  let at = 0;
  return lengths.map((n) => {
    at += n;
    return flat.subarray(at - n, at);
  });
}

function gather(arrays: readonly Float64Array[], flat: Float64Array): void {
  let at = 0;
  for (const a of arrays) {
    flat.set(a, at);
    at += a.length;
  }
}

function scatter(flat: Float64Array, arrays: readonly Float64Array[]): void {
  let at = 0;
  for (const a of arrays) {
    a.set(flat.subarray(at, at + a.length));
    at += a.length;
  }
}
