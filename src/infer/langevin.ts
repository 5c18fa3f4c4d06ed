/**
 * The Metropolis-adjusted Langevin algorithm on real unknowns (Roberts & Tweedie,
 * Bernoulli 2 (1996) 341), as Hamiltonian steps of `leapfrogs` leaps: one leap is
 * MALA, more are HMC (Neal 2011). Step size by dual averaging (Hoffman & Gelman
 * 2014, §3.2), diagonal metric from warm-up variances in doubling windows as in Stan.
 * Each chain adapts by itself, so chains do not depend on how they are grouped.
 */
import type { Stream } from '../random/stream.ts';

/** Energies and gradients of all chains at unconstrained positions z, chains × dim. */
export interface ContinuousTarget {
  readonly dim: number;
  evaluate(z: Float64Array): { readonly energy: Float64Array; readonly gradient: Float64Array };
}

export interface LangevinState {
  readonly z: Float64Array;
  readonly energy: Float64Array;
  readonly gradient: Float64Array;
}

export interface Langevin {
  /** Energies and gradients anew, after something else (a Gibbs sweep) moved. */
  refresh(z: Float64Array): void;
  /** One transition of every chain. `warming`: adapt. */
  step(streams: readonly Stream[], warming: boolean): void;
  /** Ends adaptation. */
  freeze(): void;
  readonly state: LangevinState;
  /** Acceptance rate and step size of each chain since adaptation ended. */
  readonly info: readonly {
    readonly acceptance: number;
    readonly stepSize: number;
    readonly divergences: number;
  }[];
}

export interface LangevinOptions {
  readonly leapfrogs: number;
  readonly targetAcceptance: number;
  /** Transitions of warm-up; windows are laid out in it. */
  readonly warmup: number;
  /**
   * Draws the number of leaps of each transition, uniform on 1 … 2·leapfrogs − 1, the
   * same for all chains: a fixed length can resonate with the target (Neal 2011, §3.2).
   * Absent: always `leapfrogs`.
   */
  readonly lengths?: Stream;
  /** Where the metric starts: a variance for each coordinate. */
  readonly variances?: Float64Array;
}

/** An increase of the Hamiltonian beyond this is called a divergence (Stan's bound). */
const DIVERGENCE = 1000;

