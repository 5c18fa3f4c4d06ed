/** Energies on which samplers of discrete unknowns are compared: those of DISCS (Goshvadi et al., NeurIPS 2023), smaller. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly methods: readonly string[];
  /** What is looked at beside the energy: the size of the sum, or random projections of the state. */
  readonly looks: 'size' | 'projection';
}

const lattice = (side: number): string =>
  `index site = grid(${side}, ${side})\nset bond = neighbours(site, wrap = true)\n`;

const ising = (side: number, coupling: number): string => `${lattice(side)}energy Ising(s : spin[site]) {
  term coupling = ${-coupling} * sum(s[p] * s[q] for (p, q) in bond)
  report size = abs(mean(s))
}`;

const potts = (side: number, states: number, coupling: number): string => `${lattice(side)}
energy Potts(z : category(${states})[site]) {
  term same = ${-coupling} * sum(z[p] == z[q] for (p, q) in bond)
  report size = max(mean(z[p] == v for p in site) for v in ${states})
}`;

const byGradient = ['gradients', 'path', 'dmala', 'dula'];
const informed = ['informed', 'barker', ...byGradient];
const single = ['gibbs', 'random_scan', 'metropolised', 'ball', 'block'];
const clusters = ['swendsen_wang', 'wolff'];

export const cases: readonly Case[] = [
  {
    name: 'ising',
    title: 'Ising, 50 × 50, J = 0.35',
    text: ising(50, 0.35),
    methods: ['auto', 'gibbs', 'random_scan', 'metropolised', ...byGradient, ...clusters],
    looks: 'size',
  },
  {
    name: 'potts',
    title: 'Potts, 30 × 30, 4 states, J = 0.9',
    text: potts(30, 4, 0.9),
    methods: ['auto', 'gibbs', 'random_scan', 'metropolised', ...byGradient, ...clusters],
    looks: 'size',
  },
  {
    name: 'critical',
    title: 'Ising, 64 × 64, at the critical point',
    text: ising(64, Math.log(1 + Math.SQRT2) / 2),
    methods: ['auto', 'gibbs', ...clusters],
    looks: 'size',
  },
  {
    name: 'critical-potts',
    title: 'Potts, 64 × 64, 3 states, at the critical point',
    text: potts(64, 3, Math.log(1 + Math.sqrt(3))),
    methods: ['auto', 'gibbs', ...clusters],
    looks: 'size',
  },
  {
    name: 'rbm',
    title: 'restricted Boltzmann machine, 64 + 32 bits',
    text: `param W : real[64, 32] ~ normal(0, 0.3)
energy Rbm(v : bit[64], h : bit[32]) {
  term pairs = -sum(sum(v[i] * W[i, j] for i in 64) * h[j] for j in 32)
  term field = 0.2 * sum(v)
}`,
    methods: ['auto', ...single, ...informed],
    looks: 'projection',
  },
  {
    name: 'mlp',
    title: 'network of 64 bits, 64 and 64 hidden',
    text: `param net = mlp(64, hidden = [64, 64], act = silu)
energy Net(x : bit[64]) {
  term shape = 12 * net(x)
}`,
    methods: ['auto', ...single, ...informed],
    looks: 'projection',
  },
];
