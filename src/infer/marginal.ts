/**
 * Discrete unknowns summed out of a model for whoever moves its reals, and drawn exactly given the reals afterwards:
 * a partially collapsed Gibbs sampler (van Dyk & Park, JASA 103 (2008) 790). Reals move on the marginal energy; right
 * after, what was summed out is drawn from its conditional, before anything that reads it moves.
 */
import { factorsOf, readsOf } from '../analyse/factors.ts';
import { type Marginal, showForm, sumOut } from '../analyse/marginal.ts';
import type { Probe } from '../analyse/marginal-chain.ts';
import { isArranged, isDiscrete, stateCount } from '../domain.ts';
import type { Arrays, Engine } from '../engines/engine.ts';
import type { Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { Stream } from '../random/stream.ts';
import { chainsOf } from './chains.ts';
import { conditionalSweep } from './conditional-sweep.ts';
import { notFinite } from './faulty-term.ts';
import { makeForest } from './forest.ts';
import { type Judgement, worthwhile } from './marginal-cost.ts';
import { batchInputs, type Clamp, freeCount, type Model } from './model.ts';
import { startStates } from './start.ts';
import type { Transition } from './transition.ts';

/** One unknown summed out of what was left by those before it. */
export interface SumStage {
  /** In which the unknown still is. */
  readonly model: Model;
  readonly marginal: Marginal;
}

export interface MarginalModel {
  /** Without the unknowns that are summed out: its energy is −ln Σ exp(−E) over their states. */
  readonly model: Model;
  /** As it was given: it may say more than the model asks. */
  readonly clamp: Clamp;
  readonly summed: readonly Slot[];
  /** How each of `summed` is summed out, in words. */
  readonly why: ReadonlyMap<Slot, string>;
  /** In the order in which they were summed out. */
  readonly stages: readonly SumStage[];
}

/** Most numbers in the energies of all elements' states. */
const MAX_NUMBERS = 2 ** 24;

/**
 * Sums out what can be summed exactly at a bearable cost: discrete unknowns that share a factor with a free real one.
 * Deterministic, and the same on every engine.
 * @param asked whatever it costs
 * @returns null where there is none
 */
export function marginalModel(model: Model, clamp: Clamp, asked = false): MarginalModel | null {
  const reals = model.unknowns.filter((u) => !isDiscrete(u.slot.domain) && freeCount(clamp, u.slot) > 0);
  const discrete = model.unknowns.filter((u) => isDiscrete(u.slot.domain) && freeCount(clamp, u.slot) > 0);
  if (reals.length === 0 || discrete.length === 0) return null;
  const slots = reals.map((u) => u.slot);
  const worth: Judgement = asked ? () => true : worthwhile(model, clamp, slots);
  const stages: SumStage[] = [];
  const why = new Map<Slot, string>();
  let now = model;
  for (let next = cheapest(now, clamp, slots, worth); next; next = cheapest(now, clamp, slots, worth)) {
    stages.push({ model: now, marginal: next.marginal });
    why.set(
      next.marginal.slot,
      `summed out exactly (${showForm(next.marginal)}), drawn exactly given the reals`,
    );
    now = next.model;
  }
  return stages.length === 0
    ? null
    : { model: now, clamp, summed: stages.map((s) => s.marginal.slot), why, stages };
}

/** The largest logarithm of a weight: half of what numbers of the engine's precision hold. */
const largestLog = (engine: Engine): number => (engine.epsilon < 1e-12 ? 300 : 40);

/** Looks at four random starts. */
const probeOf =
  (model: Model, clamp: Clamp) =>
  (tables: Arrays): Probe =>
  (node, axes) => {
    const streams = Array.from({ length: 4 }, (_, c) => new Stream(1, 'probe').fork('chain', c));
    const states = startStates(model, clamp, streams);
    const { chain, batch, compile } = chainsOf(model, streams.length);
    const run = compile([{ name: 'value', axes: [chain, ...axes], node: batch.on(node) }], tables);
    const { data } = run.run(batchInputs(model, batch.slots, states, streams.length)).get('value')!;
    const most = largestLog(model.engine);
    let moderate = true;
    for (let i = 0; i < data.length; i++) moderate &&= Math.abs(data[i]) <= most;
    run.dispose();
    return moderate;
  };

interface Step {
  readonly marginal: Marginal;
  /** Without the unknown. */
  readonly model: Model;
}

/** What should be summed out next; null where nothing can at a bearable cost. */
function cheapest(model: Model, clamp: Clamp, reals: readonly Slot[], worth: Judgement): Step | null {
  const found = model.unknowns.flatMap(({ slot, size }) => {
    if (!isDiscrete(slot.domain) || isArranged(slot.domain) || freeCount(clamp, slot) === 0) return [];
    if (size * stateCount(slot.domain, model.sizeOf) > MAX_NUMBERS || !meets(model, slot, reals)) return [];
    const made = sumOut(model, model.energy, slot, clamp, probeOf(model, clamp), model.kernels ?? undefined);
    return 'why' in made ? [] : [made];
  });
  for (const marginal of found.sort((a, b) => rank(a) - rank(b))) {
    const next: Model = {
      ...model,
      energy: marginal.energy,
      constants: new Map([...model.constants, ...marginal.tables]),
      unknowns: model.unknowns.filter((u) => u.slot !== marginal.slot),
    };
    if (worth(marginal, next)) return { marginal, model: next };
  }
  return null;
}

/** What leaves the others apart goes first: labels of elements, then paths, then numbers that everything reads. */
const rank = ({ form, free }: Marginal): number =>
  form.kind === 'sites' && free > 1 ? 0 : form.kind === 'chain' ? 1 : 2;

/** Whether some factor reads the unknown and one of the slots. */
function meets(model: Model, slot: Slot, others: readonly Slot[]): boolean {
  const energy = {
    ...model.energy,
    terms: model.energy.terms.filter((t) => readsOf([t.body], slot).length > 0),
  };
  return factorsOf(model.builder, energy).some((f) => {
    const read = slotsRead(f.where ? [f.body, f.where] : [f.body]);
    return read.has(slot) && others.some((o) => read.has(o));
  });
}

/**
 * Draws everything that was summed out, exactly, given the rest: the last one first, each in the model in which
 * those summed out before it still are.
 * @param all chains of the whole run, of which `chains` are drawn here
 */
export function marginalDraw(sums: MarginalModel, chains: number, all = chains): Transition {
  const parts = [...sums.stages].reverse().map((s) => stageDraw(s, sums.clamp, chains, all));
  return {
    name: 'marginal',
    step(states, streams, heat) {
      for (const p of parts) p.step(states, streams, { ...heat, sweeps: 1 });
    },
    fault(states) {
      for (const p of parts) {
        const found = p.fault?.(states);
        if (found) return found;
      }
      return undefined;
    },
    dispose() {
      for (const p of parts) p.dispose();
    },
  };
}

/**
 * The reals' transition on the marginal energy, and right after it the draw of what is summed out. What was drawn
 * changes nothing for the reals; what others do may.
 */
export function collapsed(real: Transition, draw: Transition): Transition {
  return {
    name: draw.name,
    step(states, streams, heat) {
      for (let i = 0; i < heat.sweeps; i++) {
        const once = { ...heat, sweeps: 1 };
        real.step(states, streams, once);
        draw.step(states, streams, once);
      }
    },
    changed: () => real.changed?.(),
    freeze: () => real.freeze?.(),
    fault: (states) => draw.fault?.(states),
    info: (chain) => real.info?.(chain) ?? {},
    last: (chain) => real.last?.(chain) ?? {},
    dispose() {
      real.dispose();
      draw.dispose();
    },
  };
}

function stageDraw({ model, marginal }: SumStage, clamp: Clamp, chains: number, all: number): Transition {
  const { form, info } = marginal;
  switch (form.kind) {
    case 'sites':
      return conditionalSweep(model, [info], clamp, chains, all);
    case 'chain':
      return makeForest(model, info, clamp, chains, form.forest)!;
    case 'joint':
      return jointDraw(model, marginal, form, chains);
  }
}

/** A draw among listed joint states. */
function jointDraw(
  model: Model,
  { slot, tables }: Marginal,
  form: Extract<Marginal['form'], { kind: 'joint' }>,
  chains: number,
): Transition {
  const { chain, batch, compile } = chainsOf(model, chains);
  const { codes, energy, violations } = form;
  const size = codes.values.length / codes.joint;
  const axes = [chain, ...energy.axes];
  const outputs = [{ name: 'energy', axes, node: batch.on(energy.body) }];
  if (violations) outputs.push({ name: 'violations', axes, node: batch.on(violations) });
  const run = compile(outputs, tables);
  const weights = new Float64Array(codes.joint);
  let lost: (() => Error) | undefined;
  return {
    name: 'gibbs',
    fault: () => lost?.(),
    step(states, streams, { beta }) {
      lost = undefined;
      const out = run.run(batchInputs(model, batch.slots, states, chains));
      const e = out.get('energy')!.data;
      const broken = out.get('violations')?.data ?? null;
      const x = states.get(slot)!;
      for (let c = 0; c < chains; c++) {
        const u = streams[c].uniform();
        const from = c * codes.joint;
        let least = Number.POSITIVE_INFINITY;
        for (let v = 0; v < codes.joint; v++) {
          if (Number.isNaN(e[from + v])) throw notFinite(model, slot, states, c, codes.sites[0]);
          if (!(broken && broken[from + v] > 0)) least = Math.min(least, e[from + v]);
        }
        if (!Number.isFinite(least)) {
          lost ??= () => notFinite(model, slot, states, c, codes.sites[0]);
          continue;
        }
        let total = 0;
        for (let v = 0; v < codes.joint; v++) {
          if (!(broken && broken[from + v] > 0)) total += Math.exp(beta * (least - e[from + v]));
          weights[v] = total;
        }
        let v = 0;
        while (v < codes.joint - 1 && u * total >= weights[v]) v++;
        for (const i of codes.sites) x[c * size + i] = codes.values[v * size + i];
      }
    },
    dispose: () => run.dispose(),
  };
}
