/**
 * Sampling with generated kernels, from a program's text to its draws: every form of kernel against exact
 * probabilities, and what kernels share a model with: forests, conditionals of the engine, reals, arrangements.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { type Clamp, clampOf, type Model, noClamp } from '../../src/infer/model.ts';
import { type SampleOptions, type SampleResult, sample } from '../../src/infer/sample.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { randomProgram } from '../analyse/random-programs.ts';
import { open } from '../run/kit.ts';
import { counts, expectCounts, probabilities, sampleExact } from './exact.ts';
import { chiSquare, ERRORS, expectMean } from './statistics.ts';

const CHAINS = 2048;

/** The model on a heap of its own, and what the first job gives. */
async function read(text: string): Promise<{ model: Model; clamp: Clamp; heap: Heap }> {
  const { model: make, compiled } = await open(text);
  const heap = new Heap();
  const model = make(undefined, kernelsEngine(heap));
  const given = compiled.program.jobs[0]?.options.given;
  return { model, clamp: given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model), heap };
}

/** How each unknown is drawn, as the plan says. */
type How = Readonly<Record<string, RegExp>>;

const forest = /chains or trees/;
const byEngine = /conditionals evaluated by kernels/;

function expectHow(model: Model, clamp: Clamp, how: How): void {
  const { plan, gibbs } = makePlan(model, clamp, 'gibbs');
  gibbs?.dispose();
  for (const [name, words] of Object.entries(how))
    expect(plan.unknowns.find((u) => u.unknown === name)?.why, name).toMatch(words);
}

/** Samples, and finds the memory as it was. */
async function run(text: string, how: How, options: SampleOptions = {}): Promise<SampleResult> {
  const { model, clamp, heap } = await read(text);
  expectHow(model, clamp, how);
  const before = heap.used;
  const result = await sample(model, clamp, {
    method: 'gibbs',
    chains: CHAINS,
    draws: 1,
    warmup: 24,
    seed: 5,
    ...options,
  });
  expect(heap.used).toBe(before);
  return result;
}

const valuesOf = (draws: Draws, name: string): Float64Array =>
  draws.quantities.find((q) => q.name === name)!.values;

interface Case {
  readonly name: string;
  readonly text: string;
  readonly how: How;
  readonly options?: SampleOptions;
}

