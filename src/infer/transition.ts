/**
 * What moves chains: Markov transitions, each of which leaves exp(−β·E) invariant. Samplers are lists of them, in
 * turn; tempering, annealing and searches are made of the same ones.
 */
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import type { SamplerStat } from '../stats/draws.ts';
import type { States } from './model.ts';

export interface Heat {
  /** Inverse temperature β: draws from exp(−β·E). */
  readonly beta: number;
  /** How many times. */
  readonly sweeps: number;
  /** Whether it may adapt itself. */
  readonly warming: boolean;
}

/** What became of a chain's moves since adaptation ended; a field is absent where it means nothing. */
export interface MoveInfo {
  /** Mean probability of acceptance, or the share of moves taken. */
  readonly acceptance?: number;
  readonly stepSize?: number;
  readonly divergences?: number;
  /** Gradients that were evaluated. */
  readonly leapfrogs?: number;
  /** Transitions that ended because they had grown to the largest length. */
  readonly truncated?: number;
  /** Mean probability that neighbouring temperatures exchange states, and round trips of the chain's replicas. */
  readonly exchanged?: number;
  readonly trips?: number;
  /** Energy fraction of missing information (Betancourt 2016, §6.1). */
  readonly missing?: number;
}

/** What the last move of a chain was like, by the names of `samplerStats`. */
export type LastMove = Readonly<Partial<Record<SamplerStat['name'], number>>>;

export interface Transition {
  /** As `--method` and plans call it. */
  readonly name: string;
  /** Whether several sweeps in one call are quicker than as many calls. */
  readonly repeats?: boolean;
  /** Moves every chain, in place. Chain c draws from streams[c] only. */
  step(states: Map<Slot, Float64Array>, streams: readonly Stream[], heat: Heat): void;
  /** It may keep states to itself: writes them. */
  settle?(states: States): void;
  /** Something else has moved what it reads. */
  changed?(): void;
  /** Ends adaptation. */
  freeze?(): void;
  /** What was wrong in the last step: some element had no value of finite energy. */
  fault?(states: States): Error | undefined;
  info?(chain: number): MoveInfo;
  /** What it says is there before the first step, too. */
  last?(chain: number): LastMove;
  dispose(): void;
}

export const plain: Heat = { beta: 1, sweeps: 1, warming: false };

/** Transitions in turn, as one. Each sees what those before it have done. */
export function inTurn(parts: readonly Transition[]): Transition {
  if (parts.length === 1) return parts[0];
  return {
    name: 'mixed',
    step(states, streams, heat) {
      const once = { ...heat, sweeps: 1 };
      for (let i = 0; i < heat.sweeps; i++)
        for (const t of parts) {
          t.changed?.();
          t.step(states, streams, once);
          t.settle?.(states);
        }
    },
    settle(states) {
      for (const t of parts) t.settle?.(states);
    },
    changed() {
      for (const t of parts) t.changed?.();
    },
    freeze() {
      for (const t of parts) t.freeze?.();
    },
    fault(states) {
      for (const t of parts) {
        const found = t.fault?.(states);
        if (found) return found;
      }
      return undefined;
    },
    info: (chain) => Object.assign({}, ...parts.map((t) => t.info?.(chain) ?? {})),
    last: (chain) => Object.assign({}, ...parts.map((t) => t.last?.(chain) ?? {})),
    dispose() {
      for (const t of parts) t.dispose();
    },
  };
}
