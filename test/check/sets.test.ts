/** Sets as arguments and values: index sets, sets of tuples, edge lists, unions, elements and sides of lattices. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, fault, faults } from './evaluate.ts';

const ising = `
energy Ising(s : spin[n], bond : set[n, n], J : real, h : real) {
  term pairs = -J * sum(s[p] * s[q] for (p, q) in bond)
  term field = -h * sum(s)
}
`;
const spins = (n: number): fc.Arbitrary<number[]> =>
  fc.array(fc.constantFrom(-1, 1), { minLength: n, maxLength: n });

/** −J Σ s s − h Σ s over listed pairs. */
const byHand = (s: readonly number[], pairs: readonly (readonly [number, number])[], J: number, h: number) =>
  -J * pairs.reduce((a, [p, q]) => a + s[p] * s[q], 0) - h * s.reduce((a, x) => a + x, 0);

const gridPairs = (rows: number, cols: number): [number, number][] => {
  const out: [number, number][] = [];
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) {
      if (c + 1 < cols) out.push([r * cols + c, r * cols + c + 1]);
      if (r + 1 < rows) out.push([r * cols + c, (r + 1) * cols + c]);
    }
  return out;
};

describe('an energy with a set of pairs as argument', () => {
  const cases: {
    name: string;
    text: string;
    pairs: [number, number][];
    n: number;
    files?: Record<string, string>;
  }[] = [
    {
      name: 'grid',
      text: 'index site = grid(3, 4)\nenergy E(s : spin[site]) { term a = Ising(s, neighbours(site), 0.4, 0.3) }',
      n: 12,
      pairs: gridPairs(3, 4),
    },
    {
      name: 'ring',
      text: 'index site = ring(5)\nset bond = neighbours(site)\nenergy E(s : spin[site]) { term a = Ising(s, h = 0.3, bond = bond, J = 0.4) }',
      n: 5,
      pairs: [0, 1, 2, 3, 4].map((i): [number, number] => [i, (i + 1) % 5]),
    },
    {
      name: 'triangular lattice',
      text: `index site = grid(3, 4)
fn diagonal(lattice : set) =
  { (p, lattice[p.row + 1, p.col + 1]) for p in lattice where p.row < lattice.rows - 1 and p.col < lattice.cols - 1 }
set bond = union(neighbours(site), diagonal(site))
energy E(s : spin[site]) { term a = Ising(s, bond, 0.4, 0.3) }`,
      n: 12,
      pairs: [
        ...gridPairs(3, 4),
        ...[0, 1].flatMap((r) => [0, 1, 2].map((c): [number, number] => [r * 4 + c, (r + 1) * 4 + c + 1])),
      ],
    },
    {
      name: 'edge list',
      text: 'index site = 6\ndata edges : site[e, 2] from "edges.csv"\nenergy E(s : spin[site]) { term a = Ising(s, edges, 0.4, 0.3) }',
      n: 6,
      files: { 'edges.csv': '0,5\n5,1\n2,2\n3,1\n' },
      pairs: [
        [0, 5],
        [5, 1],
        [2, 2],
        [3, 1],
      ],
    },
  ];
  it.each(cases)('on a $name', async ({ text, pairs, n, files }) => {
    await fc.assert(
      fc.asyncProperty(spins(n), async (s) => {
        const { energy } = await evaluate(ising + text, 'E', { s }, files ? { files } : {});
        expect(energy).toBeCloseTo(byHand(s, pairs, 0.4, 0.3), 12);
      }),
      { numRuns: 5 },
    );
  });

  it('arrays of the same signature may be over it', async () => {
    const text = `index site = ring(4)
set bond = neighbours(site)
param J : real[bond] = normal(0, 1)
energy Glass(J : real[bond], s : spin[n], bond : set[n, n]) { term a = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond) }
energy E(s : spin[site]) { term a = Glass(J, s, bond) }`;
    const { energy, set, param } = await evaluate(text, 'E', { s: [1, -1, -1, 1] });
    const [from, to] = set('bond');
    const s = [1, -1, -1, 1];
    expect(energy).toBeCloseTo(-from.reduce((a, p, k) => a + param('J')[k] * s[p] * s[to[k]], 0), 12);
  });

  it('a subset, a whole set, an enum and a number of elements', async () => {
    const text = `index site = grid(2, 3)
enum Job = { clerk, nurse }
set left = { p for p in site where p.col == 0 }
fn total(x : real[n], part : set[n]) = sum(x[p] for p in part)
fn count(unit : set) = size(unit)
energy E(x : real[site]) {
  term a = total(x, left)
  term b = total(x, site)
  term c = count(Job) + 10 * count(left) + 100 * count(7) + 0 * x[0, 0]
}`;
    const { terms } = await evaluate(text, 'E', { x: [1, 2, 4, 8, 16, 32] });
    expect(terms).toEqual({ a: 9, b: 63, c: 722 });
  });

  it('records of arrays have open index sets too', async () => {
    const text = `type Point = { at : real, w : real[2] }
index site = 3
energy Far(p : Point[n], keep : set[n]) { term a = sum(p[i].at * p.w[i, 1] for i in keep) }
energy E(q : Point[site]) { term a = Far(q, { i for i in site where i > 0 }) }`;
    const { energy } = await evaluate(text, 'E', { 'q.at': [1, 2, 3], 'q.w': [9, 9, 9, 5, 9, 7] });
    expect(energy).toBe(2 * 5 + 3 * 7);
  });

  it('has no states of its own', () => {
    expect(fault(`${ising}run d = sample(Ising)`)).toMatchObject({
      code: 'E0314',
      suggestion: expect.stringContaining('call it in an energy'),
    });
    expect(fault('energy G(x : real[k]) { term a = sum(x ^ 2) }\nrun d = minimize(G)').code).toBe('E0314');
    // A bare index set that is declared is something else: data give it its size.
    expect(faults('index k\nenergy G(x : real[k]) { term a = sum(x ^ 2) }\nrun d = minimize(G)')).toEqual([]);
  });

  it('is checked by itself, whatever is called on the sets', () => {
    expect(
      faults(`fn f(site : set, x : real[site]) {
  let far = { (p, q) for p in site, q in site where p.row < q.row and x[p] > size(site) }
  return sum(x[site[p.row + 1, p.col]] * x[p.row, q.col] for (p, q) in union(far, neighbours(site)) where p.row < site.rows)
}
energy G(s : spin[n], one : set, pairs : set[one, n]) {
  term a = sum(s[q] * p.col for (p, q) in pairs) + sum(1 for p in one)
}`),
    ).toEqual([]);
    expect(fault('fn f(unit : set) = sum(x for p in unit)')).toMatchObject({ code: 'E0201' });
  });

  it.each([
    ['Ising(s, 0.4, 0.4, 0)', 'E0306', 'a set of 2-tuples, found a number'],
    ['Ising(s, site, 0.4, 0)', 'E0306', '`site` has single elements'],
    ['Ising(s, other, 0.4, 0)', 'E0302', 'this is made of elements of `site2`'],
    ['Ising(s, three, 0.4, 0)', 'E0306', '3-tuples'],
    ['Ising(s, bond, bond, 0)', 'E0306', 'does not take the index set `bond`'],
  ])('%s is told', (call, code, sentence) => {
    const text = `${ising}
index site = grid(2, 2)
index site2 = grid(2, 2)
set bond = neighbours(site)
set other = neighbours(site2)
set three = { (p, q, r) for p in site, q in site, r in site where p < q and q < r }
energy E(s : spin[site]) { term a = ${call} }`;
    const f = fault(text);
    expect(f.code).toBe(code);
    expect(`${f.message} ${f.suggestion}`).toContain(sentence);
  });
});

