/**
 * Chains on a path of distributions from one that is normalised to exp(−E). Discrete unknowns begin uniform on all
 * their states, reals at a fitted reference. Two stages, one after the other:
 *   support   exp(−λ·V), V the number of requirements broken among discrete unknowns, λ from 0 to ∞;
 *   energy    exp(−β·T − (1 − β)·R), T the energy with its Jacobian and its support, R that of the reference,
 *             β from 0 to 1.
 */
import { isArranged, isDiscrete } from '../domain.ts';
import type { Evaluator } from '../engines/engine.ts';
import { totalEnergy, violationsOf } from '../ir/batch.ts';
import type { Constraint, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { makePlan, type Planned } from '../plan/plan.ts';
import { Stream } from '../random/stream.ts';
import { chainsOf } from './chains.ts';
import { type ContinuousPart, continuousPart } from './continuous.ts';
import { makeExchange } from './exchange.ts';
import { faultyTerm } from './faulty-term.ts';
import { gibbsTransitions } from './gibbs.ts';
import { batchInputs, type Clamp, fault, freeCount, type Model } from './model.ts';
import { type Leap, type PathMoves, pathMoves } from './path-moves.ts';
import type { Reference } from './reference.ts';
import { startStates } from './start.ts';
import { inTurn, type Transition } from './transition.ts';

export interface Stage {
  readonly name: 'support' | 'energy';
  /** Energy difference D of each chain: raising the parameter by δ multiplies its weight by exp(−δ·D). */
  difference(): Float64Array;
  /** Something else has moved the chains. */
  changed(): void;
  /** Moves every chain by a transition that leaves the distribution at this value of the parameter alone. @returns the mean acceptance of Hamiltonian moves, NaN without */
  move(at: number, leap: Leap): number;
  dispose(): void;
}

export interface Population {
  readonly chains: number;
  readonly states: Map<Slot, Float64Array>;
  readonly stages: readonly Stage[];
  /** Chains begin anew at the reference, chain c with streams[c]. */
  start(streams: readonly Stream[]): void;
  /** Chain c starts anew by itself; `stages[0]` must be asked for its difference afterwards. */
  restart(which: readonly number[]): void;
  /** Unconstrained coordinates of the reals, chains × dim; null where none is free. */
  coordinates(): Float64Array | null;
  /** Chain c goes on from the state of chain parents[c]. */
  descend(parents: Int32Array): void;
  dispose(): void;
}

export interface PopulationPlan {
  readonly model: Model;
  readonly clamp: Clamp;
  /** Of the energy; nothing summed out. */
  readonly planned: Planned;
  /** Of the number of broken requirements as an energy; null where there are none of discrete unknowns alone. */
  readonly support: { readonly model: Model; readonly planned: Planned } | null;
  dispose(): void;
}

/** Plans for moves on both stages; disposed of after the populations. */
export function planPopulation(model: Model, clamp: Clamp): PopulationPlan {
  const planned = makePlan(model, clamp, 'mixed');
  const reals = new Set(model.unknowns.filter((u) => !isDiscrete(u.slot.domain)).map((u) => u.slot));
  const counted: Constraint[] = [];
  const kept: Constraint[] = [];
  for (const c of model.energy.support) {
    if (c.implied && isArranged(c.implied.domain)) {
      kept.push(c);
      continue;
    }
    const read = [...slotsRead(c.where ? [c.condition, c.where] : [c.condition])];
    const moving = read.some((s) => clamp.fixed.has(s) && freeCount(clamp, s) > 0);
    if (moving && !read.some((s) => reals.has(s))) counted.push(c);
  }
  if (counted.length === 0)
    return { model, clamp, planned, support: null, dispose: () => planned.gibbs?.dispose() };
  const b = model.builder;
  const counting: Model = {
    ...model,
    energy: {
      ...model.energy,
      terms: counted.map((c, i) => ({
        name: `require ${i}`,
        span: c.span,
        body: violationsOf(b, c, (n) => n),
      })),
      support: kept,
      reports: [],
    },
  };
  const support = { model: counting, planned: makePlan(counting, clamp, 'mixed') };
  return {
    model,
    clamp,
    planned,
    support,
    dispose() {
      planned.gibbs?.dispose();
      support.planned.gibbs?.dispose();
    },
  };
}

/** @param reference of the free reals; null where none is free */
export function openPopulation(
  plan: PopulationPlan,
  chains: number,
  reference: Reference | null,
): Population {
  const { model, clamp } = plan;
  const states = startStates(
    model,
    clamp,
    // Overwritten by `start`: these are there for their shapes.
    Array.from({ length: chains }, (_, c) => new Stream(0, c)),
  );
  let streams: readonly Stream[] = [];
  const getStreams = (): readonly Stream[] => streams;
  const real = reference && continuousPart(model, clamp, chains, states);
  const moves = reference && real && pathMoves(real, reference, chains, getStreams);
  const stages: Stage[] = [];
  if (plan.support) stages.push(supportStage(plan.support, clamp, states, chains, getStreams));
  const last = energyStage(plan, states, chains, getStreams, real, moves);
  stages.push(last);
  const draw = (which: readonly number[]): void => {
    const fresh = startStates(
      model,
      clamp,
      which.map((c) => streams[c]),
    );
    for (const u of model.unknowns) {
      const to = states.get(u.slot)!;
      const from = fresh.get(u.slot)!;
      which.forEach((c, j) => {
        to.set(from.subarray(j * u.size, (j + 1) * u.size), c * u.size);
      });
    }
    moves?.draw(which, states);
    for (const s of stages) s.changed();
  };
  return {
    chains,
    states,
    stages,
    start(given) {
      streams = given;
      draw(Array.from({ length: chains }, (_, c) => c));
    },
    restart: draw,
    coordinates: () => moves?.z().slice() ?? null,
    descend(parents) {
      for (const s of stages) s.changed();
      for (const u of model.unknowns) {
        const x = states.get(u.slot)!;
        const old = x.slice();
        for (let c = 0; c < chains; c++)
          x.set(old.subarray(parents[c] * u.size, (parents[c] + 1) * u.size), c * u.size);
      }
      moves?.descend(parents);
    },
    dispose() {
      for (const s of stages) s.dispose();
    },
  };
}

/** Sweeps over what is discrete. */
interface Sweeps {
  /** At an inverse temperature; states are in the arrays before and after. */
  step(streams: readonly Stream[], beta: number): void;
  changed(): void;
  dispose(): void;
}

function discreteMoves(
  model: Model,
  planned: Planned,
  clamp: Clamp,
  states: Map<Slot, Float64Array>,
  chains: number,
): Sweeps | null {
  const parts: Transition[] = [];
  if (planned.gibbs) parts.push(...gibbsTransitions(model, planned.gibbs, clamp, chains));
  if (planned.plan.unknowns.some((u) => u.method === 'exchange'))
    parts.push(makeExchange(model, clamp, chains));
  if (parts.length === 0) return null;
  const moves = inTurn(parts);
  let stale = true;
  return {
    step(streams, beta) {
      if (stale) moves.changed?.();
      stale = false;
      moves.step(states, streams, { beta, sweeps: 1, warming: false });
      moves.settle?.(states);
    },
    changed() {
      stale = true;
    },
    dispose: () => moves.dispose(),
  };
}

function supportStage(
  { model, planned }: NonNullable<PopulationPlan['support']>,
  clamp: Clamp,
  states: Map<Slot, Float64Array>,
  chains: number,
  streams: () => readonly Stream[],
): Stage {
  const moves = discreteMoves(model, planned, clamp, states, chains);
  const { chain, batch, compile } = chainsOf(model, chains);
  const count = compile([
    { name: 'broken', axes: [chain], node: batch.on(totalEnergy(model.builder, model.energy)) },
  ]);
  return {
    name: 'support',
    difference: () =>
      Float64Array.from(count.run(batchInputs(model, batch.slots, states, chains)).get('broken')!.data),
    move(at) {
      moves?.step(streams(), at);
      return Number.NaN;
    },
    changed: () => moves?.changed(),
    dispose() {
      moves?.dispose();
      count.dispose();
    },
  };
}

function energyStage(
  { model, clamp, planned }: PopulationPlan,
  states: Map<Slot, Float64Array>,
  chains: number,
  streams: () => readonly Stream[],
  real: ContinuousPart | null,
  hamiltonian: PathMoves | null,
): Stage {
  const discrete = discreteMoves(model, planned, clamp, states, chains);
  const energies = real ? null : energiesOf(model, chains, states);
  return {
    name: 'energy',
    difference() {
      const d = hamiltonian ? hamiltonian.difference() : energies!.run();
      for (let c = 0; c < chains; c++)
        if (Number.isNaN(d[c]) || d[c] === Number.NEGATIVE_INFINITY) {
          real?.write(hamiltonian!.z(), states);
          throw (
            faultyTerm(model, states, c, true) ??
            fault(
              'E0701',
              model.energy.span,
              `the energy \`${model.energy.name}\` is not a number in some state`,
            )
          );
        }
      return d;
    },
    move(at, leap) {
      discrete?.step(streams(), at);
      if (!hamiltonian || !real) return Number.NaN;
      if (discrete) hamiltonian.refresh();
      const acceptance = hamiltonian.step(at, leap);
      if (discrete) {
        real.write(hamiltonian.z(), states);
        discrete.changed();
      }
      return acceptance;
    },
    changed: () => discrete?.changed(),
    dispose() {
      discrete?.dispose();
      energies?.dispose();
      real?.dispose();
    },
  };
}

/** Energies of discrete states, +∞ outside the support. */
function energiesOf(
  model: Model,
  chains: number,
  states: Map<Slot, Float64Array>,
): { run(): Float64Array; dispose(): void } {
  const b = model.builder;
  const { chain, batch, compile } = chainsOf(model, chains);
  const broken = model.energy.support
    .filter((c) => !(c.implied && isArranged(c.implied.domain)))
    .map((c) => violationsOf(b, c, batch.on));
  const outputs = [{ name: 'energy', axes: [chain], node: batch.on(totalEnergy(b, model.energy)) }];
  if (broken.length > 0) outputs.push({ name: 'broken', axes: [chain], node: b.addAll(broken) });
  const run: Evaluator = compile(outputs);
  return {
    run() {
      const out = run.run(batchInputs(model, batch.slots, states, chains));
      const energy = Float64Array.from(out.get('energy')!.data);
      const violations = out.get('broken')?.data;
      if (violations)
        for (let c = 0; c < chains; c++) if (violations[c] > 0) energy[c] = Number.POSITIVE_INFINITY;
      return energy;
    },
    dispose: () => run.dispose(),
  };
}
