/**
 * Langevin and Hamiltonian steps leave their target alone. Thousands of chains start
 * at exact, independent draws; after some transitions each chain's state is again an
 * exact draw, independent of the others, so every moment has a standard error that is
 * known without any autocorrelation. A wrong acceptance or a wrong Jacobian shows as a
 * drift away from the target.
 */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { type Model, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { Stream } from '../../src/random/stream.ts';
import { open } from '../run/kit.ts';
import { ERRORS, expectMean } from './statistics.ts';

const CHAINS = 4096;

interface Target {
  readonly name: string;
  readonly text: string;
  /** One exact draw, all unknowns flat in order. */
  readonly draw: (s: Stream) => number[];
  /** Moments whose expectation is known, and it. */
  readonly moments: readonly (readonly [name: string, f: (x: readonly number[]) => number, mean: number])[];
  readonly leapfrogs?: readonly number[];
  readonly steps?: number;
}

/** A beta variable for whole a and b: the a-th smallest of a + b − 1 uniform numbers. */
const beta = (s: Stream, a: number, b: number): number =>
  Array.from({ length: a + b - 1 }, () => s.uniform()).sort((x, y) => x - y)[a - 1];
/** A gamma variable for a whole shape. */
const gamma = (s: Stream, shape: number, rate: number): number =>
  Array.from({ length: shape }, () => s.exponential()).reduce((x, y) => x + y, 0) / rate;

const modes = [
  { w: 0.25, m: [-4, -4], s: 0.5 },
  { w: 0.35, m: [4, 4], s: 0.7 },
  { w: 0.4, m: [4, -4], s: 1 },
] as const;
const nearest = (x: readonly number[]): number => (x[0] < 0 ? 0 : x[1] > 0 ? 1 : 2);

const targets: readonly Target[] = [
  {
    name: 'a narrow normal',
    text: 'energy E(x : real) {\n  x ~ normal(0.5, 0.4)\n}',
    draw: (s) => [0.5 + 0.4 * s.normal()],
    moments: [
      ['x', ([x]) => x, 0.5],
      ['(x − 0.5)²', ([x]) => (x - 0.5) ** 2, 0.16],
      ['(x − 0.5)⁴', ([x]) => (x - 0.5) ** 4, 3 * 0.16 ** 2],
      ['|x − 0.5|', ([x]) => Math.abs(x - 0.5), 0.4 * Math.sqrt(2 / Math.PI)],
    ],
  },
  {
    // Covariance [[1, 0.9·0.5], [0.9·0.5, 0.25]].
    name: 'correlated normals',
    text: `energy E(x : real[2]) {
      let a = x[0]
      let b = 2 * x[1]
      term joint = (a ^ 2 - 1.8 * a * b + b ^ 2) / (2 * (1 - 0.81))
    }`,
    draw: (s) => {
      const a = s.normal();
      return [a, 0.5 * (0.9 * a + Math.sqrt(0.19) * s.normal())];
    },
    moments: [
      ['x₀', ([x]) => x, 0],
      ['x₀²', ([x]) => x * x, 1],
      ['x₁²', ([, y]) => y * y, 0.25],
      ['x₀x₁', ([x, y]) => x * y, 0.45],
      ['x₀²x₁²', ([x, y]) => x * x * y * y, 0.25 * (1 + 2 * 0.81)],
    ],
  },
  {
    // x ~ N(1, 1), y | x ~ N(x², √0.1).
    name: 'a banana',
    text: `energy E(x : real, y : real) {
      term well = 0.5 * (x - 1) ^ 2
      term bend = 5 * (y - x ^ 2) ^ 2
    }`,
    draw: (s) => {
      const x = 1 + s.normal();
      return [x, x * x + Math.sqrt(0.1) * s.normal()];
    },
    moments: [
      ['x', ([x]) => x, 1],
      ['x²', ([x]) => x * x, 2],
      ['y', ([, y]) => y, 2],
      ['(y − 2)²', ([, y]) => (y - 2) ** 2, 6.1],
      ['(x − 1)(y − 2)', ([x, y]) => (x - 1) * (y - 2), 2],
      ['(y − x²)²', ([x, y]) => (y - x * x) ** 2, 0.1],
    ],
  },
  {
    name: 'a half-normal on a half-line',
    text: 'energy E(x : real(0, inf)) {\n  x ~ half_normal(2)\n}',
    draw: (s) => [2 * Math.abs(s.normal())],
    moments: [
      ['x', ([x]) => x, 2 * Math.sqrt(2 / Math.PI)],
      ['x²', ([x]) => x * x, 4],
      ['ln x', ([x]) => Math.log(x), Math.log(2) - (0.5772156649015329 + Math.LN2) / 2],
    ],
  },
  {
    name: 'a gamma on a half-line that ends above',
    text: 'energy E(x : real(-inf, 1)) {\n  let y = 1 - x\n  term gamma = 2 * y - 2 * log(y)\n}',
    draw: (s) => [1 - gamma(s, 3, 2)],
    moments: [
      ['x', ([x]) => x, 1 - 1.5],
      ['(1 − x)²', ([x]) => (1 - x) ** 2, 0.75 + 2.25],
      ['1/(1 − x)', ([x]) => 1 / (1 - x), 2 / 2],
    ],
  },
  {
    name: 'a beta on an interval',
    text: 'energy E(x : real(-1, 3)) {\n  let u = (x + 1) / 4\n  term beta = -log(u) - 2 * log1p(-u)\n}',
    draw: (s) => [-1 + 4 * beta(s, 2, 3)],
    moments: [
      ['x', ([x]) => x, -1 + 4 * 0.4],
      ['((x + 1)/4)²', ([x]) => ((x + 1) / 4) ** 2, (2 * 3) / (5 * 6)],
      ['ln u', ([x]) => Math.log((x + 1) / 4), -(1 / 2 + 1 / 3 + 1 / 4)],
    ],
  },
  {
    name: 'a uniform on an interval',
    text: 'energy E(x : real(2, 5)) {\n  x ~ uniform(2, 5)\n}',
    draw: (s) => [2 + 3 * s.uniform()],
    moments: [
      ['x', ([x]) => x, 3.5],
      ['(x − 3.5)²', ([x]) => (x - 3.5) ** 2, 9 / 12],
      ['x < 2.3', ([x]) => Number(x < 2.3), 0.1],
      ['x > 4.7', ([x]) => Number(x > 4.7), 0.1],
    ],
  },
  {
    name: 'a normal inside a requirement',
    text: 'energy E(x : real) {\n  require x > 0\n  x ~ normal(0, 1)\n}',
    draw: (s) => [Math.abs(s.normal())],
    moments: [
      ['x', ([x]) => x, Math.sqrt(2 / Math.PI)],
      ['x²', ([x]) => x * x, 1],
      ['x ≤ 0', ([x]) => Number(x <= 0), 0],
    ],
  },
  {
    name: 'three modes in the plane',
    text: `energy E(x : real[2]) {
      let w = [0.25, 0.35, 0.4]
      let s = [0.5, 0.7, 1.0]
      let m = [[-4, -4], [4, 4], [4, -4]]
      term all = -logsumexp(log(w[k]) - 0.5 * sum((x[d] - m[k, d]) ^ 2 for d in 2) / s[k] ^ 2 - 2 * log(s[k]) for k in 3)
    }`,
    draw: (s) => {
      const u = s.uniform();
      const k = u < 0.25 ? 0 : u < 0.6 ? 1 : 2;
      return [0, 1].map((d) => modes[k].m[d] + modes[k].s * s.normal());
    },
    // Modes are 8 apart and at most 1 wide: what lies on the wrong side weighs less than 10⁻⁴.
    moments: modes.flatMap(({ w, m, s }, k) => {
      const inside = (x: readonly number[]): number => Number(nearest(x) === k);
      return [
        [`weight of mode ${k}`, inside, w] as const,
        [`its x`, (x: readonly number[]) => inside(x) * (x[0] - m[0]), 0] as const,
        [`its x²`, (x: readonly number[]) => inside(x) * (x[0] - m[0]) ** 2, w * s * s] as const,
        [`its y²`, (x: readonly number[]) => inside(x) * (x[1] - m[1]) ** 2, w * s * s] as const,
      ];
    }),
  },
];

/** Chains at exact draws, some transitions later; each row is one state, flat. */
async function advance(model: Model, t: Target, leapfrogs: number) {
  const starts = Array.from({ length: CHAINS }, (_, c) => t.draw(new Stream(77, t.name, c)));
  const offsets = new Map<unknown, number>();
  let width = 0;
  for (const u of model.unknowns) {
    offsets.set(u.slot, width);
    width += u.size;
  }
  const result = await sample(model, noClamp(model), {
    chains: CHAINS,
    draws: 1,
    warmup: 0,
    thin: t.steps ?? 12,
    seed: 5,
    leapfrogs,
    start: { of: (slot, c) => starts[c].slice(offsets.get(slot)!) },
  });
  const parts = model.unknowns.map(
    (u) => result.draws.quantities.find((q) => q.name === u.slot.name)!.values,
  );
  const states = starts.map((_, c) =>
    model.unknowns.flatMap((u, k) => [...parts[k].subarray(c * u.size, (c + 1) * u.size)]),
  );
  return { starts, states, result };
}

describe.each(targets)('$name', (t) => {
  it.each(t.leapfrogs ?? [1, 6])(
    'stays as it is under %i leaps',
    async (leapfrogs) => {
      const engine: Engine = await tfjsEngine('wasm');
      const { model } = await open(t.text);
      const { starts, states, result } = await advance(model('E', engine), t, leapfrogs);
      // The chains did move, and not every proposal was accepted: there was something to get wrong.
      const moved = states.filter((x, c) => x.some((v, i) => Math.abs(v - starts[c][i]) > 1e-3)).length;
      expect(moved).toBeGreaterThan(0.25 * CHAINS);
      const acceptance = result.chains.reduce((a, c) => a + c.acceptance!, 0) / CHAINS;
      expect(acceptance).toBeGreaterThan(0.05);
      expect(acceptance).toBeLessThan(0.9999);
      for (const [name, f, want] of t.moments) {
        // The exact draws pass their own test, so a failure is the sampler's.
        expectMean(starts.map(f), want, `${name}, exact draws`, 1e-4);
        expectMean(states.map(f), want, name, 1e-4);
      }
    },
    60_000,
  );
});

describe('long runs from anywhere', () => {
  it('a banana, with adaptation', async () => {
    const engine = await tfjsEngine('wasm');
    const { model } = await open(targets[2].text);
    const m = model('E', engine);
    const chains = 128;
    const draws = 1000;
    const { draws: out, chains: info } = await sample(m, noClamp(m), {
      chains,
      draws,
      warmup: 1000,
      seed: 8,
    });
    const [x, y] = ['x', 'y'].map((n) => out.quantities.find((q) => q.name === n)!.values);
    for (const [name, f, want] of targets[2].moments) {
      const means = Array.from({ length: chains }, (_, c) => {
        let total = 0;
        for (let i = c * draws; i < (c + 1) * draws; i++) total += f([x[i], y[i]]);
        return total / draws;
      });
      expectMean(means, want, name, 1e-4);
    }
    expect(info.reduce((sum, c) => sum + c.acceptance!, 0) / chains).toBeGreaterThan(0.6);
  }, 120_000);

  it('bounded unknowns keep inside their bounds', async () => {
    const { model } = await open(`
      energy E(a : real(0, inf), b : real(-1, 2), c : real(-inf, 0.5)) {
        term all = a + 0.01 * b + (c - 0.4) ^ 2
      }`);
    const m = model('E', await tfjsEngine('cpu'));
    const { draws } = await sample(m, noClamp(m), { chains: 8, draws: 300, warmup: 200, seed: 3 });
    const of = (n: string): number[] => [...draws.quantities.find((q) => q.name === n)!.values];
    expect(of('a').every((v) => v >= 0)).toBe(true);
    expect(of('b').every((v) => v >= -1 && v <= 2)).toBe(true);
    expect(of('c').every((v) => v <= 0.5)).toBe(true);
  }, 60_000);

  it('a start that is given is used', async () => {
    const { model } = await open('energy E(x : real) {\n  term a = 0.5 * x ^ 2\n}');
    const m = model();
    const { draws } = await sample(m, noClamp(m), {
      chains: 2,
      draws: 1,
      warmup: 0,
      seed: 1,
      leapfrogs: 1,
      start: { of: (_, c) => [100 + c] },
    });
    // One step of half a unit cannot leave the neighbourhood of 100 by more than drift and noise.
    for (const v of draws.quantities[0].values) expect(Math.abs(v - 100)).toBeLessThan(60);
    expect(ERRORS).toBe(5);
  });
});