/** Programs of few joint states, all of which are counted. */
const enumerable: readonly Case[] = [
  {
    name: 'one site at a time, where every site has a colour of its own',
    text: `index site = 6
      energy E(s : spin[site]) {
        term pairs = sum(0.3 * sin(2 * i + j) * s[i] * s[j] for i in site, j in site where i < j)
        term field = -0.2 * sum(i * s[i] for i in site)
      }`,
    how: { s: /one site at a time/ },
  },
  {
    name: 'tables with thresholds, of a ring of categories',
    text: `index site = ring(4)
      param w : real[3] = [0.2, -0.5, 0.9]
      energy E(z : category(3)[site]) {
        term equal = -0.8 * sum(z[i] == z[i + 1] for i in site)
        term own = sum(w[z[i]] * (1 + 0.3 * i) for i in site)
      }`,
    how: { z: /table of \d+ rows/ },
  },
  {
    name: 'tables by products of weights, of sites whose neighbours have too many joint states',
    text: `index site = 5
      param look : real[6] = [0.1, -0.4, 0.7, 0.3, -0.9, 0.5]
      energy E(z : category(6)[site], b : bit) {
        term all = 0.35 * sum(look[z[i]] * look[z[j]] * (1 + i) for i in site, j in site where i < j)
        term same = -0.4 * sum(z[i] == z[j] for i in site, j in site where i < j)
        term tie = b * look[z[0]]
      }
      run draws = sample(E, given = { z[3] = 2 })`,
    how: { z: /products of 6 weights/ },
  },
  {
    name: 'forests beside what is swept',
    text: `index t = line(5)
      index site = ring(4)
      energy E(x : bit[t], s : spin[site]) {
        term chain = -0.7 * sum(x[i] * x[i - 1] for i in t where i > 0) + 0.3 * sum(x)
        term ring = 0.4 * sum(s[i] * s[i + 1] for i in site)
        term both = 0.5 * x[0] * s[0] - 0.6 * x[3] * s[2]
      }`,
    how: { x: forest, s: /swept by code/ },
  },
  {
    name: 'conditionals left to the engine beside what is swept and a forest',
    text: `index part = 3
      index site = ring(4)
      index t = line(3)
      energy E(z : category(part), look : bit[part], s : spin[site], x : bit[t]) {
        term looked = 0.9 * look[z] - 0.4 * (z == 1)
        term own = 0.3 * sum(look) - 0.5 * look[0] * look[2]
        term ring = 0.4 * sum(s[i] * s[i + 1] for i in site)
        term tie = 0.6 * s[0] * look[1] + 0.2 * s[1] * x[0]
        term chain = 0.5 * sum(x[i] * x[i - 1] for i in t where i > 0)
      }`,
    how: { z: byEngine, look: byEngine, s: /swept by code/, x: forest },
  },
  {
    name: 'two coupled unknowns with different numbers of states',
    text: `index i = ring(3)
      enum Kind = { a, b, c, d, e }
      param look : real[Kind] = [0.5, -0.2, 0.8, -0.6, 0.1]
      energy E(s : spin[i], k : Kind[i]) {
        term link = sum(look[k[j]] * s[j] + 0.3 * (k[j] == k[j + 1]) * s[j + 1] for j in i)
        term ring = -0.3 * sum(s[j] * s[j + 1] for j in i)
      }`,
    how: { s: /swept by code/, k: /swept by code/ },
  },
  {
    name: 'domains of one state beside others',
    text: `index i = ring(3)
      energy E(one : category(1)[i], n : int(2, 2), s : spin[i]) {
        term ring = -0.4 * sum(s[j] * s[j + 1] for j in i)
        term tie = 0.3 * sum(n * s[j] * (one[j] == one[j + 1]) for j in i)
      }`,
    how: { s: /swept by code/ },
  },
  {
    name: 'requirements that random starts break',
    text: `index site = ring(5)
      energy E(z : category(3)[site], b : bit) {
        require z[i] != z[i + 1] for i in site
        require b == 1
        term warm = -0.7 * (z[0] == 0) + 0.3 * (z[2] == 1)
      }`,
    how: { z: /swept by code/ },
    options: { warmup: 40 },
  },
  {
    name: 'energies that are infinite at some values',
    text: `index i = ring(3)
      param p : real[3, 3] = [if (a == 2 and b == 1) then 0 else 0.2 + 0.1 * a for a in 3, b in 3]
      energy E(z : category(3)[i], s : bit[i]) {
        term move = -sum(log(p[z[j], z[j + 1]]) for j in i)
        term zero = -log(s[1])
        term tie = 0.4 * sum(s[j] * (z[j] == 0) for j in i) + 0.5 * sum(s[j] * s[j + 1] for j in i)
      }`,
    how: { z: /swept by code/ },
    options: { warmup: 40 },
  },
  {
    name: 'elements that are given',
    text: `index site = grid(2, 4)
      energy E(s : spin[site], n : int(0, 3), far : category(3)) {
        term pairs = -0.5 * sum(s[p] * s[q] for (p, q) in neighbours(site))
        term tie = 0.3 * n * s[0, 0] + 0.1 * n ^ 2 + 0.4 * (far == 2) * s[1, 3]
      }
      run draws = sample(E, given = { s[0, c] = 1 for c in 1..3, n = 2 })`,
    how: { s: /swept by code|chains or trees/, n: /given/ },
  },
  {
    name: 'two hundred states',
    text: `energy E(n : int(0, 199), b : bit) {
        term bump = 0.002 * (n - 60 - 40 * b) ^ 2
        term own = 0.3 * b
      }`,
    how: { n: /swept by code/, b: /swept by code/ },
    options: { chains: 8192 },
  },
  {
    name: 'permutations and subsets beside what is swept',
    text: `index item = 3
      index node = 4
      energy E(o : permutation(item), t : subset(node, 2), s : spin[node]) {
        term order = 0.4 * sum(o[i] * i for i in item) / 3
        term ring = -0.4 * sum(s[i] * s[j] for i in node, j in node where j == mod(i + 1, 4))
        term tie = 0.7 * t[0] * (o[0] == 1) - 0.5 * t[1] * t[2]
      }`,
    how: { s: /swept by code/, o: /change places/, t: /change places/ },
  },
];

