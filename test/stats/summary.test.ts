import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { type Diagnosis, diagnose } from '../../src/stats/diagnostics.ts';
import type { Quantity } from '../../src/stats/draws.ts';
import { summarise } from '../../src/stats/summary.ts';

const chains = 4;
const draws = 500;
const rows = chains * draws;

/** Independent values `f(row, element)` in the layout of `Quantity`. */
function quantity(
  fields: Partial<Quantity> & Pick<Quantity, 'name'>,
  f: (row: number, element: number) => number,
): Quantity {
  const shape = fields.shape ?? [];
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: rows * size }, (_, i) => f(Math.floor(i / size), i % size));
  return { role: 'unknown', kind: 'real', shape, ...fields, values };
}

const normals = (name: string): (() => number) => {
  const s = new Stream(77, name);
  return () => s.normal();
};

describe('summarise', () => {
  it('names elements by their indices and reads the right draws, in every tile', () => {
    const noise = normals('elements');
    const q = quantity({ name: 's', shape: [7, 5] }, (_, element) => element + 0.01 * noise());
    const { quantities } = summarise({ chains, draws, quantities: [q] });
    expect(quantities.map((x) => x.name)).toEqual(
      Array.from({ length: 35 }, (_, i) => `s[${Math.floor(i / 5)},${i % 5}]`),
    );
    quantities.forEach((x, element) => {
      const column = Float64Array.from({ length: rows }, (_, row) => q.values[row * 35 + element]);
      const d: Diagnosis = diagnose({ values: column, chains, draws });
      expect(x).toEqual({
        name: x.name,
        mean: d.mean,
        sd: d.sd,
        mcse_mean: d.mcseMean,
        q5: d.q5,
        q50: d.q50,
        q95: d.q95,
        ess_bulk: d.essBulk,
        ess_tail: d.essTail,
        r_hat: d.rHat,
      });
      expect(Math.abs(x.mean! - element)).toBeLessThan(0.002);
    });
  });

  it('puts terms and the energy apart from unknowns and reports', () => {
    const noise = normals('roles');
    const summary = summarise({
      chains,
      draws,
      quantities: (['unknown', 'report', 'term', 'energy'] as const).map((role) =>
        quantity({ name: role, role }, noise),
      ),
    });
    expect(summary.quantities.map((x) => x.name)).toEqual(['unknown', 'report']);
    expect(summary.terms.map((x) => x.name)).toEqual(['term', 'energy']);
    expect([summary.draws, summary.chains]).toEqual([draws, chains]);
    expect(summary.diagnostics).toEqual([]);
  });

  it('gives a category its frequencies and the diagnostics of its worst indicator', () => {
    const s = new Stream(78, 'category');
    // Label "b" comes in long runs; "a" and "c" alternate at random in between.
    let b = false;
    const codes = quantity({ name: 'job', kind: 'category', labels: ['a', 'b', 'c', 'd'] }, () => {
      if (s.uniform() < 0.02) b = !b;
      return b ? 1 : s.int(2) * 2;
    });
    const [job] = summarise({ chains, draws, quantities: [codes] }).quantities;
    expect(Object.keys(job.frequencies!)).toEqual(['a', 'b', 'c', 'd']);
    const sum = Object.values(job.frequencies!).reduce((x, y) => x + y, 0);
    expect(sum).toBeCloseTo(1, 12);
    expect(job.frequencies!.d).toBe(0);
    expect(job.frequencies!.b).toBe(codes.values.filter((c) => c === 1).length / rows);
    expect([job.mean, job.sd, job.mcse_mean, job.q5, job.q50, job.q95]).toEqual(Array(6).fill(null));
    const of = (code: number): Diagnosis =>
      diagnose({ values: codes.values.map((c) => (c === code ? 1 : 0)), chains, draws });
    expect(job.ess_bulk).toBe(of(1).essBulk);
    expect(job.ess_bulk!).toBeLessThan(of(0).essBulk);
    expect(job.r_hat).toBe(Math.max(of(0).rHat, of(1).rHat, of(2).rHat));
  });

  it('is plain JSON, with null where there is no number', () => {
    const noise = normals('json');
    const summary = summarise({
      chains,
      draws,
      quantities: [quantity({ name: 'x' }, (row) => (row === 3 ? Number.NaN : noise()))],
    });
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary.quantities[0]).toEqual({
      name: 'x',
      mean: null,
      sd: null,
      mcse_mean: null,
      q5: null,
      q50: null,
      q95: null,
      ess_bulk: null,
      ess_tail: null,
      r_hat: null,
    });
  });
});

