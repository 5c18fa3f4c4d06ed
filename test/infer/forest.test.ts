/**
 * Chains and trees drawn as a whole: each draw is independent of the state before, so counts of joint states are
 * compared with enumeration by χ², without any allowance for correlation.
 */
import { describe, expect, it } from 'vitest';
import { type SiteBlocks, siteBlocks } from '../../src/analyse/blocks.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import { forestOf } from '../../src/analyse/forest.ts';
import { type DiscreteDomain, stateCount, valueMap } from '../../src/domain.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { makeForest } from '../../src/infer/forest.ts';
import { type Clamp, type Model, noClamp } from '../../src/infer/model.ts';
import { plain } from '../../src/infer/transition.ts';
import type { Slot } from '../../src/ir/types.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';
import { chiSquare } from './statistics.ts';

const slotOf = (model: Model, name: string): Slot => model.unknowns.find((u) => u.slot.name === name)!.slot;

const blocksOf = (model: Model, slot: Slot): SiteBlocks =>
  siteBlocks(model.builder, slot, factorsOf(model.builder, model.energy), model);

/** The codes of the unknown's elements as one number. */
function numbering(model: Model, slot: Slot) {
  const k = stateCount(slot.domain, model.sizeOf);
  const { offset, scale } = valueMap(slot.domain as DiscreteDomain);
  const size = model.unknowns.find((u) => u.slot === slot)!.size;
  return {
    all: k ** size,
    size,
    of: (values: Float64Array, from: number): number => {
      let n = 0;
      for (let i = 0; i < size; i++) n = n * k + (values[from + i] - offset) / scale;
      return n;
    },
  };
}

/** Probabilities of the joint states of one unknown when everything else is fixed as the clamp says. */
function exact(model: Model, slot: Slot, clamp: Clamp, beta: number): number[] {
  const { all, size, of } = numbering(model, slot);
  const out = new Array<number>(all).fill(0);
  let least = Number.POSITIVE_INFINITY;
  enumerateStates(model, clamp, (_, energy) => {
    for (const e of energy) least = Math.min(least, e);
  });
  enumerateStates(model, clamp, (states, energy, count) => {
    const x = states.get(slot)!;
    for (let i = 0; i < count; i++) out[of(x, i * size)] += Math.exp(beta * (least - energy[i]));
  });
  const total = out.reduce((a, w) => a + w, 0);
  return out.map((w) => w / total);
}

interface Setup {
  readonly fix?: (clamp: Clamp, model: Model) => void;
  readonly beta?: number;
  /** For each of 200 chains. */
  readonly draws?: number;
}

/** Draws of many chains against the exact probabilities. */
async function expectExact(text: string, { fix, beta = 1, draws = 80 }: Setup = {}): Promise<void> {
  const { model } = await open(text);
  const m = model();
  const slot = slotOf(m, 'z');
  const clamp = noClamp(m);
  fix?.(clamp, m);
  const chains = 200;
  const forest = makeForest(m, blocksOf(m, slot), clamp, chains)!;
  expect(forest).not.toBeNull();
  const states = randomStates(m, new Stream(5), chains);
  for (const u of m.unknowns)
    for (let c = 0; c < chains; c++)
      for (let i = 0; i < u.size; i++)
        if (clamp.fixed.get(u.slot)![i] !== 0)
          states.get(u.slot)![c * u.size + i] = clamp.values.get(u.slot)![i];
  const streams = Array.from({ length: chains }, (_, c) => new Stream(6, c));
  const { all, size, of } = numbering(m, slot);
  const counts = new Array<number>(all).fill(0);
  for (let k = 0; k < draws; k++) {
    forest.step(states, streams, { ...plain, beta });
    for (let c = 0; c < chains; c++) counts[of(states.get(slot)!, c * size)]++;
  }
  forest.dispose();
  const z = chiSquare(counts, exact(m, slot, clamp, beta));
  expect(Math.abs(z)).toBeLessThan(4.5);
}

const hidden = `
  index state = 3
  index day   = 6
  param T : real[state, state] = [[0.9, -0.4, 0.1], [-0.7, 1.2, 0.3], [0.2, 0.5, -0.8]]
  param O : real[state, 2] = [[0.8, -0.2], [-0.5, 0.4], [0.1, -1.1]]
  param seen : real[day] = [0, 1, 1, 0, 1, 0]
  energy E(z : category(state)[day]) {
    term start = 0.7 * (z[0] == 0)
    term move  = -sum(T[z[t - 1], z[t]] for t in day where t > 0)
    term emit  = -sum(O[z[t], 0] * seen[t] + O[z[t], 1] * (1 - seen[t]) for t in day)
  }`;

