/** Exact likelihood against enumeration, closed forms and finite differences. */
import { describe, expect, it } from 'vitest';
import { contamination } from '../../../bench/experiments/exact/contamination.ts';
import { myopia } from '../../../bench/experiments/exact/myopia.ts';
import {
  type Loaded,
  load,
  minimum,
  type Objective,
  objectiveOf,
} from '../../../bench/experiments/exact/program.ts';
import { exactLogZ } from '../../../src/infer/exact.ts';
import { makeModel, noClamp } from '../../../src/infer/model.ts';
import { lgamma } from '../../../src/ir/log-gamma.ts';
import { fit as learn } from '../../../src/learn/fit.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';

/** Deterministic numbers in (−1, 1). */
const wiggle = (n: number, phase = 1): number[] =>
  Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + phase) + 0.3 * i * i));

const json = (columns: Readonly<Record<string, unknown>>): Record<string, string> => ({
  'x.json': JSON.stringify(columns),
});

const shownAt = (of: Objective, at: ArrayLike<number>): number => {
  of.draw(at);
  return of.value(at);
};

/** Largest difference between the gradient and central differences of the shown loss, of fourth order. */
function gradientError(of: Objective, at: ArrayLike<number>, h = 1e-3): number {
  const gradient = new Float64Array(at.length);
  of.draw(at);
  of.value(at, gradient);
  const moved = (i: number, by: number): number => {
    const x = Float64Array.from(at);
    x[i] += by;
    return shownAt(of, x);
  };
  let worst = 0;
  gradient.forEach((g, i) => {
    const slope = (8 * (moved(i, h) - moved(i, -h)) - (moved(i, 2 * h) - moved(i, -2 * h))) / (12 * h);
    worst = Math.max(worst, Math.abs(g - slope));
  });
  return worst;
}

const loss = (gamma = 0, points?: number) => ({ kind: 'likelihood', gamma, points });

function modelAt(loaded: Loaded, of: Objective, at: ArrayLike<number>) {
  const by = of.params(at);
  const params = new Map(
    [...loaded.params].map(([slot, { shape }]) => [slot, { shape, data: by.get(slot.name)! }]),
  );
  return makeModel(loaded.bound, loaded.energy, params, loaded.engine);
}

/** ln Z by the means of inference. */
function logZAt(loaded: Loaded, of: Objective, at: ArrayLike<number>): number {
  const model = modelAt(loaded, of, at);
  const exact = exactLogZ(model, noClamp(model));
  if ('why' in exact) throw new Error(exact.why);
  return exact.logZ;
}

const spins = (count: number, size: number): number[][] =>
  Array.from({ length: count }, (_, n) => wiggle(size, 3 * n + 1).map((v) => (v > 0.2 ? 1 : -1)));

const lattice = (rows: number, columns: number, extra = '') => `
index site = grid(${rows}, ${columns})
set bond = neighbours(site)
data xs : spin[row, site] from "x.json"
param J : real[bond]
param h : real[site]
energy Lattice(s : spin[site]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
  term field    = -sum(h * s)
  ${extra}
}
run learn = fit(Lattice, xs, loss = likelihood)
`;
/** Of the lattice's bonds in the order of the parameters: found by what each multiplies. */
const bondsOf = (rows: number, columns: number): [number, number][] => {
  const out: [number, number][] = [];
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      if (c + 1 < columns) out.push([i, i + 1]);
      if (r + 1 < rows) out.push([i, i + columns]);
    }
  return out;
};

