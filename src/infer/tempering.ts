/**
 * Parallel tempering (Geyer 1991; Hukushima & Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604): replicas of each chain at
 * inverse temperatures 0 ≈ β₁ < … < β_K = 1, that exchange their states; the one at β = 1 is the chain. Exchanges
 * are tried at even and odd pairs in turn, and the ladder is spaced so that all are refused equally often (Syed,
 * Bouchard-Côté, Deligiannidis & Doucet, J. R. Stat. Soc. B 84 (2022) 321, algorithms 1–4). Ladder and reference
 * come from a pilot run that is the same whatever chains are drawn here, so that chains do not depend on how they
 * are grouped.
 */
import { totalEnergy } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import { chainsOf } from './chains.ts';
import { batchInputs, type Model, type States } from './model.ts';
import { type Path, type Reference, referenceEnergy } from './path.ts';
import type { ChainRun, ChainsOptions } from './run-chains.ts';
import type { Transition } from './transition.ts';

/** Opens chains on a path; the caller's `openChains`. */
export type Open = (options: ChainsOptions) => ChainRun;

export interface Tempering {
  readonly ladder: Float64Array;
  readonly reference: Reference | null;
  /** Λ: how far apart the ends of the ladder are, in refused exchanges (Syed et al. 2022, §3). */
  readonly barrier: number;
}

/** Chains of the pilot, its first number of temperatures, its largest, and rounds of its first tuning. */
const PILOT_CHAINS = 4;
const FIRST = 8;
const MOST = 32;
const ROUNDS = 64;
const TUNINGS = 3;

/** Chains, and their transitions, of the run that tells where the reals are. */
const SCOUTS = 16;
const SCOUTING = 200;

/** How much wider than what the scouts found the reference is, in standard deviations. */
const WIDER = 2;

/** Finds where the reals are, and spaces the ladder. */
export function tune(model: Model, open: Open, options: ChainsOptions): Tempering {
  const root = options.root.fork('tempering');
  const reference = scout(open, { ...options, root: root.fork('scouts') });
  let ladder = spaced(FIRST);
  for (let tuning = 0; ; tuning++) {
    const pilot = openTempering(
      model,
      open,
      {
        ...options,
        chains: PILOT_CHAINS,
        first: 0,
        all: PILOT_CHAINS,
        root: root.fork('pilot', tuning),
        start: undefined,
        warmup: ROUNDS << tuning,
      },
      { ladder, reference, barrier: Number.NaN },
    );
    try {
      for (let i = 0; i < ROUNDS << tuning; i++)
        pilot.transition.step(pilot.states, pilot.streams, { beta: 1, sweeps: 1, warming: true });
      const refused = pilot.refused();
      const barrier = refused.reduce((a, b) => a + b, 0);
      // Where nearly every exchange is refused, the barrier is larger than can be seen.
      const hidden = refused.some((r) => r > 0.95);
      const size = hidden ? 2 * ladder.length : Math.max(3, Math.ceil(2 * barrier) + 1);
      ladder = respaced(ladder, refused, Math.min(MOST, size));
      if (tuning >= TUNINGS - 1 && (!hidden || ladder.length === MOST)) return { ladder, reference, barrier };
      if (tuning > TUNINGS + 2) return { ladder, reference, barrier };
    } finally {
      pilot.dispose();
    }
  }
}

/** Not 0: what is forbidden has an energy of ∞, and 0·∞ is no number. */
const HOTTEST = 1e-6;

/** β = (k/(K − 1))², k = 0 … K − 1: closer where it is hot. */
const spaced = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => Math.max(HOTTEST, (k / (count - 1)) ** 2));

/** A ladder on which, by what was seen, exchanges are refused equally often. */
function respaced(ladder: Float64Array, refused: Float64Array, count: number): Float64Array {
  const total = new Float64Array(ladder.length);
  // A little of each step's length keeps the barrier growing where nothing was refused.
  for (let k = 1; k < ladder.length; k++)
    total[k] = total[k - 1] + refused[k - 1] + 1e-3 * (ladder[k] - ladder[k - 1]);
  const whole = total[ladder.length - 1];
  const out = new Float64Array(count);
  out[0] = HOTTEST;
  let k = 1;
  for (let j = 1; j < count - 1; j++) {
    const want = (whole * j) / (count - 1);
    while (total[k] < want) k++;
    out[j] =
      ladder[k - 1] + ((ladder[k] - ladder[k - 1]) * (want - total[k - 1])) / (total[k] - total[k - 1]);
  }
  out[count - 1] = 1;
  return out;
}

/** A normal reference around what many short chains found; null where no unknown is real. */
function scout(open: Open, options: ChainsOptions): Reference | null {
  const run = open({ ...options, chains: SCOUTS, first: 0, all: SCOUTS, start: undefined, warmup: SCOUTING });
  try {
    if (!run.real) return null;
    const { dim } = run.real;
    const mean = new Float64Array(dim);
    const m2 = new Float64Array(dim);
    let n = 0;
    for (let i = 0; i < SCOUTING; i++) {
      run.transition.step(run.states, run.streams, { beta: 1, sweeps: 1, warming: true });
      if (i < SCOUTING / 2) continue;
      run.transition.settle?.(run.states);
      const z = run.real.read(run.states);
      for (let c = 0; c < SCOUTS; c++) {
        n++;
        for (let j = 0; j < dim; j++) {
          const delta = z[c * dim + j] - mean[j];
          mean[j] += delta / n;
          m2[j] += delta * (z[c * dim + j] - mean[j]);
        }
      }
    }
    return { mean, variance: m2.map((s) => Math.max(1e-12, (WIDER ** 2 * s) / (n - 1))) };
  } finally {
    run.dispose();
  }
}

