/** What would be done, as data, before anything is done: the plan of an energy, of its fits, and what they cost. */
import { siteBlocks } from '../analyse/blocks.ts';
import { factorsOf } from '../analyse/factors.ts';
import type { Job } from '../check/values.ts';
import { isArranged, isDiscrete } from '../domain.ts';
import { machines, nanoseconds, type Work, workOf } from '../engines/cost.ts';
import type { Output } from '../engines/engine.ts';
import { exactOf } from '../infer/exact.ts';
import { asMemoryFault } from '../infer/memory.ts';
import {
  type Clamp,
  clampOf,
  energyOutputs,
  freeCount,
  type Model,
  makeModel,
  noClamp,
} from '../infer/model.ts';
import { totalEnergy } from '../ir/batch.ts';
import { gradient } from '../ir/derive.ts';
import { slotsRead } from '../ir/walk.ts';
import { planFit, type StepPlan } from '../learn/prepare.ts';
import { makePlan, type Plan } from '../plan/plan.ts';
import { isSampler } from '../samplers.ts';
import { MAX_WORKERS, spreadOf } from '../scale/split.ts';
import type { Span } from '../syntax/span.ts';
import { energyNamed, type Session } from './session.ts';
import { fitArgs } from './verbs/fit.ts';

/** What an evaluation costs on one engine, in nanoseconds, as the cost model has it. */
export interface EngineCost {
  readonly engine: string;
  /** Of the energies of as many chains as a run has by default. */
  readonly energy: number;
  /** Of their gradients by the real unknowns; null where there are none. */
  readonly gradient: number | null;
}

/** Colour classes of one discrete unknown. */
export interface BlockSizes {
  readonly unknown: string;
  /** Elements of each class, in the order in which they are swept. */
  readonly sizes: readonly number[];
  /** Why elements go one at a time, where they do. */
  readonly sequential: string | null;
  /** The terms that touch it, and how many of their instances touch an element at most; null: all of them. */
  readonly touching: readonly { readonly term: string; readonly most: number | null }[];
}

export interface EnergyPlan {
  readonly plan: Plan;
  /** Why all chains are drawn by one worker, however long that takes; null where they need not be. */
  readonly alone: string | null;
  readonly costs: readonly EngineCost[];
  /** Operations and elements of an evaluation of the energy. */
  readonly work: Work;
  readonly blocks: readonly BlockSizes[];
  readonly terms: readonly PlannedTerm[];
}

/** A term, or what is required, as the factors that it is the sum of. */
export interface PlannedTerm {
  readonly name: string;
  readonly kind: 'energy' | 'support';
  readonly span: Span;
  /** Of its largest factor. */
  readonly instances: number;
  readonly unknowns: readonly string[];
}

export type StepPlanOfJob = StepPlan & { readonly job: string };

/** @throws EnergyError where the model takes more memory than there is */
export function planOfModel(model: Model, clamp: Clamp, span: Span, method?: string): Plan {
  try {
    const { plan, gibbs } = makePlan(model, clamp, method);
    gibbs?.dispose();
    // What is too dear for a plan of sampling need not be for the one number.
    if (plan.logz !== 'ais' || model.unknowns.some((u) => !isDiscrete(u.slot.domain))) return plan;
    const exact = exactOf(model, clamp);
    return 'why' in exact
      ? { ...plan, logzWhy: exact.why }
      : {
          ...plan,
          logz: 'elimination',
          logzWhy: `what is free is discrete, its graph of width ${exact.elimination.width}`,
        };
  } catch (e) {
    throw asMemoryFault(e, `the plan of \`${model.energy.name}\``, span);
  }
}

/** The workers that would draw its chains: why only one, or null. */
export function aloneOf(model: Model, plan: Plan): string | null {
  const { workers, why } = spreadOf(model.engine, plan.defaults.chains, MAX_WORKERS, undefined);
  return workers === 1 ? why : null;
}

/**
 * The plan of one energy.
 * @param job with what it gives, by the method that it names; null: the energy by itself
 * @throws EnergyError for a name that is none, for what is given where it cannot be, for too little memory
 */