describe('kernels leave their target alone', () => {
  it.each(enumerable)(
    '$name',
    async ({ text, how, options }) => {
      const { model, clamp, heap } = await read(text);
      expectHow(model, clamp, how);
      const before = heap.used;
      await sampleExact(model, clamp, { chains: CHAINS, ...options });
      expect(heap.used).toBe(before);
    },
    20_000,
  );
});

/**
 * Many copies of a small system, all alike and independent: the sites of one colour of all copies are visited in
 * lanes, and each copy is a draw of its own.
 */
describe('lanes over many sites', () => {
  const copies = 96;
  const ring = (coupling: string, field: string, domain = 'spin'): string => `
    index copy = ${copies}
    index site = ring(4)
    param c : real[copy] = [0 for i in copy]
    energy E(s : ${domain}[copy, site]) {
      term pairs = sum(${coupling} * s[i, j] * s[i, j + 1] for i in copy, j in site)
      term field = sum(${field} * s[i, j] for i in copy, j in site)
    }`;
  const one = (coupling: string, field: string, domain = 'spin'): string => `
    index site = ring(4)
    energy E(s : ${domain}[site]) {
      term pairs = sum(${coupling} * s[j] * s[j + 1] for j in site)
      term field = sum(${field} * s[j] for j in site)
    }`;
  const cases: readonly [string, string, string, string, RegExp][] = [
    ['bytes, equal couplings', '-0.4', '0.2', 'spin', /byte lanes/],
    ['bytes, couplings of both signs', '(if j == 0 then 0.5 else -0.5)', '0.1', 'spin', /byte lanes/],
    ['bits', '-0.9', '0.3', 'bit', /byte lanes/],
    ['couplings without order', '0.6 * sin(3 * j + 1)', '0.2 * cos(j)', 'spin', /32-bit lanes|byte lanes/],
    ['strong fields', '-0.2', '(if j == 1 then 30 else 0.4)', 'spin', /lanes/],
  ];
  it.each(cases)(
    '%s',
    async (_, coupling, field, domain, form) => {
      const { model } = await open(one(coupling, field, domain));
      const small = model();
      const exact = probabilities(small, noClamp(small));
      const { draws } = await run(ring(coupling, field, domain), { s: form }, { chains: 128 });
      const s = valuesOf(draws, 's');
      const found = new Array<number>(16).fill(0);
      for (let c = 0; c < s.length; c += 4)
        found[8 * +(s[c] > 0) + 4 * +(s[c + 1] > 0) + 2 * +(s[c + 2] > 0) + +(s[c + 3] > 0)]++;
      expectCounts(found, exact);
    },
    20_000,
  );

  it('32-bit lanes, where each site has numbers of its own', async () => {
    // Fields that no two sites share: P(s = 1) of each pair is known.
    const n = 400;
    const { draws } = await run(
      `index pair = ${n}
       param h : real[pair] = [sin(37 * i) for i in pair]
       param J : real[pair] = [cos(11 * i) for i in pair]
       param K : real[pair] = [0.3 * sin(5 * i) for i in pair]
       energy E(a : spin[pair], b : spin[pair], c : spin[pair]) {
         term field = sum(h * a)
         term link = sum(J * a * b + K * b * c - 0.2 * a * c)
       }`,
      { a: /32-bit lanes/, b: /32-bit lanes|byte lanes/ },
      { chains: 256 },
    );
    const [a, b, c] = ['a', 'b', 'c'].map((name) => valuesOf(draws, name));
    const chains = 256;
    // Σ over pairs of (what is found − what is expected), chain by chain: its mean is 0.
    const off = Array.from({ length: chains }, () => ({ a: 0, ab: 0, bc: 0 }));
    for (let i = 0; i < n; i++) {
      const [h, J, K] = [Math.sin(37 * i), Math.cos(11 * i), 0.3 * Math.sin(5 * i)];
      const sum = { z: 0, a: 0, ab: 0, bc: 0 };
      for (const x of [-1, 1])
        for (const y of [-1, 1])
          for (const z of [-1, 1]) {
            const w = Math.exp(-(h * x + J * x * y + K * y * z - 0.2 * x * z));
            sum.z += w;
            sum.a += w * x;
            sum.ab += w * x * y;
            sum.bc += w * y * z;
          }
      // Weighted by sines, so that errors of opposite sign show.
      const weight = Math.sin(i) + Math.sign(h);
      for (let k = 0; k < chains; k++) {
        const at = k * n + i;
        off[k].a += weight * (a[at] - sum.a / sum.z);
        off[k].ab += weight * (a[at] * b[at] - sum.ab / sum.z);
        off[k].bc += weight * (b[at] * c[at] - sum.bc / sum.z);
      }
    }
    for (const key of ['a', 'ab', 'bc'] as const)
      expectMean(
        off.map((o) => o[key]),
        0,
        key,
      );
  }, 20_000);
});

