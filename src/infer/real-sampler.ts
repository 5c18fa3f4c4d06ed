/** Samplers of real unknowns in unconstrained coordinates: what they move on, and what they have in common. */
import type { Stream } from '../random/stream.ts';
import type { LastMove, MoveInfo } from './transition.ts';

/** Energies and gradients of all chains at unconstrained positions z, chains × dim. */
export interface ContinuousTarget {
  readonly dim: number;
  evaluate(z: Float64Array): { readonly energy: Float64Array; readonly gradient: Float64Array };
  /**
   * The energy of one chain at z, of length dim; writes the gradient. Absent where the engine evaluates all chains
   * in no more time than one.
   */
  readonly evaluateOne?: (chain: number, z: Float64Array, gradient: Float64Array) => number;
}

export interface RealState {
  readonly z: Float64Array;
  readonly energy: Float64Array;
  readonly gradient: Float64Array;
}

export interface RealSampler {
  /** Energies and gradients anew, after something else moved. */
  refresh(z: Float64Array): void;
  /** One transition of every chain. `warming`: adapt. */
  step(streams: readonly Stream[], warming: boolean): void;
  /** Ends adaptation. */
  freeze(): void;
  readonly state: RealState;
  /** What became of a chain's transitions since adaptation ended. */
  info(chain: number): MoveInfo;
  /** What its last transition was like. */
  last(chain: number): LastMove;
}

export interface RealOptions {
  /** Transitions of warm-up; windows of adaptation are laid out in it. */
  readonly warmup: number;
  /** Where the metric starts: a variance for each coordinate, the same for all chains. */
  readonly variances?: Float64Array;
  /** The same for each chain by itself: covariances, chains × dim × dim. */
  readonly covariances?: readonly (Float64Array | null)[];
}

/** An increase of the Hamiltonian beyond this is called a divergence (Stan's bound). */
export const DIVERGENCE = 1000;

/** One chain's energy and gradient, whether or not the engine evaluates chains side by side. */
export function oneOf(
  target: ContinuousTarget,
  positions: () => Float64Array,
): NonNullable<ContinuousTarget['evaluateOne']> {
  if (target.evaluateOne) return target.evaluateOne;
  const d = target.dim;
  return (chain, z, gradient) => {
    const all = positions().slice();
    all.set(z, chain * d);
    const out = target.evaluate(all);
    gradient.set(out.gradient.subarray(chain * d, (chain + 1) * d));
    return out.energy[chain];
  };
}
