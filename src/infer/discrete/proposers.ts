/** The samplers that move several discrete unknowns as one row of sites, by name. */
import type { ProposerPlan } from '../../plan/discrete.ts';
import { conditionalSweep } from '../conditional-sweep.ts';
import type { Clamp, Model } from '../model.ts';
import type { Transition } from '../transition.ts';
import { blockSampler } from './candidates.ts';
import { informedProposer } from './informed.ts';
import { langevinProposer } from './langevin.ts';
import { metropolis } from './metropolis.ts';
import { pathProposer } from './path.ts';
import { randomScan } from './random-scan.ts';
import { sitesOf } from './sites.ts';
import { exactTarget, gradientTarget } from './target.ts';

export function proposerTransition(
  model: Model,
  { method, slots, blocks }: ProposerPlan,
  clamp: Clamp,
  chains: number,
): Transition {
  const sites = sitesOf(model, clamp, slots);
  const mend = (): Transition | null =>
    model.energy.support.length > 0 ? conditionalSweep(model, blocks, clamp, 1, 1) : null;
  const byGradient = () => gradientTarget(model, sites, chains);
  switch (method) {
    case 'random_scan':
    case 'metropolised':
      return randomScan(model, sites, chains, method);
    case 'block':
    case 'ball':
      return blockSampler(model, sites, chains, method);
    case 'informed':
    case 'barker': {
      const balance = method === 'informed' ? 'root' : 'barker';
      return metropolis(model, exactTarget(model, sites, chains), informedProposer(sites, balance), mend());
    }
    case 'gradients':
    case 'path':
      return metropolis(model, byGradient(), pathProposer(sites, chains, method === 'gradients'), mend());
    case 'dmala':
    case 'dula':
      return metropolis(model, byGradient(), langevinProposer(sites, chains, method === 'dula'), mend());
  }
}
