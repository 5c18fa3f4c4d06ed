import { expm, type Matrix, matrix } from 'mathjs';
import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/domain.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import type { Slot } from '../../src/ir/types.ts';
import { poissonCount } from '../../src/learn/exchange-kernels.ts';
import { transitionMatrix } from '../../src/learn/heat-kernels.ts';
import { circularScales, makePerturbation } from '../../src/learn/perturb.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { sameTimes } from './toy.ts';

const b = new Builder();
const sizeOf = (s: Parameters<typeof staticSize>[0]): number => staticSize(s)!;

/** Rows that are all alike, perturbed once. */
function corrupt(u: Slot, row: readonly number[], rows: number, t: number, seed: number): number[][] {
  const values = Float64Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]);
  const p = makePerturbation({
    unknowns: [u],
    sizeOf,
    columns: new Map([[u, { shape: [rows, ...u.sets.map(sizeOf)], data: values }]]),
    rows,
    draws: 2,
    times: sameTimes(t),
  });
  p.draw(new Map([[u, values]]), new Stream(seed));
  const y = p.corrupted.get(u)!;
  const x = p.negatives.get(u)!;
  expect(x.length).toBe(2 * y.length);
  return Array.from({ length: rows }, (_, n) => [...y.subarray(n * row.length, (n + 1) * row.length)]);
}

const slot = (domain: Domain, ...sets: Slot['sets']): Slot => b.slot('unknown', 'u', domain, sets, undefined);

/** The transition matrix of a walk by edges of equal rate, from state 0. */
function walk(
  states: readonly string[],
  edges: (state: string) => readonly (readonly [string, number])[],
  t: number,
) {
  const at = new Map(states.map((s, i) => [s, i]));
  const R = states.map((s) => {
    const row = new Array<number>(states.length).fill(0);
    for (const [to, rate] of edges(s)) {
      row[at.get(to)!] += rate * t;
      row[at.get(s)!] -= rate * t;
    }
    return row;
  });
  return (expm(matrix(R)) as Matrix).toArray() as number[][];
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((x, i) => permutations(items.filter((_, j) => j !== i)).map((p) => [x, ...p]));
}

const swapped = (s: string, i: number, j: number): string => {
  const x = [...s];
  [x[i], x[j]] = [x[j], x[i]];
  return x.join('');
};

function expectCounts(drawn: readonly number[][], states: readonly string[], p: readonly number[]): void {
  const counts = new Map<string, number>();
  for (const d of drawn) counts.set(d.join(''), (counts.get(d.join('')) ?? 0) + 1);
  expect([...counts.keys()].every((k) => states.includes(k))).toBe(true);
  states.forEach((s, i) => {
    const share = (counts.get(s) ?? 0) / drawn.length;
    expect(Math.abs(share - p[i])).toBeLessThan(4.5 * Math.sqrt((p[i] * (1 - p[i])) / drawn.length));
  });
}

describe('a perturbed permutation', () => {
  const k = 4;
  const states = permutations([0, 1, 2, 3]).map((p) => p.join(''));
  const edges = (s: string): [string, number][] => {
    const out: [string, number][] = [];
    // k/2 transpositions in a unit of time, both positions uniform: each pair at rate (k/2)·2/k².
    for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out.push([swapped(s, i, j), 1 / k]);
    return out;
  };
  const set = b.range(k);
  const domain: Domain = { kind: 'permutation', values: set };

  it('walks by random transpositions', () => {
    for (const t of [0.2, 1.1]) {
      const Q = walk(states, edges, t);
      const from = states.indexOf('2031');
      expectCounts(corrupt(slot(domain, set), [2, 0, 3, 1], 20_000, t, 5), states, Q[from]);
    }
  });

  it('moves each element like a category of as many values', () => {
    const t = 0.6;
    const Q = transitionMatrix({ kind: 'category', values: set }, t, k);
    const rows = 20_000;
    const drawn = corrupt(slot(domain, set), [0, 1, 2, 3], rows, t, 6);
    for (let i = 0; i < k; i++)
      for (let v = 0; v < k; v++) {
        const p = Q[i * k + v];
        const share = drawn.filter((d) => d[i] === v).length / rows;
        expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / rows));
      }
  });

  it('moves several permutations of a row apart from each other', () => {
    const drawn = corrupt(slot(domain, b.range(2), set), [0, 1, 2, 3, 3, 2, 1, 0], 8000, 0.4, 7);
    const [first, second] = [0, k].map((o) => drawn.map((d) => d.slice(o, o + k)));
    for (const d of [...first, ...second]) expect([...d].sort()).toEqual([0, 1, 2, 3]);
    const moved = (d: number[], from: string): number => Number(d.join('') !== from);
    const [p, q] = [first.map((d) => moved(d, '0123')), second.map((d) => moved(d, '3210'))];
    const mean = (x: number[]): number => x.reduce((a, c) => a + c, 0) / x.length;
    const both = mean(p.map((x, i) => x * q[i]));
    expect(Math.abs(both - mean(p) * mean(q))).toBeLessThan(4.5 * Math.sqrt(0.25 / 8000));
    expect(mean(p)).toBeGreaterThan(0.2);
  });
});

