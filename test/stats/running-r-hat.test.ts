/** R-hat while a run goes on: that of the draws so far, however they come in, and over however many workers. */
import { describe, expect, it } from 'vitest';
import { Stream } from '../../src/random/stream.ts';
import { rHat } from '../../src/stats/diagnostics.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { runningRHat, worstRHat } from '../../src/stats/running-r-hat.ts';

/** A record of numbers, chain by chain; `at` says them. */
function record(chains: number, draws: number, at: (chain: number, draw: number) => number): Draws {
  const values = new Float64Array(chains * draws);
  for (let c = 0; c < chains; c++) for (let d = 0; d < draws; d++) values[c * draws + d] = at(c, d);
  return { chains, draws, quantities: [{ name: 'energy', role: 'energy', shape: [], kind: 'real', values }] };
}

function normals(chains: number, draws: number, shift: (chain: number) => number = () => 0): Draws {
  const stream = new Stream(7, 'normals');
  return record(chains, draws, (c) => 1e4 + shift(c) + stream.normal());
}

/** Split R-hat by its definition, of draws `from` … `to` − 1. */
function plainly({ quantities: [{ values }], chains, draws }: Draws, from: number, to: number): number {
  const n = (to - from) / 2;
  const halves = Array.from({ length: 2 * chains }, (_, k) => {
    const first = (k >> 1) * draws + from + (k % 2) * n;
    return values.slice(first, first + n);
  });
  const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
  const variance = (x: ArrayLike<number>): number => {
    const m = mean(x);
    return Array.from(x).reduce((a, b) => a + (b - m) ** 2, 0) / (x.length - 1);
  };
  const within = mean(halves.map(variance));
  return Math.sqrt((n - 1) / n + variance(halves.map(mean)) / within);
}

const soFar = (draws: Draws, recorded: number): number | null => {
  const running = runningRHat();
  running.take(draws, recorded, 'once');
  return worstRHat([running.halves()]);
};

describe('R-hat of a run at work', () => {
  it('is split R-hat of the draws so far', () => {
    const draws = normals(4, 5000, (c) => 0.1 * c);
    expect(soFar(draws, 64)).toBeCloseTo(plainly(draws, 0, 64), 10);
    // Blocks of two: 49 of them are whole, and the first is left out.
    expect(soFar(draws, 99)).toBeCloseTo(plainly(draws, 2, 98), 10);
    expect(soFar(draws, 4096)).toBeCloseTo(plainly(draws, 0, 4096), 10);
    expect(soFar(draws, 4096)).toBeCloseTo(
      rHat({ values: draws.quantities[0].values, chains: 4, draws: 5000 }),
      2,
    );
  });

  it('does not depend on how many draws are taken in at once', () => {
    const draws = normals(3, 1000);
    const running = runningRHat();
    for (const n of [1, 2, 7, 64, 65, 130, 131, 400, 999, 1000]) running.take(draws, n, 'once');
    expect(worstRHat([running.halves()])).toBe(soFar(draws, 1000));
  });

  it('sees chains apart, halves of a chain apart, and where all stand still', () => {
    expect(
      soFar(
        normals(4, 400, (c) => (c === 0 ? 5 : 0)),
        400,
      ),
    ).toBeGreaterThan(1.5);
    expect(
      soFar(
        record(1, 400, (_, d) => (d % 2) + (d < 200 ? 0 : 3)),
        400,
      ),
    ).toBeGreaterThan(1.5);
    expect(
      soFar(
        record(2, 400, () => 3),
        400,
      ),
    ).toBeNull();
    expect(
      soFar(
        record(2, 400, (c) => c),
        400,
      ),
    ).toBe(Number.POSITIVE_INFINITY);
  });

  it('says nothing of a few draws', () => {
    expect(soFar(normals(4, 100), 7)).toBeNull();
    expect(soFar(normals(4, 100), 8)).not.toBeNull();
  });

  it('begins anew with another record', () => {
    const [bad, good] = [normals(2, 300, (c) => 9 * c), normals(2, 300)];
    const running = runningRHat();
    running.take(bad, 300, 'thin 1');
    running.take(good, 300, 'thin 2');
    expect(worstRHat([running.halves()])).toBe(soFar(good, 300));
  });

  it('of the parts of several workers is that of all chains', () => {
    const all = normals(5, 200, (c) => 0.3 * c);
    const part = (from: number, count: number): Draws => {
      const values = all.quantities[0].values.slice(from * 200, (from + count) * 200);
      return { chains: count, draws: 200, quantities: [{ ...all.quantities[0], values }] };
    };
    const halves = [part(0, 2), part(2, 3)].map((p) => {
      const running = runningRHat();
      running.take(p, 200, 'once');
      return running.halves();
    });
    expect(worstRHat(halves)).toBeCloseTo(soFar(all, 200)!, 12);
  });

  it('is the worst over scalars; arrays with many elements are not looked at', () => {
    const good = normals(2, 200);
    const bad = normals(2, 200, (c) => 9 * c);
    const wide = new Float64Array(2 * 200 * 17).map((_, i) => (i < 200 * 17 ? 0 : 9) + Math.sin(i));
    const quantities = [
      { ...good.quantities[0] },
      { name: 'w', role: 'unknown' as const, shape: [17], kind: 'real' as const, values: wide },
    ];
    expect(soFar({ ...good, quantities }, 200)).toBe(soFar(good, 200));
    const two = [...quantities, { ...bad.quantities[0], name: 'x', role: 'unknown' as const }];
    expect(soFar({ ...good, quantities: two }, 200)).toBe(soFar(bad, 200));
  });
});
