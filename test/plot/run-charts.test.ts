import { describe, expect, it } from 'vitest';
import { runCharts } from '../../src/plot/run-charts.ts';
import type { Draws, Quantity } from '../../src/stats/draws.ts';
import { ctx, fault, hostile, normals, texts, unplaced } from './well-formed.ts';

const CHAINS = 4;
const DRAWS = 60;

function quantity(
  name: string,
  role: Quantity['role'],
  shape: readonly number[],
  rest: Partial<Quantity> = {},
): Quantity {
  const size = shape.reduce((a, b) => a * b, 1) * CHAINS * DRAWS;
  return { name, role, shape, kind: 'real', values: normals(size, name.length), ...rest };
}

const spinValues = (size: number): Float64Array =>
  normals(size * CHAINS * DRAWS, 9).map((v) => (v > 0 ? 1 : -1));

const run: Draws = {
  chains: CHAINS,
  draws: DRAWS,
  quantities: [
    quantity('s', 'unknown', [6, 6], { kind: 'integer', lo: -1, hi: 1, values: spinValues(36) }),
    quantity('mu', 'unknown', []),
    quantity('theta', 'unknown', [3]),
    quantity('stuck', 'report', [], {
      values: normals(CHAINS * DRAWS, 3).map((v, i) => v + 9 * Math.floor(i / DRAWS)),
    }),
    quantity('coupling', 'term', []),
    quantity('E', 'energy', []),
  ],
};

describe('runCharts', () => {
  const charts = runCharts(ctx, run, { history: [{ name: 'loss', values: [3, 2, 1] }], traces: 1 });
  const files = charts.map((c) => c.file);

  it('chooses what suits the run', () => {
    expect(files).toEqual([
      'training.svg',
      'terms.svg',
      'lattice-s-draws.svg',
      'lattice-s-mean.svg',
      'trace-stuck.svg',
      'ranks-stuck.svg',
      'marginal-mu.svg',
      'marginal-theta-0.svg',
      'marginal-theta-1.svg',
      'marginal-theta-2.svg',
      'marginal-stuck.svg',
      'pairs.svg',
    ]);
    for (const c of charts) expect(fault(c.svg) ?? unplaced(c.svg)).toBeUndefined();
  });

  it('puts the worst mixing first and says how bad it is', () => {
    const worst = charts.find((c) => c.file === 'trace-stuck.svg');
    const note = texts(worst?.svg ?? '').find((t) => t.includes('R-hat'));
    expect(Number(/R-hat ([\d.]+)/.exec(note ?? '')?.[1])).toBeGreaterThan(1.5);
  });

  it('shows energy terms beside the total', () => {
    const svg = charts.find((c) => c.file === 'terms.svg')?.svg ?? '';
    expect(texts(svg)).toEqual(expect.arrayContaining(['coupling', 'E']));
  });

  it('gives the same files again', () => {
    const again = runCharts(ctx, run, { history: [{ name: 'loss', values: [3, 2, 1] }], traces: 1 });
    expect(again).toEqual(charts);
  });

  it('names files safely and apart, whatever the quantities are called', () => {
    const names = [
      'X',
      'x',
      hostile,
      '../../etc',
      '漢',
      '字',
      `${'long'.repeat(40)}1`,
      `${'long'.repeat(40)}2`,
    ];
    const quantities = names.map((n) => quantity(n, 'unknown', []));
    const hard = runCharts(ctx, { chains: CHAINS, draws: DRAWS, quantities }, { traces: 9, marginals: 9 });
    const all = hard.map((c) => c.file);
    expect(new Set(all).size).toBe(all.length);
    for (const file of all) expect(file).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.svg$/);
    for (const c of hard) expect(fault(c.svg)).toBeUndefined();
  });

  it('draws a vector as a picture where a hint gives its sides', () => {
    const quantities = [quantity('img', 'unknown', [64])];
    const hinted = runCharts(
      ctx,
      { chains: CHAINS, draws: DRAWS, quantities },
      { lattice: [{ name: 'img', rows: 8, cols: 8, map: 'grey' }] },
    );
    expect(hinted.map((c) => c.file)).toEqual(['lattice-img-draws.svg', 'lattice-img-mean.svg']);
    const misfit = runCharts(
      ctx,
      { chains: CHAINS, draws: DRAWS, quantities },
      { lattice: [{ name: 'img', rows: 7 }] },
    );
    expect(misfit.some((c) => c.file.startsWith('lattice'))).toBe(false);
  });

  it('copes with next to nothing', () => {
    expect(runCharts(ctx, { chains: 0, draws: 0, quantities: [] })).toEqual([]);
    const empty = quantity('n', 'unknown', [0], { values: new Float64Array(0) });
    expect(runCharts(ctx, { chains: CHAINS, draws: DRAWS, quantities: [empty] })).toEqual([]);
    const one: Draws = {
      chains: 1,
      draws: 1,
      quantities: [quantity('mu', 'unknown', [], { values: Float64Array.of(Number.NaN) })],
    };
    expect(runCharts(ctx, one).map((c) => c.file)).toEqual(['marginal-mu.svg']);
  });
});
