/** Lattices, spins, Boltzmann machines and puzzles of the standard library against sums over all states. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../check/evaluate.ts';
import { logSumExp, logZ, range, rows, sum, words } from './kit.ts';

describe('lattices and graphs', () => {
  const sets = async (index: string, expr: string): Promise<readonly (readonly number[])[]> => {
    const text = `use ${expr.split('(')[0]} from "std/${index.includes('grid') ? 'lattice' : 'graph'}"
${index}
set S = ${expr}
energy E(x : bit[site]) { term a = sum(x) + 0 * size(S) }`;
    const { set } = await evaluate(text, 'E', { x: range(12).map(() => 0) });
    const columns = set('S');
    return range(columns[0].length).map((e) => columns.map((c) => c[e]));
  };
  const degrees = (pairs: readonly (readonly number[])[], n: number): number[] =>
    range(n).map((v) => pairs.filter((p) => p.includes(v)).length);
  const site = 'index site = grid(3, 4)';

  it('neighbours of neighbours', async () => {
    expect(await sets(site, 'diagonals(site)')).toEqual([
      [0, 5],
      [1, 6],
      [2, 7],
      [4, 9],
      [5, 10],
      [6, 11],
    ]);
    expect(degrees(await sets(site, 'second_neighbours(site)'), 12)).toEqual([
      1, 2, 2, 1, 2, 4, 4, 2, 1, 2, 2, 1,
    ]);
    const torus = await sets(site, 'second_neighbours_wrap(site)');
    expect(degrees(torus, 12)).toEqual(range(12).map(() => 4));
    for (const [p, q] of torus) {
      const dr = (Math.floor(q / 4) - Math.floor(p / 4) + 3) % 3;
      const dc = ((q % 4) - (p % 4) + 4) % 4;
      expect([dr, dc === 1 || dc === 3]).toEqual([1, true]);
    }
  });

  it('the triangular lattice has six neighbours, the honeycomb three, a brick wall', async () => {
    expect(degrees(await sets(site, 'triangular_wrap(site)'), 12)).toEqual(range(12).map(() => 6));
    expect(degrees(await sets(site, 'triangular(site)'), 12)).toEqual([3, 4, 4, 2, 4, 6, 6, 4, 2, 4, 4, 3]);
    expect(degrees(await sets(site, 'honeycomb(site)'), 12)).toEqual([2, 2, 3, 1, 2, 3, 3, 2, 1, 3, 2, 2]);
  });

  it('plaquettes and parts', async () => {
    expect((await sets(site, 'plaquettes(site)'))[4]).toEqual([5, 6, 10, 9]);
    expect(await sets(site, 'even_sites(site)')).toEqual([0, 2, 5, 7, 8, 10].map((p) => [p]));
    expect(await sets(site, 'border(site)')).toEqual([0, 1, 2, 3, 4, 7, 8, 9, 10, 11].map((p) => [p]));
  });

  it('graphs', async () => {
    const node = 'index site = 12';
    expect(await sets(node, 'complete(site)')).toHaveLength(66);
    expect(degrees(await sets(node, 'ring_graph(site, 2)'), 12)).toEqual(range(12).map(() => 4));
    expect(degrees(await sets(node, 'star(site)'), 12)).toEqual([11, ...range(11).map(() => 1)]);
    expect(await sets(node, 'binary_tree(site)')).toContainEqual([4, 10]);
    expect(await sets(node, 'path(site)')).toEqual(range(11).map((i) => [i, i + 1]));
  });

  it('degree, adjacency, Laplacian', async () => {
    const text = `use degree, adjacency, graph_laplacian, star from "std/graph"
index v = 4
energy E(x : bit) {
  term a = 0 * x
  report d = degree(v, star(v))
  report A = adjacency(v, star(v))
  report L = graph_laplacian(v, star(v))
}`;
    const { reports } = await evaluate(text, 'E', { x: [0] });
    expect(reports.d).toEqual([3, 1, 1, 1]);
    expect(rows(reports.A, 4)).toEqual([
      [0, 1, 1, 1],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]);
    expect(rows(reports.L, 4)[0]).toEqual([3, -1, -1, -1]);
  });
});

describe('spins and colours', () => {
  // ln Z of the 4×4 lattice by enumeration of all 2¹⁶ states in double precision, error below 1e-9.
  it.each([
    ['wrap = true', 0.4406867935, 0, 15.521915458510508],
    ['wrap = false', 0.7, 0.1, 18.542068767291948],
  ])(
    'Ising on 4×4, %s',
    async (wrap, beta, h, expected) => {
      const text = `use Ising from "std/ising"
index site = grid(4, 4)
energy E(s : spin[site]) { term all = Ising(s, neighbours(site, ${wrap}), ${beta}, ${beta * h}) }`;
      expect(await logZ(text)).toBeCloseTo(expected, 8);
    },
    60_000,
  );

  it('Ising on a ring is the trace of a transfer matrix', async () => {
    const text = `use Ising from "std/ising"
index site = ring(7)
energy E(s : spin[site]) { term all = Ising(s, neighbours(site), 0.6, 0) }`;
    expect(await logZ(text)).toBeCloseTo(Math.log((2 * Math.cosh(0.6)) ** 7 + (2 * Math.sinh(0.6)) ** 7), 10);
  });

  it('Potts on a ring is the trace of a transfer matrix', async () => {
    const text = `use Potts from "std/potts"
index colour = 3
index site = ring(5)
energy E(s : category(colour)[site]) { term all = Potts(s, neighbours(site), 0.9) }`;
    const e = Math.exp(0.9);
    expect(await logZ(text)).toBeCloseTo(Math.log((e + 2) ** 5 + 2 * (e - 1) ** 5), 10);
  });

  it('a clock of two hours is Ising', async () => {
    const text = `use Clock from "std/potts"
index site = ring(5)
energy E(s : cyclic(2)[site]) { term all = Clock(s, neighbours(site), 2, 0.6, 0) }`;
    expect(await logZ(text)).toBeCloseTo(Math.log((2 * Math.cosh(0.6)) ** 5 + (2 * Math.sinh(0.6)) ** 5), 10);
  });

  it('the lattice gas is Ising in other variables', async () => {
    const gas = `use LatticeGas from "std/ising"
index site = grid(3, 3)
energy E(n : bit[site]) { term all = LatticeGas(n, neighbours(site, wrap = true), 1.2, -0.5) }`;
    // n = (1 + s)/2: J = ε/4, h = μ/2 + ε with four neighbours each, constant ε bonds/4 + μ sites/2.
    const ising = `use Ising from "std/ising"
index site = grid(3, 3)
energy E(s : spin[site]) { term all = Ising(s, neighbours(site, wrap = true), 0.3, -0.25 + 1.2) }`;
    expect(await logZ(gas)).toBeCloseTo((await logZ(ising)) + (1.2 * 18) / 4 - (0.5 * 9) / 2, 8);
  });

  it('Blume–Capel with a low price of length is a gas of vacancies and spins', async () => {
    const text = `use BlumeCapel from "std/ising"
index site = line(3)
energy E(s : int(-1, 1)[site]) { term all = BlumeCapel(s, neighbours(site), 0.7, 0.4, 0.2) }`;
    const all = words([-1, 0, 1], 3).map(
      (s) => 0.7 * (s[0] * s[1] + s[1] * s[2]) - 0.4 * sum(s.map((x) => x * x)) + 0.2 * sum(s),
    );
    expect(await logZ(text)).toBeCloseTo(logSumExp(all), 10);
  });

  it('Z₂ gauge theory does not change when the links of a site are flipped', async () => {
    const text = `use GaugeZ2 from "std/ising"
index site = grid(3, 3)
energy E(right : spin[site], down : spin[site]) { term all = GaugeZ2(right, down, 0.6) }`;
    const spins = (seed: number): number[] => range(9).map((i) => ((i * seed) % 5 < 2 ? 1 : -1));
    const [right, down] = [spins(7), spins(3)];
    const before = (await evaluate(text, 'E', { right, down })).energy;
    const flip = (s: readonly number[], at: readonly number[]): number[] =>
      s.map((x, i) => (at.includes(i) ? -x : x));
    // Site 4: its links to the right and down, those of its left and upper neighbours to it.
    const after = (await evaluate(text, 'E', { right: flip(right, [4, 3]), down: flip(down, [4, 1]) }))
      .energy;
    expect(after).toBeCloseTo(before, 12);
    expect((await evaluate(text, 'E', { right: flip(right, [4]), down })).energy).not.toBeCloseTo(before, 6);
  });
});

describe('Boltzmann machines', () => {
  const params = `index seen = 4
index hidden = 3
param W : real[seen, hidden] = normal(0, 1)
param a : real[seen] = normal(0, 1)
param b : real[hidden] = normal(0, 1)
param sigma : real(0, inf)[seen] = uniform(0.5, 2)`;

  it.each([
    ['RestrictedFree(v, W, a, b)', 'v', 4, 'h', 3],
    ['RestrictedHidden(h, W, a, b)', 'h', 3, 'v', 4],
  ])('%s is the sum over the other layer', async (call, kept, n, summed, m) => {
    const set = { v: 'seen', h: 'hidden' } as const;
    const text = `use RestrictedMachine, ${call.split('(')[0]} from "std/boltzmann"
${params}
energy Joint(v : bit[seen], h : bit[hidden]) { term all = RestrictedMachine(v, h, W, a, b) + 0 * sum(sigma) }
energy Free(${kept} : bit[${set[kept as 'v']}]) { term all = ${call} }`;
    for (const k of [0, 5, 2 ** n - 1]) {
      const x = words([0, 1], n)[k];
      const joint = [];
      for (const y of words([0, 1], m))
        joint.push(-(await evaluate(text, 'Joint', { [kept]: x, [summed]: y })).energy);
      expect((await evaluate(text, 'Free', { [kept]: x })).energy).toBeCloseTo(-logSumExp(joint), 10);
    }
  });

  it('Gaussian visibles: both layers of the machine', async () => {
    const text = `use GaussianMachine, GaussianFree, GaussianHidden from "std/boltzmann"
${params}
energy Joint(v : real[seen], h : bit[hidden]) { term all = GaussianMachine(v, h, W, a, b, sigma) }
energy Free(v : real[seen]) { term all = GaussianFree(v, W, a, b, sigma) }
energy Hidden(h : bit[hidden]) { term all = GaussianHidden(h, W, a, b, sigma) }`;
    const v = [0.3, -1.2, 0.8, 2];
    const joint: number[] = [];
    for (const h of words([0, 1], 3)) joint.push(-(await evaluate(text, 'Joint', { v, h })).energy);
    expect((await evaluate(text, 'Free', { v })).energy).toBeCloseTo(-logSumExp(joint), 10);
    // Given h the visibles are normal: E(v, h) − F(h) is minus their log-density.
    const h = [1, 0, 1];
    const { energy, param } = await evaluate(text, 'Joint', { v, h });
    const W = rows(param('W'), 3);
    const density = sum(
      v.map((x, i) => {
        const mean = param('a')[i] + W[i][0] + W[i][2];
        const s = param('sigma')[i];
        return -0.5 * ((x - mean) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
      }),
    );
    expect((await evaluate(text, 'Hidden', { h })).energy).toBeCloseTo(energy + density, 10);
  });

  it('a machine of two categories is one of bits', async () => {
    const text = `use CategoryMachine from "std/boltzmann"
index seen = 2
index value = 3
index hidden = 2
param W : real[seen, value, hidden] = normal(0, 1)
param a : real[seen, value] = normal(0, 1)
param b : real[hidden] = normal(0, 1)
energy E(v : category(value)[seen], h : bit[hidden]) { term all = CategoryMachine(v, h, W, a, b) }`;
    const { energy, param } = await evaluate(text, 'E', { v: [2, 1], h: [1, 0] });
    const W = param('W');
    const a = param('a');
    expect(energy).toBeCloseTo(-(W[4] + W[8] + a[2] + a[4] + param('b')[0]), 12);
  });

  it('Hopfield’s energy is least at its pattern', async () => {
    const text = `use Hopfield, overlaps from "std/boltzmann"
index unit = 6
index memory = 1
param pattern : real[memory, unit] = [1 - 2 * mod(i, 2) for m in memory, i in unit]
energy E(s : spin[unit]) {
  term all = Hopfield(s, pattern, 2)
  report m = overlaps(s, pattern)
}`;
    const at = await evaluate(text, 'E', { s: [1, -1, 1, -1, 1, -1] });
    expect([at.energy, at.reports.m[0]]).toEqual([-6, 1]);
    const off = await evaluate(text, 'E', { s: [1, -1, 1, -1, 1, 1] });
    expect(off.energy).toBeCloseTo(-(4 ** 2) / 6, 12);
  });
});

describe('puzzles and problems count what they should', () => {
  it.each([
    ['Latin squares of order 3', 'puzzle', 'LatinSquare', 'd : category(3)[3, 3]', 'LatinSquare(d)', 12],
    ['queens on 5×5', 'puzzle', 'Queens', 'at : int(0, 4)[5]', 'Queens(at)', 10],
    ['colourings of a pentagon', 'puzzle', 'Colouring', 'c : category(3)[site]', 'Colouring(c, ring)', 30],
    [
      'independent sets of a pentagon',
      'optimise',
      'IndependentSet',
      'x : bit[site]',
      'IndependentSet(x, ring, [0 for i in site])',
      11,
    ],
    [
      'matchings of a pentagon',
      'optimise',
      'Matching',
      'x : bit[ring]',
      'Matching(site, ring, x, [0 for e in ring])',
      11,
    ],
    [
      'vertex covers of a pentagon',
      'optimise',
      'VertexCover',
      'x : bit[site]',
      'VertexCover(x, ring, [0 for i in site])',
      11,
    ],
  ])('%s', async (_, module, name, unknown, call, count) => {
    const text = `use ${name} from "std/${module}"
index site = ring(5)
set ring = neighbours(site)
energy E(${unknown}) { term all = ${call} }`;
    expect(await logZ(text)).toBeCloseTo(Math.log(count), 8);
  });

  it('the most points without three in line on 3×3', async () => {
    const text = `use NoThreeInLine from "std/puzzle"
index site = grid(3, 3)
energy E(x : bit[site]) {
  term all = NoThreeInLine(x)
  require sum(x) == 6
}`;
    expect(await logZ(text)).toBeCloseTo(Math.log(2), 10);
  });
});
