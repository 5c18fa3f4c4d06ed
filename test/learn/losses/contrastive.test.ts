import { beforeAll, describe, expect, it } from 'vitest';
import type { HostArray } from '../../../src/arrays.ts';
import { initialParams } from '../../../src/bind/params.ts';
import type { DataRows } from '../../../src/check/values.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { openEngine } from '../../../src/engines/open.ts';
import { Builder } from '../../../src/ir/build.ts';
import type { Slot } from '../../../src/ir/types.ts';
import type { Checkpoint } from '../../../src/learn/checkpoint.ts';
import { type FitArgs, fit as learn } from '../../../src/learn/fit.ts';
import { sumLatent } from '../../../src/learn/latent.ts';
import { makeContrastive } from '../../../src/learn/losses/contrastive.ts';
import type { LossSpec } from '../../../src/learn/losses/loss.ts';
import type { LossChoice } from '../../../src/learn/options.ts';
import type { Rows } from '../../../src/learn/rows.ts';
import { Stream } from '../../../src/random/stream.ts';
import { EnergyError } from '../../../src/syntax/diagnostic.ts';
import { ERRORS } from '../../infer/statistics.ts';
import { open } from '../../run/kit.ts';
import { boltzmann, dot, filled, quickOptions, spinFeatures } from '../toy.ts';
import { differences, energyOf, flat, type Subject, subject, trial, unflat } from './trial.ts';

let kernels: Engine;
beforeAll(async () => {
  kernels = await openEngine('kernels');
}, 30_000);

const plainly = {
  kind: 'contrastive',
  sweeps: 1,
  persistent: false,
  start: 'rows',
  method: 'langevin',
  gamma: 0,
  strength: 0,
} as const satisfies LossChoice;

const machine = `index site = 4
  param J : real[site, site] = normal(0, 0.4)
  param h : real[site] = normal(0, 0.3)
  energy E(s : spin[site]) {
    term pairs = -sum(J[i, j] * s[i] * s[j] for i in site, j in site where i < j)
    term field = -sum(h * s)
  }`;

const someSpins = (rows: number, seed = 2): number[] => {
  const s = new Stream(seed);
  return Array.from({ length: rows * 4 }, () => (s.uniform() < 0.6 ? 1 : -1));
};

/** The states of the chains, one after another. */
function negatives(s: Subject, t: { readonly loss: { readonly inputs: ReadonlyMap<Slot, HostArray> } }) {
  const [u] = s.energy.unknowns;
  const [x] = [...t.loss.inputs.values()];
  const size = s.rows.elements.get(u)!;
  return Array.from({ length: x.data.length / size }, (_, k) =>
    Array.from(x.data.slice(k * size, (k + 1) * size)),
  );
}

/** The gradient of the energy at a state, by differences. */
const slope = (
  s: Subject,
  start: ReadonlyMap<Slot, HostArray>,
  x: readonly number[],
  state: readonly number[],
) => differences((p) => energyOf(s, unflat(start, p))(new Map([[s.energy.unknowns[0], state]])), x);

