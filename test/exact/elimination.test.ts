/** Bucket elimination against sums over all states of random graphs, and against reference problems. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DiscreteGraph, energyOf } from '../../src/exact/graph.ts';
import { type Exact, exactly } from '../../src/exact/index.ts';
import { eliminationOrder } from '../../src/exact/order.ts';
import { Stream } from '../../src/random/stream.ts';
import { chiSquare } from '../infer/statistics.ts';

const inf = Number.POSITIVE_INFINITY;

interface Shape {
  readonly variables: number;
  readonly factors: number;
  readonly arity: number;
  /** Energies are up to this far from 0. */
  readonly size: number;
  /** The share of forbidden joint states of a factor. */
  readonly forbidden: number;
}

function randomGraph(seed: number, { variables, factors, arity, size, forbidden }: Shape): DiscreteGraph {
  const stream = new Stream(seed, 'graph');
  const states = Int32Array.from({ length: variables }, () => 1 + stream.int(4));
  const shared = new Map<number, Float64Array>();
  return {
    states,
    constant: stream.normal(),
    factors: Array.from({ length: factors }, () => {
      const all = Array.from({ length: variables }, (_, i) => i);
      const scope = Int32Array.from(
        { length: Math.min(variables, stream.int(arity + 1)) },
        () => all.splice(stream.int(all.length), 1)[0],
      );
      const entries = scope.reduce((n, v) => n * states[v], 1);
      const own = Float64Array.from({ length: entries }, () =>
        entries > 1 && stream.uniform() < forbidden ? inf : size * (2 * stream.uniform() - 1),
      );
      // Some tables stand in several places.
      const energy = stream.uniform() < 0.3 ? (shared.get(entries) ?? own) : own;
      shared.set(entries, energy);
      return { scope, energy };
    }),
  };
}

/** All joint states with their energies. */
function* statesOf(graph: DiscreteGraph): Generator<{ codes: number[]; energy: number }> {
  const codes = new Array<number>(graph.states.length).fill(0);
  for (;;) {
    yield { codes: [...codes], energy: energyOf(graph, codes) };
    let d = codes.length - 1;
    while (d >= 0 && ++codes[d] === graph.states[d]) codes[d--] = 0;
    if (d < 0) return;
  }
}

interface Brute {
  readonly logZ: number;
  readonly least: number;
  readonly probability: (holds: (codes: readonly number[]) => boolean) => number;
  readonly all: readonly number[];
}

function brute(graph: DiscreteGraph): Brute {
  const list = [...statesOf(graph)];
  const least = list.reduce((x, s) => Math.min(x, s.energy), inf);
  const weights = list.map((s) => (least === inf ? 0 : Math.exp(least - s.energy)));
  const sum = weights.reduce((x, y) => x + y, 0);
  return {
    logZ: least === inf ? -inf : Math.log(sum) - least,
    least,
    probability: (holds) => list.reduce((p, s, i) => (holds(s.codes) ? p + weights[i] / sum : p), 0),
    all: weights.map((w) => w / sum),
  };
}

const of = (graph: DiscreteGraph): Exact => {
  const made = exactly(graph);
  if ('why' in made) throw new Error(made.why);
  return made;
};

const near = (got: number, want: number, what: string): void => {
  if (got !== want)
    expect(Math.abs(got - want), `${what}: ${got}, ${want}`).toBeLessThan(1e-10 * (1 + Math.abs(want)));
};

const shapes: Readonly<Record<string, Shape>> = {
  'energies near 1': { variables: 6, factors: 9, arity: 3, size: 2, forbidden: 0 },
  'with what is forbidden': { variables: 6, factors: 10, arity: 3, size: 2, forbidden: 0.25 },
  'energies too far apart for weights': { variables: 6, factors: 9, arity: 3, size: 900, forbidden: 0.1 },
  'energies at the edge of weights': { variables: 6, factors: 12, arity: 2, size: 149, forbidden: 0.1 },
  'few factors': { variables: 5, factors: 2, arity: 2, size: 1, forbidden: 0.2 },
  'one large factor': { variables: 5, factors: 3, arity: 5, size: 3, forbidden: 0.5 },
};

