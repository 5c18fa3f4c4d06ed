/** Gibbs sweeps by kernels: states as codes in the kernels' own memory, moved there and back when others need them. */
import { codesOf, valuesOf } from '../analyse/site-tables.ts';
import type { KernelPlan } from '../plan/gibbs.ts';
import { notFinite } from './faulty-term.ts';
import type { Model } from './model.ts';
import type { Transition } from './transition.ts';

export function kernelSweep(model: Model, { tables, kernels }: KernelPlan, chains: number): Transition {
  const sweeper = kernels.forChains(chains);
  const codes = new Uint8Array(tables.size);
  /** The kernels' states are those of the last sweep; `states` may be older. */
  let inside = false;
  let ahead = false;
  return {
    name: 'gibbs',
    repeats: true,
    step(states, streams, { beta, sweeps }) {
      if (!inside)
        for (let c = 0; c < chains; c++) {
          codesOf(tables, states, c, codes);
          sweeper.load(c, codes);
        }
      inside = true;
      sweeper.sweep(streams, beta, sweeps);
      ahead = true;
    },
    settle(states) {
      if (!ahead) return;
      for (let c = 0; c < chains; c++) {
        sweeper.store(c, codes);
        valuesOf(tables, codes, c, states);
      }
      ahead = false;
    },
    changed() {
      inside = false;
    },
    fault(states) {
      const lost = sweeper.lost();
      if (!lost) return undefined;
      for (const { slot, positionOf } of tables.slots) {
        const site = positionOf.indexOf(lost.position);
        if (site >= 0) return notFinite(model, slot, states, lost.chain, site);
      }
      return undefined;
    },
    dispose: () => sweeper.dispose(),
  };
}