/** ln n! */
function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}
const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

function normalised(logs: readonly number[]): number[] {
  const top = Math.max(...logs);
  const w = logs.map((x) => Math.exp(x - top));
  const total = w.reduce((x, y) => x + y, 0);
  return w.map((x) => x / total);
}

describe('sites linked to most others', () => {
  it('one at a time with kept fields: the number of up spins of a Curie–Weiss magnet', async () => {
    const n = 48;
    const J = 0.6 / n;
    const { draws } = await run(
      `index site = ${n}
       energy E(s : spin[site]) {
         term pairs = -${J} * sum(s[i] * s[j] for i in site, j in site where i < j)
         term field = 0.1 * sum(s)
       }`,
      { s: /kept fields/ },
    );
    const s = valuesOf(draws, 's');
    const found = new Array<number>(n + 1).fill(0);
    for (let c = 0; c < CHAINS; c++) found[s.subarray(c * n, (c + 1) * n).filter((x) => x > 0).length]++;
    const exact = normalised(
      Array.from({ length: n + 1 }, (_, up) => {
        const m = 2 * up - n;
        return logChoose(n, up) + (J * (m * m - n)) / 2 - 0.1 * m;
      }),
    );
    expectCounts(found, exact);
  }, 20_000);

  it('by differences of energies: the number of up spins where three at a time interact', async () => {
    const [n, g] = [18, 0.01];
    const { draws } = await run(
      `index site = ${n}
       energy E(s : spin[site]) {
         term three = ${g} * sum(s[i] * s[j] * s[k] for i in site, j in site, k in site where i < j and j < k)
         term field = 0.2 * sum(s)
       }`,
      { s: /differences of energies/ },
    );
    const s = valuesOf(draws, 's');
    const found = new Array<number>(n + 1).fill(0);
    for (let c = 0; c < CHAINS; c++) found[s.subarray(c * n, (c + 1) * n).filter((x) => x > 0).length]++;
    const exact = normalised(
      Array.from({ length: n + 1 }, (_, up) => {
        const m = 2 * up - n;
        // Newton's identity for the third elementary symmetric polynomial of numbers ±1.
        return logChoose(n, up) - (g * (m ** 3 - 3 * m * n + 2 * m)) / 6 - 0.2 * m;
      }),
    );
    expectCounts(found, exact);
  }, 20_000);

  it('as a matrix product: the numbers of active units of both layers of a machine', async () => {
    const [n, m, w] = [48, 40, 0.06];
    const { draws } = await run(
      `index pixel = ${n}
       index hid = ${m}
       energy E(v : bit[pixel], h : bit[hid]) {
         term link = -${w} * sum(v[i] * h[j] for i in pixel, j in hid)
         term bias = 0.9 * sum(v) + 1.2 * sum(h)
       }`,
      { v: /matrix of/, h: /matrix of/ },
      { warmup: 60 },
    );
    const [v, h] = [valuesOf(draws, 'v'), valuesOf(draws, 'h')];
    // Classes of three.
    const classOf = (a: number, b: number): number => Math.floor(a / 3) * 14 + Math.floor(b / 3);
    const logs = Array.from({ length: (n + 1) * (m + 1) }, (_, i) => {
      const [a, b] = [Math.floor(i / (m + 1)), i % (m + 1)];
      return logChoose(n, a) + logChoose(m, b) + w * a * b - 0.9 * a - 1.2 * b;
    });
    const exact = new Array<number>(17 * 14).fill(0);
    normalised(logs).forEach((p, i) => {
      exact[classOf(Math.floor(i / (m + 1)), i % (m + 1))] += p;
    });
    const found = exact.map(() => 0);
    const up = (x: Float64Array, c: number, k: number): number =>
      x.subarray(c * k, (c + 1) * k).reduce((p, q) => p + q, 0);
    for (let c = 0; c < CHAINS; c++) found[classOf(up(v, c, n), up(h, c, m))]++;
    expectCounts(found, exact);
  }, 20_000);
});

