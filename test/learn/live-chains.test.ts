/** Chains on live parameters: their states are draws from the energy as it is, whatever it was before. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/open.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { makeModel, noClamp } from '../../src/infer/model.ts';
import type { Slot } from '../../src/ir/types.ts';
import { type LiveChains, type LiveChainsSpec, liveChains } from '../../src/learn/live-chains.ts';
import type { Rows } from '../../src/learn/rows.ts';
import { Stream } from '../../src/random/stream.ts';
import { expectCounts, probabilities } from '../infer/exact.ts';
import { chiSquare, ERRORS, expectMean } from '../infer/statistics.ts';
import { open } from '../run/kit.ts';

let kernels: Engine;
let wasm: Engine;
beforeAll(async () => {
  kernels = await openEngine('kernels');
  wasm = await openEngine('wasm');
}, 30_000);

type Params = ReadonlyMap<Slot, HostArray>;

/** Chains with rows that tell the scales of reals, and random parameters by number. */
async function made(
  text: string,
  engine: Engine,
  chains: number,
  data: Readonly<Record<string, readonly number[]>> = {},
  options: Partial<LiveChainsSpec> = {},
) {
  const { bound } = await open(text);
  const [{ energy }] = [...bound.program.energies.values()];
  const columns = new Map(
    energy.unknowns
      .filter((u) => data[u.name])
      .map((u) => [u, { shape: [data[u.name].length], data: Float64Array.from(data[u.name]) }] as const),
  );
  const rows: Rows = {
    set: bound.program.builder.range(1),
    count: Math.max(1, ...Object.values(data).map((x) => x.length)),
    columns,
    elements: new Map([...columns.keys()].map((u) => [u, 1])),
  };
  const live = liveChains({ bound, energy, latent: [], engine, rows, chains, adjusted: true, ...options });
  const numbers = (values: Readonly<Record<string, readonly number[]>>): Params =>
    new Map(
      bound.program.params.map(({ slot }) => [
        slot,
        { shape: slot.sets.map(bound.sizeOf), data: Float64Array.from(values[slot.name]) },
      ]),
    );
  const start = live.random(streamsOf(chains, 'start'));
  for (const [u, x] of start) live.states.get(u)!.set(x);
  return { bound, energy, live, numbers };
}

const streamsOf = (chains: number, ...path: readonly (string | number)[]): Stream[] =>
  Array.from({ length: chains }, (_, c) => new Stream(3, ...path, c));

/** Values of an unknown, chain by chain. */
const valuesOf = (live: LiveChains, name: string): number[] => {
  const [, x] = [...live.states].find(([u]) => u.name === name)!;
  return Array.from(x);
};

const CHAINS = 4000;

/** A program with its parameters before and after. */
interface Case {
  readonly text: string;
  readonly before: Readonly<Record<string, readonly number[]>>;
  readonly after: Readonly<Record<string, readonly number[]>>;
}

