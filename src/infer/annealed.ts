/**
 * Ratios of partition functions along a path: annealed importance sampling (Neal, Statistics and Computing 11 (2001)
 * 125), and sequential Monte Carlo samplers on the same path (Del Moral, Doucet & Jasra, JRSS B 68 (2006) 411), whose
 * chains are resampled within islands that know nothing of each other. The ladder is laid by a run that chooses each
 * step by its conditional effective sample size (Zhou, Johansen & Aston, JCGS 25 (2016) 701) and tunes the moves.
 */
import type { Stream } from '../random/stream.ts';
import { logMeanOf, logSumOf } from '../stats/log-mean.ts';
import type { Leap } from './path-moves.ts';
import type { Population } from './population.ts';
import type { Breathe } from './reference-pilot.ts';

/** A value of the parameter of one of the path's stages; ∞ is the end of the first. */
export interface Rung {
  readonly stage: number;
  readonly at: number;
  /** Of the moves at this value. */
  readonly leap: Leap;
}

/** The share of effective draws that a step of the ladder keeps. */
const KEEP = 0.9;
/** Moves at each rung of the pilot; more while the step size is being tuned. */
const PILOT_MOVES = 2;
const TUNING_MOVES = 8;
/** What the acceptance of Hamiltonian moves should be. */
const GOAL = 0.8;
/** The largest multiplier of broken requirements. */
const MAX_PENALTY = 60;
/** Steps of the pilot. */
export const MAX_RUNGS = 4000;
/** Draws from the reference that a chain may take to find a finite energy. */
const MAX_TRIES = 500;
/** Draws of all chains from the reference by which the share of the support is counted. */
const MAX_COUNTS = 2000;

export type PilotFailure = 'stopped' | 'support' | 'steep';

/** Lays the ladder, in one run over the path. */
export async function layLadder(
  pop: Population,
  streams: readonly Stream[],
  choice: Stream,
  breathe: Breathe,
): Promise<readonly Rung[] | PilotFailure> {
  const n = pop.chains;
  const ladder: Rung[] = [];
  let leap: Leap = leapOf(0.5);
  pop.start(streams);
  for (const [number, stage] of pop.stages.entries()) {
    const last = stage.name === 'energy';
    stage.changed();
    if (pop.stages.length === 1 && enter(pop).out.length > n / 2) return 'support';
    let at = 0;
    for (;;) {
      if (ladder.length >= MAX_RUNGS) return 'steep';
      if (!(await breathe(ladder.length, 0))) return 'stopped';
      const d = stage.difference();
      const alive = d.filter((x) => x < Number.POSITIVE_INFINITY).length;
      if (alive < n / 8) return 'support';
      const whole = last ? 1 - at : Number.POSITIVE_INFINITY;
      let step = stepOf(d, whole, n);
      const end = !last && (share(d) >= KEEP || at > MAX_PENALTY);
      if (end) {
        if (share(d) < 1 / 8) return 'support';
        step = Number.POSITIVE_INFINITY;
      }
      at = last && step >= whole ? 1 : at + step;
      const weights = d.map((x) => (step === Number.POSITIVE_INFINITY ? (x > 0 ? -step : 0) : -step * x));
      pop.descend(resampled(weights, 0, n, choice.uniform()));
      const hamiltonian: number[] = [];
      if (at !== Number.POSITIVE_INFINITY)
        for (let i = 0; i < TUNING_MOVES; i++) {
          const acceptance = stage.move(at, leap);
          if (Number.isNaN(acceptance)) {
            if (i >= PILOT_MOVES - 1) break;
            continue;
          }
          hamiltonian.push(acceptance);
          leap = leapOf(leap.size * Math.exp(1.5 * (acceptance - GOAL)));
          if (i >= PILOT_MOVES - 1 && Math.abs(acceptance - GOAL) < 0.15) break;
        }
      ladder.push({ stage: number, at, leap });
      if (at === Number.POSITIVE_INFINITY || (last && at === 1)) break;
    }
  }
  return ladder;
}

