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
  exact: {
    serves: 'discrete',
    how: 'independent exact draws of all unknowns together, by summing them out one by one',
    source: 'Dechter, Artificial Intelligence 113 (1999) 41; Dawid, Stat. Comput. 2 (1992) 25',
  },
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
  random_scan: {
    serves: 'discrete',
    how: 'exact conditionals of elements in random order',
    source: 'Geman & Geman, IEEE PAMI 6 (1984) 721',
  },
  metropolised: {
    serves: 'discrete',
    how: 'another value of a random element, in proportion to its conditional',
    source: 'Liu, Biometrika 83 (1996) 681',
  },
  informed: {
    serves: 'discrete',
    how: 'one change out of all single ones, in proportion to the root of its gain, with exact energies',
    source: 'Zanella, J. Am. Stat. Assoc. 115 (2020) 852',
  },
  barker: {
    serves: 'discrete',
    how: 'one change out of all single ones, by Barker’s rule of its gain, with exact energies',
    source: 'Zanella, J. Am. Stat. Assoc. 115 (2020) 852',
  },
  gradients: {
    serves: 'discrete',
    how: 'one change out of all single ones, whose gains a gradient estimates',
    source: 'Grathwohl et al., ICML 2021',
  },
  path: {
    serves: 'discrete',
    how: 'paths of several changes, whose gains one gradient estimates',
    source: 'Sun, Dai, Xia & Ramamurthy, ICLR 2022',
  },
  dmala: {
    serves: 'discrete',
    how: 'all elements at once by a Langevin step along the gradient, with a Metropolis test',
    source: 'Zhang, Liu & Liu, ICML 2022',
  },
  dula: {
    serves: 'discrete',
    how: 'Langevin steps of all elements without a Metropolis test, biased by their step size',
    source: 'Zhang, Liu & Liu, ICML 2022',
  },
  block: {
    serves: 'discrete',
    how: 'exact draws of a few random elements together',
    source: 'Jensen, Kjærulff & Kong, Int. J. Human-Computer Studies 42 (1995) 647',
  },
  ball: {
    serves: 'discrete',
    how: 'exact draws from the states near a random centre, in a random block',
    source: 'Titsias & Yau, J. Am. Stat. Assoc. 112 (2017) 1598',
  },
  swendsen_wang: {
    serves: 'discrete',
    how: 'clusters of elements bound by their couplings, all moved at once',
    source: 'Swendsen & Wang, Phys. Rev. Lett. 58 (1987) 86; Edwards & Sokal, Phys. Rev. D 38 (1988) 2009',
  },
  wolff: {
    serves: 'discrete',
    how: 'clusters of elements bound by their couplings, grown one at a time',
    source: 'Wolff, Phys. Rev. Lett. 62 (1989) 361',
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
