/** Which chains each worker draws, and on how many workers it is worth while. */
import type { Engine } from '../engines/engine.ts';
import type { ChainPart } from '../infer/sample.ts';

/**
 * Chains 0 … `chains` − 1 in runs of almost the same length, longer ones first.
 * @returns min(chains, workers) parts, in order, none empty
 */
export function split(chains: number, workers: number): readonly ChainPart[] {
  const parts = Math.max(1, Math.min(chains, workers));
  const [each, more] = [Math.floor(chains / parts), chains % parts];
  return Array.from({ length: parts }, (_, i) => ({
    from: i * each + Math.min(i, more),
    count: each + (i < more ? 1 : 0),
  }));
}

/** How many workers draw, and why. */
export interface Spread {
  readonly workers: number;
  readonly why: string;
}

/** The most workers that a run may have at once. */
export const MAX_WORKERS = 256;

/** Whole runs that are expected to take longer than this are handed over, in seconds. */
export const LONG_RUN = 3;

/** How long one thread draws before it judges how long the whole will take, in seconds. */
export const TRIAL = 0.3;

/**
 * The most workers that may draw; whether the run is long enough for them shows only when it runs.
 * @param asked absent: as many as the machine runs at once
 * @param cores threads that the machine runs at once; 0 where there are no workers to be had
 */
export function spreadOf(engine: Engine, chains: number, cores: number, asked: number | undefined): Spread {
  if (chains === 1) return { workers: 1, why: 'one chain' };
  if (asked === 1) return { workers: 1, why: 'as asked for' };
  if (!engine.separable)
    return {
      workers: 1,
      why: `the last digits of ${engine.name} depend on how many chains are computed together`,
    };
  if (cores === 0) return { workers: 1, why: 'there are no threads to be had here' };
  if (asked !== undefined) {
    const workers = Math.min(asked, chains, MAX_WORKERS);
    return { workers, why: workers === asked ? 'as asked for' : `${chains} chains` };
  }
  const workers = Math.min(cores, chains, MAX_WORKERS);
  return {
    workers,
    why: workers === 1 ? 'one core' : workers < cores ? `${chains} chains` : `${cores} cores`,
  };
}
