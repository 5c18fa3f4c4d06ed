/** Fits over permutations, subsets, categories on graphs and angles; what cannot be learned from is said. */
import { beforeAll, describe, expect, it } from 'vitest';
import { initialParams } from '../../src/bind/params.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { fit as train } from '../../src/learn/fit.ts';
import type { FitOptions } from '../../src/learn/options.ts';
import { Stream } from '../../src/random/stream.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { open } from '../run/kit.ts';
import { quickOptions } from './toy.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await tfjsEngine('wasm');
}, 30_000);

const options = (steps: number): FitOptions =>
  quickOptions({
    loss: { kind: 'discrepancy', t: 0.6, tReal: 0.6, draws: 16, stabilise: 1 },
    optimizer: { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999 },
    batch: 400,
    clip: 5,
    average: 0.99,
    steps,
  });

/** Fits the first energy to the rows of its job. */
async function trained(text: string, files: Record<string, string>, steps: number) {
  const { bound, compiled } = await open(text, { files });
  if (!compiled.ok) throw new Error('it does not compile');
  const { energies, jobs } = compiled.program;
  const data = jobs[0].options.data;
  if (data?.kind !== 'rows') throw new Error('no rows');
  const { energy } = [...energies.values()][0];
  const params = initialParams(bound, 1);
  const result = await train({ bound, energy, rows: data.rows, params, options: options(steps), engine });
  expect(result.status).toBe('done');
  return (name: string): number[] =>
    [...result.params].filter(([s]) => s.name === name).flatMap(([, v]) => [...v.data]);
}

/** `rows` states in proportion to exp(−energy), in random order; fractions are dealt to the largest remainders. */
function inProportion(
  states: readonly number[][],
  energy: (s: number[]) => number,
  rows: number,
): number[][] {
  const w = states.map((s) => Math.exp(-energy(s)));
  const total = w.reduce((a, c) => a + c, 0);
  const shares = w.map((x) => (rows * x) / total);
  const counts = shares.map(Math.floor);
  const order = shares.map((s, i) => [s - counts[i], i]).sort((a, c) => c[0] - a[0]);
  const missing = rows - counts.reduce((a, c) => a + c, 0);
  for (const [, i] of order.slice(0, missing)) counts[i]++;
  const out = states.flatMap((s, i) => Array.from({ length: counts[i] }, () => s));
  new Stream(5).shuffle(out);
  return out;
}

const table = (header: string, rows: readonly number[][]): string =>
  `${header}\n${rows.map((r) => r.join(',')).join('\n')}\n`;

/** Only differences within an array matter. */
const centred = (v: readonly number[]): number[] => v.map((y) => y - v.reduce((m, w) => m + w, 0) / v.length);

const expectClose = (found: readonly number[], want: readonly number[]): void => {
  expect(found.length).toBe(want.length);
  found.forEach((v, i) => {
    expect(Math.abs(v - want[i]), `[${i}]: ${v}, not ${want[i]}`).toBeLessThan(0.08);
  });
};

describe('fit recovers', () => {
  it('energies of permutations', async () => {
    const a = [0.8, -0.5, 0.1];
    const orders = [0, 1, 2].flatMap((i) => [1, 2].map((d) => [i, (i + d) % 3, (i + 3 - d) % 3]));
    const of = await trained(
      `index place = 3
       index row
       data rows : permutation(place)[row] from "rows.csv"
       param a : real[place]
       energy E(p : permutation(place)) { term order = a[p[0]] - a[p[2]] }
       run learn = fit(E, rows)`,
      {
        'rows.csv': table(
          'p0,p1,p2',
          inProportion(orders, (s) => a[s[0]] - a[s[2]], 2000),
        ),
      },
      500,
    );
    expectClose(centred(of('a')), centred(a));
  }, 60_000);

  it('energies of subsets', async () => {
    const f = [0.9, -0.6, 0.2, -0.5];
    const pairs = [0, 1, 2, 3].flatMap((i) =>
      [0, 1, 2, 3].filter((j) => j > i).map((j) => [0, 1, 2, 3].map((k) => Number(k === i || k === j))),
    );
    const energy = (x: number[]): number => x.reduce((e, v, i) => e + v * f[i], 0);
    const of = await trained(
      `index node = 4
       index row
       data rows : subset(node, 2)[row] from "rows.csv"
       param f : real[node]
       energy E(s : subset(node, 2)) { term chosen = sum(f[i] * s[i] for i in node) }
       run learn = fit(E, rows)`,
      { 'rows.csv': table('s0,s1,s2,s3', inProportion(pairs, energy, 2000)) },
      500,
    );
    expectClose(centred(of('f')), centred(f));
  }, 60_000);

  it('energies of categories on a graph', async () => {
    const g = [0.7, -0.4, 0.3, -0.6];
    const of = await trained(
      `index node = 4
       index row
       set edge = { (i, j) for i in node, j in node where j == i + 1 or (i == 3 and j == 1) }
       data rows : category(node) on edge[row] from "rows.csv"
       param g : real[node]
       energy E(z : category(node) on edge) { term at = g[z] }
       run learn = fit(E, rows)`,
      {
        'rows.csv': table(
          'z',
          inProportion([[0], [1], [2], [3]], ([v]) => g[v], 2000),
        ),
      },
      500,
    );
    expectClose(centred(of('g')), centred(g));
  }, 60_000);

  it('energies of angles', async () => {
    const circle = Array.from({ length: 720 }, (_, i) => [((i - 359.5) * Math.PI) / 360]);
    const of = await trained(
      `index row
       data rows : angle[row] from "rows.csv"
       param c : real[2]
       energy E(x : angle) { term turn = -(c[0] * cos(x) + c[1] * sin(x)) }
       run learn = fit(E, rows)`,
      {
        'rows.csv': table(
          'x',
          inProportion(circle, ([v]) => -1.3 * Math.cos(v - 0.4), 4000),
        ),
      },
      500,
    );
    expectClose(of('c'), [1.3 * Math.cos(0.4), 1.3 * Math.sin(0.4)]);
  }, 60_000);
});

describe('fit', () => {
  it.each([
    ['w : simplex(3)', 'w0,w1,w2\n0.2,0.3,0.5\n0.1,0.1,0.8\n', 'w[0]'],
    ['w : unit(2)', 'w0,w1\n0.6,0.8\n1,0\n', 'w[0]'],
  ])('says that it cannot learn from rows of %s', async (argument, csv, first) => {
    const error = await trained(
      `index row
       data rows : ${argument.slice(4)}[row] from "rows.csv"
       param k : real = 1
       energy E(${argument}) { term t = k * ${first} }
       run learn = fit(E, rows)`,
      { 'rows.csv': csv },
      5,
    ).then(
      () => null,
      (e: unknown) => e,
    );
    if (!(error instanceof EnergyError)) throw error ?? new Error('it was learned');
    expect(error.diagnostics[0].code).toBe('E0719');
    expect(error.diagnostics[0].suggestion).toContain('free of each other');
  });
});
