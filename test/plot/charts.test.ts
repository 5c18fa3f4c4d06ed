import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byIndex, isLine } from '../../src/plot/by-index.ts';
import { calibration, reliability } from '../../src/plot/calibration.ts';
import type { ChartContext } from '../../src/plot/context.ts';
import { lattice } from '../../src/plot/lattice.ts';
import { linkedomContext } from '../../src/plot/linkedom.ts';
import { marginal } from '../../src/plot/marginal.ts';
import { pairs } from '../../src/plot/pairs.ts';
import { rankHistograms, rankPlot } from '../../src/plot/rank-plot.ts';
import type { Series } from '../../src/plot/series.ts';
import { termBars } from '../../src/plot/term-bars.ts';
import { termEnergies } from '../../src/plot/term-energies.ts';
import { decimate, trace } from '../../src/plot/trace.ts';
import { smooth, spread, trainingCurve } from '../../src/plot/training-curve.ts';
import type { Draws, Quantity } from '../../src/stats/draws.ts';
import {
  awkward,
  category,
  count,
  ctx,
  fault,
  hostile,
  normals,
  real,
  texts,
  unplaced,
} from './well-formed.ts';

/** Every chart that can be drawn from one scalar, with a word that must be readable in it. */
const charts: readonly (readonly [string, (c: ChartContext, s: Series) => string])[] = [
  ['trace', (c, s) => trace(c, s)],
  ['rankPlot', (c, s) => rankPlot(c, s)],
  ['marginal', (c, s) => marginal(c, s)],
  ['marginal over a reference', (c, s) => marginal(c, s, { reference: { ...s, chains: [[0, 1, 1, 2]] } })],
  ['pairs', (c, s) => pairs(c, [s, { ...s, name: 'again' }, real('other', [3, 1, 2])])],
  ['trainingCurve', (c, s) => trainingCurve(c, [{ name: s.name, values: s.chains[0] ?? [] }])],
  ['termEnergies', (c, s) => termEnergies(c, [s])],
  [
    'termBars',
    (c, s) => termBars(c, ['data', s.name], [{ name: s.name, means: [1, s.chains[0]?.[0] ?? 0] }]),
  ],
  [
    'lattice',
    (c, s) => {
      const values = s.chains[0] ?? [];
      return lattice(c, [{ rows: 1, cols: values.length, values, caption: s.name }], { title: s.name });
    },
  ],
  [
    'calibration',
    (c, s) => {
      const values = s.chains[0] ?? [];
      return calibration(c, reliability(values, values), { title: s.name });
    },
  ],
];

