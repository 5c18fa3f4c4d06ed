import fc from 'fast-check';
import { expm, type Matrix, matrix } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { graphTime, graphTransitions, type StateGraph, stateGraph } from '../../src/learn/graph-kernel.ts';
import {
  type ElementDomain,
  heatKernel,
  perturbState,
  scaledTime,
  transitionMatrix,
} from '../../src/learn/heat-kernels.ts';
import { Stream } from '../../src/random/stream.ts';

type Pairs = readonly (readonly [number, number])[];
const graphOf = (states: number, pairs: Pairs): StateGraph =>
  stateGraph(
    states,
    pairs.map((p) => p[0]),
    pairs.map((p) => p[1]),
  );
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const path = (S: number): StateGraph =>
  graphOf(
    S,
    upTo(S - 1).map((i) => [i, i + 1]),
  );
const ring = (S: number): StateGraph =>
  graphOf(
    S,
    upTo(S).map((i) => [i, (i + 1) % S]),
  );
const complete = (S: number): StateGraph =>
  graphOf(
    S,
    upTo(S).flatMap((i) => upTo(i).map((j) => [i, j] as const)),
  );

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
};

function laplacian(S: number, pairs: Pairs): number[][] {
  const L = upTo(S).map(() => new Array<number>(S).fill(0));
  const seen = new Set<string>();
  for (const [i, j] of pairs) {
    const key = `${Math.min(i, j)} ${Math.max(i, j)}`;
    if (i === j || seen.has(key)) continue;
    seen.add(key);
    L[i][j]--;
    L[j][i]--;
    L[i][i]++;
    L[j][j]++;
  }
  return L;
}

const anyGraph = fc.integer({ min: 1, max: 12 }).chain((S) =>
  fc.record({
    S: fc.constant(S),
    pairs: fc.array(fc.tuple(fc.nat(S - 1), fc.nat(S - 1)), { maxLength: 30 }),
  }),
);

describe('the heat kernel of a graph', () => {
  it('is the kernel of the domain with the same graph', () => {
    for (const t of [0, 0.03, 0.7, 12, 300])
      for (const S of [2, 3, 5, 17]) {
        const P = transitionMatrix({ kind: 'ordinal', size: S }, t, S);
        expect(furthest(graphTransitions(path(S), t), P)).toBeLessThan(1e-14);
        const K = transitionMatrix(
          { kind: 'category', values: { id: 0, name: '', kind: { kind: 'open' } } },
          t,
          S,
        );
        expect(furthest(graphTransitions(complete(S), t / S), K)).toBeLessThan(1e-14);
        if (S > 2) {
          const C = transitionMatrix({ kind: 'cyclic', size: S }, t, S);
          expect(furthest(graphTransitions(ring(S), t), C)).toBeLessThan(1e-14);
        }
      }
  });

  it('is the exponential of minus the Laplacian, whatever way the pairs are named', () => {
    fc.assert(
      fc.property(anyGraph, fc.double({ min: 0, max: 4, noNaN: true }), ({ S, pairs }, t) => {
        const want = expm(matrix(laplacian(S, pairs).map((r) => r.map((v) => -t * v)))) as Matrix;
        const Q = graphTransitions(graphOf(S, pairs), t);
        expect(furthest(Q, want.toArray().flat() as number[])).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('has rows that are distributions, is symmetric, and composes', () => {
    const time = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(anyGraph, time, time, ({ S, pairs }, s, t) => {
        const graph = graphOf(S, pairs);
        const A = graphTransitions(graph, s);
        const B = graphTransitions(graph, t);
        const both = new Float64Array(S * S);
        for (let a = 0; a < S; a++) {
          let total = 0;
          for (let b = 0; b < S; b++) {
            total += A[a * S + b];
            expect(A[a * S + b]).toBeGreaterThanOrEqual(0);
            expect(Math.abs(A[a * S + b] - A[b * S + a])).toBeLessThan(1e-14);
            for (let k = 0; k < S; k++) both[a * S + b] += A[a * S + k] * B[k * S + b];
          }
          expect(Math.abs(total - 1)).toBeLessThan(1e-13);
        }
        expect(furthest(both, graphTransitions(graph, s + t))).toBeLessThan(1e-13);
      }),
      { numRuns: 60 },
    );
  });

  it('never leaves a component, and becomes uniform in it', () => {
    // 0–1–2, 3–4, 5 alone.
    const Q = graphTransitions(
      graphOf(6, [
        [0, 1],
        [2, 1],
        [1, 2],
        [3, 4],
        [5, 5],
      ]),
      400,
    );
    const third = 1 / 3;
    const want = [
      [third, third, third, 0, 0, 0],
      [third, third, third, 0, 0, 0],
      [third, third, third, 0, 0, 0],
      [0, 0, 0, 0.5, 0.5, 0],
      [0, 0, 0, 0.5, 0.5, 0],
      [0, 0, 0, 0, 0, 1],
    ].flat();
    expect(furthest(Q, want)).toBeLessThan(1e-13);
    want.forEach((p, i) => {
      if (p === 0) expect(Q[i]).toBe(0);
    });
  });

  it('has the time of a plain category on a complete graph, and 1/(1 + mean degree) of it elsewhere', () => {
    expect(graphTime(complete(7), 0.3)).toBeCloseTo(0.3 / 7, 15);
    expect(graphTime(ring(9), 0.3)).toBeCloseTo(0.1, 15);
    expect(graphTime(graphOf(4, [[0, 1]]), 0.3)).toBeCloseTo(0.2, 15);
    // t is the rate of drawing anew among a state and its neighbours: it leaves at rate t·d/(1 + d).
    const Q = graphTransitions(ring(9), graphTime(ring(9), 1e-4));
    expect((1 - Q[0]) / 1e-4).toBeCloseTo(2 / 3, 3);
  });
});

describe('perturbing a category on a graph', () => {
  it('follows the matrix at the scaled time', () => {
    const S = 6;
    const pairs: Pairs = [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
      [3, 4],
    ];
    const graph = graphOf(S, pairs);
    const domain: ElementDomain = {
      kind: 'category',
      values: { id: 0, name: 'site', kind: { kind: 'range', size: S } },
    };
    const t = scaledTime(domain, 0.8, S, graph);
    expect(t).toBe(graphTime(graph, 0.8));
    const Q = graphTransitions(graph, t);
    const kernel = heatKernel(domain, t, S, graph);
    if (kernel.kind !== 'table') throw new Error('a graph needs a table');
    const n = 20_000;
    const stream = new Stream(7, 'graph');
    for (let a = 0; a < S; a++) {
      const counts = new Float64Array(S);
      for (let i = 0; i < n; i++) counts[perturbState(kernel, a, stream.uniform())]++;
      for (let b = 0; b < S; b++) {
        const p = Q[a * S + b];
        if (p === 0) expect(counts[b]).toBe(0);
        else expect(Math.abs(counts[b] / n - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / n) + 1e-9);
      }
    }
  });
});