describe('beside real unknowns', () => {
  it('what touches reals goes to the engine, what does not to kernels', async () => {
    // Given (k, s), x is normal with mean m[k] + 0.5·s₀ and variance 1: integrated out it leaves no weight.
    const chains = 64;
    const draws = 120;
    const { draws: out } = await run(
      `index site = ring(4)
       param m : real[3] = [-1, 0.5, 2]
       energy E(x : real, k : category(3), s : spin[site]) {
         term bowl = 0.5 * (x - m[k] - 0.5 * s[0]) ^ 2
         term kind = 0.4 * (k == 1)
         term ring = -0.4 * sum(s[i] * s[i + 1] for i in site) + 0.3 * s[1]
       }`,
      { k: byEngine, s: byEngine, x: /no-U-turn/ },
      { chains, draws, warmup: 100 },
    );
    const { model } = await open(`
      index site = ring(4)
      energy E(s : spin[site]) { term ring = -0.4 * sum(s[i] * s[i + 1] for i in site) + 0.3 * s[1] }`);
    const small = model();
    const p = probabilities(small, noClamp(small));
    const s0 = p.reduce((sum, w, i) => sum + w * (i & 8 ? 1 : -1), 0);
    const pk = normalised([0, -0.4, 0]);
    const mk = -pk[0] + 0.5 * pk[1] + 2 * pk[2];
    const [x, k, s] = ['x', 'k', 's'].map((name) => valuesOf(out, name));
    const perChain = (f: (i: number) => number): number[] =>
      Array.from({ length: chains }, (_, c) => {
        let sum = 0;
        for (let d = 0; d < draws; d++) sum += f(c * draws + d);
        return sum / draws;
      });
    expectMean(
      perChain((i) => x[i]),
      mk + 0.5 * s0,
      'x',
    );
    expectMean(
      perChain((i) => s[4 * i]),
      s0,
      's₀',
    );
    expectMean(
      perChain((i) => +(k[i] === 1)),
      pk[1],
      'k',
    );
  }, 20_000);

  it('an unknown whose own terms are discrete is swept while reals move', async () => {
    const chains = 128;
    const draws = 12;
    const { draws: out } = await run(
      `index site = ring(4)
       energy E(x : real, k : category(3), s : spin[site], far : spin[site]) {
         term bowl = 0.5 * (x - 0.5 * s[0]) ^ 2
         term ring = -0.4 * sum(s[i] * s[i + 1] for i in site)
         term apart = 0.5 * sum(far[i] * far[i + 1] for i in site) - 0.3 * far[2] * (k == 1)
       }`,
      { s: byEngine, far: /swept by code/, k: /swept by code/, x: /no-U-turn/ },
      { chains, draws, warmup: 30 },
    );
    const { model } = await open(`
      index site = ring(4)
      energy E(k : category(3), far : spin[site]) {
        term apart = 0.5 * sum(far[i] * far[i + 1] for i in site) - 0.3 * far[2] * (k == 1)
      }`);
    const small = model();
    const p = probabilities(small, noClamp(small));
    const far = valuesOf(out, 'far');
    const k = valuesOf(out, 'k');
    // Draws of a chain that are six sweeps apart are as good as independent here.
    const found = new Array<number>(48).fill(0);
    for (let d = 5; d < chains * draws; d += 6) {
      const bits = [0, 1, 2, 3].reduce((n, i) => 2 * n + +(far[4 * d + i] > 0), 0);
      found[16 * k[d] + bits]++;
    }
    expectCounts(found, p);
  }, 20_000);
});