describe.each(charts)('%s', (_name, draw) => {
  it.each(awkward)('draws %s', (_case, series) => {
    const svg = draw(ctx, series);
    expect(fault(svg)).toBeUndefined();
    expect(unplaced(svg)).toBeUndefined();
    expect(texts(svg).length).toBeGreaterThan(0);
  });

  it('is one SVG file with a name for those who cannot see it, and both themes inside', () => {
    const svg = draw(ctx, real('mu', normals(50, 1), normals(50, 2)));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toMatch(/role="img"[^>]* aria-label="[^"]+"/);
    expect(svg).toMatch(/<title>[^<]+<\/title>/);
    expect(count(svg, '@media (prefers-color-scheme:dark)')).toBe(1);
    expect(svg).not.toMatch(/var\(--/);
  });

  it('draws one theme alone where told', () => {
    const series = real('mu', normals(50, 1));
    const dark = draw(linkedomContext('dark'), series);
    expect(dark).toContain('.ec-dark{color:#e7eaee}');
    expect(dark).not.toContain('@media');
    expect(draw(linkedomContext('light'), series)).toContain('.ec-light{color:#1c2127}');
  });

  it('is a function of its input alone', () => {
    const series = real('mu', normals(300, 1), normals(300, 2));
    const first = draw(ctx, series);
    expect(draw(ctx, series)).toBe(first);
    expect(draw(linkedomContext('auto'), series)).toBe(first);
  });

  it('escapes hostile names and labels', () => {
    for (const series of [real(hostile, normals(30, 3)), category(hostile, [hostile, 'b'], [0, 1, 1])]) {
      const svg = draw(ctx, series);
      expect(fault(svg)).toBeUndefined();
      expect(svg).not.toContain('<script');
      expect(count(svg, '</svg>')).toBe(1);
    }
  });
});

it('any name whatever stays text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
      const svg = marginal(ctx, category(name, [name, 'b'], [0, 1, 1]));
      expect(fault(svg)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

describe('byIndex', () => {
  const line = (rest: Partial<Quantity>, values: (draw: number, i: number) => number, size = 10): Draws => ({
    chains: 2,
    draws: 100,
    quantities: [
      {
        name: 'f',
        role: 'unknown',
        kind: 'real',
        shape: [size],
        values: Float64Array.from({ length: 200 * size }, (_, k) => values(Math.floor(k / size), k % size)),
        ...rest,
      },
    ],
  });
  const drawn = (d: Draws) => {
    const svg = byIndex(ctx, d, d.quantities[0]);
    expect(fault(svg) ?? unplaced(svg)).toBeUndefined();
    return svg;
  };
  /** The corners of a path, as they lie on the page. */
  const corners = (svg: string, mark: string, which = 0) => {
    const d = [...svg.matchAll(new RegExp(`aria-label="${mark}"[^>]*>\\s*<path[^>]* d="([^"]+)"`, 'g'))][
      which
    ][1];
    return [...d.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
  };

  it('shows the median of numbers and the intervals around it, to scale', () => {
    // Draws 0 … 199 around 10·i: the quantiles are known.
    const svg = drawn(line({}, (d, i) => 100 * i + d - 99.5));
    const median = corners(svg, 'line');
    expect(median).toHaveLength(10);
    const slope = (median[0][1] - median[9][1]) / 900;
    for (let i = 1; i < 10; i++) expect(median[i - 1][1] - median[i][1]).toBeCloseTo(100 * slope, 1);
    const [wide, half] = [corners(svg, 'area', 0), corners(svg, 'area', 1)];
    // The upper edge comes first, then the lower one back.
    expect(median[0][1] - wide[0][1]).toBeCloseTo(slope * 0.45 * 199, 1);
    expect(median[0][1] - half[0][1]).toBeCloseTo(slope * 0.25 * 199, 1);
    expect(wide[19][1] - median[0][1]).toBeCloseTo(slope * 0.45 * 199, 1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['f by index', 'median', '5 % to 95 %', 'index']));
  });

  it('leaves out what is not finite, and elements of which nothing is', () => {
    const svg = drawn(line({}, (d, i) => (i === 3 ? Number.NaN : i === 4 && d % 2 ? Infinity : i)));
    expect(corners(svg, 'line')).toHaveLength(9);
    expect(texts(drawn(line({}, () => Number.NaN)))).toContain('no finite values to draw');
  });

  it('shows the mean of spins, and the share of each value of a category', () => {
    const spins = drawn(line({ kind: 'integer', lo: -1, hi: 1 }, (d, i) => (d < 20 * i ? 1 : -1)));
    expect(texts(spins)).toContain('mean of 10 elements over 200 draws');
    expect(count(spins, '<rect')).toBeGreaterThanOrEqual(10);
    const labels = ['calm', 'wild', 'odd'];
    const svg = drawn(line({ kind: 'category', labels }, (d) => (d < 50 ? 0 : 1)));
    expect(texts(svg)).toEqual(expect.arrayContaining(['calm', 'wild', 'share of f']));
    expect(texts(svg)).not.toContain('odd');
    const heights = [...svg.matchAll(/<rect height="([\d.]+)"/g)].map((m) => Number(m[1]));
    const bars = heights.filter((h) => heights.filter((x) => Math.abs(x - h) < 1e-9).length === 10);
    const [few, most] = [Math.min(...bars), Math.max(...bars)];
    expect(most / few).toBeCloseTo(3, 2);
  });

  it('shows long lines in part, evenly', () => {
    const svg = drawn(line({}, (d, i) => i + d / 100, 5000));
    const median = corners(svg, 'line');
    expect(median).toHaveLength(400);
    expect(isLine({ ...line({}, () => 0).quantities[0], shape: [7] })).toBe(false);
    expect(isLine({ ...line({}, () => 0).quantities[0], shape: [4, 4] })).toBe(false);
  });
});

describe('trace', () => {
  it('has a line and a density for each chain, and says how many draws there are', () => {
    const svg = trace(ctx, real('mu', normals(500, 1), normals(500, 2), normals(500, 3)), {
      note: 'R-hat 1.00',
    });
    expect(count(svg, 'aria-label="line"')).toBe(6);
    expect(texts(svg)).toContain('3 chains × 500 draws · R-hat 1.00');
    expect(texts(svg)).toEqual(expect.arrayContaining(['mu', 'recorded draw', 'density', 'chain 3', '500']));
  });

  it('names the values of a category on its axis', () => {
    const svg = trace(ctx, category('job', ['clerk', 'nurse'], [0, 1, 0, 1, 1]));
    expect(texts(svg)).toEqual(expect.arrayContaining(['clerk', 'nurse', 'share']));
  });

  it('keeps the extremes when it thins', () => {
    const values = normals(20000, 4);
    values[12345] = 50;
    values[777] = -60;
    const points = decimate(values, 300);
    expect(points.length).toBeLessThanOrEqual(600);
    expect(points).toContainEqual({ x: 12346, y: 50 });
    expect(points).toContainEqual({ x: 778, y: -60 });
    expect(points.every((p, i) => i === 0 || p.x >= points[i - 1].x)).toBe(true);
  });

  it('says what is not finite', () => {
    expect(texts(trace(ctx, real('x', [1, Number.NaN, 3])))).toContain(
      '1 chain × 3 draws · 1 value not finite',
    );
    expect(texts(trace(ctx, real('x', [Number.NaN])))).toContain('no finite values to draw');
  });
});

describe('rankPlot', () => {
  it('has a histogram for each chain', () => {
    const svg = rankPlot(ctx, real('mu', normals(200, 1), normals(200, 2)));
    expect(texts(svg)).toEqual(expect.arrayContaining(['chain 1', 'chain 2', 'low', 'high']));
  });

  it('counts every draw once, and each bin of all chains alike', () => {
    const chain = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(chain, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 12 }),
        (chains, bins) => {
          const counts = rankHistograms(chains, bins);
          const total = chains.flat().length;
          counts.forEach((c, i) => {
            expect(c.reduce((a, b) => a + b, 0)).toBeCloseTo(chains[i].length, 8);
          });
          for (let b = 0; b < bins; b++) {
            expect(counts.reduce((sum, c) => sum + c[b], 0)).toBeCloseTo(total / bins, 8);
          }
        },
      ),
    );
  });

  it('puts a chain that lies above the other into the upper bins', () => {
    expect(
      rankHistograms(
        [
          [1, 2],
          [3, 4],
        ],
        2,
      ),
    ).toEqual([
      [2, 0],
      [0, 2],
    ]);
  });
});

