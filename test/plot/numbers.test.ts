import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { association } from '../../src/plot/association.ts';
import { binCount, binned, density, displayRange } from '../../src/plot/bins.ts';
import { escapeText } from '../../src/plot/markup.ts';
import { formatNumber, logTicks, niceTicks, padded, tickFormat } from '../../src/plot/numbers.ts';
import { frequencies, levelsOf, seriesOf } from '../../src/plot/series.ts';
import { fitText, plural, textWidth } from '../../src/plot/text.ts';
import { category, normals, real } from './well-formed.ts';

describe('ticks', () => {
  it('are few, inside, evenly spaced and told apart by their labels', () => {
    const bound = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        bound,
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.integer({ min: 2, max: 10 }),
        (lo, w, n) => {
          const range = padded({ lo, hi: lo + w });
          const ticks = niceTicks(range, n);
          const step = ticks[1] - ticks[0];
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(2 * n + 2);
          for (const t of ticks) {
            expect(t).toBeGreaterThanOrEqual(range.lo - step * 1e-6);
            expect(t).toBeLessThanOrEqual(range.hi + step * 1e-6);
          }
          const format = tickFormat(ticks);
          expect(new Set(ticks.map(format)).size).toBe(ticks.length);
        },
      ),
    );
  });

  it('are whole numbers where asked', () => {
    expect(niceTicks({ lo: 0.5, hi: 3.5 }, 8, true)).toEqual([1, 2, 3]);
  });

  it('are powers of ten on a logarithmic axis', () => {
    expect(logTicks({ lo: 0.5, hi: 20000 })).toEqual([1, 10, 100, 1000, 10000]);
    expect(logTicks({ lo: 0.9, hi: 11 })).toEqual([1, 2, 5, 10]);
  });
});

it('writes numbers as a reader would', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-1.2345, '−1.23'],
    [20000, '20,000'],
    [3e-7, '3×10⁻⁷'],
    [-1e30, '−10³⁰'],
    [1.5e6, '1.5×10⁶'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NaN, 'NaN'],
  ];
  for (const [v, text] of cases) expect(formatNumber(v)).toBe(text);
});

describe('padded', () => {
  it('opens any range to a finite one that contains it', () => {
    const any = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
        const range = padded({ lo, hi });
        expect(range.lo).toBeLessThanOrEqual(lo);
        expect(range.hi).toBeGreaterThanOrEqual(hi);
        expect(range.hi - range.lo).toBeGreaterThan(0);
        expect(Number.isFinite(range.hi - range.lo)).toBe(true);
      }),
    );
  });
});

describe('bins', () => {
  it('count every finite value inside or outside', () => {
    const values = [0, 0.5, 1, 2, -1, Number.NaN, Number.POSITIVE_INFINITY];
    expect(binned(values, { lo: 0, hi: 1 }, 2)).toMatchObject({ counts: [1, 2], outside: 2, total: 5 });
  });

  it('number about what the rule of Freedman and Diaconis says', () => {
    const values = normals(1000, 1);
    const range = displayRange(values);
    const expected = (range.hi - range.lo) / ((2 * 1.35) / 10);
    expect(Math.abs(binCount(values, range) - expected)).toBeLessThan(5);
  });

  it('a density integrates to one and peaks where the values are', () => {
    const values = normals(3000, 2);
    const range = { lo: -6, hi: 6 };
    const curve = density(values, range);
    const step = curve[1].x - curve[0].x;
    expect(curve.reduce((sum, p) => sum + p.y * step, 0)).toBeCloseTo(1, 9);
    const peak = Math.max(...curve.map((p) => p.y));
    expect(peak).toBeGreaterThan(0.34);
    expect(peak).toBeLessThan(0.46);
  });

  it('look at the whole of a sample unless its tails are far', () => {
    expect(displayRange([0, 1, 2, 3])).toEqual({ lo: 0, hi: 3 });
    const range = displayRange([...normals(1000, 3), 1e9]);
    expect(range.hi).toBeLessThan(10);
  });
});

describe('series', () => {
  const draws = {
    chains: 2,
    draws: 2,
    quantities: [
      {
        name: 's',
        role: 'unknown',
        shape: [2, 3],
        kind: 'integer',
        values: Float64Array.from({ length: 24 }, (_, i) => i),
      },
    ],
  } as const;

  it('pick one element of every draw, chain by chain', () => {
    const series = seriesOf(draws, draws.quantities[0], 4);
    expect(series.name).toBe('s[1,1]');
    expect(series.chains.map((c) => Array.from(c))).toEqual([
      [4, 10],
      [16, 22],
    ]);
    expect(() => seriesOf(draws, draws.quantities[0], 6)).toThrow(/has 6 elements/);
  });

  it('know the values they can take', () => {
    const spin = { name: 's', kind: 'integer', lo: -1, hi: 1, chains: [[1, 1]] } as const;
    expect(levelsOf(spin).map((l) => l.label)).toEqual(['−1', '1']);
    expect(frequencies(spin).counts).toEqual([0, 2]);
    const z = category('z', ['a', 'b'], [1, Number.NaN]);
    expect(frequencies(z)).toMatchObject({ counts: [0, 1], total: 1 });
  });
});

describe('association', () => {
  const x = normals(500, 7);

  it('is the correlation of numbers', () => {
    const y = x.map((v) => 3 * v - 2);
    expect(association(real('x', x), real('y', y)).value).toBeCloseTo(1, 12);
    expect(Math.abs(association(real('x', x), real('y', normals(500, 8))).value)).toBeLessThan(
      3 / Math.sqrt(500),
    );
  });

  it('is not a number where one is constant', () => {
    expect(
      association(
        real('x', x),
        real(
          'c',
          x.map(() => 3),
        ),
      ).value,
    ).toBeNaN();
  });

  it('is V = 1 for a relabelled category and η = 1 for a function of it', () => {
    const z = category('z', ['a', 'b', 'c'], [0, 1, 2, 0, 1, 2]);
    const w = category('w', ['a', 'b', 'c'], [2, 0, 1, 2, 0, 1]);
    expect(association(z, w)).toEqual({ symbol: 'V', value: 1 });
    const eta = association(real('x', [5, 1, 9, 5, 1, 9]), z);
    expect(eta.symbol).toBe('η');
    expect(eta.value).toBeCloseTo(1, 12);
  });
});

describe('text', () => {
  it('is cut to the room it has', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 60 }),
        fc.double({ min: 20, max: 300, noNaN: true }),
        (text, width) => {
          expect(textWidth(fitText(text, width, 12), 12)).toBeLessThanOrEqual(width + 1e-9);
        },
      ),
    );
    expect(fitText('short', 100, 12)).toBe('short');
    expect(fitText('a very long name indeed', 60, 12)).toMatch(/^a.*…$/);
  });

  it('agrees in number', () => {
    expect([plural(1, 'draw'), plural(1000, 'draw')]).toEqual(['1 draw', '1,000 draws']);
  });

  it('loses nothing but what XML forbids', () => {
    expect(escapeText('a<b & "c" \u0007 é 漢 😀')).toBe('a&lt;b &amp; &quot;c&quot; \ufffd é 漢 😀');
  });
});
