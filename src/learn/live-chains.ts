/**
 * Chains on an energy whose parameters change while they run, for losses that compare rows with them.
 *
 * Discrete unknowns are swept by Gibbs, systematically and in blocks that do not interact (Geman & Geman 1984; colour
 * classes: Gonzalez et al. 2011), by code of its own where two states interact in pairs; permutations and subsets by
 * exchanges, reals by Langevin moves, all in turn. Nothing is drawn exactly, summed out or scouted: all of that
 * would have to be made anew whenever a parameter changes. What is required stays satisfied from starts that satisfy it.
 */
import { type SiteBlocks, siteBlocks } from '../analyse/blocks.ts';
import { type Factor, factorsOf } from '../analyse/factors.ts';
import { type BoundProgram, shapeOf } from '../bind/bound.ts';
import { isArranged, isDiscrete, isVector } from '../domain.ts';
import type { Arrays, Engine, Evaluator } from '../engines/engine.ts';
import { chainsOf } from '../infer/chains.ts';
import { conditionalSweep } from '../infer/conditional-sweep.ts';
import { type ContinuousPart, continuousPart } from '../infer/continuous.ts';
import { makeExchange } from '../infer/exchange.ts';
import { batchInputs, energyOutputs, type Model, makeModel, noClamp } from '../infer/model.ts';
import { type Scales, startStates } from '../infer/start.ts';
import { inTurn, plain, type Transition } from '../infer/transition.ts';
import { violationsOf } from '../ir/batch.ts';
import { type Constraint, type Energy, type Slot, Uses } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { vectorLength } from '../transforms/vectors.ts';
import { liveEngine } from './live-engine.ts';
import { type LiveLangevin, liveLangevin } from './live-langevin.ts';
import { type PairSweep, pairFactors, pairSweep } from './live-pairs.ts';
import type { Rows } from './rows.ts';

export interface LiveChainsSpec {
  readonly bound: BoundProgram;
  /** With every unknown that moves. */
  readonly energy: Energy;
  /** Unknowns that rows do not hold; discrete. They move first in each sweep. */
  readonly latent: readonly Slot[];
  readonly engine: Engine;
  /** Scales of reals. */
  readonly rows: Rows;
  readonly chains: number;
  /** Whether moves of reals are tested. */
  readonly adjusted: boolean;
  /** Size of moves of reals, in standard deviations of the data; absent: adapted where moves are tested. */
  readonly step?: number;
}

export interface LiveChains {
  /** [chains × elements] of each unknown: always the same arrays; whoever writes to them does so between moves. */
  readonly states: ReadonlyMap<Slot, Float64Array>;
  /** What adapts, and is to be kept for a resumption: ln of the size of Langevin moves; empty without reals. */
  readonly kept: ReadonlyMap<string, Float64Array>;
  /** Whether unknowns without rows interact with each other. */
  readonly tangled: boolean;
  /** The parameters as they are now; before anything moves. */
  readonly set: (params: Arrays) => void;
  /** Moves all chains, chain c by streams[c]. */
  readonly move: (streams: readonly Stream[], sweeps: number) => void;
  /** Moves unknowns without rows only, given the others. */
  readonly settle: (streams: readonly Stream[], sweeps: number) => void;
  /** A random state for each stream, requirements unheeded: reals around the data's means, everything else uniform. */
  readonly random: (streams: readonly Stream[]) => ReadonlyMap<Slot, Float64Array>;
  /** Of each chain at how many places it breaks requirements that read no parameter; null where there are none. */
  readonly broken: (() => ArrayLike<number>) | null;
  /** For each transition its name and what became of its moves. */
  readonly info: () => readonly {
    readonly name: string;
    readonly acceptance?: number;
    readonly stepSize?: number;
  }[];
  readonly dispose: () => void;
}

/** The parameters that chains on the energy have to be told. */
export function liveSlots(bound: BoundProgram): ReadonlySet<Slot> {
  return new Set(bound.program.params.map((p) => p.slot).filter((slot) => !bound.constants.has(slot)));
}