describe('marginal', () => {
  it('summarises numbers and draws their interval', () => {
    const svg = marginal(ctx, real('mu', [1, 2, 3, 4, 5]));
    expect(texts(svg)).toContain('5 values · mean 3, sd 1.41 · 90 % in [1.2, 4.8]');
    expect(texts(svg)).toContain('density');
    expect(count(svg, 'aria-label="dot"')).toBe(1);
  });

  it('writes the share on each bar of a category', () => {
    const svg = marginal(ctx, category('job', ['clerk', 'nurse', 'never'], [0, 0, 0, 1]));
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['clerk', 'nurse', 'never', '75.0 %', '25.0 %', '0 %']),
    );
  });

  it('names both samples', () => {
    const svg = marginal(ctx, real('age', normals(100, 1)), { reference: real('age', normals(90, 2)) });
    expect(texts(svg)).toEqual(expect.arrayContaining(['samples', 'data']));
  });

  it('shows the most frequent of many categories and says so', () => {
    const labels = Array.from({ length: 1000 }, (_, i) => `value number ${i}`);
    const svg = marginal(ctx, category('z', labels, [999, 999, 999, 5, 5, 7]));
    const words = texts(svg);
    expect(words).toEqual(expect.arrayContaining(['value number 999', 'value number 5', 'value number 7']));
    expect(words.some((t) => /most frequent of 1,000 values; the others 0 %/.test(t))).toBe(true);
  });

  it('does not let far values flatten the rest', () => {
    const values = [...normals(2000, 5), 1e6];
    expect(texts(marginal(ctx, real('x', values)))[1]).toContain('1 value beyond the axis');
  });
});

