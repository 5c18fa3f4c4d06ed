/**
 * The samplers by the names that `method` takes, described once: the language's options, the command line's help,
 * plans and documents read this table.
 */
export interface SamplerSpec {
  /** What it draws: reals, discrete unknowns, or arrangements (permutations and subsets). */
  readonly serves: 'real' | 'discrete' | 'arranged' | 'all';
  /** What it does, as plans say it. */
  readonly how: string;
  readonly source: string;
}

export const samplers = {
  gibbs: {
    serves: 'discrete',
    how: 'exact conditionals of one element after another, in blocks that do not interact',
    source: 'Geman & Geman, IEEE PAMI 6 (1984) 721',
  },
  marginal: {
    serves: 'discrete',
    how: 'summed out of the energy that reals move on, then drawn exactly given the reals',
    source: 'van Dyk & Park, JASA 103 (2008) 790',
  },
  exchange: {
    serves: 'arranged',
    how: 'two elements change places, by Metropolis’ rule',
    source: 'Metropolis et al., J. Chem. Phys. 21 (1953) 1087',
  },
  nuts: {
    serves: 'real',
    how: 'the no-U-turn sampler',
    source: 'Hoffman & Gelman, JMLR 15 (2014) 1593',
  },
  hmc: {
    serves: 'real',
    how: 'Hamiltonian steps of 1 to 15 leaps',
    source: 'Neal, Handbook of Markov Chain Monte Carlo (2011), ch. 5',
  },
  langevin: {
    serves: 'real',
    how: 'Metropolis-adjusted Langevin steps',
    source: 'Roberts & Tweedie, Bernoulli 2 (1996) 341',
  },
  unadjusted: {
    serves: 'real',
    how: 'Langevin steps without a Metropolis test, biased by their step size',
    source: 'Roberts & Tweedie, Bernoulli 2 (1996) 341',
  },
  tempering: {
    serves: 'all',
    how: 'replicas at several temperatures that exchange their states',
    source:
      'Hukushima & Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604; Syed et al., J. R. Stat. Soc. B 84 (2022) 321',
  },
} as const satisfies Readonly<Record<string, SamplerSpec>>;

export type SamplerName = keyof typeof samplers;

export const isSampler = (name: string): name is SamplerName => Object.hasOwn(samplers, name);