describe('contrastive divergence as an expression', () => {
  it.each([
    [0, 0],
    [0, 0.3],
    [1, 0],
    [-0.5, 0],
    [2, 0.1],
  ])('has the gradient of its definition, γ = %s, strength %s', async (gamma, strength) => {
    const s = await subject(machine, { s: someSpins(6) });
    const t = trial(s, { ...plainly, chains: 5, sweeps: 2, gamma, strength });
    const at = flat(t.start);
    const { gradient, value } = t.at(t.start, 3);
    const [u] = s.energy.unknowns;
    const U = energyOf(s, t.start);
    const weights = (states: readonly (readonly number[])[]): number[] => {
      const w = states.map((x) => Math.exp(-gamma * U(new Map([[u, x]]))));
      const total = w.reduce((a, c) => a + c, 0);
      return w.map((v) => v / total);
    };
    const rows = Array.from({ length: 6 }, (_, k) =>
      Array.from(s.rows.columns.get(u)!.data.slice(4 * k, 4 * k + 4)),
    );
    const chains = negatives(s, t);
    const want = at.map(() => 0);
    for (const [states, sign] of [
      [rows, 1],
      [chains, -1],
    ] as const) {
      const w = weights(states);
      states.forEach((x, k) => {
        const by = sign * w[k] + (2 * strength * U(new Map([[u, x]]))) / states.length;
        slope(s, t.start, at, x).forEach((g, i) => {
          want[i] += by * g;
        });
      });
    }
    gradient.forEach((g, i) => {
      expect(g).toBeCloseTo(want[i], 7);
    });
    expect(Math.hypot(...gradient)).toBeGreaterThan(0.1);
    // Rows move on by single flips, so that some of the chains are elsewhere.
    expect(chains.some((x, k) => x.join() !== rows[k % 6].join())).toBe(true);
    if (gamma === 0 && strength === 0) {
      const mean = (list: readonly (readonly number[])[]): number =>
        list.reduce((a, x) => a + U(new Map([[u, x]])) / list.length, 0);
      expect(value).toBeCloseTo(mean(rows) - mean(chains), 10);
    }
  });

  it('comes near contrastive divergence as γ goes to 0', async () => {
    const s = await subject(machine, { s: someSpins(6) });
    const [small, none] = [1e-6, 0].map((gamma) => {
      const t = trial(s, { ...plainly, gamma });
      return t.at(t.start).gradient;
    });
    small.forEach((g, i) => {
      expect(g).toBeCloseTo(none[i], 4);
    });
  });
});

/** Means of features over all states of some spins under exp(−U). */
function exactMeans(
  states: readonly (readonly number[])[],
  U: (x: readonly number[]) => number,
  f: (x: readonly number[]) => readonly number[],
) {
  const w = states.map((x) => Math.exp(-U(x)));
  const total = w.reduce((a, c) => a + c, 0);
  const k = f(states[0]).length;
  const mean = new Array<number>(k).fill(0);
  const square = new Array<number>(k).fill(0);
  states.forEach((x, n) => {
    f(x).forEach((v, i) => {
      mean[i] += (w[n] / total) * v;
      square[i] += (w[n] / total) * v * v;
    });
  });
  return { mean, sd: mean.map((m, i) => Math.sqrt(Math.max(0, square[i] - m * m))) };
}

const corners = (n: number, lo: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, k) => Array.from({ length: n }, (_, i) => ((k >> i) & 1 ? 1 : lo)));

describe('long chains', () => {
  it('have the gradient of the likelihood, within the error of their number', async () => {
    const s = await subject(machine, { s: someSpins(40) });
    const chains = 8000;
    const t = trial(s, { ...plainly, chains, sweeps: 15 }, kernels);
    const { gradient } = t.at(t.start);
    const at = flat(t.start);
    const [u] = s.energy.unknowns;
    const U = energyOf(s, t.start);
    const states = corners(4, -1);
    const slopes = new Map(states.map((x) => [x.join(), slope(s, t.start, at, x)]));
    const { mean, sd } = exactMeans(
      states,
      (x) => U(new Map([[u, x]])),
      (x) => slopes.get(x.join())!,
    );
    const data = s.rows.columns.get(u)!.data;
    const rows = Array.from({ length: 40 }, (_, k) => Array.from(data.slice(4 * k, 4 * k + 4)));
    gradient.forEach((g, i) => {
      const positive = rows.reduce((a, x) => a + slopes.get(x.join())![i] / rows.length, 0);
      expect(Math.abs(g - (positive - mean[i]))).toBeLessThan((ERRORS * sd[i]) / Math.sqrt(chains) + 1e-6);
    });
    expect(Math.hypot(...gradient)).toBeGreaterThan(0.2);
  });

  it('have it too where hidden units are summed out, and move with the chains', {
    timeout: 30_000,
  }, async () => {
    const { bound } = await open(`index seen = 4
      index hidden = 2
      param W : real[seen, hidden] = normal(0, 0.8)
      param a : real[seen] = normal(0, 0.3)
      energy E(v : bit[seen], h : bit[hidden]) { term w = -v @ W @ h  term x = -sum(a * v)  term y = 0.4 * h[0] * h[1] }`);
    const [{ energy: joint }] = [...bound.program.energies.values()];
    const [v] = joint.unknowns;
    const data = Float64Array.from(someSpins(30), (x) => (x + 1) / 2);
    const set = bound.program.builder.range(30);
    const rows: Rows = {
      set,
      count: 30,
      columns: new Map([[v, { shape: [30, 4], data }]]),
      elements: new Map([[v, 4]]),
    };
    // Only the names of the columns matter here.
    const named = { set, columns: [{ unknown: v, data: v }] } as DataRows;
    const visible = sumLatent(bound, joint, named, kernels);
    const chains = 8000;
    const spec = (batch: number): Omit<LossSpec, 'engine' | 'rows' | 'stream' | 'steps'> => ({
      bound: visible.bound,
      energy: visible.energy,
      joint: visible.joint,
      batch,
    });
    const s: Subject = {
      bound: visible.bound,
      energy: visible.energy,
      rows,
      params: initialParams(bound, 3),
    };
    const t = trial(s, { ...plainly, chains, sweeps: 25 }, kernels, (given, o) =>
      makeContrastive({ ...given, ...spec(30) }, o),
    );
    const { gradient } = t.at(t.start);
    const at = flat(t.start);
    const F = energyOf(s, t.start);
    const states = corners(4, 0);
    const slopes = new Map(states.map((x) => [x.join(), slope(s, t.start, at, x)]));
    const { mean, sd } = exactMeans(
      states,
      (x) => F(new Map([[v, x]])),
      (x) => slopes.get(x.join())!,
    );
    gradient.forEach((g, i) => {
      let positive = 0;
      for (let k = 0; k < 30; k++) positive += slopes.get(data.slice(4 * k, 4 * k + 4).join())![i] / 30;
      expect(Math.abs(g - (positive - mean[i]))).toBeLessThan((ERRORS * sd[i]) / Math.sqrt(chains) + 1e-6);
    });
    expect(Math.hypot(...gradient)).toBeGreaterThan(0.1);
  });
});

