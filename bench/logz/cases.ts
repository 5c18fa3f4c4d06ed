/** Programs whose ln Z is known exactly, and what it is: for tests of estimates and of their standard errors. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface LogZCase {
  readonly name: string;
  readonly text: string;
  /** Data files by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly exact: number;
}

const ising = (rows: number, columns: number, beta: number): string => `
index site = grid(${rows}, ${columns})
set bond = neighbours(site, wrap = true)
energy Ising(s : spin[site]) {
  term coupling = -${beta} * sum(s[p] * s[q] for (p, q) in bond)
}`;

const logSum = (l: readonly number[]): number => {
  const top = Math.max(...l);
  return top + Math.log(l.reduce((a, x) => a + Math.exp(x - top), 0));
};

/** ln tr Tⁿ of a transfer matrix between rows of `bits` two-state sites, given its logarithms. */
function transfer(bits: number, rows: number, log: (a: number, b: number) => number): number {
  const n = 2 ** bits;
  const totals: number[] = [];
  const t = Array.from({ length: n }, (_, a) => Array.from({ length: n }, (_, b) => log(a, b)));
  for (let first = 0; first < n; first++) {
    let v = Array.from({ length: n }, (_, a) => (a === first ? 0 : Number.NEGATIVE_INFINITY));
    for (let r = 0; r < rows; r++) {
      const now = v;
      const top = Math.max(...now);
      if (top === Number.NEGATIVE_INFINITY) break;
      v = Array.from({ length: n }, (_, b) => {
        let sum = 0;
        for (let a = 0; a < n; a++) sum += Math.exp(now[a] - top + t[a][b]);
        return sum === 0 ? Number.NEGATIVE_INFINITY : top + Math.log(sum);
      });
    }
    totals.push(v[first]);
  }
  return logSum(totals);
}

const bit = (x: number, i: number): number => (x >> i) & 1;

/** Of a torus of more than two rows and columns. */
const isingExact = (rows: number, columns: number, beta: number): number =>
  transfer(columns, rows, (a, b) => {
    let sum = 0;
    for (let i = 0; i < columns; i++) {
      const s = 2 * bit(a, i) - 1;
      sum += s * (2 * bit(a, (i + 1) % columns) - 1) + s * (2 * bit(b, i) - 1);
    }
    return beta * sum;
  });

/** Hard squares on a torus: no two neighbours are both occupied. */
const hardSquares = (n: number, mu: number): number =>
  transfer(n, n, (a, b) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (bit(a, i) && (bit(a, (i + 1) % n) || bit(b, i))) return Number.NEGATIVE_INFINITY;
      sum += mu * bit(a, i);
    }
    return sum;
  });

interface Rbm {
  readonly W: readonly (readonly number[])[];
  readonly b_visible: readonly number[];
  readonly b_hidden: readonly number[];
}

/** Over all hidden states, visible ones summed out. */
function rbmExact({ W, b_visible, b_hidden }: Rbm): number {
  const h = b_hidden.length;
  const out: number[] = [];
  const field = [...b_visible];
  let energy = 0;
  let before = 0;
  // Gray code: one hidden unit changes at a time.
  for (let i = 0; i < 2 ** h; i++) {
    const gray = i ^ (i >> 1);
    for (let j = 0; j < h; j++) {
      if (bit(gray, j) === bit(before, j)) continue;
      const sign = bit(gray, j) ? 1 : -1;
      energy += sign * b_hidden[j];
      for (let v = 0; v < field.length; v++) field[v] += sign * W[j][v];
    }
    before = gray;
    let log = energy;
    for (const f of field) log += f > 0 ? f + Math.log1p(Math.exp(-f)) : Math.log1p(Math.exp(f));
    out.push(log);
  }
  let top = Number.NEGATIVE_INFINITY;
  for (const l of out) top = Math.max(top, l);
  let sum = 0;
  for (const l of out) sum += Math.exp(l - top);
  return top + Math.log(sum);
}

const rbmCase = (name: string, rbm: Rbm, exact: number): LogZCase => ({
  name,
  text: `
data W : real[hidden, visible] from "rbm.json"
data b_visible : real[visible] from "rbm.json"
data b_hidden : real[hidden] from "rbm.json"
index visible
index hidden
energy Rbm(v : bit[visible], h : bit[hidden]) {
  term pair = -sum(h[j] * W[j, i] * v[i] for j in hidden, i in visible)
  term fields = -sum(b_visible[i] * v[i] for i in visible) - sum(b_hidden[j] * h[j] for j in hidden)
}`,
  files: { 'rbm.json': JSON.stringify(rbm) },
  exact,
});

