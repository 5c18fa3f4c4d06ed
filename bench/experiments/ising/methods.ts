/** The programs that are compared: one energy with all pairs coupled, several priors and losses. */

export interface Method {
  readonly name: string;
  /** @param sites D */
  readonly program: (sites: number) => string;
}

const program =
  (prior: string, fit: string) =>
  (sites: number): string =>
    `
index site = ${sites}
data  seen : spin[picture, site] from "seen.csv"
param J    : real[site, site] ${prior}

energy Coupled(s : spin[site]) {
  term bonds = -s @ J @ s
}

run learn = fit(Coupled, seen, ${fit})`;

/** Priors are weighed against the rows: λ·Σ|J| beside a mean over 2,000 rows is a Laplace density of scale 1/(2,000 λ). Each pair has two entries, equal by symmetry. */
const laplace = (lambda: number): string => `~ laplace(0, ${1 / (2000 * lambda)})`;

/** Heavy tails leave large couplings alone and hold small ones near 0. */
const heavy = (scale: number, nu = 3): string => `~ student_t(${nu}, 0, ${scale})`;

const adam = (rate: number): string => `optimizer = adam(rate = ${rate}, schedule = cosine)`;

export const methods: readonly Method[] = [
  {
    name: 'pseudo-likelihood',
    program: program('= 0', 'loss = pseudo_likelihood(sites = 100), optimizer = lbfgs(), steps = 60'),
  },
  {
    name: 'pseudo-likelihood, L1 0.05',
    program: program(
      laplace(0.05),
      `loss = pseudo_likelihood(sites = 100), batch = 2000, steps = 100, ${adam(0.01)}`,
    ),
  },
  {
    name: 'pseudo-likelihood, Student t 0.002',
    program: program(heavy(0.002), 'loss = pseudo_likelihood(sites = 100), optimizer = lbfgs(), steps = 60'),
  },
  {
    name: 'discrepancy, heat, t 0.11, L1 0.01',
    program: program(
      laplace(0.01),
      `loss = discrepancy(t = 0.11), batch = 256, steps = 1000, ${adam(0.002)}`,
    ),
  },
  ...(
    [
      ['L1 0.01', laplace(0.01)],
      ['Student t 0.002', heavy(0.002)],
    ] as const
  ).map(([name, prior]) => ({
    name: `contrastive, persistent, ${name}`,
    program: program(
      prior,
      `loss = contrastive(persistent = true, sweeps = 1, chains = 256), batch = 256, steps = 1000, ${adam(0.002)}`,
    ),
  })),
];
