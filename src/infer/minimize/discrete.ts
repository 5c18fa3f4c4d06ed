/**
 * The least energy of discrete unknowns, all reals given: minimised out one by one where their graph is narrow, found by
 * a search with proof where that ends within its budget, else by annealing, or by looking at all states.
 */
import { discreteGraph, type ModelGraph } from '../../analyse/discrete-graph.ts';
import { isArranged } from '../../domain.ts';
import { exactly } from '../../exact/index.ts';
import { localSearch, type Solution, type SolveOptions, solve } from '../../exact/search/index.ts';
import type { Slot } from '../../ir/types.ts';
import { MAX_ENUMERATED } from '../../plan/plan.ts';
import type { Stream } from '../../random/stream.ts';
import { enumerateStates } from '../enumerate.ts';
import { emptySupport } from '../exact.ts';
import { jointStates } from '../joint-states.ts';
import { type Clamp, fault, freeCount, type Model } from '../model.ts';
import { anneal } from './anneal.ts';
import { stoppedEarly } from './faults.ts';
import type { Found, MinimizeOptions, Work } from './types.ts';
import { same, type Whole } from './whole.ts';

/** So few states are looked at without asking for tables. */
const FEW_STATES = 2 ** 10;
const MOST_VARIABLES = 2 ** 17;
/** What minimising unknowns out may cost by itself. */
const NARROW = { largest: 2 ** 22, total: 2 ** 27, restarts: 3 } as const;
const BUDGET = 4e8;
/** Shares of the budget after which the event loop may run. */
const ROUNDS = [0.05, 1] as const;
/** With more variables sweeps of kernels find low states sooner than local searches, and proofs are hardly to be had. */
const LARGE = 1500;
/** Steps of each local search of its own, as a share of the budget. */
const LOCAL = 0.2;

/**
 * @throws EnergyError E0702 where the support is empty or no state of it was found, E0701 where an energy is not a
 *   number
 */