describe('pairs', () => {
  const a = normals(400, 1);
  const b = a.map((v) => -v);

  it('writes the association that suits the kinds', () => {
    const half = Float64Array.from(a, (v) => (v > 0 ? 1 : 0));
    const job = category('job', ['clerk', 'nurse'], half);
    const svg = pairs(ctx, [real('mu', a), real('tau', b), job, { ...job, name: 'twin' }]);
    const words = texts(svg);
    expect(words).toEqual(expect.arrayContaining(['mu', 'tau', 'job', 'twin', 'r = −1.00', 'V = 1.00']));
    expect(words.filter((t) => t.startsWith('η'))).toHaveLength(4);
  });

  it('draws at most six', () => {
    const many = Array.from({ length: 8 }, (_, i) => real(`x${i}`, a));
    expect(texts(pairs(ctx, many))).toContain('400 draws · first 6 of 8 scalars');
  });
});

describe('trainingCurve', () => {
  it('names each line at its end with its last value', () => {
    const svg = trainingCurve(ctx, [
      { name: 'train', values: [3, 2, 1, 1, 1], unit: 'loss (nats)' },
      { name: 'held out', values: [2, 2], steps: [0, 4], unit: 'loss (nats)' },
      { name: 'accuracy', values: [0.5, 0.5], steps: [0, 4], unit: 'share' },
    ]);
    const words = texts(svg);
    expect(words).toEqual(expect.arrayContaining(['held out 2', 'accuracy 0.5', 'step']));
    expect(words.filter((t) => t.includes('loss (nats)'))).toHaveLength(1);
    expect(words.some((t) => t.startsWith('train 1'))).toBe(true);
  });

  it('uses a logarithmic scale over two decades', () => {
    const words = texts(trainingCurve(ctx, [{ name: 'l', values: [1000, 100, 10, 1] }]));
    expect(words).toContain('loss (log scale)');
    expect(words).toEqual(expect.arrayContaining(['10', '100']));
  });

  it('smooths without moving a straight line or a constant', () => {
    for (const v of smooth([5, 5, Number.NaN, 5], 3)) expect(v).toBeCloseTo(5, 12);
    const line = smooth(
      Array.from({ length: 101 }, (_, i) => i),
      4,
    );
    expect(line[50]).toBeCloseTo(50, 6);
  });

  it('spreads labels apart and keeps their order', () => {
    const positions = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(positions, (at) => {
        const placed = spread(at, 17, { lo: 0, hi: 200 });
        const order = at.map((_, i) => i).sort((i, j) => at[i] - at[j] || i - j);
        order.slice(1).forEach((i, k) => {
          expect(placed[i] - placed[order[k]]).toBeGreaterThan(17 - 1e-9);
        });
        for (const p of placed) expect(p).toBeLessThanOrEqual(200);
      }),
    );
  });
});