const cases: Readonly<Record<string, Case>> = {
  'an Ising model with fields': {
    text: `index site = ring(5)
      set bond = neighbours(site)
      param J : real[bond]
      param h : real
      energy E(s : spin[site]) {
        term pairs = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
        term field = -h * sum(s)
      }`,
    before: { J: [0.5, 0.4, 0.3, -0.2, 0.6], h: [0.3] },
    after: { J: [-0.4, 0.5, 0.2, 0.7, -0.6], h: [-0.4] },
  },
  'a machine of all pairs, each twice, and squares': {
    text: `index unit = 4
      param W : real[unit, unit]
      energy E(s : bit[unit]) { term all = sum(W[i, j] * s[i] * s[j] for i in unit, j in unit where i < 3 or j > 1) }`,
    before: { W: [0, 1, -1, 0.5, 0.3, -0.7, 0.4, 0.2, 0, 0.6, 0.1, -1, 0.8, 0.2, -0.4, 0.3] },
    after: { W: [0.9, -1, 0.4, 0.5, -0.3, 0.7, -0.4, 1.2, 0, -0.6, 0.1, 1, -0.8, 0.2, 0.4, -0.3] },
  },
  'a restricted machine with spins above': {
    text: `index seen = 3
      index hidden = 2
      param W : real[seen, hidden]
      param a : real[seen]
      energy E(v : bit[seen], h : spin[hidden]) { term w = -v @ W @ h  term x = -sum(a * v) }`,
    before: { W: [0.5, -0.5, 0.8, 0.1, -0.9, 0.4], a: [0.1, -0.3, 0.4] },
    after: { W: [-1, 0.5, 0.3, 0.9, 0.9, -0.4], a: [-0.5, 0.3, 0.4] },
  },
  'three at once, beside pairs': {
    text: `index site = line(3)
      param w : real[site]
      energy E(z : spin[site], g : bit) {
        term field = sum(w[i] * z[i] for i in site)
        term pairs = -w[0] * sum(z[i] * z[i - 1] for i in site where i > 0)
        term three = w[1] * z[0] * z[1] * z[2] - w[2] * g * z[1]
      }`,
    before: { w: [0.5, -0.5, 0.8] },
    after: { w: [-0.6, 0.7, 0.4] },
  },
  'categories, numbers and rings': {
    text: `param look : real[3]
      param slope : real
      energy E(k : category(3), n : int(0, 2), m : cyclic(4), b : bit) {
        term one = look[k] * n - slope * b * (k == 1)
        term two = slope * cos(2 * pi * m / 4) * n + 0.3 * (n == m)
      }`,
    before: { look: [0.7, -0.4, 0.2], slope: [0.5] },
    after: { look: [-0.7, 0.9, 0.1], slope: [-0.8] },
  },
  'what is required, of bits and numbers': {
    text: `index site = 4
      param w : real[site]
      energy E(s : bit[site], n : int(0, 3)) {
        require sum(s) >= n
        require s[0] + s[1] > 0
        term all = sum(w * s) - 0.5 * w[0] * n
      }`,
    before: { w: [0.7, -0.4, 0.2, 0.3] },
    after: { w: [-0.7, 0.9, 0.8, -1] },
  },
  'a permutation, a subset and a spin': {
    text: `index place = 4
      index item = 5
      param w : real[place, place]
      param u : real[item]
      energy E(p : permutation(place), s : subset(item, 2), g : spin) {
        term at   = sum(w[i, p[i]] for i in place)
        term take = sum(u * s) * (1 + 0.3 * g) + 0.4 * g
      }`,
    before: {
      w: [0.5, 0.1, -0.4, 0.6, 0.3, 0, 0.9, -1, 0.2, 0.4, 0.5, 0.1, -0.3, 0.2, 0.7, 0.4],
      u: [0.5, -0.5, 0.9, 0.3, 0.1],
    },
    after: {
      w: [-0.5, 1, 0.4, 0.6, 0.3, -1, 0.9, 0, 0.2, 0.4, -0.5, 0.1, 0.3, 0.2, 0.7, -0.9],
      u: [-0.5, 0.5, -0.9, 0.3, 1],
    },
  },
};