describe('elimination', () => {
  for (const [name, shape] of Object.entries(shapes))
    it(`has the sums, marginals and lowest energies of all states: ${name}`, () => {
      let empty = 0;
      for (let seed = 0; seed < 60; seed++) {
        const graph = randomGraph(seed, shape);
        const exact = of(graph);
        const want = brute(graph);
        near(exact.logZ(), want.logZ, 'ln Z');
        const best = exact.map();
        if (want.least === inf) {
          empty++;
          expect(best).toBe(null);
          expect(exact.marginals()).toBe(null);
          expect(exact.drawer()).toBe(null);
          continue;
        }
        near(best!.energy, want.least, 'lowest energy');
        expect(energyOf(graph, best!.codes)).toBe(best!.energy);
        const wanted = graph.factors.map((f) => f.scope).filter((s) => s.length > 0);
        const { single, joint } = exact.marginals(wanted)!;
        single.forEach((p, v) => {
          for (let s = 0; s < p.length; s++)
            near(
              p[s],
              want.probability((c) => c[v] === s),
              `P(${v} = ${s})`,
            );
        });
        wanted.forEach((scope, i) => {
          const p = joint[i]!;
          for (let e = 0; e < p.length; e++) {
            const codes: number[] = [];
            for (let d = scope.length - 1, left = e; d >= 0; d--) {
              codes[d] = left % graph.states[scope[d]];
              left = Math.floor(left / graph.states[scope[d]]);
            }
            near(
              p[e],
              want.probability((c) => scope.every((v, d) => c[v] === codes[d])),
              'joint',
            );
          }
        });
      }
      expect(empty).toBeLessThan(40);
    });

  it('draws joint states with their probabilities', () => {
    for (let seed = 0; seed < 12; seed++) {
      const graph = randomGraph(seed, {
        variables: 4,
        factors: 6,
        arity: 3,
        size: seed % 2 ? 1 : 400,
        forbidden: 0.1,
      });
      const draw = of(graph).drawer();
      if (!draw) continue;
      const want = brute(graph).all;
      const codes = new Int32Array(4);
      const stream = new Stream(seed, 'draws');
      const counts = new Array<number>(want.length).fill(0);
      for (let i = 0; i < 20_000; i++) {
        draw(stream, codes);
        counts[codes.reduce((at, c, v) => at * graph.states[v] + c, 0)]++;
      }
      want.forEach((p, i) => {
        if (p === 0) expect(counts[i]).toBe(0);
      });
      if (want.filter((p) => p > 1e-3).length > 1) expect(chiSquare(counts, want)).toBeLessThan(5);
    }
  });

  it('is not stopped by a circle of many variables', () => {
    const n = 8000;
    const energy = Float64Array.of(0, 1, 1, 0);
    const ring: DiscreteGraph = {
      states: new Int32Array(n).fill(2),
      factors: Array.from({ length: n }, (_, i) => ({ scope: Int32Array.of(i, (i + 1) % n), energy })),
      constant: 0,
    };
    // Z = λ₁ⁿ + λ₂ⁿ of the transfer matrix.
    const [a, b] = [1 + Math.exp(-1), 1 - Math.exp(-1)];
    const exact = of(ring);
    expect(exact.elimination.width).toBe(2);
    expect(Math.abs(exact.logZ() - (n * Math.log(a) + Math.log1p((b / a) ** n)))).toBeLessThan(1e-7);
  });

  it('works off a hub with very many neighbours', () => {
    const n = 4000;
    const energy = Float64Array.of(0, 1, 1, 0);
    const star: DiscreteGraph = {
      states: new Int32Array(n + 1).fill(2),
      factors: Array.from({ length: n }, (_, i) => ({ scope: Int32Array.of(0, i + 1), energy })),
      constant: 0,
    };
    const exact = of(star);
    expect(exact.elimination.width).toBe(1);
    expect(Math.abs(exact.logZ() - (Math.LN2 + n * Math.log1p(Math.exp(-1))))).toBeLessThan(1e-7);
    expect(exact.map()!.energy).toBe(0);
  });

  it('says why it cannot', () => {
    const n = 40;
    const factors = [];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++)
        factors.push({ scope: Int32Array.of(i, j), energy: Float64Array.of(0, 1, 1, 0) });
    const dense: DiscreteGraph = { states: new Int32Array(n).fill(2), factors, constant: 0 };
    expect(exactly(dense)).toEqual({
      why: 'summing its unknowns out one by one takes tables of more than 2^26 numbers',
    });
  });

  it('finds the same order for the same seed', () => {
    const graph = randomGraph(3, { variables: 40, factors: 70, arity: 2, size: 1, forbidden: 0 });
    const [one, two] = [eliminationOrder(graph, { seed: 5 }), eliminationOrder(graph, { seed: 5 })];
    expect(one).toEqual(two);
  });
});

const shared = path.resolve(import.meta.dirname, '../../../shared/data/reference');

function readUai(file: string): DiscreteGraph {
  const words = readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).map(Number);
  let at = 1;
  const states = Int32Array.from({ length: words[at++] }, () => words[at++]);
  const scopes = Array.from({ length: words[at++] }, () =>
    Int32Array.from({ length: words[at++] }, () => words[at++]),
  );
  const factors = scopes.map((scope) => ({
    scope,
    energy: Float64Array.from({ length: words[at++] }, () => -Math.log(words[at++])),
  }));
  return { states, factors, constant: 0 };
}

interface Reference {
  readonly log_Z: number;
  readonly evidence: Readonly<Record<string, number>>;
  readonly marginals: readonly (readonly number[])[];
  readonly map_energy?: number;
}

describe('reference problems', () => {
  for (const name of ['alarm_bn', 'uai_Segmentation_11', 'uai_Grids_11']) {
    const file = path.join(shared, name, 'model.uai');
    it.skipIf(!existsSync(file))(name, () => {
      const want = JSON.parse(readFileSync(path.join(shared, name, 'reference.json'), 'utf8')) as Reference;
      const all = readUai(file);
      const evidence = Object.entries(want.evidence).map(([v, state]) => ({
        scope: Int32Array.of(Number(v)),
        energy: new Float64Array(all.states[Number(v)]).fill(inf).fill(0, state, state + 1),
      }));
      const exact = of({ ...all, factors: [...all.factors, ...evidence] });
      expect(Math.abs(exact.logZ() - want.log_Z)).toBeLessThan(1e-9);
      if (want.map_energy !== undefined) near(exact.map()!.energy, want.map_energy, 'lowest energy');
      // The wide ones take seconds: their sums are enough.
      if (exact.elimination.total > 2 ** 22) return;
      const { single } = exact.marginals()!;
      want.marginals?.forEach((p, v) => {
        p.forEach((x, s) => {
          expect(Math.abs(single[v][s] - x)).toBeLessThan(1e-8);
        });
      });
    });
  }
});