export async function discreteMinimum(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Found> {
  const { total } = jointStates(model, clamp);
  if (total <= FEW_STATES) return enumerated(model, clamp, work);
  const made = discreteGraph(model, clamp, { arranged: true, variables: MOST_VARIABLES });
  if (!('why' in made)) {
    const found = await onGraph(model, clamp, made, options, root, whole, work);
    if (found) return found;
  }
  if (total <= MAX_ENUMERATED) return enumerated(model, clamp, work);
  const why = 'why' in made ? made.why : 'it is too large for a search with proof';
  return annealed(model, clamp, options, root, whole, work, why);
}

/** Every state, looked at. */
function enumerated(model: Model, clamp: Clamp, work: Work): Found {
  let energy = Number.POSITIVE_INFINITY;
  const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
  let reached = 0;
  const { states: total } = enumerateStates(model, clamp, (all, energies, count) => {
    for (let i = 0; i < count; i++) {
      if (energies[i] === energy) reached++;
      if (!(energies[i] < energy)) continue;
      energy = energies[i];
      reached = 1;
      for (const u of model.unknowns)
        states.get(u.slot)!.set(all.get(u.slot)!.subarray(i * u.size, (i + 1) * u.size));
      work.passed(energy, states);
    }
    work.steps += count;
    work.tell();
  });
  return {
    states,
    energy,
    provedOptimal: true,
    bound: energy,
    method: 'enumeration',
    how: `${total === 1 ? 'the only state was' : `all ${total} states were`} looked at${reached > 1 ? `; ${reached} have this energy` : ''}`,
    restarts: 1,
    reached: 1,
    evaluations: total,
    gradient: null,
  };
}

/** @returns null where the graph is too large for any of this */
async function onGraph(
  model: Model,
  clamp: Clamp,
  made: ModelGraph,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
): Promise<Found | null> {
  const { graph } = made;
  const placed = (codes: ArrayLike<number>): Map<Slot, Float64Array> => {
    const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
    made.write(codes, states, 0);
    return states;
  };
  if (graph.constant === Number.POSITIVE_INFINITY) throw emptySupport(model);
  const arranged = model.unknowns.some((u) => isArranged(u.slot.domain) && freeCount(clamp, u.slot) > 0);
  const exact = arranged ? { why: '' } : exactly(graph, NARROW);
  if (!('why' in exact)) {
    const best = exact.map();
    if (!best) throw emptySupport(model);
    return {
      states: placed(best.codes),
      energy: best.energy,
      provedOptimal: true,
      bound: best.energy,
      method: 'elimination',
      how: `the unknowns were minimised out one by one (width ${exact.elimination.width})`,
      restarts: 1,
      reached: 1,
      evaluations: graph.states.length,
      gradient: null,
    };
  }
  const budget = options.budget ?? BUDGET;
  const seed = root.fork('search').int(2 ** 31);
  const tried = { restarts: 0, reached: 0, evaluations: 0 };
  work.total = ROUNDS.length;
  let best: { codes: Uint16Array; energy: number } | null = null;
  const note = (codes: Uint16Array | null, energy: number): void => {
    if (codes === null) return;
    tried.restarts++;
    if (best && same(energy, best.energy, 1e-9)) tried.reached++;
    if (best && !(energy < best.energy)) return;
    if (!best || !same(energy, best.energy, 1e-9)) tried.reached = 1;
    best = { codes, energy };
    work.met(energy, () => placed(codes));
  };
  /** For searches that do not let the event loop run. */
  let asked = 0;
  const watched = {
    stop: () => {
      if ((++asked & 15) === 0) work.tell();
      return false;
    },
    improved: (codes: Uint16Array, energy: number, steps: number): void =>
      work.met(energy, () => placed(codes), steps),
  };
  const solved = (o: SolveOptions): Solution => {
    const s = solve(graph, { ...o, ...watched });
    work.steps += s.nodes + s.moves;
    return s;
  };
  const annealing = async (): Promise<void> => {
    work.total += options.restarts ?? 4;
    const a = await anneal(model, clamp, options, root.fork('annealing'), whole, work);
    if (!a || a.energy === Number.POSITIVE_INFINITY) return;
    const codes = new Uint16Array(graph.states.length);
    made.read(a.states, 0, codes);
    note(codes, a.energy);
    tried.restarts += a.restarts - 1;
    if (same(a.energy, best!.energy, 1e-9)) tried.reached += a.reached - 1;
    tried.evaluations += a.evaluations;
  };
  let last: Solution | null = null;
  let bound = Number.NEGATIVE_INFINITY;
  const large = graph.states.length > LARGE;
  if (large) {
    // What propagation proves at once, it proves of large graphs as well.
    const quick = solved({ seed, work: 0.01 * budget, local: false });
    if (quick.empty) throw emptySupport(model);
    if (quick.proved && quick.codes) return proved(quick.codes, quick.energy, quick.nodes);
    bound = quick.bound;
    note(quick.codes, quick.energy);
    tried.restarts = 0;
    tried.reached = 0;
    await annealing();
  }
  for (const [i, share] of ROUNDS.slice(0, large ? 1 : 2).entries()) {
    const known = best as { codes: Uint16Array; energy: number } | null;
    last = solved({
      seed: seed + i,
      work: share * budget,
      nodes: Math.max(1000, share * budget),
      ...(known ? { start: known.codes } : {}),
      local: !large,
    });
    if (last.why !== undefined) {
      if (!arranged && !large) await annealing();
      return best ? result(best, null, `${last.why}, so that nothing is proved`, 'annealing') : null;
    }
    if (last.empty) throw emptySupport(model);
    tried.evaluations += last.nodes;
    bound = Math.max(bound, last.bound);
    // A search that only gives back what it began with is none of its own.
    if (!known || last.energy < known.energy) note(last.codes, last.energy);
    if (last.proved && last.codes) return proved(last.codes, last.energy, last.nodes);
    work.done++;
    await work.rest();
    if (work.stopped) break;
    // Exchanges find good arrangements sooner than searches do.
    if (arranged && !large && i === 0) await annealing();
  }
  if (!work.stopped && !arranged && !large) await annealing();
  for (let r = large ? Number.POSITIVE_INFINITY : 1; r < (options.restarts ?? 4) && !work.stopped; r++) {
    const local = localSearch(graph, { seed: seed + 100 + r, work: LOCAL * budget, ...watched });
    work.steps += local.moves;
    note(local.codes, local.energy);
    await work.rest();
  }
  const found = best as { codes: Uint16Array; energy: number } | null;
  if (!found) throw work.stopped ? stoppedEarly(model) : notFound(model);
  const closed = bound >= found.energy;
  return result(
    found,
    closed ? found.energy : bound,
    closed
      ? 'no state can be lower than the bound that the search has shown'
      : 'the search with proof did not end within its budget; annealing and local searches found nothing lower',
    'search',
  );

  function proved(codes: Uint16Array, energy: number, nodes: number): Found {
    return result(
      { codes, energy },
      energy,
      `a search with propagation has shown that no state is lower (${nodes} ${nodes === 1 ? 'branching' : 'branchings'})`,
      'search',
    );
  }

  function result(
    of: { readonly codes: Uint16Array; readonly energy: number },
    low: number | null,
    how: string,
    method: Found['method'],
  ): Found {
    const provedOptimal = low !== null && low >= of.energy;
    return {
      states: placed(of.codes),
      energy: of.energy,
      provedOptimal,
      bound: low === Number.NEGATIVE_INFINITY ? null : low,
      method,
      how,
      restarts: Math.max(1, tried.restarts),
      reached: Math.max(1, tried.reached),
      evaluations: tried.evaluations,
      gradient: null,
    };
  }
}

async function annealed(
  model: Model,
  clamp: Clamp,
  options: MinimizeOptions,
  root: Stream,
  whole: Whole,
  work: Work,
  why: string,
): Promise<Found> {
  work.total = options.restarts ?? 4;
  const a = await anneal(model, clamp, options, root.fork('annealing'), whole, work);
  if (!a) throw stoppedEarly(model);
  if (a.energy === Number.POSITIVE_INFINITY) throw notFound(model);
  return {
    ...a,
    provedOptimal: false,
    bound: null,
    method: 'annealing',
    how: `annealed; nothing is proved, because ${why}`,
    gradient: null,
  };
}

const notFound = (model: Model): Error =>
  fault(
    'E0702',
    model.energy.support[0]?.span ?? model.energy.span,
    `no state that satisfies the requirements of \`${model.energy.name}\` was found; that there is none is not proved`,
    'give some of the unknowns, or more `restarts` and a larger `budget`',
  );