describe('chains on live parameters', () => {
  it.each(Object.keys(cases).flatMap((name) => [[name, 'kernels'] as const, [name, 'wasm'] as const]))(
    'follow %s (%s)',
    { timeout: 60_000 },
    async (name, on) => {
      const { text, before, after } = cases[name];
      const chains = on === 'wasm' ? CHAINS : CHAINS + 1;
      const { bound, energy, live, numbers } = await made(text, on === 'wasm' ? wasm : kernels, chains);
      const exact = (params: Params): number[] => {
        const model = makeModel(bound, energy, params, referenceEngine());
        return Array.from(probabilities(model, noClamp(model)));
      };
      const [first, second] = [numbers(before), numbers(after)];
      const model = makeModel(bound, energy, first, referenceEngine());
      const seen = (): number[] => {
        const out = new Array<number>(exact(first).length).fill(0);
        for (let c = 0; c < chains; c++) out[numberOf(model, live, c)]++;
        return out;
      };
      live.set(first);
      live.move(streamsOf(chains, 'before'), 12);
      expectCounts(seen(), exact(first));
      live.set(second);
      live.move(streamsOf(chains, 'after'), 12);
      expectCounts(seen(), exact(second));
      // The two can be told apart.
      expect(chiSquare(seen(), exact(first))).toBeGreaterThan(ERRORS);
      live.dispose();
    },
  );

  it('do not depend on each other', async () => {
    const { text, after } = cases['what is required, of bits and numbers'];
    const alone = await made(text, kernels, 3);
    const beside = await made(text, kernels, 5);
    for (const { live, numbers } of [alone, beside]) {
      live.set(numbers(after));
      live.move(streamsOf(live === alone.live ? 3 : 5, 'x'), 4);
    }
    expect(valuesOf(beside.live, 's').slice(0, 12)).toEqual(valuesOf(alone.live, 's'));
  });

  it('settle unknowns without rows, given the others', async () => {
    const { text, after } = cases['a restricted machine with spins above'];
    const { bound } = await open(text);
    const [{ energy }] = [...bound.program.energies.values()];
    const hidden = energy.unknowns.filter((u) => u.name === 'h');
    const rows: Rows = {
      set: bound.program.builder.range(1),
      count: 1,
      columns: new Map(),
      elements: new Map(),
    };
    const live = liveChains({
      bound,
      energy,
      latent: hidden,
      engine: kernels,
      rows,
      chains: CHAINS,
      adjusted: true,
    });
    expect(live.tangled).toBe(false);
    const v = [...live.states].find(([u]) => u.name === 'v')![1];
    for (let c = 0; c < CHAINS; c++) v.set([1, 0, 1], c * 3);
    live.set(
      new Map(
        bound.program.params.map(({ slot }) => [
          slot,
          { shape: slot.sets.map(bound.sizeOf), data: Float64Array.from(after[slot.name as 'W']) },
        ]),
      ),
    );
    live.settle(streamsOf(CHAINS, 'h'), 1);
    expect(Array.from(v.subarray(0, 3))).toEqual([1, 0, 1]);
    // P(h_j = 1) = 1/(1 + exp(−2 Σ_i v_i W_ij)), spins.
    const h = valuesOf(live, 'h');
    [-1 + 0.9, 0.5 - 0.4].forEach((field, j) => {
      expectMean(
        Array.from({ length: CHAINS }, (_, c) => h[2 * c + j]),
        Math.tanh(field),
        `h[${j}]`,
      );
    });
  });
});

function numberOf(model: ReturnType<typeof makeModel>, live: LiveChains, c: number): number {
  let at = 0;
  for (const u of model.unknowns) {
    const d = u.slot.domain;
    const x = live.states.get(u.slot)!;
    const [offset, scale, states] =
      d.kind === 'spin'
        ? [-1, 2, 2]
        : d.kind === 'int'
          ? [d.lo, 1, d.hi - d.lo + 1]
          : d.kind === 'cyclic'
            ? [0, 1, 4]
            : d.kind === 'category'
              ? [0, 1, 3]
              : d.kind === 'permutation'
                ? [0, 1, 4]
                : [0, 1, 2];
    for (let i = 0; i < u.size; i++) at = at * states + (x[c * u.size + i] - offset) / scale;
  }
  return at;
}