const from = (t: { readonly bound: FitArgs['bound'] }, value: number): FitArgs['params'] =>
  new Map(t.bound.program.params.map((p) => [p.slot, filled(p.slot, value)]));

describe('learning with persistent chains', () => {
  it('finds a Boltzmann machine of five spins', { timeout: 60_000 }, async () => {
    const s = new Stream(41);
    const theta = Array.from({ length: 15 }, () => 0.6 * s.normal());
    const states = corners(5, -1);
    const weights = states.map((x) => Math.exp(dot(theta, spinFeatures(x))));
    const total = weights.reduce((a, c) => a + c, 0);
    const rows = 2000;
    const draw = new Stream(6);
    const data = Array.from({ length: rows }, () => {
      const u = draw.uniform() * total;
      let below = 0;
      return (
        states.find((_, k) => {
          below += weights[k];
          return u < below;
        }) ?? states[31]
      );
    });
    const t = boltzmann(new Builder(), data.flat());
    const options = quickOptions({
      loss: { ...plainly, persistent: true, chains: 250 },
      optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999 },
      batch: 250,
      steps: 800,
      average: 0.99,
    });
    const r = await learn({ ...t, params: from(t, 0), options, engine: kernels });
    expect(r.status).toBe('done');
    const found = [...Array.from(r.params.get(t.J)!.data), ...Array.from(r.params.get(t.h)!.data)];
    const divergence = (q: readonly number[]): number => {
      const energies = states.map((x) => dot(q, spinFeatures(x)));
      const z = Math.log(energies.reduce((a, e) => a + Math.exp(e), 0));
      return states.reduce((a, _, k) => {
        const p = weights[k] / total;
        return a + p * (Math.log(p) - energies[k] + z);
      }, 0);
    };
    // Of maximum likelihood 15/(2·2000) = 0.0038 on average; chains and the last hundred steps add about as much.
    expect(divergence(found)).toBeLessThan(0.015);
    expect(divergence(found.map(() => 0))).toBeGreaterThan(0.5);
  });

  it('finds the mean and the standard deviation of a Gaussian', { timeout: 60_000 }, async () => {
    const rows = 1000;
    const s = new Stream(8);
    const data = Array.from({ length: rows }, () => 2 + 3 * s.normal());
    const made = await subject(
      'param mu : real = 0\nparam sd : real(0, inf) = 1\nenergy E(x : real) { term all = 0.5 * ((x - mu) / sd) ^ 2 }',
      { x: data },
    );
    const r = await fitted(made, {
      loss: { ...plainly, persistent: true, sweeps: 4, chains: 200, buffer: 500, restart: 0.01 },
      optimizer: { kind: 'adam', rate: 0.03, beta1: 0.9, beta2: 0.999 },
      batch: 200,
      steps: 900,
      average: 0.99,
      clip: 5,
    });
    const mean = data.reduce((a, x) => a + x, 0) / rows;
    const sd = Math.sqrt(data.reduce((a, x) => a + (x - mean) ** 2, 0) / rows);
    const [mu, spread] = [...r.params.values()].map((p) => p.data[0]);
    // The average over about 200 steps of 200 chains, whose states repeat themselves for some ten of these.
    const draws = (200 * 200) / 20;
    expect(Math.abs(mu - mean)).toBeLessThan((ERRORS * sd) / Math.sqrt(draws));
    expect(Math.abs(spread - sd)).toBeLessThan((ERRORS * sd) / Math.sqrt(2 * draws));
    expect(Math.abs(spread - 1)).toBeGreaterThan(1.5);
  });
});