/** Numbers in (−1, 1) that look random. */
const noise = (i: number): number => 2 * ((Math.abs(Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1) - 0.5);

const smallRbm: Rbm = {
  W: Array.from({ length: 10 }, (_, j) => Array.from({ length: 24 }, (_, i) => 1.5 * noise(24 * j + i))),
  b_visible: Array.from({ length: 24 }, (_, i) => noise(1000 + i)),
  b_hidden: Array.from({ length: 10 }, (_, j) => noise(2000 + j)),
};

/** The machine trained on digits, where the reference data lie beside the project. */
function digits(): readonly LogZCase[] {
  for (let up = '../../..'; up.length < 30; up += '/..') {
    const url = new URL(`${up}/shared/data/reference/sk_digits_rbm/trained_binary_16.json`, import.meta.url);
    const file = fileURLToPath(url);
    if (existsSync(file))
      return [rbmCase('rbm-digits', JSON.parse(readFileSync(file, 'utf8')) as Rbm, 73.13401518184997)];
  }
  return [];
}

const known: readonly LogZCase[] = [
  ...[0.2, 0.44, 0.8].flatMap((beta) => [
    { name: `ising-4-${beta}`, text: ising(4, 4, beta), exact: isingExact(4, 4, beta) },
    { name: `ising-6-${beta}`, text: ising(6, 6, beta), exact: isingExact(6, 6, beta) },
  ]),
  rbmCase('rbm-small', smallRbm, rbmExact(smallRbm)),
  {
    name: 'three-modes',
    text: `energy E(x : real, y : real) {
  let a = log(0.25) - ((x + 3) ^ 2 + (y + 4) ^ 2) / 0.5 - 2 * log(0.5)
  let b = log(0.35) - ((x - 1) ^ 2 + (y - 4) ^ 2) / 2
  let c = log(0.4) - ((x - 6) ^ 2 + (y + 4) ^ 2) / 0.5 - 2 * log(0.5)
  term t = -logsumexp([a, b, c])
}`,
    exact: Math.log(2 * Math.PI),
  },
  {
    name: 'bounded',
    text: `energy E(b : real(0, 1), g : real(0, inf), h : real(0, inf), e : real(2, inf)) {
  b ~ beta(0.5, 2)
  g ~ gamma(0.7, 3)
  h ~ half_cauchy(2)
  term t = 3 * (e - 2)
}`,
    exact: -Math.log(3),
  },
  {
    name: 'simplex',
    text: 'energy E(p : simplex(5)) { p ~ dirichlet([0.5, 1, 2, 3, 4]) }',
    exact: 0,
  },
  {
    name: 'angles',
    text: `energy E(a : angle, b : angle) {
  a ~ von_mises(1, 20)
  term t = -2 * cos(b)
}`,
    // ln 2π·I₀(2)
    exact: Math.log(2 * Math.PI * 2.2795853023360673),
  },
  {
    name: 'sphere',
    text: 'energy E(u : unit(3)) { term t = -5 * u[0] }',
    exact: Math.log((4 * Math.PI * Math.sinh(5)) / 5),
  },
  { name: 'ordered', text: 'energy E(x : ordered(4)) { x ~ normal(0, 1) }', exact: -Math.log(24) },
  { name: 'heavy', text: 'energy E(x : real[3]) { x ~ cauchy(1, 2) }', exact: 0 },
  {
    name: 'funnel',
    text: `energy E(v : real, x : real[4]) {
  v ~ normal(0, 1.5)
  x ~ normal(0, exp(v / 2))
}`,
    exact: 0,
  },
  {
    name: 'triangle',
    text: `energy E(x : real(0, 1), y : real(0, 1)) {
  require x + y < 0.5
  term t = 0 * x
}`,
    exact: Math.log(0.125),
  },
  ...[4, 6].map((n) => ({
    name: `mixed-${n}`,
    text: `index site = grid(${n}, ${n})
set bond = neighbours(site, wrap = true)
energy E(s : spin[site], x : real(0, inf)[site]) {
  term coupling = -0.3 * sum(s[p] * s[q] for (p, q) in bond)
  x[p] ~ gamma(3 + s[p], 1.5) for p in site
}`,
    exact: isingExact(n, n, 0.3),
  })),
  {
    name: 'hard-squares',
    text: `index site = grid(6, 6)
set bond = neighbours(site, wrap = true)
energy E(n : bit[site]) {
  require not (n[p] == 1 and n[q] == 1) for (p, q) in bond
  term filling = -1.2 * sum(n)
}`,
    exact: hardSquares(6, 1.2),
  },
  {
    name: 'colourings',
    text: `index site = ring(30)
energy E(c : category(3)[site]) {
  require c[i] != c[i + 1] for i in site
}`,
    exact: Math.log(2 ** 30 + 2),
  },
];

export const cases: readonly LogZCase[] = [...known, ...digits()];