const tree = (domain: string): string => `
  index site = 8
  set edge = { (i, j) for i in site, j in site where j > 0 and i == floor((j - 1) / 2) }
  param J : real[edge] = [0.9 * sin(3 * i + 5 * j) for (i, j) in edge]
  param h : real[site] = [0.2, -0.3, 0.5, 0.1, -0.4, 0.7, -0.1, 0.3]
  energy E(z : ${domain}[site]) {
    term pairs = sum(J[i, j] * z[i] * z[j] for (i, j) in edge)
    term own   = sum(h[i] * z[i] for i in site)
    term more  = 0.2 * sum((z[i] - z[j]) ^ 2 for (i, j) in edge)
  }`;

const fixing =
  (unknown: string, values: Readonly<Record<number, number>>) =>
  (clamp: Clamp, model: Model): void => {
    const slot = slotOf(model, unknown);
    for (const [i, v] of Object.entries(values)) {
      clamp.fixed.get(slot)![Number(i)] = 1;
      clamp.values.get(slot)![Number(i)] = v;
    }
  };

describe('draws of a forest', () => {
  it('are exact for a hidden Markov chain', () => expectExact(hidden));

  it('are exact at another temperature', () => expectExact(hidden, { beta: 0.35 }));

  it('are exact with fixed elements, which part the chain', () =>
    expectExact(hidden, { fix: fixing('z', { 0: 2, 3: 1 }), draws: 20 }));

  it.each(['spin', 'bit'])('are exact for a tree of %s', (domain) => expectExact(tree(domain)));

  it('are exact for a tree of numbers with a fixed one', () =>
    expectExact(tree('int(-1, 1)'), { fix: fixing('z', { 1: -1, 6: 0 }), beta: 0.6, draws: 20 }));

  it('are exact for several trees and elements without any', () =>
    expectExact(`
      index site = 7
      param h : real[site] = [0.2, -0.3, 0.5, 0.1, -0.4, 0.7, -0.1]
      energy E(z : cyclic(3)[site]) {
        term one = 0.8 * (z[4] == z[1]) + 0.5 * z[1] * z[2]
        term two = -1.1 * (z[5] == z[0])
        term own = sum(h[i] * z[i] for i in site)
      }`));

  it('are exact where fixed elements leave two of three', () =>
    expectExact(
      `
      index site = 5
      energy E(z : spin[site]) {
        term all = sum(0.7 * z[i] * z[i + 1] * z[i + 2] for i in site where i < 3) + 0.3 * sum(z)
      }`,
      { fix: fixing('z', { 2: -1 }), draws: 20 },
    ));

  it('are exact given reals that its energies depend on', async () => {
    const text = `
      index state = 2
      index day = 5
      param y : real[day] = [0.3, -0.8, 1.4, 0.9, -0.2]
      energy E(z : category(state)[day], mu : real[state], stay : real, phase : spin) {
        mu ~ normal(0, 1)
        stay ~ normal(0, 1)
        y ~ normal(mu[z], 0.8)
        term move = -sum(stay * (z[t - 1] == z[t]) for t in day where t > 0)
        term side = 0.4 * phase * sum(z[t] == 1 for t in day)
      }`;
    for (const [a, b, stay, phase] of [
      [0.5, -1, 0.7, 1],
      [-0.2, 0.9, -1.3, -1],
    ])
      await expectExact(text, {
        draws: 15,
        fix: (clamp, m) => {
          fixing('mu', { 0: a, 1: b })(clamp, m);
          fixing('stay', { 0: stay })(clamp, m);
          fixing('phase', { 0: phase })(clamp, m);
        },
      });
  });

  it('keep requirements, and repair a state that breaks some', () =>
    expectExact(`
      index site = 7
      energy E(z : category(3)[site]) {
        require z[i] != z[i + 1] for i in site where i < 6
        require z[0] != 1
        term own = sum((0.3 * i - 0.5) * (z[i] == 0) for i in site)
      }`));

  it('leave out the instances that parameters leave out', () =>
    expectExact(`
      index site = 6
      param h : real[site] = [0.2, -0.3, 0.5, 0.1, -0.4, 0.6]
      energy E(z : spin[site]) {
        term pairs = sum((1 + h[i]) * z[i] * z[i + 1] for i in site where i < 5 and h[i] > 0)
        term own   = sum(0.5 * z[i] for i in site where h[i] < 0.3)
      }`));

  it('keep states of probability 0 out', () =>
    expectExact(`
      index site = 6
      param T : real[3, 3] = [[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]]
      energy E(z : category(3)[site]) {
        term move = -sum(log(T[z[t - 1], z[t]]) for t in site where t > 0)
        term last = 0.6 * (z[5] == 2)
      }`));

  it('are exact where weights are too small for numbers', () =>
    expectExact(`
      energy E(z : bit[3]) {
        term own  = 900 * z[1]
        term pair = (900 + 0.5 * z[0]) * (1 - z[1])
        term next = z[1] * z[2]
      }`));

  it('go on site by site where no assignment is possible', async () => {
    const { model } = await open(`
      index site = 5
      energy E(z : bit[site]) {
        require z[i] != z[i + 1] for i in site where i < 4
        term own = 0.2 * sum(z)
      }`);
    const m = model();
    const slot = slotOf(m, 'z');
    const clamp = noClamp(m);
    fixing('z', { 0: 0, 3: 0 })(clamp, m);
    const forest = makeForest(m, blocksOf(m, slot), clamp, 3)!;
    const states = new Map([[slot, Float64Array.from({ length: 15 }, () => 0)]]);
    const streams = [0, 1, 2].map((c) => new Stream(1, c));
    for (let k = 0; k < 5; k++) forest.step(states, streams, plain);
    const x = states.get(slot)!;
    for (let c = 0; c < 3; c++) {
      expect([x[5 * c], x[5 * c + 3]]).toEqual([0, 0]);
      // Of the four pairs one stays broken.
      expect([0, 1, 2, 3].filter((i) => x[5 * c + i] === x[5 * c + i + 1])).toHaveLength(1);
    }
    forest.dispose();
  });

  it('of a chain do not depend on other chains', async () => {
    const { model } = await open(hidden);
    const m = model();
    const slot = slotOf(m, 'z');
    const runs = [2, 7].map((chains) => {
      const forest = makeForest(m, blocksOf(m, slot), noClamp(m), chains)!;
      const states = randomStates(m, new Stream(5), chains);
      const streams = Array.from({ length: chains }, (_, c) => new Stream(6, c));
      for (let k = 0; k < 20; k++) forest.step(states, streams, plain);
      return [...states.get(slot)!.subarray(0, 12)];
    });
    expect(runs[1]).toEqual(runs[0]);
  });
});

