/** Running chains: Gibbs for what is discrete, exchanges for arrangements, Langevin for what is real, in turn. */

import { violationsOf } from '../ir/batch.ts';
import type { Slot } from '../ir/types.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import { Stream } from '../random/stream.ts';
import type { Draws } from '../stats/draws.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { chainsOf } from './chains.ts';
import { continuousPart } from './continuous.ts';
import { makeExchange } from './exchange.ts';
import { faultyTerm } from './faulty-term.ts';
import { makeGibbs } from './gibbs.ts';
import { makeLangevin } from './langevin.ts';
import { batchInputs, type Clamp, fault, type Model, type States } from './model.ts';
import { makeRecorder } from './recorder.ts';
import { copyStates, type Scales, startStates } from './start.ts';

/** Some of a run's chains, of which other workers draw the rest: `from` … `from + count − 1`. */
export interface ChainPart {
  readonly from: number;
  readonly count: number;
  /** Told before sweep `sweep` begins, and at the end how many there were: when a fault shows. */
  readonly reached?: (sweep: number) => void;
}

export interface SampleOptions {
  /** All chains of the run. */
  readonly chains?: number;
  /** Those that are drawn here; absent: all. Their draws are the same as among all. */
  readonly part?: ChainPart;
  /** Recorded draws of each chain. */
  readonly draws?: number;
  readonly warmup?: number;
  /** Sweeps or transitions between recorded draws. */
  readonly thin?: number;
  readonly seed?: number;
  readonly leapfrogs?: number;
  /** Location and spread of real unknowns, where data tell. */
  readonly scales?: Scales;
  /** Rows that chains start from; chains are numbered in the whole run. */
  readonly start?: { readonly of: (slot: Slot, chain: number) => ArrayLike<number> };
}

export interface SampleProgress {
  readonly phase: 'warmup' | 'sampling';
  readonly done: number;
  readonly total: number;
  /** Sweeps a second so far. */
  readonly rate: number;
  readonly energy: Float64Array | null;
  /** The chains' present states; valid until the next call. */
  readonly states: States;
  /** Draws recorded so far, of each chain. */
  readonly recorded: number;
  /** The whole record, its first `recorded` draws of each chain filled: to look at, not to keep. */
  readonly record: Draws;
}

export interface SampleResult {
  readonly draws: Draws;
  readonly plan: Plan;
  readonly chains: readonly {
    readonly acceptance: number | null;
    readonly stepSize: number | null;
    readonly divergences: number;
  }[];
  readonly seconds: { readonly compile: number; readonly warmup: number; readonly sampling: number };
  /** False when it was stopped before the last draw. */
  readonly complete: boolean;
}

/** Sweeps that mend the requirements of a random start beside real unknowns. */
const REPAIR_SWEEPS = 10;

/** Elements that are swept over in one call, about a hundredth of a second's work. */
const SITES_AT_ONCE = 2 ** 22;

const elementsOf = (model: Model): number => model.unknowns.reduce((n, u) => n + u.size, 1);

/** How long to work before letting the event loop run. */
const SLICE_MS = 40;

/**
 * Draws from exp(−E) given the clamped elements. Deterministic for a seed: chain c
 * uses the stream ('chain', c) only, whatever the other chains do.
 */