export function planEnergy(session: Session, energy: string, job: Job | null, span: Span): EnergyPlan {
  const checked = energyNamed(session, energy, span);
  const model = makeModel(session.bound, checked.energy, session.params, session.engine);
  const given = job?.options.given;
  const clamp = given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
  const asked = job?.options.method;
  const method =
    asked?.kind === 'word' && (isSampler(asked.value) || asked.value === 'mixed') ? asked.value : undefined;
  const plan = planOfModel(model, clamp, span, method);
  return {
    plan,
    alone: aloneOf(model, plan),
    ...costsOf(model),
    blocks: blocksOf(model, clamp),
    terms: termsOf(model),
  };
}

/** Those of the `fit` jobs of an energy. @throws as `fit` */
export const planFits = (session: Session, energies: readonly string[]): readonly StepPlanOfJob[] =>
  session.program.jobs
    .filter((j) => j.verb === 'fit' && j.energy !== null && energies.includes(j.energy))
    .map((job) => {
      try {
        return { job: job.name, ...planFit(fitArgs({ session, job })) };
      } catch (e) {
        throw asMemoryFault(e, `a step of \`${job.name}\``, job.span);
      }
    });

function costsOf(model: Model): Pick<EnergyPlan, 'costs' | 'work'> {
  const { builder: b, energy, sizeOf } = model;
  const reals = energy.unknowns.filter((u) => !isDiscrete(u.domain));
  const work = workOf({ outputs: energyOutputs(b, energy, 4), sizeOf });
  const slopes: Output[] = [...gradient(b, totalEnergy(b, energy), reals)].map(([slot, { axes, body }]) => ({
    name: slot.name,
    axes,
    node: body,
  }));
  const both =
    reals.length === 0
      ? null
      : workOf({
          outputs: [...energy.terms.map((t) => ({ name: t.name, axes: [], node: t.body })), ...slopes],
          sizeOf,
        });
  const costs = Object.entries(machines).map(([engine, machine]) => ({
    engine,
    energy: nanoseconds(work, machine),
    gradient: both && nanoseconds(both, machine),
  }));
  return { costs, work };
}

function blocksOf(model: Model, clamp: Clamp): readonly BlockSizes[] {
  const factors = factorsOf(model.builder, model.energy);
  return model.unknowns.flatMap(({ slot }) => {
    if (!isDiscrete(slot.domain) || isArranged(slot.domain) || freeCount(clamp, slot) === 0) return [];
    const info = siteBlocks(model.builder, slot, factors, model, model.kernels ?? undefined);
    const touching = info.touching.map(({ factor, incidence: inc }) => ({
      term: factor.term,
      most:
        inc.kind === 'dense'
          ? null
          : inc.kind === 'rows'
            ? inc.maxDegree
            : volume(
                model,
                factor.axes.filter((a) => !inc.axes.includes(a)),
              ),
    }));
    const sizes = info.sequential ? [] : info.blocks.map((x) => x.length);
    return [{ unknown: slot.name, sizes, sequential: info.sequential, touching }];
  });
}

const volume = (model: Model, axes: readonly { readonly set: Parameters<Model['sizeOf']>[0] }[]): number =>
  axes.reduce((n, a) => n * model.sizeOf(a.set), 1);

function termsOf(model: Model): readonly PlannedTerm[] {
  const out = new Map<string, PlannedTerm>();
  for (const f of factorsOf(model.builder, model.energy)) {
    const key = `${f.term} ${f.span.start}`;
    const known = out.get(key);
    const roots = f.where ? [f.body, f.where] : [f.body];
    const unknowns = model.energy.unknowns.filter((u) => slotsRead(roots).has(u)).map((u) => u.name);
    out.set(key, {
      name: f.term,
      kind: f.kind,
      span: f.span,
      instances: Math.max(known?.instances ?? 0, volume(model, f.axes)),
      unknowns: [...new Set([...(known?.unknowns ?? []), ...unknowns])],
    });
  }
  return [...out.values()];
}
