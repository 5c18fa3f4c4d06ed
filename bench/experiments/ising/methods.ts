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
set   pair = { (p, q) for p in site, q in site where p < q }
data  seen : spin[picture, site] from "seen.csv"
param J    : real[pair] ${prior}

energy Coupled(s : spin[site]) {
  term bonds = -2 * sum(J[p, q] * s[p] * s[q] for (p, q) in pair)
}

run learn = fit(Coupled, seen, ${fit})`;

/** Priors are weighed against the rows: λ·Σ|J| beside a mean over 2,000 rows is a Laplace density of scale 1/(2,000 λ). */
const laplace = (lambda: number): string => `~ laplace(0, ${1 / (2000 * lambda)})`;

/** Heavy tails leave large couplings alone and hold small ones near 0. */
const heavy = (scale: number, nu = 3): string => `~ student_t(${nu}, 0, ${scale})`;

const adam = 'optimizer = adam(rate = 0.001)';

export const methods: readonly Method[] = [
  {
    name: 'pseudo-likelihood',
    program: program('= 0', `loss = pseudo_likelihood(), batch = 2000, steps = 1000, ${adam}`),
  },
  {
    name: 'pseudo-likelihood, L1 0.05',
    program: program(laplace(0.05), `loss = pseudo_likelihood(), batch = 2000, steps = 1000, ${adam}`),
  },
  {
    name: 'pseudo-likelihood, Student t 0.003',
    program: program(heavy(0.003), `loss = pseudo_likelihood(), batch = 2000, steps = 1000, ${adam}`),
  },
  {
    name: 'discrepancy (heat, t 0.11), L1 0.01',
    program: program(laplace(0.01), `loss = discrepancy(t = 0.11), batch = 256, steps = 1000, ${adam}`),
  },
];