describe('the likelihood of discrete states', () => {
  const rows = spins(7, 6);

  it.each([0, 0.7, -0.4])('is what adding up all states gives, with its gradient, γ = %f', async (gamma) => {
    const loaded = await load(lattice(2, 3), json({ xs: rows }));
    const of = objectiveOf(loaded, loss(gamma));
    const at = wiggle(of.start.length).map((v) => 0.5 * v);
    const { J, h } = Object.fromEntries(of.params(at));
    // Written out: sums over states do not depend on which bond is which when all couplings are the same.
    const same = Float64Array.from(at, (v, i) => (i < J.length ? 0.3 : v));
    expect(of.names).toEqual(['J', 'h']);
    const energy = (s: readonly number[]): number =>
      -bondsOf(2, 3).reduce((e, [p, q]) => e + 0.3 * s[p] * s[q], 0) - s.reduce((e, x, i) => e + h[i] * x, 0);
    const all = Array.from({ length: 64 }, (_, k) =>
      Array.from({ length: 6 }, (_, i) => ((k >> i) & 1 ? 1 : -1)),
    );
    const logZ = Math.log(all.reduce((z, s) => z + Math.exp(-(1 + gamma) * energy(s)), 0)) / (1 + gamma);
    const mean = (f: (s: readonly number[]) => number): number =>
      rows.reduce((m, s) => m + f(s), 0) / rows.length;
    const score = gamma === 0 ? mean(energy) : -Math.log(mean((s) => Math.exp(-gamma * energy(s)))) / gamma;
    expect(shownAt(of, same)).toBeCloseTo(score + logZ, 10);
    expect(gradientError(of, at)).toBeLessThan(1e-9);
    of.dispose();
  });

  it('tends to the likelihood for γ → 0', async () => {
    const loaded = await load(lattice(2, 3), json({ xs: rows }));
    const [zero, small] = [0, 1e-6].map((gamma) => objectiveOf(loaded, loss(gamma)));
    const at = wiggle(zero.start.length);
    // The difference is γ/2 times a difference of variances of energies, which are a few dozen at most.
    expect(Math.abs(shownAt(zero, at) - shownAt(small, at))).toBeLessThan(1e-4);
    expect(shownAt(zero, at)).not.toBe(shownAt(small, at));
  });

  it.each([
    ['a lattice', lattice(3, 5), 0],
    ['a lattice, γ = 1', lattice(3, 5), 1],
    [
      'requirements and guards',
      lattice(
        3,
        5,
        `term corner = sum(h[p] * s[p] for p in site where p.row == p.col and s[p] > 0)
  term only = 0.3 * h[(0, 0)] ^ 2
  require s[p] + s[q] > -2 for (p, q) in bond where p.row == 2 and q.row == 2`,
      ),
      0,
    ],
  ])('by elimination is mean energy plus ln Z, with its gradient: %s', async (_, text, gamma) => {
    const rows = spins(9, 15).map((s) => s.map((v, i) => (i >= 10 && i < 15 && i % 2 === 0 ? 1 : v)));
    const loaded = await load(text, json({ xs: rows }));
    const of = objectiveOf(loaded, loss(gamma));
    expect(of.loss.shown).toBeDefined();
    expect(of.loss.inputs.size).toBeGreaterThan(2);
    const at = wiggle(of.start.length).map((v) => 0.4 * v);
    expect(gradientError(of, at)).toBeLessThan(1e-8);
    if (gamma === 0) {
      const zero = new Float64Array(at.length);
      const energies = (x: ArrayLike<number>): number => shownAt(of, x) - logZAt(loaded, of, x);
      expect(energies(zero)).toBeCloseTo(0, 10);
      // Mean energies are linear in the parameters, but for the constant.
      const twice = Float64Array.from(at, (v) => 2 * v);
      const h00 = of.params(at).get('h')![0];
      const constant = text.includes('only') ? 0.3 * h00 ** 2 : 0;
      expect(energies(twice)).toBeCloseTo(2 * (energies(at) - constant) + 4 * constant, 9);
      expect(Math.abs(energies(at))).toBeGreaterThan(0.01);
    }
    of.dispose();
  });

  it('serves categories on a tree whose factors read one element twice', async () => {
    const text = `
index node = 14
set edge = {(i, j) for i in node, j in node where j == floor((i - 1) / 2) and i > 0}
data xs : category(3)[row, node] from "x.json"
param W : real[3, 3]
param u : real[3]
energy Tree(c : category(3)[node]) {
  term pair = sum(W[c[i], c[j]] for (i, j) in edge)
  term own  = sum(W[c[i], c[i]] * u[c[i]] for i in node)
}
run learn = fit(Tree, xs, loss = likelihood)
`;
    const rows = Array.from({ length: 5 }, (_, n) => wiggle(14, n).map((v) => Math.floor(1.5 * (v + 1))));
    const loaded = await load(text, json({ xs: rows }));
    const of = objectiveOf(loaded);
    expect(of.loss.shown).toBeDefined();
    const at = wiggle(of.start.length);
    expect(gradientError(of, at)).toBeLessThan(1e-8);
    const model = logZAt(loaded, of, at);
    const { W, u } = Object.fromEntries(of.params(at));
    const mean =
      rows.reduce(
        (sum, c) =>
          sum +
          c.reduce((e, v, i) => {
            const above = i > 0 ? W[3 * v + c[Math.floor((i - 1) / 2)]] : 0;
            return e + above + W[4 * v] * u[v];
          }, 0),
        0,
      ) / rows.length;
    expect(shownAt(of, at)).toBeCloseTo(mean + model, 9);
  });

  it('at its minimum has the moments of the data', async () => {
    const size = 8;
    const rows = spins(40, size);
    const text = `
index site = ${size}
set pair = {(i, j) for i in site, j in site where j == i + 1}
data xs : spin[row, site] from "x.json"
param J : real[pair]
param h : real[site]
energy Chain(s : spin[site]) {
  term all = -sum(J[p, q] * s[p] * s[q] for (p, q) in pair) - sum(h * s)
}
run learn = fit(Chain, xs, loss = likelihood)
`;
    const of = objectiveOf(await load(text, json({ xs: rows })));
    const at = minimum((x, g) => of.value(x, g), of.start, 1e-10);
    const { J, h } = Object.fromEntries(of.params(at));
    const moments = (states: readonly (readonly number[])[], weights: readonly number[]): number[] => {
      const total = weights.reduce((a, w) => a + w, 0);
      const mean = (f: (s: readonly number[]) => number): number =>
        states.reduce((m, s, k) => m + (weights[k] / total) * f(s), 0);
      return [
        ...Array.from({ length: size - 1 }, (_, i) => mean((s) => s[i] * s[i + 1])),
        ...Array.from({ length: size }, (_, i) => mean((s) => s[i])),
      ];
    };
    const all = Array.from({ length: 2 ** size }, (_, k) =>
      Array.from({ length: size }, (_, i) => ((k >> i) & 1 ? 1 : -1)),
    );
    const weights = all.map((s) =>
      Math.exp(s.reduce((e, x, i) => e + h[i] * x + (i + 1 < size ? J[i] * x * s[i + 1] : 0), 0)),
    );
    const wanted = moments(
      rows,
      rows.map(() => 1),
    );
    moments(all, weights).forEach((m, i) => {
      expect(m).toBeCloseTo(wanted[i], 8);
    });
  });
});

