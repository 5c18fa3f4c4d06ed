/** Small programs to begin with; each runs as it is, with the data that are written beside it. */
export interface Template {
  readonly name: string;
  readonly doc: string;
  readonly text: string;
  /** Files that it reads, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export const templates: readonly Template[] = [
  {
    name: 'lattice',
    doc: 'spins on a torus, sampled',
    text: `/// Spins on a torus: neighbours like to agree.
const n    : int = 24
const beta = 0.4

index site = grid(n, n)
set   bond = neighbours(site, wrap = true)

energy Lattice(s : spin[site]) {
  term agree = -beta * sum(s[p] * s[q] for (p, q) in bond)
  report magnet = abs(mean(s))
}

run draws = sample(Lattice)
`,
  },
  {
    name: 'posterior',
    doc: 'a straight line through points: what is known of it, and how well',
    text: `/// A straight line through points, with everything unknown. \`~\` adds minus the logarithm of a density to the energy.
index obs
data  x : real[obs] from "points.csv"
data  y : real[obs] from "points.csv"

energy Line(level : real, slope : real, noise : real(0, inf)) {
  level ~ normal(0, 10)
  slope ~ normal(0, 10)
  noise ~ half_normal(5)
  y[i] ~ normal(level + slope * x[i], noise) for i in obs
}

run draws = sample(Line)
run best  = minimize(Line)
`,
    files: { 'points.csv': 'x,y\n0,1.1\n1,2.8\n2,5.2\n3,6.9\n4,9.1\n5,10.8\n6,13.2\n' },
  },
  {
    name: 'machine',
    doc: 'a Boltzmann machine that learns from rows of bits',
    text: `/// A restricted Boltzmann machine that learns rows of eight bits, and draws rows like them.
index pixel  = 8
index hidden = 4

data  seen : bit[row, pixel] from "rows.csv"
param W    : real[pixel, hidden] = normal(0, 0.1)
param a    : real[pixel] = 0
param b    : real[hidden] = 0

energy Machine(v : bit[pixel]) {
  term fields = -dot(a, v)
  term units  = -sum(softplus(b[h] + sum(W[i, h] * v[i] for i in pixel)) for h in hidden)
}

run learn = fit(Machine, seen, loss = likelihood, optimizer = adam(rate = 0.05), steps = 300)
run lnz   = logz(Machine)
run draws = sample(Machine, draws = 500)
run alike = compare(draws, seen)
`,
    files: {
      'rows.csv': `${Array.from({ length: 60 }, (_, r) =>
        Array.from({ length: 8 }, (_, i) => ((i + 2 * (r % 4)) % 8 < 4 ? 1 : 0)).join(','),
      ).join('\n')}\n`,
    },
  },
  {
    name: 'puzzle',
    doc: 'a Latin square: rules that must hold, solved and counted',
    text: `/// A square of four rows in which no digit occurs twice in a row or in a column. A rule is support, not a large number.
const n : int = 4

index place = n
index digit = n

energy Square(cell : category(digit)[place, place]) {
  require all_different([cell[r, c] for c in place]) for r in place
  require all_different([cell[r, c] for r in place]) for c in place
}

run one   = minimize(Square)
run count = logz(Square)
`,
  },
];