describe('reals on live parameters', { timeout: 30_000 }, () => {
  const data = { x: [1, 3, -2, 0.5, 4], y: [0.1, 0.2, -0.1, 0.3, -0.3] };

  it('follow a Gaussian whose coordinates have scales of their own', async () => {
    const { live, numbers } = await made(
      `param m : real[2]
       param k : real(0, inf)
       energy E(x : real, y : real) { term all = 0.5 * ((x - m[0]) / 3) ^ 2 + 0.5 * k * (y - m[1] - 0.02 * x) ^ 2 }`,
      kernels,
      2000,
      data,
    );
    for (const [m, k] of [
      [[1, 0], 30],
      [[-4, 0.5], 90],
    ] as const) {
      live.set(numbers({ m, k: [k] }));
      live.move(streamsOf(2000, 'g', k), 300);
      const [x, y] = [valuesOf(live, 'x'), valuesOf(live, 'y')];
      expectMean(x, m[0], 'x');
      expectMean(
        x.map((v) => (v - m[0]) ** 2),
        9,
        'variance of x',
      );
      const rest = y.map((v, c) => v - m[1] - 0.02 * x[c]);
      expectMean(rest, 0, 'y given x');
      expectMean(
        rest.map((v) => v * v),
        1 / k,
        'variance of y given x',
      );
    }
    const [{ acceptance }] = live.info();
    expect(Math.abs(acceptance! - 0.574)).toBeLessThan(0.1);
  });

  it('follow what is bounded, by its transform', async () => {
    const { live, numbers } = await made(
      `param rate : real(0, inf)
       energy E(x : real(0, inf), u : real(-1, 2)) { term gamma = rate * x - 2 * log(x)  term tilt = -rate * u }`,
      kernels,
      2000,
      { x: [1, 3, 2, 0.5, 0], u: [-1, 2, 0, 0.3, 1] },
    );
    for (const rate of [2, 0.8]) {
      live.set(numbers({ rate: [rate] }));
      live.move(streamsOf(2000, rate * 10), 250);
      // Gamma with shape 3; the tilted uniform has mean 2 − 1/r + 3/(e^{3r} − 1).
      expectMean(valuesOf(live, 'x'), 3 / rate, 'x');
      expectMean(valuesOf(live, 'u'), 2 - 1 / rate + 3 / Math.expm1(3 * rate), 'u');
    }
  });

  it('follow directions: lengths of their coordinates are drawn anew', async () => {
    const { live, numbers } = await made(
      `param k : real
       energy E(d : unit(3)) { term pull = -k * d[2] }`,
      kernels,
      2000,
    );
    for (const k of [1, -3]) {
      live.set(numbers({ k: [k] }));
      live.move(streamsOf(2000, 'd', 3 + k), 150);
      const d = valuesOf(live, 'd');
      // Langevin's function coth k − 1/k.
      expectMean(
        Array.from({ length: 2000 }, (_, c) => d[3 * c + 2]),
        1 / Math.tanh(k) - 1 / k,
        'pole',
      );
    }
  });

  it('are biased by their step where moves are not tested, by as much as theory says', async () => {
    const { live, numbers } = await made(
      `param m : real
       energy E(x : real) { term all = 0.5 * (x - m) ^ 2 }`,
      kernels,
      6000,
      { x: [-0.5, 0.5, 1.5, 0.2, 2.5] },
      { adjusted: false, step: 0.6 },
    );
    // The median of the rows is 0.5, half of them are within 1 of it.
    const eps = 0.6 * 1.4826;
    live.set(numbers({ m: [0.3] }));
    live.move(streamsOf(6000, 'u'), 60);
    const x = valuesOf(live, 'x');
    expectMean(x, 0.3, 'mean');
    // z′ = z(1 − ε²/2) + εξ, but for drifts of more than a standard deviation, which are too rare here to see.
    expectMean(
      x.map((v) => (v - 0.3) ** 2),
      1 / (1 - eps ** 2 / 4),
      'variance',
      0.02,
    );
  });

  it('move beside categories: a mixture', async () => {
    const { live, numbers } = await made(
      `param m : real[2]
       param w : real
       energy E(z : category(2), x : real) { term kind = -w * (z == 1)  term at = 0.5 * (x - m[z]) ^ 2 }`,
      kernels,
      2000,
      { x: [-1, 2, 0, 1, -1.5] },
    );
    for (const [m, w] of [
      [[0, 1.5], 0.4],
      [[-1, 1], -0.7],
    ] as const) {
      live.set(numbers({ m, w: [w] }));
      live.move(streamsOf(2000, 'm', m[1] * 10), 80);
      const [z, x] = [valuesOf(live, 'z'), valuesOf(live, 'x')];
      expectMean(z, 1 / (1 + Math.exp(-w)), 'share of the second kind');
      expectMean(
        x.filter((_, c) => z[c] === 0),
        m[0],
        'first mean',
      );
      expectMean(
        x.filter((_, c) => z[c] === 1),
        m[1],
        'second mean',
      );
    }
  });
});