describe('the likelihood of reals', () => {
  const cases: readonly {
    readonly name: string;
    readonly domain: string;
    readonly energy: string;
    readonly is: (x: number, a: number) => number;
    readonly xs: readonly number[];
    readonly a: number;
    readonly logZ: number;
  }[] = [
    {
      name: 'a Gaussian',
      domain: 'real',
      energy: '0.5 * ((x - a) / 0.1) ^ 2',
      is: (x, a) => 0.5 * ((x - a) / 0.1) ** 2,
      xs: [0.1, -0.2, 0.3],
      a: 0.2,
      logZ: Math.log(0.1 * Math.sqrt(2 * Math.PI)),
    },
    {
      name: 'an exponential',
      domain: 'real(0, inf)',
      energy: 'x / a',
      is: (x, a) => x / a,
      xs: [0.3, 2, 0.9],
      a: 1.7,
      logZ: Math.log(1.7),
    },
    {
      name: 'a gamma',
      domain: 'real(2, inf)',
      energy: '(x - 2) - a * log(x - 2)',
      is: (x, a) => x - 2 - a * Math.log(x - 2),
      xs: [2.3, 4, 2.9],
      a: 0.6,
      logZ: lgamma(1.6),
    },
    {
      name: 'an exponential to the left',
      domain: 'real(-inf, 1)',
      energy: '3 * (1 - x) * a',
      is: (x, a) => 3 * (1 - x) * a,
      xs: [0.3, -2, 0.9],
      a: 1,
      logZ: -Math.log(3),
    },
    {
      name: 'a beta',
      domain: 'real(-1, 3)',
      energy: '-2 * log(x + 1) - a * log(3 - x)',
      is: (x, a) => -2 * Math.log(x + 1) - a * Math.log(3 - x),
      xs: [0, 1, 2.5],
      a: 1.5,
      logZ: 4.5 * Math.log(4) + lgamma(3) + lgamma(2.5) - lgamma(5.5),
    },
    {
      name: 'a cosine',
      domain: 'angle',
      energy: '-a * cos(x)',
      is: (x, a) => -a * Math.cos(x),
      xs: [0.3, -2, 0.9],
      a: 1,
      // 2π I₀(1)
      logZ: Math.log(2 * Math.PI * 1.2660658777520082),
    },
  ];
  it.each(cases)('of $name has its ln Z', async ({ domain, energy, is, xs, a, logZ }) => {
    const loaded = await load(
      `
data xs : ${domain}[row] from "x.json"
param a : real = ${a}
energy E(x : ${domain}) {
  term all = ${energy}
}
run learn = fit(E, xs, loss = likelihood)
`,
      json({ xs }),
    );
    const of = objectiveOf(loaded);
    const mean = xs.reduce((s, x) => s + is(x, a), 0) / xs.length;
    expect(of.value(of.start) - mean).toBeCloseTo(logZ, 8);
    expect(of.loss.verdict?.(loaded.params)).toEqual([]);
    expect(gradientError(of, of.start)).toBeLessThan(1e-8);
  });

  it('in the plane, with a category and a requirement', async () => {
    const loaded = await load(
      `
type Point = { x : real, y : real, kind : category(3) }
data points : Point[row] from "points.csv"
param rho : real(-1, 1) = 0.4
param m   : real[3] = [0.5 * k for k in 3]
energy Mixed(p : Point) {
  term pair = 0.5 * (p.x ^ 2 - 2 * rho * p.x * p.y + p.y ^ 2) / (1 - rho ^ 2)
  term kind = m[p.kind] + p.x * m[p.kind]
  require p.kind != 2
}
run learn = fit(Mixed, points, loss = likelihood)
`,
      { 'points.csv': 'x,y,kind\n0.5,0.2,0\n-1,0.3,1\n0.7,-0.9,1\n-0.2,1.1,0\n' },
    );
    const of = objectiveOf(loaded);
    // ∫∫ = 2π √(1 − ρ²) exp(m²/2) for a tilt m of x, whose variance is 1.
    const part = (m: number): number => 2 * Math.PI * Math.sqrt(1 - 0.16) * Math.exp(m * m * 0.5 - m);
    const energy = (x: number, y: number, m: number): number =>
      (0.5 * (x * x - 0.8 * x * y + y * y)) / 0.84 + m + x * m;
    const mean =
      (energy(0.5, 0.2, 0) + energy(-1, 0.3, 0.5) + energy(0.7, -0.9, 0.5) + energy(-0.2, 1.1, 0)) / 4;
    expect(of.value(of.start)).toBeCloseTo(mean + Math.log(part(0) + part(0.5)), 9);
    expect(gradientError(of, of.start)).toBeLessThan(1e-8);
    expect(of.loss.verdict?.(loaded.params)).toEqual([]);
  });

  it.each([0, 0.8])('of a Gaussian in six dimensions is in closed form, γ = %f', async (gamma) => {
    const text = `
data xs : real[row, 2, 2] from "x.json"
data ys : real[row] from "x.json"
data zs : real[row] from "x.json"
param w : real[2, 2] = [0.3 * i - 0.2 * j for i in 2, j in 2]
param s : real(0, inf) = 0.7
energy G(x : real[2, 2], y : real, z : real) {
  term near = sum((x - w - 0.3 * y) ^ 2) / s
  term ends = 0.5 * (y - 1) ^ 2 + 2 * (z + y - s) ^ 2
}
run learn = fit(G, { x = xs, y = ys, z = zs }, loss = likelihood)
`;
    const rows = [0, 1, 2].map((n) => {
      const [a, b, c, d, y, z] = wiggle(6, n);
      return {
        x: [
          [a, b],
          [c, d],
        ],
        y,
        z,
      };
    });
    const loaded = await load(
      text,
      json({ xs: rows.map((r) => r.x), ys: rows.map((r) => r.y), zs: rows.map((r) => r.z) }),
    );
    const of = objectiveOf(loaded, loss(gamma));
    const energies = rows.map(({ x, y, z }) => {
      const near = x.flatMap((r, i) => r.map((v, j) => (v - (0.3 * i - 0.2 * j) - 0.3 * y) ** 2 / 0.7));
      return near.reduce((a, v) => a + v, 0) + 0.5 * (y - 1) ** 2 + 2 * (z + y - 0.7) ** 2;
    });
    const k = 1 + gamma;
    // One unknown after another: variances of 0.7/2 (four times), 1 and 1/4, all over κ.
    const logZ = 3 * Math.log((2 * Math.PI) / k) + 0.5 * Math.log(0.35 ** 4 / 4);
    const mean = (f: (e: number) => number): number => energies.reduce((a, e) => a + f(e), 0) / 3;
    const score = gamma === 0 ? mean((e) => e) : -Math.log(mean((e) => Math.exp(-gamma * e))) / gamma;
    expect(of.value(of.start)).toBeCloseTo(score + logZ / k, 10);
    const at = of.start.map((v, i) => v + 0.2 * wiggle(of.start.length)[i]);
    expect(gradientError(of, at)).toBeLessThan(1e-8);
  });

  const onTheLine = (energy: string, options = ''): string => `
data xs : real[row] from "x.json"
param a : real = 1
energy E(x : real) {
  term all = ${energy}
}
run learn = fit(E, xs, steps = 3, loss = likelihood${options})
`;
  it.each([
    [
      'where mass lies beyond the ends',
      '0.6 * log(1 + a * x ^ 2)',
      '',
      /where the integral over its states ends/,
    ],
    ['where the energy is rougher than the nodes', '10 * a * sin(2000 * x) + x ^ 2', '', /do not resolve it/],
    ['where points are few', '500 * a * (x - 1) ^ 2', '(points = 16)', /16 points do not resolve it/],
  ])('warns %s', async (_, energy, options, message) => {
    const loaded = await load(onTheLine(energy, options), json({ xs: [-1, 0, 1, 0.5] }));
    const result = await learn({ ...loaded, rows: loaded.data });
    expect(result.diagnostics.map((d) => d.code)).toEqual(['W0712']);
    expect(result.diagnostics[0].message).toMatch(message);
  });

  it('finds the mean and the standard deviation of the data', async () => {
    const xs = wiggle(50).map((v) => 3 + 2 * v);
    const loaded = await load(
      `
data xs : real[row] from "x.json"
param mu    : real = 0
param sigma : real(0, inf) = 1
energy Normal(x : real) {
  term square = 0.5 * ((x - mu) / sigma) ^ 2
}
run learn = fit(Normal, xs, loss = likelihood, optimizer = adam(rate = 0.1), steps = 1000)
`,
      json({ xs }),
    );
    const result = await learn({ ...loaded, rows: loaded.data });
    const mean = xs.reduce((s, x) => s + x, 0) / 50;
    const sd = Math.sqrt(xs.reduce((s, x) => s + (x - mean) ** 2, 0) / 50);
    const [mu, sigma] = [...result.params.values()].map((p) => p.data[0]);
    expect(result.diagnostics).toEqual([]);
    expect(mu).toBeCloseTo(mean, 6);
    expect(sigma).toBeCloseTo(sd, 6);
    // Energies leave out ln σ√(2π), which ln Z puts back.
    expect(result.history.loss.at(-1)).toBeCloseTo(0.5 + Math.log(sd * Math.sqrt(2 * Math.PI)), 8);
  });
});