/** A fit of the energy of a text. */
async function fitted(
  s: Subject,
  options: Partial<FitArgs['options']>,
  more: Partial<FitArgs> = {},
  engine = kernels,
) {
  const b = s.bound.program.builder;
  const columns = [...s.rows.columns].map(([unknown, array]) => ({
    unknown,
    slot: b.slot('data', `data ${unknown.name}`, unknown.domain, [s.rows.set, ...unknown.sets]),
    array,
  }));
  const bound = {
    ...s.bound,
    constants: new Map([...s.bound.constants, ...columns.map(({ slot, array }) => [slot, array] as const)]),
  };
  return learn({
    bound,
    energy: s.energy,
    rows: { set: s.rows.set, columns: columns.map(({ unknown, slot }) => ({ unknown, data: slot })) },
    params: s.params,
    options: quickOptions(options),
    engine,
    ...more,
  });
}

const mixedText = `index site = 3
  param w : real[3] = normal(0, 0.3)
  param m : real[site] = 0
  energy E(x : real[site], k : category(3), p : permutation(site), r : real(0, inf), t : angle) {
    require k != 1 or p[0] != 2
    term at   = 0.5 * sum((x - m) ^ 2) + w[k] * x[0]
    term rank = 0.3 * w[0] * sum((p[i] == i) * x[i] for i in site)
    term pos  = (1 + w[1] ^ 2) * r + w[2] * cos(t)
  }`;

const mixedRows = (rows: number) => {
  const s = new Stream(12);
  const orders = [
    [0, 1, 2],
    [1, 0, 2],
    [0, 2, 1],
    [1, 2, 0],
  ];
  const each = <T>(f: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => f(i));
  return {
    x: each(() => [s.normal(), s.normal(), s.normal()]).flat(),
    k: each(() => s.int(3)),
    p: each(() => orders[s.int(4)]).flat(),
    r: each(() => s.exponential()),
    t: each(() => 6 * s.uniform() - 3),
  };
};