describe('findings', () => {
  const found = (q: Quantity): readonly { level: string; quantity: string; message: string }[] =>
    summarise({ chains, draws, quantities: [q] }).diagnostics;

  it('warns of chains that disagree, naming the worst element', () => {
    const noise = normals('apart');
    const list = found(
      quantity({ name: 'x', shape: [3] }, (row, j) => noise() + (j > 0 && row < draws ? j : 0)),
    );
    expect(list[0].level).toBe('warning');
    expect(list[0].quantity).toBe('x');
    expect(list[0].message).toMatch(
      /^R-hat of 2 of 3 elements of x is above 1\.01 \(worst: x\[2\], 1\.\d+\)/,
    );
  });

  it('warns of too few effective draws, in all and for each chain', () => {
    const noise = normals('slow');
    let x = 0;
    const list = found(
      quantity({ name: 'mu' }, (row) => {
        x = row % draws === 0 ? noise() : 0.9 * x + Math.sqrt(0.19) * noise();
        return x;
      }),
    );
    const bulk = list.find((f) => f.message.startsWith('The bulk'))!;
    expect(bulk.level).toBe('warning');
    expect(bulk.quantity).toBe('mu');
    expect(bulk.message).toContain('below 400 in all, 100 for each of 4 chains');
  });

  it('says so when simply too few draws were recorded', () => {
    const noise = normals('few');
    const short = (n: number): Quantity => ({
      ...quantity({ name: 'mu' }, noise),
      values: Float64Array.from({ length: 2 * n }, noise),
    });
    const few = summarise({ chains: 2, draws: 50, quantities: [short(50)] }).diagnostics;
    expect(few.some((f) => f.message.includes('only 100 draws were recorded'))).toBe(true);
    const three = summarise({ chains: 2, draws: 3, quantities: [short(3)] }).diagnostics;
    expect(three).toEqual([
      {
        level: 'info',
        quantity: 'mu',
        message: 'mu has 3 draws a chain; R-hat and effective sample sizes need at least 4.',
      },
    ]);
  });

  it('warns of chains stuck at different values and of draws that are not numbers', () => {
    const stuck = found(quantity({ name: 'k' }, (row) => Math.floor(row / draws)));
    expect(stuck[0]).toEqual({
      level: 'warning',
      quantity: 'k',
      message:
        'k did not move: every chain is constant, at different values. The draws say nothing about its distribution.',
    });
    const infinite = found(
      quantity({ name: 'v', shape: [2] }, (row, j) =>
        row === 9 && j === 1 ? Number.POSITIVE_INFINITY : row % 7,
      ),
    );
    expect(infinite[0].quantity).toBe('v[1]');
    expect(infinite[0].message).toContain('not finite numbers');
  });

  it('mentions constants that should vary, but not constant terms or points', () => {
    const spins = found(quantity({ name: 's', shape: [3], lo: -1, hi: 1, kind: 'integer' }, () => 1));
    expect(spins).toEqual([
      {
        level: 'info',
        quantity: 's',
        message:
          '3 of 3 elements of s have the same value in every draw. If they should vary, the sampler has not moved them.',
      },
    ]);
    const label = found(quantity({ name: 'job', kind: 'category', labels: ['a', 'b'] }, () => 1));
    expect(label[0].message).toBe(
      'job has the same value in every draw, b. If it should vary, the sampler has not moved it.',
    );
    expect(found(quantity({ name: 'zero', role: 'term' }, () => 0))).toEqual([]);
    expect(found(quantity({ name: 'one', lo: 1, hi: 1 }, () => 1))).toEqual([]);
  });
});