describe('a likelihood that cannot be had', () => {
  const refusal = async (text: string, files: Record<string, string>, choice = loss()): Promise<string> => {
    const loaded = await load(text, files);
    try {
      objectiveOf(loaded, choice);
    } catch (e) {
      if (e instanceof EnergyError) return `${e.diagnostics[0].code} ${e.diagnostics[0].message}`;
      throw e;
    }
    return '';
  };
  const reals = (n: number, requirement = '', power = 2) => `
data xs : real[row, ${n}] from "x.json"
param a : real = 1
energy E(x : real[${n}]) {
  term all = a * sum(x ^ ${power})
  ${requirement}
}
run learn = fit(E, xs, loss = likelihood)
`;
  it('says why', async () => {
    expect(await refusal(reals(3, '', 4), json({ xs: [[1, 2, 3]] }))).toBe(
      'E0742 ln Z of `E` cannot be computed, which its likelihood needs: it has 3 real unknowns, integrals over more than two are known for Gaussian energies only, and the energy is not quadratic: its curvature depends on `x`',
    );
    expect(await refusal(reals(2), json({ xs: [[1, 2]] }), loss(0, 600))).toMatch(
      /^E0742 .* 360000 nodes are more/,
    );
    expect(await refusal(reals(2, 'require x[0] > 1e9'), json({ xs: [[1, 2]] }))).toMatch(/^E0744 /);
    expect(await refusal(reals(2), json({ xs: [[1, 2]] }), loss(-1))).toMatch(/^E0743 /);
    expect(
      await refusal(
        `
data xs : simplex(3)[row] from "x.json"
param a : real = 1
energy E(x : simplex(3)) {
  term all = a * x[0]
}
run learn = fit(E, xs, loss = likelihood)
`,
        json({ xs: [[0.2, 0.3, 0.5]] }),
      ),
    ).toMatch(/^E0742 .* `x` is simplex\(3\), whose elements are not free/);
  });

  it('says how wide a graph is', async () => {
    const text = `
index site = 40
data xs : spin[row, site] from "x.json"
param W : real[site, site]
energy E(s : spin[site]) {
  term all = sum(W[i, j] * s[i] * s[j] for i in site, j in site where i < j)
}
run learn = fit(E, xs, loss = likelihood)
`;
    expect(await refusal(text, json({ xs: spins(2, 40) }))).toMatch(
      /^E0742 .* it has 1.10e\+12 joint states, and summing its unknowns out one by one takes tables/,
    );
  });
});