describe('rows of many kinds', () => {
  const loss = { ...plainly, persistent: true, sweeps: 2, chains: 8, buffer: 20, restart: 0.1 };
  const options = {
    loss,
    batch: 10,
    optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999 },
  } as const;

  it('keep what is required and stay in their domains', async () => {
    const s = await subject(mixedText, mixedRows(60));
    for (const choice of [
      { ...plainly, sweeps: 3 },
      { ...loss, start: 'random' },
    ]) {
      const t = trial(s, choice, kernels);
      const value = (name: string): ArrayLike<number> =>
        [...t.loss.negatives!.slots].flatMap(([u, to]) =>
          u.name === name ? [t.loss.inputs.get(to)!.data] : [],
        )[0];
      let moved = 0;
      for (let step = 0; step < 5; step++) {
        t.at(t.start, step);
        const [k, p, r, angle] = [value('k'), value('p'), value('r'), value('t')];
        for (let c = 0; c < k.length; c++) {
          expect(Array.from({ length: 3 }, (_, i) => p[3 * c + i]).sort()).toEqual([0, 1, 2]);
          expect(k[c] === 1 && p[3 * c] === 2).toBe(false);
          expect(r[c]).toBeGreaterThan(0);
          expect(Math.abs(angle[c])).toBeLessThanOrEqual(Math.PI);
          if (k[c] !== s.rows.columns.get(s.energy.unknowns[1])!.data[c]) moved++;
        }
      }
      expect(moved).toBeGreaterThan(5);
    }
  });

  it('go on from a checkpoint with the same bytes', { timeout: 60_000 }, async () => {
    const s = await subject(mixedText, mixedRows(60));
    const kept: Checkpoint[] = [];
    const whole = await fitted(s, { ...options, steps: 130 }, { onCheckpoint: (c) => void kept.push(c) });
    expect(whole.status).toBe('done');
    const names = [...kept[0].tensors.keys()].filter((n) => n.startsWith('loss.'));
    expect(names.sort()).toEqual(
      [
        'loss.chains k',
        'loss.chains p',
        'loss.chains r',
        'loss.chains t',
        'loss.chains x',
        'loss.ln step',
      ].sort(),
    );
    const rest = await fitted(s, { ...options, steps: 130 }, { resume: kept[0] });
    for (const [slot, { data }] of whole.params) expect(rest.params.get(slot)!.data).toEqual(data);
    for (const [name, { data }] of whole.checkpoint.tensors)
      expect(rest.checkpoint.tensors.get(name)!.data).toEqual(data);
    // What is kept matters: without it the rest goes another way.
    const [name, chains] = [...kept[0].tensors].find(([n]) => n === 'loss.chains x')!;
    const wrong = new Map([...kept[0].tensors, [name, { ...chains, data: chains.data.map((x) => x + 1) }]]);
    const other = await fitted(s, { ...options, steps: 130 }, { resume: { ...kept[0], tensors: wrong } });
    expect([...other.params.values()].map((p) => Array.from(p.data))).not.toEqual(
      [...whole.params.values()].map((p) => Array.from(p.data)),
    );
  });
});

describe('energies that are no numbers', () => {
  // From w = 33 on the energy of 3 is no number, which rows of 0 and 1 never show.
  const text = `param w : real = 0
    energy E(k : int(0, 3)) { term all = w * k - 0.01 * sqrt(100 - w * k) }`;
  const data = { k: [0, 1, 0, 0, 1, 0, 0, 1] };
  const optimizer = { kind: 'sgd', rate: 40, momentum: 0, nesterov: false } as const;
  const fast = { loss: { ...plainly, sweeps: 3 }, batch: 8, steps: 12, clip: 1, optimizer };

  it('send a fit back, and on with a smaller rate', async () => {
    const s = await subject(text, data);
    const r = await fitted(s, fast);
    expect(r.diagnostics.map((d) => d.code)[0]).toBe('W0711');
    for (const { data } of r.params.values()) expect(Math.abs(data[0])).toBeLessThan(34);
  });

  it('are named where they are from the beginning', async () => {
    const s = await subject(text, data);
    const params = new Map([...s.params].map(([slot, p]) => [slot, { ...p, data: Float64Array.of(40) }]));
    await expect(fitted({ ...s, params }, fast)).rejects.toMatchObject({
      diagnostics: [{ code: 'E0701' }],
    });
  });
});

describe('options that do not go together', () => {
  it.each([
    [{ buffer: 100 }, 'E0721', '`buffer` is of chains that go on'],
    [{ restart: 0.1 }, 'E0721', '`restart` is of chains that go on'],
    [
      { persistent: true, chains: 8, buffer: 7 },
      'E0721',
      'a buffer of 7 states is too small for the 8 chains',
    ],
    [{ gamma: -1 }, 'E0721', '`gamma` is more than −1'],
    [{ step: 0.1 }, 'E0721', '`step` is the size of moves of reals'],
  ] as const)('%o', async (more, code, message) => {
    const s = await subject(machine, { s: someSpins(6) });
    const found = caught(() => trial(s, { ...plainly, ...more }));
    expect(found).toMatchObject({ code });
    expect(found.message).toContain(message);
  });

  it('bounds that learn', async () => {
    const s = await subject('param w : real(0, inf) = 9\nenergy E(x : real(0, w)) { term t = x }', {
      x: [1, 2, 3],
    });
    expect(caught(() => trial(s, plainly))).toMatchObject({ code: 'E0722' });
  });
});

function caught(f: () => unknown): { readonly code: string; readonly message: string } {
  try {
    f();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  throw new Error('nothing was thrown');
}