export function liveChains(spec: LiveChainsSpec): LiveChains {
  const { bound, energy, latent, chains, rows } = spec;
  const typical = energyOutputs(bound.program.builder, energy, chains);
  const live = liveEngine(spec.engine, liveSlots(bound), typical, bound.sizeOf);
  // What looks for faults evaluates by another engine, with what the parameters are by then.
  const constants = new Map(bound.constants);
  const model: Model = { ...makeModel(bound, energy, new Map(), live.engine, chains), constants };
  const clamp = noClamp(model);
  const scales = scalesOf(rows);
  const states = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(chains * u.size)]));
  const factors = factorsOf(model.builder, energy);
  const first = sweepsOf(model, factors, latent, chains);
  const then = sweepsOf(
    model,
    factors,
    energy.unknowns.filter((u) => !latent.includes(u)),
    chains,
  );
  const arranged = energy.unknowns.some((u) => isArranged(u.domain));
  const exchange = arranged ? [makeExchange(model, clamp, chains)] : [];
  const part = continuousPart(model, clamp, chains, states);
  const reals = part && langevinOf(spec, model, part);
  const parts: Transition[] = [...first.parts, ...then.parts, ...exchange, ...(reals ? [reals] : [])];
  const all = parts.length > 0 ? inTurn(parts) : null;
  const hidden = first.parts.length > 0 ? inTurn(first.parts) : null;
  const pairs = [...first.pairs, ...then.pairs];
  const told = energy.support.filter(
    (c) => !(c.implied && isArranged(c.implied.domain)) && !readsParameters(c),
  );
  const requirement = told.length > 0 ? brokenOf(model, told, chains) : null;
  const run = (moves: Transition | null, streams: readonly Stream[], sweeps: number): void => {
    if (!moves || sweeps === 0) return;
    moves.changed?.();
    moves.step(states, streams, { ...plain, sweeps });
    moves.settle?.(states);
  };
  return {
    states,
    kept: new Map(reals ? [['ln step', reals.logStep]] : []),
    tangled: first.tangled,
    set: (params) => {
      live.set(params);
      for (const [slot, value] of params) constants.set(slot, value);
      for (const p of pairs) p.refresh();
    },
    move: (streams, sweeps) => run(all, streams, sweeps),
    settle: (streams, sweeps) => run(hidden, streams, sweeps),
    random: (streams) => startStates(model, clamp, streams, undefined, scales),
    broken: requirement && (() => requirement.of(states)),
    info: () => parts.map((t) => ({ name: t.name, ...t.info?.(0) })),
    dispose: () => {
      for (const t of parts) t.dispose();
      requirement?.dispose();
    },
  };
}

interface Sweeps {
  readonly parts: readonly Transition[];
  readonly pairs: readonly PairSweep[];
  /** Whether elements of these unknowns interact with each other. */
  readonly tangled: boolean;
}

/** Links of an unknown whose elements do not interact from which on its conditionals are quicker as a matrix product. */
const MATRIX = 2 ** 15;

/** Sweeps over the discrete unknowns among these; arrangements move by themselves. */
function sweepsOf(
  model: Model,
  factors: readonly Factor[],
  unknowns: readonly Slot[],
  chains: number,
): Sweeps {
  const slots = unknowns.filter(
    (u) => isDiscrete(u.domain) && !isArranged(u.domain) && u.sets.every((s) => model.sizeOf(s) > 0),
  );
  if (slots.length === 0) return { parts: [], pairs: [], tangled: false };
  const paired = pairFactors(model, factors, slots);
  const blocks = new Map(slots.map((u) => [u, siteBlocks(model.builder, u, factors, model)]));
  const alone = [...blocks.values()].every((i) => i.blocks.length <= 1);
  const quick = (u: Slot): boolean => {
    const pairs = paired.get(u);
    if (!pairs) return false;
    const links = pairs.reduce((n, p) => n + (p.columns.length === 2 ? p.instances : 0), 0);
    return blocks.get(u)!.blocks.length > 1 || links < MATRIX;
  };
  const inPairs = slots.filter(quick);
  const others = slots.flatMap((u): SiteBlocks[] => (quick(u) ? [] : [blocks.get(u)!]));
  const pairs = inPairs.length > 0 ? [pairSweep(model, inPairs, paired, chains)] : [];
  const rest = others.length > 0 ? [conditionalSweep(model, others, noClamp(model), chains)] : [];
  return { parts: [...pairs, ...rest], pairs, tangled: !alone || slots.length > 1 };
}

/** Rows that spreads are computed from, at most. */
const MOST_ROWS = 4096;