describe('a perturbed subset', () => {
  const set = b.range(5);
  const states = ['11000', '10100', '10010', '10001', '01100', '01010', '01001', '00110', '00101', '00011'];
  const rate = (2 * 2 * 3) / 5;
  const edges = (s: string): [string, number][] => {
    const out: [string, number][] = [];
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < i; j++) if (s[i] !== s[j]) out.push([swapped(s, i, j), rate / 6]);
    return out;
  };

  it('walks by exchanges of an element in it and one outside', () => {
    for (const t of [0.15, 0.9]) {
      const Q = walk(states, edges, t);
      const drawn = corrupt(slot({ kind: 'subset', of: set, count: 2 }, set), [0, 1, 0, 0, 1], 20_000, t, 8);
      expectCounts(drawn, states, Q[states.indexOf('01001')]);
    }
  });

  it('forgets its start as bits do', () => {
    const t = 0.35;
    const rows = 40_000;
    const drawn = corrupt(slot({ kind: 'subset', of: set, count: 2 }, set), [1, 1, 0, 0, 0], rows, t, 9);
    const p = 0.4 + 0.6 * Math.exp(-2 * t);
    const share = drawn.filter((d) => d[0] === 1).length / rows;
    expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / rows));
  });

  it('stays where nothing can be exchanged', () => {
    for (const count of [0, 5]) {
      const row = new Array<number>(5).fill(count / 5);
      expect(corrupt(slot({ kind: 'subset', of: set, count }, set), row, 3, 2, 1)).toEqual([row, row, row]);
    }
  });
});

describe('a perturbed angle', () => {
  it('has the moments of a wrapped Gaussian in units of the spread of its column', () => {
    const u = slot({ kind: 'angle' });
    const rows = 40_000;
    // All rows at one angle: the spread of a constant column counts as 1.
    const t = 0.8;
    const x = corrupt(u, [3], rows, t, 11).map((d) => d[0]);
    expect(x.every((v) => v >= -Math.PI && v < Math.PI)).toBe(true);
    expect(x.some((v) => v < 0)).toBe(true);
    for (const p of [1, 2]) {
      const cosine = x.reduce((a, v) => a + Math.cos(p * (v - 3)), 0) / rows;
      const sine = x.reduce((a, v) => a + Math.sin(p * (v - 3)), 0) / rows;
      expect(Math.abs(cosine - Math.exp((-p * p * t) / 2))).toBeLessThan(4.5 * Math.sqrt(0.5 / rows));
      expect(Math.abs(sine)).toBeLessThan(4.5 * Math.sqrt(0.5 / rows));
    }
  });

  it('is scaled alike wherever on the circle the rows lie', () => {
    const near = [-0.1, 0.1, 0.05, -0.05];
    const across = near.map((v) => (v < 0 ? v + Math.PI : v - Math.PI));
    const scale = (data: number[]): number =>
      circularScales({ shape: [4], data: Float64Array.from(data) }, 1)[0];
    expect(scale(across)).toBeCloseTo(scale(near), 12);
    expect(scale(near)).toBeCloseTo(Math.sqrt((0.02 + 0.005) / 4), 3);
    expect(scale([0, Math.PI / 2, -Math.PI / 2, -Math.PI])).toBeCloseTo(Math.SQRT2, 12);
  });
});

describe('what no kernel perturbs', () => {
  const k = b.range(3);
  const half = { axes: [], body: b.const(0.5) };
  it.each<[string, Domain, Slot['sets'], number[]]>([
    ['simplex(3)', { kind: 'simplex', over: k }, [k], [0.2, 0.3, 0.5]],
    ['cholesky_corr(3)', { kind: 'cholesky_corr', over: k }, [k, k], [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ['real(0, …)', { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY, upper: half }, [], [0.2]],
  ])('%s is refused', (shown, domain, sets, row) => {
    let error: unknown;
    try {
      corrupt(slot(domain, ...sets), row, 2, 0.1, 1);
    } catch (e) {
      error = e;
    }
    if (!(error instanceof EnergyError)) throw new Error('expected an EnergyError');
    expect(error.diagnostics[0].code).toBe('E0719');
    expect(error.diagnostics[0].message).toContain(shown);
  });
});

describe('poissonCount', () => {
  it('has the mean and the variance of a Poisson number', () => {
    const n = 20_000;
    for (const mean of [0, 0.2, 3.5, 40]) {
      const stream = new Stream(12, String(mean));
      const x = Array.from({ length: n }, () => poissonCount(mean, stream));
      const m = x.reduce((a, v) => a + v, 0) / n;
      const variance = x.reduce((a, v) => a + (v - m) ** 2, 0) / n;
      expect(Math.abs(m - mean)).toBeLessThanOrEqual(4.5 * Math.sqrt(mean / n));
      // Var(s²) = (μ + 2μ²)/n
      expect(Math.abs(variance - mean)).toBeLessThanOrEqual(4.5 * Math.sqrt((mean + 2 * mean * mean) / n));
    }
  });
});
