/** Chains ready to run: states with a finite energy and the transitions that move them, as the plan says. */
import type { Slot } from '../ir/types.ts';
import type { Planned } from '../plan/plan.ts';
import type { Stream } from '../random/stream.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { type ContinuousPart, continuousPart } from './continuous.ts';
import { continuousStep } from './continuous-step.ts';
import { makeExchange } from './exchange.ts';
import { faultyTerm } from './faulty-term.ts';
import { mendStarts } from './feasible-start.ts';
import { gibbsTransitions } from './gibbs.ts';
import { makeLangevin } from './langevin.ts';
import { collapsed, marginalDraw } from './marginal.ts';
import { type Clamp, fault, type Model } from './model.ts';
import { makeNuts } from './nuts.ts';
import { onPath, type Path } from './path.ts';
import { scout, severalModes, startsFrom } from './pathfinder.ts';
import { pilot } from './pilot.ts';
import type { RealOptions, RealSampler } from './real-sampler.ts';
import { movingHierarchies, noStandards, placeStarts, type Standards } from './standard.ts';
import { copyStates, type Scales, startStates } from './start.ts';
import { inTurn, plain, type Transition } from './transition.ts';

export interface ChainsOptions {
  /** Chains that are run here: numbers `first` … `first + chains − 1` of `all`. */
  readonly chains: number;
  readonly first: number;
  readonly all: number;
  /** Chain c draws from root.fork('chain', c) only, whatever the other chains do. */
  readonly root: Stream;
  /** Steps in which transitions may adapt. */
  readonly warmup: number;
  /** Leaps of a Hamiltonian step of fixed length. */
  readonly leapfrogs: number;
  /** Location and spread of real unknowns, where data tell. */
  readonly scales?: Scales;
  /** The energy that reals move on is that of a path, whose β is then that of everything. */
  readonly path?: Path;
  /** Coordinates of unknowns that are drawn around others, or that a short run of one chain finds them; absent: their own. */
  readonly standards?: Standards | 'found';
  /** Rows that chains start from, by the chain's number in the whole run. */
  readonly start?: { readonly of: (slot: Slot, chain: number) => ArrayLike<number> };
}

export interface ChainRun {
  readonly states: Map<Slot, Float64Array>;
  readonly streams: readonly Stream[];
  /** All that moves, in turn. */
  readonly transition: Transition;
  /** Whether every part of it heeds an inverse temperature, and gains by it. */
  readonly tempered: boolean;
  /** Coordinates of the reals that move, and their energy at β = 1; null where none is free. */
  readonly real: ContinuousPart | null;
  /** Whether modes were found that chains would not leave. */
  readonly modes: boolean;
  /** Coordinates of unknowns that are drawn around others. */
  readonly standards?: Standards;
  dispose(): void;
}

/** Sweeps that mend the requirements of a random start beside real unknowns. */
const REPAIR_SWEEPS = 10;

/**
 * @param planned disposed of by whoever made it, after the run
 * @throws EnergyError E0701, E0702 where no start with a finite energy is found
 */
export function openChains(model: Model, clamp: Clamp, planned: Planned, o: ChainsOptions): ChainRun {
  const { plan, gibbs: how, sums } = planned;
  const { chains, first, all, root } = o;
  const streams = Array.from({ length: chains }, (_, c) => root.fork('chain', first + c));
  const start = o.start && { of: (slot: Slot, c: number) => o.start!.of(slot, first + c) };
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(made: T): T => {
    owned.push(made);
    return made;
  };
  const dispose = (): void => {
    for (const x of owned) x.dispose();
  };
  let modes = false;
  const arranged = plan.unknowns.some((u) => u.method === 'exchange');
  /** Transitions of what is discrete. */
  const discrete = (count: number): Transition[] => [
    ...(how ? gibbsTransitions(model, how, clamp, count, all) : []),
    ...(arranged ? [makeExchange(model, clamp, count)] : []),
  ];
  try {
    const standards =
      o.standards === 'found' ? standardsFor(model, clamp, planned, o) : (o.standards ?? noStandards);
    const states = starts(model, clamp, streams, standards, o.scales, start);
    // Exact draws need no start.
    if (!start && !how?.exact) mendStarts(model, clamp, streams, states);
    const parts = discrete(chains).map(own);
    const plainly = continuousPart(sums?.model ?? model, clamp, chains, states, standards);
    if (plainly) {
      own(plainly);
      const real = o.path ? onPath(plainly, chains, o.path) : plainly;
      const z = feasibleStart(model, clamp, real, streams, states, discrete, standards, o.scales);
      // What else moves would change the modes; what is known of starts is better than a search.
      const alone = parts.length === 0 && !o.path && !o.start && !o.scales;
      const found = alone ? scout(real, root.fork('scouts')) : [];
      modes = severalModes(found, real);
      const covariances = found.length > 0 ? startsFrom(found, real, z, streams) : undefined;
      if (covariances) real.write(z, states);
      const sampler = realSampler(planned, real, chains, z, o, covariances);
      const moves = continuousStep(realMethod(planned), real, sampler);
      if (sums) {
        const draw = own(marginalDraw(sums, chains, all));
        // What is summed out starts where the reals do.
        if (!start) {
          real.write(z, states);
          draw.step(states, streams, plain);
        }
        parts.push(collapsed(moves, draw));
      } else parts.push(moves);
    }
    const transition = inTurn(parts);
    return {
      states,
      streams,
      transition,
      tempered: plainly === null && !how?.exact,
      real: plainly,
      modes,
      standards,
      dispose,
    };
  } catch (e) {
    dispose();
    throw e;
  }
}

