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
import { type MarginalModel, marginalModel } from '../infer/marginal.ts';
import { type Clamp, freeCount, type Model } from '../infer/model.ts';
import type { Slot } from '../ir/types.ts';
import { isSampler, type SamplerName, samplers } from '../samplers.ts';
import { type CoordinatePlan, coordinateNote, standardisedBy } from './coordinates.ts';
import { costsOf } from './exact.ts';
import { type GibbsPlan, planGibbs } from './gibbs.ts';
import { type LogZMethod, logZMethod } from './log-z.ts';

/** How an unknown is drawn: a sampler of `samplers` (src/samplers.ts), or that it is not. */
export type Method = SamplerName | 'given';

export interface UnknownPlan {
  readonly unknown: string;
  readonly domain: string;
  /** Elements in all, and those not given. */
  readonly elements: number;
  readonly free: number;
  readonly method: Method;
  /** Blocks updated at once, for Gibbs. */
  readonly blocks: number | null;
  /** Most factor instances that touch one element; null where some touch everything. */
  readonly blanket: number | null;
  readonly why: string;
  /** Of a real unknown that is drawn around others. */
  readonly coordinates?: CoordinatePlan;
}

export interface Plan {
  readonly energy: string;
  readonly engine: string;
  /** Why this engine evaluates the energy, where there was a choice. */
  readonly engineWhy: string | null;
  /** The method of all that is free, where it is one. */
  readonly method: Method | 'mixed' | 'none';
  readonly unknowns: readonly UnknownPlan[];
  /** Joint states of the free discrete unknowns; null when some unknown is real or the number overflows. */
  readonly states: number | null;
  /** How `logz` comes to its number, and why: exact sums, a Gaussian integral, or annealed importance sampling. */
  readonly logz: LogZMethod;
  readonly logzWhy: string;
  /** What summing the free discrete unknowns out one by one takes, where that was found to be affordable. */
  readonly elimination?: { readonly width: number; readonly largest: number; readonly total: number };
  /** Set once chains run at several temperatures. */
  readonly tempering?: { readonly temperatures: number; readonly barrier: number; readonly why: string };
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
  /** What is summed out of the energy that reals move on; null where nothing is. */
  readonly sums: MarginalModel | null;
}

/** The sampler of real unknowns. */
function realMethod(model: Model, wanted?: string): { readonly method: SamplerName; readonly why: string } {
  const asked = wanted !== undefined && isSampler(wanted) && samplers[wanted].serves === 'real';
  const method: SamplerName = asked ? wanted : model.engine.oneByOne ? 'nuts' : 'hmc';
  return {
    method,
    why: `${samplers[method].how}, with the gradient of the whole energy, on the unconstrained line${asked ? '; as asked for' : ''}`,
  };
}

const candidatesNote = (states: number): string =>
  states > largestConditional
    ? `; within ${candidateCount} of its ${states} states at a time, chosen at random, because whole conditionals are too dear`
    : '';

/** Whether discrete unknowns may be summed out: not where samplers in turn, or another one of theirs, are asked for. */
const summing = (wanted?: string): boolean =>
  wanted !== 'mixed' &&
  (wanted === undefined ||
    !isSampler(wanted) ||
    wanted === 'marginal' ||
    samplers[wanted].serves !== 'discrete');

/** @param wanted the sampler of those unknowns that it serves, instead of the plan's choice; `mixed`: nothing is summed out */
export function makePlan(model: Model, clamp: Clamp, wanted?: string): Planned {
  const factors = factorsOf(model.builder, model.energy);
  const blocks: SiteBlocks[] = [];
  const unknowns: UnknownPlan[] = [];
  const joint = jointStates(model, clamp);
  const real = realMethod(model, wanted);
  const sums = summing(wanted) ? marginalModel(model, clamp, wanted === 'marginal') : null;
  const around = standardisedBy(sums?.model ?? model, clamp);
  const states = joint.real === null && joint.total <= Number.MAX_SAFE_INTEGER ? joint.total : null;
  for (const u of model.unknowns) {
    const free = freeCount(clamp, u.slot);
    const base = { unknown: u.slot.name, domain: showDomain(u.slot.domain), elements: u.size, free };
    if (!isDiscrete(u.slot.domain)) {
      const by = free === 0 ? undefined : around.get(u.slot);
      unknowns.push({
        ...base,
        method: free === 0 ? 'given' : real.method,
        blocks: null,
        blanket: null,
        why:
          free === 0
            ? 'every element is given'
            : `real: ${real.why}${sums ? ', what is discrete summed out' : ''}${by ? coordinateNote(by) : ''}`,
        ...(by ? { coordinates: { by, centred: null } } : {}),
      });
      continue;
    }
    if (free === 0) {
      unknowns.push({ ...base, method: 'given', blocks: null, blanket: null, why: 'every element is given' });
      continue;
    }
    const summed = sums?.why.get(u.slot);
    if (summed !== undefined) {
      unknowns.push({ ...base, method: 'marginal', blocks: null, blanket: null, why: `discrete: ${summed}` });
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
  const gibbs = blocks.length > 0 ? planGibbs(model, blocks, clamp, wanted) : null;
  const drawn = unknowns.map((u, i) => withMethod(u, model.unknowns[i].slot, gibbs));
  const methods = [...new Set(drawn.map((u) => u.method))].filter((m) => m !== 'given');
  const moving = methods.includes(real.method);
  const exact = gibbs?.exact ?? null;
  const slow = gibbs?.conditionals.some((i) => i.blocks.length > 16) === true;
  return {
    gibbs,
    sums,
    plan: {
      energy: model.energy.name,
      engine: model.engine.name,
      engineWhy: model.engineWhy,
      method: methods.length > 1 ? 'mixed' : (methods[0] ?? 'none'),
      unknowns: drawn,
      states,
      ...logZMethod(model, clamp, states, exact !== null),
      ...(exact ? { elimination: costsOf(exact.elimination) } : {}),
      defaults: {
        chains: DEFAULT_CHAINS,
        draws: slow ? 200 : 1000,
        warmup: moving ? 1000 : exact ? 0 : slow ? 100 : 300,
        thin: 1,
        leapfrogs: 8,
      },
    },
  };
}

/** The unknown with the sampler and the machine that the discrete part of the plan chose. */
function withMethod(u: UnknownPlan, slot: Slot, gibbs: GibbsPlan | null): UnknownPlan {
  const method = gibbs?.methods.get(slot) ?? u.method;
  if (method === 'exact' && gibbs?.exact)
    return { ...u, method, blocks: null, blanket: null, why: gibbs.exact.why };
  if (gibbs?.proposer?.slots.includes(slot))
    return { ...u, method, blocks: null, blanket: null, why: gibbs.proposer.why };
  const machine = gibbs?.how.get(slot);
  return { ...u, method, why: machine === undefined ? u.why : `${u.why}; ${machine}` };
}