export interface TemperedRun extends ChainRun {
  /** The share of refused exchanges between each temperature and the next, all chains together. */
  refused(): Float64Array;
}

/** Replicas of all chains at all temperatures. Its states are those at β = 1. */
export function openTempering(
  model: Model,
  open: Open,
  options: ChainsOptions,
  { ladder, reference }: Tempering,
): TemperedRun {
  const { chains, first, root } = options;
  const count = ladder.length;
  const runs: ChainRun[] = [];
  const paths = Array.from(ladder, (beta): Path | undefined => (reference ? { beta, reference } : undefined));
  const dispose = (): void => {
    for (const r of runs) r.dispose();
    potentials?.dispose();
  };
  let potentials: Potentials | null = null;
  try {
    for (let k = 0; k < count; k++)
      runs.push(open({ ...options, root: k === count - 1 ? root : root.fork('replica', k), path: paths[k] }));
    potentials = potentialsOf(model, chains, runs, reference);
  } catch (e) {
    dispose();
    throw e;
  }
  const last = runs[count - 1];
  const swapping = Array.from({ length: chains }, (_, c) => root.fork('chain', first + c).fork('exchange'));
  const tried = new Float64Array(count - 1);
  const refusals = new Float64Array(count - 1);
  const exchanged = new Float64Array(chains);
  const possible = new Float64Array(chains);
  /** Of each chain and temperature, whether its state was last at the hot end; and round trips so far. */
  const fromHot = Array.from({ length: chains }, () => new Uint8Array(count));
  const trips = new Float64Array(chains);
  let odd = 0;

  const exchange = (): void => {
    const v = runs.map((_, k) => potentials!.of(k));
    for (let k = odd; k + 1 < count; k += 2)
      for (let c = 0; c < chains; c++) {
        const accept = Math.exp((ladder[k] - ladder[k + 1]) * (v[k][c] - v[k + 1][c]));
        const p = Number.isNaN(accept) ? 0 : Math.min(1, accept);
        tried[k]++;
        refusals[k] += 1 - p;
        possible[c]++;
        exchanged[c] += p;
        if (swapping[c].uniform() >= p) continue;
        swapRows(model, runs[k].states, runs[k + 1].states, c);
        const hot = fromHot[c];
        [hot[k], hot[k + 1]] = [hot[k + 1], hot[k]];
      }
    for (let c = 0; c < chains; c++) {
      fromHot[c][0] = 1;
      if (fromHot[c][count - 1] === 1) trips[c]++;
      fromHot[c][count - 1] = 0;
    }
    odd = 1 - odd;
    for (const r of runs) r.transition.changed?.();
  };

  const transition: Transition = {
    name: 'tempering',
    step(_, __, { sweeps, warming }) {
      for (let i = 0; i < sweeps; i++) {
        runs.forEach((r, k) => {
          r.transition.step(r.states, r.streams, { beta: ladder[k], sweeps: 1, warming });
          r.transition.settle?.(r.states);
        });
        exchange();
      }
    },
    freeze() {
      for (const r of runs) r.transition.freeze?.();
      exchanged.fill(0);
      possible.fill(0);
      trips.fill(0);
    },
    fault: (states) => last.transition.fault?.(states),
    info(c) {
      const own = last.transition.info?.(c) ?? {};
      let leapfrogs = 0;
      for (const r of runs) leapfrogs += r.transition.info?.(c).leapfrogs ?? 0;
      return {
        ...own,
        ...(leapfrogs > 0 ? { leapfrogs } : {}),
        exchanged: exchanged[c] / Math.max(1, possible[c]),
        trips: trips[c],
      };
    },
    last: (c) => last.transition.last?.(c) ?? {},
    dispose,
  };
  return {
    states: last.states,
    streams: last.streams,
    transition,
    tempered: false,
    real: last.real,
    modes: false,
    standards: last.standards,
    refused: () => refusals.map((r, k) => r / Math.max(1, tried[k])),
    dispose,
  };
}

interface Potentials {
  /** Of each chain at temperature k: what its energy changes by with β. */
  of(k: number): Float64Array;
  dispose(): void;
}

function potentialsOf(
  model: Model,
  chains: number,
  runs: readonly ChainRun[],
  reference: Reference | null,
): Potentials {
  if (reference)
    return {
      of(k) {
        const { real, states } = runs[k];
        if (!real) throw new Error('a reference without reals');
        const z = real.read(states);
        const out = Float64Array.from(real.evaluate(z).energy);
        for (let c = 0; c < chains; c++) out[c] -= referenceEnergy(reference, z, c * real.dim);
        return out;
      },
      dispose: () => undefined,
    };
  const { chain, batch, compile } = chainsOf(model, chains);
  const run = compile([
    { name: 'energy', axes: [chain], node: batch.on(totalEnergy(model.builder, model.energy)) },
  ]);
  return {
    of: (k) =>
      Float64Array.from(run.run(batchInputs(model, batch.slots, runs[k].states, chains)).get('energy')!.data),
    dispose: () => run.dispose(),
  };
}

function swapRows(model: Model, a: Map<Slot, Float64Array>, b: States, c: number): void {
  for (const { slot, size } of model.unknowns) {
    const x = a.get(slot)!.subarray(c * size, (c + 1) * size);
    const y = b.get(slot)!.subarray(c * size, (c + 1) * size);
    const kept = x.slice();
    x.set(y);
    y.set(kept);
  }
}
