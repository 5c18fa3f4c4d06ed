/**
 * Starts that satisfy what is required of discrete unknowns: chains whose random start does not are set to a state
 * that a search finds, each in an order of its own. Sweeps alone may never find one: of a Sudoku's boards one in
 * 10²¹ will do. A search that ends without one proves that there is none.
 */
import { discreteGraph } from '../analyse/discrete-graph.ts';
import { isDiscrete } from '../domain.ts';
import { feasible } from '../exact/search/index.ts';
import type { Slot } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { emptySupport } from './exact.ts';
import type { Clamp, Model } from './model.ts';
import { brokenRequirements } from './requirements.ts';

/** With more free elements chains are left to their sweeps. */
const MOST_VARIABLES = 20_000;
/** Joint states of what one instance of a requirement reads. */
const MOST_JOINT = 2 ** 16;
const BUDGET = { nodes: 100_000, work: 2e8 } as const;

/**
 * Mends chains in place; those that it can do nothing for stay as they are. What chain c becomes depends on its own
 * stream only, from which nothing is taken.
 * @throws EnergyError E0702 where no state satisfies the requirements
 */
export function mendStarts(
  model: Model,
  clamp: Clamp,
  streams: readonly Stream[],
  states: Map<Slot, Float64Array>,
): void {
  const { energy } = model;
  const open = (u: Model['unknowns'][number]): boolean => clamp.fixed.get(u.slot)?.includes(0) ?? true;
  const free = model.unknowns.filter((u) => u.size > 0 && open(u));
  if (energy.support.length === 0 || !free.some((u) => isDiscrete(u.slot.domain))) return;
  if (free.reduce((n, u) => n + u.size, 0) > MOST_VARIABLES) return;
  const broken = brokenRequirements(model, states, streams.length);
  const inNeed = streams.map((_, c) => c).filter((c) => broken.some((counts) => counts[c] > 0));
  if (inNeed.length === 0) return;
  // Only what is required: energies choose among these states later.
  const required = { ...model, energy: { ...energy, terms: [] } };
  const real = free.filter((u) => !isDiscrete(u.slot.domain));
  const shared = real.length === 0 ? graphOf(null) : null;
  for (const c of inNeed) {
    const made = shared ?? graphOf(c);
    if ('why' in made) return;
    const codes = feasible(made.graph, streams[c].fork('support'), BUDGET);
    // Beside reals that are held, no state says nothing about other reals.
    if (codes === 'empty' && real.length === 0) throw emptySupport(model);
    if (codes !== null && codes !== 'empty') made.write(codes, states, c);
  }

  function graphOf(chain: number | null): ReturnType<typeof discreteGraph> {
    const held = new Map(
      real.map((u) => [u.slot, states.get(u.slot)!.slice(chain! * u.size, (chain! + 1) * u.size)]),
    );
    return discreteGraph(required, clamp, {
      joint: MOST_JOINT,
      variables: MOST_VARIABLES,
      arranged: true,
      held,
    });
  }
}
