/**
 * Whether summing a discrete unknown out is worth its cost: the expected time of a transition of the reals with a draw
 * of all that is discrete, on the marginal energy and in turn with sweeps of the discrete unknowns, both by the cost
 * model of the engines (`engines/cost.ts`) and on the machine `kernels`, so that every engine decides alike.
 */
import { siteBlocks } from '../analyse/blocks.ts';
import { conditional } from '../analyse/conditional.ts';
import { factorsOf } from '../analyse/factors.ts';
import type { Marginal } from '../analyse/marginal.ts';
import { isArranged, isDiscrete } from '../domain.ts';
import { machines, nanoseconds, workOf } from '../engines/cost.ts';
import type { Output } from '../engines/engine.ts';
import { makeBatch, totalEnergy } from '../ir/batch.ts';
import { gradient } from '../ir/derive.ts';
import type { Slot } from '../ir/types.ts';
import { type Clamp, freeCount, type Model } from './model.ts';

/** Gradients of a transition of reals, about. */
const GRADIENTS = 10;
/**
 * How many transitions in turn one on the marginal energy is worth, at most. Labels of many elements hold the reals
 * back together, so that in turn both hardly move; one number holds back little, beside a network next to nothing.
 */
const WORTH = { many: 64, one: 8 } as const;
/** Nanoseconds of a transition that nobody minds, whatever the other way costs. */
const AFFORDABLE = 1e6;

/** Says whether the reals should move on the energy `next`, of which `summed` is the last unknown summed out. */
export type Judgement = (summed: Marginal, next: Model) => boolean;

/** @param model before anything is summed out */
export function worthwhile(model: Model, clamp: Clamp, reals: readonly Slot[]): Judgement {
  const sweeps = model.unknowns
    .filter((u) => isDiscrete(u.slot.domain) && !isArranged(u.slot.domain) && freeCount(clamp, u.slot) > 0)
    .reduce((sum, u) => sum + sweepCost(model, u.slot), 0);
  const inTurn = GRADIENTS * gradientCost(model, reals) + sweeps;
  return ({ free }, next) => {
    // Draws of what is summed out, and sweeps of what is left, take about as long as sweeps of everything.
    const summedOut = GRADIENTS * gradientCost(next, reals) + sweeps;
    return summedOut <= Math.max((free > 1 ? WORTH.many : WORTH.one) * inTurn, AFFORDABLE);
  };
}

/** Nanoseconds of an energy and its gradient. */
function gradientCost(model: Model, slots: readonly Slot[]): number {
  const b = model.builder;
  const total = totalEnergy(b, model.energy);
  const outputs: Output[] = [{ name: 'energy', axes: [], node: total }];
  for (const [slot, g] of gradient(b, total, slots))
    outputs.push({ name: slot.name, axes: g.axes, node: g.body });
  return nanoseconds(workOf({ outputs, sizeOf: model.sizeOf }), machines.kernels);
}

/** Nanoseconds of the energies of every value of every element, of terms that touch it. */
function sweepCost(model: Model, slot: Slot): number {
  const b = model.builder;
  const info = siteBlocks(b, slot, factorsOf(b, model.energy), model, model.kernels ?? undefined);
  const state = makeBatch(b, model.energy.unknowns, []);
  const { axes, energy } = conditional(b, info, state, { kind: 'all' }, model);
  const outputs: Output[] = [{ name: 'energy', axes, node: energy }];
  return nanoseconds(workOf({ outputs, sizeOf: model.sizeOf }), machines.kernels);
}
