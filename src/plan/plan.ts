/**
 * Which method serves which unknowns, and why: data that `sample` follows and
 * `energy plan` prints.
 */
import { type SiteBlocks, siteBlocks } from '../analyse/blocks.ts';
import { exchangeEnergy } from '../analyse/exchanges.ts';
import { factorsOf } from '../analyse/factors.ts';
import {
  candidateCount,
  eventRank,
  isArranged,
  isDiscrete,
  largestConditional,
  showDomain,
  stateCount,
} from '../domain.ts';
import { jointStates } from '../infer/joint-states.ts';
import { type Clamp, freeCount, type Model } from '../infer/model.ts';
import { type GibbsPlan, planGibbs } from './gibbs.ts';

export interface UnknownPlan {
  readonly unknown: string;
  readonly domain: string;
  /** Elements in all, and those not given. */
  readonly elements: number;
  readonly free: number;
  readonly method: 'gibbs' | 'exchange' | 'langevin' | 'given';
  /** Blocks updated at once, for Gibbs. */
  readonly blocks: number | null;
  /** Most factor instances that touch one element; null where some touch everything. */
  readonly blanket: number | null;
  readonly why: string;
}

export interface Plan {
  readonly energy: string;
  readonly engine: string;
  /** Why this engine evaluates the energy, where there was a choice. */
  readonly engineWhy: string | null;
  readonly method: 'gibbs' | 'exchange' | 'langevin' | 'mixed' | 'none';
  readonly unknowns: readonly UnknownPlan[];
  /** Joint states of the free discrete unknowns; null when some unknown is real or the number overflows. */
  readonly states: number | null;
  readonly logz: 'enumeration' | 'none';
  readonly defaults: {
    readonly chains: number;
    readonly draws: number;
    readonly warmup: number;
    readonly thin: number;
    /** Leapfrog steps of a Langevin transition. */
    readonly leapfrogs: number;
  };
}

/** The most joint states that enumeration visits. */
export const MAX_ENUMERATED = 2 ** 22;

/** Chains of a run that does not say how many. */
export const DEFAULT_CHAINS = 4;

export interface Planned {
  readonly plan: Plan;
  /** How discrete unknowns are drawn; null where none is free. Whoever asks for the plan disposes of it. */
  readonly gibbs: GibbsPlan | null;
}

const candidatesNote = (states: number): string =>
  states > largestConditional
    ? `; within ${candidateCount} of its ${states} states at a time, chosen at random, because whole conditionals are too dear`
    : '';

export function makePlan(model: Model, clamp: Clamp): Planned {
  const factors = factorsOf(model.builder, model.energy);
  const blocks: SiteBlocks[] = [];
  const unknowns: UnknownPlan[] = [];
  const joint = jointStates(model, clamp);
  const states = joint.real === null && joint.total <= Number.MAX_SAFE_INTEGER ? joint.total : null;
  for (const u of model.unknowns) {
    const free = freeCount(clamp, u.slot);
    const base = { unknown: u.slot.name, domain: showDomain(u.slot.domain), elements: u.size, free };
    if (!isDiscrete(u.slot.domain)) {
      unknowns.push({
        ...base,
        method: free === 0 ? 'given' : 'langevin',
        blocks: null,
        blanket: null,
        why:
          free === 0
            ? 'every element is given'
            : 'real: Metropolis-adjusted Langevin steps with the gradient of the whole energy, on the unconstrained line',
      });
      continue;
    }
    if (free === 0) {
      unknowns.push({ ...base, method: 'given', blocks: null, blanket: null, why: 'every element is given' });
      continue;
    }
    if (isArranged(u.slot.domain)) {
      const together = exchangeEnergy(model.builder, model.energy, u.slot).each !== null;
      const several = u.slot.sets.length > eventRank(u.slot.domain);
      unknowns.push({
        ...base,
        method: 'exchange',
        blocks: null,
        blanket: null,
        why: `its elements depend on each other: two change places, accepted by Metropolis' rule${
          several
            ? together
              ? ', in all arrangements at once, because none shares a factor with another'
              : ', one arrangement at a time'
            : ''
        }`,
      });
      continue;
    }
    const info = siteBlocks(model.builder, u.slot, factors, model, model.kernels ?? undefined);
    blocks.push(info);
    unknowns.push({
      ...base,
      method: 'gibbs',
      blocks: info.blocks.length,
      blanket: Number.isFinite(info.blanket) ? info.blanket : null,
      why: `${
        info.sequential
          ? `discrete: exact conditionals, one element at a time, because ${info.sequential}`
          : info.blocks.length === 1
            ? 'discrete: exact conditionals, all elements at once, because none shares a factor with another'
            : `discrete: exact conditionals, ${info.blocks.length} colour classes whose elements share no factor`
      }${candidatesNote(stateCount(u.slot.domain, model.sizeOf))}`,
    });
  }
  const gibbs = blocks.length > 0 ? planGibbs(model, blocks, clamp) : null;
  const methods = (['gibbs', 'exchange', 'langevin'] as const).filter((m) =>
    unknowns.some((u) => u.method === m),
  );
  const langevin = methods.includes('langevin');
  const slow = gibbs?.conditionals.some((i) => i.blocks.length > 16) === true;
  return {
    gibbs,
    plan: {
      energy: model.energy.name,
      engine: model.engine.name,
      engineWhy: model.engineWhy,
      method: methods.length > 1 ? 'mixed' : (methods[0] ?? 'none'),
      unknowns: unknowns.map((u, i) => {
        const machine = gibbs?.how.get(model.unknowns[i].slot);
        return machine === undefined ? u : { ...u, why: `${u.why}; ${machine}` };
      }),
      states,
      logz: states !== null && states <= MAX_ENUMERATED ? 'enumeration' : 'none',
      defaults: {
        chains: DEFAULT_CHAINS,
        draws: slow ? 200 : 1000,
        warmup: langevin ? 1000 : slow ? 100 : 300,
        thin: 1,
        leapfrogs: 8,
      },
    },
  };
}
