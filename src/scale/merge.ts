/** What the parts of a run came to, put together in the order of the chains. */
import { sizeOfShape } from '../arrays.ts';
import type { SampleResult } from '../infer/sample.ts';
import type { Draws } from '../stats/draws.ts';

/**
 * The chains of all parts one after the other. Parts that were stopped at different draws keep as many as
 * the shortest has.
 * @param parts at least one, of the same energy
 */
export function mergeDraws(parts: readonly Draws[]): Draws {
  const chains = parts.reduce((n, p) => n + p.chains, 0);
  const draws = parts.reduce((n, p) => Math.min(n, p.draws), Number.POSITIVE_INFINITY);
  const joined = (size: number, of: (p: Draws) => Float64Array): Float64Array => {
    const values = new Float64Array(chains * draws * size);
    let at = 0;
    for (const p of parts) {
      const own = of(p);
      for (let c = 0; c < p.chains; c++, at += draws * size) {
        const from = c * p.draws * size;
        values.set(own.subarray(from, from + draws * size), at);
      }
    }
    return values;
  };
  const [{ quantities, sampler }] = parts;
  return {
    chains,
    draws,
    quantities: quantities.map((quantity, q) => ({
      ...quantity,
      values: joined(sizeOfShape(quantity.shape), (p) => p.quantities[q].values),
    })),
    ...(sampler && {
      sampler: sampler.map(({ name }, s) => ({ name, values: joined(1, (p) => p.sampler![s].values) })),
    }),
  };
}

/** Times are those of the slowest part; complete is what all parts completed. */
export function mergeResults(parts: readonly SampleResult[]): SampleResult {
  const slowest = (of: (p: SampleResult) => number): number => Math.max(...parts.map(of));
  return {
    draws: mergeDraws(parts.map((p) => p.draws)),
    plan: parts[0].plan,
    chains: parts.flatMap((p) => p.chains),
    thin: parts[0].thin,
    seconds: {
      compile: slowest((p) => p.seconds.compile),
      warmup: slowest((p) => p.seconds.warmup),
      sampling: slowest((p) => p.seconds.sampling),
    },
    complete: parts.every((p) => p.complete),
  };
}
