/**
 * Discrete Langevin proposals: Zhang, Liu & Liu, *A Langevin-like Sampler for Discrete Distributions*, ICML 2022.
 * All sites move at once, site i to state v with probability ∝ exp(½(−∂ᵥE + ∂ₓE) − d(v, x)²/(2α)) (eq. 3 and 4): d is 1
 * between different states of categories, bits and spins, the number of steps between them on paths and rings.
 *
 * DMALA (their algorithm 1) tests the move by Metropolis and Hastings' rule, the way back with a gradient at the
 * proposal; α adapts towards an acceptance of 0.574. DULA takes every move: quick, but what it draws is biased unless
 * the energy is linear, the more so the larger α is.
 */

import { type Here, type Proposer, Scale } from './metropolis.ts';
import type { Sites } from './sites.ts';
import { distance } from './sites.ts';

/** α of the chains that nothing has been learned of yet; DULA's for good (the authors' value for bits is 0.2). */
const START = 0.2;

export function langevinProposer(sites: Sites, chains: number, unadjusted: boolean): Proposer {
  const { count, states, first } = sites;
  const step = new Scale(chains, START, 1e-3, 1e3);
  const most = states.reduce((x, y) => Math.max(x, y), 1);
  const weight = new Float64Array(most);

  /** ln-weights of a site's states, relative to where it is. */
  function weigh({ level, from, codes, at, beta }: Here, i: number, near: number): void {
    const x = codes[at + i];
    const own = from + first[i];
    for (let v = 0; v < states[i]; v++)
      weight[v] = 0.5 * beta * (level[own + x] - level[own + v]) - near * distance(sites, i, v, x) ** 2;
  }

  /** ln Σ exp of the weights. */
  function total(s: number): number {
    let top = weight[0];
    for (let v = 1; v < s; v++) if (weight[v] > top) top = weight[v];
    let sum = 0;
    for (let v = 0; v < s; v++) sum += Math.exp(weight[v] - top);
    return top + Math.log(sum);
  }

  return {
    name: unadjusted ? 'dula' : 'dmala',
    unadjusted,
    steps: 4,
    propose(here, stream, move) {
      const near = 1 / (2 * step.of(here.chain));
      const { codes, at } = here;
      let log = 0;
      for (let i = 0; i < count; i++) {
        weigh(here, i, near);
        const s = states[i];
        const all = total(s);
        const x = codes[at + i];
        let u = stream.uniform();
        let to = s - 1;
        for (let v = 0; v < s; v++) {
          u -= Math.exp(weight[v] - all);
          if (u < 0) {
            to = v;
            break;
          }
        }
        log += weight[to] - all;
        if (to !== x) move.add(i, to, x);
      }
      return log;
    },
    back(there, move) {
      const near = 1 / (2 * step.of(there.chain));
      const { codes, at } = there;
      let log = 0;
      let k = 0;
      // Moves are in the order of the sites.
      for (let i = 0; i < count; i++) {
        weigh(there, i, near);
        const moved = k < move.length && move.site[k] === i;
        log += weight[moved ? move.was[k++] : codes[at + i]] - total(states[i]);
      }
      return log;
    },
    ...(unadjusted ? {} : { learn: (chain: number, acceptance: number) => step.learn(chain, acceptance) }),
    freeze: () => (unadjusted ? undefined : step.freeze()),
    stepSize: (chain) => step.of(chain),
  };
}