describe('contamination', () => {
  it('moves the maximum of the likelihood, and not that of the score with γ > 0', async () => {
    // Published for exact densities; rows are 2000 quantiles.
    const published = [
      [1.98, 2.64],
      [0.8, 2.59],
      [0, 1],
      [0, 1],
      [0, 1],
      [2.58, 2.82],
      [1.6, 3.33],
      [0, 1],
      [0, 1],
      [0, 1],
    ];
    const found = await contamination(2000);
    expect(found).toHaveLength(published.length);
    found.forEach(({ mu, sigma, gamma }, i) => {
      const tolerance = gamma > 0 ? 5e-4 : 0.0075;
      expect(Math.abs(mu - published[i][0])).toBeLessThan(tolerance);
      expect(Math.abs(sigma - published[i][1])).toBeLessThan(tolerance);
    });
  });
});

describe('two modes far apart', () => {
  it('have weights that score matching does not see, and the others do', { timeout: 30_000 }, async () => {
    const at = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 0.8, 0.95];
    const m = await myopia({ rows: 1000, draws: 32, at });
    const byName = new Map(m.curves.map((c) => [c.name, c]));
    expect(Math.abs(m.share - 0.2)).toBeLessThan(0.04);
    expect(byName.get('score matching')!.range).toBeLessThan(1e-4);
    const likelihood = byName.get('likelihood')!;
    expect(likelihood.least).toBeCloseTo(m.share, 3);
    // Modes 10 apart: the overlap is e^-12.5.
    const entropy = (rho: number): number => -m.share * Math.log(rho) - (1 - m.share) * Math.log1p(-rho);
    expect(likelihood.range).toBeCloseTo(entropy(0.95) - Math.min(...at.map(entropy)), 3);
    const ranges = [2, 4, 8, 32].map((t) => byName.get(`discrepancy, t = ${t}`)!.range);
    [...ranges, likelihood.range].reduce((less, more) => {
      expect(more).toBeGreaterThan(1.5 * less);
      return more;
    }, 1e-3);
    for (const t of [8, 32]) {
      const { least, exact } = byName.get(`discrepancy, t = ${t}`)!;
      expect(Math.abs(exact! - m.share)).toBeLessThan(0.02);
      // Few rows come near the other mode, and 32 negatives of each of these decide.
      expect(Math.abs(least - exact!)).toBeLessThan(0.08);
    }
  });
});
