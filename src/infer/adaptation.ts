/**
 * Warm-up of Hamiltonian samplers as in Stan: the step size by dual averaging (Hoffman & Gelman, JMLR 15 (2014)
 * 1593, §3.2), the metric from the draws of windows that double. Each chain adapts by itself, so that chains do not
 * depend on how they are grouped.
 */
import { Metric } from './metric.ts';

/** Stan's constants: γ, t₀, κ of the dual averaging. */
const GAMMA = 0.05;
const T0 = 10;
const KAPPA = 0.75;

export class StepSize {
  value: number;
  private mu: number;
  private hBar = 0;
  private logBar = 0;
  private count = 0;

  constructor(value: number) {
    this.value = value;
    this.mu = Math.log(10 * value);
  }

  /** @param accept the acceptance statistic of a transition @param goal what it should be on average */
  learn(accept: number, goal: number): void {
    this.count++;
    const eta = 1 / (this.count + T0);
    this.hBar = (1 - eta) * this.hBar + eta * (goal - accept);
    const log = this.mu - (Math.sqrt(this.count) / GAMMA) * this.hBar;
    const w = this.count ** -KAPPA;
    this.logBar = w * log + (1 - w) * this.logBar;
    this.value = Math.exp(log);
  }

  /** The average over the averaging so far, which is what sampling uses. */
  settle(): void {
    const now = Math.exp(this.logBar);
    if (this.count > 0 && Number.isFinite(now) && now > 0) this.value = now;
  }

  /** Begins anew at a step size. */
  restart(value: number): void {
    this.value = value;
    this.mu = Math.log(10 * value);
    this.hBar = 0;
    this.logBar = 0;
    this.count = 0;
  }
}

export interface Windows {
  readonly from: number;
  readonly to: number;
  readonly ends: ReadonlySet<number>;
}

/** Stan's layout: a fast start, slow windows that double, a fast end; scaled down when short. */
export function windowsOf(warmup: number): Windows {
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

/** The largest number of coordinates whose correlations a metric learns. */
export const MAX_DENSE = 64;

/** What one chain learns in its warm-up. */
export class Adaptation {
  readonly metric: Metric;
  readonly step: StepSize;
  private readonly windows: Windows;
  private t = 0;

  /** @param dense whether the metric learns correlations */
  constructor(
    dim: number,
    warmup: number,
    dense: boolean,
    variances?: Float64Array,
    covariance?: Float64Array | null,
  ) {
    this.metric = new Metric(dim, dense);
    if (covariance) this.metric.setCovariance(covariance);
    else if (variances) this.metric.setVariances(variances);
    this.step = new StepSize(0.5 / dim ** 0.25);
    this.windows = windowsOf(warmup);
  }

  /**
   * A transition of the warm-up has ended.
   * @returns whether the metric is another one now, so that a step size should be looked for
   */
  learn(accept: number, goal: number, z: Float64Array): boolean {
    this.step.learn(accept, goal);
    if (this.t >= this.windows.from && this.t < this.windows.to) this.metric.add(z);
    this.t++;
    if (!this.windows.ends.has(this.t)) return false;
    this.step.settle();
    return this.metric.endWindow();
  }
}