describe('a forest is found', () => {
  const find = async (text: string, fix?: (clamp: Clamp, model: Model) => void) => {
    const { model } = await open(text);
    const m = model();
    const clamp = noClamp(m);
    fix?.(clamp, m);
    return forestOf(m, blocksOf(m, slotOf(m, 'z')), clamp);
  };
  const ring = `
    index site = ring(6)
    energy E(z : spin[site]) { term pairs = sum(z[i] * z[i + 1] for i in site) }`;

  it('with parents before children', async () => {
    const f = (await find(tree('spin')))!;
    expect([...f.order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(f.children).toHaveLength(7);
    f.parent.forEach((p, i) => {
      expect(p).toBeLessThan(i);
      if (p >= 0) expect(f.order[p]).toBe(Math.floor((f.order[i] - 1) / 2));
    });
  });

  it('not where links close a circle, but where a fixed element opens it', async () => {
    expect(await find(ring)).toBeNull();
    expect((await find(ring, fixing('z', { 2: 1 })))?.children).toHaveLength(4);
  });

  it.each([
    ['nothing is linked', 'term own = sum(z)'],
    ['three are linked', 'term triple = z[0] * z[1] * z[2]'],
    ['all are linked', 'term total = sum(z) ^ 2'],
  ])('not where %s', async (_, term) => {
    expect(await find(`index site = 5\nenergy E(z : spin[site]) { ${term} }`)).toBeNull();
  });

  it('not with too many states', async () => {
    const text = (k: number): string =>
      `index site = 5\nenergy E(z : int(1, ${k})[site]) { term pairs = sum(z[i] * z[i + 1] for i in site where i < 4) }`;
    expect(await find(text(64))).not.toBeNull();
    expect(await find(text(65))).toBeNull();
  });
});