export async function sample(
  model: Model,
  clamp: Clamp,
  options: SampleOptions = {},
  onProgress: (p: SampleProgress) => void = () => {},
  signal?: { readonly aborted: boolean },
): Promise<SampleResult> {
  const t0 = performance.now();
  const { plan, gibbs: how } = makePlan(model, clamp);
  const all = options.chains ?? plan.defaults.chains;
  const { from: first, count: chains } = options.part ?? { from: 0, count: all };
  const rows = options.start;
  const draws = options.draws ?? plan.defaults.draws;
  const warmup = options.warmup ?? plan.defaults.warmup;
  const thin = options.thin ?? plan.defaults.thin;
  const root = new Stream(options.seed ?? 1, 'sample');
  const streams = Array.from({ length: chains }, (_, c) => root.fork('chain', first + c));
  const start = rows && { of: (slot: Slot, c: number) => rows.of(slot, first + c) };
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void } | null>(made: T): T => {
    if (made) owned.push(made);
    return made;
  };
  try {
    own(how);
    const states = startStates(model, clamp, streams, start, options.scales);
    const gibbs = own(how ? makeGibbs(model, how, clamp, chains, all) : null);
    const exchange = own(
      plan.unknowns.some((u) => u.method === 'exchange') ? makeExchange(model, clamp, chains) : null,
    );
    // Discrete parts that break a requirement at random are mended by sweeps, of the chains in need only.
    const mend = (own: readonly Stream[], at: Map<Slot, Float64Array>): void => {
      const discrete = how && makeGibbs(model, how, clamp, own.length, all);
      const arranged = exchange && makeExchange(model, clamp, own.length);
      try {
        for (let i = 0; i < REPAIR_SWEEPS; i++) {
          discrete?.sweep(at, own, 1);
          if (!arranged) continue;
          discrete?.settle(at);
          arranged.sweep(at, own, 1);
          discrete?.changed();
        }
        discrete?.settle(at);
      } finally {
        discrete?.dispose();
        arranged?.dispose();
      }
    };
    const repair = (own: readonly Stream[], at: Map<Slot, Float64Array>): void => {
      const positions = own.map((s) => s.position);
      const before = copyStates(at);
      try {
        mend(own, at);
      } catch (e) {
        // Not a number beside these reals: the next start has others.
        if (!(e instanceof EnergyError)) throw e;
        if (own.length === 1) return;
        // Another chain's fault must not end this one's repair: once more, each by itself.
        own.forEach((stream, c) => {
          stream.position = positions[c];
          const alone = new Map(
            [...before].map(([slot, x]) => {
              const size = x.length / own.length;
              return [slot, x.slice(c * size, (c + 1) * size)];
            }),
          );
          repair([stream], alone);
          for (const [slot, x] of alone) at.get(slot)!.set(x, c * x.length);
        });
      }
    };
    const real = own(continuousPart(model, clamp, chains, states));
    const langevin = real
      ? makeLangevin(
          real,
          chains,
          feasibleStart(model, clamp, real, streams, states, repair, options.scales),
          {
            variances: options.scales && real.variances(options.scales),
            leapfrogs: options.leapfrogs ?? plan.defaults.leapfrogs,
            lengths: root.fork('lengths'),
            targetAcceptance: (options.leapfrogs ?? plan.defaults.leapfrogs) === 1 ? 0.574 : 0.8,
            warmup,
          },
        )
      : null;
    const recorder = own(makeRecorder(model, chains, draws));
    // Asked for in full, the draws share the recorder's arrays.
    const record = recorder.draws(draws);
    const t1 = performance.now();
    let t2 = t1;
    let last = t1;
    let recorded = 0;
    let energy: Float64Array | null = null;
    const total = warmup + draws * thin;
    // Given starts are kept; with real unknowns the Langevin part would not be at that temperature.
    const annealed = langevin === null && options.start === undefined;
    const atOnce = Math.max(1, Math.floor(SITES_AT_ONCE / (chains * elementsOf(model))));
    for (let next = 0, sweeps = 1; next < total; next += sweeps) {
      options.part?.reached?.(next);
      const warming = next < warmup;
      // Between recorded draws nobody looks.
      sweeps = warming || exchange || langevin ? 1 : Math.min(thin - ((next - warmup) % thin), atOnce);
      const i = next + sweeps - 1;
      if (gibbs || exchange) {
        const beta = annealed ? inverseTemperature(i, warmup) : 1;
        gibbs?.sweep(states, streams, beta, sweeps);
        if (exchange || langevin) gibbs?.settle(states);
        exchange?.sweep(states, streams, beta);
        if (langevin && real) langevin.refresh(real.read(states));
      }
      if (langevin && real) {
        langevin.step(streams, warming);
        real.write(langevin.state.z, states);
      }
      if (exchange || langevin) gibbs?.changed();
      if (i === warmup - 1) {
        langevin?.freeze();
        gibbs?.settle(states);
        requireFeasible(model, states, chains, first);
        const lost = gibbs?.fault(states);
        if (lost) throw lost;
        t2 = performance.now();
      }
      if (!warming && (i - warmup + 1) % thin === 0) {
        gibbs?.settle(states);
        energy = recorder.record(states, recorded++);
      }
      const now = performance.now();
      if (now - last > SLICE_MS || i === total - 1) {
        last = now;
        gibbs?.settle(states);
        onProgress({
          phase: warming ? 'warmup' : 'sampling',
          done: i + 1,
          total,
          rate: ((i + 1) * 1000) / Math.max(1, now - t1),
          energy,
          states,
          recorded,
          record,
        });
        await new Promise((done) => setTimeout(done, 0));
        if (signal?.aborted) break;
      }
    }
    options.part?.reached?.(total);
    if (warmup === 0) {
      requireFeasible(model, states, chains, first);
      const lost = gibbs?.fault(states);
      if (lost) throw lost;
    }
    const result = recorder.draws(recorded);
    for (const q of result.quantities)
      if (q.role === 'energy' && !q.values.every(Number.isFinite))
        throw (
          streams.map((_, c) => faultyTerm(model, states, c)).find((e) => e !== undefined) ??
          fault('E0701', model.energy.span, `the energy \`${model.energy.name}\` is not a finite number`)
        );
    const t3 = performance.now();
    return {
      draws: result,
      plan,
      chains: Array.from({ length: chains }, (_, c) => ({
        acceptance: langevin ? langevin.info[c].acceptance : null,
        stepSize: langevin ? langevin.info[c].stepSize : null,
        divergences: langevin ? langevin.info[c].divergences : 0,
      })),
      seconds: { compile: (t1 - t0) / 1000, warmup: (t2 - t1) / 1000, sampling: (t3 - t2) / 1000 },
      complete: recorded === draws,
    };
  } finally {
    for (const o of owned) o.dispose();
  }
}

