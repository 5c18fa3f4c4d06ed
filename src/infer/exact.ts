/**
 * Exact answers about a model whose free unknowns are finite: ln Z, marginals, the state of lowest energy and
 * independent draws, by summing the unknowns out one by one (`exact/`). What is too wide for that says why.
 */
import { discreteGraph, type ModelGraph } from '../analyse/discrete-graph.ts';
import { type Elimination, type Exact, exactly, type OrderOptions } from '../exact/index.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import type { EnergyError } from '../syntax/diagnostic.ts';
import { enumerateStates } from './enumerate.ts';
import { jointStates } from './joint-states.ts';
import { type Clamp, fault, type Model } from './model.ts';

/** The most joint states that are enumerated without asking whether elimination is cheaper. */
const FEW_STATES = 2 ** 10;
/** The most joint states that enumeration visits. */
const MANY_STATES = 2 ** 22;

export interface ExactAnswers {
  readonly model: ModelGraph;
  readonly elimination: Elimination;
  /** Whether marginals and draws can be had, too: they keep more tables in memory. */
  readonly keeps: boolean;
  /** ln Σ exp(−E) over the states of the free unknowns. @throws EnergyError E0702 when the support is empty */
  logZ(): number;
  /** For each unknown with free elements the probabilities of its elements' states, null for what is given. @throws EnergyError E0702 */
  marginals(): ReadonlyMap<Slot, readonly (Float64Array | null)[]>;
  /** A state of lowest energy with what is given, which is proved to be the lowest. @throws EnergyError E0702 */
  map(): { readonly states: Map<Slot, Float64Array>; readonly energy: number };
  /** Writes an independent draw into one chain of states. @throws EnergyError E0702 */
  draw(stream: Stream, states: ReadonlyMap<Slot, Float64Array>, chain: number): void;
}

export interface ExactOptions extends OrderOptions {
  /** Most joint states of what one instance of a factor reads. */
  readonly joint?: number;
  readonly variables?: number;
}

/** @returns or why there are no exact answers: a clause that follows `because` */
export function exactOf(
  model: Model,
  clamp: Clamp,
  options: ExactOptions = {},
): ExactAnswers | { readonly why: string } {
  const made = discreteGraph(model, clamp, options);
  if ('why' in made) return made;
  const exact = exactly(made.graph, options);
  if ('why' in exact) return exact;
  return answers(model, clamp, made, exact);
}

function answers(model: Model, clamp: Clamp, made: ModelGraph, exact: Exact): ExactAnswers {
  const some = <T>(x: T | null): T => {
    if (x === null) throw emptySupport(model);
    return x;
  };
  let next: ReturnType<Exact['drawer']> = null;
  const codes = new Int32Array(made.variables.length);
  return {
    model: made,
    elimination: exact.elimination,
    keeps: exact.keeps,
    logZ() {
      const value = exact.logZ();
      if (value === Number.NEGATIVE_INFINITY) throw emptySupport(model);
      return value;
    },
    marginals() {
      const { single } = some(exact.marginals());
      const out = new Map<Slot, (Float64Array | null)[]>();
      made.variables.forEach(({ slot, element }, v) => {
        const size = model.unknowns.find((u) => u.slot === slot)!.size;
        const of = out.get(slot) ?? new Array<Float64Array | null>(size).fill(null);
        of[element] = single[v];
        out.set(slot, of);
      });
      return out;
    },
    map() {
      const best = some(exact.map());
      const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
      made.write(best.codes, states, 0);
      return { states, energy: best.energy };
    },
    draw(stream, states, chain) {
      next ??= some(exact.drawer());
      next(stream, codes);
      made.write(codes, states, chain);
    },
  };
}

/** E0702 */
export function emptySupport(model: Model): EnergyError {
  const [first] = model.energy.support;
  return fault(
    'E0702',
    first?.span ?? model.energy.span,
    first
      ? 'no state satisfies the requirements: the support is empty'
      : `no state of \`${model.energy.name}\` has a finite energy: the support is empty`,
  );
}

export interface ExactLogZ {
  readonly logZ: number;
  /** Joint states of the free unknowns; null where their number is too large for a number. */
  readonly states: number | null;
  readonly how: 'enumeration' | 'elimination';
  /** The induced width of elimination. */
  readonly width: number | null;
}

/**
 * ln Σ exp(−E) over the states of the free unknowns: by elimination, or by enumeration where there are few states or
 * what is read cannot be tabulated.
 * @returns or why neither can be afforded, a clause
 * @throws EnergyError E0702 when the support is empty, E0701 when some energy is not a number
 */
export function exactLogZ(model: Model, clamp: Clamp): ExactLogZ | { readonly why: string } {
  const { total, real } = jointStates(model, clamp);
  if (real) return { why: `\`${real.name}\` is real: its states cannot be enumerated` };
  const enumerated = (): ExactLogZ => {
    const { logZ, states } = enumerateStates(model, clamp);
    return { logZ, states, how: 'enumeration', width: null };
  };
  if (total <= FEW_STATES) return enumerated();
  const exact = exactOf(model, clamp);
  if (!('why' in exact)) {
    const states = total <= Number.MAX_SAFE_INTEGER ? total : null;
    return { logZ: exact.logZ(), states, how: 'elimination', width: exact.elimination.width };
  }
  if (total <= MANY_STATES) return enumerated();
  return { why: `there are ${total.toPrecision(3)} joint states, and ${exact.why}` };
}