/** Coordinates in which hierarchies are moved: the same for all chains, whoever draws them. */
function standardsFor(model: Model, clamp: Clamp, planned: Planned, o: ChainsOptions): Standards {
  const moved = planned.sums?.model ?? model;
  const hierarchies = movingHierarchies(moved, clamp);
  if (hierarchies.length === 0) return noStandards;
  const root = o.root.fork('pilot');
  try {
    return pilot(moved, hierarchies, {
      warmup: o.warmup,
      signs: root.fork('signs'),
      open: (standards, warmup, at) =>
        openChains(model, clamp, planned, {
          ...o,
          chains: 1,
          first: 0,
          all: 1,
          root,
          warmup,
          standards,
          start: at ? { of: (slot) => at.get(slot)! } : o.start,
        }),
    });
  } catch (e) {
    // What is wrong shows again, or was an accident of the pilot's start.
    if (e instanceof EnergyError) return noStandards;
    throw e;
  }
}

/** Starts that are given, or random ones in the coordinates that will be moved. */
function starts(
  model: Model,
  clamp: Clamp,
  streams: readonly Stream[],
  standards: Standards,
  scales?: Scales,
  rows?: ChainsOptions['start'],
): Map<Slot, Float64Array> {
  const states = startStates(model, clamp, streams, rows, scales);
  if (!rows) placeStarts(model, clamp, standards, states, streams.length, scales);
  return states;
}

const realMethod = ({ plan }: Planned): string =>
  plan.unknowns.find((u) => u.method in realMethods)?.method ?? 'nuts';

const realMethods = {
  nuts: true,
  hmc: true,
  langevin: true,
  unadjusted: true,
} as const satisfies Record<string, true>;

function realSampler(
  planned: Planned,
  real: ContinuousPart,
  chains: number,
  z: Float64Array,
  { warmup, leapfrogs, scales, root }: ChainsOptions,
  covariances?: RealOptions['covariances'],
): RealSampler {
  const options: RealOptions = { warmup, variances: scales && real.variances(scales), covariances };
  switch (realMethod(planned) as keyof typeof realMethods) {
    case 'nuts':
      return makeNuts(real, chains, z, options);
    case 'hmc':
      return makeLangevin(real, chains, z, { ...options, leapfrogs, lengths: root.fork('lengths') });
    case 'langevin':
      return makeLangevin(real, chains, z, { ...options, leapfrogs: 1 });
    case 'unadjusted':
      return makeLangevin(real, chains, z, { ...options, leapfrogs: 1, unadjusted: true });
  }
}

/** Random starts with a finite energy: up to 100 tries for each chain, then the fault is named. */
function feasibleStart(
  model: Model,
  clamp: Clamp,
  real: ContinuousPart,
  streams: readonly Stream[],
  states: Map<Slot, Float64Array>,
  discrete: (chains: number) => Transition[],
  standards: Standards,
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
    const again = starts(model, clamp, own, standards, scales);
    mendStarts(model, clamp, own, again);
    repair(discrete, own, again);
    for (const u of model.unknowns)
      bad.forEach((c, j) => {
        states.get(u.slot)!.set(again.get(u.slot)!.subarray(j * u.size, (j + 1) * u.size), c * u.size);
      });
  }
}

/** Discrete parts that break a requirement at random are mended by sweeps. */
function repair(
  discrete: (chains: number) => Transition[],
  own: readonly Stream[],
  at: Map<Slot, Float64Array>,
): void {
  const positions = own.map((s) => s.position);
  const before = copyStates(at);
  const mend = inTurn(discrete(own.length));
  try {
    mend.step(at, own, { ...plain, sweeps: REPAIR_SWEEPS });
    mend.settle?.(at);
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
      repair(discrete, [stream], alone);
      for (const [slot, x] of alone) at.get(slot)!.set(x, c * x.length);
    });
  } finally {
    mend.dispose();
  }
}