describe('energies by term', () => {
  it('has a row for each term with mean and deviation', () => {
    const svg = termEnergies(ctx, [real('coupling', [-2, -4], [-2, -4]), real('field', [1, 1])]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['coupling', '−3 ± 1', 'field', '1 ± 0']));
    expect(count(svg, 'aria-label="area"')).toBe(2);
  });

  it('points at draws that are not finite', () => {
    const svg = termEnergies(ctx, [real('bad', [1, Number.POSITIVE_INFINITY])]);
    expect(texts(svg)).toContain('1 draw not finite');
  });

  it('writes every mean beside its bar', () => {
    const terms = [
      { name: 'coupling', means: [-12.5, -3] },
      { name: 'field', means: [0.25, Number.POSITIVE_INFINITY] },
    ];
    const svg = termBars(ctx, ['data', 'negatives'], terms);
    const words = ['data', 'negatives', 'coupling', 'field', '−12.5', '−3', '0.25', '∞', 'mean energy'];
    expect(texts(svg)).toEqual(expect.arrayContaining(words));
    expect(() => termBars(ctx, ['data'], terms)).toThrow(/'coupling' has 2 means for 1 group/);
  });
});

describe('lattice', () => {
  const spins = Float64Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 1 : -1));

  it('embeds one picture a field with its caption and a key', () => {
    const fields = ['first', 'second'].map((caption) => ({ rows: 3, cols: 4, values: spins, caption }));
    const svg = lattice(ctx, fields, { title: 'Spins' });
    expect(count(svg, '<image ')).toBe(2);
    expect(count(svg, 'data:image/png;base64,')).toBe(2);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Spins', 'first', 'second', '−1', '+1']));
  });

  it('stays small for a large field', () => {
    const values = Float64Array.from({ length: 256 * 256 }, (_, i) => ((i >> 4) % 2 === 0 ? 1 : -1));
    expect(lattice(ctx, [{ rows: 256, cols: 256, values }]).length).toBeLessThan(20_000);
  });

  it('has a colour bar with the ends of the scale', () => {
    const svg = lattice(ctx, [{ rows: 1, cols: 3, values: [0, 8, 16] }], { map: 'grey' });
    expect(texts(svg)).toEqual(expect.arrayContaining(['0', '16']));
    expect(count(svg, '<image ')).toBe(2);
  });

  it('says how many fields it leaves out', () => {
    const fields = Array.from({ length: 130 }, () => ({ rows: 3, cols: 4, values: spins }));
    const svg = lattice(ctx, fields, { title: 'Wall' });
    expect(count(svg, '<image ')).toBe(100);
    expect(texts(svg)).toContain('30 more not shown');
  });

  it('refuses values that do not fill the grid', () => {
    expect(() => lattice(ctx, [{ rows: 3, cols: 3, values: spins }])).toThrow(
      /3 × 3 sites needs 9 values, found 12/,
    );
  });
});

describe('calibration', () => {
  it('computes the expected calibration error bin by bin', () => {
    const stated = [0.05, 0.05, 0.95, 0.95, Number.NaN, 1.5];
    const result = reliability(stated, [0, 1, 1, 1, 1, 1]);
    expect(result.total).toBe(4);
    expect(result.bins[0]).toMatchObject({ count: 2, observed: 0.5 });
    expect(result.ece).toBeCloseTo(0.5 * 0.45 + 0.5 * 0.05, 12);
    expect(() => reliability([0.5], [])).toThrow(/1 forecasts and 0 outcomes/);
  });

  it('puts the error into the title', () => {
    const svg = calibration(ctx, reliability([0.5, 0.5], [0, 1]), { title: 'Seven' });
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['Seven (ECE 0.000)', 'came true', 'stated probability']),
    );
  });
});