describe('large energies that cancel', () => {
  // Two terms of opposite sign at neighbours that are given: what is left are energies of order one.
  const n = 64;
  const spins = (huge: string): string => `
    index k = ${n}
    energy E(x : spin[k], m : spin[k], q : spin[k]) {
      term huge = ${huge} * sum(x[i] * m[i] - x[i] * q[i] for i in k)
      term own = 0.5 * sum(x) + 0.1 * sum(x[i] * i for i in k) / ${n}
    }
    run d = sample(E, given = { m[i] = 1 for i in k, q[i] = 1 for i in k })`;
  const kinds = (huge: string): string => `
    index k = ${n}
    index far = 12
    energy E(x : category(3)[k], m : category(3)[far], q : category(3)[far]) {
      term huge = ${huge} * sum((x[i] == m[j]) - (x[i] == q[j]) for i in k, j in far)
      term own = sum((0.5 + 0.01 * i) * (x[i] == 1) for i in k)
    }
    run d = sample(E, given = { m[i] = 1 for i in far, q[i] = 1 for i in far })`;
  const few: How = { x: /swept by code/ };
  const many: How = { x: /need double precision/ };
  it.each([
    ['1e3', few],
    ['1e6', many],
    ['1e9', many],
    ['1e13', many],
  ])(
    'spins, by %s',
    async (huge, how) => {
      const chains = 512;
      const { draws } = await run(spins(huge), how, { chains, warmup: 0 });
      const x = valuesOf(draws, 'x');
      let want = 0;
      for (let i = 0; i < n; i++) want -= Math.tanh(0.5 + (0.1 * i) / n);
      const sums = Array.from({ length: chains }, (_, c) =>
        x.subarray(c * n, (c + 1) * n).reduce((p, v) => p + v, 0),
      );
      expectMean(sums, want, 'Σx');
    },
    20_000,
  );

  it.each([
    ['1e3', few],
    ['1e6', many],
    ['1e9', many],
  ])(
    'categories, by %s',
    async (huge, how) => {
      const chains = 512;
      const { draws } = await run(kinds(huge), how, { chains, warmup: 0 });
      const x = valuesOf(draws, 'x');
      let want = 0;
      for (let i = 0; i < n; i++) want += 1 / (1 + 2 * Math.exp(0.5 + 0.01 * i));
      const sums = Array.from(
        { length: chains },
        (_, c) => x.subarray(c * n, (c + 1) * n).filter((v) => v === 1).length,
      );
      expectMean(sums, want, 'Σ[x = 1]');
    },
    20_000,
  );

  it('whole numbers are exact, however large', async () => {
    const { draws } = await run(
      `index k = ${n}
       energy E(a : bit[k], b : bit[k]) {
         term one = 1048576 * sum((a[i] + b[i] - 1) ^ 2 for i in k)
         term own = sum(a)
       }`,
      { a: /swept by code/, b: /swept by code/ },
      { chains: 4, warmup: 20 },
    );
    const [a, b] = [valuesOf(draws, 'a'), valuesOf(draws, 'b')];
    a.forEach((x, i) => {
      expect(x + b[i]).toBe(1);
    });
  });
});

