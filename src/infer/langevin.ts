/**
 * The Metropolis-adjusted Langevin algorithm on real unknowns (Roberts & Tweedie,
 * Bernoulli 2 (1996) 341), as Hamiltonian steps of `leapfrogs` leaps: one leap is
 * MALA, more are HMC (Neal 2011). Without the Metropolis test one leap is the
 * unadjusted Langevin algorithm, which is biased by its step.
 */
import type { Stream } from '../random/stream.ts';
import { Adaptation } from './adaptation.ts';
import { type ContinuousTarget, DIVERGENCE, type RealOptions, type RealSampler } from './real-sampler.ts';
import type { LastMove } from './transition.ts';

export interface LangevinOptions extends RealOptions {
  readonly leapfrogs: number;
  /**
   * Draws the number of leaps of each transition, uniform on 1 … 2·leapfrogs − 1, the
   * same for all chains: a fixed length can resonate with the target (Neal 2011, §3.2).
   * Absent: always `leapfrogs`.
   */
  readonly lengths?: Stream;
  /** Every proposal is taken, however the Hamiltonian changes; only a number that is none is refused. */
  readonly unadjusted?: boolean;
}

/** Optimal rates of acceptance: of MALA (Roberts & Rosenthal 1998), and what Stan takes for longer paths. */
const GOAL_MALA = 0.574;
const GOAL_HMC = 0.8;

export function makeLangevin(
  target: ContinuousTarget,
  chains: number,
  start: Float64Array,
  options: LangevinOptions,
): RealSampler {
  const d = target.dim;
  const z = start.slice();
  const first = target.evaluate(z);
  const energy = first.energy.slice();
  const gradient = first.gradient.slice();
  const goal = options.leapfrogs === 1 ? GOAL_MALA : GOAL_HMC;
  const learned = Array.from(
    { length: chains },
    // Steps of a fixed length go the better astray the more a metric is bent to where the chain has been.
    (_, c) => new Adaptation(d, options.warmup, false, options.variances, options.covariances?.[c]),
  );
  const tally = Array.from({ length: chains }, () => ({
    tried: 0,
    accepted: 0,
    divergences: 0,
    leapfrogs: 0,
  }));
  const latest: LastMove[] = Array.from({ length: chains }, () => lastMove(0, 0, 0, 0, 0));
  let frozen = options.warmup === 0;
  const momentum = new Float64Array(chains * d);
  const velocity = new Float64Array(d);
  const stepOf = new Float64Array(chains);
  const part = (a: Float64Array, c: number): Float64Array => a.subarray(c * d, (c + 1) * d);
  const kineticOf = (c: number): number => {
    const p = part(momentum, c);
    learned[c].metric.velocity(p, velocity);
    let sum = 0;
    for (let i = 0; i < d; i++) sum += 0.5 * p[i] * velocity[i];
    return sum;
  };

  return {
    refresh(at) {
      z.set(at);
      const out = target.evaluate(z);
      energy.set(out.energy);
      gradient.set(out.gradient);
    },
    step(streams, warming) {
      const learning = warming && !frozen;
      const kinetic = new Float64Array(chains);
      for (let c = 0; c < chains; c++) {
        // A little jitter keeps trajectories of several leaps from resonating.
        stepOf[c] = learned[c].step.value * (options.leapfrogs > 1 ? 0.8 + 0.4 * streams[c].uniform() : 1);
        learned[c].metric.momentum(streams[c], part(momentum, c));
        kinetic[c] = kineticOf(c);
      }
      const q = z.slice();
      const leaps =
        options.lengths && options.leapfrogs > 1
          ? 1 + options.lengths.int(2 * options.leapfrogs - 1)
          : options.leapfrogs;
      let g: Float64Array = gradient;
      let e: Float64Array = energy;
      for (let l = 0; l < leaps; l++) {
        for (let c = 0; c < chains; c++) {
          const p = part(momentum, c);
          const eps = stepOf[c];
          for (let i = 0; i < d; i++) p[i] -= 0.5 * eps * g[c * d + i];
          learned[c].metric.velocity(p, velocity);
          for (let i = 0; i < d; i++) q[c * d + i] += eps * velocity[i];
        }
        ({ energy: e, gradient: g } = target.evaluate(q));
        for (let c = 0; c < chains; c++)
          for (let i = 0; i < d; i++) momentum[c * d + i] -= 0.5 * stepOf[c] * g[c * d + i];
      }
      for (let c = 0; c < chains; c++) {
        const energyBefore = energy[c];
        const rise = e[c] + kineticOf(c) - (energyBefore + kinetic[c]);
        const accept = Number.isFinite(rise) ? Math.min(1, Math.exp(-rise)) : 0;
        const taken = options.unadjusted ? Number.isFinite(rise) : streams[c].uniform() < accept;
        if (taken) {
          z.set(part(q, c), c * d);
          gradient.set(part(g, c), c * d);
          energy[c] = e[c];
        }
        latest[c] = lastMove(accept, stepOf[c], leaps, rise, energyBefore + kinetic[c]);
        if (learning) {
          learned[c].learn(accept, goal, part(z, c));
          continue;
        }
        const t = tally[c];
        t.tried++;
        t.accepted += accept;
        t.leapfrogs += leaps;
        t.divergences += latest[c].diverging ?? 0;
      }
    },
    freeze() {
      if (frozen) return;
      frozen = true;
      for (const { step } of learned) step.settle();
    },
    get state() {
      return { z, energy, gradient };
    },
    info(c) {
      const { tried, accepted, divergences, leapfrogs } = tally[c];
      return {
        acceptance: tried === 0 ? Number.NaN : accepted / tried,
        stepSize: learned[c].step.value,
        divergences,
        leapfrogs,
      };
    },
    last: (c) => latest[c],
  };
}

const lastMove = (
  accept: number,
  step: number,
  leaps: number,
  rise: number,
  hamiltonian: number,
): LastMove => ({
  acceptance_rate: accept,
  step_size: step,
  n_steps: leaps,
  diverging: rise < DIVERGENCE ? 0 : 1,
  energy: hamiltonian,
});