/** Random starts with a finite energy: up to 100 tries for each chain, then the fault is named. */
function feasibleStart(
  model: Model,
  clamp: Clamp,
  real: NonNullable<ReturnType<typeof continuousPart>>,
  streams: readonly Stream[],
  states: Map<Slot, Float64Array>,
  repair: (own: readonly Stream[], at: Map<Slot, Float64Array>) => void,
  scales?: Scales,
): Float64Array {
  for (let attempt = 0; ; attempt++) {
    const z = real.read(states);
    const { energy, gradient } = real.evaluate(z);
    const bad = streams.flatMap((_, c) =>
      Number.isFinite(energy[c]) && gradient.subarray(c * real.dim, (c + 1) * real.dim).every(Number.isFinite)
        ? []
        : [c],
    );
    if (bad.length === 0) return z;
    if (attempt >= 100)
      throw (
        faultyTerm(model, states, bad[0]) ??
        fault(
          'E0702',
          model.energy.span,
          `no start with a finite energy was found for \`${model.energy.name}\` in 100 tries`,
          'check what `require` and the distributions allow',
        )
      );
    // Only the chains in need draw again: what one chain does must not depend on the others.
    const own = bad.map((c) => streams[c]);
    const again = startStates(model, clamp, own, undefined, scales);
    repair(own, again);
    for (const u of model.unknowns)
      bad.forEach((c, j) => {
        states.get(u.slot)!.set(again.get(u.slot)!.subarray(j * u.size, (j + 1) * u.size), c * u.size);
      });
  }
}

/**
 * Warm-up of discrete models is annealed: over its first two thirds the temperature
 * falls from infinite to 1 (β rises in a straight line), so that chains do not freeze
 * into the mode nearest to their random start. Recorded draws are at β = 1.
 */
const inverseTemperature = (i: number, warmup: number): number =>
  Math.min(1, (1.5 * (i + 1)) / Math.max(1, warmup));

/** After warm-up every chain must satisfy what is required. @param first the number of the first chain */
function requireFeasible(model: Model, states: States, chains: number, first: number): void {
  if (model.energy.support.length === 0) return;
  const b = model.builder;
  const { chain, batch, compile } = chainsOf(model, chains);
  const outputs = model.energy.support.map((c, i) => ({
    name: String(i),
    axes: [chain],
    node: violationsOf(b, c, batch.on),
  }));
  const run = compile(outputs);
  const out = run.run(batchInputs(model, batch.slots, states, chains));
  run.dispose();
  for (let k = 0; k < chains; k++)
    model.energy.support.forEach((c, i) => {
      const broken = out.get(String(i))!.data[k];
      if (broken > 0)
        throw fault(
          'E0702',
          c.span,
          `after warm-up chain ${first + k} still violates this requirement${broken > 1 ? ` (${broken} times)` : ''}`,
          'give more of the unknowns, raise `warmup`, or loosen the requirement',
        );
    });
}
