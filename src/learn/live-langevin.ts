/**
 * Langevin moves of real unknowns on live parameters: in unconstrained coordinates z, scaled by the spread of the data,
 *   z′ = z − (ε²/2)·S²·∇U(z) + ε·S·ξ,  ξ standard normal, S the standard deviations of the rows' coordinates.
 * With a Metropolis test (Roberts & Tweedie, Bernoulli 2 (1996) 341) the moves leave exp(−U) invariant, and ε follows
 * the mean acceptance of all chains towards 0.574 (Roberts & Rosenthal 1998) at a constant gain, because the energy
 * does not stand still. Without a test ε is fixed, the stationary distribution is off by O(ε²), and no coordinate
 * drifts by more than one standard deviation a move.
 */
import type { ContinuousPart } from '../infer/continuous.ts';
import type { States } from '../infer/model.ts';
import type { MoveInfo, Transition } from '../infer/transition.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';

export interface LiveLangevinOptions {
  /** Standard deviations of the coordinates. */
  readonly spread: Float64Array;
  /** Finite bounds of the coordinates of the rows: stand for coordinates of values on an edge of their domain. */
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  /** Whether moves are tested. */
  readonly adjusted: boolean;
  /** ε; absent: adapted. */
  readonly step?: number;
  /** Unit vectors: lengths of their coordinates mean nothing and are drawn anew at each call. */
  readonly vectorLength: (slot: Slot) => number | null;
}

export interface LiveLangevin extends Transition {
  /** ln ε, one number, kept from step to step. */
  readonly logStep: Float64Array;
}

const GOAL = 0.574;
/** Change of ln ε for a mean acceptance that is off by 1. */
const GAIN = 0.2;
const LARGEST = Math.log(10);
const SMALLEST = Math.log(1e-8);
/** ε without a test. */
const UNTESTED = 0.1;

export function liveLangevin(part: ContinuousPart, chains: number, o: LiveLangevinOptions): LiveLangevin {
  const d = part.dim;
  const { spread, adjusted } = o;
  const first = o.step ?? (adjusted ? d ** (-1 / 6) : UNTESTED);
  const logStep = Float64Array.of(Math.log(first));
  const adapting = adjusted && o.step === undefined;
  const noise = new Float64Array(d);
  const unnoise = new Float64Array(chains);
  let tried = 0;
  let accepted = 0;

  /** Coordinates of the chains' states, all finite. */
  const read = (states: States, streams: readonly Stream[]): Float64Array => {
    const z = part.read(states);
    for (let c = 0; c < chains; c++)
      for (let i = 0; i < d; i++) {
        const at = c * d + i;
        if (!Number.isFinite(z[at])) z[at] = z[at] > 0 ? o.highest[i] : o.lowest[i];
      }
    for (const { slot, free, at } of part.parts) {
      const length = o.vectorLength(slot);
      if (length === null) continue;
      for (let c = 0; c < chains; c++)
        for (let v = 0; v < free.length; v += length) {
          const own = z.subarray(c * d + at + v, c * d + at + v + length);
          let square = 0;
          for (let i = 0; i < length; i++) square += streams[c].normal() ** 2;
          const scale = Math.sqrt(square) / Math.hypot(...own);
          for (let i = 0; i < length; i++) own[i] *= scale;
        }
    }
    return z;
  };
  const drift = (eps: number, g: number, i: number): number => {
    const by = 0.5 * eps * eps * spread[i] * spread[i] * g;
    return adjusted ? by : Math.max(-spread[i], Math.min(spread[i], by));
  };

  return {
    name: adjusted ? 'langevin' : 'unadjusted',
    logStep,
    step(states, streams, { sweeps }) {
      const z = read(states, streams);
      // What is not a coordinate of z is read from the states; those of bounds and lengths, too.
      part.write(z, states);
      const now = part.evaluate(z);
      const energy = now.energy.slice();
      const gradient = now.gradient.slice();
      const q = new Float64Array(chains * d);
      for (let k = 0; k < sweeps; k++) {
        const eps = Math.exp(logStep[0]);
        for (let c = 0; c < chains; c++) {
          streams[c].fillNormal(noise);
          let square = 0;
          for (let i = 0; i < d; i++) {
            const at = c * d + i;
            square += noise[i] * noise[i];
            q[at] = z[at] - drift(eps, gradient[at], i) + eps * spread[i] * noise[i];
          }
          unnoise[c] = square;
        }
        const next = part.evaluate(q);
        let sum = 0;
        for (let c = 0; c < chains; c++) {
          const at = c * d;
          let finite = Number.isFinite(next.energy[c]);
          let back = 0;
          for (let i = 0; i < d; i++) {
            const g = next.gradient[at + i];
            if (!Number.isFinite(g)) finite = false;
            const xi = (z[at + i] - q[at + i] + drift(eps, g, i)) / (eps * spread[i]);
            back += xi * xi;
          }
          const rise = next.energy[c] - energy[c] + 0.5 * (back - unnoise[c]);
          // From a state without a finite energy, as a start may be, every other one is welcome.
          const accept = !finite ? 0 : Number.isFinite(energy[c]) ? Math.min(1, Math.exp(-rise)) : 1;
          sum += accept;
          if (adjusted ? streams[c].uniform() < accept : finite) {
            for (let i = at; i < at + d; i++) {
              z[i] = q[i];
              gradient[i] = next.gradient[i];
            }
            energy[c] = next.energy[c];
            accepted++;
          }
          tried++;
        }
        if (adapting) {
          const moved = logStep[0] + GAIN * (sum / chains - GOAL);
          logStep[0] = Math.max(SMALLEST, Math.min(LARGEST, moved));
        }
      }
      part.write(z, states);
    },
    info: (): MoveInfo => ({
      acceptance: tried === 0 ? Number.NaN : accepted / tried,
      stepSize: Math.exp(logStep[0]),
    }),
    dispose: () => part.dispose(),
  };
}