describe('sets as values', () => {
  it('one list of edges is one set', async () => {
    const text = `index site = 4
data edges : site[e, 2] from "e.csv"
data some : site[f] from "f.csv"
set edge = edges
data J : real[edge] from "j.csv"
energy E(x : real[site]) {
  term a = sum(J[p, q] * x[p] * x[q] for (p, q) in edges)
  term b = sum(x[some])
  term c = sum(x[p] for p in some)
}`;
    const files = { 'e.csv': '0,1\n1,3\n0,1\n', 'f.csv': 'some\n2\n2\n3\n', 'j.csv': 'J\n1\n2\n3\n' };
    const { terms } = await evaluate(text, 'E', { x: [1, 2, 4, 8] }, { files });
    expect(terms).toEqual({ a: 2 + 32 + 6, b: 16, c: 16 });
  });

  it('a union keeps doubles', async () => {
    const text = `index site = line(3)
set both = union(neighbours(site), { (p, site[p.i - 1]) for p in site where p.i > 0 })
energy E(x : real[site]) { term a = sum(x[p] - 10 * x[q] for (p, q) in both) }`;
    const { set, energy } = await evaluate(text, 'E', { x: [1, 2, 4] });
    expect(set('both')).toEqual([
      [0, 1, 1, 2],
      [1, 2, 0, 1],
    ]);
    expect(energy).toBe(1 - 20 + (2 - 40) + (2 - 10) + (4 - 20));
  });

  it('sides and elements of lattices', async () => {
    const text = `index cube = grid(2, 3, 4)
index row = line(5)
energy E(x : real[cube], y : real[row]) {
  term a = cube.layers + 10 * cube.rows + 100 * cube.cols + 1000 * row.length
  term b = x[cube[1, 2, 3]] + x[cube[0]]
  term c = sum(y[row[4 - p.i]] * p.i for p in row)
}`.replace('x[cube[0]]', 'x[cube[0, 0, 0]]');
    const x = Array.from({ length: 24 }, (_, i) => i * i + 1);
    const { terms } = await evaluate(text, 'E', { x, y: [1, 2, 3, 4, 5] });
    expect(terms).toEqual({ a: 2 + 30 + 400 + 5000, b: 23 * 23 + 2, c: 4 + 6 + 6 + 4 });
  });

  it.each([
    ['sum(1 for p in y)', 'E0301', 'expected an index set, found an array'],
    ['sum(1 for p in x)', 'E0301', 'expected an index set'],
    ['sum(1 for p in wide)', 'E0301', 'the last is 2, 3 or 4'],
    ['sum(1 for p in { q for q in site where x[q] > 0 })', 'E0308', 'unknowns or parameters'],
    ['sum(sum(1 for p in { q for q in site where q.row > r.row }) for r in site)', 'E0308', 'depend on `r`'],
    ['sum(1 for p in union(bond, left))', 'E0302', 'sets of the same tuples'],
    ['sum(1 for p in union(bond, site))', 'E0306', 'a whole index set'],
    ['sum(1 for p in union(bond))', 'E0305', 'two or more'],
    ['site.length + 0', 'E0204', 'rows, cols'],
    ['x[site[0, 0, 0]]', 'E0304', 'too many'],
    ['x[site[3, 0]]', 'E0303', '0 to 1'],
    ['x[bond[0]]', 'E0303', 'by a loop'],
  ])('%s is told', (expr, code, sentence) => {
    const f = fault(`index site = grid(2, 2)
data y : real[site]
data wide : site[e, 7]
set bond = neighbours(site)
set left = { p for p in site where p.col == 0 }
energy E(x : real[site]) { term a = ${expr} }`);
    expect(f.code).toBe(code);
    expect(`${f.message} ${f.suggestion}`).toContain(sentence);
  });
});