describe('random programs', () => {
  it('are drawn as their energies say, and leave no memory behind', async () => {
    // Without requirements, which may keep chains from going everywhere.
    const programs = fc
      .sample(randomProgram, { numRuns: 60, seed: 1 })
      .map(({ text, files }) => ({ text: text.replace(/^ *require .*$/gm, ''), files }));
    const forms = new Set<string>();
    for (const { text, files } of programs) {
      const heap = new Heap();
      const model = (await open(text, { files })).model(undefined, kernelsEngine(heap));
      const clamp = noClamp(model);
      const { plan, gibbs } = makePlan(model, clamp, 'gibbs');
      gibbs?.dispose();
      if (plan.states === null || plan.states > 2048) continue;
      const { draws } = await sample(model, clamp, {
        method: 'gibbs',
        chains: 1024,
        draws: 1,
        warmup: 30,
        seed: 2,
      });
      const found = counts(model, draws);
      const exact = Array.from(probabilities(model, clamp));
      expect(
        chiSquare(
          exact.map((_, i) => found[i] ?? 0),
          exact,
        ),
        text,
      ).toBeLessThan(ERRORS);
      expect(heap.used, text).toBe(0);
      for (const u of plan.unknowns) forms.add(u.why.split(/[;:] /).at(-1)!.replace(/\d+/g, ''));
    }
    expect(forms.size).toBeGreaterThanOrEqual(5);
  }, 30_000);
});

describe('how chains start', () => {
  const text = `index site = grid(4, 4)
    energy E(s : spin[site], z : category(3)[site]) {
      term pairs = -0.3 * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
      term kinds = -0.2 * sum(s[p] * (z[p] == 1) for p in site)
    }`;

  it('rows that are given are where chains begin', async () => {
    // Far below any temperature, nothing moves from the state of least energy.
    const cold = text.replace('-0.3', '-300').replace('-0.2', '-400');
    const { model } = await read(cold);
    const start = {
      of: (slot: { readonly name: string }, c: number) =>
        new Array(16).fill(slot.name === 's' ? (c % 2 ? 1 : -1) : c % 2),
    };
    const { draws } = await sample(model, noClamp(model), {
      method: 'gibbs',
      chains: 8,
      draws: 3,
      warmup: 2,
      seed: 1,
      start,
    });
    const s = valuesOf(draws, 's');
    for (let c = 0; c < 8; c++) for (let i = 0; i < 48; i++) expect(s[48 * c + i]).toBe(c % 2 ? 1 : -1);
  });

  it('a chain draws the same whatever others there are, and whoever draws them', async () => {
    const { model } = await read(text);
    const options = { method: 'gibbs', draws: 20, warmup: 10, seed: 4 };
    const all = await sample(model, noClamp(model), { chains: 5, ...options });
    const again = await sample(model, noClamp(model), { chains: 5, ...options });
    const some = await sample(model, noClamp(model), { chains: 5, ...options, part: { from: 2, count: 2 } });
    expect(all.draws).toEqual(again.draws);
    all.draws.quantities.forEach((q, i) => {
      const size = q.values.length / 5;
      expect([...some.draws.quantities[i].values]).toEqual([...q.values.subarray(2 * size, 4 * size)]);
    });
  });
});