export function makeLangevin(
  target: ContinuousTarget,
  chains: number,
  start: Float64Array,
  options: LangevinOptions,
): Langevin {
  const d = target.dim;
  let z = start.slice();
  let { energy, gradient } = target.evaluate(z);
  const adapt = Array.from({ length: chains }, () => ({
    stepSize: 0.5 / d ** 0.25,
    mu: Math.log(5 / d ** 0.25),
    hBar: 0,
    logBar: 0,
    count: 0,
    n: 0,
    mean: new Float64Array(d),
    m2: new Float64Array(d),
    variance: options.variances?.slice() ?? new Float64Array(d).fill(1),
    accepted: 0,
    tried: 0,
    divergences: 0,
  }));
  const windows = layout(options.warmup);
  let t = 0;
  let frozen = options.warmup === 0;

  const momentum = new Float64Array(chains * d);
  const stepOf = new Float64Array(chains);

  function step(streams: readonly Stream[], warming: boolean): void {
    const kinetic = new Float64Array(chains);
    for (let c = 0; c < chains; c++) {
      const a = adapt[c];
      // A little jitter keeps trajectories of several leaps from resonating.
      stepOf[c] = a.stepSize * (options.leapfrogs > 1 ? 0.8 + 0.4 * streams[c].uniform() : 1);
      for (let i = 0; i < d; i++) {
        const p = streams[c].normal() / Math.sqrt(a.variance[i]);
        momentum[c * d + i] = p;
        kinetic[c] += 0.5 * p * p * a.variance[i];
      }
    }
    const q = z.slice();
    const p = momentum;
    let g = gradient;
    let e = energy;
    const leaps =
      options.lengths && options.leapfrogs > 1
        ? 1 + options.lengths.int(2 * options.leapfrogs - 1)
        : options.leapfrogs;
    for (let l = 0; l < leaps; l++) {
      for (let c = 0; c < chains; c++) {
        const { variance } = adapt[c];
        const eps = stepOf[c];
        for (let i = 0; i < d; i++) {
          const k = c * d + i;
          p[k] -= 0.5 * eps * g[k];
          q[k] += eps * variance[i] * p[k];
        }
      }
      const next = target.evaluate(q);
      g = next.gradient;
      e = next.energy;
      for (let c = 0; c < chains; c++)
        for (let i = 0; i < d; i++) p[c * d + i] -= 0.5 * stepOf[c] * g[c * d + i];
    }
    const zNew = z.slice();
    const gNew = gradient.slice();
    const eNew = energy.slice();
    for (let c = 0; c < chains; c++) {
      const a = adapt[c];
      let end = 0;
      for (let i = 0; i < d; i++) end += 0.5 * p[c * d + i] ** 2 * a.variance[i];
      const rise = e[c] + end - (energy[c] + kinetic[c]);
      const accept = Number.isFinite(rise) ? Math.min(1, Math.exp(-rise)) : 0;
      if (streams[c].uniform() < accept) {
        zNew.set(q.subarray(c * d, (c + 1) * d), c * d);
        gNew.set(g.subarray(c * d, (c + 1) * d), c * d);
        eNew[c] = e[c];
      }
      if (warming && !frozen) learn(a, accept, zNew.subarray(c * d, (c + 1) * d));
      else {
        a.tried++;
        a.accepted += accept;
        if (!(rise < DIVERGENCE)) a.divergences++;
      }
    }
    z = zNew;
    gradient = gNew;
    energy = eNew;
    if (warming && !frozen) {
      t++;
      if (windows.ends.has(t)) for (const a of adapt) endWindow(a);
    }
  }

  /** Dual averaging of ln ε, and running variances inside the slow windows. */
  function learn(a: (typeof adapt)[number], accept: number, at: Float64Array): void {
    a.count++;
    const eta = 1 / (a.count + 10);
    a.hBar = (1 - eta) * a.hBar + eta * (options.targetAcceptance - accept);
    const log = a.mu - (Math.sqrt(a.count) / 0.05) * a.hBar;
    const w = a.count ** -0.75;
    a.logBar = w * log + (1 - w) * a.logBar;
    a.stepSize = Math.exp(log);
    if (t >= windows.from && t < windows.to) {
      a.n++;
      for (let i = 0; i < d; i++) {
        const delta = at[i] - a.mean[i];
        a.mean[i] += delta / a.n;
        a.m2[i] += delta * (at[i] - a.mean[i]);
      }
    }
  }

  function endWindow(a: (typeof adapt)[number]): void {
    if (a.n > 1) {
      // Shrunk towards the unit metric as in Stan: (n/(n+5)) s² + 10⁻³·5/(n+5).
      for (let i = 0; i < d; i++)
        a.variance[i] = (a.n / (a.n + 5)) * (a.m2[i] / (a.n - 1)) + 1e-3 * (5 / (a.n + 5));
    }
    a.n = 0;
    a.mean.fill(0);
    a.m2.fill(0);
    const now = Math.exp(a.logBar);
    a.stepSize = Number.isFinite(now) && now > 0 ? now : a.stepSize;
    a.mu = Math.log(10 * a.stepSize);
    a.hBar = 0;
    a.logBar = 0;
    a.count = 0;
  }

  return {
    refresh(at) {
      z = at.slice();
      ({ energy, gradient } = target.evaluate(z));
    },
    step,
    freeze() {
      if (frozen) return;
      frozen = true;
      for (const a of adapt) if (a.count > 0) a.stepSize = Math.exp(a.logBar);
    },
    get state() {
      return { z, energy, gradient };
    },
    get info() {
      return adapt.map((a) => ({
        acceptance: a.tried === 0 ? Number.NaN : a.accepted / a.tried,
        stepSize: a.stepSize,
        divergences: a.divergences,
      }));
    },
  };
}

/** Stan's warm-up layout: a fast start, slow windows that double, a fast end; scaled down when short. */
function layout(warmup: number): {
  readonly from: number;
  readonly to: number;
  readonly ends: ReadonlySet<number>;
} {
  const first = warmup >= 150 ? 75 : Math.round(0.15 * warmup);
  const last = warmup >= 150 ? 50 : Math.round(0.1 * warmup);
  const to = warmup - last;
  const ends = new Set<number>();
  let size = warmup >= 150 ? 25 : Math.max(1, to - first);
  let at = first;
  while (at < to) {
    const next = at + size;
    // The last window takes what is left when the one after would not fit.
    const end = next + 2 * size > to ? to : next;
    ends.add(end);
    at = end;
    size *= 2;
  }
  return { from: first, to, ends };
}
