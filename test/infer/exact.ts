/** Draws of discrete unknowns against exact probabilities of their joint states. */
import { expect } from 'vitest';
import { type DiscreteDomain, stateCount, valueMap } from '../../src/domain.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import type { Clamp, Model, States } from '../../src/infer/model.ts';
import { type SampleOptions, type SampleResult, sample } from '../../src/infer/sample.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { chiSquare, ERRORS } from './statistics.ts';

/** The number of a joint state: mixed radix over the elements of all unknowns, in order. */
function numberOf(model: Model, value: (unknown: number, element: number) => number): number {
  let at = 0;
  model.unknowns.forEach((u, k) => {
    const d = u.slot.domain as DiscreteDomain;
    const { offset, scale } = valueMap(d);
    for (let i = 0; i < u.size; i++) at = at * stateCount(d, model.sizeOf) + (value(k, i) - offset) / scale;
  });
  return at;
}

/** Exact probabilities of all joint states, by the reference engine. */
export function probabilities(model: Model, clamp: Clamp): Float64Array {
  const total = model.unknowns.reduce(
    (n, u) => n * stateCount(u.slot.domain as DiscreteDomain, model.sizeOf) ** u.size,
    1,
  );
  const p = new Float64Array(total);
  const visit = (states: States, energy: Float64Array, count: number): void => {
    for (let c = 0; c < count; c++)
      p[numberOf(model, (k, i) => states.get(model.unknowns[k].slot)![c * model.unknowns[k].size + i])] =
        Math.exp(-energy[c]);
  };
  const { logZ } = enumerateStates({ ...model, engine: referenceEngine() }, clamp, visit);
  return p.map((x) => x / Math.exp(logZ));
}

/** How often each joint state occurs in the recorded draws. */
export function counts(model: Model, draws: Draws): number[] {
  const out = new Map<number, number>();
  const values = model.unknowns.map((u) => draws.quantities.find((q) => q.name === u.slot.name)!.values);
  for (let r = 0; r < draws.chains * draws.draws; r++) {
    const at = numberOf(model, (k, i) => values[k][r * model.unknowns[k].size + i]);
    out.set(at, (out.get(at) ?? 0) + 1);
  }
  const last = [...out.keys()].reduce((x, y) => Math.max(x, y), 0);
  return Array.from({ length: last + 1 }, (_, i) => out.get(i) ?? 0);
}

/** Whether probabilities are far enough from uniform for a test of counts to tell. */
function uneven(p: readonly number[]): boolean {
  const support = p.filter((x) => x > 0).length;
  return p.some((x) => x > 0 && Math.abs(x * support - 1) > 0.2);
}

/** Counts of independent draws agree with probabilities, and would not agree with the uniform distribution. */
export function expectCounts(found: readonly number[], exact: ArrayLike<number>): void {
  expect(found.length).toBeLessThanOrEqual(exact.length);
  const p = Array.from(exact);
  const all = p.map((_, i) => found[i] ?? 0);
  // A standard normal number: beyond 5 once in 3.5 million correct runs.
  expect(chiSquare(all, p)).toBeLessThan(ERRORS);
  // The test can tell: the uniform distribution is far off.
  const support = p.filter((x) => x > 0).length;
  if (uneven(p))
    expect(
      chiSquare(
        all,
        p.map((x) => (x > 0 ? 1 / support : 0)),
      ),
    ).toBeGreaterThan(ERRORS);
}

/** Numbers added up over all but the first or the last elements, so that no more than `most` are left. */
function marginals(model: Model, values: ArrayLike<number>, most: number): readonly number[][] {
  const sides = model.unknowns.flatMap((u) =>
    new Array<number>(u.size).fill(stateCount(u.slot.domain, model.sizeOf)),
  );
  const total = sides.reduce((x, y) => x * y, 1);
  const fitting = (of: readonly number[]): number => {
    let n = 1;
    for (const k of of) {
      if (n * k > most) break;
      n *= k;
    }
    return n;
  };
  const first = new Array<number>(fitting(sides)).fill(0);
  const last = new Array<number>(fitting(sides.reverse())).fill(0);
  for (let i = 0; i < values.length; i++) {
    first[Math.floor(i / (total / first.length))] += values[i];
    last[i % last.length] += values[i];
  }
  return [first, last];
}

export const CHAINS = 8192;

/** One state of each of many independent chains, after sweeps that start at random: Gibbs, where nothing else is said. */
export async function sampleExact(
  model: Model,
  clamp: Clamp,
  options: SampleOptions = {},
): Promise<SampleResult> {
  const exact = probabilities(model, clamp);
  const result = await sample(model, clamp, {
    method: 'gibbs',
    chains: CHAINS,
    draws: 1,
    warmup: 24,
    seed: 11,
    ...options,
  });
  const found = counts(model, result.draws);
  const { chains } = result.draws;
  if (exact.length * 20 <= chains) expectCounts(found, exact);
  else {
    // Too many joint states to see each of them often.
    expect(
      chiSquare(
        Array.from(exact, (_, i) => found[i] ?? 0),
        [...exact],
      ),
    ).toBeLessThan(ERRORS);
    const [want, got] = [exact, found].map((x) => marginals(model, x, chains / 20));
    want.forEach((p, i) => {
      expectCounts(got[i], p);
    });
    expect(want.some(uneven)).toBe(true);
  }
  return result;
}

export const expectExact = async (model: Model, clamp: Clamp, options: SampleOptions = {}): Promise<Draws> =>
  (await sampleExact(model, clamp, options)).draws;