/** Trajectories of about one and a half standard deviations of the reference, but of no more than eight leaps. */
function leapOf(size: number): Leap {
  const s = Math.min(1.5, Math.max(1e-4, size));
  return { size: s, count: Math.min(8, Math.max(1, Math.round(1.5 / s))) };
}

/** The share of chains that break nothing. */
const share = (d: Float64Array): number => d.filter((x) => x === 0).length / d.length;

/** The largest step whose incremental weights keep the effective draws. */
function stepOf(d: Float64Array, whole: number, n: number): number {
  const finite = d.filter((x) => x < Number.POSITIVE_INFINITY);
  const least = finite.reduce((a, x) => Math.min(a, x), Number.POSITIVE_INFINITY);
  const kept = (step: number): number => {
    let sum = 0;
    let squares = 0;
    for (const x of finite) {
      const w = Math.exp(-step * (x - least));
      sum += w;
      squares += w * w;
    }
    return (sum * sum) / (squares * finite.length);
  };
  // The smallest step that two sorts of energies can tell apart is far above what rounding leaves of them.
  let low = 1e-12;
  let high = Number.isFinite(whole) ? whole : 1;
  if (n < 2 || kept(high) >= KEEP) return Number.isFinite(whole) ? whole : high;
  for (let i = 0; i < 60; i++) {
    const mid = Math.sqrt(low * high);
    if (kept(mid) >= KEEP) low = mid;
    else high = mid;
  }
  return low;
}

/** Systematic resampling (Kitagawa 1996) of chains from … from + n − 1. @returns parents of these */
function resampled(logWeights: Float64Array, from: number, n: number, u: number): Int32Array {
  const own = logWeights.subarray(from, from + n);
  const total = logSumOf(own);
  const out = new Int32Array(n);
  let parent = 0;
  let sum = Math.exp(own[0] - total);
  for (let i = 0; i < n; i++) {
    const target = (i + u) / n;
    while (sum < target && parent < n - 1) sum += Math.exp(own[++parent] - total);
    out[i] = from + parent;
  }
  return out;
}

/**
 * Chains that begin outside the support begin anew until they are in it.
 * @returns which are not in it yet, and how many beginnings there were
 */
function enter(pop: Population): { readonly out: readonly number[]; readonly tries: number } {
  const n = pop.chains;
  let tries = n;
  for (let round = 0; ; round++) {
    const out: number[] = [];
    pop.stages[0].difference().forEach((d, c) => {
      if (d === Number.POSITIVE_INFINITY) out.push(c);
    });
    if (out.length === 0 || round >= MAX_TRIES) return { out, tries };
    tries += out.length;
    pop.restart(out);
  }
}

export interface Share {
  /** ln of the share of the reference that lies in the support. */
  readonly log: number;
  /** Of this estimate. */
  readonly variance: number;
}

/**
 * The share of the reference that has a finite energy, by counting draws. 1 where the support is a stage of its own.
 * @param error of its logarithm that is small enough
 * @returns null when it was stopped
 */
export async function shareOf(
  pop: Population,
  streams: readonly Stream[],
  error: number,
  breathe: Breathe,
): Promise<Share | null> {
  if (pop.stages.length > 1) return { log: 0, variance: 0 };
  const n = pop.chains;
  const all = Array.from({ length: n }, (_, c) => c);
  pop.start(streams);
  let drawn = 0;
  let inside = 0;
  for (let round = 0; round < MAX_COUNTS; round++) {
    if (!(await breathe(round, MAX_COUNTS))) return null;
    if (round > 0) pop.restart(all);
    for (const d of pop.stages[0].difference()) if (d < Number.POSITIVE_INFINITY) inside++;
    drawn += n;
    if (round === 0 && inside === n) return { log: 0, variance: 0 };
    if (inside > 0 && (1 - inside / drawn) / inside < error ** 2) break;
  }
  return { log: Math.log(inside / drawn), variance: (1 - inside / drawn) / inside };
}

