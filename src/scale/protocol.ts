/**
 * What a run and its workers say to each other: two unions, nothing else. Each worker draws one part of the
 * chains of one `sample` job, of a program that it has opened by itself, and is not used again.
 */
import type { HostArray } from '../arrays.ts';
import type { Look, Verdict } from '../infer/run-length.ts';
import type { SampleResult } from '../infer/sample.ts';
import type { Draws } from '../stats/draws.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import type { ChainSight } from './chain-progress.ts';

/** One part of a job's chains. */
export interface PartOrder {
  readonly job: string;
  readonly from: number;
  readonly count: number;
  /** The engine of the run, to be had here too: another one would draw something else. */
  readonly engine: string;
  /** Of the run's data (`bind/fingerprint.ts`): their files may have changed since it read them. */
  readonly fingerprint: string;
  /** Parameters as they are now, by name: a fit before may have changed them. */
  readonly params: readonly (readonly [name: string, value: HostArray])[];
  /** Whether to tell of the chains' states. */
  readonly watched: boolean;
}

export type ToWorker =
  | { readonly type: 'start'; readonly order: PartOrder }
  /** How a part goes on whose run might end. */
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  /** Asks for an early end, with what has been drawn. */
  | { readonly type: 'stop' }
  /** Asks what an end at this moment would come to; answered by `so-far`. */
  | { readonly type: 'so-far' }
  /** Asks to wait, or to go on. */
  | { readonly type: 'pause'; readonly on: boolean };

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: PartProgress }
  /** The part has drawn what was planned, and waits for the verdict on all chains. */
  | { readonly type: 'look'; readonly look: Look }
  | { readonly type: 'done'; readonly result: SampleResult }
  /** A copy; null before the first draw, and after `done`. */
  | { readonly type: 'so-far'; readonly result: SampleResult | null }
  /** What the worker opened is not what the run has. */
  | { readonly type: 'unfit'; readonly why: string }
  /** A fault of the program, its data or its options, found in sweep `sweep`; −1: before the first one. */
  | { readonly type: 'failed'; readonly sweep: number; readonly diagnostics: readonly Diagnostic[] }
  /** A fault of ours. */
  | { readonly type: 'crashed'; readonly message: string };

export interface PartProgress extends ChainSight {
  readonly phase: 'warmup' | 'sampling';
  readonly done: number;
  readonly total: number;
  /** Sweeps a second. */
  readonly rate: number;
  /** Mean energy of the part's chains at their last draw. */
  readonly energy: number | null;
  readonly live: PartLive | null;
}

/** Chains at work: copies. */
export interface PartLive {
  /** The present states, one draw of each of the part's chains. */
  readonly now: Draws;
  /** Draws of each chain when the run is over. */
  readonly draws: number;
  /** Draws of each chain so far. */
  readonly recorded: number;
  /** What scalars were recorded since the message before: draws `recorded − fresh.draws` … `recorded − 1`. */
  readonly fresh: Draws;
}

/** Who supplies workers: threads of Node, workers of a browser. */
export interface WorkerHost {
  /** Threads that the machine runs at once. */
  readonly cores: number;
  /**
   * A new worker on the program at hand.
   * @param hear told every message of the worker
   * @param lost told why, when the worker ends by itself; not after `end`
   */
  start(hear: (message: FromWorker) => void, lost: (why: string) => void): WorkerLink;
}

export interface WorkerLink {
  send(message: ToWorker): void;
  /** Ends the worker at once. */
  end(): void;
}
