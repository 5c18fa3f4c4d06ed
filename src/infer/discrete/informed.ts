/**
 * Locally balanced proposals: Zanella, *Informed Proposals for Local MCMC in Discrete Spaces*, JASA 115 (2020) 852.
 * One site moves to one other state, each of all these neighbours y of x proposed ∝ g(π(y)/π(x)) with exact
 * differences of energies; with g(t) = t·g(1/t) the move is accepted with probability min(1, Z(x)/Z(y)), Z the sum of
 * these weights. g is √t, or t/(1 + t) (Barker's), which does not run after the largest ratios.
 */
import type { Here, Proposer } from './metropolis.ts';
import type { Sites } from './sites.ts';

export type Balance = 'root' | 'barker';

export function informedProposer(sites: Sites, balance: Balance): Proposer {
  const { count, states, first, total } = sites;
  const weight = new Float64Array(total);

  /** ln g(t) at ln t. */
  const g = (log: number): number =>
    balance === 'root' ? 0.5 * log : log > 0 ? -Math.log1p(Math.exp(-log)) : log - Math.log1p(Math.exp(log));

  /** ln-weights of all neighbours; those that requirements or an infinite energy forbid have none. */
  function weigh({ level, levelBroken, from, codes, at, beta }: Here): void {
    for (let i = 0; i < count; i++) {
      const own = from + first[i];
      const x = codes[at + i];
      const e = level[own + x];
      const broken = levelBroken ? levelBroken[own + x] : 0;
      for (let v = 0; v < states[i]; v++) {
        const worse = levelBroken !== null && levelBroken[own + v] > broken;
        const other = level[own + v];
        weight[first[i] + v] =
          v === x || worse || other === Number.POSITIVE_INFINITY
            ? Number.NEGATIVE_INFINITY
            : e === Number.POSITIVE_INFINITY
              ? 0
              : g(beta * (e - other));
      }
    }
  }

  function logSum(): { readonly top: number; readonly sum: number } {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < total; k++) if (weight[k] > top) top = weight[k];
    let sum = 0;
    if (top > Number.NEGATIVE_INFINITY) for (let k = 0; k < total; k++) sum += Math.exp(weight[k] - top);
    return { top, sum };
  }

  return {
    name: 'informed',
    steps: Math.max(1, count),
    propose(here, stream, move) {
      weigh(here);
      const { top, sum } = logSum();
      if (sum === 0) return 0;
      let u = stream.uniform() * sum;
      for (let i = 0; i < count; i++)
        for (let v = 0; v < states[i]; v++) {
          const w = weight[first[i] + v];
          if (w === Number.NEGATIVE_INFINITY) continue;
          u -= Math.exp(w - top);
          if (u >= 0) continue;
          move.add(i, v, here.codes[here.at + i]);
          return w - top - Math.log(sum);
        }
      return 0;
    },
    back(there, move) {
      weigh(there);
      const { top, sum } = logSum();
      return weight[first[move.site[0]] + move.was[0]] - top - Math.log(sum);
    },
  };
}
