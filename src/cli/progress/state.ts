/** What is known of a job at work, gathered from its events. */
import type { RunEvent, TrainingValues } from '../../run/results.ts';
import type { ChainProgress } from '../../scale/chain-progress.ts';

export type ProgressEvent = Extract<RunEvent, { event: 'progress' }>;

export interface ProgressState {
  readonly job: string;
  /** Empty where nobody has said it. */
  readonly verb: string;
  /** When the job began, in milliseconds of the same clock as `now` elsewhere. */
  readonly began: number;
  /** Null before the job's first word. */
  readonly phase: ProgressEvent['phase'] | null;
  readonly done: number;
  readonly total: number;
  /** A second. */
  readonly rate: number;
  readonly value: number | null;
  /** What was told of them last; empty where there are none. */
  readonly chains: readonly ChainProgress[];
  readonly chainCount: number;
  readonly rHat: number | null;
  readonly training: TrainingValues | null;
  /** Smoothed over what was told. */
  readonly loss: number | null;
  /** Whether it has been asked to end. */
  readonly stopping: boolean;
}

export const started = (job: string, verb: string, now: number): ProgressState => ({
  job,
  verb,
  began: now,
  phase: null,
  done: 0,
  total: 0,
  rate: 0,
  value: null,
  chains: [],
  chainCount: 0,
  rHat: null,
  training: null,
  loss: null,
  stopping: false,
});

/** How much of a smoothed loss is the last one. */
const FRESH = 0.15;

export function advanced(state: ProgressState, e: ProgressEvent): ProgressState {
  const { phase, done, total, rate, value } = e;
  const loss = phase === 'training' ? value : null;
  const before = state.loss ?? loss;
  return {
    ...state,
    phase,
    done,
    total,
    rate,
    value,
    chains: e.chains ?? state.chains,
    chainCount: e.chainCount ?? state.chainCount,
    rHat: e.rHat ?? state.rHat,
    training: e.training ?? state.training,
    loss: loss === null || before === null ? state.loss : before + FRESH * (loss - before),
  };
}

/** Seconds until a job ends if it goes on as it has; null where that cannot be said. */
export function secondsLeft({
  done,
  total,
  rate,
}: Pick<ProgressEvent, 'done' | 'total' | 'rate'>): number | null {
  const left = (total - done) / rate;
  return rate > 0 && Number.isFinite(left) ? Math.max(0, left) : null;
}
