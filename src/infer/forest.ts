/**
 * Chains and trees of a discrete unknown drawn as a whole, given everything else: sums over the states from the
 * leaves to the roots, then draws from the roots to the leaves. For chains this is forward filtering and backward
 * sampling (Rabiner, Proc. IEEE 77 (1989) 257; Carter & Kohn, Biometrika 81 (1994) 541), for trees belief
 * propagation (Pearl 1988). The draw is exact, so each sweep leaves exp(−βE) invariant.
 */
import type { SiteBlocks } from '../analyse/blocks.ts';
import { forestOf, pairEnergies, singleEnergies } from '../analyse/forest.ts';
import { type DiscreteDomain, valueMap } from '../domain.ts';
import type { Output } from '../engines/engine.ts';
import { type Axis, type Node, type Slot, Uses } from '../ir/types.ts';
import type { Stream } from '../random/stream.ts';
import { chainsOf } from './chains.ts';
import { conditionalSweep } from './conditional-sweep.ts';
import { drawTrees, type Energies, makeTrees } from './forest-draw.ts';
import { batchInputs, type Clamp, compile, type Model, type States } from './model.ts';
import { plain, type Transition } from './transition.ts';

/** Energies of pairs that are evaluated together at most, for as many chains as that allows. */
const MAX_TOGETHER = 2 ** 22;

/**
 * Draws all free elements of an unknown together. A chain in which no assignment keeps the requirements and has a
 * finite energy is left to site-by-site Gibbs for that sweep, which repairs it or says what is wrong.
 * @param forest what `forestOf` says of it, where that is known
 * @returns null if the unknown is no forest (see `forestOf`)
 */
export function makeForest(
  model: Model,
  info: SiteBlocks,
  clamp: Clamp,
  chains: number,
  forest = forestOf(model, info, clamp),
): Transition | null {
  if (!forest) return null;
  const b = model.builder;
  const { slot } = info;
  const numbers = forest.children.length * forest.states ** 2;
  const together = Math.max(1, Math.min(chains, Math.floor(MAX_TOGETHER / numbers)));
  const { batch, compile: compileChains } = chainsOf(model, together);
  const single = singleEnergies(b, info, forest, batch, model);
  const pairs = pairEnergies(b, info, forest, batch, model);
  const tables = new Map([...single.tables, ...pairs.tables]);
  // What no chain has a part in is evaluated once.
  const fixed: Output[] = [];
  const moving: Output[] = [];
  const output = (name: string, axes: readonly Axis[], node: Node | null): void => {
    if (!node) return;
    const own = (node.uses & (Uses.input | Uses.unknown)) !== 0;
    (own ? moving : fixed).push({ name, node, axes: own ? axes : axes.slice(batch.axes.length) });
  };
  output('single', single.axes, single.energy);
  output('single broken', single.axes, single.violations);
  output('pairs', pairs.axes, pairs.energy);
  output('pairs broken', pairs.axes, pairs.violations);
  const once = compile(model, fixed, tables);
  const constant = once.run(new Map());
  once.dispose();
  const run = moving.length > 0 ? compileChains(moving, tables) : null;
  const trees = makeTrees(forest);
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);

  /** Site-by-site Gibbs of one chain, made when it is first needed. */
  let alone: Transition | undefined;
  let fault: Error | undefined;
  const leave = (states: States, c: number, stream: Stream, beta: number): void => {
    alone ??= conditionalSweep(model, [info], clamp, 1, 1);
    const own = someOf(model, states, c, 1, chains);
    alone.step(own, [stream], { ...plain, beta });
    fault ??= alone.fault?.(own);
    states.get(slot)!.set(own.get(slot)!, c * info.sites);
  };

  return {
    name: 'gibbs',
    fault: () => fault,
    step(states, streams, { beta }) {
      // A draw of the whole forgets the one before.
      fault = undefined;
      const x = states.get(slot)!;
      for (let first = 0; first < chains; first += together) {
        const some = someOf(model, states, first, together, chains);
        const out = run?.run(batchInputs(model, batch.slots, some, together));
        const energies = (name: string): Energies | null => {
          const own = out?.get(name);
          const data = (own ?? constant.get(name))?.data;
          return data ? { data, each: own ? data.length / together : 0 } : null;
        };
        const [one, oneBroken] = [energies('single'), energies('single broken')];
        const [two, twoBroken] = [energies('pairs'), energies('pairs broken')];
        for (let c = first; c < Math.min(chains, first + together); c++) {
          const codes =
            one && two && drawTrees(trees, { one, oneBroken, two, twoBroken }, c - first, beta, streams[c]);
          if (codes)
            forest.order.forEach((site, i) => {
              x[c * info.sites + site] = offset + scale * codes[i];
            });
          else leave(states, c, streams[c], beta);
        }
      }
    },
    dispose() {
      run?.dispose();
      alone?.dispose();
    },
  };
}

/** Copies of `count` chains from `first` on; behind the last, that one again. */
function someOf(
  model: Model,
  states: States,
  first: number,
  count: number,
  chains: number,
): Map<Slot, Float64Array> {
  return new Map(
    model.unknowns.map(({ slot, size }) => {
      const all = states.get(slot)!;
      if (first === 0 && count === chains) return [slot, all];
      const out = new Float64Array(count * size);
      for (let i = 0; i < count; i++) {
        const c = Math.min(first + i, chains - 1);
        out.set(all.subarray(c * size, (c + 1) * size), i * size);
      }
      return [slot, out];
    }),
  );
}