export interface LadderRun {
  /** ln of independent unbiased estimates, but for the share of the support: one a chain, or one an island. */
  readonly logWeights: Float64Array;
}

/**
 * Goes up the ladder once.
 * @param islands equal parts of the chains, within which they are resampled where fewer than half are effective; 0: never
 * @returns null when it was stopped
 */
export async function climb(
  pop: Population,
  ladder: readonly Rung[],
  streams: readonly Stream[],
  islands: number,
  root: Stream,
  breathe: Breathe,
): Promise<LadderRun | null> {
  const n = pop.chains;
  const size = islands === 0 ? 1 : n / islands;
  const choices = Array.from({ length: islands }, (_, i) => root.fork('island', i));
  const weights = new Float64Array(n);
  const totals = new Float64Array(islands);
  let out: readonly number[] = [];
  pop.start(streams);
  let stage = -1;
  let at = 0;
  for (const [i, rung] of ladder.entries()) {
    if (!(await breathe(i, ladder.length))) return null;
    const part = pop.stages[rung.stage];
    if (rung.stage !== stage) {
      stage = rung.stage;
      at = 0;
      part.changed();
      if (pop.stages.length === 1) ({ out } = enter(pop));
    }
    const d = part.difference();
    for (let c = 0; c < n; c++) {
      if (rung.at === Number.POSITIVE_INFINITY) {
        if (d[c] > 0) weights[c] = Number.NEGATIVE_INFINITY;
      } else if (weights[c] > Number.NEGATIVE_INFINITY) weights[c] -= (rung.at - at) * d[c];
    }
    at = rung.at;
    if (islands > 0) settle(pop, weights, totals, choices, size);
    if (rung.at !== Number.POSITIVE_INFINITY && i < ladder.length - 1) part.move(rung.at, rung.leap);
  }
  if (islands === 0) return { logWeights: weights.filter((_, c) => !out.includes(c)) };
  const logWeights = totals.map(
    (t, k) =>
      t +
      logSumOf(weights.subarray(k * size, (k + 1) * size)) -
      Math.log(size - out.filter((c) => c >= k * size && c < (k + 1) * size).length),
  );
  return { logWeights };
}

/** Resamples islands whose chains have come to weigh too differently. */
function settle(
  pop: Population,
  weights: Float64Array,
  totals: Float64Array,
  choices: readonly Stream[],
  size: number,
): void {
  const parents = Int32Array.from({ length: pop.chains }, (_, c) => c);
  let any = false;
  for (let k = 0; k < totals.length; k++) {
    const own = weights.subarray(k * size, (k + 1) * size);
    const { value, ess } = logMeanOf(own);
    if (value === Number.NEGATIVE_INFINITY || ess >= size / 2) continue;
    totals[k] += value;
    parents.set(resampled(weights, k * size, size, choices[k].uniform()), k * size);
    own.fill(0);
    any = true;
  }
  if (any) pop.descend(parents);
}

/** The ladder with about `factor` times as many rungs, spread as those of the first. */
export function lengthened(ladder: readonly Rung[], factor: number): Rung[] {
  const out: Rung[] = [];
  for (const stage of new Set(ladder.map((r) => r.stage))) {
    const own = ladder.filter((r) => r.stage === stage && r.at < Number.POSITIVE_INFINITY);
    const many = Math.max(1, Math.round(own.length * factor));
    for (let i = 1; i <= many && own.length > 0; i++) {
      const t = (i * own.length) / many;
      const below = Math.min(own.length - 1, Math.ceil(t - 1e-9) - 1);
      const from = below === 0 ? 0 : own[below - 1].at;
      const { at, leap } = own[below];
      out.push({ stage, leap, at: i === many ? own[own.length - 1].at : from + (t - below) * (at - from) });
    }
    out.push(...ladder.filter((r) => r.stage === stage && r.at === Number.POSITIVE_INFINITY));
  }
  return out;
}