/** Langevin moves scaled by the rows' coordinates. */
function langevinOf(spec: LiveChainsSpec, model: Model, part: ContinuousPart): LiveLangevin {
  const { rows, chains } = spec;
  const d = part.dim;
  const count = Math.min(rows.count, MOST_ROWS);
  const columns = Array.from({ length: d }, () => new Float64Array(count));
  const some = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(chains * u.size)]));
  for (let from = 0; from < count; from += chains) {
    for (const [slot, { data }] of rows.columns) {
      const size = rows.elements.get(slot)!;
      const to = some.get(slot);
      for (let c = 0; to && c < chains; c++) {
        const row = Math.min(from + c, count - 1);
        to.set(data.subarray(row * size, (row + 1) * size), c * size);
      }
    }
    const z = part.read(some);
    for (let c = 0; c < chains && from + c < count; c++)
      for (let i = 0; i < d; i++) columns[i][from + c] = z[c * d + i];
  }
  const finite = columns.map((column) => column.filter(Number.isFinite).sort());
  const spread = Float64Array.from(finite, spreadOf);
  const lowest = Float64Array.from(finite, (column) => column[0]);
  const highest = Float64Array.from(finite, (column) => column[column.length - 1]);
  const or = (x: number, otherwise: number): number => (Number.isFinite(x) ? x : otherwise);
  return liveLangevin(part, chains, {
    spread,
    lowest: lowest.map((x) => or(x, -2)),
    highest: highest.map((x) => or(x, 2)),
    adjusted: spec.adjusted,
    step: spec.step,
    vectorLength: ({ domain }) =>
      isVector(domain) && domain.kind === 'unit' ? vectorLength(domain, model.sizeOf(domain.over)) : null,
  });
}

/**
 * The standard deviation of numbers in order, by their median absolute deviation: what lies on an edge of a domain is far
 * out in coordinates without bounds, and would stretch the moves of all the others.
 */
function spreadOf(sorted: Float64Array): number {
  const n = sorted.length;
  if (n < 2) return 1;
  const middle = sorted[n >> 1];
  const off = sorted.map((x) => Math.abs(x - middle)).sort()[n >> 1];
  if (off > 0) return 1.4826 * off;
  const mean = sorted.reduce((a, x) => a + x / n, 0);
  const variance = sorted.reduce((a, x) => a + (x - mean) ** 2 / (n - 1), 0);
  return variance > 0 ? Math.sqrt(variance) : 1;
}

/** Means and standard deviations of real columns. */
function scalesOf(rows: Rows): Scales {
  const out = new Map<Slot, { mean: Float64Array; sd: Float64Array }>();
  for (const [slot, { data }] of rows.columns) {
    if (isDiscrete(slot.domain)) continue;
    const size = rows.elements.get(slot)!;
    const mean = new Float64Array(size);
    const sd = new Float64Array(size);
    for (let n = 0; n < rows.count; n++)
      for (let i = 0; i < size; i++) mean[i] += data[n * size + i] / rows.count;
    for (let n = 0; n < rows.count; n++)
      for (let i = 0; i < size; i++) sd[i] += (data[n * size + i] - mean[i]) ** 2 / rows.count;
    out.set(slot, { mean, sd: sd.map(Math.sqrt) });
  }
  return out;
}

function brokenOf(
  model: Model,
  told: readonly Constraint[],
  chains: number,
): {
  readonly of: (states: ReadonlyMap<Slot, Float64Array>) => ArrayLike<number>;
  readonly dispose: () => void;
} {
  const b = model.builder;
  const { chain, batch, compile } = chainsOf(model, chains);
  const node = b.addAll(told.map((c) => violationsOf(b, c, batch.on)));
  const run: Evaluator = compile([{ name: 'broken', axes: [chain], node }]);
  return {
    of: (states) => run.run(batchInputs(model, batch.slots, states, chains)).get('broken')!.data,
    dispose: () => run.dispose(),
  };
}

/** Whether a requirement changes as parameters do. */
export const readsParameters = (c: Constraint): boolean =>
  ((c.condition.uses | (c.where?.uses ?? 0)) & Uses.param) !== 0;

/** Elements of one state of an unknown. */
export const elementsOf = (slot: Slot, bound: BoundProgram): number =>
  shapeOf(slot, bound.sizeOf).reduce((x, y) => x * y, 1);
