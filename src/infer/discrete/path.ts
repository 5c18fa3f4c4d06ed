/**
 * Path auxiliary sampler, fast version (PAFS): Sun, Dai, Xia & Ramamurthy, *Path Auxiliary Proposal for MCMC in
 * Discrete Space*, ICLR 2022, §4. A proposal changes L sites, drawn one after another without replacement with
 * weights √(π(y)/π(x)) estimated by one gradient; the path that was taken is an auxiliary variable, so that the way
 * back is the same path reversed, with the weights of a gradient at its end. L is uniform on 1 … 2R − 1; R adapts
 * towards an acceptance of 0.574 (Sun, Dai & Schuurmans, NeurIPS 2022).
 *
 * With L = 1 it is Gibbs with gradients: Grathwohl, Swersky, Hashemi, Duvenaud & Maddison, ICML 2021, algorithm 1.
 *
 * A path without replacement is drawn by adding Gumbel noise to log-weights and taking the L largest in order
 * (Yellott, J. Math. Psych. 15 (1977) 109).
 */

import type { Stream } from '../../random/stream.ts';
import { logAdd } from '../vectors.ts';
import { type Here, type Move, type Proposer, Scale } from './metropolis.ts';
import type { Sites } from './sites.ts';

/** @param single whether every path has one step */
export function pathProposer(sites: Sites, chains: number, single: boolean): Proposer {
  const { count, states, first } = sites;
  const radius = new Scale(chains, Math.min(4, count), 1, Math.max(1, count));
  /** ln of the weight to leave each site, for whatever state. */
  const leave = new Float64Array(count);
  const key = new Float64Array(count);
  const heap = new Int32Array(count);
  const chosen = new Uint8Array(count);

  /** Half the gain of ln π by state v of a site. */
  const gain = ({ level, from, codes, at, beta }: Here, i: number, v: number): number => {
    const own = from + first[i];
    return 0.5 * beta * (level[own + codes[at + i]] - level[own + v]);
  };

  function weigh(here: Here): void {
    const { codes, at } = here;
    for (let i = 0; i < count; i++) {
      const x = codes[at + i];
      const s = states[i];
      if (s === 2) {
        leave[i] = gain(here, i, 1 - x);
        continue;
      }
      let top = Number.NEGATIVE_INFINITY;
      for (let v = 0; v < s; v++) if (v !== x) top = Math.max(top, gain(here, i, v));
      let sum = 0;
      for (let v = 0; v < s; v++) if (v !== x) sum += Math.exp(gain(here, i, v) - top);
      leave[i] = s < 2 ? Number.NEGATIVE_INFINITY : top + Math.log(sum);
    }
  }

  /** ln of the sum of the weights of sites that are not on the path. */
  function outside(move: Move): number {
    for (let k = 0; k < move.length; k++) chosen[move.site[k]] = 1;
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) if (chosen[i] === 0 && leave[i] > top) top = leave[i];
    let sum = 0;
    if (top > Number.NEGATIVE_INFINITY)
      for (let i = 0; i < count; i++) if (chosen[i] === 0) sum += Math.exp(leave[i] - top);
    for (let k = 0; k < move.length; k++) chosen[move.site[k]] = 0;
    return sum === 0 ? Number.NEGATIVE_INFINITY : top + Math.log(sum);
  }

  function newState(here: Here, i: number, stream: Stream): number {
    const x = here.codes[here.at + i];
    const s = states[i];
    if (s === 2) return 1 - x;
    let u = stream.uniform();
    let last = x;
    for (let v = 0; v < s; v++) {
      if (v === x) continue;
      last = v;
      u -= Math.exp(gain(here, i, v) - leave[i]);
      if (u < 0) return v;
    }
    return last;
  }

  return {
    name: single ? 'gradients' : 'path',
    steps: single ? Math.max(1, Math.ceil(count / 4)) : Math.max(1, Math.ceil(Math.sqrt(count) / 2)),
    propose(here, stream, move) {
      if (count === 0) return 0;
      weigh(here);
      const longest = single ? 1 : Math.min(count, Math.max(1, 2 * radius.of(here.chain) - 1));
      const length = Math.min(count, 1 + Math.floor(stream.uniform() * longest));
      for (let i = 0; i < count; i++) {
        key[i] = leave[i] - Math.log(stream.exponential());
        heap[i] = i;
      }
      for (let i = (count >> 1) - 1; i >= 0; i--) sink(heap, key, i, count);
      let size = count;
      let log = 0;
      for (let k = 0; k < length; k++) {
        const i = heap[0];
        if (states[i] < 2) break;
        heap[0] = heap[--size];
        sink(heap, key, 0, size);
        const v = newState(here, i, stream);
        move.add(i, v, here.codes[here.at + i]);
        log += gain(here, i, v);
      }
      let rest = outside(move);
      for (let k = move.length - 1; k >= 0; k--) {
        rest = logAdd(rest, leave[move.site[k]]);
        log -= rest;
      }
      return log;
    },
    back(there, move) {
      weigh(there);
      let log = 0;
      let rest = outside(move);
      for (let k = 0; k < move.length; k++) {
        const i = move.site[k];
        rest = logAdd(rest, leave[i]);
        log += gain(there, i, move.was[k]) - rest;
      }
      return log;
    },
    learn(chain, acceptance) {
      radius.learn(chain, acceptance);
    },
    freeze: () => radius.freeze(),
    ...(single ? {} : { stepSize: (chain: number) => radius.of(chain) }),
  };
}

/** Restores the order of a heap, the largest key on top, below place i. */
function sink(heap: Int32Array, key: Float64Array, i: number, size: number): void {
  const own = heap[i];
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && key[heap[child + 1]] > key[heap[child]]) child++;
    if (key[heap[child]] <= key[own]) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = own;
}
